"""Differences between two runs, with errors from the spread of both over the same batches.

Runs of one seed share the noise of every trajectory, those of one posterior its draws too. What both share moves their
batches alike and drops out of the difference: its variance is that of the batches' differences (common random numbers;
Glasserman & Yao 1992), which needs no assumption about how much is shared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES, Curve

BANDS = 2000
"""Draws of the band that holds for all dates at once: its quantile is then known to two percent."""
LEVEL = 0.95
FEWEST = 50
"""Trajectories of both runs up to a date before it is told from another: a handful in batches have no spread."""


@dataclass(frozen=True)
class Difference:
    """second - first, and second / first, of a probability, or of a date or duration in years.

    None: not within the horizon, or no error from fewer than 16 batches. saved: the share of the variance of the
    difference that two runs with nothing in common would have had beyond this; negative where the batches move against
    each other.
    """

    first: float | None
    second: float | None
    difference: float | None = None
    se: float | None = None
    ratio: float | None = None
    ratio_se: float | None = None
    saved: float | None = None


@dataclass(frozen=True)
class Hits:
    """Trajectories of an event, and all, by batch [batch]."""

    hits: np.ndarray
    sizes: np.ndarray

    @property
    def p(self) -> float:
        """The probability, NaN without a trajectory."""
        total = float(self.sizes.sum())
        return float(self.hits.sum()) / total if total else math.nan

    @property
    def residual(self) -> np.ndarray:
        """What each batch adds to the error of the probability [batch]."""
        total = max(float(self.sizes.sum()), 1.0)
        residual: np.ndarray = (self.hits - float(self.hits.sum()) / total * self.sizes) / total
        return residual


def at_most(curve: Curve, x: float) -> Hits:
    """The event of being at most x."""
    return Hits(np.array([np.interp(x, curve.edges, row, left=0.0) for row in curve.hits]), curve.sizes)


def probability_difference(first: Hits, second: Hits) -> Difference:
    """Of the probability of an event."""
    a, b = first.p, second.p
    if math.isnan(a) or math.isnan(b):
        return Difference(None, None)
    one, other = first.residual, second.residual
    se, saved = _error(one, other, first.sizes, second.sizes)
    ratio = b / a if a > 0 else None
    relative = other / b - one / a if ratio else None
    return Difference(a, b, b - a, se, ratio, _ratio_error(ratio, relative, first, second), saved)


def quantile_difference(first: Curve, second: Curve, q: float, ratios: bool = False) -> Difference:
    """Of a quantile: that of a probability there, over the density. ratios: of a duration, which has them."""
    a, b = _inside(first, q), _inside(second, q)
    if a is None or b is None:
        return Difference(a, b)
    ratio = b / a if ratios and a > 0 else None
    slopes = [_slope(curve, q) for curve in (first, second)]
    if slopes[0] is None or slopes[1] is None:
        return Difference(a, b, b - a, ratio=ratio)
    there = at_most(first, a), at_most(second, b)
    one, other = (-slope * hits.residual for slope, hits in zip(slopes, there, strict=True) if slope is not None)
    se, saved = _error(one, other, first.sizes, second.sizes, max(slope for slope in slopes if slope is not None))
    relative = other / b - one / a if ratio else None
    return Difference(a, b, b - a, se, ratio, _ratio_error(ratio, relative, *there), saved)


def _ratio_error(ratio: float | None, relative: np.ndarray | None, first: Hits, second: Hits) -> float | None:
    """The standard error of a ratio from the batches' relative errors."""
    filled = _filled(first.sizes, second.sizes)
    if ratio is None or relative is None or filled < MIN_BATCHES:
        return None
    return ratio * math.sqrt(_variance(relative, filled))


def _inside(curve: Curve, q: float) -> float | None:
    """A quantile; None beyond the last edge, and where it lies in the lowest bin, which is all that lies below."""
    return None if q <= curve.p[0] else curve.quantile(q)


