"""Observed series: one table a series, each row with its value, its dates, its uncertainty, its source and its licence.

Reach for `select` first: the rows of a series that were known on a date, of one suite and one vintage.
"""

from rsimc.observations.catalogue import known_rows, later_keys, load_series, select
from rsimc.observations.rows import Observation, read_table
from rsimc.observations.series import SERIES, Series

__all__ = ["SERIES", "Observation", "Series", "known_rows", "later_keys", "load_series", "read_table", "select"]
