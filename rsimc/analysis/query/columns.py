"""What a run's kept trajectories have names for, read from the schema of their file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pyarrow as pa

from rsimc.analysis.query.parse import QuestionError
from rsimc.analysis.query.tree import Observed
from rsimc.dates import end_of_day, iso_date, last_day
from rsimc.errors import RunError, nearest
from rsimc.runs.ensemble import ensemble_path, read_schema

Source = Literal["date", "duration", "parameter"]
SOURCES: tuple[Source, ...] = ("date", "duration", "parameter")
"""In which order a bare name is looked for; `parameter.NAME` and so on say which is meant."""
NEAR = 0.75 / 365.25
"""Years within which a date is a stored one."""


@dataclass(frozen=True)
class Found:
    """A named column. ends: milestones between which a duration of time passes, else empty."""

    column: str
    source: Source
    unit: str
    ends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """An observable at a date: between the columns before and after, `share` of the way; equal at a stored date."""

    before: str
    after: str
    share: float
    log: bool
    unit: str


@dataclass(frozen=True)
class Columns:
    """Names of a run. named: by source and name; observables: stored years and columns by name; horizon: decimal year
    after which nothing was simulated."""

    named: dict[Source, dict[str, Found]]
    observables: dict[str, list[tuple[float, str]]]
    logs: frozenset[str]
    units: dict[str, str]
    classes: tuple[str, ...]
    horizon: float

    def find(self, text: str, name: str, at: int) -> Found:
        """A milestone, duration or parameter. Raises QuestionError with the nearest known name."""
        prefix, _, rest = name.partition(".")
        for source in SOURCES:
            if found := self.named[source].get(name) or (self.named[source].get(rest) if prefix == source else None):
                return found
        if name in self.observables:
            raise QuestionError(text, at, f"a date after an observable, such as {name}@2028", f'"{name}"')
        known = [*self.named["date"], *self.named["duration"], *self.named["parameter"]]
        everything = [*known, *self.observables]
        close = nearest(name, everything)
        if close.startswith("known"):  # a hundred names are no help
            close = f"milestones: {', '.join(sorted(self.named['date']))}"
        raise QuestionError(text, at, "a milestone, duration or parameter of the run", f'"{name}"', close)

    def reading(self, text: str, node: Observed) -> Reading:
        """An observable at a date, interpolated between stored ones. Raises QuestionError."""
        if node.name not in self.observables:
            advice = nearest(node.name, self.observables)
            raise QuestionError(text, node.at, "an observable of the run", f'"{node.name}"', advice)
        stored, unit, log = self.observables[node.name], self.units[node.name], node.name in self.logs
        for year, column in stored:
            if abs(year - node.day.year) < NEAR:
                return Reading(column, column, 0.0, log, unit)
        for (first, before), (last, after) in pairwise(stored):
            if first < node.day.year < last:
                return Reading(before, after, (node.day.year - first) / (last - first), log, unit)
        span = f"{iso_date(stored[0][0] - 1e-3)} to {iso_date(stored[-1][0] - 1e-3)}"
        raise QuestionError(text, node.day.at, f"a date within what the run keeps, {span}", f'"{node.day.text}"')

    def day(self, text: str, year: float, at: int) -> float:
        """A date to compare with, at most the horizon. Raises QuestionError beyond it."""
        if year > self.horizon + 2 / 365.25:
            day = iso_date(self.horizon - 1e-3)
            advice = "nothing was simulated after it: raise run.horizon"
            raise QuestionError(text, at, f"a date up to {day}", iso_date(year - 1e-3), advice)
        return min(year, self.horizon)


def columns_of(folder: Path, horizon: int) -> Columns:
    """The names in what a run folder keeps, of a run to the first day of the year `horizon`. Raises RunError."""
    return columns(read_schema(folder), float(horizon), str(ensemble_path(folder)))


def columns(schema: pa.Schema, horizon: float, where: str) -> Columns:
    """The names in a file of kept trajectories. Raises RunError for one of another version."""
    named: dict[Source, dict[str, Found]] = {source: {} for source in SOURCES}
    observables: dict[str, list[tuple[float, str]]] = {}
    logs: set[str] = set()
    units: dict[str, str] = {}
    try:
        for field in schema:
            about = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            prefix, _, rest = field.name.partition(".")
            observable, _, day = field.name.partition("@")
            if day:
                observables.setdefault(observable, []).append((end_of_day(last_day(day)), field.name))
                units[observable] = about["unit"]
                logs.update({observable} if about["scale"] == "log" else ())
            elif prefix in named and rest:
                ends = tuple(about.get("ends", "").split()) if prefix == "duration" else ()
                source: Source = next(known for known in SOURCES if known == prefix)
                named[source][rest] = Found(field.name, source, about.get("unit", ""), ends)
        classes = tuple(json.loads((schema.field("class").metadata or {})[b"classes"]))
    except (KeyError, ValueError) as error:
        advice = "remove it, and give the command that made the run again to make it"
        raise RunError(where, "trajectories with their units", "a file of another version", advice) from error
    for stored in observables.values():
        stored.sort()
    return Columns(named, observables, frozenset(logs), units, classes, horizon)
