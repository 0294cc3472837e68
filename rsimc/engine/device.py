"""Devices: one mesh over all local ones, blocks of fixed shape, compiled once. The only room that jits and shards."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec

from rsimc.engine.counts import Counts, Places, Tally, device_add, device_zero, host_counts, places_of
from rsimc.engine.kept import Shelf, apart, content_of, loaded
from rsimc.engine.packed import Packed, pack, unpack
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.simulate import Block, Seen, go_on, prepare_block, seen_shapes
from rsimc.engine.source import Source
from rsimc.maths import fence

Array = jax.Array


LANE = 256
"""On CPUs: eight specialisms of 256 trajectories are 8 KiB, of which a first-level cache holds four. With 128 the
flagship is as fast, with 512 1% slower and with 1,024 4% (a Zen 1, 16,384 trajectories, medians of seven in turns)."""


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


def steps_at_once(kind: str) -> int:
    """Steps that the compiler sees together: four on a GPU, where what they hand on would go through memory and back
    (benchmarks/results/gpu.json). In a CPU's cache that costs 3% (benchmarks/results/compiling.json), and one step has
    half the program of three."""
    return 1 if kind == "cpu" else 4


def compiler_options(kind: str) -> dict[str, Any] | None:
    """What blocks are compiled with on a kind of device. On CPUs the whole width of vectors where one has 512 bits, and
    half of the copies between steps."""
    if kind != "cpu":
        return None
    return {"xla_cpu_prefer_vector_width": 512, "xla_cpu_copy_insertion_use_region_analysis": True}


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


def compile_chunk(
    plan: Plan, devices: list[Any] | None = None, shelf: Shelf | None = None
) -> Callable[[int, int, Source], Chunk]:
    """A function (chunk index, trajectories in all, source) -> Chunk; its programs come from the shelf, or are compiled
    at the first call and put there.

    The same numbers come out for any number of devices: every lane is the same program on the same trajectories, and
    fences in `simulate_block` keep the compiler from rounding otherwise where there is one device only.
    """
    chosen = mesh_devices() if devices is None else devices
    width = lane(chosen[0].platform, len(chosen))
    lanes = np.arange(CHUNK // width, dtype=np.uint32)
    ready: dict[Any, tuple[jax.stages.Compiled, ...]] = {}

    def run(index: int, total: int, source: Source) -> Chunk:
        starts = np.uint32(index * CHUNK) + lanes * np.uint32(width)
        # the last id instead of the total, which may be 2^32: one more than uint32 holds
        last = np.uint32(total - 1)
        leaves, tree = jax.tree.flatten(source)
        kind = (tree, _shapes(leaves))
        if kind not in ready:
            ready[kind] = chunk_programs(plan, chosen, source, shelf)
        begin, march, count = ready[kind]
        blocks = march(starts, leaves, begin(starts, leaves))
        return Chunk(host_counts(plan, count(starts, last, blocks.seen)), blocks)

    return run


def _shapes(leaves: list[Array]) -> tuple[tuple[tuple[int, ...], str], ...]:
    return tuple((leaf.shape, str(leaf.dtype)) for leaf in leaves)


def chunk_programs(
    plan: Plan, devices: list[Any], source: Source, shelf: Shelf | None = None
) -> tuple[jax.stages.Compiled, ...]:
    """The programs of a chunk, from the shelf or compiled: see `_compiled`."""
    width = lane(devices[0].platform, len(devices))
    name = repr([type(source).__name__, _shapes(jax.tree.leaves(source)), width, [device.id for device in devices]])
    content = None if shelf is None else shelf.get(name)
    kept = None if content is None else loaded(content, devices)
    if kept is not None:
        return kept
    with undisturbed():
        if shelf is None:
            return _compiled(plan, devices, width, source)
        with apart() as fresh:
            made = _compiled(plan, devices, width, source)
        if fresh():
            shelf.put(name, content_of(made))
    return made


class Jitted(NamedTuple):
    """The programs of a chunk before they are lowered: the start of all lanes, their march, what is counted of them."""

    begin: Any
    march: Any
    count: Any


def jitted(plan: Plan, devices: list[Any], width: int, source: Source, kind: str) -> Jitted:
    """Three programs, so that they are compiled side by side, since most of a compiler's work on one is done by one
    core. At the border of the first two there are fences in any case: what is unpacked behind one is taken apart once a
    lane, not in every loop that reads it. They take the source's arrays alone, since what else it holds is in the
    programs. kind: of device, "cpu" or another, which may be none of this machine's.

    On a CPU a loop over lanes that scatters nothing becomes one function; in one that does, each small loop is a kernel
    of its own, which takes three times as long to compile (20 ms against 6 on a Zen 1). So all places are found before
    the first trajectory is counted."""
    tree = jax.tree.structure(source)

    def ids(first: Array) -> Array:
        return fence(first + jnp.arange(width, dtype=jnp.uint32))  # fused into the generator, LLVM takes seconds longer

    def begin(starts: Array, arrays: list[Array]) -> Packed:
        whole = jax.tree.unflatten(tree, arrays)
        return jax.lax.map(lambda first: pack(prepare_block(plan, whole, ids(first)), width), starts)

    def march(starts: Array, arrays: list[Array], prepared: Packed) -> Block:
        whole = jax.tree.unflatten(tree, arrays)

        def one(there: tuple[Array, Packed]) -> Block:
            prepared = jax.lax.optimization_barrier(unpack(there[1]))
            return go_on(plan, whole, ids(there[0]), prepared, steps_at_once(kind))

        made: Block = jax.lax.map(one, (starts, prepared))
        return made

    def count(starts: Array, last: Array, seen: Seen) -> Tally:
        def place(there: tuple[Array, Seen]) -> Places:
            its = ids(there[0])
            return places_of(plan, there[1], its, its <= last)

        def add(tally: Tally, found: tuple[Seen, Places]) -> tuple[Tally, None]:
            return device_add(plan, tally, *found), None

        tally, _ = jax.lax.scan(add, device_zero(plan), (seen, jax.lax.map(place, (starts, seen))))
        return Tally(*(part[None] for part in tally))

    mesh = Mesh(np.array(devices), ("lane",), axis_types=(AxisType.Auto,))
    split, alike = NamedSharding(mesh, Spec("lane")), NamedSharding(mesh, Spec())
    options = compiler_options(kind)

    def shared(work: Callable[..., Any], places: tuple[NamedSharding, ...]) -> Any:
        specs = tuple(place.spec for place in places)
        sharded = jax.shard_map(work, mesh=mesh, in_specs=specs, out_specs=Spec("lane"), check_vma=False)
        return jax.jit(sharded, in_shardings=places, out_shardings=split, compiler_options=options)

    return Jitted(
        shared(begin, (split, alike)), shared(march, (split, alike, split)), shared(count, (split, alike, split))
    )


def _compiled(plan: Plan, devices: list[Any], width: int, source: Source) -> tuple[jax.stages.Compiled, ...]:
    """The three programs, compiled while the next is being traced. Counting is handed over first: it is traced soonest,
    and a second core has nothing else to do while the start is traced."""
    begin, march, count = jitted(plan, devices, width, source, devices[0].platform)
    starts, last, seen = chunk_shapes(plan, width)
    leaves = jax.tree.leaves(source)
    with ThreadPoolExecutor(3) as pool:
        counting = pool.submit(count.lower(starts, last, seen).compile)
        first = begin.lower(starts, leaves)
        beginning = pool.submit(first.compile)
        marching = pool.submit(march.lower(starts, leaves, first.out_info).compile)
        return beginning.result(), marching.result(), counting.result()


def chunk_shapes(plan: Plan, width: int) -> tuple[Any, Any, Seen]:
    """Of what the programs of a chunk take: first trajectories of lanes, the last id, what is counted."""
    starts = jax.ShapeDtypeStruct((CHUNK // width,), np.uint32)
    return starts, jax.ShapeDtypeStruct((), np.uint32), seen_shapes(plan, CHUNK // width, width)
