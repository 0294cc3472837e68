"""The jagged frontier: eight specialisms of AI R&D, automated unevenly because some work can be checked and some not.

    h_k = h - (1 - v_k) delta u^gamma,    u = softplus(h - h_0)/(h* - h_0),    h_0 = -2.5, h* = log 12 hours
    f_k = sigmoid( slope_k (h_k - theta_k) )

delta is the lag, in log hours, of wholly unverifiable work when the measured horizon is 12 hours; gamma says whether
the lag is constant (0) or grows in proportion (1). theta_k is the horizon at which half of the work is automated.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
LOW = -2.5
FULL = math.log(12.0)


def thresholds(params: Params) -> Array:
    """theta_k [K, ...] in log hours."""
    deviation = params["threshold_spread"] * params["threshold_deviation"]
    return params["threshold_median"] + params["threshold_offset"] + deviation


def slopes(params: Params) -> Array:
    """slope_k [K, ...] in logits per log hour; direction, the last, has its own."""
    checkable = params["automation_slope"] * maths.exp(params["slope_spread"] * params["slope_deviation"])
    return jnp.concatenate([checkable, params["direction_slope"][None]], axis=0)


def automation_logit(params: Params, log_horizon: Array) -> Array:
    """Logit of the automated share f_k [K, ...] of each specialism."""
    u = maths.softplus(log_horizon - LOW, 0.5) / (FULL - LOW)
    gap = params["verifiability_gap"] * maths.exp(params["gap_exponent"] * maths.log(maths.maximum(u, 1e-30)))
    own = log_horizon - (1.0 - params["verifiability"]) * gap
    return params["slope"] * (own - params["threshold"])
