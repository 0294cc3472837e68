"""Runs against the first of them: what differs in what was asked, and what that did to every milestone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rsimc.analysis.compare.delays import Delay, delay
from rsimc.analysis.compare.paired import (
    Difference,
    Hits,
    Order,
    at_most,
    order,
    probability_difference,
    quantile_difference,
)
from rsimc.analysis.display import chance, table
from rsimc.analysis.forecast import SHOWN_YEARS, Forecast, year_of
from rsimc.errors import UsageError, nearest
from rsimc.scenario import differing, dotted

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
YEARS = (2027, 2028, 2029, 2030, 2032, 2035, 2040, 2045, 2050)
UNTOLD = ("name", "title", "description", "reasons", "run.draws", "extends")
"""What scenarios may differ in without differing in what they say."""


def changed_keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Keys in which two scenarios differ that say something, as people write them, and as paths."""
    return {key: path for path in differing(first, second) if (key := dotted(path)) not in UNTOLD}


@dataclass(frozen=True)
class Comparison:
    """A run beside the first one."""

    first: Forecast
    second: Forecast

    def _repr_html_(self) -> str:
        """What a notebook shows: differences of the headline milestones."""
        rows = []
        for name in self.headline:
            for year in [year for year in SHOWN_YEARS if year in self.years]:
                one = self.probability(name, str(year))
                ends = (chance(one.first, None), chance(one.second, None), chance(one.difference, one.se))
                rows.append([f"{name} by {year}", *ends])
        told = f"{self.second.folder.name} against {self.first.folder.name}"
        return table(told, ["", "first", "second", "difference"], rows)

    @property
    def milestones(self) -> list[str]:
        """Names that both have, in the order of the first."""
        return [m.name for m in self.first.milestones if m.name in self.second.curves]

    @property
    def headline(self) -> list[str]:
        """Those that are shown first."""
        shared = set(self.milestones)
        return [m.name for m in self.first.milestones if m.headline and m.name in shared] or self.milestones

    @property
    def changed(self) -> list[str]:
        """Keys of the scenario in which they differ."""
        return list(changed_keys(self.first.manifest.scenario, self.second.manifest.scenario))

    @property
    def same_noise(self) -> bool:
        """Whether trajectory i has the same noise in both."""
        return self.first.manifest.seed == self.second.manifest.seed

    @property
    def same_draws(self) -> bool:
        """Whether trajectory i has the same parameters in both, but for priors that differ."""
        one, other = self.first.manifest, self.second.manifest
        same = one.posterior_digest == other.posterior_digest
        return self.same_noise and same and _drawn(one.inputs) == _drawn(other.inputs)

    @property
    def shared(self) -> str:
        """What both share of their random numbers, in words."""
        if not self.same_noise:
            return "nothing: their seeds differ"
        same = self.same_draws
        return "noise and draws of the parameters" if same else "the noise; parameters are drawn otherwise"

    def probability(self, name: str, by: str) -> Difference:
        """Of a milestone by the end of a day, month or year. Raises UsageError as `Forecast.probability` does."""
        for run in (self.first, self.second):
            run.probability(name, by)
        year = year_of(by)
        return probability_difference(at_most(self.first.curve(name), year), at_most(self.second.curve(name), year))

    def classes(self) -> dict[str, Difference]:
        """Of the probability of each kind of takeoff that both have."""
        one, other = (_classes(run) for run in (self.first, self.second))
        return {name: probability_difference(one[name], other[name]) for name in one if name in other}

    def duration(self, name: str, q: float) -> Difference:
        """Of a quantile of a duration, or of what another clock shows, in its unit."""
        one, other = ({**run.durations, **run.readings}[name] for run in (self.first, self.second))
        return quantile_difference(one, other, q, ratios=True)

    @property
    def durations(self) -> list[str]:
        """Names of durations and readings that both have."""
        one, other = ({**run.durations, **run.readings} for run in (self.first, self.second))
        return [name for name in one if name in other]

    def quantile(self, name: str, q: float) -> Difference:
        """Of the date by which a milestone has come with probability q, in years."""
        return quantile_difference(self.first.curve(name), self.second.curve(name), q)

    def order(self, name: str) -> Order | None:
        """Which of the two has a milestone later, at all dates."""
        return order(self.first.curve(name), self.second.curve(name))

    @cached_property
    def years(self) -> list[int]:
        """Years within the horizon and not before the forecast that probabilities are compared by."""
        first = max(run.study.scenario.as_of.year for run in (self.first, self.second))
        return [year for year in YEARS if first <= year < self.first.study.scenario.run.horizon]

    def delay(self, name: str) -> Delay | None:
        """What happened to the milestone in each trajectory; None where they do not share their draws, or keep none."""
        return delay(self.first, self.second, name) if self.same_draws else None


def _drawn(inputs: Mapping[str, Any]) -> list[Any]:
    """What decides, beside seed and posterior, which draw a trajectory has."""
    options = inputs["options"]
    return [inputs["model"], inputs["version"], *(options.get(name) for name in ("forms", "weights", "sobol"))]


def _classes(run: Forecast) -> dict[str, Hits]:
    sizes = run.counts.accounts[:, :2].sum(axis=1).astype(np.float64)
    hits = run.counts.classes.astype(np.float64)
    return {name: Hits(hits[:, n], sizes) for n, name in enumerate(run.study.model.classes)}


def compare(runs: Sequence[Forecast]) -> list[Comparison]:
    """The others beside the first.

    Raises UsageError for fewer than two, for runs of different horizons, and for such as have no milestone in common.
    """
    if len(runs) < 2:
        raise UsageError("compare", "two runs or more", f"{len(runs)}")
    first = runs[0]
    horizon = first.study.scenario.run.horizon
    for other in runs[1:]:
        found = other.study.scenario.run.horizon
        if found != horizon:
            advice = "run one of them again with --set run.horizon"
            raise UsageError(str(other.folder), f"a run to {horizon}, as {first.folder} is", f"one to {found}", advice)
        if not np.array_equal(other.study.plan.grid.edges(), first.study.plan.grid.edges()):
            expected = f"a run of the same weeks as {first.folder}, from {first.study.model.start:g}"
            raise UsageError(str(other.folder), expected, f"one from {other.study.model.start:g}")
        if not set(other.curves) & set(first.curves):
            advice = f"it has {', '.join(sorted(other.curves)[:5])}"
            raise UsageError(str(other.folder), f"a milestone that {first.folder} has", "none", advice)
    return [Comparison(first, other) for other in runs[1:]]


def known_milestone(found: Comparison, name: str) -> str:
    """The name of a milestone that both have. Raises UsageError with the nearest one."""
    if name not in found.milestones:
        raise UsageError("milestone", "a milestone of both runs", f'"{name}"', nearest(name, found.milestones))
    return name
