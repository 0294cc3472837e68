"""Seconds to make the program of a chunk, of W and of the flagship, in this process: `python -m benchmarks.compiling`.

From the cache under RSIMC_CACHE where they are in it. Prints one JSON object.
"""

from __future__ import annotations

import json
import time

from rsimc.api import load_study, prepare_devices

prepare_devices()

import jax  # noqa: E402, after the devices are set

from benchmarks.stand_in import source_of, stand_in_plan  # noqa: E402
from rsimc.engine.device import compile_chunk  # noqa: E402
from rsimc.engine.plan import CHUNK, Plan  # noqa: E402

TRACED = ("jaxpr_trace_duration", "jaxpr_to_mlir_module_duration")


def seconds(plan: Plan) -> dict[str, float]:
    """Wall seconds before a first chunk runs: to trace and lower its programs, to compile or load them."""
    traced = [0.0]

    def listen(event: str, duration: float, **_: object) -> None:
        traced[0] += duration if event.rsplit("/", 1)[-1] in TRACED else 0.0

    source, run, spent = source_of(plan.model), compile_chunk(plan), []
    jax.monitoring.register_event_duration_secs_listener(listen)
    for index in range(2):
        begun = time.monotonic()
        run(index, 2 * CHUNK, source)
        spent.append(time.monotonic() - begun)
    jax.monitoring.unregister_event_duration_listener(listen)
    everything = spent[0] - spent[1]
    return {"trace": round(traced[0], 2), "compile": round(everything - traced[0], 2), "all": round(everything, 2)}


if __name__ == "__main__":
    plans = {"w": stand_in_plan(), "flagship": load_study("baseline").plan}
    print(json.dumps({name: seconds(plan) for name, plan in plans.items()}))
