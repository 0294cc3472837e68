"""Where trajectories come from: the prior or a posterior, with the noise that belongs to each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine import rng, sobol
from rsimc.engine.plan import BATCHES, batch_of, place_in_batch
from rsimc.engine.redraw import redrawn
from rsimc.models.base import Model, Redraw
from rsimc.priors.vector import PriorSet

Array = jax.Array


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
    data_fields=["noise", "parameter_keys", "choices", "directions"],
    meta_fields=["priors", "chosen", "redraw"],
)
@dataclass(frozen=True)
class PriorSource:
    """Every trajectory its own draw from the prior. noise [processes, 2], parameter_keys [parameters, 2] uint32.

    chosen: places of the parameters that choose forms; choices [chosen, forms] their values, which trajectories take in
    turn. Both empty for a single form. directions [parameters, 26] uint32: of a Sobol sequence, whose scrambles the
    parameters' keys decide; empty for independent draws. redraw: which draws are taken anew.
    """

    priors: PriorSet
    noise: Array
    parameter_keys: Array
    chosen: tuple[int, ...] = ()
    choices: Array = field(default_factory=lambda: jnp.zeros((0, 1), jnp.float32))
    directions: Array = field(default_factory=lambda: jnp.zeros((0, sobol.BITS), jnp.uint32))
    redraw: Redraw | None = None

    def draw(self, ids: Array) -> Array:
        """No posterior: 0."""
        return jnp.zeros(ids.shape, jnp.int32)

    def values(self, ids: Array) -> Array:
        """Quantiles of standard normals, one stream or one dimension a parameter."""
        if self.directions.shape[0]:
            z = sobol.normals(self.directions, self.parameter_keys, ids)
        else:
            z = rng.normals(self.parameter_keys, ids, jnp.asarray(0))
        if self.redraw is not None:
            z = redrawn(self.redraw, self.priors, z, lambda rows, n: rng.normals(self.parameter_keys[rows], ids, n))
        values = self.priors.from_normal(z)
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
        within = place_in_batch(ids).astype(jnp.int32)
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
