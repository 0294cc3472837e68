"""Process noise: two Ornstein-Uhlenbeck deviations and an integrated one, driven by quarterly innovations.

An innovation is constant within its quarter, so that paths are smooth in between and exactly Ornstein-Uhlenbeck at
quarter ends: over m steps of factor phi, u' = phi u + c z with c = sd sqrt(1 - phi^{2m}) (1 - phi)/(1 - phi^m).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array


class Noise(NamedTuple):
    """horizon: u_h; software: u_s; pace: v, the deviation of the horizon's pace; trend: W, its integral since 2019."""

    horizon: Array
    software: Array
    pace: Array
    trend: Array


def coefficients(params: Params, dt: float, steps: int) -> dict[str, Array]:
    """Factors phi and gains c of the two correlation times, for `steps` steps of dt years in a quarter."""
    out = {}
    for name in ("noise", "trend"):
        decay = dt / params[f"{name}_length"]
        gain = maths.expm1(-decay) / maths.expm1(-steps * decay)
        out[f"{name}_factor"] = maths.exp(-decay)
        out[f"{name}_gain"] = gain * jnp.sqrt(-maths.expm1(-2.0 * steps * decay))
    return out


def start(params: Params, z: Array) -> Noise:
    """Stationary start in 2019; z [3, ...]."""
    pace = params["trend_noise"] * z[2]
    return Noise(params["horizon_noise"] * z[0], params["software_noise"] * z[1], pace, jnp.zeros_like(pace))


def advance(noise: Noise, params: Params, z: Array, dt: float) -> Noise:
    """One step; z [3, ...] is the quarter's innovation."""
    factor, gain = params["noise_factor"], params["noise_gain"]
    pace = params["trend_factor"] * noise.pace + params["trend_gain"] * params["trend_noise"] * z[2]
    return Noise(
        factor * noise.horizon + gain * params["horizon_noise"] * z[0],
        factor * noise.software + gain * params["software_noise"] * z[1],
        pace,
        noise.trend + 0.5 * dt * (noise.pace + pace),
    )


def trend_at_anchor(params: Params, past: Array, dt: float, steps: int) -> Array:
    """W(2025) from the innovations before it, past [1 + quarters, 3, ...]: levels are anchored at 2025, not in 2019.

    The recursion of `advance` in closed form, linear in the start v_0 and in every quarter's z: a unit of v decays over
    n remaining steps to a trapezoid sum dt (1 + phi)/2 (1 - phi^n)/(1 - phi), and a quarter's z has first to build up.
    """
    factor = params["trend_factor"]
    lost = 1.0 - factor

    def remaining(steps_left: Array | np.ndarray) -> Array:
        return 0.5 * dt * (1.0 + factor) * -maths.expm1(steps_left * maths.log(factor)) / lost

    quarters = past.shape[0] - 1
    left = steps * np.arange(quarters - 1, -1, -1, dtype=past.dtype).reshape((-1,) + (1,) * (past.ndim - 2))
    built = [(1.0 - factor**m) / lost for m in range(steps + 1)]
    within = dt * (0.5 * built[-1] + sum(built[1:-1], start=0.0 * lost))
    weights = params["trend_gain"] * (within + built[-1] * remaining(left))
    begun = past[0, 2] * remaining(np.asarray(steps * quarters, past.dtype))
    return params["trend_noise"] * (begun + maths.total(weights * past[1:, 2]))
