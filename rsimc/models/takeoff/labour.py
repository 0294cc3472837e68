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
    """Log of L, human and AI labour against human alone; the share of work that is automated, and that is not; the
    share of research that people do, in all and in direction; the log of that in evaluation and safety, of the
    specialism; log P of coding and of running experiments."""

    log_gain: Array
    automated: Array
    not_automated: Array
    human_share: Array
    director_share: Array
    log_human_evaluation: Array
    log_coding: Array
    log_experiments: Array


def anchor(params: Params) -> dict[str, Array]:
    """What the equations need once: weights w_k and their logs, [K, ...] each, what log A has of constants, the log of
    the limit on data sourcing, and that of 1 + 1/c."""
    log_weight = params["effort_weight"] - maths.logsumexp(params["effort_weight"])
    scale = maths.log(params["serial_speed"] / 4.0) + maths.log(params["ai_labour_max"] / 0.3)
    limit = maths.log(params["sourcing_limit"])
    return {
        "log_weight": log_weight,
        "weight": maths.exp(log_weight),
        "ai_labour_2026": params["ai_labour"] + scale - params["chips_2026"] + params["people_2026"],
        "log_sourcing_limit": limit,
        "sourcing_allowance": maths.softplus(-limit),
    }


def log_ai_labour(params: Params, log_chips: Array, software: Array, log_people: Array) -> Array:
    """log A, AI workers for each researcher: compute and software add, more people divide.

    log A = l_A + log(q/4) + log(omega_max/0.3) + [c + log(1 - sigma)] + psi s - H, the last three against their values
    on the reference path at 2026.0, to which l_A refers; the others against the medians of their priors.
    """
    saved = params["compute_saving"] * (software - params["software_2026"])
    return maths.fence(params["ai_labour_2026"] + log_chips + saved - log_people)


def productivity(params: Params, f: maths.Logistic, log_labour: Array) -> tuple[Array, maths.Logistic]:
    """log P_k [K, ...], and as the rest of a logistic [K, ...] the share of its work that people do; f: automated.

    With l the logit, a = log(A_k (1 - f)/f) = log A - log(1 + e^l) says whether people still help (a < 0), and with
    x = l + a where they do, l + rt a where not, one logarithm serves both: log P = log(1 + e^x), else
    [(1 - rt) log(1 - f) + log(1 + e^x)]/rt. People do 1/(1 + e^x) of the work, else 1 - f.
    """
    tasks, ahead = params["complementarity_tasks"], log_labour - f.softplus
    helping = ahead < 0.0
    x = maths.logistic(maths.fence(f.logit + maths.where(helping, ahead, -tasks * ahead)))
    beyond = f.softplus + (f.softplus - x.softplus) * maths.fence(1.0 / tasks)
    return maths.fence(maths.where(helping, x.softplus, beyond)), maths.choose(helping, x, f)


def limited(params: Params, log_p: Array) -> Array:
    """log P under a limit c on speed: P (1 + 1/c)/(1 + P/c)."""
    return maths.fence(log_p + params["sourcing_allowance"] - maths.softplus(log_p - params["log_sourcing_limit"]))


def aggregate(params: Params, f: maths.Logistic, log_labour: Array) -> Labour:
    """Labour from the automated shares f [K, ...] and log A [...]."""
    weight, across = params["weight"], -params["complementarity_specialisms"]
    log_p, people = productivity(params, f, log_labour)
    by_people = maths.fence(people.rest)
    log_p = maths.where(_only(DATA_SOURCING, log_p), limited(params, log_p[DATA_SOURCING]), log_p)
    return Labour(
        maths.fence(maths.logsumexp(params["log_weight"] + across * log_p) / across),
        maths.dot(weight, f.share),
        maths.dot(weight, f.rest),
        maths.dot(weight, by_people),
        weight[DIRECTION] * by_people[DIRECTION],
        -people.softplus[EVALUATION],
        log_p[CODING],
        log_p[EXPERIMENTS],
    )


def _only(place: int, like: Array) -> Array:
    """A mask [K, 1, ...] of one specialism. A mask, since joining slices would keep the compiler from vectorising."""
    return (jnp.arange(like.shape[0]) == place).reshape((-1,) + (1,) * (like.ndim - 1))
