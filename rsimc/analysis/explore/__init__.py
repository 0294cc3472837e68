"""A run or a scenario to think with: settings, the trajectories that follow at once, and what these may be called."""
