"""Many runs in an index: what each says of its lead milestone, and how editions of one scenario moved."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from rsimc.analysis.display import chance, labels, table
from rsimc.analysis.estimates import Estimate
from rsimc.analysis.published import DAMAGE, Published, published
from rsimc.errors import RsimcError, RunError

MILESTONE, BY = "closed_loop", "2030-12-31"
"""What the index is about, where a run has it."""
MARKS = frozenset({"run.json", "summary.nc", "chunks"})
"""A folder that holds one of them is a run's, whole or not."""
POINTS = 64
"""Of a small curve."""


@dataclass(frozen=True)
class Entry:
    """A run as the index shows it.

    median: of the milestone's date, None beyond the horizon; p: by the end of 2030, None where the run does not say;
    trusted: None without a calibration; curve: decimal years and probabilities.
    """

    folder: Path
    name: str
    id: str
    scenario: str
    title: str
    as_of: date
    model: str
    version: str
    created: str
    n: int
    horizon: int
    milestone: str
    median: str | None
    median_se_days: float | None
    p: Estimate | None
    trusted: bool | None
    problems: tuple[str, ...]
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Failure:
    """A folder that could not be read, and why."""

    folder: Path
    reason: str


@dataclass(frozen=True)
class Gallery:
    """Runs by scenario, then by date; what could not be read; and editions: runs of one scenario, model and kind with
    several dates, the one with most trajectories of each date."""

    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    editions: tuple[tuple[Entry, ...], ...]

    def _repr_html_(self) -> str:
        """What a notebook shows: a row a run."""
        rows = [
            [one.name, one.scenario, one.as_of.isoformat(), one.median or f"after {one.horizon}", _chance(one.p)]
            for one in self.entries
        ]
        rows += [[str(one.folder), one.reason, "", "", ""] for one in self.failures]
        return table(f"{len(self.entries)} runs", ["run", "scenario", "as of", "median", f"by {BY}"], rows)


def _chance(found: Estimate | None) -> str:
    return chance(None, None) if found is None else chance(found.p, found.se)


def gallery(places: Sequence[Path]) -> Gallery:
    """The index of runs, by their folders or by folders that they lie below.

    Raises RunError, with the first reason, when none of them can be read.
    """
    entries, failures = [], []
    folders = list(_folders(places))
    for folder, name in zip(folders, labels(folders), strict=True):
        try:
            entries.append(_entry(folder, name))
        except RsimcError as error:
            failures.append(Failure(folder, str(error)))
    if not entries:
        first = failures[0].reason if failures else "no folder was named"
        raise RunError("gallery", f"a finished run among {len(folders)}", f"none; the first of them: {first}")
    entries.sort(key=lambda one: (one.scenario, one.as_of, one.created, one.name))
    return Gallery(tuple(entries), tuple(failures), tuple(_editions(entries)))


def _folders(places: Sequence[Path]) -> Iterator[Path]:
    """Run folders, each once; a place without any is one itself, so that it is listed with what is wrong with it."""
    seen: set[str] = set()
    for place in places:
        for folder in _below(place) or [place]:
            where = os.path.realpath(folder)
            if where not in seen:
                seen.add(where)
                yield folder


def _below(place: Path) -> list[Path]:
    """The place, when it is a run folder, else all of them below it, in the order of their paths. Links are not
    followed: they may lead in circles."""
    found = []
    for folder, inside, files in os.walk(place):
        if MARKS & {*inside, *files}:
            found.append(Path(folder))
            inside.clear()
        else:
            inside[:] = sorted(name for name in inside if not name.startswith("."))
    return sorted(found)


def _entry(folder: Path, name: str) -> Entry:
    found = published(folder, MILESTONE)
    try:
        return _read(found, folder, name)
    except (*DAMAGE, IndexError, OverflowError) as error:
        where = str(folder / "summary.nc")
        raise RunError(where, "what the run published", "a damaged file", "run rsimc report on the run") from error


def _read(found: Published, folder: Path, name: str) -> Entry:
    whole, scenario = found.document, found.manifest.scenario
    milestone, diagnostics = whole["milestones"][found.milestone], whole["diagnostics"]
    p, error = milestone["probability_by"].get(BY), milestone["quantile_se_days"]["0.5"]
    median = milestone["quantiles"]["0.5"]
    as_of = date.fromisoformat(str(whole["as_of"]))
    return Entry(
        folder=folder,
        name=name,
        id=found.manifest.id,
        scenario=str(whole["scenario"]),
        title=str(scenario.get("title") or whole["scenario"]),
        as_of=as_of,
        model=f"{whole['model']} {found.manifest.inputs.get('version', '')}".strip(),
        version=str(found.manifest.machine["versions"]["rsimc"]),
        created=str(found.manifest.created),
        n=int(whole["n"]),
        horizon=date.fromisoformat(str(whole["horizon"])).year,
        milestone=found.milestone,
        median=None if median is None else date.fromisoformat(median).isoformat(),
        median_se_days=None if error is None else float(error),
        p=_estimate(p),
        trusted=None if diagnostics is None else bool(diagnostics["trusted"]),
        problems=() if diagnostics is None else tuple(str(one) for one in diagnostics["problems"]),
        curve=_curve(found, float(as_of.year)),
    )


def _estimate(found: dict[str, Any] | None) -> Estimate | None:
    """None where nothing is said: beyond the horizon, or without a trajectory."""
    if found is None or found["p"] is None:
        return None
    p, se, n_eff = (None if found[key] is None else float(found[key]) for key in ("p", "se", "n_eff"))
    return None if p is None or not math.isfinite(p) else Estimate(p, se, n_eff)


def _curve(found: Published, first: float) -> tuple[tuple[float, float], ...]:
    years = np.linspace(min(first, found.years[-1]), found.years[-1], POINTS)
    values = np.interp(years, found.years, np.nan_to_num(found.p))
    return tuple(
        (round(float(x), 3), round(min(max(float(y), 0.0), 1.0), 4)) for x, y in zip(years, values, strict=True)
    )


def _editions(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Runs of one scenario, model and milestone at several dates, those of the prior apart from calibrated ones."""
    alike: dict[tuple[str, str, str, bool], dict[date, Entry]] = {}
    for one in entries:
        if one.p is None:
            continue
        dated = alike.setdefault((one.scenario, one.model, one.milestone, one.trusted is None), {})
        if one.as_of not in dated or one.n >= dated[one.as_of].n:
            dated[one.as_of] = one
    return (tuple(dated.values()) for dated in alike.values() if len(dated) > 1)
