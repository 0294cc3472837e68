"""How fast AI R&D goes while a superhuman coder is on its way: base months of progress in a calendar year.

May 2025, with researchers L and a stock of research Q, in ticks of a day:

    v = (1 + m_0) ((1 + m_1)/(1 + m_0))^(g/G)                      speed-up by AI, from now (m_0) to the coder (m_1)
    Q' = ((L + 1)^0.3 - 1) v;   gamma = log(1 + a)/log(1 + a_0)    a the annualised growth of Q, a_0 its first value
    g' = w gamma + (1 - w) c                                       months a month; c is what compute adds

A year of labour and research is 250 ticks in the original, of which a calendar year has 365, and a month is 30.5 of
them: L and Q run 1.46 times as fast as the rates say. Kept, since the published numbers rest on it; `labour_days = 365`
takes it away. Ticks are of a day there and steps of the second order here, which moves no date by more than 0.01 years.

April 2025: g' = (v + c)/2, and from 2029 on c = 1/2 and v = sqrt(v/2 (v - 1/2)); the extension of the horizon had 12
months of 30.5 days in a year then.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
EPOCH = 2025.0
DAYS, MONTH_DAYS = 365.0, 30.5
MONTHS_A_YEAR = DAYS / MONTH_DAYS
SCHEDULE = (2025.0, 2028.0, 2029.0, 2030.0, 2031.0)
"""From when on each rate of labour growth and of what compute adds holds; the first also before."""
SLOWDOWN = 2029.0


def passed(t: Array) -> list[Array]:
    """Years of each piece of the schedule from 2025.0 to t (years since 2025.0), below 0 before it."""
    edges = [year - EPOCH for year in SCHEDULE]
    out = [maths.minimum(t, edges[1])]
    for n in range(1, len(edges)):
        later = maths.maximum(t - edges[n], 0.0)
        out.append(later if n + 1 == len(edges) else maths.minimum(later, edges[n + 1] - edges[n]))
    return out


def log_growth(params: Params, t: Array) -> Array:
    """Log of how much the pool of researchers has grown since 2025.0."""
    parts = passed(t)
    ticks = DAYS / params["labour_days"]
    return ticks * sum(parts[n] * maths.log1p(params["labour_growth"][n]) for n in range(len(parts)))


def effort(params: Params, log_labour: Array) -> Array:
    """(L + 1)^0.3 - 1."""
    return maths.expm1(params["labour_power"] * maths.softplus(log_labour))


def from_compute(params: Params, t: Array) -> Array:
    """c at t."""
    value = params["compute_progress"][0]
    for n in range(1, len(SCHEDULE)):
        value = jnp.where(t >= SCHEDULE[n] - EPOCH, params["compute_progress"][n], value)
    return value


def growth_of_stock(params: Params, labour: Array, multiplier: Array, stock: Array) -> Array:
    """log(1 + a) in a tick."""
    return maths.log1p(labour * multiplier / (params["labour_days"] * stock))


def april(multiplier: Array, t: Array, months_a_year: float) -> Array:
    """Base months in a calendar year by the equations of April 2025."""
    slow = t >= SLOWDOWN - EPOCH
    speed = jnp.where(slow, jnp.sqrt(maths.maximum(0.5 * multiplier * (multiplier - 0.5), 0.0)), multiplier)
    return months_a_year * 0.5 * (speed + jnp.where(slow, 0.5, 1.0))
