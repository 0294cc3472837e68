"""The conformance suite: whether a model can be run, checked in three stages.

What it states, what its methods take and return, and the numbers they come to. A stage is tried when those before it
found nothing, and within a stage nothing is tried after a gate that found something. The whole takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rsimc.errors import RsimcError
from rsimc.models.base import Model
from rsimc.models.checks import numeric, purity, stated, traced
from rsimc.models.checks.trial import DRAWS, HORIZON, Check, Trial
from rsimc.models.guard import Problem, brief, place

STAGES: tuple[tuple[Check, ...], ...] = (stated.CHECKS, traced.CHECKS + purity.CHECKS, numeric.CHECKS)
CHECKS: tuple[Check, ...] = tuple(check for stage in STAGES for check in stage)


@dataclass(frozen=True)
class Outcome:
    """What a check came to. tried: False when something before it was wrong."""

    check: Check
    tried: bool
    problem: Problem | None = None

    @property
    def status(self) -> Literal["ok", "problem", "not tried"]:
        """In a word."""
        if not self.tried:
            return "not tried"
        return "ok" if self.problem is None else "problem"


def examine(model: Model, horizon: float = HORIZON, draws: int = DRAWS) -> tuple[Outcome, ...]:
    """Every check of the suite on a model, in order; `draws` prior draws are run to the decimal year `horizon`."""
    trial = Trial(model, horizon, draws)
    outcomes: list[Outcome] = []
    for stage in STAGES:
        sound = all(outcome.status == "ok" for outcome in outcomes)
        for check in stage:
            outcomes.append(_outcome(check, trial, sound))
            sound = sound and not (check.gate and outcomes[-1].problem)
    return tuple(outcomes)


def _outcome(check: Check, trial: Trial, sound: bool) -> Outcome:
    if not sound:
        return Outcome(check, tried=False)
    try:
        return Outcome(check, True, check.find(trial))
    except RsimcError as error:
        return Outcome(check, True, Problem.of(error))
    except Exception as error:  # no method raised it, so that nothing says where: what the compiler cannot take
        return Outcome(check, True, Problem(place(trial.model), "a model that runs", brief(error), cause=error))


def require_conforming(model: Model, horizon: float = HORIZON) -> None:
    """Raises ScenarioError with the first problem of a model, before any long work."""
    for outcome in examine(model, horizon):
        if outcome.problem is not None:
            raise outcome.problem.error()
