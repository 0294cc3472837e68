"""The engine's speed, against C++, numpy and scipy: `uv run python -m benchmarks [--quick] [--label TEXT]`.

First a gate: known answers of the generator, the same counts on one device and on all, dates against float64 with the
same noise. When it fails no time is printed. Times are CPU seconds of this process, medians of interleaved repeats, so
that the ratios stand on a shared machine; where two cores are asked for, wall seconds. Prints a table and writes
benchmarks/results/engine.json and engine.png (not with --quick).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rsimc.engine.device import use_cpu_cores

use_cpu_cores()

import altair as alt  # noqa: E402, after the devices are set
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.functions import functions_of_a_step  # noqa: E402
from benchmarks.main_job import cpu  # noqa: E402
from benchmarks.others import compiled, in_numpy, in_scipy  # noqa: E402
from benchmarks.stand_in import FUNCTIONS, SEED, STEPS, source_of, stand_in_plan  # noqa: E402
from rsimc.api import load_study  # noqa: E402
from rsimc.engine import rng  # noqa: E402
from rsimc.engine.device import LANE, compile_chunk  # noqa: E402
from rsimc.engine.plan import CHUNK, Plan  # noqa: E402
from rsimc.engine.simulate import simulate_block  # noqa: E402
from rsimc.engine.source import PriorSource  # noqa: E402
from rsimc.models.takeoff.model import Takeoff  # noqa: E402
from rsimc.publish.figures import save_png  # noqa: E402

RESULTS = Path(__file__).parent / "results"
OPTIONS = {"xla_cpu_prefer_vector_width": 512}
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


def paths(plan: Plan, blocks: int, width: int = LANE) -> tuple[Timed, float]:
    """Dates and readings of `blocks` times `width` trajectories on one device, no counting; seconds to compile."""
    source = source_of(plan.model)
    starts = np.arange(blocks, dtype=np.uint32) * np.uint32(width)

    def block(at: jax.Array) -> Any:
        made = simulate_block(plan, source, at + jnp.arange(width, dtype=jnp.uint32))
        return made.dates, made.readings, made.finite

    begun = time.monotonic()
    program = jax.jit(lambda s: jax.lax.map(block, s), compiler_options=OPTIONS).lower(starts).compile()
    return (lambda: jax.block_until_ready(program(starts))), time.monotonic() - begun


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
    (w, w_compile), (real, compile_seconds) = paths(plan, blocks), paths(flagship, blocks // 4)
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
    out |= {
        "numpy_against_w": round(ns["numpy"] / ns["rsimc"], 1),
        "scipy_against_w": round(ns["scipy"] / ns["rsimc"]),
        "functions_of_w": FUNCTIONS,
        "functions_of_flagship": count,
        "flagship_per_function_against_w": round(ns["flagship"] / count["program"] / (ns["rsimc"] / FUNCTIONS), 2),
        "compile_s": {"w": round(w_compile, 1), "flagship": round(compile_seconds, 1)},
    }
    return out


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
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def scaling(repeats: int) -> list[dict[str, float]]:
    """Nanoseconds a trajectory-step of W against trajectories and against the width of a block."""
    rows = []
    for width in (64, 128, 256, 512, 1024, 2048, 4096):
        work, _ = paths(stand_in_plan(), max(1, 32_768 // width), width)
        seconds = statistics.median(interleaved({"w": work}, repeats)["w"])
        count = max(1, 32_768 // width) * width
        rows.append({"width": width, "trajectories": count, "ns": round(seconds / (count * STEPS) * 1e9, 2)})
    for blocks in (1, 4, 16, 64, 256, 1024):
        work, _ = paths(stand_in_plan(), blocks)
        seconds = statistics.median(interleaved({"w": work}, repeats)["w"])
        rows.append(
            {"width": LANE, "trajectories": blocks * LANE, "ns": round(seconds / (blocks * LANE * STEPS) * 1e9, 2)}
        )
    return rows


def show(document: dict[str, Any]) -> None:
    """The table."""
    core, whole, count = document["one_core"], document["chunks"], document["one_core"]["functions_of_flagship"]
    print(f"{cpu()}, {whole['cores']} cores; jax {version('jax')}; gate passed: {document['gate']}")
    rows = [(f"{name}, ns a trajectory-step on one core", value) for name, value in core["ns"].items()] + [
        ("flagship with counting, ns", whole["ns_counted_one_core"]),
        ("W against C++ (at most 1.6)", core.get("w_against_c", "no g++")),
        ("numpy against W (at least 8)", core["numpy_against_w"]),
        ("scipy against W (at least 400)", core["scipy_against_w"]),
        ("transcendental functions a step, W", core["functions_of_w"]),
        ("  flagship, in the equations", count["equations"]),
        ("  flagship, in the optimised program", count["program"]),
        ("flagship per function against W (at most 1.3)", core["flagship_per_function_against_w"]),
        ("seconds to compile W", core["compile_s"]["w"]),
        ("  flagship (at most 5)", core["compile_s"]["flagship"]),
        ("trajectories a second, one core", whole["trajectories_per_second"]["one core"]),
        ("  all cores", whole["trajectories_per_second"]["all cores"]),
        ("all cores against one (two: at least 1.7)", whole["speed_up"]),
        ("peak memory, GiB", whole["peak_gib"]),
    ]
    for name, value in rows:
        print(f"{name:<52}{value:>12}")


def main() -> None:
    """Check, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute: fewer repeats, no scaling, nothing written")
    parser.add_argument("--label", default="")
    options = parser.parse_args()
    repeats = 3 if options.quick else 7
    document: dict[str, Any] = {
        "model": f"{Takeoff.name} {Takeoff.version}",
        "label": options.label,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(terse=True), "cpu": cpu()},
        "versions": {name: version(name) for name in ("rsimc", "jax", "jaxlib", "numpy")},
        "gate": gate(stand_in_plan()),
        "one_core": one_core(repeats, options.quick),
        "chunks": chunks(2 if options.quick else 5),
    }
    show(document)
    if options.quick:
        return
    document["scaling"] = scaling(3)
    (RESULTS / "engine.json").write_text(json.dumps(document, indent=2) + "\n")
    picture(document["scaling"])


def picture(rows: list[dict[str, float]]) -> None:
    """Cost against trajectories and against the width of a block, both on log scales."""
    panels = []
    for x, title, some in (
        ("trajectories", f"trajectories, in blocks of {LANE}", [row for row in rows if row["width"] == LANE]),
        ("width", "trajectories side by side", [row for row in rows if row["trajectories"] == 32_768]),
    ):
        marks = alt.Chart(alt.Data(values=some)).mark_line(point=True)
        scale = alt.Scale(type="log")
        panels.append(
            marks.encode(
                x=alt.X(f"{x}:Q", scale=scale, title=title), y=alt.Y("ns:Q", scale=scale, title="ns a trajectory-step")
            ).properties(width=320, height=240)
        )
    save_png(alt.hconcat(*panels, title="Workload W on one core"), RESULTS / "engine.png")


if __name__ == "__main__":
    main()