def _slope(curve: Curve, q: float) -> float | None:
    """Years for one unit of probability at a quantile; None where it cannot be told."""
    x = curve.quantile(q)
    error = None if x is None else curve.at(x).se
    if error is None:
        return None
    low, high = curve.quantile(max(q - error, 1e-12)), curve.quantile(q + error)
    return None if low is None or high is None else (high - low) / (2.0 * error)


def _filled(first: np.ndarray, second: np.ndarray) -> int:
    return int(((first > 0) & (second > 0)).sum())


def _variance(residual: np.ndarray, filled: int) -> float:
    return filled / (filled - 1) * float((residual**2).sum())


def _error(
    one: np.ndarray, other: np.ndarray, first: np.ndarray, second: np.ndarray, unit: float = 1.0
) -> tuple[float | None, float | None]:
    """The standard error of the difference, and how much of its variance pairing saved.

    Never less than half a trajectory: that none differs among so many does not prove that none would. unit: what a
    unit of probability is in that of the difference.
    """
    filled = _filled(first, second)
    if filled < MIN_BATCHES:
        return None, None
    apart = _variance(one, filled) + _variance(other, filled)
    variance = _variance(other - one, filled)
    least = 0.5 * unit / min(float(first.sum()), float(second.sum()))
    return max(math.sqrt(variance), least), 1.0 - variance / apart if apart > 0 else None


@dataclass(frozen=True)
class Order:
    """Which of two distributions comes later, beyond the error, at all dates at once.

    verdict: "later" or "earlier" (the second than the first: dominance of the first order as far as the error tells),
    "crossing", or "alike". later, earlier: the largest difference of probability in either direction, and the decimal
    year of it. band: in standard errors, what 95% of differences without any cause stay within at all dates.
    """

    verdict: Literal["later", "earlier", "crossing", "alike"]
    later: tuple[float, float]
    earlier: tuple[float, float]
    band: float


def order(first: Curve, second: Curve) -> Order | None:
    """The order of two dates; None where errors are null."""
    filled = _filled(first.sizes, second.sizes)
    if filled < MIN_BATCHES:
        return None
    sums = [np.maximum(curve.sizes.sum(), 1.0) for curve in (first, second)]
    parts = [
        (curve.hits - curve.p * curve.sizes[:, None]) / total
        for curve, total in zip((first, second), sums, strict=True)
    ]
    residual = parts[1] - parts[0]
    se = np.maximum(np.sqrt(filled / (filled - 1) * (residual**2).sum(axis=0)), 0.5 / min(sums))
    told = (first.hits + second.hits).sum(axis=0) >= FEWEST
    band = _band(residual[:, told]) if told.any() else math.inf
    difference = second.p - first.p
    down, up = (bool(np.any(told & (sign * difference > band * se))) for sign in (-1.0, 1.0))
    verdict: Literal["later", "earlier", "crossing", "alike"] = (
        "crossing" if down and up else "later" if down else "earlier" if up else "alike"
    )
    least, most = int(np.argmin(difference)), int(np.argmax(difference))
    ends = [(max(sign * float(difference[k]), 0.0), float(first.edges[k])) for sign, k in ((-1, least), (1, most))]
    return Order(verdict, ends[0], ends[1], band)


def _band(residual: np.ndarray) -> float:
    """Of residuals [batch, edge], how many standard errors their sum strays at its worst edge: batches are given random
    signs, and each draw its own standard errors, since those of 64 batches are uncertain themselves (the wild
    bootstrap; Rademacher signs and studentising as in Cameron, Gelbach & Miller 2008)."""
    count = len(residual)
    signs = np.random.default_rng(0).integers(0, 2, (BANDS, count)) * 2.0 - 1.0
    sums, squares = signs @ residual, (residual**2).sum(axis=0)
    own = np.sqrt(np.maximum(count / (count - 1) * (squares - sums**2 / count), 0.0))
    strays = np.where(own > 0.0, np.abs(sums) / np.where(own > 0.0, own, 1.0), 0.0)
    return float(np.quantile(strays.max(axis=1), LEVEL))
