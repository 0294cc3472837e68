"""The time horizon of the leading released model, anchored on a path without AI help.

On the reference path (no AI labour, serving as the trend has it) effective compute e_ref grows by gamma a year at
2025.0. The horizon of a released model with effective compute e_dep is, with x = e_dep - (e_ref(2025) - tau gamma),

    h = a + b (e^{k y} - 1)/k + b e^{k x_1} (x - y) + D_p [softplus(t - 2024.3) - 0.7] + u_h + W(t) - W(2025)
    b = G_h / gamma,   x_1 = 1.5 gamma;   linear: k = 0;   curved: y = x;   saturating: y = x - softplus(x - x_1)

so that a is the log horizon and G_h its pace at 2025.0. Three forms: each doubling of the horizon takes as much
effective compute as the last (linear), less (curved), or less until mid-2026 and as much from then on (saturating). The
step D_p of April 2024 is no sign of feedback: no AI automated research then. After 2025 its clock is 2025 + (e_dep -
e_dep(2025))/gamma, so that what stops research stops it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.base import Params
from rsimc.models.takeoff import compute, shares, software

Array = jax.Array

START = -6.0  # 2019.0
NORMALISED = -1.0  # 2024.0, where labour and experiment compute are 1
AI_LABOUR_AT = 1.0  # 2026.0
STEP_AT = -0.7  # 2024.3
STEP_WIDTH = 0.15
WIDTH = 0.05  # years to both sides over which the growth of compute is taken
DATES = (NORMALISED, START, 0.0, -WIDTH, WIDTH, START - WIDTH, START + WIDTH, 0.5 * AI_LABOUR_AT, AI_LABOUR_AT)
POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(12)
NODES = tuple((-START / 2.0 * (POINTS - 1.0)).tolist())
WEIGHTS = tuple((-START / 2.0 * _WEIGHTS).tolist())
"""Gauss and Legendre from 2019.0 to 2025.0: the log of the integral errs by less than 1e-3 on 99% of prior draws."""
SLOWEST = 0.3  # floor of gamma, 1/year
MAX_EXPONENT = 8.0
LINEAR, CURVED, SATURATING = 0.0, 1.0, 2.0
CURVED_YEARS = 1.5  # of effective compute after 2025.0 in which the saturating form is curved
SAME_TIME = 1e-3  # years: dates closer to 2025.0 are 2025.0, which a sum of monthly steps meets up to rounding


def reference_horizon(params: Params, t: Array | float) -> Array:
    """The trend a + G_h t that sets serving on the reference path."""
    return params["log_time_horizon"] + params["time_horizon_growth"] * t


def reference_inputs(params: Params, t: Array | float) -> tuple[Array, Array]:
    """Log researchers and log compute for training and experiments on the reference path, relative to 2025.0 and to all
    the compute of 2025.0."""
    share = shares.log_research_share(params, reference_horizon(params, t), t) + shares.log_left_by_ai(params, t)
    early = compute.before_slowdown(params, t)
    people, chips = compute.log_researchers(params, t, early), compute.log_compute(params, t, early) + share
    return maths.fence(people), maths.fence(chips)


def anchor(params: Params) -> dict[str, Array]:
    """Parameters with all that follows from the reference path: normalisations, e_ref(2025), gamma, b, the ceiling of
    software, and the form of the horizon's curve. The path is evaluated at all its dates at once: see `DATES`."""
    params = {**params, "log_time_horizon": maths.fence(maths.log(params["time_horizon"]))}
    params = {**params, **maths.fences(compute.anchor(params)), **maths.fences(software.anchor(params))}
    people, chips = reference_inputs(params, column(DATES + NODES, params["time_horizon"]))
    base = {**params, "people_2024": people[0], "chips_2024": chips[0]}
    research = software.log_research(base, people - people[0], chips - chips[0])
    effort = maths.fence(research - research[1])
    beta = params["hardness"]
    gained = maths.dot(column(WEIGHTS, beta), maths.exp(params["parallelisation"] * effort[len(DATES) :]))
    software_2025 = maths.fence(maths.log1p(beta * (params["software_growth"] * gained)) / beta)
    pace = maths.exp(software.log_pace(params, effort[2], software_2025, 0.0))
    gamma = maths.fence(SLOWEST + maths.softplus(pace + (chips[4] - chips[3]) / (2 * WIDTH) - SLOWEST, 0.1))
    lag = params["training_time"] + params["preparation_time"]
    k = maths.where(params["horizon_form"] == LINEAR, 0.0, params["curvature"])
    turn = CURVED_YEARS * gamma
    return {
        **base,
        "reference_staff_growth": params["researcher_growth"],
        "curvature": k,
        "curved_until": turn,
        "slope_beyond": maths.exp(maths.minimum(k * turn, MAX_EXPONENT)),
        "research_2019": research[1],
        "software_2025": software_2025,
        "software_ceiling": software_2025 + params["software_limit"],
        "chips_2026": chips[8] - shares.log_left_by_ai(params, AI_LABOUR_AT),
        "software_2026": software_2025 + _year_of_software(params, effort[7], software_2025),
        "people_2026": people[8],
        "reference_pace": gamma,
        "per_reference_pace": 1.0 / gamma,
        "reference_level": software_2025 + chips[2] - lag * gamma,
        "pace_2019": params["software_growth"] + (chips[6] - chips[5]) / (2 * WIDTH),
        "horizon_per_compute": params["time_horizon_growth"] / gamma,
    }


def column(dates: tuple[float, ...], like: Array) -> Array:
    """Dates [dates, 1, ...] with as many axes after the first as `like` has."""
    return jnp.asarray(dates, like.dtype).reshape((-1,) + (1,) * like.ndim)


def _year_of_software(params: Params, effort: Array, software_2025: Array) -> Array:
    """Rise of software in 2025 on the reference path, at the research effort of mid-2025."""
    beta, pace = params["hardness"], software.log_pace(params, effort, software_2025, 0.0)
    return maths.log1p(beta * maths.exp(pace) * AI_LABOUR_AT) / beta


def log_horizon(params: Params, released: Array, released_2025: Array, t: Array, noise: Array) -> Array:
    """Log horizon in hours of a released model with effective compute `released`, with noise u_h + W - W(2025).

    released_2025: that of the model released at 2025.0; not read before.
    """
    x = released - params["reference_level"]
    k = params["curvature"]
    beyond = maths.where(params["horizon_form"] == SATURATING, maths.softplus(x - params["curved_until"]), 0.0)
    beyond = maths.fence(beyond)
    y = x - beyond
    curve = y * maths.expm1_ratio(maths.minimum(maths.maximum(k * y, -20.0), MAX_EXPONENT))
    curve = maths.fence(curve + params["slope_beyond"] * beyond)
    clock = maths.where(t < -SAME_TIME, t, (released - released_2025) * params["per_reference_pace"])
    step = params["paradigm_step"] * (maths.softplus(clock - STEP_AT, STEP_WIDTH) + STEP_AT)
    step = maths.fence(step)
    return maths.fence(params["log_time_horizon"] + params["horizon_per_compute"] * curve + step + noise)
