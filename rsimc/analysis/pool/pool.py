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
STEP = 0.25
"""Years."""


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


def grid(first: float, last: float) -> np.ndarray:
    """Years at which pools are worked out: a quarter apart, the last one the end of the range."""
    return np.append(np.arange(first, last - 1e-6, STEP), last)


def pooled(components: Sequence[Component], weights: np.ndarray, kind: Kind, years: np.ndarray) -> Pooled:
    """The pool of components with weights that sum to 1.

    The error is the jackknife over batches, which leaves a batch out of all runs at once: what they share of their
    random numbers does not pass for independence.
    """
    make = linear if kind == "linear" else logarithmic
    whole = make(np.stack([one.at(years) for one in components]), weights)
    return Pooled(f"{kind} pool", years, whole, _error(components, years, lambda parts: make(parts, weights)))


def alone(component: Component, years: np.ndarray) -> Pooled:
    """A component on the same years, with its own error."""
    error = None if component.curve is None else _error([component], years, lambda parts: parts[0])
    return Pooled(component.name, years, component.at(years), error)


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
    components: Sequence[Component], years: np.ndarray, make: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray | None:
    runs = [one for one in components if one.curve is not None]
    if not runs or min(one.filled for one in runs) < MIN_BATCHES:
        return None
    filled = [b for b in range(BATCHES) if all(one.curve is None or one.curve.sizes[b] > 0 for one in components)]
    parts = np.stack([make(np.stack([one.at(years, without=b) for one in components])) for b in filled])
    count = len(filled)
    se: np.ndarray = math.sqrt((count - 1) / count) * np.sqrt(((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    return se
