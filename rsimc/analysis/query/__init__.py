"""Questions to a run: a small language, compiled to SQL over the trajectories that the run keeps in full."""
