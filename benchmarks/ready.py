"""A plan made ready to be timed: its blocks without counting, on one core, and its whole chunks through the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.stand_in import source_of
from rsimc.engine.device import LANE, Chunk, compile_chunk, compiler_options, mesh_devices
from rsimc.engine.plan import Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import PriorSource
from rsimc.maths import fence


@dataclass(frozen=True)
class Ready:
    """Blocks of `LANE` trajectories: `work()` simulates them, dates [blocks, milestones, LANE], readings, which are
    finite. `runs`: whole chunks, counted, by the number of devices."""

    plan: Plan
    source: PriorSource
    work: Callable[[], Any]
    blocks: int
    runs: dict[int, Callable[[int, int, PriorSource], Chunk]]

    @cached_property
    def values(self) -> np.ndarray:
        """Parameters [parameters, trajectories] of `work`."""
        return np.asarray(jax.jit(self.source.values)(jnp.arange(self.blocks * LANE, dtype=jnp.uint32)))

    @property
    def steps(self) -> int:
        """Of a trajectory."""
        return self.plan.beats * self.plan.model.steps_per_innovation

    @cached_property
    def dates(self) -> np.ndarray:
        """Those of `work` [milestones, trajectories], in years."""
        return rows_of(np.asarray(self.work()[0]))


def rows_of(dates: np.ndarray) -> np.ndarray:
    """Dates [milestones, trajectories] of [lanes, milestones, width]."""
    return np.moveaxis(dates, 1, 0).reshape(dates.shape[1], -1)


def make_ready(plan: Plan, blocks: int, counts: Sequence[int] = ()) -> Ready:
    """Whole chunks on so many devices each, and on all."""
    devices = mesh_devices()
    runs = {count: compile_chunk(plan, devices[:count]) for count in sorted({*counts, len(devices)})}
    return Ready(plan, source_of(plan.model), paths(plan, blocks), blocks, runs)


def powers_of_two() -> list[int]:
    """1, 2, 4, ... devices, as many as there are."""
    return [2**n for n in range(len(mesh_devices()).bit_length()) if 2**n <= len(mesh_devices())]


def paths(plan: Plan, blocks: int, width: int = LANE) -> Callable[[], Any]:
    """Dates [blocks, milestones, width], readings and which are finite, on one device, without counting."""
    source = source_of(plan.model)
    starts = np.arange(blocks, dtype=np.uint32) * np.uint32(width)

    def block(at: jax.Array) -> Any:
        made = simulate_block(plan, source, fence(at + jnp.arange(width, dtype=jnp.uint32)))
        return made.dates, made.readings, made.finite

    program = jax.jit(lambda s: jax.lax.map(block, s), compiler_options=compiler_options(jax.default_backend()))
    return lambda: jax.block_until_ready(program(starts))
