"""Rows that are new to a run: which of a table are, and their term of the likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rsimc.analysis.forecast import Forecast
from rsimc.calibration.target import refuse_rows_without_density
from rsimc.calibration.terms import TERMS, Term
from rsimc.errors import DataError, UsageError
from rsimc.observations.rows import CONTENT, Observation


def new_rows(forecast: Forecast, rows: Sequence[Observation]) -> tuple[Observation, ...]:
    """Those of rows of one series that a run does not know, in its own vintage.

    A whole table of the series may be given, METR's next one too, as long as it reads what the run knows alike. Raises
    DataError when it does not, when it is of another suite or vintage with nothing in common, and when nothing is new.
    """
    series = rows[0].series
    known = {row.key: row for row in forecast.study.rows if row.series == series}
    fresh = [row for row in rows if row.key not in known]
    again = [row for row in rows if row.key in known]
    for row in again:
        _require_same_reading(row, known[row.key])
    for row in fresh:
        _require_vintage(row, known, bool(again))
        _refuse_copy(row, known)
    found = [replace(row, vintage=known[next(iter(known))].vintage) if known else row for row in fresh]
    found = [row for row in found if row.kind != "excluded"]
    if not found:
        names = ", ".join(row.key for row in rows[:3])
        raise DataError(series, "a row that the run does not know", names, "see rsimc observations " + series)
    return tuple(found)


def _require_same_reading(row: Observation, old: Observation) -> None:
    if (old.value, old.low, old.high) != (row.value, row.low, row.high):
        expected = f"the reading that the run was fitted to, {old.value:g}"
        advice = "run a forecast with the new table in place of the old one"
        raise DataError(f"{row.series}/{row.key}", expected, f"{row.value:g}", advice)


def _refuse_copy(row: Observation, known: Mapping[str, Observation]) -> None:
    for old in known.values():
        if all(getattr(row, name) == getattr(old, name) for name in CONTENT):
            found = f"{old.key} again"
            raise DataError(f"{row.series}/{row.key}", "a row that the run does not know", found, "a datum counts once")


def _require_vintage(row: Observation, known: Mapping[str, Observation], again: bool) -> None:
    """again: whether the table also holds rows that the run knows, and reads them alike."""
    versions = {(old.suite, old.vintage) for old in known.values()}
    if not versions or (row.suite, row.vintage) in versions:
        return
    suite, vintage = next(iter(versions))
    if row.suite == suite and again:
        return
    expected = f'suite "{suite}", vintage "{vintage}", those of the run'
    advice = "vintages are readings of the same things: run a forecast with the new one"
    raise DataError(f"{row.series}/{row.key}", expected, f'"{row.suite}", "{row.vintage}"', advice)


def terms(forecast: Forecast, rows: Sequence[Observation]) -> tuple[Term, Term]:
    """The term of what the run knows of the series and of the new rows, and that of what it knows. Not of the new rows
    alone: an error may depend on how many there are."""
    study = forecast.study
    if forecast.posterior is None or study.target is None:
        raise UsageError("update", "a run with a posterior", "a run from the prior", "run rsimc forecast")
    series = rows[0].series
    fitted = [row for row in study.target.rows if row.series == series]
    both, before = TERMS[series]([*fitted, *rows]), TERMS[series](fitted)
    if len(both.rows) == len(before.rows):
        raise DataError(series, "a row that the likelihood uses", "none", "see rsimc observations " + series)
    refuse_rows_without_density(both, series)
    return both, before
