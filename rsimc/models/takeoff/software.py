"""Software efficiency s (nats, 0 in 2019): research effort in, ideas that get harder to find, a ceiling far above.

    ds/dt = g_s exp{ lambda log R/R(2019) - beta s + u_s } (1 - e^{s - S}),   beta = lambda / r

The semi-endogenous law of Jones (1995) with returns r = lambda/beta as Erdil, Besiroglu & Ho (2024) estimate them, for
all inputs together; and a ceiling S. R is the aggregate of research labour and experiment compute.
"""

from __future__ import annotations

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
LOG_RATE_FENCE = 12.0  # a pace of 160,000 nats a year: reached only where the date is long since decided


def log_research(params: Params, log_labour: Array, log_experiments: Array) -> Array:
    """Log R, the CES aggregate of labour and experiment compute, both relative to 2024.0."""
    exponent = 1.0 - 1.0 / params["substitution"]
    return maths.log_ces(log_labour, log_experiments, params["labour_share"], exponent)


def hardness(params: Params) -> Array:
    """beta = lambda / r: how much harder a nat of software makes the next."""
    return params["parallelisation"] / params["returns_to_research"]


def log_pace(params: Params, log_research_gain: Array, software: Array, noise: Array | float) -> Array:
    """Log of ds/dt without the ceiling's factor; `log_research_gain` is log R/R(2019)."""
    drive = params["parallelisation"] * log_research_gain
    harder = maths.fence(hardness(params) * software)  # read in several places, rounded alike in all
    return maths.log(params["software_growth"]) + drive - harder + noise


def log_mean(rise: Array) -> Array:
    """Log of the mean of an exponential over a step in which its log rises by `rise`, against its value at mid-step.

    log(sinh(x)/x) with x = rise/2 to leading order, x^2/6: within 1e-3 up to a rise of 1, held from 2 on.
    """
    return maths.minimum(rise * rise, 4.0) / 24.0


def advance(params: Params, software: Array, pace_log: Array, dt: float) -> Array:
    """Software after dt at frozen research effort: exact far below the ceiling, of second order near it.

    Without the ceiling s rises by D = log(1 + beta pace dt)/beta. The ceiling S, a distance Z = S - s away, maps that
    to s' = S - log(1 + (e^Z - 1) e^{-D}) = s + D - log(1 + (e^D - 1) e^{-Z}), which loses no digits far below it. A
    share 1 - e^{-Z} of D becomes software, so that only that share makes the next ideas harder: it multiplies beta.
    """
    room = maths.maximum(params["software_ceiling"] - software, 0.0)
    beta = hardness(params) * maths.maximum(-maths.expm1(-room), 1e-6)
    rise = maths.log1p(beta * maths.exp(maths.minimum(pace_log, LOG_RATE_FENCE)) * dt) / beta
    rise = maths.maximum(rise, 1e-30)
    return software + rise - maths.softplus(maths.log(-maths.expm1(-rise)) + rise - room)
