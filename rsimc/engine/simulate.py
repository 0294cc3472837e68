"""A block of trajectories: parameters and past noise in, milestone dates and observables out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine import rng
from rsimc.engine.path import march, start
from rsimc.engine.plan import BATCHES, BLOCK, Plan
from rsimc.maths import fence, maximum
from rsimc.models.base import Model, Quantities
from rsimc.priors.vector import PriorSet

Array = jax.Array


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


class Source(Protocol):
    """Where parameters and past noise come from. A pytree, so that its tables are arguments of compiled programs."""

    def draw(self, ids: Array) -> Array:
        """Posterior draw of each trajectory, int32 [B]; 0 without a posterior."""
        ...

    def values(self, ids: Array) -> Array:
        """Parameter values [parameters, B]."""
        ...

    def innovations(self, model: Model, ids: Array) -> Innovations:
        """The noise of each trajectory."""
        ...

    def named(self, values: Array) -> dict[str, Array]:
        """Parameters by name."""
        ...


class Innovations(NamedTuple):
    """past [known, processes, B]: noise that belongs to the trajectory's draw; fresh noise follows from the keys."""

    past: Array
    keys: Array
    ids: Array

    def at(self, index: Array) -> Array:
        """Innovations [processes, B] number `index`; 0 is the start."""
        fresh = rng.normals(self.keys, self.ids, index)
        known = self.past.shape[0]
        return jnp.where(index < known, self.past[jnp.minimum(index, known - 1)], fresh) if known else fresh

    def first(self, count: int) -> Array:
        """The first innovations [count, processes, B]."""
        if self.past.shape[0] >= count:
            return self.past[:count]
        steps = jnp.arange(count, dtype=jnp.int32)
        fresh = jax.lax.map(lambda n: rng.normals(self.keys, self.ids, n), steps)
        return jnp.concatenate([self.past, fresh[self.past.shape[0] :]], axis=0)


