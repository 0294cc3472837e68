"""Compute, people and the customers' share, as closed forms of time (years since 2025.0) and of the horizon."""

from __future__ import annotations

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array

SLOWDOWN_FROM = 1.5  # 2026.5: the slowdown lies a lognormal delay after it
SLOWDOWN_WIDTH = 0.8
HIRING_SHIFT = -2.3  # late 2022, when the field's hiring changed pace
HIRING_WIDTH = 0.3
LATE_HIRING = 0.05
SATURATION = 9.0  # log hours beyond which a better model is not served more
LOG_REFERENCE_HORIZON = -0.35667494393873245  # log 0.7 hours, the prior median at 2025
TREND_UNTIL = 2.0  # the exogenous trend of the served share stops in 2027


def elapsed_before(t: Array | float, middle: Array | float, width: float) -> Array:
    """Integral from 0 to t of a logistic step that falls from 1 to 0 around `middle`."""
    return t - maths.softplus(t - middle, width) + maths.softplus(-middle, width)


def log_compute(params: Params, t: Array | float) -> Array:
    """Log compute of the leading lab relative to 2025.0: growth g_c, then g_1 after the slowdown."""
    early = elapsed_before(t, SLOWDOWN_FROM + params["slowdown_delay"], SLOWDOWN_WIDTH)
    late = params["compute_growth_late"]
    return late * t + (params["compute_growth"] - late) * early


def log_researchers(params: Params, t: Array | float) -> Array:
    """Log of human research staff relative to 2025.0."""
    early = elapsed_before(t, SLOWDOWN_FROM + params["slowdown_delay"], SLOWDOWN_WIDTH)
    growth, first = params["researcher_growth"], params["researcher_growth_early"]
    return (
        LATE_HIRING * t
        + (growth - LATE_HIRING) * early
        + (first - growth) * elapsed_before(t, HIRING_SHIFT, HIRING_WIDTH)
    )


def served_logit(params: Params, log_horizon: Array, t: Array | float) -> Array:
    """Logit (before the limit) of the share of compute that serves customers; demand saturates with capability."""
    capable = log_horizon - maths.softplus(log_horizon - SATURATION)
    trend = params["serving_trend"] * maths.minimum(t, TREND_UNTIL)
    return params["serving_level"] + params["serving_demand"] * (capable - LOG_REFERENCE_HORIZON) + trend


def log_research_share(params: Params, log_horizon: Array, t: Array | float) -> Array:
    """Log of the share of compute left for research and training once customers are served."""
    return maths.log1p(-params["serving_max"] * maths.sigmoid(served_logit(params, log_horizon, t)))
