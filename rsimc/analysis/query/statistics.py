"""Probabilities, means and quantiles of what meets a condition, with errors from the spread over batches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES, Estimate, estimate
from rsimc.engine.plan import BATCHES


@dataclass(frozen=True)
class Result:
    """One number of an answer. label: p, mean, a level or a class. value: a probability, a decimal year, or a number;
    None where there is none. se, n_eff: as of `rsimc.analysis.estimates.Estimate`. low, high: of a quantile
    that the horizon leaves open, what it lies between; infinite where nothing is known."""

    label: str
    value: float | None
    se: float | None = None
    n_eff: float | None = None
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Met:
    """Which trajectories meet a condition: met [rows] is 1, 0, or -1 where it is not decided; batch, draw [rows];
    draw is None where each trajectory has its own.

    independent: whether the trajectories of a batch are.
    """

    batch: np.ndarray
    draw: np.ndarray | None
    met: np.ndarray
    independent: bool

    @cached_property
    def chosen(self) -> np.ndarray:
        """Those that meet it [rows]."""
        chosen: np.ndarray = self.met == 1
        return chosen

    @cached_property
    def batches(self) -> np.ndarray:
        """Batches of those that meet it."""
        return self.batch[self.chosen].astype(np.int64)

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many of each batch meet it [batch]."""
        return self.by_batch(np.ones(len(self.batches)))

    def by_batch(self, values: np.ndarray) -> np.ndarray:
        """Sums by batch [batch] of values of those that meet it."""
        return np.bincount(self.batches, values.astype(np.float64), BATCHES)

    @cached_property
    def condition(self) -> Estimate:
        """The probability of the condition."""
        all_sizes = np.bincount(self.batch.astype(np.int64), minlength=BATCHES).astype(np.float64)
        return estimate(
            self.sizes, all_sizes, self.independent, math.inf if self.draw is None else len(np.unique(self.draw))
        )

    @property
    def unmet(self) -> float:
        """The share in which the condition is not decided."""
        return float((self.met < 0).mean()) if len(self.met) else 0.0

    @cached_property
    def draws(self) -> int:
        """Draws of the parameters among those that meet it."""
        return int(self.chosen.sum()) if self.draw is None else len(np.unique(self.draw[self.chosen]))

    def estimate(self, hits: np.ndarray) -> Estimate:
        """The share of hits [chosen] among those that meet it."""
        return estimate(self.by_batch(hits), self.sizes, self.independent, self.draws)


def probability(label: str, met: Met, hits: np.ndarray) -> Result:
    """The share of hits [chosen]; of those that are not decided none is one."""
    found = met.estimate(hits)
    return Result(label, None if math.isnan(found.p) else found.p, found.se, found.n_eff)


def mean(met: Met, values: np.ndarray, unknown: np.ndarray) -> Result:
    """The mean of values [chosen]; none where one is unknown, which may be as large as it likes."""
    total = float(met.sizes.sum())
    if total == 0 or unknown.any():
        return Result("mean", None)
    centre = float(values.mean())
    filled = int((met.sizes > 0).sum())
    if filled < MIN_BATCHES:
        return Result("mean", centre)
    residual = met.by_batch(values - centre)
    spread = math.sqrt(filled / (filled - 1) * float((residual**2).sum())) / total
    variance = float(values.var(ddof=1))
    least = math.sqrt(variance / total)
    se = max(spread, least) if met.independent or spread == 0.0 else spread
    return Result("mean", centre, se, variance / se**2 if se > 0 else None)


def quantile(met: Met, low: np.ndarray, high: np.ndarray, level: float) -> Result:
    """The value that a share `level` does not exceed, of values that lie between low and high [chosen]."""
    label, value = f"{level:g}", _crossing(low, high, level)
    if value is None:
        ends = (_ordered(low, level), _ordered(high, level)) if len(low) else (-math.inf, math.inf)
        return Result(label, None, low=ends[0], high=ends[1])
    at = met.estimate(high <= value)
    if at.se is None:
        return Result(label, value)
    before, after = _crossing(low, high, max(level - at.se, 1e-12)), _crossing(low, high, level + at.se)
    se = None if before is None or after is None else (after - before) / 2.0
    return Result(label, value, se, at.n_eff)


def _crossing(low: np.ndarray, high: np.ndarray, level: float) -> float | None:
    """The quantile that both ends agree on, else None."""
    if not 0 < math.ceil(level * len(low)) <= len(low):
        return None
    one, other = _ordered(low, level), _ordered(high, level)
    return one if one == other and math.isfinite(one) else None


def _ordered(values: np.ndarray, level: float) -> float:
    """The value that a share `level` does not exceed."""
    place = math.ceil(level * len(values)) - 1
    return float(np.partition(values, place)[place])
