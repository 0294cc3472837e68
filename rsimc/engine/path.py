"""One march through time, shared by calibration and forecast: the same steps, the same noise law, the same order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from rsimc.models.base import Model, Params, Quantities

Array = jax.Array
Visit = Callable[[Any, Array, Quantities], tuple[Any, Any]]
Mark = Callable[[Any, Array, Quantities], Any]


def start(model: Model, params: Params, first: Array) -> tuple[Params, Any, Quantities]:
    """Prepared parameters, state and quantities at the start; first [anchor_innovations, processes, ...]."""
    full = model.prepare(params, first)
    t = model.start - model.epoch
    state = model.init(full, t, first[0])
    return full, state, model.observe(state, full, jnp.asarray(t, first.dtype))


def march(
    model: Model,
    params: Params | Callable[[], Params],
    state: Any,
    quarters: int,
    noise_at: Callable[[Array], Array],
    visit: Visit,
    carry: Any,
    mark: Mark | None = None,
    at_once: int = 1,
) -> tuple[Any, Any, Any]:
    """March over `quarters` innovations from the start. A function of parameters is called within the loops.

    noise_at(n): innovations [processes, ...] of the n-th beat, n from 0. visit(carry, step, quantities) is called after
    every step with the step's index (1 after the first) and returns the next carry and what to keep of the step;
    mark(carry, step, quantities) after every beat. What neither reads of the quantities is not computed. at_once: so
    many steps at least does the compiler see together.
    Returns (state, carry, what was kept [quarters, steps per innovation, ...]).
    """
    dt, in_beat = 1.0 / model.steps_per_year, model.steps_per_innovation
    at_hand: Callable[[], Params] = params if callable(params) else lambda: params
    dtype = jax.tree.leaves(at_hand())[0].dtype

    def time(step: Array) -> Array:
        return jnp.asarray(model.start - model.epoch, dtype) + step.astype(dtype) * jnp.asarray(dt, dtype)

    def beat(carried: tuple[Any, Any], n: Array) -> tuple[tuple[Any, Any], Any]:
        noise = noise_at(n)

        def one(inner: tuple[Any, Any], m: Array) -> tuple[tuple[Any, Any], Any]:
            state, kept = inner
            step, own = n * in_beat + m, at_hand()
            state = jax.checkpoint(lambda s: model.step(s, own, time(step), dt, noise))(state)
            kept, out = visit(kept, step + 1, model.observe(state, own, time(step + 1)))
            return (state, kept), out

        steps = jnp.arange(in_beat, dtype=jnp.int32)
        (state, kept), out = jax.lax.scan(one, carried, steps, unroll=min(at_once, in_beat))
        if mark is not None:
            last = (n + 1) * in_beat
            kept = mark(kept, last, model.observe(state, at_hand(), time(last)))
        return (state, kept), out

    every = jnp.arange(quarters, dtype=jnp.int32)
    (state, carry), kept = jax.lax.scan(beat, (state, carry), every, unroll=min(-(-at_once // in_beat), quarters))
    return state, carry, kept


def beats(model: Model, end: float) -> int:
    """Number of innovation beats from the model's start until the decimal year `end` is covered."""
    per_year = model.steps_per_year / model.steps_per_innovation
    return max(1, math.ceil((end - model.start) * per_year - 1e-9))


def simulate_path(model: Model, params: Params, innovations: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Quantities of one trajectory at every step, start included: each [steps + 1].

    innovations [1 + beats, processes]: standard normals, the first for the start. Precision follows the arguments.
    """
    quarters = innovations.shape[0] - 1
    full, state, first = start(model, params, innovations[: model.anchor_innovations])

    def visit(carry: None, step: Array, seen: Quantities) -> tuple[None, dict[str, Array]]:
        return carry, {name: seen[name] for name in names}

    kept = march(model, full, state, quarters, lambda n: innovations[n + 1], visit, None)[2]
    return {name: jnp.concatenate([first[name][None], kept[name].reshape(-1)]) for name in names}
