"""The main job as a user meets it: whole processes, timed from outside, with an empty cache and with a full one.

    uv run python benchmarks/main_job.py [--draws N] [--repeats K] [--label TEXT] [--keep FOLDER]

Prints a table and writes benchmarks/results/main_job.json. Wall seconds are of this machine on this day; memory is the
largest resident set of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "main_job.json"


def run(arguments: list[str], cache: Path, folder: Path) -> dict[str, Any]:
    """One command in a process of its own: wall seconds, CPU seconds, peak memory in GiB, its JSON's own timings."""
    environment = {**os.environ, "RSIMC_CACHE": str(cache)}
    output = folder / "stdout.json"
    begun = time.monotonic()
    with output.open("w") as stdout:
        child = subprocess.Popen([sys.executable, "-m", "rsimc.cli.main", *arguments], env=environment, stdout=stdout)
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)}: exit {child.returncode}")
    text = output.read_text()
    return {
        "wall_s": round(seconds, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_gib": round(usage.ru_maxrss / 2**20, 2),
        "stages": json.loads(text)["seconds"] if text.startswith("{") else None,
    }


def median(rows: list[dict[str, Any]], field: str) -> float:
    """The median of a field."""
    values = sorted(row[field] for row in rows)
    return float(values[len(values) // 2])


def measure(draws: int, repeats: int, keep: Path | None) -> dict[str, Any]:
    """First run, cached runs, and four times the trajectories. keep: where the first run's folder stays."""
    work = Path(tempfile.mkdtemp(prefix="rsimc-bench-"))
    try:
        cache = work / "cache"
        common = ["forecast", "--json", "--quiet", "--draws"]
        first = run([*common, str(draws), "-o", str(keep or work / "first")], cache, work)
        cached = [run([*common, str(draws), "-o", str(work / f"cached{n}")], cache, work) for n in range(repeats)]
        larger = run([*common, str(4 * draws), "-o", str(work / "larger")], cache, work)
        helped = [run(["--help"], cache, work) for _ in range(max(3, repeats))]
    finally:
        shutil.rmtree(work)
    return {"first": first, "cached": cached, "four_times": larger, "help_wall_s": median(helped, "wall_s")}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--label", default="")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    result = measure(options.draws, options.repeats, options.keep)
    document = {
        "what": "rsimc forecast, whole process",
        "label": options.label,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(terse=True), "cpu": cpu()},
        "versions": {name: version(name) for name in ("rsimc", "jax", "jaxlib", "numpyro", "arviz")},
        "draws": options.draws,
        **result,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")
    print(f"{'run':<34}{'wall s':>9}{'CPU s':>9}{'peak GiB':>10}")
    for name, rows in (("first, nothing cached", [result["first"]]), ("cached (median)", result["cached"])):
        print(f"{name:<34}" + "".join(f"{median(rows, f):>9}" for f in ("wall_s", "cpu_s", "peak_gib")))
    print(
        f"{'four times the trajectories':<34}"
        + "".join(f"{result['four_times'][f]:>9}" for f in ("wall_s", "cpu_s", "peak_gib"))
    )


def cpu() -> str:
    """The processor's name, where the system tells."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


if __name__ == "__main__":
    main()
