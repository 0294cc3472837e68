"""The density of a prior at values: what importance weights are made of when one prior stands in for another."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from rsimc.priors.quantiles import Z_GRID, Z_MAX, Z_STEP, Floats, Quantile

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
    y = np.log(x) if prior.log else x
    values = np.asarray(prior.values)
    z = np.interp(y, values, Z_GRID, left=np.nan, right=np.nan)
    slope = np.interp(z, Z_GRID, np.gradient(values, Z_STEP))
    return z, np.log(slope) + (np.log(x) if prior.log else 0.0)
