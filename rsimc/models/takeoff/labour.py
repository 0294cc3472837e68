"""AI labour, how it is put to work, and what bottlenecks leave of it.

AI labour A is a ratio to human researchers. It is divided over specialisms where it can be used, in proportion
to w_k f_k, so that shares sum to one; in specialism k there are then A_k = A f_k / sum(w f) AI workers a person. A lab
never automates at a loss: while A_k < f_k/(1 - f_k) people still help with automatable tasks and P_k = 1 + A_k; beyond,

    P_k = [ (1 - f)^{1 - rt} + f^{1 - rt} A_k^{rt} ]^{1/rt},   rt < 0

the literal CES of automated and human tasks. The two meet with equal slope (envelope theorem), P_k >= 1, and
P_k <= 1/(1 - f) as rt -> -infinity. Across specialisms L = (sum w_k P_k^{rs})^{1/rs}, rs < 0.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array


class Labour(NamedTuple):
    """log_gain: log L, of human and AI labour against human alone; log_automated: log of the automated share of work;
    log_human_share: log of the share of research that people do."""

    log_gain: Array
    log_automated: Array
    log_human_share: Array


def log_ai_labour(params: Params, log_chips: Array, software: Array, log_people: Array) -> Array:
    """log A, AI workers for each researcher: compute and software add, more people divide."""
    base = params["ai_labour"] + maths.log(params["serial_speed"] / 4.0)
    saved = params["compute_saving"] * (software - params["software_2025"])
    return base + (log_chips - params["chips_2026"]) + saved - (log_people - params["people_2026"])


def aggregate(params: Params, logit: Array, log_labour: Array) -> Labour:
    """Labour from the automation logits [K, ...] and log A [...]; `log_weight` [K, ...] holds the log shares w_k."""
    log_f = maths.log_sigmoid(logit)
    log_rest = log_f - logit
    weight = params["log_weight"]
    automated = maths.logsumexp(weight + log_f)
    share = log_labour - automated + log_f
    tasks, across = -params["complementarity_tasks"], -params["complementarity_specialisms"]
    literal = (
        maths.logaddexp((1.0 - tasks) * log_rest, (1.0 - tasks) * log_f + tasks * maths.maximum(share, logit)) / tasks
    )
    helped = maths.softplus(share)
    productivity = maths.where(share < logit, helped, literal)
    return Labour(
        maths.logsumexp(weight + across * productivity) / across,
        automated,
        maths.logsumexp(weight + maths.maximum(log_rest, -helped)),
    )
