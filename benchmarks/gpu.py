"""W and the flagship on a GPU: `uv run python -m benchmarks.gpu [--trajectories 1048576] [--steps 1900]`.

Behind the gate of W (`benchmarks/gate.py`) and of the flagship's dates against the host's: milliseconds for blocks of
several widths, with one step and with several in the compiler's sight at once; kernels of a step and the bytes that
they move, read off the optimised program, against the copy bandwidth of the same run; whole chunks of the flagship
through the engine, counted; the command. Without a GPU it prints what was predicted before any was measured, and says
so. Writes benchmarks/results/gpu.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# the command that is timed runs beside this process, on the same card
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.gate import DAYS, FLIPPED, apart, opened
from benchmarks.main_job import run as command
from benchmarks.ready import make_ready, rows_of
from benchmarks.record import RESULTS, about
from benchmarks.stand_in import source_of, stand_in_plan
from rsimc.api import load_study
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.simulate import simulate_block

WIDTHS = (2**17, 2**18, 2**20)
BANDWIDTH = 4.3e12
"""Bytes a second that a copy reaches on an H200, nine tenths of the 4.8e12 of its data sheet."""
LAUNCH, KERNELS = 3e-6, 30
"""Guesses: seconds from one kernel's start to the next, and kernels that XLA makes of a step."""
REPEATS = 10
KERNEL = re.compile(r"(?P<made>%[\w.\-]+) = .*? (?:fusion|copy|custom-call|scatter|sort)\((?P<read>.*?)\)")
SIZES = {"pred": 1, "f32": 4, "s32": 4, "u32": 4, "f64": 8}


def block(plan: Plan, width: int, steps_at_once: int = 1) -> tuple[Callable[..., Any], Any]:
    """A function of the first trajectory that simulates `width` from it, and its argument's shape."""
    source = source_of(plan.model)

    def run(first: jax.Array) -> Any:
        made = simulate_block(plan, source, first + jnp.arange(width, dtype=jnp.uint32), steps_at_once)
        return made.dates, made.readings, made.finite

    return run, jax.ShapeDtypeStruct((), jnp.uint32)


def bytes_of_a_step(plan: Plan) -> int:
    """Bytes a trajectory that one kernel a step would move: what the march carries, read and written, and its
    constants, read."""
    run, argument = block(plan, 8)
    scans = [eqn for eqn in _walk(jax.make_jaxpr(run)(argument).jaxpr) if eqn.primitive.name == "scan"]
    longest = max(scans, key=lambda eqn: int(eqn.params["length"]))
    return sum(_bytes(v.aval) for v in (*longest.invars, *longest.outvars))


def _walk(jaxpr: Any) -> list[Any]:
    found = []
    for eqn in jaxpr.eqns:
        found.append(eqn)
        for value in eqn.params.values():
            inner = getattr(value, "jaxpr", None)
            found += _walk(inner) if inner is not None and eqn.primitive.name in ("pjit", "jit") else []
    return found


def _bytes(aval: Any) -> int:
    """Bytes of an array for one of its eight trajectories; what has no axis of trajectories counts for nothing, and
    nor does the store of observables, of which a step touches one slot."""
    if not aval.shape or aval.shape[-1] != 8 or len(aval.shape) > 2:
        return 0
    return int(np.prod(aval.shape)) // 8 * int(aval.dtype.itemsize)


def predicted(plan: Plan, trajectories: int, steps: int) -> dict[str, Any]:
    """Milliseconds on an H200 as they were predicted: one kernel a step at the bandwidth; many kernels, launched."""
    size = bytes_of_a_step(plan)
    least = trajectories * steps * size / BANDWIDTH
    most = 2.0 * least + steps * KERNELS * LAUNCH
    return {"bytes_a_step": size, "ms_at_least": round(least * 1e3), "ms_with_many_kernels": round(most * 1e3)}


