"""The explorer: a page on this machine in which settings are changed and the forecast follows at once."""
