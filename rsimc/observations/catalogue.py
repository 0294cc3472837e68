"""The series that come with rsimc, and the choice of the rows that were known on a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

from rsimc.errors import DataError, nearest
from rsimc.observations.rows import UNITS, Observation, read_table

DEFAULT_SUITES: Mapping[str, str] = MappingProxyType({"metr_horizons": "TH1.1"})
"""The suite that is taken where none is named. Other series have no suite."""


@dataclass(frozen=True)
class Series:
    """A bundled series: what it observes, in which unit, in which file, and what to beware of."""

    name: str
    title: str
    unit: str
    observes: str
    caveats: str
    file: str


def _series(name: str, title: str, observes: str, caveats: str) -> Series:
    return Series(name, title, UNITS[name], observes, caveats, f"{name}.csv")


_ALL = (
    _series(
        "metr_horizons",
        "METR time horizons",
        "The length of software tasks, in minutes of a skilled human's time, that a model completes half of the time.",
        "Suites disagree by about half a doubling a year and the errors of one suite are common to its rows; above 16 "
        "hours (960 minutes) the suite is not reliable. `date` is the public release, internal use is earlier.",
    ),
    _series(
        "ai_code_share",
        "Share of code written by AI",
        "The fraction of a firm's new or merged code that AI wrote.",
        "Self-reported, and definitions differ by a factor of two within one firm, so levels and slopes belong to the "
        "firm; a share of code is not an uplift.",
    ),
    _series(
        "rd_share",
        "Share of compute spent on research",
        "The fraction of a lab's yearly spending on compute that goes to research and training, not to serving users.",
        "One lab and two years, derived from reported spending; a flow, so it speaks of mid-year.",
    ),
    _series(
        "lab_compute",
        "Compute of the leading labs",
        "The compute that a lab uses for all purposes at the end of a year, in H100 equivalents (dense 8-bit peak).",
        "Estimated by Monte Carlo from power, spending and chip sales; its rows share random draws, so that no "
        "interval of a sum or a ratio follows from them.",
    ),
    _series(
        "software_growth",
        "Growth of software efficiency",
        "The factor by which the compute needed for a given performance of language models fell each year.",
        "One estimate of one concept; others range from 1.3 to 60 a year. Read as the average over 2019 to 2023.",
    ),
)
SERIES: dict[str, Series] = {series.name: series for series in _ALL}
"""The bundled series by name."""


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
