"""Research effort in the AI Futures Model: experiments by compute and coding labour, against people today.

    X = [alpha C^{zeta rho} + (1 - alpha) L^{p rho}]^{1/rho},   dR/dt = taste X

Against X of people today, with C and L against today's, the weights are a_L^rho and a_C^rho, where a_L and a_C are what
unlimited labour and unlimited compute would multiply X by (alpha drops out):

    a_L^rho + a_C^rho = 1,   zeta = log(1 + (1 + k)(M^-rho - 1))/(-rho log 10),   k = (a_C/a_L)^rho

M: by how much a tenth of the compute slows experiments down.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from rsimc import maths
from rsimc.models.published.aifm.coding import LN10
from rsimc.models.published.aifm.inputs import FIRST_GROWTH, PRESENT, REFERENCE, START, column, known

Array = jax.Array
NEWTON = 24
LEAST = 1e-4
"""Of log a_L and log a_C."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)


class Experiments(NamedTuple):
    """rho; labour, compute: log a_L and log a_C; zeta; p."""

    rho: Array
    labour: Array
    compute: Array
    zeta: Array
    parallel: Array


def experiments(unlimited_labour: Array, unlimited_compute: Array, tenth: Array, parallel: Array) -> Experiments:
    """Of a_L, a_C, M and p. The sum of powers falls ever less steeply: Newton's steps from 0 never overshoot."""
    labour, compute = (maths.maximum(maths.log(a), LEAST) for a in (unlimited_labour, unlimited_compute))

    def step(_: Array, x: Array) -> Array:
        one, other = maths.exp(-x * labour), maths.exp(-x * compute)
        return x + (one + other - 1.0) / (one * labour + other * compute)

    x = jnp.minimum(jax.lax.fori_loop(0, NEWTON, step, 0.0 * labour), 50.0)
    ratio = maths.exp(-x * (compute - labour))
    zeta = maths.log1p((1.0 + ratio) * maths.expm1(x * maths.log(tenth))) / (x * LN10)
    return Experiments(-x, labour, compute, jnp.clip(zeta, 0.001, 10.0), parallel)


def log_effort(of: Experiments, log_compute: ArrayLike, log_labour: ArrayLike) -> Array:
    """log X; both against today."""
    both = (of.labour + of.zeta * log_compute, of.compute + of.parallel * log_labour)
    return maths.logaddexp(of.rho * both[0], of.rho * both[1]) / of.rho


def steady_stock(of: Experiments, log_compute: ArrayLike, log_labour: ArrayLike, labour_growth: ArrayLike) -> Array:
    """Log of the stock of research X^2/X' of a steady growth at the start."""
    both = (of.labour + of.zeta * log_compute, of.compute + of.parallel * log_labour)
    share = maths.sigmoid(of.rho * (both[0] - both[1]))
    growth = share * of.zeta * float(FIRST_GROWTH[2]) + (1.0 - share) * of.parallel * labour_growth
    return log_effort(of, log_compute, log_labour) - maths.log(growth)


class People(NamedTuple):
    """Of a world in which people alone do the research. stock: R at the present day, in years of effort of that day;
    begun: log R at the start; reference: log of X/R in the reference year."""

    stock: Array
    begun: Array
    reference: Array


def people_alone(of: Experiments) -> People:
    """By Gauss and Legendre's points between knots, which are years here."""
    compute, labour = known(np.array([START, REFERENCE]))
    begun = steady_stock(of, float(compute[0]), float(labour[0]), float(FIRST_GROWTH[0]))
    until_reference = maths.exp(begun) + _worked(of, np.arange(START, REFERENCE + 1.0))
    stock = until_reference + _worked(of, np.array([REFERENCE, REFERENCE + 1.0, PRESENT]))
    return People(stock, begun, log_effort(of, float(compute[1]), float(labour[1])) - maths.log(until_reference))


def _worked(of: Experiments, years: np.ndarray) -> Array:
    """Effort between the first and the last of the years."""
    half, middle = 0.5 * np.diff(years)[:, None], 0.5 * (years[1:] + years[:-1])[:, None]
    compute, labour = (column(row, of.rho) for row in known((middle + half * NODES).ravel()))
    weights = column((half * WEIGHTS).ravel(), of.rho)
    return jnp.sum(weights * maths.exp(log_effort(of, compute, labour)), axis=0)
