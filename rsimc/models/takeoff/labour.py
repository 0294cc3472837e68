"""AI labour, how it is put to work, and what bottlenecks leave of it.

A is the number of AI workers that the lab could run for each researcher if AI could do all the work. The automated
tasks of a specialism, a share f_k of its work, get A_k = f_k A workers a person, so that AI labour sums to what the lab
has for it. A lab never automates at a loss: while A_k < f_k/(1 - f_k) people still help with automatable tasks
and P_k = 1 + A_k; beyond,

    P_k = [ (1 - f)^{1 - rt} + f^{1 - rt} A_k^{rt} ]^{1/rt},   rt < 0

the literal CES of automated and human tasks. The two meet with equal slope (envelope theorem), P_k >= 1, and
P_k <= 1/(1 - f) as rt -> -infinity. Data from the real world cannot be had faster than a limit c: there P becomes
P (1 + 1/c)/(1 + P/c), 1 at P = 1. Across specialisms L = (sum w_k P_k^{rs})^{1/rs}, rs < 0.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params
from rsimc.models.takeoff.parameters import CODING, DATA_SOURCING, DIRECTION, EVALUATION, EXPERIMENTS

Array = jax.Array


class Labour(NamedTuple):
    """Logs of: L, human and AI labour against human alone; the share of work that is automated, and that is not; the
    share of research that people do, in all, in evaluation and safety (of that specialism), and in direction (of all
    research); P of coding and of running experiments."""

    log_gain: Array
    log_automated: Array
    log_not_automated: Array
    log_human_share: Array
    log_human_evaluation: Array
    log_director_share: Array
    log_coding: Array
    log_experiments: Array


def log_ai_labour(params: Params, log_chips: Array, software: Array, log_people: Array) -> Array:
    """log A, AI workers for each researcher: compute and software add, more people divide.

    log A = l_A + log(q/4) + log(omega_max/0.3) + [c + log(1 - sigma)] + psi s - H, the last three against their values
    on the reference path at 2026.0, to which l_A refers; the others against the medians of their priors.
    """
    base = params["ai_labour"] + maths.log(params["serial_speed"] / 4.0) + maths.log(params["ai_labour_max"] / 0.3)
    saved = params["compute_saving"] * (software - params["software_2026"])
    return base + (log_chips - params["chips_2026"]) + saved - (log_people - params["people_2026"])


def productivity(params: Params, logit: Array, log_labour: Array) -> tuple[Array, Array]:
    """log P_k and the log of the share of its work that people do in each specialism: both [K, ...]."""
    log_f = maths.log_sigmoid(logit)
    log_rest = log_f - logit
    workers = log_labour + log_f
    tasks = -params["complementarity_tasks"]
    inside = (1.0 - tasks) * log_f + tasks * maths.maximum(workers, logit)
    literal = maths.logaddexp((1.0 - tasks) * log_rest, inside) / tasks
    helped = maths.softplus(workers)
    log_p = maths.where(workers < logit, helped, literal)
    return log_p, maths.maximum(log_rest, -helped)


def limited(log_p: Array, log_limit: Array) -> Array:
    """log P under a limit on speed: P (1 + 1/c)/(1 + P/c)."""
    return log_p + maths.softplus(-log_limit) - maths.softplus(log_p - log_limit)


def aggregate(params: Params, logit: Array, log_labour: Array) -> Labour:
    """Labour from the automation logits [K, ...] and log A [...]; `log_weight` [K, ...] holds the log shares w_k."""
    weight, across = params["log_weight"], -params["complementarity_specialisms"]
    log_p, by_people = (maths.fence(x) for x in productivity(params, logit, log_labour))
    sourcing = limited(log_p[DATA_SOURCING], maths.log(params["sourcing_limit"]))
    log_p = maths.where(_only(DATA_SOURCING, log_p), sourcing, log_p)
    return Labour(
        maths.logsumexp(weight + across * log_p) / across,
        maths.logsumexp(weight + maths.log_sigmoid(logit)),
        maths.logsumexp(weight + maths.log_sigmoid(-logit)),
        maths.logsumexp(weight + by_people),
        by_people[EVALUATION],
        weight[DIRECTION] + by_people[DIRECTION],
        log_p[CODING],
        log_p[EXPERIMENTS],
    )


def _only(place: int, like: Array) -> Array:
    """A mask [K, 1, ...] of one specialism. A mask, since joining slices would keep the compiler from vectorising."""
    return (jnp.arange(like.shape[0]) == place).reshape((-1,) + (1,) * (like.ndim - 1))
