"""What one milestone of a run hangs on: its date, and its probability by a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from rsimc.analysis.estimates import Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.sensitivity.effects import (
    BINS,
    Binned,
    Effect,
    binned,
    common_effect,
    first_order,
    places,
    total_effect,
)
from rsimc.analysis.sensitivity.others import Source, others
from rsimc.engine.dates import Dates, compile_dates
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.errors import RunError
from rsimc.runs.ensemble import ensemble_path, read_ensemble

FIFTH = BINS // 5
TENTHS = 10
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Effects:
    """Shares of the variance of the rank of the milestone's date, and of whether it has come by the day."""

    date: Effect
    event: Effect


@dataclass(frozen=True)
class Driver:
    """A parameter. first, total: its effects, total None where it was not drawn anew. low, high: the probability where
    it lies in the lowest or the highest fifth of its values, the ends of its bar in a tornado. medians: of the
    parameter and of the date (decimal years, None beyond the horizon) in tenths of its values. moved: by how much
    drawing it anew moved the probability, with its error: 0 but for chance, unless the posterior is far from the normal
    distribution that stands for it there."""

    name: str
    unit: str
    first: Effects
    total: Effects | None
    low: Estimate
    high: Estimate
    medians: tuple[tuple[float, float | None], ...]
    moved: tuple[float, float] | None


@dataclass(frozen=True)
class Sensitivity:
    """drivers: by the share of the date that they make up, largest first. noise: what the future's noise alone decides,
    and what it decides together with all else; None where it was not drawn anew. p: the probability."""

    question: Question
    p: Estimate
    rows: int
    drivers: tuple[Driver, ...]
    noise_first: Effects | None
    noise_total: Effects | None


def sensitivity(forecast: Forecast, question: Question, progress: Progress, totals: bool = True) -> Sensitivity:
    """Effects of all parameters that are not fixed on a milestone. totals: also draw each anew, and the noise, and
    simulate 65,536 trajectories with it.

    Raises RunError where the run keeps no trajectories.
    """
    forecast.probability(question.milestone, question.by)  # refuses what the run has not
    entries = zip(forecast.study.priors.names, forecast.study.priors.entries, strict=True)
    names = [n for n, entry in entries if entry[2].kind != "fixed" or n in forecast.study.choice]
    stored = _stored(forecast, names, question)
    again = _Again(forecast, question, progress) if totals else None
    drivers = [_driver(forecast, name, stored, again) for name in names if np.ptp(stored[f"parameter.{name}"]) > 0]
    drivers.sort(key=lambda driver: -driver.first.date.share)
    hits, batch = stored["event"], stored["batch"]
    p = estimate(np.bincount(batch, hits, BATCHES), np.bincount(batch, minlength=BATCHES).astype(float))
    first, total = (None, None) if again is None else again.noise()
    return Sensitivity(question, p, len(batch), tuple(drivers), first, total)


def _stored(forecast: Forecast, names: list[str], question: Question) -> dict[str, np.ndarray]:
    """Columns of the trajectories that count, with `rank` and `event`."""
    date = f"date.{question.milestone}"
    columns = ["batch", "finite", "conditioned_out", date, *(f"parameter.{name}" for name in names)]
    table = read_ensemble(forecast.folder, columns, forecast.manifest.kept_chunks)
    if table is None:
        place = str(ensemble_path(forecast.folder))
        raise RunError(place, "trajectories of the run", "none", "run simulate again to make them")
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    found = {name: table[name].to_numpy()[kept] for name in columns}
    found["years"] = np.where(np.isfinite(found[date]), found[date], np.inf)
    found["rank"] = rankdata(found["years"]) / max(len(found["years"]), 1)
    found["event"] = (found["years"] <= question.year).astype(np.float64)
    return found


def _driver(forecast: Forecast, name: str, stored: dict[str, np.ndarray], again: _Again | None) -> Driver:
    x, batch = stored[f"parameter.{name}"], stored["batch"]
    place = places(x)
    date, event = (binned(place, stored[y], batch) for y in ("rank", "event"))
    total, moved = (None, None) if again is None else again.of(name)
    units = {p.name: p.unit for p in forecast.study.model.parameters}
    return Driver(
        name,
        units.get(name.split(".")[0], ""),
        Effects(first_order(date), first_order(event)),
        total,
        _part(event, slice(0, max(event.counts.shape[1] // 5, 1))),
        _part(event, slice(-max(event.counts.shape[1] // 5, 1), None)),
        _medians(x, stored["years"]),
        moved,
    )


def _part(found: Binned, bins: slice) -> Estimate:
    return estimate(found.sums[:, bins].sum(axis=1), found.counts[:, bins].sum(axis=1))


def _medians(x: np.ndarray, years: np.ndarray) -> tuple[tuple[float, float | None], ...]:
    tenth, found = places(x, TENTHS), []
    for n in np.unique(tenth):
        middle = float(np.median(years[tenth == n]))
        found.append((float(np.median(x[tenth == n])), middle if np.isfinite(middle) else None))
    return tuple(found)


class _Again:
    """The run's first block of every batch, simulated again with one thing drawn anew."""

    def __init__(self, forecast: Forecast, question: Question, progress: Progress) -> None:
        self._question, self._progress = question, progress
        self._run = compile_dates(forecast.study.plan, (question.milestone,))
        self._others = others(forecast.study, forecast.posterior, forecast.manifest.seed)
        self._done = 0
        self._base = self._simulated(self._others.base)
        self._batch = np.repeat(np.arange(BATCHES), BLOCK)
        self._sorted = np.sort(self._base.of(question.milestone)[self._base.kept])

    def _simulated(self, source: Source) -> Dates:
        self._progress("sensitivity", self._done, len(self._others.names) + 3)
        self._done += 1
        return self._run(source)

    def of(self, name: str) -> tuple[Effects | None, tuple[float, float] | None]:
        """The total effect of a parameter, and by how much the probability moved when it was drawn anew."""
        if name not in self._others.names:
            return None, None
        (ranks, events), batch = self._pairs(self._simulated(self._others.anew(name)))
        found = Effects(total_effect(*ranks, batch), total_effect(*events, batch))
        apart = np.bincount(batch, events[1] - events[0], BATCHES)
        sizes = np.bincount(batch, minlength=BATCHES)
        mean = float(apart.sum() / sizes.sum())
        error = float(np.sqrt(BATCHES / (BATCHES - 1) * ((apart - mean * sizes) ** 2).sum()) / sizes.sum())
        return found, (mean, error)

    def noise(self) -> tuple[Effects, Effects]:
        """The first-order and the total effect of the noise of the future."""
        (ranks, events), batch = self._pairs(self._simulated(self._others.noise))
        total = Effects(total_effect(*ranks, batch), total_effect(*events, batch))
        (ranks, events), batch = self._pairs(self._simulated(self._others.rest))
        self._progress("sensitivity", self._done, self._done)
        return Effects(common_effect(*ranks, batch), common_effect(*events, batch)), total

    def _pairs(
        self, again: Dates
    ) -> tuple[tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]], np.ndarray]:
        """Ranks and events of trajectories that count in both, of the base and of the new ones, and their batches."""
        both = self._base.kept & again.kept
        dates = [one.of(self._question.milestone)[both] for one in (self._base, again)]
        size = max(len(self._sorted), 1)
        ranks = [
            (np.searchsorted(self._sorted, years, "left") + np.searchsorted(self._sorted, years, "right"))
            / (2.0 * size)
            for years in dates
        ]
        events = [(years <= self._question.year).astype(np.float64) for years in dates]
        return ((ranks[0], ranks[1]), (events[0], events[1])), self._batch[both]
