"""Whether a model is written so that it runs fast: advice, which keeps no model from running. See `rsimc.maths`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.models.checks.trial import Check, Trial
from rsimc.models.guard import Problem, place

BLOCK = 8
SLOW = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "logistic": "sigmoid",
    "pow": "exp and log",
    "tanh": "sigmoid",
}
"""Functions of jax.numpy that a CPU calls or computes at length, and those of `rsimc.maths` to take instead."""


def fast(trial: Trial) -> Problem | None:
    """A step and its quantities take their exponentials and logarithms from `rsimc.maths`."""
    model, stages = trial.guarded, trial.shapes(np.float32, BLOCK)
    noise = jax.ShapeDtypeStruct((len(trial.model.innovations), BLOCK), np.float32)

    def step(state: Any, params: Any, z: Any) -> Any:
        t = jnp.asarray(0.0, jnp.float32)
        after = model.step(state, params, t, 1.0 / trial.model.steps_per_year, z)
        return after, model.observe(after, params, t)

    names = sorted(_slow(jax.make_jaxpr(step)(stages.first, stages.prepared, noise).jaxpr))
    if not names:
        return None
    advice = (
        f"maths.{', maths.'.join(dict.fromkeys(SLOW[name] for name in names))} cost a CPU a third: help(rsimc.maths)"
    )
    found = f"{', '.join(names)} of jax.numpy in step or observe"
    return Problem(place(trial.model, "step"), "exponentials and logarithms of rsimc.maths", found, advice)


def _slow(jaxpr: Any) -> set[str]:
    found = set()
    for eqn in jaxpr.eqns:
        if eqn.primitive.name in SLOW:
            found.add(eqn.primitive.name)
        for value in eqn.params.values():
            for part in value if isinstance(value, tuple) else (value,):
                body = getattr(part, "jaxpr", part)
                found |= _slow(body) if hasattr(body, "eqns") else set()
    return found


CHECKS = (Check("fast", "exponentials and logarithms are those of rsimc.maths", fast, advisory=True),)
