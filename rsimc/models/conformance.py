"""The conformance suite: whether a model can be run, checked in three stages.

What it states, what its methods take and return, and the numbers they come to. A stage is tried when those before it
found nothing, and within a stage nothing is tried after a gate that found something. Advice keeps no model from
running. The whole takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rsimc.errors import RsimcError
from rsimc.models.base import Model
from rsimc.models.checks import numeric, purity, speed, stated, traced
from rsimc.models.checks.trial import DRAWS, HORIZON, Check, Trial
from rsimc.models.guard import Problem, brief, place

STAGES: tuple[tuple[Check, ...], ...] = (stated.CHECKS, traced.CHECKS + purity.CHECKS + speed.CHECKS, numeric.CHECKS)
CHECKS: tuple[Check, ...] = tuple(check for stage in STAGES for check in stage)


@dataclass(frozen=True)
class Outcome:
    """What a check came to. tried: False when something before it was wrong."""

    check: Check
    tried: bool
    problem: Problem | None = None

    @property
    def status(self) -> Literal["ok", "advice", "problem", "not tried"]:
        """In a word."""
        if not self.tried:
            return "not tried"
        if self.problem is None:
            return "ok"
        return "advice" if self.check.advisory else "problem"

    @property
    def sound(self) -> bool:
        """Whether the model may run as far as this check can tell."""
        return self.status in ("ok", "advice")


def examine(model: Model, horizon: float = HORIZON, draws: int = DRAWS) -> tuple[Outcome, ...]:
    """Every check of the suite on a model, in order; `draws` prior draws are run to the decimal year `horizon`."""
    trial = Trial(model, horizon, draws)
    outcomes: list[Outcome] = []
    for stage in STAGES:
        sound = all(outcome.sound for outcome in outcomes)
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
        if outcome.problem is not None and not outcome.sound:
            raise outcome.problem.error()
