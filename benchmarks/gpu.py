"""W and the flagship on a GPU: `uv run python -m benchmarks.gpu [--trajectories 1000000] [--steps 1900]`.

Behind the same gate as `python -m benchmarks`: milliseconds for blocks of several widths, kernels of a step in the
optimised program, and the bytes a step must move against the copy bandwidth of the same run. Without a GPU it prints
what is predicted, which nobody has measured, and says so. Writes benchmarks/results/gpu.json.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine import gate
from benchmarks.record import RESULTS, about
from benchmarks.stand_in import source_of, stand_in_plan
from rsimc.api import load_study
from rsimc.engine.plan import Plan
from rsimc.engine.simulate import simulate_block

WIDTHS = (2**16, 2**18, 2**20)
BANDWIDTH = 4.3e12
"""Bytes a second that a copy reaches on an H200, nine tenths of the 4.8e12 of its data sheet."""
LAUNCH, KERNELS = 3e-6, 30
"""Guesses: seconds from one kernel's start to the next, and kernels that XLA makes of a step."""


def block(plan: Plan, width: int) -> tuple[Callable[..., Any], Any]:
    """A function of the first trajectory that simulates `width` from it, and its argument's shape."""
    source = source_of(plan.model)

    def run(first: jax.Array) -> Any:
        made = simulate_block(plan, source, first + jnp.arange(width, dtype=jnp.uint32))
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
    """Milliseconds on an H200 that nobody has measured: one kernel a step at the bandwidth; many kernels, launched."""
    size = bytes_of_a_step(plan)
    least = trajectories * steps * size / BANDWIDTH
    most = 2.0 * least + steps * KERNELS * LAUNCH
    return {"bytes_a_step": size, "ms_at_least": round(least * 1e3), "ms_with_many_kernels": round(most * 1e3)}


def measured(plan: Plan, trajectories: int, steps: int, repeats: int = 10) -> dict[str, Any]:
    """Milliseconds for all trajectories, by width of a block, and kernels of the program."""
    out: dict[str, Any] = {}
    for width in (w for w in WIDTHS if w <= trajectories):
        run, argument = block(plan, width)
        program = jax.jit(run).lower(argument).compile()
        starts = np.arange(-(-trajectories // width), dtype=np.uint32) * np.uint32(width)
        seconds = []
        for _ in range(repeats + 1):
            begun = time.monotonic()
            jax.block_until_ready([program(start) for start in starts])
            seconds.append(time.monotonic() - begun)
        best = statistics.median(seconds[1:])
        kernels = len(re.findall(r"= \S+ (?:fusion|copy|custom-call|sort|scatter)\(", program.as_text()))
        each = best / (len(starts) * width * steps) * 1e12
        out[str(width)] = {"ms": round(best * 1e3, 1), "ps_a_trajectory_step": round(each, 1), "kernels": kernels}
    return out


def copy_bandwidth(repeats: int = 10) -> float:
    """Bytes a second of reading and writing a gibibyte."""
    x = jnp.zeros(2**28, jnp.float32)
    copy = jax.jit(lambda a: a + 1.0)
    copy(x).block_until_ready()
    seconds = []
    for _ in range(repeats):
        begun = time.monotonic()
        copy(x).block_until_ready()
        seconds.append(time.monotonic() - begun)
    return 2.0 * x.nbytes / statistics.median(seconds)


def main() -> None:
    """Measure where there is a GPU, else predict; print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trajectories", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=1900, help="of W")
    options = parser.parse_args()
    flagship = load_study("baseline").plan
    steps = flagship.beats * flagship.model.steps_per_innovation
    cases = {"w": (stand_in_plan(options.steps), options.steps), "flagship": (flagship, steps)}
    there = jax.default_backend() == "gpu"
    document: dict[str, Any] = {
        **about(),
        "device": jax.local_devices()[0].device_kind if there else "none: these are predictions, not measurements",
        "trajectories": options.trajectories,
        "steps": {name: count for name, (_, count) in cases.items()},
        "predicted": {name: predicted(plan, options.trajectories, count) for name, (plan, count) in cases.items()},
    }
    if there:
        document["gate"] = gate(stand_in_plan())
        document["copy_bytes_per_second"] = copy_bandwidth()
        document["measured"] = {
            name: measured(plan, options.trajectories, count) for name, (plan, count) in cases.items()
        }
    print(json.dumps(document, indent=2))
    (RESULTS / "gpu.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
