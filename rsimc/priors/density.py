"""The density of a prior at values: what importance weights are made of when one prior stands in for another."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from rsimc.priors.quantiles import Z_GRID, Z_MAX, Z_STEP, Floats, Quantile

NEWTON = 30
POINTS = 20_001
"""At which a prior is looked at: shares to a twenty-thousandth."""


def log_density(prior: Quantile, x: Floats) -> Floats:
    """Log density at values x, of any shape, up to a constant that all priors share; -inf outside of the support.

    A prior maps a standard normal z to x, so the density is that of z over dx/dz. Raises ValueError for a fixed prior,
    which has none.
    """
    if prior.kind == "fixed":
        raise ValueError("a fixed prior has no density")
    with np.errstate(divide="ignore", invalid="ignore"):
        z, log_slope = _inverse(prior, np.asarray(x, dtype=np.float64))
        return np.where(np.isnan(z), -np.inf, -0.5 * z**2 - log_slope)


def beyond(new: Quantile, old: Quantile) -> float:
    """The share of a new prior that lies where the old one has nothing, which no weights can make up for."""
    low, high = (float(old.at(np.array(end))) for end in (-Z_MAX, Z_MAX))
    x = new.at(ndtri((np.arange(POINTS) + 0.5) / POINTS))
    return float(np.mean((x < low) | (x > high)))


def _inverse(prior: Quantile, x: Floats) -> tuple[Floats, Floats]:
    """z at x, NaN outside of the support, and the log of dx/dz there."""
    if prior.kind == "table":
        return _of_table(prior, x)
    if prior.kind == "identity":
        return (x - prior.loc) / prior.scale, np.full_like(x, np.log(prior.scale))
    if prior.kind == "exp":
        return (np.log(x) - prior.loc) / prior.scale, np.log(prior.scale) + np.log(x)
    width = prior.high - prior.low
    share = (x - prior.low) / width
    z = (np.log(share) - np.log1p(-share) - prior.loc) / prior.scale
    return z, np.log(prior.scale * width) + np.log(share) + np.log1p(-share)


def _of_table(prior: Quantile, x: Floats) -> tuple[Floats, Floats]:
    """Of the cubic that is drawn from, kinks of the prior included: Newton's method from a chord, kept in its cell."""
    y = np.log(x) if prior.log else x
    values, slopes = np.asarray(prior.values), np.asarray(prior.slopes)
    z = np.interp(y, values, Z_GRID, left=np.nan, right=np.nan)
    index = np.clip(np.searchsorted(values, y, side="right") - 1, 0, len(Z_GRID) - 2)
    low, rise = values[index], values[index + 1] - values[index]
    first, last = slopes[index] * Z_STEP, slopes[index + 1] * Z_STEP
    linear, square, cube = first, 3.0 * rise - 2.0 * first - last, first + last - 2.0 * rise
    s, below, above = (z - Z_GRID[index]) / Z_STEP, np.zeros_like(y), np.ones_like(y)
    for _ in range(NEWTON):
        over = low + s * (linear + s * (square + s * cube)) > y
        below, above = np.where(over, below, s), np.where(over, s, above)
        slope = linear + s * (2.0 * square + s * 3.0 * cube)
        step = s - (low + s * (linear + s * (square + s * cube)) - y) / slope
        s = np.where((step > below) & (step < above), step, 0.5 * (below + above))
    slope = (linear + s * (2.0 * square + s * 3.0 * cube)) / Z_STEP
    z = np.where(np.isnan(z), np.nan, Z_GRID[index] + s * Z_STEP)
    return z, np.log(slope) + (np.log(x) if prior.log else 0.0)
