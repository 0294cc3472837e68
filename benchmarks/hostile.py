"""Hostile input by the thousand: in this process, and as processes of its own.

    uv run python -m benchmarks.hostile [--cases 20000] [--processes 300]

The cases are those of tests/hostile.py: mutated scenarios, values, priors, tables, METR's YAML and damaged run folders,
one of them of a calibrated run. Any case that ends otherwise than it should is printed with what it takes to see it
again. Writes benchmarks/results/hostile.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, about
from rsimc import api

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import hostile

HORIZON = "run.horizon=2030"
ROUGH = ("calibration.draws=16", "calibration.warmup=50")
"""A posterior that nobody would trust, and that need not be."""


def runs(folder: Path) -> None:
    """Finished runs of the prior, two parts of one, one of a posterior."""
    for seed in (1, 2):
        made = api.simulate("baseline", [HORIZON], prior=True, draws=5, seed=seed, output=folder / f"run{seed}")
        api.publish(made)
    hostile.parts(folder)
    made = api.simulate("baseline", [HORIZON, *ROUGH], draws=5, output=folder / "fitted", accept_untrusted=True)
    api.publish(made)


def in_process(task: tuple[int, int, str, str]) -> dict[str, Any]:
    """Cases of one seed: how many of each kind, the slowest, and what went wrong."""
    seed, count, folder, made = task
    workshop = hostile.Workshop(Path(folder) / f"cases{seed}", Path(made), seed)
    kinds, slowest, wrong = Counter[str](), 0.0, list[str]()
    for n in range(count):
        case, begun = workshop.case(), time.monotonic()
        found = hostile.trouble(case, workshop.folder)
        kinds[case.kind.split(":")[0]] += 1
        if case.arguments[0] not in hostile.SLOW:
            slowest = max(slowest, time.monotonic() - begun)
        wrong += [f"seed {seed}, case {n}, {case}: {found}"] if found else []
    return {"kinds": kinds, "slowest_s": slowest, "wrong": wrong}


def as_processes(count: int, work: Path, made: Path) -> dict[str, Any]:
    """The same as processes."""
    workshop = hostile.Workshop(work / "processes", made, 10_000)
    codes, slowest, wrong = Counter[int](), 0.0, list[str]()
    for n in range(count):
        case, begun = workshop.case(), time.monotonic()
        before, limit = hostile.state(workshop.folder), hostile.patience(case.arguments)
        command = [sys.executable, "-m", "rsimc.cli.main", *case.arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit)
        except subprocess.TimeoutExpired:
            wrong.append(f"case {n}, {case}: more than {limit:.0f} s")
            continue
        except ValueError:  # a zero byte, which no process can be given
            continue
        if case.arguments[0] not in hostile.SLOW:
            slowest = max(slowest, time.monotonic() - begun)
        codes[done.returncode] += 1
        found = hostile.changes(before, workshop.folder, done.returncode, case.arguments)
        found = found or hostile.complaint(done.returncode, done.stdout, done.stderr, case.arguments)
        wrong += [f"case {n}, {case}: {found}"] if found else []
    return {
        "cases": codes.total(),
        "codes": dict(sorted(codes.items())),
        "slowest_s": round(slowest, 2),
        "wrong": wrong,
    }


def main() -> None:
    """Make runs, spoil things, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=300)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="rsimc-hostile-"))
    made = work / "runs"
    try:
        runs(made)
        parts = 20
        tasks = [(seed, -(-options.cases // parts), str(work), str(made)) for seed in range(parts)]
        with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
            found = pool.map(in_process, tasks, chunksize=1)
        kinds = sum((part["kinds"] for part in found), Counter[str]())
        wrong = [text for part in found for text in part["wrong"]]
        slowest = round(max(part["slowest_s"] for part in found), 2)
        inside = {"cases": kinds.total(), "kinds": dict(kinds), "slowest_s": slowest, "wrong": wrong}
        outside = as_processes(options.processes, work, made)
    finally:
        shutil.rmtree(work)
    document = {**about("numpy"), "in_process": inside, "processes": outside}
    print(json.dumps({"in_process": inside, "processes": outside}, indent=2))
    (RESULTS / "hostile.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
