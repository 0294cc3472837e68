"""What the engine's benchmark measures: times of W and the flagship beside other programs, scaling, compiling."""

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

import numpy as np

from benchmarks.others import Dates, in_numpy, in_scipy
from benchmarks.ready import Ready, paths
from benchmarks.stand_in import SEED, STEPS, stand_in_plan
from rsimc.engine.counts import shapes
from rsimc.engine.device import LANE
from rsimc.engine.plan import CHUNK

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


def one_core(
    ready: dict[str, Ready], by_hand: dict[str, Dates], count: dict[str, dict[str, float]], repeats: int, quick: bool
) -> dict[str, Any]:
    """Nanoseconds a trajectory-step on one core, W and the flagship, beside C++, numpy and scipy. count: functions of a
    step of both."""
    w, flagship = ready["w"], ready["flagship"]
    values, z = w.values, np.random.default_rng(SEED)
    few, each = values[:, : 2048 if quick else 10_000], {"rsimc": steps_of(w), "flagship": steps_of(flagship)}
    works: dict[str, Timed] = {"rsimc": w.work, "flagship": flagship.work}
    works |= {name: (lambda run=run: run(values)) for name, run in by_hand.items()}
    rows = interleaved(works, repeats)
    slow: dict[str, Timed] = {
        "numpy": lambda: in_numpy(few, lambda _: z.standard_normal((2, few.shape[1]))),
        "scipy": lambda: in_scipy(values[:, :4]),
    }
    each |= dict.fromkeys(by_hand, steps_of(w)) | {"numpy": few.shape[1] * STEPS, "scipy": 4 * STEPS}
    rows |= interleaved(slow, 1 if quick else 3)
    ns = {name: statistics.median(row) / each[name] * 1e9 for name, row in rows.items()}
    out: dict[str, Any] = {"ns": {name: round(value, 2) for name, value in ns.items()}, "repeats": repeats}
    out["trajectories_per_second"] = {
        name: round(1e9 / ns[name] / one.steps) for name, one in (("rsimc", w), ("flagship", flagship))
    }
    if by_hand:
        best = min(by_hand, key=lambda name: ns[name])
        out["w_against_c"] = round(statistics.median(a / b for a, b in zip(rows["rsimc"], rows[best], strict=True)), 3)
    return out | {
        "numpy_against_w": round(ns["numpy"] / ns["rsimc"], 1),
        "scipy_against_w": round(ns["scipy"] / ns["rsimc"]),
        "functions_of_w": count["w"],
        "functions_of_flagship": count["flagship"],
        "flagship_per_function_against_w": round(
            ns["flagship"] / count["flagship"]["program"] / (ns["rsimc"] / count["w"]["program"]), 2
        ),
    }


def steps_of(ready: Ready) -> int:
    """Trajectory-steps of `Ready.work`."""
    return ready.blocks * LANE * ready.steps


def chunks(ready: Ready, repeats: int) -> dict[str, Any]:
    """Whole chunks through the engine, counted: CPU nanoseconds a trajectory-step on the fewest devices; trajectories a
    second by the number of devices, and the speed relative to the fewest; what counts take."""
    seconds: dict[int, list[tuple[float, float]]] = {devices: [] for devices in ready.runs}
    for n in range(repeats):
        for devices, run in ready.runs.items():
            wall, own = time.monotonic(), time.process_time()
            run(n + 1, 2**32, ready.source)
            seconds[devices].append((time.monotonic() - wall, time.process_time() - own))
    fewest = seconds[min(seconds)]
    own = statistics.median(own for _, own in fewest)
    walls = {devices: statistics.median(wall for wall, _ in rows) for devices, rows in seconds.items()}
    return {
        "ns_counted": round(own / (CHUNK * ready.steps) * 1e9, 1),
        "trajectories_per_second": {devices: round(CHUNK / wall) for devices, wall in walls.items()},
        "speed_up": {
            devices: round(statistics.median(one[0] / many[0] for one, many in zip(fewest, rows, strict=True)), 2)
            for devices, rows in seconds.items()
            if len(seconds) > 1 and devices != min(seconds)
        },
        "counts_mib": round(sum(math.prod(shape) for shape in shapes(ready.plan).values()) * 4 / 2**20, 2),
    }


def peak_gib() -> float:
    """Most memory that this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def scaling(repeats: int, quick: bool) -> list[dict[str, Any]]:
    """Nanoseconds a trajectory-step of W against the width of a lane, the number of trajectories, that of steps."""
    cases = [("trajectories", lanes, LANE, STEPS) for lanes in (() if quick else (1, 4, 16, 64, 256, 1024))]
    cases += [("steps", 64, LANE, steps) for steps in ((108,) if quick else (48, 108, 216, 432, 864, 1728))]
    if not quick:
        widths = (64, 128, 256, 512, 1024, 2048, 4096)
        cases += [("width", 32_768 // width, width, STEPS) for width in widths]
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
