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

from collections.abc import Callable

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
NODES = 12  # of the quadrature over 2019 to 2025
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
    return compute.log_researchers(params, t), compute.log_compute(params, t) + share


def reference_research(params: Params, t: Array | float) -> Array:
    """Log R on the reference path."""
    people, chips = reference_inputs(params, t)
    return software.log_research(params, people - params["people_2024"], chips - params["chips_2024"])


def anchor(params: Params) -> dict[str, Array]:
    """Parameters with all that follows from the reference path: normalisations, e_ref(2025), gamma, b, the ceiling of
    software, and the form of the horizon's curve."""
    params = {**params, "log_time_horizon": maths.log(params["time_horizon"])}
    params = {**params, **compute.anchor(params), **software.anchor(params)}
    people, chips = reference_inputs(params, NORMALISED)
    base = {**params, "people_2024": people, "chips_2024": chips}
    start = reference_research(base, START)
    beta = params["hardness"]
    gained = _integral(lambda t: maths.exp(params["parallelisation"] * (reference_research(base, t) - start)), start)
    rise = params["software_growth"] * gained
    software_2025 = maths.log1p(beta * rise) / beta
    pace = maths.exp(software.log_pace(params, reference_research(base, 0.0) - start, software_2025, 0.0))
    gamma = SLOWEST + maths.softplus(pace + _chips_pace(params, 0.0) - SLOWEST, 0.1)
    chips_2025 = reference_inputs(params, 0.0)[1]
    lag = params["training_time"] + params["preparation_time"]
    k = maths.where(params["horizon_form"] == LINEAR, 0.0, params["curvature"])
    turn = CURVED_YEARS * gamma
    return {
        **base,
        "reference_staff_growth": params["researcher_growth"],
        "curvature": k,
        "curved_until": turn,
        "slope_beyond": maths.exp(maths.minimum(k * turn, MAX_EXPONENT)),
        "research_2019": start,
        "software_2025": software_2025,
        "software_ceiling": software_2025 + params["software_limit"],
        "chips_2026": compute.log_compute(params, AI_LABOUR_AT)
        + shares.log_research_share(params, reference_horizon(params, AI_LABOUR_AT), AI_LABOUR_AT),
        "software_2026": software_2025 + _year_of_software(base, start, software_2025),
        "people_2026": compute.log_researchers(params, AI_LABOUR_AT),
        "reference_pace": gamma,
        "per_reference_pace": 1.0 / gamma,
        "reference_level": software_2025 + chips_2025 - lag * gamma,
        "pace_2019": params["software_growth"] + _chips_pace(params, START),
        "horizon_per_compute": params["time_horizon_growth"] / gamma,
    }


def _year_of_software(params: Params, research_2019: Array, software_2025: Array) -> Array:
    """Rise of software in 2025 on the reference path, at the research effort of mid-2025."""
    effort = reference_research(params, 0.5 * AI_LABOUR_AT) - research_2019
    beta, pace = params["hardness"], software.log_pace(params, effort, software_2025, 0.0)
    return maths.log1p(beta * maths.exp(pace) * AI_LABOUR_AT) / beta


def _chips_pace(params: Params, t: float, width: float = 0.05) -> Array:
    """Growth of research compute on the reference path, by a central difference."""
    return (reference_inputs(params, t + width)[1] - reference_inputs(params, t - width)[1]) / (2 * width)


def _integral(f: Callable[[Array], Array], like: Array) -> Array:
    """Integral of f from 2019.0 to 2025.0 by Gauss and Legendre, node by node.

    With 12 nodes the log of the integral errs by less than 1e-3 on 99% of prior draws. A loop rather than all nodes at
    once: the compiler then rounds alike on one device and on several.
    """
    points, weights = np.polynomial.legendre.leggauss(NODES)
    half = -START / 2.0

    def add(total: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        t, weight = node
        return total + weight * f(t), None

    both = (jnp.asarray(half * (points - 1.0), like.dtype), jnp.asarray(half * weights, like.dtype))
    return jax.lax.scan(add, jnp.zeros_like(like), both)[0]


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
