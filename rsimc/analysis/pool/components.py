"""What a pool is of: the distribution of a milestone's date in a run, or in a published table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rsimc.analysis.estimates import Curve
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.shared_milestones import milestone_in
from rsimc.dates import end_of_day, iso_date, last_day
from rsimc.engine.plan import BATCHES
from rsimc.errors import DataError, UsageError
from rsimc.reading import TABLE, content

MOST_ROWS = 100_000


@dataclass(frozen=True)
class Component:
    """A distribution function at decimal years, known up to `last`. curve: of a run, with its batches; None for a
    table, which has no error. first: from when on it speaks."""

    name: str
    last: float
    first: float
    curve: Curve | None
    years: np.ndarray
    p: np.ndarray

    def at(self, years: np.ndarray, without: int | None = None) -> np.ndarray:
        """The distribution function; without: a batch that is left out of it."""
        if self.curve is None:
            return np.interp(years, self.years, self.p, left=0.0)
        hits, sizes = self.curve.hits, self.curve.sizes
        if without is not None:
            keep = np.arange(len(sizes)) != without
            hits, sizes = hits[keep], sizes[keep]
        return np.interp(years, self.curve.edges, hits.sum(axis=0) / max(float(sizes.sum()), 1.0), left=0.0)

    @property
    def filled(self) -> int:
        """Batches with a trajectory; all for a table, which limits no error."""
        return BATCHES if self.curve is None else int((self.curve.sizes > 0).sum())


def of_run(run: Forecast, milestone: str, name: str) -> Component:
    """A run's distribution of a milestone, or of the one that stands for it in its model. Raises UsageError with the
    nearest name where it has neither."""
    own = milestone_in(run.study.model, milestone)
    curve = run.curve(own)
    first = end_of_day(run.study.scenario.as_of)
    name = name if own == milestone else f"{name} ({own})"
    return Component(name, float(curve.edges[-1]), first, curve, curve.edges, curve.p)


def of_table(path: Path) -> Component:
    """A published distribution function: a CSV with columns `date` (a day, month or year: its last day) and `p`.

    Raises DataError, naming the line, for what is no such table: dates must rise, probabilities lie in 0 to 1 and not
    fall.
    """
    try:
        text = content(path, TABLE).decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            str(path), "a table of dates and probabilities", (error.strerror or str(error)).lower()
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(str(path), "a text file in UTF-8", "other bytes") from error
    rows = _rows(path, text)
    years, p = (np.array(column) for column in zip(*rows, strict=True))
    return Component(path.stem, float(years[-1]), float(years[0]), None, years, p)


def _rows(path: Path, text: str) -> list[tuple[float, float]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if not {"date", "p"} <= set(reader.fieldnames or ()):
            raise DataError(f"{path}:1", "columns date and p", ", ".join(reader.fieldnames or ()) or "an empty file")
        rows: list[tuple[float, float]] = []
        for row in reader:
            where = f"{path}:{reader.line_num}"
            rows.append(_row(where, row["date"], row["p"], rows[-1] if rows else None))
            if len(rows) > MOST_ROWS:
                raise DataError(where, f"at most {MOST_ROWS:,} rows", "more")
    except csv.Error as error:
        raise DataError(str(path), "a table of comma-separated values", str(error)) from error
    if len(rows) < 2:
        raise DataError(str(path), "two rows or more", f"{len(rows)}")
    return rows


def _row(where: str, day: str | None, p: str | None, before: tuple[float, float] | None) -> tuple[float, float]:
    try:
        year = end_of_day(last_day((day or "").strip()))
    except (ValueError, OverflowError) as error:
        raise DataError(where, "a date such as 2030-12-31 or 2030", f'"{day}"') from error
    try:
        value = float(p or "")
    except ValueError:
        value = np.nan
    if not 0.0 <= value <= 1.0:
        raise DataError(where, "a probability from 0 to 1", f'"{p}"')
    if before is not None and not year > before[0]:
        raise DataError(where, f"a date after {iso_date(before[0] - 1e-3)}", f'"{day}"')
    if before is not None and value < before[1]:
        raise DataError(where, f"a probability of at least {before[1]:g}, that of the row before", f"{value:g}")
    return year, value


def common_range(components: Sequence[Component], until: str | None) -> tuple[float, float]:
    """From the first day that any speaks of to the last that is asked for, or that any knows.

    Raises UsageError where one is not known up to it, with the day to which all are.
    """
    first = min(one.first for one in components)
    last = max(one.last for one in components)
    if until is not None:
        try:
            last = end_of_day(last_day(until))
        except ValueError as error:
            raise UsageError("--until", "a date such as 2040-12-31", f'"{until}"') from error
    for one in components:
        if one.curve is None and one.p[0] > 0.0 and one.first > first + 2 / 365.25:
            found = f"{one.p[0]:g} by {iso_date(one.first - 1e-3)} in its first row"
            advice = "add the day from which it speaks, with p 0"
            raise UsageError(one.name, f"a distribution from {iso_date(first)} on", found, advice)
        if one.last < last - 2 / 365.25 and one.p[-1] < 1.0:
            known = min(other.last for other in components)
            advice = f"pool up to the day that all know: --until {iso_date(known - 1e-3)}"
            expected, found = f"a distribution up to {iso_date(last - 1e-3)}", f"one up to {iso_date(one.last - 1e-3)}"
            raise UsageError(one.name, expected, found, advice)
    if last <= first:
        raise UsageError("--until", f"a day after {iso_date(first)}", iso_date(last - 1e-3))
    return first, last
