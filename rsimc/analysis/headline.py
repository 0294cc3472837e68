"""The headline of draws that are still in memory: one probability, from 65,536 trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.analysis.compare.paired import Hits, probability_difference
from rsimc.analysis.estimates import Estimate, estimate
from rsimc.calibration.settings import Draws
from rsimc.dates import DateGrid, end_of_day, last_day
from rsimc.engine.dates import Dates, compile_dates
from rsimc.engine.plan import BATCHES
from rsimc.runs.sources import posterior_source
from rsimc.runs.study import Study


@dataclass(frozen=True)
class Question:
    """The probability of a milestone by the end of a day, month or year."""

    milestone: str = "closed_loop"
    by: str = "2030-12-31"

    @property
    def year(self) -> float:
        """Decimal year at the end of the day."""
        return end_of_day(last_day(self.by))


class Headline:
    """Answers to one question from draws of one form of a study's model; draws of one number share a program."""

    def __init__(self, study: Study, question: Question, seed: int) -> None:
        self.study, self.question, self.seed = study, question, seed
        ahead = DateGrid(study.model.start, float(np.ceil(question.year)) + 1.0)
        self._run = compile_dates(replace(study.plan, grid=ahead), (question.milestone,))

    def dates(self, z: np.ndarray, past: np.ndarray, choice: Mapping[str, float]) -> Dates:
        """Trajectories of draws: z [draws, z], past innovations [draws, beats, processes], the form's choice."""
        fitted = self.study.fitted
        with jax.enable_x64(True):
            table = np.array(fitted.from_normal(jnp.asarray(z.T)))
        for name, value in choice.items():
            table[fitted.names.index(name)] = value
        return self._run(posterior_source(self.study, table, np.moveaxis(past, 0, -1), self.seed))

    def of(self, draws: Draws, choice: Mapping[str, float]) -> Estimate:
        """The probability."""
        z = draws.z.reshape(-1, draws.z.shape[-1])
        return self.estimate(self.dates(z, draws.innovations.reshape(len(z), *draws.innovations.shape[2:]), choice))

    def estimate(self, dates: Dates, weights: np.ndarray | None = None) -> Estimate:
        """The probability, its error from batches; weights of the draws [draws], even when None."""
        return estimate(*self._sums(dates, weights))

    def change_se(self, dates: Dates, weights: np.ndarray) -> float | None:
        """Standard error of what weights of the draws [draws] do to the probability. Both are of the same trajectories,
        so that most of their errors cancel; None where too few batches are filled."""
        without, full = Hits(*self._sums(dates, weights)), Hits(*self._sums(dates, None))
        return probability_difference(full, without).se

    def _sums(self, dates: Dates, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the hits and of all [BATCHES]."""
        w = np.where(dates.kept, 1.0 if weights is None else weights[dates.draw] * len(weights), 0.0)
        hit = w * (dates.of(self.question.milestone) <= self.question.year)
        return by_batch(hit), by_batch(w)


def headline(study: Study, draws: Draws, question: Question = Question()) -> Estimate:
    """The probability from draws of the study's own form."""
    return Headline(study, question, study.scenario.run.seed).of(draws, study.choice)


def by_batch(values: np.ndarray) -> np.ndarray:
    """Sums over the blocks of each batch [BATCHES]."""
    return values.reshape(BATCHES, -1).sum(axis=1)
