"""Compute and people of the leading lab, as closed forms of time (years since 2025.0).

    log K_w = x - softplus(x - room),   x = g_1 t + (g_w - g_1) (time before the slowdown)
    log S   = log sigmoid(q + r t),     r = (g_c - g_w)/(1 - S(2025)/S_max)
    log c   = log K_w + log S, 0 at 2025.0

The world's stock of AI compute K_w grows by g_w a year until the slowdown and by g_1 after it, under the lowest of
three ceilings (power, chips, capital), which rise as hardware grows more efficient. The share S that leading labs hold
rises logistically to S_max, so that the lab's compute grows by g_c at 2025.0.
"""

from __future__ import annotations

import math

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array

SLOWDOWN_FROM = 1.5  # 2026.5: the slowdown lies a lognormal delay after it
SLOWDOWN_WIDTH = 0.8
HIRING_SHIFT = -2.3  # late 2022, when the field's hiring changed pace
HIRING_WIDTH = 0.3
LATE_HIRING = 0.05
CEILING_WIDTH = 0.5  # nats over which growth gives way to a ceiling
SHARE_2025 = 0.224
"""Five labs (OpenAI, Anthropic, Google, Meta, SpaceXAI) at end 2024, 1.466 of the world's 6.532 million H100
equivalents: Epoch AI, AI compute users (2026-09-03) and AI chip counts (2026-04-03)."""


def elapsed_before(t: Array | float, middle: Array | float, width: float, at_0: Array | float | None = None) -> Array:
    """Integral from 0 to t of a logistic step that falls from 1 to 0 around `middle`; at_0: softplus(-middle)."""
    first = maths.softplus(-middle, width) if at_0 is None else at_0
    return t - maths.softplus(t - middle, width) + first


def anchor(params: Params) -> dict[str, Array]:
    """What the closed forms need once: when the slowdown comes, room below the ceilings at 2025.0, the labs' share, its
    logit and its pace, and what slowdown and ceilings have cost by 2025.0, where all is 0."""
    ceilings = (params["power_ceiling"], params["chip_ceiling"], params["capital_ceiling"])
    soft = [-ceiling / CEILING_WIDTH for ceiling in ceilings]
    room = -CEILING_WIDTH * maths.logaddexp(maths.logaddexp(soft[0], soft[1]), soft[2])
    held = SHARE_2025 / params["lab_share_max"]
    slowdown = SLOWDOWN_FROM + params["slowdown_delay"]
    logit = math.log(SHARE_2025) - maths.log(params["lab_share_max"] - SHARE_2025)
    return {
        "slowdown": slowdown,
        "slowdown_by_2025": maths.softplus(-slowdown, SLOWDOWN_WIDTH),
        "compute_room": room,
        "ceiling_by_2025": maths.softplus(-room, CEILING_WIDTH),
        "log_lab_share": maths.log_sigmoid(logit),
        "lab_share_logit": logit,
        "lab_share_pace": (params["compute_growth"] - params["world_compute_growth"]) / (1.0 - held),
    }


def before_slowdown(params: Params, t: Array | float) -> Array:
    """Years since 2025.0 that went on at the pace of before the slowdown: what the functions below call `early`."""
    return maths.fence(elapsed_before(t, params["slowdown"], SLOWDOWN_WIDTH, params["slowdown_by_2025"]))


def log_world(params: Params, t: Array | float, early: Array) -> Array:
    """Log of the world's stock of AI compute relative to 2025.0."""
    late, room = params["compute_growth_late"], params["compute_room"]
    free = late * t + (params["world_compute_growth"] - late) * early
    over = maths.fence(maths.softplus(free - room - params["efficiency_growth"] * t, CEILING_WIDTH))
    return free - over + params["ceiling_by_2025"]


def log_compute(params: Params, t: Array | float, early: Array) -> Array:
    """Log compute of the leading lab relative to 2025.0."""
    share = maths.fence(maths.log_sigmoid(params["lab_share_logit"] + params["lab_share_pace"] * t))
    return maths.fence(log_world(params, t, early) + share - params["log_lab_share"])


def log_researchers(params: Params, t: Array | float, early: Array, growth: str = "researcher_growth") -> Array:
    """Log of human research staff relative to 2025.0; growth: the parameter that holds its pace until the slowdown."""
    now, first = params[growth], params["researcher_growth_early"]
    return LATE_HIRING * t + (now - LATE_HIRING) * early + (first - now) * elapsed_before(t, HIRING_SHIFT, HIRING_WIDTH)
