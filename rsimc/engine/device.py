"""Devices: one mesh over all local ones, blocks of fixed shape, compiled once. The only room that jits and shards."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec

from rsimc.engine.counts import Counts, device_add, device_zero
from rsimc.engine.packed import Packed, pack, unpack
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.simulate import Block, go_on, prepare_block
from rsimc.engine.source import Source
from rsimc.maths import fence

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
    """Show every CPU core to jax as a device. Must run before jax is first used; what is already set is respected.

    A compiled scan uses one core only, so that the cores work on blocks of their own. Loops are not unrolled: programs
    run as fast, to the same bytes, and the compiler is done in four fifths of the time.
    """
    count = cores or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    wanted = {
        "xla_force_host_platform_device_count": str(count),
        "xla_backend_extra_options": "xla_cpu_disable_loop_unrolling",
    }
    flags = os.environ.get("XLA_FLAGS", "")
    more = [f"--{name}={value}" for name, value in wanted.items() if name not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *more]).strip()


def lane(kind: str, devices: int) -> int:
    """Trajectories side by side: as many as stay in a core's cache on CPU, a device's whole share elsewhere."""
    return LANE if kind == "cpu" else CHUNK // devices


def beats_at_once(kind: str, steps: int) -> int:
    """Beats of `steps` steps each that the compiler sees at once: four steps or more on a GPU, where what they hand on
    would go through memory and back (benchmarks/results/gpu.json); in a CPU's cache that costs nothing."""
    return 1 if kind == "cpu" else -(-4 // steps)


def compiler_options(kind: str) -> dict[str, Any] | None:
    """What blocks are compiled with on a kind of device: the whole width of vectors where a CPU has 512 bits."""
    return {"xla_cpu_prefer_vector_width": 512} if kind == "cpu" else None


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage is collected meanwhile: tracing makes little of it, and looking for it takes a tenth as long."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


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
    width = lane(chosen[0].platform, len(chosen))
    lanes = np.arange(CHUNK // width, dtype=np.uint32)
    compiled: dict[Any, tuple[Any, Any]] = {}

    def run(index: int, total: int, source: Source) -> Chunk:
        starts = np.uint32(index * CHUNK) + lanes * np.uint32(width)
        # the last id instead of the total, which may be 2^32: one more than uint32 holds
        last = np.uint32(total - 1)
        kind = (jax.tree.structure(source), *(jnp.shape(leaf) for leaf in jax.tree.leaves(source)))
        if kind not in compiled:
            compiled[kind] = _compiled(plan, chosen, width, (starts, last, source))
        begin, march = compiled[kind]
        counts, blocks = march(starts, last, source, begin(starts, source))
        summed = {name: np.asarray(part).astype(np.int64).sum(axis=0) for name, part in counts.items()}
        return Chunk(Counts(**summed), blocks)

    return run


def _compiled(plan: Plan, devices: list[Any], width: int, arguments: tuple[np.ndarray, np.uint32, Source]) -> Any:
    """Two programs, of the start of all lanes and of their march, compiled side by side: most of a compiler's work on
    one program is done by one core. At their border there are fences in any case: what is unpacked behind one is taken
    apart once a lane, not in every loop that reads it."""

    kind = devices[0].platform
    together = beats_at_once(kind, plan.model.steps_per_innovation)

    def ids(first: Array) -> Array:
        return fence(first + jnp.arange(width, dtype=jnp.uint32))  # fused into the generator, LLVM takes seconds longer

    def begin(starts: Array, source: Source) -> Packed:
        return jax.lax.map(lambda first: pack(prepare_block(plan, source, ids(first)), width), starts)

    def march(starts: Array, last: Array, source: Source, prepared: Packed) -> tuple[dict[str, Array], Any]:
        def one(counts: dict[str, Array], there: tuple[Array, Packed]) -> tuple[dict[str, Array], Any]:
            its = ids(there[0])
            block = go_on(plan, source, its, jax.lax.optimization_barrier(unpack(there[1])), together)
            return device_add(plan, counts, block, its, its <= last), block

        counts, blocks = jax.lax.scan(one, device_zero(plan), (starts, prepared))
        return jax.tree.map(lambda x: x[None], counts), blocks

    mesh = Mesh(np.array(devices), ("lane",), axis_types=(AxisType.Auto,))
    split, whole = NamedSharding(mesh, Spec("lane")), NamedSharding(mesh, Spec())
    options = compiler_options(kind)

    def lowered(work: Callable[..., Any], places: tuple[NamedSharding, ...], given: tuple[Any, ...]) -> Any:
        specs = tuple(place.spec for place in places)
        sharded = jax.shard_map(work, mesh=mesh, in_specs=specs, out_specs=Spec("lane"), check_vma=False)
        return jax.jit(sharded, in_shardings=places, out_shardings=split, compiler_options=options).lower(*given)

    starts, last, source = arguments
    with undisturbed(), ThreadPoolExecutor(2) as pool:
        first = lowered(begin, (split, whole), (starts, source))
        beginning = pool.submit(first.compile)  # while the march is being traced
        then = lowered(march, (split, whole, whole, split), (starts, last, source, first.out_info))
        marching = pool.submit(then.compile)
        return beginning.result(), marching.result()