def loop(text: str, width: int) -> tuple[int, int, float]:
    """Rounds of an optimised program's longest loop, kernels of a round, and bytes that they read and write for each
    of `width` trajectories, caches aside."""
    whiles = re.findall(r'while\(.*?body=(%[\w.\-]+).*?known_trip_count":\{"n":"(\d+)"', text)
    body, rounds = max(whiles, key=lambda found: int(found[1]))
    begun = text.index(f"\n{body} (")
    lines = text[begun : text.index("\n}", begun)].split("\n")[2:]
    shapes = {name: _size(shape) for name, shape in re.findall(r"(%[\w.\-]+) = (.*?) [\w\-]+\(", "\n".join(lines))}
    kernels = [found for line in lines if (found := KERNEL.search(line))]
    touched = [name for kernel in kernels for name in (kernel["made"], *re.findall(r"%[\w.\-]+", kernel["read"]))]
    return int(rounds), len(kernels), sum(shapes.get(name, 0) for name in touched) / width


def _size(shape: str) -> int:
    """Bytes of a shape in a program's text, a tuple's together."""
    total = 0
    for dtype, dimensions in re.findall(r"(\w+)\[([\d,]*)\]", shape):
        total += SIZES.get(dtype, 0) * int(np.prod([int(n) for n in dimensions.split(",") if n], dtype=np.int64))
    return total


