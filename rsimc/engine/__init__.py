"""The engine: counter-based noise, one block of trajectories at a time, exact integer counts."""
