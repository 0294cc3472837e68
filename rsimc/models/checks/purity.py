"""Whether methods are pure: traced twice they are the same program, and what they are given stays as it was."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.models.checks.trial import Check, Trial
from rsimc.models.guard import Problem, place, unguarded

ADDRESS = re.compile(r"0x[0-9a-f]+")
BLOCK = 8


def pure(trial: Trial) -> Problem | None:
    """Methods change none of their arguments nor the model, and give the same each time."""
    before = _attributes(trial)
    programs = [_program(trial) for _ in range(2)]
    changed = sorted(name for name, value in _attributes(trial).items() if before.get(name, None) is not value)
    if changed:
        where = place(trial.model, changed[0])
        return Problem(where, "methods that leave the model as it is", "an attribute that they set", "use the state")
    if programs[0] != programs[1]:
        advice = "chance comes from `noise`, dates from `t`"
        return Problem(place(trial.model), "methods that give the same each time", "two results that differ", advice)
    return _untouched(trial)


def _attributes(trial: Trial) -> dict[str, Any]:
    return dict(getattr(unguarded(trial.model), "__dict__", {}))


def _program(trial: Trial) -> tuple[str, tuple[bytes, ...]]:
    """The program of all methods as a text, without addresses in memory, and its constants."""
    noise = (max(2, trial.model.anchor_innovations), len(trial.model.innovations), BLOCK)
    like = [jax.ShapeDtypeStruct(s, np.float32) for s in ((trial.priors.size, BLOCK), noise)]
    program = jax.make_jaxpr(trial.stages)(*like)
    return ADDRESS.sub("", str(program)), tuple(np.asarray(part).tobytes() for part in program.consts)


def _untouched(trial: Trial) -> Problem | None:
    """Whether `step` and `observe` leave tables and lists that they are given as they were."""
    found: list[Problem] = []

    def watch(values: Any, innovations: Any) -> Any:
        stages = trial.stages(values, innovations)
        model, t = trial.guarded, jnp.asarray(0.0, values.dtype)
        for name, call in (
            ("step", lambda: model.step(stages.first, stages.prepared, t, 0.1, innovations[1])),
            ("observe", lambda: model.observe(stages.first, stages.prepared, t)),
        ):
            parts = jax.tree.leaves((stages.first, dict(stages.prepared)))
            call()
            later = jax.tree.leaves((stages.first, dict(stages.prepared)))
            if len(parts) != len(later) or any(a is not b for a, b in zip(parts, later, strict=True)):
                words = "state and parameters left as they are"
                found.append(Problem(place(trial.model, name), words, "one that it changes", "return a new state"))
        return values

    noise = (max(2, trial.model.anchor_innovations), len(trial.model.innovations))
    jax.eval_shape(watch, *(jax.ShapeDtypeStruct(s, np.float32) for s in ((trial.priors.size,), noise)))
    return found[0] if found else None


CHECKS = (Check("pure", "methods change nothing and give the same each time", pure),)
