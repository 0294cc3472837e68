"""Milestones, durations, classes and observables of the flagship.

More compute, staff, AI labour or returns to research never delay a milestone while the reference path is held, what
people alone would do on it included, with one exception that is meant: customers who take compute from research for a
better model can slow research down, and so delay `effort_*` and `multiplier_*` (4 of the 280 such dates of 256 prior
draws under 1.3 times the returns to research). In a scenario the path is not held: `effort` and `multiplier` compare
with people who have the same staff and compute, so that more staff, with no more AI labour, lowers both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from rsimc.models.base import Duration, Milestone, Observable

Array = jax.Array


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _every(share: float) -> str:
    return f"every specialism of AI R&D is at least {share:.1%} automated in the released model".replace(".0%", "%")


def _times(factor: int, what: str) -> str:
    return f"{what} at least {factor} times what people alone would reach"


# fmt: off
# ruff: noqa: E501
PACE, EFFORT = "software progress runs", "research effort is"
MILESTONES = (
    Milestone("small_loop", "small_loop_logit", _logit(0.9), "AI does at least 90% of coding, systems and experiments on a model two orders of magnitude below the frontier"),
    Milestone("coder", "coding_logit", _logit(0.95), "at least 95% of coding in AI R&D is automated", seen=True, headline=True),
    Milestone("closed_loop_90", "binding_logit", _logit(0.9), _every(0.9), seen=True),
    Milestone("closed_loop_95", "binding_logit", _logit(0.95), _every(0.95), seen=True, headline=True),
    Milestone(
        "closed_loop",
        "binding_logit",
        _logit(0.99),
        _every(0.99) + ": AI can build its own successor with no human involvement",
        seen=True,
        headline=True,
    ),
    Milestone("closed_loop_999", "binding_logit", _logit(0.999), _every(0.999), seen=True),
    Milestone("human_share_1pct", "minus_log_human_share", math.log(100.0), "people do at most 1% of AI research", seen=True),
    Milestone("directors_only", "minus_log_hands", math.log(100.0), "apart from directing it, people do at most 1% of AI research", seen=True),
    Milestone("ai_verification", "evaluation_logit", _logit(0.99), "evaluation and safety work is at least 99% automated: AI alone verifies AI", seen=True),
    Milestone("oversight_1pct", "minus_log_oversight", math.log(100.0), "people spend at most 1% of the hours on evaluation and safety that they would without AI, for the same progress", seen=True),
    Milestone("effort_10", "log_effort", math.log(10.0), _times(10, EFFORT), seen=True),
    Milestone("effort_100", "log_effort", math.log(100.0), _times(100, EFFORT), seen=True),
    Milestone("effort_1000", "log_effort", math.log(1000.0), _times(1000, EFFORT), seen=True),
    Milestone("multiplier_2", "log_multiplier", math.log(2.0), _times(2, PACE), headline=True),
    Milestone("multiplier_10", "log_multiplier", math.log(10.0), _times(10, PACE), seen=True, headline=True),
    Milestone("multiplier_100", "log_multiplier", math.log(100.0), _times(100, PACE), seen=True, headline=True),
    Milestone("multiplier_1000", "log_multiplier", math.log(1000.0), _times(1000, PACE), seen=True, headline=True),
    Milestone("three_orders", "since_closure", math.log(1000.0), "the released model has 1,000 times the effective compute of the one that closed the loop", seen=True),
    Milestone("software_limit", "minus_log_room", -math.log(-math.log(0.9)), "software efficiency is at 90% of its limit", seen=True),
)

LATER = ("multiplier_10", "multiplier_100", "multiplier_1000", "three_orders")
DURATIONS = (
    Duration("closed_loop", "multiplier_10"),
    Duration("closed_loop", "multiplier_1000"),
    Duration("closed_loop", "three_orders"),
    Duration("multiplier_10", "multiplier_100"),
    Duration("multiplier_10", "multiplier_1000"),
    *(Duration("closed_loop", later, "versions", "versions", 0.01, 1e5) for later in LATER),
    *(Duration("", milestone, "version_gain", "nats", 1e-3, 1e3) for milestone in ("closed_loop", *LATER[:3])),
    *(Duration("closed_loop", later, "log_version_gain", "log ratio", -8.0, 8.0, log=False) for later in LATER[:3]),
)

CLASSES = ("never", "fast", "undetermined", "fizzle", "slow")

OBSERVABLES = (
    Observable("horizon_hours", "log_horizon", "hours", "50% time horizon of the leading released model", "log", 1e-4, 1e6),
    Observable("multiplier", "log_multiplier", "x", "pace of software progress against people alone (M = E^lambda)", "log", 0.1, 1e6),
    Observable("effort", "log_effort", "x", "research effort against people alone (E = R/R_h)", "log", 0.1, 1e8),
    Observable("automated_share", "automated_share", "share", "share of AI research work that is automated", "linear", 0.0, 1.0),
    Observable("human_share", "human_share", "share", "share of AI research that people do", "linear", 0.0, 1.0),
    Observable("director_share", "director_share", "share", "share of AI research that is people directing it", "linear", 0.0, 1.0),
    Observable("oversight", "log_oversight", "x", "human hours of evaluation and safety for the same progress, against people alone", "log", 1e-8, 10.0),
    Observable("research_share", "research_share", "share", "share of compute left for research and training", "linear", 0.0, 1.0),
    Observable("training_share", "training_share", "share", "share of compute in training runs", "linear", 0.0, 1.0),
    Observable("experiment_share", "experiment_share", "share", "share of compute in experiments", "linear", 0.0, 1.0),
    Observable("ai_labour_share", "ai_labour_share", "share", "share of compute that runs AI researchers", "linear", 0.0, 1.0),
    Observable("version_gain", "version_gain", "nats", "log effective compute that a version has more than the last", "linear", -1.0, 15.0),
    Observable("software", "software", "nats", "log software efficiency since 2019", "linear", 0.0, 80.0),
)

# fmt: on


def classify(dates: Mapping[str, Array], horizon: Array) -> Array:
    """Index into CLASSES; dates in years since the start, inf when not within the horizon. The first that applies.

    never: the loop is not closed by the horizon. fast: under a year from 10x to 1000x. undetermined: at the horizon no
    10x yet and under 5 years since closure, or 10x under a year ago without 1000x. fizzle: no 10x by 5 years
    after closure. slow: the rest.
    """
    closed, ten, thousand = dates["closed_loop"], dates["multiplier_10"], dates["multiplier_1000"]
    reached = jnp.isfinite(ten)
    since_closed = horizon - closed
    young = ~jnp.isfinite(thousand) & (horizon - ten < 1.0)
    conditions = (
        ~jnp.isfinite(closed),
        jnp.isfinite(thousand) & (thousand - ten < 1.0),
        (~reached & (since_closed < 5.0)) | (reached & young),
        ~reached | (ten - closed > 5.0),
    )
    index = jnp.full(closed.shape, len(CLASSES) - 1, dtype=jnp.int32)
    for place in reversed(range(len(conditions))):
        index = jnp.where(conditions[place], place, index)
    return index
