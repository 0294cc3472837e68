"""A fixed number of trajectories of a source: dates of milestones for refits, and paths for weighing by new data.

They are the first block of every batch of a run with the same source: trajectory i is trajectory i.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh
from jax.sharding import PartitionSpec as Spec

from rsimc.engine.counts import gone_by
from rsimc.engine.device import compiler_options, lane, mesh_devices, steps_at_once
from rsimc.engine.path import march, start
from rsimc.engine.plan import BATCHES, BLOCK, Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import Source

SAMPLE = BLOCK * BATCHES
"""Trajectories: one block of every batch."""


@dataclass(frozen=True)
class Dates:
    """When milestones came, decimal years [milestones, trajectories], inf where not within the plan's horizon.

    draw [trajectories]: of the posterior; kept [trajectories]: neither conditioned out nor not finite.
    """

    names: tuple[str, ...]
    years: np.ndarray
    draw: np.ndarray
    kept: np.ndarray

    def of(self, milestone: str) -> np.ndarray:
        """Dates of one milestone [trajectories]."""
        return self.years[self.names.index(milestone)]


def _sharded(work: Callable[[Source, jax.Array], Any], of_each: int = BLOCK) -> Callable[[Source], Any]:
    """Work on lanes of the first `of_each` trajectories of every batch, a source and ids [B], spread over the devices;
    results gain an axis of lanes."""
    devices = mesh_devices()
    kind, most = devices[0].platform, of_each if of_each < BLOCK else SAMPLE // len(devices)
    width = min(lane(devices[0].platform, len(devices)), most)
    mesh = Mesh(np.array(devices), ("lane",), axis_types=(AxisType.Auto,))

    def share(starts: jax.Array, source: Source) -> Any:
        return jax.lax.map(lambda first: work(source, first + jnp.arange(width, dtype=jnp.uint32)), starts)

    specs = (Spec("lane"), Spec())
    sharded = jax.shard_map(share, mesh=mesh, in_specs=specs, out_specs=Spec("lane"), check_vma=False)
    program = jax.jit(sharded, compiler_options=compiler_options(kind))
    starts = np.arange(SAMPLE // width, dtype=np.uint32) * np.uint32(width)
    starts = starts[starts % BLOCK < of_each]
    return lambda source: program(starts, source)


def compile_dates(plan: Plan, names: tuple[str, ...], of_each: int = BLOCK) -> Callable[[Source], Dates]:
    """A function of a source, compiled at the first call; sources of one shape share the program. of_each: trajectories
    of every batch, BLOCK or a part of it that lanes fill."""
    places = np.array([[m.name for m in plan.model.milestones].index(name) for name in names])

    together = steps_at_once(jax.local_devices()[0].platform)

    def block(source: Source, ids: jax.Array) -> Any:
        made = simulate_block(plan, source, ids, together)
        return made.dates[places], made.draw, made.finite & ~gone_by(plan, made.dates)

    program = _sharded(block, of_each)

    def run(source: Source) -> Dates:
        dates, draw, kept = (np.asarray(part) for part in program(source))
        years = plan.grid.start + np.moveaxis(dates, 0, 1).reshape(len(names), -1).astype(np.float64)
        return Dates(names, years, draw.reshape(-1), kept.reshape(-1))

    return run


@dataclass(frozen=True)
class Sample:
    """The beginnings of trajectories. values [parameters, SAMPLE]; quantities: each [steps + 1, SAMPLE], from the
    model's start."""

    values: np.ndarray
    quantities: dict[str, np.ndarray]


def compile_paths(plan: Plan, names: tuple[str, ...], beats: int) -> Callable[[Source], Sample]:
    """A function of a source: quantities over the first beats of every trajectory."""
    program = _sharded(lambda source, ids: _beginning(plan, names, beats, source, ids))

    def run(source: Source) -> Sample:
        values, kept = jax.tree.map(np.asarray, program(source))
        flat = {name: np.moveaxis(part, 0, 1).reshape(part.shape[1], -1) for name, part in kept.items()}
        return Sample(np.moveaxis(values, 0, 1).reshape(values.shape[1], -1), flat)

    return run


def _beginning(plan: Plan, names: tuple[str, ...], beats: int, source: Source, ids: jax.Array) -> Any:
    """Parameter values [parameters, B] and quantities [steps + 1, B] of trajectories ids [B]."""
    model, values = plan.model, source.values(ids)
    noise = source.innovations(model, ids)
    params, state, first = start(model, source.named(values), noise.first(model.anchor_innovations))

    def visit(carry: None, step: jax.Array, seen: Any) -> tuple[None, Any]:
        return carry, {name: seen[name] for name in names}

    kept = march(model, params, state, beats, lambda n: noise.at(n + 1), visit, None)[2]
    flat = {name: kept[name].reshape(-1, ids.shape[0]) for name in names}
    return values, {name: jnp.concatenate([first[name][None], flat[name]]) for name in names}
