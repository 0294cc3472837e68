"""What the lab's compute is used for: serving customers, AI labour, training, experiments. The four sum to one.

    sigma = sigma_max sigmoid(s_0 + s_1 (h~ - log 0.7) + s_2 (min(t, 2027) - 2025)),   h~ = h - softplus(h - 9)
    omega = omega_max sigmoid(slope (a + G_h (t - 2025) - mu_theta))
    serving sigma;  AI labour (1 - sigma) omega;  training (1 - sigma)(1 - omega) tau;  experiments the rest

Customers come first: demand grows with what the released model can do and crowds research and training out, up to
sigma_max. Compute for AI labour is planned ahead, along the trend of the share of work that AI can do; it is not the
AI's own success that takes compute from training, since a lab need not use AI labour at a loss. Compute for training
and for experiments falls together, and both slow research. A better model is asked for by more customers, which
takes a part of what more chips bring, never all (the tests).
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array

SATURATION = 9.0  # log hours beyond which a better model is not served more
LOG_REFERENCE_HORIZON = -0.35667494393873245  # log 0.7 hours, the prior median at 2025
TREND_UNTIL = 2.0  # the exogenous trend of the served share stops in 2027


class Shares(NamedTuple):
    """Shares of the lab's compute [...] each; together 1."""

    serving: Array
    ai_labour: Array
    training: Array
    experiments: Array


def served_logit(params: Params, log_horizon: Array, t: Array | float) -> Array:
    """Logit (before the limit) of the share of compute that serves customers; demand saturates with capability."""
    capable = maths.fence(log_horizon - maths.softplus(log_horizon - SATURATION))
    trend = params["serving_trend"] * maths.minimum(t, TREND_UNTIL)
    return params["serving_level"] + params["serving_demand"] * (capable - LOG_REFERENCE_HORIZON) + trend


def log_research_share(params: Params, log_horizon: Array, t: Array | float) -> Array:
    """Log of the share of compute left for research and training once customers are served."""
    served = maths.fence(params["serving_max"] * maths.sigmoid(served_logit(params, log_horizon, t)))
    return maths.fence(maths.log1p(-served))


def log_left_by_ai(params: Params, t: Array | float) -> Array:
    """Log of the share of research compute that AI labour leaves to training and experiments, log(1 - omega)."""
    trend = params["log_time_horizon"] + params["time_horizon_growth"] * t
    planned = maths.sigmoid(params["automation_slope"] * (trend - params["threshold_median"]))
    return maths.fence(maths.log1p(-maths.fence(params["ai_labour_max"] * planned)))


def split(params: Params, log_research: Array, log_left: Array) -> Shares:
    """The four shares from the logs of what serving and AI labour leave."""
    research, left, training = maths.exp(log_research), maths.exp(log_left), params["training_part"]
    return Shares(
        -maths.expm1(log_research), -research * maths.expm1(log_left), research * left * training,
        research * left * (1.0 - training),
    )  # fmt: skip
