"""Probabilities and quantiles from counts by batch, with standard errors from the spread over batches.

A batch is a contiguous segment of the posterior's chains, so the spread sees autocorrelation and the clustering of
trajectories by draw (batch means; Geyer 1992). A standard error is never less than the binomial one, and null when
fewer than 16 batches are filled. Where none or all of the trajectories are hits there is no spread to see, and those
that share a draw of the posterior count as one. In a run whose parameters are Sobol points a batch is a scramble of its
own, and errors are less than the binomial one: that is what such points are for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

MIN_BATCHES = 16


@dataclass(frozen=True)
class Estimate:
    """A probability p with its standard error, and the number of independent draws that would have the same error.

    p is NaN when there is no trajectory.
    """

    p: float
    se: float | None
    n_eff: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Plain data, rounded where digits mean nothing."""
        p = None if math.isnan(self.p) else round(self.p, 6)
        se = None if self.se is None else float(f"{self.se:.3g}")
        return {"p": p, "se": se, "n_eff": None if self.n_eff is None else round(self.n_eff, 1)}


def estimate(hits: np.ndarray, sizes: np.ndarray, independent: bool = True, draws: float = math.inf) -> Estimate:
    """The probability of an event from hits [batch] among sizes [batch] (a ratio of sums, residuals by batch).

    independent: whether the trajectories of a batch are, so that an error below the binomial one is luck. draws: of the
    posterior, which the trajectories share where they are more.
    """
    total = float(sizes.sum())
    if total == 0:
        return Estimate(math.nan, None, None)
    p = float(hits.sum()) / total
    filled = int((sizes > 0).sum())
    if filled < MIN_BATCHES:
        return Estimate(p, None, None)
    residual = hits - p * sizes
    spread = math.sqrt(filled / (filled - 1) * float((residual**2).sum())) / total
    units = min(total, draws) if spread == 0.0 else total
    smoothed = (p * units + 0.5) / (units + 1.0)  # so that 0 hits do not claim certainty
    binomial = math.sqrt(smoothed * (1.0 - smoothed) / units)
    se = max(spread, binomial) if independent or spread == 0.0 else spread
    return Estimate(p, se, smoothed * (1.0 - smoothed) / se**2)


def errors(hits: np.ndarray, sizes: np.ndarray, independent: bool = True, draws: float = math.inf) -> np.ndarray:
    """Standard errors [edge] of many probabilities, hits [batch, edge] among sizes [batch], as `estimate` has them; NaN
    where it gives none."""
    total, filled = float(sizes.sum()), int((sizes > 0).sum())
    if total == 0 or filled < MIN_BATCHES:
        return np.full(hits.shape[1], math.nan)
    rows = np.ascontiguousarray(hits.T)  # for sums in the order in which `estimate` has them
    sums = rows.sum(axis=1)
    residual = rows - (sums / total)[:, None] * sizes
    spread = np.sqrt(filled / (filled - 1) * (residual**2).sum(axis=1)) / total
    units = np.where(spread == 0.0, min(total, draws), total)
    smoothed = (sums / total * units + 0.5) / (units + 1.0)
    binomial = np.sqrt(smoothed * (1.0 - smoothed) / units)
    return np.where(independent | (spread == 0.0), np.maximum(spread, binomial), spread)


@dataclass(frozen=True)
class Curve:
    """The distribution function of one quantity over increasing edges.

    hits [batch, edge]: trajectories at or below each edge; sizes [batch]: trajectories. Between edges hits are
    interpolated linearly. Edges are decimal years, or years for durations. independent, draws: see `estimate`.
    """

    edges: np.ndarray
    hits: np.ndarray
    sizes: np.ndarray
    independent: bool = True
    draws: float = math.inf

    @property
    def p(self) -> np.ndarray:
        """Probability at each edge."""
        return self.hits.sum(axis=0) / max(float(self.sizes.sum()), 1.0)

    @property
    def se(self) -> np.ndarray:
        """Standard error at each edge; NaN where it is null."""
        return errors(self.hits, self.sizes, self.independent, self.draws)

    def at(self, x: float) -> Estimate:
        """The probability of the quantity being at most x."""
        return self._estimate(self._hits(x))

    def _estimate(self, hits: np.ndarray) -> Estimate:
        return estimate(hits, self.sizes, self.independent, self.draws)

    def _hits(self, x: float) -> np.ndarray:
        """Trajectories at or below x [batch], along lines between edges; what np.interp says of each batch."""
        if x < self.edges[0]:
            return np.zeros(len(self.hits))
        k = int(np.searchsorted(self.edges, x, side="right")) - 1
        low = self.hits[:, k]
        if k + 1 == len(self.edges) or x == self.edges[k]:
            return low
        slope = (self.hits[:, k + 1] - low) / (self.edges[k + 1] - self.edges[k])
        return np.asarray(slope * (x - self.edges[k]) + low)

    def between(self, start: float, end: float) -> Estimate:
        """The probability of the quantity being above `start` and at most `end`."""
        return self._estimate(self._hits(end) - self._hits(start))

    def beyond(self) -> Estimate:
        """The probability of lying beyond the last edge: not within the horizon."""
        return self._estimate(self.sizes - self.hits[:, -1])

    def within(self) -> Curve:
        """The distribution for those that do not lie beyond the last edge."""
        return replace(self, sizes=self.hits[:, -1])

    def above(self, x: float) -> Estimate:
        """The probability of being more than x."""
        return self._estimate(self.sizes - self._hits(x))

    def quantile(self, q: float) -> float | None:
        """The edge below which a share q lies; None when it lies beyond the last edge (or at the first)."""
        p = self.p
        if q > p[-1]:
            return None
        k = int(np.searchsorted(p, q, side="left"))
        if k == 0:
            return float(self.edges[0])
        rise = p[k] - p[k - 1]
        return float(self.edges[k - 1] + (self.edges[k] - self.edges[k - 1]) * (q - p[k - 1]) / rise)

    def quantile_se(self, q: float) -> float | None:
        """Standard error of a quantile: half the distance between the quantiles at q -/+ the error of p there."""
        x = self.quantile(q)
        error = None if x is None else self.at(x).se
        if error is None:
            return None
        low, high = self.quantile(max(q - error, 1e-12)), self.quantile(q + error)
        return None if low is None or high is None else (high - low) / 2.0


def curve(
    counts: np.ndarray,
    accounts: np.ndarray,
    edges: np.ndarray,
    independent: bool = True,
    draws: float = math.inf,
) -> Curve:
    """The curve of bins [batch, bin] (underflow, inside, beyond); accounts [batch, (counted, nonfinite, ...)].

    Trajectories that were not finite stay in the denominator: nothing is dropped.
    """
    hits = np.cumsum(counts[:, :-1], axis=1).astype(np.float64)
    sizes = accounts[:, :2].sum(axis=1).astype(np.float64)
    return Curve(np.asarray(edges, dtype=np.float64), hits, sizes, independent, draws)
