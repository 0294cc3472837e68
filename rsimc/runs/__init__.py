"""The run folder: what is on disk, and the work that puts it there."""
