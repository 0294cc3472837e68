"""What only observations see of a lab: quantities that no milestone and no equation reads, but the likelihood and the
report.

A forecast does not keep them; the compiler drops them there.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Params, Quantities
from rsimc.models.takeoff import specialisms
from rsimc.models.takeoff.labour import Labour
from rsimc.models.takeoff.parameters import (
    CODING,
    DATA_GENERATION,
    DATA_SOURCING,
    DIRECTION,
    EVALUATION,
    EXPERIMENTS,
    SYSTEMS,
    THEORY,
)

Array = jax.Array
LEAST = 1e-30
"""Stands for a share of which nothing is left, where its logarithm is wanted."""


class Shown(NamedTuple):
    """Automation logits of single specialisms; the log of L; shares of work that are automated and that are not; logs
    of P in coding and in experiments, of AI workers for each researcher (A), and of the research staff."""

    theory_logit: Array
    systems_logit: Array
    data_sourcing_logit: Array
    data_generation_logit: Array
    experiments_logit: Array
    direction_logit: Array
    log_labour: Array
    automated: Array
    not_automated: Array
    log_coding: Array
    log_experiments: Array
    log_workers: Array
    log_people: Array


def shown(logit: Array, work: Labour, log_workers: Array, log_people: Array) -> Shown:
    """What observations will read of one date; logit [K, ...]."""
    return Shown(
        theory_logit=logit[THEORY],
        systems_logit=logit[SYSTEMS],
        data_sourcing_logit=logit[DATA_SOURCING],
        data_generation_logit=logit[DATA_GENERATION],
        experiments_logit=logit[EXPERIMENTS],
        direction_logit=logit[DIRECTION],
        log_labour=work.log_gain,
        automated=work.automated,
        not_automated=work.not_automated,
        log_coding=work.log_coding,
        log_experiments=work.log_experiments,
        log_workers=log_workers,
        log_people=log_people,
    )


def measured(
    params: Params, now: Shown, log_horizon: Array, coding_logit: Array, evaluation_logit: Array
) -> Quantities:
    """Quantities by name: horizons h_k of specialisms and the gap of wholly unverifiable work in log hours; the rest as
    in `Shown`."""
    logits = {
        "theory_horizon": (THEORY, now.theory_logit),
        "systems_horizon": (SYSTEMS, now.systems_logit),
        "coding_horizon": (CODING, coding_logit),
        "experiments_horizon": (EXPERIMENTS, now.experiments_logit),
        "evaluation_horizon": (EVALUATION, evaluation_logit),
    }
    horizons = {name: specialisms.log_horizon_of(params, logit, k) for name, (k, logit) in logits.items()}
    return {
        **horizons,
        "verifiability_lag": specialisms.gap(params, log_horizon),
        "theory_logit": now.theory_logit,
        "systems_logit": now.systems_logit,
        "data_sourcing_logit": now.data_sourcing_logit,
        "data_generation_logit": now.data_generation_logit,
        "experiments_logit": now.experiments_logit,
        "direction_logit": now.direction_logit,
        "log_labour": now.log_labour,
        "log_automated": maths.log(maths.maximum(now.automated, LEAST)),
        "log_not_automated": maths.log(maths.maximum(now.not_automated, LEAST)),
        "log_coding_speed": now.log_coding,
        "log_experiment_speed": now.log_experiments,
        "log_ai_labour": now.log_workers,
        "log_people": now.log_people,
    }
