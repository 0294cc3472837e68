"""Parameter files of published models, read as scenarios."""
