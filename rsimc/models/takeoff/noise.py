"""Process noise: two Ornstein-Uhlenbeck deviations and an integrated one, driven by quarterly innovations.

An innovation is constant within its quarter, so that paths are smooth in between and exactly Ornstein-Uhlenbeck at
quarter ends: over m steps of factor phi, u' = phi u + c z with c = sd sqrt(1 - phi^{2m}) (1 - phi)/(1 - phi^m).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

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
    """W(2025) from the innovations before it, past [1 + quarters, 3, ...]: levels are anchored at 2025, not in 2019."""

    def beat(noise: Noise, z: Array) -> tuple[Noise, None]:
        for _ in range(steps):
            noise = advance(noise, params, z, dt)
        return noise, None

    return jax.lax.scan(beat, start(params, past[0]), past[1:])[0].trend
