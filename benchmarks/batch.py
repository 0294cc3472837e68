"""Batch runs: memory against the number of trajectories, what keeping chunks costs, two workers of Ray against one.

    uv run python -m benchmarks.batch [--many 100000000]

The small model is workload W over six years (72 steps), run by `rsimc simulate` in processes of its own; the store is
measured on the flagship to 2060, where a chunk takes as long as most users' do, and so is Ray: workers of one core
each, on clusters of one and of two cores on this machine, in turns. Writes benchmarks/results/batch.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.main_job import run
from benchmarks.record import RESULTS, about
from rsimc.api import load_study, prepare_devices, simulate_share
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import CHUNK
from rsimc.runs.chunks import pack, write_chunk
from rsimc.runs.driver import Share
from rsimc.runs.ensemble import ensemble
from rsimc.runs.on_ray import LONELY, OnRay
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
    """CPU seconds of a chunk of the flagship: to simulate it, to write and fsync its counts (what a process made is not
    read again), and once a run to write the ensemble."""
    prepare_devices()
    study = load_study("baseline")
    program, source = compile_chunk(study.plan), make_source(study, None, 1)
    program(0, 2**32, source)
    rows: dict[str, list[float]] = {"simulate": [], "write": []}
    with tempfile.TemporaryDirectory(prefix="rsimc-bench-") as folder:
        for index in range(chunks):
            times = [time.process_time()]
            counts = program(index, 2**32, source).counts
            times.append(time.process_time())
            size = write_chunk(Path(folder), index, pack(index, "x", counts, "benchmark")).stat().st_size
            times.append(time.process_time())
            for name, begun, ended in zip(rows, times, times[1:], strict=False):
                rows[name].append(ended - begun)
    found = {name: round(statistics.median(row), 4) for name, row in rows.items()}
    begun = time.process_time()
    table = ensemble(study.plan, study.priors, program(0, 2**32, source).block, CHUNK)
    once = time.process_time() - begun - found["simulate"]
    share = {draws: (found["write"] + once * CHUNK / draws) / found["simulate"] for draws in (10**6, 10**8)}
    return {
        "cpu_s_a_chunk": found,
        "cpu_s_of_the_ensemble": round(once, 2),
        "share_of_chunks": round(found["write"] / found["simulate"], 4),
        "share_of_run": {f"{draws:.0e}": round(value, 4) for draws, value in share.items()},
        "kib_a_chunk": size // 1024,
        "mib_of_the_ensemble": len(table) // 2**20,
        "trajectories": CHUNK,
    }


def on_ray(chunks: int = 16, repeats: int = 2) -> dict[str, Any]:
    """Seconds a chunk with one worker and with two, from the first chunk to the last, and those until the first."""
    os.environ |= {**LONELY, "RAY_AUTH_MODE": "disabled"}
    from ray.cluster_utils import Cluster

    warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
    rows: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(repeats):
        for workers, row in rows.items():
            cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers, "include_dashboard": False})
            times, half = [time.monotonic()], Share(2, 2)  # without chunk 0, whose ensemble one of two workers makes
            with tempfile.TemporaryDirectory(prefix="rsimc-bench-") as folder:
                simulate_share(
                    "baseline",
                    prior=True,
                    share=half,
                    draws=2 * chunks * CHUNK,
                    output=Path(folder) / "run",
                    executor=OnRay(cluster.address, 1),
                    progress=lambda stage, done, total, times=times: times.append(time.monotonic()),
                )
            cluster.shutdown()
            row.append(((times[-1] - times[2]) / (chunks - 1), times[2] - times[0]))
    each = {workers: statistics.median(one for one, _ in row) for workers, row in rows.items()}
    first = {workers: statistics.median(until for _, until in row) for workers, row in rows.items()}
    return {
        "s_a_chunk": {f"{workers} workers": round(seconds, 3) for workers, seconds in each.items()},
        "s_until_the_first": {f"{workers} workers": round(seconds, 1) for workers, seconds in first.items()},
        "two_against_one": round(each[1] / each[2], 3),
        "chunks": chunks,
        "repeats": repeats,
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=10**8)
    options = parser.parse_args()
    document = {**about("numpy", "ray"), "memory": memory(options.many), "store": store(), "ray": on_ray()}
    print(json.dumps({name: document[name] for name in ("memory", "store", "ray")}, indent=2))
    (RESULTS / "batch.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
