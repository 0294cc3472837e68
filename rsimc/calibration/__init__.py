"""Calibration: priors meet observations through the same simulator that forecasts."""
