"""Research taste in the AI Futures Model: how much better a researcher's choice of experiments is than another's.

A researcher z standard deviations above the median has taste T(mu + sigma z), with T bounded by A = b^(1 + u):

    T(x) = [A^rho + (1 - A^rho) e^{rho x/(1 - A^rho)}]^{1/rho},   A^rho = (1/s - 1)^2

b is the best researcher (the 99.9th percentile) over the median one, u how many such steps above the best the limit
is, s how smoothly it is approached. mu and sigma are such that people's mean taste is 1 and the best are b times the
median. An AI of skill z lifts everyone below it: mean taste is E max(T, T(mu + sigma z)).

Ours: with r = log A^rho, log T = (log A/r) log(1 - (e^r - 1)(e^y - 1)), y = -x r/(log A (e^r - 1)), which is one
formula for s on both sides of 1/2 (the original has another at 1/2); and the mean on a grid of z, as sums of Phi(z)
times the rises of T over it. People's mean is of 32 points of Gauss and Hermite, as in the original, which for s far
below 1/2, where some have no taste at all, are up to 6% off.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from rsimc import maths
from rsimc.models.published.aifm.inputs import column
from rsimc.models.published.roots import root

Array = jax.Array
BEST = 3.090232306167813
"""Standard deviations of the 99.9th percentile."""
NODES, WEIGHTS = hermegauss(32)
LOG_WEIGHTS = np.log(WEIGHTS / WEIGHTS.sum())
LOWEST_MEDIAN, HIGHEST_MEDIAN, TURNS = -6.0, 0.69, 14
"""Log of the median taste, whose mean is 1, and evaluations in search of it."""
LEAST_CURVE = 1e-4
"""|r| below which T is as at s = 1/2."""
LOG_NOTHING = -69.0
LOWEST, STEP, COUNT = -4.0, 0.125, 64
GRID = LOWEST + STEP * np.arange(COUNT + 1)
BELOW = np.array([0.5 * math.erfc(-(z + 0.5 * STEP) / math.sqrt(2.0)) for z in GRID[:-1]])
"""Skills z between which mean taste is worked out; below all people choose, above all choices are the AI's."""


class Taste(NamedTuple):
    """limit: log A; curve: r; scale: r/(e^r - 1)/log A, of y by x; mu, sigma; means [COUNT + 1, ...]:
    log mean taste on the grid."""

    limit: Array
    curve: Array
    rise: Array
    scale: Array
    mu: Array
    sigma: Array
    means: Array


def taste(best: Array, limit: Array, smoothing: Array) -> Taste:
    """Of b, u and s."""
    log_best = maths.log(best)
    log_limit = log_best * (1.0 + limit)
    curve = 2.0 * (maths.log1p(-smoothing) - maths.log(smoothing))
    curve = jnp.where(jnp.abs(curve) < LEAST_CURVE, LEAST_CURVE, curve)
    rise = maths.expm1(curve)
    bare = Taste(log_limit, curve, rise, curve / rise / log_limit, 0.0 * curve, 1.0 + 0.0 * curve, curve)

    def of_median(median: Array) -> Taste:
        mu = _inverse(bare, median)
        return bare._replace(mu=mu, sigma=(_inverse(bare, median + log_best) - mu) / BEST)

    def mean(median: Array) -> Array:
        made = of_median(median)
        logs = log_taste(made, column(NODES, median)) + column(LOG_WEIGHTS, median)
        return maths.total(maths.exp(logs)) - 1.0

    highest = maths.minimum(0.999 * (log_limit - log_best), HIGHEST_MEDIAN)
    made = of_median(root(mean, LOWEST_MEDIAN + 0.0 * log_best, highest, TURNS))
    return made._replace(means=_means(made))


def _inverse(of: Taste, log_value: Array) -> Array:
    """x of log T(x)."""
    return -maths.log1p(-maths.expm1(of.curve * log_value / of.limit) / of.rise) / of.scale


def log_taste(of: Taste, z: Array) -> Array:
    """log T(mu + sigma z)."""
    y = jnp.clip(-(of.mu + of.sigma * z) * of.scale, -80.0, 80.0)
    inside = -of.rise * maths.expm1(y)
    nothing = inside < 1e-6 - 1.0  # for s < 1/2 the worst have no taste at all
    return of.limit / of.curve * jnp.where(nothing, LOG_NOTHING, maths.log1p(maths.maximum(inside, 1e-6 - 1.0)))


def _means(of: Taste) -> Array:
    """Log E max(T, T(z)) on the grid."""
    values = maths.exp(log_taste(of, column(GRID, of.mu)))
    rises = column(BELOW, of.mu) * jnp.diff(values, axis=0)
    return jnp.concatenate([0.0 * values[:1], maths.log1p(jnp.cumsum(rises, axis=0))], axis=0)


def log_mean_taste(of: Taste, z: Array) -> Array:
    """log E max(T, T(mu + sigma z)), by straight lines of logs on the grid."""
    place = jnp.clip((z - LOWEST) * (1.0 / STEP), 0.0, COUNT - 1e-3)
    row = place.astype(jnp.int32)
    low, high = (jnp.take_along_axis(of.means, (row + later)[None], axis=0)[0] for later in (0, 1))
    return jnp.where(z < GRID[-1], low + (place - row.astype(z.dtype)) * (high - low), log_taste(of, z))
