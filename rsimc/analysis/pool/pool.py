"""Linear and logarithmic pools (Genest & Zidek 1986), with the Monte Carlo error of both.

The linear pool is the mixture: who is right is uncertain, and it is at least as wide as its parts. The logarithmic one
is the normalised product of the densities, to the powers of the weights: what one excludes all exclude, and it is
narrower. Densities are over quarters of a year, and over what comes after the range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.analysis.pool.components import Component
from rsimc.engine.plan import BATCHES
from rsimc.errors import UsageError

Kind = Literal["linear", "logarithmic"]
KINDS: tuple[Kind, ...] = ("linear", "logarithmic")
STEP, CLOSE = 0.25, 0.5 / 365.25
"""Years: of a quarter, and within which two are one."""


@dataclass(frozen=True)
class Pooled:
    """A distribution function p at years (decimal), with its standard error, None below 16 batches; both [years]."""

    name: str
    years: np.ndarray
    p: np.ndarray
    se: np.ndarray | None

    def quantile(self, level: float) -> float | None:
        """The year by which it has come with a probability; None beyond the range."""
        if level > self.p[-1] or level <= 0.0:
            return None
        k = int(np.searchsorted(self.p, level, side="left"))
        if k == 0:
            return float(self.years[0])
        rise = self.p[k] - self.p[k - 1]
        return float(self.years[k - 1] + (self.years[k] - self.years[k - 1]) * (level - self.p[k - 1]) / rise)

    def quantile_se(self, level: float) -> float | None:
        """Its standard error in years."""
        x = self.quantile(level)
        if x is None or self.se is None:
            return None
        error = float(np.interp(x, self.years, self.se))
        low, high = self.quantile(max(level - error, 1e-12)), self.quantile(level + error)
        return None if low is None or high is None else (high - low) / 2.0


def grid(components: Sequence[Component], first: float, last: float) -> np.ndarray:
    """Years at which distribution functions are worked out: all at which a component bends, so that none loses."""
    every = np.unique(np.concatenate([one.years for one in components]))
    return np.concatenate([[first], every[(every > first + CLOSE) & (every < last - CLOSE)], [last]])


def quarters(first: float, last: float) -> np.ndarray:
    """Ends of quarters in a range, and its ends."""
    every = np.arange(math.floor(first), last, STEP)
    return np.concatenate([[first], every[(every > first + CLOSE) & (every < last - CLOSE)], [last]])


def pooled(components: Sequence[Component], weights: np.ndarray, kind: Kind, years: np.ndarray) -> Pooled:
    """The pool of components with weights that sum to 1.

    The error is the jackknife over batches, which leaves a batch out of all runs at once: what they share of their
    random numbers does not pass for independence.
    """
    make = linear if kind == "linear" else logarithmic
    whole = make(np.stack([one.at(years) for one in components]), weights)
    error = _error(components, years, lambda parts: make(parts, weights), weights, whole)
    return Pooled(f"{kind} pool", years, whole, error)


def alone(component: Component, years: np.ndarray) -> Pooled:
    """A component on the same years, with its own error."""
    whole = component.at(years)
    error = None if component.curve is None else _error([component], years, lambda parts: parts[0], np.ones(1), whole)
    return Pooled(component.name, years, whole, error)


def linear(parts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of distribution functions [components, years]."""
    mixed: np.ndarray = weights @ parts
    return mixed


def logarithmic(parts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of distribution functions [components, years]. Raises UsageError where they exclude each other."""
    masses = np.diff(parts, axis=1, prepend=0.0, append=1.0)
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(masses, 0.0))
    used = weights > 0
    powers = (weights[used, None] * logs[used]).sum(axis=0)
    if not np.isfinite(powers).any():
        advice = "nothing is possible to all of them: take the linear pool"
        raise UsageError("logarithmic pool", "distributions that overlap", "some that do not", advice)
    product = np.exp(powers - powers.max())
    found: np.ndarray = np.cumsum(product)[:-1] / product.sum()
    return found


def _error(
    components: Sequence[Component],
    years: np.ndarray,
    make: Callable[[np.ndarray], np.ndarray],
    weights: np.ndarray,
    whole: np.ndarray,
) -> np.ndarray | None:
    """The jackknife, never less than the binomial error of the runs' own trajectories."""
    runs = [one for one in components if one.curve is not None]
    if not runs or min(one.filled for one in runs) < MIN_BATCHES:
        return None
    filled = [b for b in range(BATCHES) if all(one.curve is None or one.curve.sizes[b] > 0 for one in components)]
    parts = np.stack([make(np.stack([one.at(years, without=b) for one in components])) for b in filled])
    count = len(filled)
    se: np.ndarray = math.sqrt((count - 1) / count) * np.sqrt(((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    sizes = np.array([math.inf if one.curve is None else float(one.curve.sizes.sum()) for one in components])
    rows = 1.0 / float((weights**2 / sizes).sum())
    smoothed = (whole * rows + 0.5) / (rows + 1.0)
    return np.maximum(se, np.sqrt(smoothed * (1.0 - smoothed) / rows))