def noise_keys(model: Model, seed: int) -> np.ndarray:
    """Keys of the model's noise streams [processes, 2]."""
    return rng.stream_keys(seed, [f"noise.{name}" for name in model.innovations])


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["noise", "parameter_keys", "choices"],
    meta_fields=["priors", "chosen"],
)
@dataclass(frozen=True)
class PriorSource:
    """Every trajectory its own draw from the prior. noise [processes, 2], parameter_keys [parameters, 2] uint32.

    chosen: places of the parameters that choose forms; choices [chosen, forms] their values, which trajectories take in
    turn. Both empty for a single form.
    """

    priors: PriorSet
    noise: Array
    parameter_keys: Array
    chosen: tuple[int, ...] = ()
    choices: Array = field(default_factory=lambda: jnp.zeros((0, 1), jnp.float32))

    def draw(self, ids: Array) -> Array:
        """No posterior: 0."""
        return jnp.zeros(ids.shape, jnp.int32)

    def values(self, ids: Array) -> Array:
        """Quantiles of standard normals, one stream a parameter."""
        values = self.priors.from_normal(rng.normals(self.parameter_keys, ids, jnp.asarray(0)))
        if not self.chosen:
            return values
        taken = self.choices[:, (ids % np.uint32(self.choices.shape[1])).astype(jnp.int32)]
        return values.at[np.array(self.chosen)].set(taken)

    def innovations(self, model: Model, ids: Array) -> Innovations:
        """All fresh."""
        return Innovations(jnp.zeros((0, len(model.innovations), ids.shape[0]), jnp.float32), self.noise, ids)

    def named(self, values: Array) -> dict[str, Array]:
        """Parameters by name."""
        return self.priors.named(values)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["noise", "table", "past", "order", "fresh_keys"],
    meta_fields=["priors"],
)
@dataclass(frozen=True)
class PosteriorSource:
    """Draws of a posterior. table [fitted, draws] and past [known, processes, draws] in chain order, float32.

    order [draws] int32: the order in which draws are used, chain order when empty. fresh_keys [fresh, 2] uint32: of the
    last parameters of `priors`, which the posterior does not hold and which are drawn from their priors.
    """

    priors: PriorSet
    noise: Array
    table: Array
    past: Array
    order: Array = field(default_factory=lambda: jnp.zeros(0, jnp.int32))
    fresh_keys: Array = field(default_factory=lambda: jnp.zeros((0, 2), jnp.uint32))

    def draw(self, ids: Array) -> Array:
        """Batch b owns the b-th of 64 contiguous segments of the draws and cycles through it.

        In chain order, so that the spread of the batches sees autocorrelation and the clustering of trajectories by
        draw; in a mixture the forms take turns, each in its chain order, so that every batch holds all of them.
        """
        draws = self.table.shape[1]
        edges = jnp.asarray([(b * draws) // BATCHES for b in range(BATCHES + 1)], jnp.int32)
        batch = batch_of(ids)
        within = ((ids // np.uint32(BLOCK * BATCHES)) * np.uint32(BLOCK) + ids % np.uint32(BLOCK)).astype(jnp.int32)
        own = jnp.maximum(edges[batch + 1] - edges[batch], 1)  # below 64 draws batches share them
        place = edges[batch] + within % own
        return self.order[place] if self.order.shape[0] else place

    def values(self, ids: Array) -> Array:
        """The draw's parameters, then fresh ones."""
        known = self.table[:, self.draw(ids)]
        if not self.fresh_keys.shape[0]:
            return known
        fresh = PriorSet(self.priors.entries[self.table.shape[0] :])
        return jnp.concatenate([known, fresh.from_normal(rng.normals(self.fresh_keys, ids, jnp.asarray(0)))], axis=0)

    def innovations(self, model: Model, ids: Array) -> Innovations:
        """The draw's past, then fresh."""
        return Innovations(self.past[:, :, self.draw(ids)], self.noise, ids)

    def named(self, values: Array) -> dict[str, Array]:
        """Parameters by name."""
        return self.priors.named(values)


def batch_of(ids: Array) -> Array:
    """Batch of each trajectory, int32: blocks of 1,024 take turns."""
    return ((ids // np.uint32(BLOCK)) % np.uint32(BATCHES)).astype(jnp.int32)


class _Carry(NamedTuple):
    """What a march keeps. before: quantities of the last step; dates in steps; store [stored + 1, observables, B]."""

    before: dict[str, Array]
    dates: tuple[Array, ...]
    readings: tuple[Array, ...]
    finite: Array
    store: Array


def simulate_block(plan: Plan, source: Source, ids: Array) -> Block:
    """Simulate trajectories ids [B] uint32 to the horizon."""
    model = plan.model
    values = source.values(ids)
    noise = source.innovations(model, ids)
    # Fences around the model's arithmetic: how its inputs are sliced and its outputs kept must not decide how the
    # compiler merges multiplications into additions, or one device would round otherwise than two.
    inputs = jax.lax.optimization_barrier((source.named(values), noise.first(model.anchor_innovations)))
    params, state, seen = jax.lax.optimization_barrier(start(model, *inputs))
    watch = _Watch(plan)
    visit, mark = (watch.step, watch.store) if plan.stored_at_beats else (watch.step_and_store, None)
    carry = watch.start(seen, ids.shape, values.dtype)
    state, carry, _ = march(model, params, state, plan.beats, lambda n: noise.at(n + 1), visit, carry, mark)
    dates, readings = (
        jnp.stack(rows) if rows else jnp.zeros((0, *ids.shape)) for rows in (carry.dates, carry.readings)
    )
    return Block(
        dates / watch.per_year, readings, carry.store[:-1], values, source.draw(ids), carry.finite, model.clipped(state)
    )


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
        now = jax.lax.optimization_barrier({name: seen[name] for name in self.watched})
        before, begun = carry.before, (step - 1).astype(carry.dates[0].dtype)
        rises = {name: now[name] - before[name] for name in self.watched}
        inverse = {name: 1.0 / jnp.where(rise > 0, rise, 1.0) for name, rise in rises.items()}
        inverse |= {name: fence(inverse[name]) for name in self.often}  # computed once
        shares = [maximum((level - before[name]) * inverse[name], 0.0) for name, level in self.levels]
        # A date in steps can only come down, and later crossings are later: the least is the first.
        found = [
            jnp.where(now[q] >= level, begun + share, jnp.inf)
            for (q, level), share in zip(self.levels, shares, strict=True)
        ]
        dates = tuple(jnp.where(new < date, new, date) for new, date in zip(found, carry.dates, strict=True))
        readings = tuple(
            jnp.where(found[n] < carry.dates[n], before[name] + shares[n] * rises[name], reading)
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
