"""First-order and total effects (Sobol 2001) with errors from the spread over batches; pure functions of arrays.

The first-order effect of x on y is Var(E[y|x]) / Var(y): the share of the variance of y that knowing x alone would
take away. The total effect is E[Var(y | all but x)] / Var(y): the share that would be left if all but x were known. For
independent x the two differ by the interactions of x; for dependent ones (a posterior) both keep their meaning, and the
first may be the larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.engine.plan import BATCHES

ROUNDING = 1e-12
"""Of the mean square: variances below are none."""
BINS = 20
"""Of equally many trajectories each. A dependence that is even within a twentieth of the distribution is all seen."""


@dataclass(frozen=True)
class Effect:
    """A share of variance with its standard error, None below 16 batches. It may come out just below 0."""

    share: float
    se: float | None


@dataclass(frozen=True)
class Binned:
    """y by batch and bin of x: counts, sums [batch, bin]; total: sum, sum of squares and count by batch [3, batch]."""

    counts: np.ndarray
    sums: np.ndarray
    total: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Of y in each bin [bin], NaN in an empty one."""
        counts = self.counts.sum(axis=0)
        return np.where(counts > 0, self.sums.sum(axis=0) / np.maximum(counts, 1.0), np.nan)


def places(x: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Which of `bins` bins, of equally many values where these do not repeat, each value of x lies in [rows]."""
    values, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    if len(values) <= bins:
        return np.asarray(place)
    ends = np.cumsum(counts) - counts / 2.0
    return np.minimum((ends / len(x) * bins).astype(np.int64), bins - 1)[place]


def binned(place: np.ndarray, y: np.ndarray, batch: np.ndarray) -> Binned:
    """Sums of y by batch and place."""
    width = int(place.max(initial=0)) + 1
    cell = batch.astype(np.int64) * width + place
    shape = (BATCHES, width)
    counts, sums = (np.bincount(cell, w, BATCHES * width).reshape(shape) for w in (np.ones(len(y)), y))
    total = np.stack([np.bincount(batch, w, BATCHES) for w in (y, y * y, np.ones(len(y)))])
    return Binned(counts, sums, total)


def first_order(found: Binned) -> Effect:
    """From given data: the variance between bins, less what the errors of their means put into it (Plischke, Borgonovo
    & Smith 2013). These are the spread over batches, so that rows which share a draw do not count as many. The
    standard error is the jackknife over batches."""
    here = found.total[2] > 0
    if _constant(found.total):
        return Effect(0.0, None)
    if here.sum() < MIN_BATCHES:
        return Effect(float(_between(found.counts, found.sums, found.total)), None)
    counts, sums, total = found.counts[here], found.sums[here], found.total[:, here]
    whole = _between(counts, sums, total) - _noise(counts, sums, total)
    filled = len(counts)
    kept = np.array([[n for n in range(filled) if n != left] for left in range(filled)])
    rest = counts[kept], sums[kept], total[:, kept].swapaxes(0, 1)
    parts = _between(*rest) - _noise(*rest)
    return Effect(float(whole), math.sqrt((filled - 1) / filled * float(((parts - parts.mean()) ** 2).sum())))


def _constant(total: np.ndarray) -> bool:
    """Whether y does not vary, but for rounding."""
    return float(_variance(total)) <= ROUNDING * float(total[1].sum() / max(total[2].sum(), 1.0))


# Samples [..., batch, bin] and totals [..., 3, batch]: the whole, or all that leave a batch out side by side.


def _variance(total: np.ndarray) -> np.ndarray:
    y, squares, rows = np.moveaxis(total.sum(axis=-1), -1, 0)
    return np.maximum(squares / rows - (y / rows) ** 2, 1e-300)


def _between(counts: np.ndarray, sums: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The variance of the bins' means over that of y."""
    n = counts.sum(axis=-2)
    mean = sums.sum(axis=-2) / np.maximum(n, 1.0)
    rows = n.sum(axis=-1)
    centre = (n * mean).sum(axis=-1) / rows
    return (n * (mean - centre[..., None]) ** 2).sum(axis=-1) / rows / _variance(total)


def _noise(counts: np.ndarray, sums: np.ndarray, total: np.ndarray) -> np.ndarray:
    """What would be between bins if y did not hang on x: the error variance of their means about the whole mean."""
    filled, n = counts.shape[-2], counts.sum(axis=-2)
    y, rows = total[..., 0, :], total[..., 2, :]
    every = rows.sum(axis=-1)[..., None]
    mean = sums.sum(axis=-2) / np.maximum(n, 1.0)
    own = (sums - mean[..., None, :] * counts) / np.maximum(n, 1.0)[..., None, :]
    whole = (y - y.sum(axis=-1)[..., None] / every * rows) / every
    variances = filled / (filled - 1) * ((own - whole[..., None]) ** 2).sum(axis=-2)
    return (n * variances).sum(axis=-1) / n.sum(axis=-1) / _variance(total)


def total_effect(y: np.ndarray, again: np.ndarray, batch: np.ndarray) -> Effect:
    """From pairs that differ in x alone (Jansen 1999): half the mean square of their difference."""
    return _ratio(0.5 * (y - again) ** 2, y, batch)


def common_effect(y: np.ndarray, again: np.ndarray, batch: np.ndarray) -> Effect:
    """From pairs that have x alone in common: their covariance (Saltelli 2010), the first-order effect of x."""
    return _ratio((y - y.mean()) * (again - again.mean()), y, batch)


def _ratio(part: np.ndarray, y: np.ndarray, batch: np.ndarray) -> Effect:
    """The mean of `part` over the variance of y."""
    spread = (y - y.mean()) ** 2
    tops, bottoms = (np.bincount(batch, w, BATCHES) for w in (part, spread))
    whole = float(bottoms.sum())
    if whole <= ROUNDING * float((y * y).sum()):
        return Effect(0.0, None)
    share, filled = float(tops.sum()) / whole, int((np.bincount(batch, minlength=BATCHES) > 0).sum())
    if filled < MIN_BATCHES:
        return Effect(share, None)
    residual = (tops - share * bottoms) / whole
    return Effect(share, math.sqrt(filled / (filled - 1) * float((residual**2).sum())))
