"""Laws of dates: a day is a day in both directions, and bins cover all time."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc.dates import DAYS_PER_YEAR, EPOCH, DateGrid, decimal_year, end_of_day, iso_date, last_day

days = st.dates(date(2019, 1, 1), date(2060, 12, 31))


def test_iso_date_inverts_decimal_year_for_every_day() -> None:
    for n in range((date(2061, 1, 1) - EPOCH).days):
        day = EPOCH + timedelta(days=n)
        assert iso_date(decimal_year(day)) == day.isoformat()


@given(days, st.floats(1e-3, 1 - 1e-3))
def test_any_moment_within_a_day_has_its_date(day: date, share: float) -> None:
    assert iso_date(decimal_year(day) + share / DAYS_PER_YEAR) == day.isoformat()


@given(days)
def test_a_decimal_year_stays_within_a_day_of_the_calendar(day: date) -> None:
    start, after = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    calendar = day.year + (day - start).days / (after - start).days
    assert abs(decimal_year(day) - calendar) * DAYS_PER_YEAR < 1.01


@given(days)
def test_the_end_of_a_day_is_the_start_of_the_next(day: date) -> None:
    assert end_of_day(day) == decimal_year(day + timedelta(days=1))


@given(days)
def test_last_day_of_a_text_is_the_last_with_that_prefix(day: date) -> None:
    for text in (f"{day.year}", f"{day.year}-{day.month:02}", day.isoformat()):
        last = last_day(text)
        assert last.isoformat().startswith(text)
        assert last >= day
        assert not (last + timedelta(days=1)).isoformat().startswith(text)


@pytest.mark.parametrize("text", ["2028-13", "2028-00", "2028-02-30", "2028-1-2-3", "soon", ""])
def test_a_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        last_day(text)


@given(st.integers(2020, 2200), st.integers(1, 60))
def test_bins_cover_the_grid_without_gap(end: int, days: int) -> None:
    grid = DateGrid(end=float(end), days=days)
    edges = grid.edges()
    assert grid.size == len(edges) + 1  # one bin below the first edge, one above the last
    assert edges[0] == grid.start
    assert edges[-1] == grid.end
    widths = [b - a for a, b in pairwise(edges)]
    assert all(math.isclose(w, grid.width, rel_tol=1e-6) for w in widths[:-1])
    assert 0 < widths[-1] <= grid.width * (1 + 1e-9)
