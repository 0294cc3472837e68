"""The jagged frontier: eight specialisms of AI R&D, automated unevenly because some work can be checked and some not.

    h_k = h - u_k delta u^gamma,    u = softplus(h - h_0)/(h* - h_0),    h_0 = -2.5, h* = log 12 hours
    f_k = sigmoid( slope_k (h_k - theta_k) )
    u_k = (1 - v_k) exp( -rho c_k D ),    dD/dt = f_(data generation) from 2025.0,    c_k = sigmoid((v_k - 1/2)/0.1)

delta is the lag, in log hours, of wholly unverifiable work when the measured horizon is 12 hours; gamma says whether
the lag is constant (0) or grows in proportion (1). theta_k is the horizon at which half of the work is automated.
Synthetic data narrow the lag as data generation is automated (D, in years of it fully automated), but only where
results can be checked (c_k near 1): elsewhere there is nothing to tell good data from bad.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params
from rsimc.models.takeoff.parameters import CODING, DATA_GENERATION, EXPERIMENTS, SYSTEMS

Array = jax.Array
LOW = -2.5
FULL = math.log(12.0)
CHECKABLE_FROM, CHECKABLE_WIDTH = 0.5, 0.1
SMALLER = math.log(100.0)
"""A model two orders of magnitude smaller is taken to need tasks that are 100 times shorter."""


def anchor(params: Params) -> dict[str, Array]:
    """theta_k in log hours, slope_k in logits per log hour and how far synthetic data reach, rho c_k: each [K, ...]."""
    deviation = params["threshold_spread"] * params["threshold_deviation"]
    checkable = params["automation_slope"] * maths.exp(params["slope_spread"] * params["slope_deviation"])
    checked = maths.sigmoid((params["verifiability"] - CHECKABLE_FROM) / CHECKABLE_WIDTH)
    return {
        "threshold": params["threshold_median"] + params["threshold_offset"] + deviation,
        "slope": jnp.concatenate([checkable, params["direction_slope"][None]], axis=0),
        "data_reach": params["synthetic_data"] * checked,
    }


def automation_logit(params: Params, log_horizon: Array, data: Array) -> Array:
    """Logit of the automated share f_k [K, ...] of each specialism; data: D in years."""
    unchecked = (1.0 - params["verifiability"]) * maths.decay(params["data_reach"] * data)
    return params["slope"] * (log_horizon - unchecked * gap(params, log_horizon) - params["threshold"])


def gap(params: Params, log_horizon: Array) -> Array:
    """delta u^gamma in log hours [...]: lag of wholly unverifiable work when the measured horizon is this long."""
    u = maths.fence(maths.softplus(log_horizon - LOW, 0.5) * (1.0 / (FULL - LOW)))
    power = maths.fence(params["gap_exponent"] * maths.log(maths.maximum(u, 1e-30)))
    return maths.fence(params["verifiability_gap"] * maths.exp(power))


def log_horizon_of(params: Params, logit: Array, specialism: int) -> Array:
    """h_k in log hours [...] of a specialism, back from its automation logit [...]."""
    return logit / params["slope"][specialism] + params["threshold"][specialism]


def data_generation(share: Array) -> Array:
    """The pace of D from the automated shares [K, ...]: that of data generation."""
    return share[DATA_GENERATION]


def small_loop_logit(params: Params, logit: Array) -> Array:
    """Logit of the least automated of coding, systems and experiments on a model two orders of magnitude smaller."""
    smaller = logit + params["slope"] * SMALLER
    return maths.minimum(maths.minimum(smaller[CODING], smaller[SYSTEMS]), smaller[EXPERIMENTS])
