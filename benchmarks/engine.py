"""What the engine's benchmark measures: the gate that has to open first, times of W and the flagship, scaling."""

from __future__ import annotations

import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.functions import functions_of_a_step
from benchmarks.others import compiled, in_numpy, in_scipy
from benchmarks.stand_in import FUNCTIONS, SEED, STEPS, source_of, stand_in_plan
from rsimc.api import load_study
from rsimc.engine import rng
from rsimc.engine.counts import shapes
from rsimc.engine.device import LANE, compile_chunk, compiler_options
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import PriorSource
from rsimc.models.takeoff.model import Takeoff

Timed = Callable[[], Any]


def interleaved(works: dict[str, Timed], repeats: int) -> dict[str, list[float]]:
    """CPU seconds of each, taking turns; each is run once before."""
    for work in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begun = time.process_time()
            work()
            found[name].append(time.process_time() - begun)
    return found


def paths(plan: Plan, blocks: int, width: int = LANE) -> Timed:
    """Dates and readings of `blocks` times `width` trajectories on one device, without counting."""
    source = source_of(plan.model)
    starts = np.arange(blocks, dtype=np.uint32) * np.uint32(width)

    def block(at: jax.Array) -> Any:
        made = simulate_block(plan, source, at + jnp.arange(width, dtype=jnp.uint32))
        return made.dates, made.readings, made.finite

    program = jax.jit(lambda s: jax.lax.map(block, s), compiler_options=compiler_options(jax.default_backend()))
    return lambda: jax.block_until_ready(program(starts))


def gate(plan: Plan) -> dict[str, Any]:
    """Whether times may be printed: raises SystemExit with what is wrong."""
    words = tuple(int(word) for word in rng.threefry(*(jnp.zeros((), jnp.uint32) for _ in range(4))))
    devices, source = jax.local_devices(), source_of(plan.model)
    ones, alls = (compile_chunk(plan, some)(0, CHUNK, source).counts for some in (devices[:1], devices))
    same = all(np.array_equal(getattr(ones, f), getattr(alls, f)) for f in ("milestones", "fans", "classes"))
    days = _against_numpy(plan, source)
    if words != (0x6B200159, 0x99BA4EFE) or not same or days["p99_9"] > 1.0 or days["flipped"] > 1e-3:
        raise SystemExit(f"wrong, so no times: threefry(0) {words}, devices agree {same}, days against float64 {days}")
    return {"devices": len(devices), "counts_agree": same, "days_against_float64": days}


def _against_numpy(plan: Plan, source: PriorSource, count: int = 4096) -> dict[str, float]:
    """Days by which dates differ from numpy's in float64, with the same parameters and noise."""
    ids = jnp.arange(count, dtype=jnp.uint32)
    draw = jax.jit(lambda n: rng.normals(source.noise, ids, n))
    mine = np.asarray(jax.jit(lambda: simulate_block(plan, source, ids).dates)()) * 12.0
    theirs = in_numpy(np.asarray(source.values(ids)), lambda step: np.asarray(draw(np.int32(step)), np.float64))
    both = np.isfinite(mine) & np.isfinite(theirs)
    days = np.abs(mine[both] - theirs[both]) * 365.25 / 12.0
    flipped = float(np.mean(np.isfinite(mine) != np.isfinite(theirs)))
    return {"mean": float(days.mean()), "p99_9": float(np.quantile(days, 0.999)), "flipped": flipped}


