"""Seconds until the programs of a chunk are ready, of W and of the flagship, in this process:
`python -m benchmarks.compiling`.

From the cache under RSIMC_CACHE where they are in it. Prints one JSON object.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from rsimc.api import load_study, prepare_devices

prepare_devices()

import jax  # noqa: E402, after the devices are set

from benchmarks import stand_in  # noqa: E402
from benchmarks.stand_in import source_of, stand_in_plan  # noqa: E402
from rsimc.engine.device import chunk_programs, mesh_devices  # noqa: E402
from rsimc.engine.plan import Plan  # noqa: E402
from rsimc.engine.source import Source  # noqa: E402
from rsimc.runs.programs import Programs, programs_of  # noqa: E402
from rsimc.runs.sources import make_source  # noqa: E402

TRACED = ("jaxpr_trace_duration", "jaxpr_to_mlir_module_duration")


def seconds(plan: Plan, source: Source, programs: Programs | None) -> dict[str, float]:
    """Wall seconds until the programs are ready, and of these the ones to trace and lower them."""
    traced = [0.0]

    def listen(event: str, duration: float, **_: object) -> None:
        traced[0] += duration if event.rsplit("/", 1)[-1] in TRACED else 0.0

    devices = mesh_devices()
    jax.monitoring.register_event_duration_secs_listener(listen)
    begun = time.monotonic()
    chunk_programs(plan, devices, source, programs)
    everything = time.monotonic() - begun
    jax.monitoring.unregister_event_duration_listener(listen)
    rest = everything - traced[0]
    return {"trace": round(traced[0], 2), "compile": round(rest, 2), "all": round(everything, 2)}


if __name__ == "__main__":
    code = hashlib.sha256(Path(stand_in.__file__).read_bytes()).hexdigest()
    w, study = stand_in_plan(), load_study("baseline")
    found = {
        "w": seconds(w, source_of(w.model), Programs({"model": "w", "code of the model": code})),
        "flagship": seconds(study.plan, make_source(study, None, 1), programs_of(study, posterior=False)),
    }
    print(json.dumps(found))
