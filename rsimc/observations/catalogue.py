"""The rows of the bundled series, and the choice of those that were known on a date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from rsimc.errors import DataError, nearest
from rsimc.observations.rows import Observation, read_table
from rsimc.observations.series import DEFAULT_SUITES, SERIES, Series


@cache
def load_series(name: str) -> tuple[Observation, ...]:
    """All rows of a bundled series: every suite, every vintage, excluded rows too.

    Raises DataError when there is no such series.
    """
    series = _find(name)
    with as_file(files("rsimc.observations").joinpath("data", series.file)) as path:
        return read_table(path, name)


def known_rows(rows: Iterable[Observation], as_of: date) -> tuple[Observation, ...]:
    """The rows that may be fitted and were published by a date, that day included."""
    return tuple(row for row in rows if row.published <= as_of and row.kind != "excluded")


def select(
    name: str, as_of: date, suite: str | None = None, vintage: str | None = None, file: Path | None = None
) -> tuple[Observation, ...]:
    """The rows of a series that may be fitted and were known by a date, of one suite and one vintage.

    Without a suite, the series' default one. Without a vintage, the latest one that holds a known row. Vintages are
    never mixed. With a file, its rows in place of the bundled ones. Empty when nothing was known by then.

    Raises DataError when there is no such series, suite or vintage, when the file does not read, and when it has
    several vintages of the suite and none is named.
    """
    _find(name)
    rows = load_series(name) if file is None else read_table(file, name)
    where = f"observations {name}" if file is None else str(file)
    of_suite = _of_suite(rows, DEFAULT_SUITES.get(name, "") if suite is None else suite, where)
    vintages = {row.vintage for row in of_suite}
    if vintage is not None and vintage not in vintages:
        raise DataError(where, "a vintage it has", f'"{vintage}"', nearest(vintage, vintages))
    if vintage is None and file is not None and len(vintages) > 1:
        names = ", ".join(sorted(word or "(empty)" for word in vintages))
        raise DataError(where, "one vintage, or the name of one", f"{len(vintages)}", f"name one of: {names}")
    known = known_rows(of_suite, as_of)
    chosen = _latest_vintage(known) if vintage is None else vintage
    return tuple(row for row in known if row.vintage == chosen)


def later_keys(name: str, as_of: date, suite: str | None = None, file: Path | None = None) -> tuple[str, ...]:
    """Keys of the rows of a series that `select` leaves out because they were published after a date, in the order of
    the table; a key of which an earlier reading was known is not among them. Raises DataError as `select` does."""
    rows = load_series(_find(name).name) if file is None else read_table(file, name)
    where = f"observations {name}" if file is None else str(file)
    of_suite = _of_suite(rows, DEFAULT_SUITES.get(name, "") if suite is None else suite, where)
    known = {row.key for row in known_rows(of_suite, as_of)}
    return tuple(dict.fromkeys(r.key for r in of_suite if r.kind != "excluded" and r.key not in known))


def _find(name: str) -> Series:
    if name not in SERIES:
        raise DataError("observations", "the name of a series", f'"{name}"', nearest(name, SERIES))
    return SERIES[name]


def _of_suite(rows: tuple[Observation, ...], suite: str, where: str) -> tuple[Observation, ...]:
    chosen = tuple(row for row in rows if row.suite == suite)
    if not chosen:
        found = f'"{suite}"' if suite else "none named"
        raise DataError(where, "a suite it has", found, nearest(suite, {row.suite or "(empty)" for row in rows}))
    return chosen


def _latest_vintage(known: tuple[Observation, ...]) -> str:
    """The vintage with the latest publication; the name decides between two of one day. Empty when nothing is known."""
    return max(((row.published, row.vintage) for row in known), default=(date.min, ""))[1]