def timed(work: Callable[[], Any], repeats: int = REPEATS) -> list[float]:
    """Seconds of every repeat, sorted, after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        begun = time.monotonic()
        jax.block_until_ready(work())
        seconds.append(time.monotonic() - begun)
    return sorted(seconds[1:])


def measured(
    plan: Plan, trajectories: int, steps: int, cases: list[tuple[int, int]], bandwidth: float
) -> list[dict[str, Any]]:
    """All trajectories in blocks, a row for every (width of a block, steps at once)."""
    rows = []
    for width, together in cases:
        begun = time.monotonic()
        run, argument = block(plan, width, together)
        program = jax.jit(run).lower(argument).compile()
        compiled = time.monotonic() - begun
        starts = np.arange(-(-trajectories // width), dtype=np.uint32) * np.uint32(width)
        seconds = timed(lambda program=program, starts=starts: [program(start) for start in starts])
        best, count = statistics.median(seconds), len(starts) * width
        rounds, kernels, moved = loop(program.as_text(), width)
        row = {"width": width, "steps_at_once": together, "ms": best * 1e3, "ms_least": seconds[0] * 1e3}
        row |= {"ms_most": seconds[-1] * 1e3, "ps_a_trajectory_step": best / (count * steps) * 1e12}
        row |= {"trajectories_per_second": round(count / best), "kernels_a_step": kernels * rounds / steps}
        row |= {"bytes_a_step": moved * rounds / steps, "of_copy_bandwidth": moved * rounds * count / best / bandwidth}
        rows.append(
            {key: round(x, 2) if isinstance(x, float) else x for key, x in row.items()}
            | {"compile_s": round(compiled, 1)}
        )
    return rows


def chunks(plan: Plan) -> dict[str, float]:
    """Whole chunks through the engine, counted, one after another."""
    source, run, begun = source_of(plan.model), compile_chunk(plan), time.monotonic()
    run(0, CHUNK, source)
    ready = time.monotonic() - begun
    index = iter(range(1, 1 + REPEATS + 1))
    seconds = timed(lambda: run(next(index), 2**32, source).counts.accounts)
    best = statistics.median(seconds)
    return {
        "ms": round(best * 1e3, 1),
        "ms_least": round(seconds[0] * 1e3, 1),
        "ms_most": round(seconds[-1] * 1e3, 1),
        "trajectories_per_second": round(CHUNK / best),
        "ready_after_s": round(ready, 1),
    }


def commands(draws: int = 1_000_000) -> dict[str, float]:
    """Wall seconds of `rsimc simulate baseline --prior`, with start and compilation, then with its programs kept."""
    with TemporaryDirectory(prefix="rsimc-bench-") as name:
        folder = Path(name)

        def seconds(number: int, draws: int) -> float:
            asked = ["simulate", "baseline", "--prior", "--set", f"run.draws={draws}", "-o", str(folder / f"{number}")]
            return float(command([*asked, "--json", "-q"], folder / "cache", folder)["wall_s"])

        return {
            f"simulate baseline --prior, {draws:,} trajectories: wall s, start and compilation included": seconds(
                1, draws
            ),
            "the same, its programs kept": seconds(2, draws),
            f"{10 * draws:,}, its programs kept": seconds(3, 10 * draws),
        }


def against_a_cpu(plan: Plan) -> dict[str, float]:
    """A chunk on the first device and on one of the host's cores, of the worst milestone: days between dates, the mean,
    99.9 % and the largest; dates that one has alone; what share is in another bin."""
    source, edges = source_of(plan.model), np.array(plan.grid.edges()) - plan.grid.start
    mine, theirs = (
        rows_of(np.asarray(compile_chunk(plan, some)(0, CHUNK, source).block.dates, np.float64))
        for some in (jax.local_devices()[:1], jax.local_devices(backend="cpu")[:1])
    )
    both, days = np.isfinite(mine) & np.isfinite(theirs), apart(mine * 12.0, theirs * 12.0)
    other = np.searchsorted(edges, mine, side="right") != np.searchsorted(edges, theirs, side="right")
    return {
        "trajectories": mine.shape[1],
        "milestones": len(mine),
        "mean_days_apart_at_most": round(days["mean"], 4),
        "p999_days_apart_at_most": round(days["p99_9"], 4),
        "max_days_apart": round(float(np.abs(mine[both] - theirs[both]).max()) * 365.25, 1),
        "dates_that_one_has_alone": int(np.sum(np.isfinite(mine) != np.isfinite(theirs))),
        "share_in_another_bin_at_most": round(float(other.mean(axis=1).max()), 6),
    }


def near_a_cpu(plan: Plan) -> dict[str, float]:
    """`against_a_cpu`; SystemExit where dates are not the same but for rounding, so that no time is printed."""
    found = against_a_cpu(plan)
    if not (found["p999_days_apart_at_most"] <= DAYS and found["share_in_another_bin_at_most"] <= FLIPPED):
        raise SystemExit(f"wrong, so no times: the flagship's dates are far from a CPU's: {found}")
    return found


def copy_bandwidth() -> float:
    """Bytes a second of reading and writing four gibibytes."""
    x = jnp.zeros(2**30, jnp.float32)
    copy = jax.jit(lambda a: a + 1.0)
    return 2.0 * x.nbytes / statistics.median(timed(lambda: copy(x)))


def card() -> str:
    """Name, driver and clocks, as the driver says."""
    fields = "name,driver_version,clocks.sm,clocks.max.sm,clocks.mem"
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def on_the_card(
    cases: dict[str, tuple[Plan, int]], trajectories: int, wide: dict[str, list[tuple[int, int]]]
) -> dict[str, Any]:
    """All that needs a GPU."""
    found: dict[str, Any] = {
        "gate": opened({"w": make_ready(stand_in_plan(), 16)}, {}),
        "against_a_cpu": near_a_cpu(cases["flagship"][0]),
        "copy_bytes_per_second": copy_bandwidth(),
        "repeats": REPEATS,
    }
    bandwidth = found["copy_bytes_per_second"]
    for name, (plan, steps) in cases.items():
        found[name] = measured(plan, trajectories, steps, wide[name], bandwidth)
        found[f"{name}_chunk_of_{CHUNK}"] = chunks(plan)
    return found | {"card_after": card(), "commands": commands()}


def main() -> None:
    """Measure where there is a GPU, else predict; print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trajectories", type=int, default=2**20)
    parser.add_argument("--steps", type=int, default=1900, help="of W")
    options = parser.parse_args()
    flagship = load_study("baseline").plan
    steps = flagship.beats * flagship.model.steps_per_innovation
    cases = {"w": (stand_in_plan(options.steps), options.steps), "flagship": (flagship, steps)}
    wide = {"w": [(width, n) for n in (1, 4) for width in WIDTHS], "flagship": [(WIDTHS[0], n) for n in (3, 6)]}
    there = jax.default_backend() == "gpu"
    document: dict[str, Any] = {
        **about(),
        "device": jax.local_devices()[0].device_kind if there else "none: these are predictions, not measurements",
        "trajectories": options.trajectories,
        "steps": {name: count for name, (_, count) in cases.items()},
        "predicted": {name: predicted(plan, options.trajectories, count) for name, (plan, count) in cases.items()},
    }
    if there:
        document["measured"] = on_the_card(cases, options.trajectories, wide)
    print(json.dumps(document, indent=2))
    (RESULTS / "gpu.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
