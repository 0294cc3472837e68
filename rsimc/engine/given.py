"""Trajectories whose parameters and past noise are handed over, for settings that change many times a minute.

A program knows neither prior nor posterior: both are data to it, so that one program serves every setting of one
structure. Trajectory i still has the noise of trajectory i, and at a run's own parameters it is the run's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh
from jax.sharding import PartitionSpec as Spec

from rsimc.engine import rng
from rsimc.engine.device import LANE, compiler_options, mesh_devices, steps_at_once
from rsimc.engine.plan import Plan
from rsimc.engine.simulate import Block, simulate_block
from rsimc.engine.source import Innovations
from rsimc.engine.trajectory import compile_lane
from rsimc.models.base import Model
from rsimc.priors.vector import PriorSet

Array = jax.Array
PlanOf = Callable[[Array], Plan]
"""A plan of numbers that may change without a new program, such as the threshold of a pause."""


class Handed(NamedTuple):
    """Trajectories as they are handed over. ids [n] uint32; values [parameters, n]; past [known, processes, n]: noise
    that is known; noise [processes, 2] uint32: keys of the rest; levels: what the plan is of."""

    ids: np.ndarray
    values: np.ndarray
    past: np.ndarray
    noise: np.ndarray
    levels: np.ndarray


@partial(jax.tree_util.register_dataclass, data_fields=["noise", "table", "past"], meta_fields=["priors"])
@dataclass(frozen=True)
class Given:
    """A source of one lane: table [parameters, B], past [known, processes, B]."""

    priors: PriorSet
    noise: Array
    table: Array
    past: Array

    def draw(self, ids: Array) -> Array:
        """Not known here: 0."""
        return jnp.zeros(ids.shape, jnp.int32)

    def values(self, ids: Array) -> Array:
        """Those of the lane."""
        return self.table

    def innovations(self, model: Model, ids: Array) -> Innovations:
        """Those that are known, then fresh ones."""
        return Innovations(self.past, self.noise, ids)

    def named(self, values: Array) -> dict[str, Array]:
        """Parameters by name."""
        return self.priors.named(values)


def whole_lanes(count: int) -> int:
    """The least number of trajectories, `count` or more, that fills the lanes of all devices."""
    devices = mesh_devices()
    each = LANE * len(devices)
    return -(-count // each) * each


def compile_given(plan_of: PlanOf, priors: PriorSet) -> Callable[[Handed], Block]:
    """A function of trajectories (as many as `whole_lanes` says), compiled at the first call for each number of them.

    Fields of the block have a leading axis of lanes.
    """
    devices = mesh_devices()
    kind = devices[0].platform

    def share(ids: Array, table: Array, past: Array, noise: Array, levels: Array) -> Block:
        plan = plan_of(levels)

        def lane(one: tuple[Array, Array, Array]) -> Block:
            return simulate_block(plan, Given(priors, noise, one[1], one[2]), one[0], steps_at_once(kind))

        return jax.lax.map(lane, (ids, table, past))

    mesh = Mesh(np.array(devices), ("lane",), axis_types=(AxisType.Auto,))
    split, whole = Spec("lane"), Spec()
    specs = (split, split, split, whole, whole)
    sharded = jax.shard_map(share, mesh=mesh, in_specs=specs, out_specs=split, check_vma=False)
    program = jax.jit(sharded, compiler_options=compiler_options(kind))

    def run(handed: Handed) -> Block:
        count = len(handed.ids)
        width = LANE if kind == "cpu" else count // len(devices)
        rows = (_in_lanes(part, width) for part in (handed.ids, handed.values, handed.past))
        return Block(*program(*rows, handed.noise, handed.levels))

    return run


def _in_lanes(values: np.ndarray, width: int) -> np.ndarray:
    """[..., n] as [lanes, ..., width], contiguous."""
    split = values.reshape(*values.shape[:-1], values.shape[-1] // width, width)
    return np.ascontiguousarray(np.moveaxis(split, -2, 0))


def compile_given_path(plan_of: PlanOf, priors: PriorSet) -> Callable[[Handed], dict[str, np.ndarray]]:
    """A function of one lane of trajectories -> every quantity after every step of the first [steps + 1]."""

    def path(ids: Array, table: Array, past: Array, noise: Array, levels: Array) -> dict[str, Array]:
        return compile_lane(plan_of(levels))(ids, Given(priors, noise, table, past))

    program = jax.jit(path, compiler_options=compiler_options(jax.local_devices()[0].platform))
    return lambda handed: {name: np.asarray(part[:, 0]) for name, part in program(*handed).items()}


def fresh_noise(noise: np.ndarray, ids: np.ndarray, count: int) -> np.ndarray:
    """The first innovations [count, processes, n] of trajectories that know none."""
    draw = jax.jit(lambda keys, its: jax.lax.map(lambda n: rng.normals(keys, its, n), jnp.arange(count)))
    return np.asarray(draw(noise, ids))


def fresh_normals(keys: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """What a run draws parameters from [keys, n], standard normal."""
    return np.asarray(jax.jit(rng.normals)(keys, ids, 0))
