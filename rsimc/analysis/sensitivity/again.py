"""The first block of every batch of a run, simulated again with one thing drawn anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.sensitivity.effects import Effect, common_effect, total_effect
from rsimc.analysis.sensitivity.others import MIXED, Source, others
from rsimc.engine.dates import Dates, compile_dates
from rsimc.engine.plan import BATCHES, BLOCK

Progress = Callable[[str, int, int], None]
Pair = tuple[np.ndarray, np.ndarray]
BATCH = np.repeat(np.arange(BATCHES), BLOCK)
"""Of each trajectory."""


@dataclass(frozen=True)
class Effects:
    """Shares of the variance of the rank of the milestone's date, and of whether it has come by the day."""

    date: Effect
    event: Effect


class Again:
    """Simulates a run's trajectories with one thing drawn anew, and holds them against those of the run."""

    def __init__(self, forecast: Forecast, questions: Sequence[Question], progress: Progress) -> None:
        self._questions, self._progress = tuple(questions), progress
        names = tuple(dict.fromkeys(question.milestone for question in questions))
        self._run = compile_dates(forecast.study.plan, names)
        self._others = others(forecast.study, forecast.posterior, forecast.manifest.seed)
        self._done, self.lost = 0, 0.0
        self._base = self._simulated(self._others.base)
        self._sorted = {name: np.sort(self._base.of(name)[self._base.kept]) for name in names}

    def _simulated(self, source: Source) -> Dates:
        self._progress("sensitivity", self._done, len(self._others.names) + 3)
        self._done += 1
        return self._run(source)

    def anew(self, name: str) -> Dates | None:
        """Dates with a parameter drawn anew; None for one that chooses a form of the model, which has no prior, and
        for one that is drawn together with others."""
        return self._simulated(self._others.anew(name)) if name in self._others.names else None

    def total(self, dates: Dates, question: Question) -> tuple[Effects, tuple[float, float]]:
        """The total effect of what was drawn anew, and by how much the probability moved, with its error."""
        ranks, events, batch = self._pairs(dates, question)
        found = Effects(total_effect(*ranks, batch), total_effect(*events, batch))
        apart = np.bincount(batch, events[1] - events[0], BATCHES)
        sizes = np.bincount(batch, minlength=BATCHES)
        rows = float(max(len(batch), 1))
        mean = float(apart.sum()) / rows
        spread = float(BATCHES / (BATCHES - 1) * ((apart - mean * sizes) ** 2).sum())
        return found, (mean, math.sqrt(spread) / rows)

    def noise(self) -> list[tuple[Effects, Effects]]:
        """For each question the first-order and the total effect of the noise of the future."""
        noise, rest = self._simulated(self._others.noise), self._simulated(self._others.rest)
        self._progress("sensitivity", self._done, self._done)
        return [(self._common(rest, question), self.total(noise, question)[0]) for question in self._questions]

    def _common(self, dates: Dates, question: Question) -> Effects:
        """Of the noise: trajectory i of `dates` has that of trajectory MIXED[i]. Two batches exchange their noise, so
        that they make one for the error."""
        own, known = self._base, self._sorted[question.milestone]
        both = dates.kept & own.kept[MIXED]
        years = [own.of(question.milestone)[MIXED][both], dates.of(question.milestone)[both]]
        ranks, events = _ranks(known, years), _events(years, question)
        pair = BATCH[both] % (BATCHES // 2)
        return Effects(common_effect(*ranks, pair), common_effect(*events, pair))

    def _pairs(self, again: Dates, question: Question) -> tuple[Pair, Pair, np.ndarray]:
        """Ranks and events of trajectories that count in both, of the base and of the new ones, and their batches."""
        both, known = self._base.kept & again.kept, self._sorted[question.milestone]
        self.lost = max(self.lost, 1.0 - float(both.sum()) / max(float(self._base.kept.sum()), 1.0))
        years = [one.of(question.milestone)[both] for one in (self._base, again)]
        return _ranks(known, years), _events(years, question), BATCH[both]


def _ranks(known: np.ndarray, years: Sequence[np.ndarray]) -> Pair:
    """Ranks of two among sorted years, of ties the middle one, as shares."""
    sides = [[np.searchsorted(known, dates, side) for side in ("left", "right")] for dates in years]
    one, other = ((low + high) / (2.0 * max(len(known), 1)) for low, high in sides)
    return one, other


def _events(years: Sequence[np.ndarray], question: Question) -> Pair:
    one, other = ((dates <= question.year).astype(np.float64) for dates in years)
    return one, other
