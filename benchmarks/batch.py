"""Batch runs: memory against the number of trajectories, what keeping chunks costs.

    uv run python -m benchmarks.batch [--many 100000000]

The small model is workload W over six years (72 steps), run by `rsimc simulate` in processes of its own; the store is
measured on the flagship to 2060, where a chunk takes as long as most users' do. Writes benchmarks/results/batch.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.main_job import run
from benchmarks.record import RESULTS, about
from rsimc.api import load_study, prepare_devices
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import CHUNK
from rsimc.runs.chunks import pack, read_chunk, write_chunk
from rsimc.runs.sources import make_source

MODEL = Path(__file__).with_name("stand_in.py")


def memory(many: int) -> dict[str, Any]:
    """Peak resident memory of a run of 10^6 trajectories and of one of `many`, and their times."""
    small = ["simulate", "--quiet", "--json", "--prior", "--allow-code", "--set", f"model={MODEL}:StandIn"]
    small += ["--set", "run.horizon=2030"]
    work = Path(tempfile.mkdtemp(prefix="rsimc-bench-"))
    try:
        few, lots = (
            run([*small, "--draws", str(draws), "-o", str(work / str(draws))], work / "cache", work)
            for draws in (10**6, many)
        )
    finally:
        shutil.rmtree(work)
    ratio = round(lots["peak_gib"] / few["peak_gib"], 3)
    return {"few": few, "many": lots, "trajectories": [10**6, many], "peak_many_against_few": ratio}


def store(chunks: int = 5) -> dict[str, Any]:
    """CPU seconds of a chunk of the flagship: to simulate it, to write and fsync its counts, to read them again."""
    prepare_devices()
    study = load_study("baseline")
    program, source = compile_chunk(study.plan), make_source(study, None, 1)
    program(0, 2**32, source)
    rows: dict[str, list[float]] = {"simulate": [], "write": [], "read": []}
    with tempfile.TemporaryDirectory(prefix="rsimc-bench-") as folder:
        for index in range(chunks):
            times = [time.process_time()]
            counts = program(index, 2**32, source).counts
            times.append(time.process_time())
            size = write_chunk(Path(folder), index, pack(index, "x", counts, "benchmark")).stat().st_size
            times.append(time.process_time())
            read_chunk(Path(folder), index, "x")
            times.append(time.process_time())
            for name, begun, ended in zip(rows, times, times[1:], strict=False):
                rows[name].append(ended - begun)
    found = {name: round(statistics.median(row), 4) for name, row in rows.items()}
    share = round((found["write"] + found["read"]) / found["simulate"], 4)
    return {"cpu_s_a_chunk": found, "share_of_run": share, "kib_a_chunk": size // 1024, "trajectories": CHUNK}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=10**8)
    options = parser.parse_args()
    document = {**about("numpy"), "memory": memory(options.many), "store": store()}
    print(json.dumps({name: document[name] for name in ("memory", "store")}, indent=2))
    (RESULTS / "batch.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
