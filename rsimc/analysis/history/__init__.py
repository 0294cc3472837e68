"""Editions of a forecast through time: how the answer moved, and what moved it."""
