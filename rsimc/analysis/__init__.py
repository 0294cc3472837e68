"""From exact counts to probabilities, dates and their errors."""
