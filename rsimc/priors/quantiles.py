"""Quantile functions of a standard normal z, in numpy, and the tables that stand in for those without a closed form.

A prior maps z ~ N(0, 1) to a value, value = Q(Phi(z)). Hamiltonian Monte Carlo needs the map smooth: normals,
lognormals and logit-normals have closed forms; everything else (truncated, uniform, percentiles, mixtures) becomes a
monotone cubic through exact points on a fine grid of z (Fritsch & Carlson 1980), constant beyond eight standard
deviations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator
from scipy.special import betaincinv, expit, log_ndtr, logit, logsumexp, ndtr, ndtri, ndtri_exp

Floats = NDArray[np.float64]
Z_MAX = 8.0
Z_STEP = 0.05
Z_GRID: Floats = np.linspace(-Z_MAX, Z_MAX, round(2 * Z_MAX / Z_STEP) + 1)


@dataclass(frozen=True)
class Quantile:
    """One prior as a function of z.

    kind: `fixed` (value loc), `identity` (loc + scale z), `exp` (its exponential), `logistic` (its sigmoid stretched to
    low..high), or `table` (monotone cubic on Z_GRID with the given values and slopes; of logs when `log` is true).
    text: how a person would write it.
    """

    kind: Literal["fixed", "identity", "exp", "logistic", "table"]
    text: str
    loc: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    values: tuple[float, ...] = ()
    slopes: tuple[float, ...] = ()

    def at(self, z: Floats) -> Floats:
        """Values at z, float64, any shape. The numpy twin of `PriorSet.from_normal`."""
        x = np.clip(z, -Z_MAX, Z_MAX) if self.kind == "table" else self.loc + self.scale * z
        if self.kind == "fixed":
            return np.full_like(x, self.loc)
        with np.errstate(over="ignore"):  # infinity is the right limit
            return self._scaled(x)

    def _scaled(self, x: Floats) -> Floats:
        if self.kind == "exp":
            return np.exp(x)
        if self.kind == "logistic":
            return self.low + (self.high - self.low) / (1.0 + np.exp(-x))
        if self.kind == "table":
            y = hermite(x, np.asarray(self.values), np.asarray(self.slopes))
            return np.exp(y) if self.log else y
        return x

    def quantile(self, p: float) -> float:
        """The value below which a share p of the prior lies."""
        return float(self.at(np.asarray(ndtri(p))))


def hermite(z: Floats, values: Floats, slopes: Floats) -> Floats:
    """Cubic Hermite interpolation on Z_GRID."""
    index = np.clip(((z + Z_MAX) / Z_STEP).astype(int), 0, len(Z_GRID) - 2)
    s = (z - Z_GRID[index]) / Z_STEP
    a, b = values[index], values[index + 1]
    da, db = slopes[index] * Z_STEP, slopes[index + 1] * Z_STEP
    return a + s * (da + s * ((3 * (b - a) - 2 * da - db) + s * (da + db - 2 * (b - a))))


def tabulate(y: Floats, text: str, log: bool, slopes: Floats | None = None) -> Quantile:
    """A table prior from its exact values on Z_GRID (monotone), logs of them when `log`, and its slopes where known."""
    if slopes is None:
        with np.errstate(over="ignore"):  # of priors narrower than numbers can tell apart
            slopes = PchipInterpolator(Z_GRID, y).derivative()(Z_GRID)
    return Quantile("table", text, log=log, values=tuple(map(float, y)), slopes=tuple(map(float, slopes)))


def truncated_normal(mean: float, sd: float, low: float, high: float, text: str) -> Quantile:
    """A normal cut to (low, high)."""
    a, b = (low - mean) / sd, (high - mean) / sd
    if a > -b:  # work in the lower tail, where probabilities keep their digits
        mirror = truncated_normal(-mean, sd, -high, -low, text)
        return tabulate(-np.asarray(mirror.values)[::-1], text, log=False)
    log_a = log_ndtr(a) if math.isfinite(a) else -np.inf
    log_b = log_ndtr(b) if math.isfinite(b) else 0.0
    both = np.stack([log_a + log_ndtr(-Z_GRID), log_b + log_ndtr(Z_GRID)])
    x = mean + sd * ndtri_exp(np.minimum(logsumexp(both, axis=0), -1e-300))
    return tabulate(np.clip(x, low, high), text, log=False)


def uniform(low: float, high: float, text: str, log: bool = False) -> Quantile:
    """Uniform on (low, high), of the logarithm when `log`."""
    a, b = (math.log(low), math.log(high)) if log else (low, high)
    return tabulate(a + (b - a) * ndtr(Z_GRID), text, log=log)


def kumaraswamy(a: float, b: float, text: str) -> Quantile:
    """Kumaraswamy on (0, 1), a close relative of the beta whose quantile function is (1 - (1 - U)^{1/b})^{1/a}."""
    return tabulate(np.power(-np.expm1(log_ndtr(-Z_GRID) / b), 1.0 / a), text, log=False)


def beta(a: float, b: float, text: str) -> Quantile:
    """A beta on (0, 1); each tail from its own end, so that neither is lost."""
    low, high = betaincinv(a, b, ndtr(Z_GRID)), 1.0 - betaincinv(b, a, ndtr(-Z_GRID))
    return tabulate(np.where(Z_GRID < 0.0, low, high), text, log=False)


def triangular(low: float, mode: float, high: float, text: str) -> Quantile:
    """A density that rises in a straight line from low to the mode and falls in one to high."""
    below, above = ndtr(Z_GRID), ndtr(-Z_GRID)
    rising = low + np.sqrt(below * (high - low) * (mode - low))
    falling = high - np.sqrt(above * (high - low) * (high - mode))
    return tabulate(np.where(below * (high - low) < mode - low, rising, falling), text, log=False)


SKEWED = {
    "linear": (lambda x: x, lambda y: y),
    "log": (np.log, np.exp),
    "logit": (logit, expit),
}
"""Scales of `skewed`: to the scale, and back."""


def skewed(low: float, median: float, high: float, scale: str, text: str) -> Quantile:
    """Half below the median and half above it, each half uniform on a scale of `SKEWED` to its end."""
    onto, back = SKEWED[scale]
    a, m, b = (float(onto(x)) for x in (low, median, high))
    y = np.where(Z_GRID < 0.0, a + 2.0 * ndtr(Z_GRID) * (m - a), b - 2.0 * ndtr(-Z_GRID) * (b - m))
    return tabulate(y if scale == "log" else back(y), text, log=scale == "log")


def steps(x: Sequence[float], p: Sequence[float], text: str) -> Quantile:
    """A distribution function by its values: the probability p of less than x, both rising, uniform in between."""
    below, above = ndtr(Z_GRID), ndtr(-Z_GRID)
    low, high = np.interp(below, p, x), np.interp(above, 1.0 - np.asarray(p)[::-1], np.asarray(x)[::-1])
    return tabulate(np.where(Z_GRID < 0.0, low, high), text, log=False)


def percentiles(points: dict[float, float], text: str) -> Quantile:
    """A smooth prior through percentiles, normal tails beyond them (lognormal when every value is positive)."""
    p = np.array(sorted(points))
    x = np.array([points[k] for k in sorted(points)])
    log = bool(np.all(x > 0))
    y = np.log(x) if log else x
    z = ndtri(p)
    if len(z) == 2:
        scale = float((y[1] - y[0]) / (z[1] - z[0]))
        return Quantile("exp" if log else "identity", text, loc=float(y[0] - scale * z[0]), scale=scale)
    first, last = (y[1] - y[0]) / (z[1] - z[0]), (y[-1] - y[-2]) / (z[-1] - z[-2])
    slopes = PchipInterpolator(z, y).derivative()(z)
    slopes[0], slopes[-1] = first, last  # the tails go on at the slope of the outer pieces, without a kink
    spline, inside = CubicHermiteSpline(z, y, slopes), np.clip(Z_GRID, z[0], z[-1])
    grid = spline(inside) + first * np.minimum(Z_GRID - z[0], 0.0) + last * np.maximum(Z_GRID - z[-1], 0.0)
    pieces = np.diff(grid) / Z_STEP
    steepest = 3.0 * np.minimum(np.append(pieces, last), np.insert(pieces, 0, first))  # steeper would not stay monotone
    return tabulate(grid, text, log=log, slopes=np.minimum(spline.derivative()(inside), steepest))


def mixture(parts: list[tuple[float, Quantile]], text: str) -> Quantile:
    """A mixture of priors by weights that sum to one: its quantile function by inverting the mixed distribution."""
    fine = np.linspace(-Z_MAX, Z_MAX, 8001)
    curves = [(weight, part.at(fine)) for weight, part in parts]
    x = np.unique(np.concatenate([curve for _, curve in curves]))
    z_of = [np.interp(x, curve, fine, left=-40.0, right=40.0) for _, curve in curves]
    weights = np.log([weight for weight, _ in curves])[:, None]
    lower = logsumexp(weights + np.stack([log_ndtr(z) for z in z_of]), axis=0)
    upper = logsumexp(weights + np.stack([log_ndtr(-z) for z in z_of]), axis=0)
    z = np.where(lower < upper, ndtri_exp(np.minimum(lower, -1e-300)), -ndtri_exp(np.minimum(upper, -1e-300)))
    keep = np.concatenate([[True], np.diff(np.maximum.accumulate(z)) > 1e-12])
    grid = np.interp(Z_GRID, z[keep], x[keep])
    log = bool(np.all(grid > 0))
    return tabulate(np.log(grid) if log else grid, text, log=log)
