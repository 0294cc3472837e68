"""Devices: one mesh over all local ones, blocks of fixed shape, compiled once. The only room that jits and shards."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh
from jax.sharding import PartitionSpec as Spec

from rsimc.engine.counts import Counts, device_add, device_zero
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.simulate import Block, simulate_block
from rsimc.engine.source import Source

Array = jax.Array


LANE = 256
"""On CPUs: eight specialisms of 256 trajectories are 8 KiB, of which a first-level cache holds four. On AMD's Zen 4 512
are 3% slower, 1,024 a tenth (benchmarks/engine)."""


@dataclass(frozen=True)
class Chunk:
    """The counts of one chunk, and its trajectories, still on the devices."""

    counts: Counts
    block: Block


def use_cpu_cores(cores: int | None = None) -> None:
    """Show every CPU core to jax as a device. Must run before jax is first used; a count already set is respected.

    A compiled scan uses one core only, so that the cores work on blocks of their own.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_force_host_platform_device_count" not in flags:
        count = (
            cores or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores or os.cpu_count() or 1
        )
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={count}".strip()


def lane(kind: str, devices: int) -> int:
    """Trajectories side by side: as many as stay in a core's cache on CPU, a device's whole share elsewhere."""
    return LANE if kind == "cpu" else CHUNK // devices


def mesh_devices() -> list[Any]:
    """As many local devices as share a chunk's blocks evenly."""
    found = jax.local_devices()
    lanes = CHUNK // LANE
    return found[: max(n for n in range(1, len(found) + 1) if lanes % n == 0)]


def compile_chunk(plan: Plan, devices: list[Any] | None = None) -> Callable[[int, int, Source], Chunk]:
    """A function (chunk index, trajectories in all, source) -> Chunk, compiled at the first call.

    The same numbers come out for any number of devices: every lane is the same program on the same trajectories, and
    fences in `simulate_block` keep the compiler from rounding otherwise where there is one device only.
    """
    chosen = mesh_devices() if devices is None else devices
    mesh = Mesh(np.array(chosen), ("lane",), axis_types=(AxisType.Auto,))
    width = lane(chosen[0].platform, len(chosen))
    lanes = np.arange(CHUNK // width, dtype=np.uint32)

    def one(counts: dict[str, Array], start: Array, last: Array, source: Source) -> tuple[dict[str, Array], Any]:
        ids = start + jnp.arange(width, dtype=jnp.uint32)
        block = simulate_block(plan, source, ids)
        return device_add(plan, counts, block, ids, ids <= last), block

    def share(starts: Array, last: Array, source: Source) -> tuple[dict[str, Array], Any]:
        counts, blocks = jax.lax.scan(lambda c, s: one(c, s, last, source), device_zero(plan), starts)
        return jax.tree.map(lambda x: x[None], counts), blocks

    specs = (Spec("lane"), Spec(), Spec())
    sharded = jax.shard_map(share, mesh=mesh, in_specs=specs, out_specs=Spec("lane"), check_vma=False)
    options = {"xla_cpu_prefer_vector_width": 512} if chosen[0].platform == "cpu" else None
    program = jax.jit(sharded, compiler_options=options)

    def run(index: int, total: int, source: Source) -> Chunk:
        starts = np.uint32(index * CHUNK) + lanes * np.uint32(width)
        # the last id instead of the total, which may be 2^32: one more than uint32 holds
        counts, blocks = program(starts, np.uint32(total - 1), source)
        summed = {name: np.asarray(part).astype(np.int64).sum(axis=0) for name, part in counts.items()}
        return Chunk(Counts(**summed), blocks)

    return run
