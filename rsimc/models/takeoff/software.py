"""Software efficiency s (nats, 0 in 2019): research effort in, ideas that get harder to find, a ceiling far above.

    ds/dt = g_s exp{ lambda log R/R(2019) - beta s + u_s } (1 - e^{s - S}),   beta = lambda / r

The semi-endogenous law of Jones (1995) with returns r = lambda/beta as Erdil, Besiroglu & Ho (2024) estimate them, for
all inputs together; and a ceiling S. R is the aggregate of research labour and experiment compute.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
LARGEST_RISE = 80.0  # nats in a step, beyond any ceiling that is left
LOG_RATE_FENCE = 12.0  # a pace of 160,000 nats a year: reached only where the date is long since decided


def log_research(params: Params, log_labour: Array, log_experiments: Array) -> Array:
    """Log R, the CES aggregate of labour and experiment compute, both relative to 2024.0."""
    by = maths.Ces(*(params[f"research_ces_{name}"] for name in maths.Ces._fields))
    return maths.fence(maths.log_ces(log_labour, log_experiments, by))


def anchor(params: Params) -> dict[str, Array]:
    """What the equations need once: the CES of research; beta = lambda / r, how much harder a nat of software makes the
    next; and the log of g_s."""
    by = maths.ces(params["labour_share"], 1.0 - 1.0 / params["substitution"])
    return {
        **{f"research_ces_{name}": value for name, value in by._asdict().items()},
        "hardness": params["parallelisation"] / params["returns_to_research"],
        "log_software_growth": maths.log(params["software_growth"]),
    }


def log_pace(params: Params, log_research_gain: Array, software: Array, noise: Array | float) -> Array:
    """Log of ds/dt without the ceiling's factor; `log_research_gain` is log R/R(2019)."""
    drive = params["parallelisation"] * log_research_gain
    harder = maths.fence(params["hardness"] * software)  # read in several places, rounded alike in all
    return params["log_software_growth"] + drive - harder + noise


def log_mean(rise: Array) -> Array:
    """Log of the mean of an exponential over a step in which its log rises by `rise`, against its value at mid-step.

    log(sinh(x)/x) with x = rise/2 to leading order, x^2/6: within 1e-3 up to a rise of 1, held from 2 on.
    """
    return maths.minimum(rise * rise, 4.0) / 24.0


class Ceiling(NamedTuple):
    """How near the ceiling is: e^{-Z} at a distance Z = S - s; beta of the step, and 1/beta."""

    near: Array
    beta: Array
    per_beta: Array


def ceiling(params: Params, software: Array) -> Ceiling:
    """What a step from here needs to know of the ceiling.

    A share 1 - e^{-Z} of progress becomes software, so that only that share makes the next ideas harder: it multiplies
    beta.
    """
    near = maths.fence(maths.decay(maths.maximum(params["software_ceiling"] - software, 0.0)))
    beta = maths.fence(params["hardness"] * maths.maximum(1.0 - near, 1e-6))
    return Ceiling(near, beta, maths.fence(1.0 / beta))


def advance(software: Array, pace_log: Array, dt: float, above: Ceiling) -> Array:
    """Software after dt at frozen research effort: exact far below the ceiling, of second order near it.

    Without the ceiling s rises by D = log(1 + beta pace dt)/beta. The ceiling S, a distance Z = S - s away, maps that
    to s' = S - log(1 + (e^Z - 1) e^{-D}) = s + D - log(1 + (e^D - 1) e^{-Z}), which loses no digits far below it.
    """
    growth = maths.fence(above.beta * maths.exp(maths.minimum(pace_log, LOG_RATE_FENCE)) * dt)
    rise = maths.log1p(growth) * above.per_beta
    rise = maths.fence(maths.minimum(rise, LARGEST_RISE))
    return maths.fence(software + rise - maths.log1p(maths.fence(maths.expm1(rise) * above.near)))
