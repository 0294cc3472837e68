"""A block of trajectories: parameters and past noise in, milestone dates and observables out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.packed import Packed, pack, unpack
from rsimc.engine.path import march, start
from rsimc.engine.plan import Plan
from rsimc.engine.source import Source
from rsimc.maths import fence, fences, maximum, where
from rsimc.models.base import Params, Quantities

Array = jax.Array


class Seen(NamedTuple):
    """What is counted of trajectories: see `Block`."""

    dates: Array
    readings: Array
    observables: Array
    finite: Array
    clipped: Array


class Block(NamedTuple):
    """Trajectories side by side. dates [milestones, B] in years since the start, inf when not within the horizon;
    readings [readings, B] of clocks at milestones, NaN when not within the horizon; observables [stored, observables,
    B], logs on log scales; values [parameters, B]; draw [B], the posterior draw."""

    dates: Array
    readings: Array
    observables: Array
    values: Array
    draw: Array
    finite: Array
    clipped: Array

    @property
    def seen(self) -> Seen:
        """All but what the trajectories were drawn from."""
        return Seen(self.dates, self.readings, self.observables, self.finite, self.clipped)


def seen_shapes(plan: Plan, blocks: int, width: int) -> Seen:
    """Shapes of what is counted of so many blocks of `width` trajectories, known before a march is traced."""

    def of(kind: Any, *sizes: int) -> Any:
        return jax.ShapeDtypeStruct((blocks, *sizes, width), kind)

    kept = of(np.float32, len(plan.stored_steps), len(plan.model.observables))
    dates, readings = of(np.float32, len(plan.model.milestones)), of(np.float32, len(plan.readings))
    return Seen(dates, readings, kept, of(np.bool_), of(np.bool_))


class _Carry(NamedTuple):
    """What a march keeps. before: quantities of the last step; dates in steps; store [stored + 1, observables, B]."""

    before: dict[str, Array]
    dates: tuple[Array, ...]
    readings: tuple[Array, ...]
    finite: Array
    store: Array


class Prepared(NamedTuple):
    """Trajectories at the start. values [parameters, B] as drawn; the rest as a model makes it of them.

    added: the parameters that are not among the values, those of one number a trajectory as rows of one array.
    """

    values: Array
    added: Packed
    state: Any
    seen: Quantities


def simulate_block(plan: Plan, source: Source, ids: Array, at_once: int = 1) -> Block:
    """Simulate trajectories ids [B] uint32 to the horizon; at_once: see `go_on`."""
    return go_on(plan, source, ids, prepare_block(plan, source, ids), at_once)


def prepare_block(plan: Plan, source: Source, ids: Array) -> Prepared:
    """Trajectories ids [B] uint32 at the start.

    Fences around the model's arithmetic: how its inputs are sliced and its outputs kept must not decide how the
    compiler merges multiplications into additions, or one device would round otherwise than two.
    """
    model = plan.model
    first = source.innovations(model, ids).first(model.anchor_innovations)
    values, first = jax.lax.optimization_barrier((source.values(ids), first))
    drawn = source.named(values)
    params, state, seen = start(model, drawn, first)
    added = {name: value for name, value in params.items() if value is not drawn.get(name)}
    watched = {name: seen[name] for name in _Watch(plan).watched}
    added, state, watched = jax.lax.optimization_barrier((added, state, watched))
    return Prepared(values, pack(added, ids.shape[0], axes=1), state, watched)


def go_on(plan: Plan, source: Source, ids: Array, prepared: Prepared, at_once: int = 1) -> Block:
    """Trajectories ids [B] uint32 from the start to the horizon; at_once: so many steps at least does the compiler see
    together."""
    model = plan.model
    values, _, state, seen = prepared
    noise = source.innovations(model, ids)
    watch = _Watch(plan)
    visit, mark = (watch.step, watch.store) if plan.stored_at_beats else (watch.step_and_store, None)
    carry = watch.start(seen, ids.shape, values.dtype)
    params, beats = _parameters(source, prepared), plan.beats
    state, carry, _ = march(model, params, state, beats, lambda n: noise.at(n + 1), visit, carry, mark, at_once)
    dates, readings = (
        jnp.stack(rows) if rows else jnp.zeros((0, *ids.shape)) for rows in (carry.dates, carry.readings)
    )
    return Block(
        dates / watch.per_year, readings, carry.store[:-1], values, source.draw(ids), carry.finite, model.clipped(state)
    )


def _parameters(source: Source, prepared: Prepared) -> Callable[[], Params]:
    """Parameters for a loop that calls this in itself: those of one number a trajectory are rows of two arrays, which
    are taken apart there, on a CPU behind a fence. A compiler would do so before the loop, which then carries a hundred
    arrays more and takes a quarter longer to compile."""
    values, added = prepared.values, prepared.added
    whole = {**source.named(values), **unpack(added)}

    def within() -> Params:
        rows = {**source.named(fence(values)), **unpack(replace(added, rows=fences(added.rows)))}
        return {name: rows[name] if value.ndim == 1 else value for name, value in whole.items()}

    return within


class _Watch:
    """What to look for in the quantities of a plan's model: milestones and the clocks that durations read at them after
    every step, observables where they are stored."""

    def __init__(self, plan: Plan) -> None:
        model, milestones = plan.model, [m.name for m in plan.model.milestones]
        self.plan = plan
        self.per_year = np.float32(model.steps_per_year)
        self.levels = [(m.quantity, m.threshold) for m in model.milestones]
        self.places = [(quantity, milestones.index(name)) for quantity, name in plan.readings]
        self.watched = tuple(dict.fromkeys([name for name, _ in self.levels] + sorted({q for q, _ in self.places})))
        self.often = [name for name, count in Counter(name for name, _ in self.levels).items() if count > 1]
        self.slots = _slots(plan)

    def start(self, seen: Quantities, shape: tuple[int, ...], dtype: Any) -> _Carry:
        """What there is at the start: milestones that have come already, and the clocks at them."""
        dates = tuple(jnp.where(seen[name] >= level, 0.0, jnp.inf).astype(dtype) for name, level in self.levels)
        readings = tuple(
            jnp.where(dates[n] == 0.0, seen[name], jnp.full(shape, jnp.nan, dtype)) for name, n in self.places
        )
        store = jnp.zeros((len(self.plan.stored_steps) + 1, len(self.plan.model.observables), *shape), dtype)
        return _Carry({name: seen[name] for name in self.watched}, dates, readings, jnp.ones(shape, bool), store)

    def step(self, carry: _Carry, step: Array, seen: Quantities) -> tuple[_Carry, None]:
        """Milestones that a step reaches, and the clocks when it does, along lines."""
        now = fences({name: seen[name] for name in self.watched})
        before, begun = carry.before, (step - 1).astype(carry.dates[0].dtype)
        rises = {name: now[name] - before[name] for name in self.watched}
        inverse = {name: 1.0 / where(rise > 0, rise, 1.0) for name, rise in rises.items()}
        inverse |= {name: fence(inverse[name]) for name in self.often}  # computed once
        shares = [maximum((level - before[name]) * inverse[name], 0.0) for name, level in self.levels]
        # A date in steps can only come down, and later crossings are later: the least is the first.
        found = [
            where(now[q] >= level, begun + share, jnp.inf)
            for (q, level), share in zip(self.levels, shares, strict=True)
        ]
        dates = tuple(where(new < date, new, date) for new, date in zip(found, carry.dates, strict=True))
        readings = tuple(
            where(found[n] < carry.dates[n], before[name] + shares[n] * rises[name], reading)
            for (name, n), reading in zip(self.places, carry.readings, strict=True)
        )
        finite = carry.finite & jnp.isfinite(sum(now[name] for name in self.watched))
        return carry._replace(before=now, dates=dates, readings=readings, finite=finite), None

    def store(self, carry: _Carry, step: Array, seen: Quantities) -> _Carry:
        """Keeps the observables of a step."""
        kept = jnp.stack([seen[o.quantity] for o in self.plan.model.observables])
        finite = carry.finite & jnp.isfinite(sum(seen[o.quantity] for o in self.plan.model.observables))
        store = jax.lax.dynamic_update_index_in_dim(carry.store, kept, self.slots[step], 0)
        return carry._replace(finite=finite, store=store)

    def step_and_store(self, carry: _Carry, step: Array, seen: Quantities) -> tuple[_Carry, None]:
        """Both, after every step: for a model whose noise changes less often than observables are kept."""
        return self.store(self.step(carry, step, seen)[0], step, seen), None


def _slots(plan: Plan) -> Array:
    """Where each step's observables are stored; steps that are not stored share a slot that is thrown away."""
    last = plan.beats * plan.model.steps_per_innovation
    slots = np.full(last + 1, len(plan.stored_steps), dtype=np.int32)
    slots[list(plan.stored_steps)] = np.arange(len(plan.stored_steps))
    return jnp.asarray(slots)
