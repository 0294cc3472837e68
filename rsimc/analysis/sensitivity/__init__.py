"""What answers hang on: effects of every parameter and of the process noise, from a run's trajectories and new ones."""
