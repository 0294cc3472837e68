"""Dates as decimal years and as integer bins. The engine sees numbers only; ISO dates live at the edges.

A decimal year here is linear in days, `2019 + days since 2019-01-01 / 365.25`, so that equal steps are equal
numbers of days. It agrees with the calendar to within one day from 2019 to 2060.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(2019, 1, 1)
EPOCH_YEAR = 2019.0
DAYS_PER_YEAR = 365.25


def decimal_year(day: date) -> float:
    """The decimal year at the start of a day.

    >>> decimal_year(date(2019, 1, 1))
    2019.0
    """
    return EPOCH_YEAR + (day - EPOCH).days / DAYS_PER_YEAR


def end_of_day(day: date) -> float:
    """The decimal year at the end of a day: `by 2028-12-31` includes that day."""
    return decimal_year(day + timedelta(days=1))


def iso_date(year: float) -> str:
    """The ISO date that contains a decimal year.

    >>> iso_date(2019.0)
    '2019-01-01'
    """
    return (EPOCH + timedelta(days=math.floor((year - EPOCH_YEAR) * DAYS_PER_YEAR + 1e-6))).isoformat()


def last_day(text: str) -> date:
    """The last day of a year `2028`, a month `2028-06`, or the day `2028-06-30` itself.

    Raises ValueError when the text is none of the three.
    """
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts)
    if len(parts) == 2:
        year, month = parts[0] + parts[1] // 12, parts[1] % 12 + 1
        date(parts[0], parts[1], 1)  # refuses a month that is none
        return date(year, month, 1) - timedelta(days=1)
    if len(parts) == 1:
        return date(parts[0], 12, 31)
    raise ValueError(f"not a date: {text}")


@dataclass(frozen=True)
class DateGrid:
    """Bins of whole days over [start, end), with one bin before them and one after.

    Bin 0 is the underflow (at or before the start), bins 1..inside are `days` wide, and the last bin means
    'not within the horizon'. Fields are decimal years.
    """

    start: float = EPOCH_YEAR
    end: float = 2060.0
    days: int = 7

    @property
    def width(self) -> float:
        """Width of a bin in years."""
        return self.days / DAYS_PER_YEAR

    @property
    def inside(self) -> int:
        """Number of bins between the underflow and the horizon."""
        return math.ceil((self.end - self.start) / self.width - 1e-9)

    @property
    def size(self) -> int:
        """Number of bins, underflow and 'not within the horizon' included."""
        return self.inside + 2

    def edges(self) -> list[float]:
        """The inside + 1 edges in decimal years; the last one is the horizon itself."""
        return [min(self.start + k * self.width, self.end) for k in range(self.inside + 1)]
