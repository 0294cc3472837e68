"""The engine: counter-based noise, one block of trajectories at a time, exact integer counts. Needs jax and numpy only."""
