"""Two or more runs held against each other, trajectory by trajectory where they share their random numbers."""
