"""How many transcendental functions a step of a model takes: from its equations, and in the optimised program.

Both in float64, in which the compiler's own functions stand for themselves. A step is what two steps take more than
one, when only what the engine watches is asked for: what a state carries for others alone costs a forecast nothing.
To both comes the logarithm of every normal, which the engine draws.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.path import start
from rsimc.models.base import Model, prior_set
from rsimc.models.checks.trial import SOON

PRIMITIVES = ("exp", "log", "log1p", "expm1", "exp2", "logistic", "tanh", "sin", "cos", "pow", "erf_inv")
IN_PROGRAM = (
    "exponential",
    "log",
    "log-plus-one",
    "exponential-minus-one",
    "logistic",
    "tanh",
    "power",
    "sine",
    "cosine",
)


def functions_of_a_step(model: Model) -> dict[str, float]:
    """Functions a trajectory and step: `equations`, and `program` after the compiler has merged what is the same. A
    program that takes more of them than the equations is not understood: ValueError."""
    with jax.enable_x64(True):
        params, state = jax.eval_shape(lambda: _started(model))
        one, two = ((lambda p, s, n=n: _watched(model, p, s, n)) for n in (1, 2))
        equations = [_in_equations(f, params, state) for f in (one, two)]
        program = [_in_program(jax.jit(f).lower(params, state).compile(SOON).as_text()) for f in (one, two)]
    drawn = len(model.innovations) / model.steps_per_innovation
    each = {"equations": equations[1] - equations[0] + drawn, "program": program[1] - program[0] + drawn}
    if not 0.0 < each["program"] <= each["equations"]:
        raise ValueError(f"{model.name}: {each['program']} functions in the program, of {each['equations']} written")
    return each


def _started(model: Model) -> tuple[Any, Any]:
    """Parameters and the first state of one trajectory."""
    priors = prior_set(model.parameters, {})
    values = priors.named(priors.from_normal(jnp.zeros((priors.size, 1), jnp.float64)))
    params, state, _ = start(
        model, values, jnp.zeros((model.anchor_innovations, len(model.innovations), 1), jnp.float64)
    )
    return params, state


def _watched(model: Model, params: Any, state: Any, steps: int) -> list[jax.Array]:
    dt, t = 1.0 / model.steps_per_year, jnp.asarray(model.start - model.epoch + 8.0)
    noise = jnp.zeros((len(model.innovations), 1), jnp.float64)
    for n in range(steps):
        state = model.step(state, params, t + n * dt, dt, noise)
    seen = model.observe(state, params, t + steps * dt)
    return [seen[name] for name in dict.fromkeys(m.quantity for m in model.milestones)]


def _in_equations(f: Callable[..., Any], params: Any, state: Any) -> float:
    closed = jax.make_jaxpr(f)(params, state)
    used = [True] * len(closed.jaxpr.outvars)
    jaxpr, _ = jax.interpreters.partial_eval.dce_jaxpr(closed.jaxpr, used)
    return _walk(jaxpr)


def _walk(jaxpr: Any) -> float:
    count = 0.0
    for eqn in jaxpr.eqns:
        inner = [part for value in eqn.params.values() for part in (value if isinstance(value, tuple) else (value,))]
        bodies = [part for part in inner if hasattr(part, "eqns") or hasattr(part, "jaxpr")]
        if eqn.primitive.name in PRIMITIVES:
            count += float(np.prod(eqn.outvars[0].aval.shape, initial=1.0))
        elif eqn.primitive.name == "cond" or bodies:
            walked = [_walk(getattr(body, "jaxpr", body)) for body in bodies]
            count += max(walked, default=0.0) if eqn.primitive.name == "cond" else sum(walked)
    return count


def _in_program(text: str) -> float:
    pattern = re.compile(rf"= \w+\[([\d,]*)\]\S* ({'|'.join(IN_PROGRAM)})\(")
    return sum(math.prod(int(d) for d in dims.split(",") if d) for dims, _ in pattern.findall(text))
