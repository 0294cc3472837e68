"""The index page of many runs and editions."""