def one_core(repeats: int, quick: bool) -> dict[str, Any]:
    """Nanoseconds a trajectory-step on one core, W and the flagship, beside C++, numpy and scipy."""
    plan, flagship = stand_in_plan(), load_study("baseline").plan
    blocks = 64 if quick else 256
    w, real = paths(plan, blocks), paths(flagship, blocks // 4)
    values = np.asarray(source_of(plan.model).values(jnp.arange(blocks * LANE, dtype=jnp.uint32)))
    few, z = values[:, :10_000], np.random.default_rng(SEED)
    works: dict[str, Timed] = {"rsimc": w, "flagship": real}
    each = {"rsimc": blocks * LANE * STEPS, "flagship": blocks // 4 * LANE * _steps(flagship)}
    if (by_hand := compiled()) is not None:
        works["c"], each["c"] = lambda: by_hand(values), blocks * LANE * STEPS
    rows = interleaved(works, repeats)
    slow = {
        "numpy": lambda: in_numpy(few, lambda _: z.standard_normal((2, few.shape[1]))),
        "scipy": lambda: in_scipy(values[:, :4]),
    }
    each |= {"numpy": few.shape[1] * STEPS, "scipy": 4 * STEPS}
    rows |= interleaved(slow, 1 if quick else 3)
    ns = {name: statistics.median(row) / each[name] * 1e9 for name, row in rows.items()}
    out: dict[str, Any] = {"ns": {name: round(value, 2) for name, value in ns.items()}, "repeats": repeats}
    if "c" in ns:
        out["w_against_c"] = round(statistics.median(a / b for a, b in zip(rows["rsimc"], rows["c"], strict=True)), 3)
    count = functions_of_a_step(Takeoff())
    return out | {
        "numpy_against_w": round(ns["numpy"] / ns["rsimc"], 1),
        "scipy_against_w": round(ns["scipy"] / ns["rsimc"]),
        "functions_of_w": FUNCTIONS,
        "functions_of_flagship": count,
        "flagship_per_function_against_w": round(ns["flagship"] / count["program"] / (ns["rsimc"] / FUNCTIONS), 2),
    }


def _steps(plan: Plan) -> int:
    return plan.beats * plan.model.steps_per_innovation


def chunks(repeats: int) -> dict[str, Any]:
    """Whole chunks of the flagship through the engine, counted: one core and all, wall seconds; what counting costs."""
    plan, devices = load_study("baseline").plan, jax.local_devices()
    source = source_of(plan.model)
    runs = {"one": compile_chunk(plan, devices[:1]), "all": compile_chunk(plan, devices)}
    for run in runs.values():
        run(0, CHUNK, source)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for n in range(repeats):
        for name, run in runs.items():
            wall, own = time.monotonic(), time.process_time()
            run(n + 1, 2**32, source)
            seconds[name].append((time.monotonic() - wall, time.process_time() - own))
    per = CHUNK * _steps(plan) / 1e9
    one, every = (statistics.median(wall for wall, _ in seconds[name]) for name in ("one", "all"))
    return {
        "ns_counted_one_core": round(statistics.median(own for _, own in seconds["one"]) / per, 1),
        "trajectories_per_second": {"one core": round(CHUNK / one), "all cores": round(CHUNK / every)},
        "cores": len(devices),
        "speed_up": round(
            statistics.median(a[0] / b[0] for a, b in zip(seconds["one"], seconds["all"], strict=True)), 2
        ),
        "counts_mib": round(sum(math.prod(shape) for shape in shapes(plan).values()) * 4 / 2**20, 2),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def scaling(repeats: int) -> list[dict[str, Any]]:
    """Nanoseconds a trajectory-step of W against the width of a lane, the number of trajectories, that of steps."""
    cases = [("width", max(1, 32_768 // width), width, STEPS) for width in (64, 128, 256, 512, 1024, 2048, 4096)]
    cases += [("trajectories", lanes, LANE, STEPS) for lanes in (1, 4, 16, 64, 256, 1024)]
    cases += [("steps", 64, LANE, steps) for steps in (48, 108, 216, 432, 864, 1728)]
    rows = []
    for against, lanes, width, steps in cases:
        work = paths(stand_in_plan(steps), lanes, width)
        seconds = statistics.median(interleaved({"w": work}, repeats)["w"])
        row = {"against": against, "width": width, "trajectories": lanes * width, "steps": steps}
        rows.append({**row, "ns": round(seconds / (lanes * width * steps) * 1e9, 2)})
    return rows


def compiling() -> dict[str, dict[str, float]]:
    """Seconds until a chunk's program of W and the flagship is ready, in new processes: cache empty, then full."""
    with tempfile.TemporaryDirectory(prefix="rsimc-bench-") as cache:
        environment = {**os.environ, "RSIMC_CACHE": cache}
        command = [sys.executable, "-m", "benchmarks.compiling"]
        found = [
            json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
            for _ in range(2)
        ]
    return {"cold": found[0], "cached": found[1]}
