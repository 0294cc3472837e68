"""The main job as a user meets it: whole processes, timed from outside, with an empty cache and with a full one.

    uv run python -m benchmarks.main_job single|mixture [--draws N] [--repeats K] [--label TEXT] [--keep FOLDER]

Prints a table and writes its part of benchmarks/results/main_job.json. Wall seconds are of this machine on this day;
memory is the largest resident set of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, about

FILE = RESULTS / "main_job.json"


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


def single(draws: int, repeats: int, work: Path, keep: Path) -> dict[str, Any]:
    """A plain forecast: the first run, cached runs, four times the trajectories."""
    cache, common = work / "cache", ["forecast", "--json", "--quiet", "--draws"]
    return {
        "first": run([*common, str(draws), "-o", str(keep)], cache, work),
        "cached": [run([*common, str(draws), "-o", str(work / f"cached{n}")], cache, work) for n in range(repeats)],
        "four_times": run([*common, str(4 * draws), "-o", str(work / "larger")], cache, work),
        "help_wall_s": median([run(["--help"], cache, work) for _ in range(max(3, repeats))], "wall_s"),
    }


def mixture(draws: int, repeats: int, work: Path, keep: Path) -> dict[str, Any]:
    """The mixture over all forms of the model: the first run, cached runs."""
    cache, common = work / "cache", ["forecast", "--json", "--quiet", "--set", "variants=all", "--draws", str(draws)]
    first = run([*common, "-o", str(keep)], cache, work)
    return {"first": first, "cached": [run([*common, "-o", str(work / f"c{n}")], cache, work) for n in range(repeats)]}


PARTS = {"single": single, "mixture": mixture}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--label", default="")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="rsimc-bench-"))
    try:
        result = PARTS[options.part](options.draws, options.repeats, work, options.keep or work / "first")
    finally:
        shutil.rmtree(work)
    head = {**about("numpyro", "arviz", label=options.label), "draws": options.draws}
    document = {**json.loads(FILE.read_text()), options.part: {**head, **result}}
    FILE.write_text(json.dumps(document, indent=2) + "\n")
    print(f"{'run':<34}{'wall s':>9}{'CPU s':>9}{'peak GiB':>10}")
    for name, found in result.items():
        rows = found if isinstance(found, list) else [found]
        if name != "help_wall_s":
            print(f"{name:<34}" + "".join(f"{median(rows, f):>9}" for f in ("wall_s", "cpu_s", "peak_gib")))


if __name__ == "__main__":
    main()
