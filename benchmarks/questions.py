"""How long questions to a run take: `uv run python -m benchmarks.questions [RUN]`.

A run of 131,072 trajectories of the flagship's prior to 2060 is made, or the one that is named is asked. Each question
is asked nine times of a run that was opened anew, in wall seconds; what the process pays once, to start and to import,
is measured apart in processes of their own. Beside them the other commands, once each. Writes
benchmarks/results/questions.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, about
from rsimc import api, checking, comparing
from rsimc.analysis.headline import Question
from rsimc.analysis.query.ask import asker_of
from rsimc.engine.plan import CHUNK
from rsimc.runs.manifest import Manifest, read_manifest

REPEATS = 9
LIMIT = 1.0
QUESTIONS = (
    "P(closed_loop <= 2030-06 given horizon_hours@2027-12 > 160 and multiplier_10 > 2027)",
    "P(multiplier_10 - closed_loop < 18 months and not class = fizzle)",
    "quantile(closed_loop given returns_to_research > 1)",
    "P(class given closed_loop <= 2030)",
    "mean(ln(horizon_hours@2027-08))",
    "median(max(closed_loop, multiplier_2 + 1) given 2028 < coder <= 2035 or oversight_1pct > 2040)",
)


def asked(manifest: Manifest) -> dict[str, dict[str, float]]:
    """Median and worst seconds of each question, the file read anew for each."""
    found = {}
    for text in QUESTIONS:
        times = []
        for _ in range(REPEATS):
            begun = time.monotonic()
            asker_of(manifest).ask(text)
            times.append(time.monotonic() - begun)
        found[text] = {"median_s": round(statistics.median(times), 3), "worst_s": round(max(times), 3)}
    return found


def started(folder: Path) -> float:
    """Median seconds of `rsimc query` from its start to its end."""
    command = [sys.executable, "-m", "rsimc.cli.main", "query", str(folder), QUESTIONS[0]]
    times = []
    for _ in range(3):
        begun = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.monotonic() - begun)
    return round(statistics.median(times), 2)


def timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return round(time.monotonic() - begun, 2)


def others(folder: Path) -> dict[str, float]:
    """Seconds of the other commands, once each, the run opened before."""
    run = api.open_run(folder)
    question = Question()
    return {
        "compare_with_itself": timed(lambda: [c.delay("closed_loop") for c in comparing.compare([run, run])]),
        "watch": timed(lambda: checking.watch(run, question)),
        "sensitivity_quick": timed(lambda: checking.sensitivity(run, [question], totals=False)),
        "sensitivity": timed(lambda: checking.sensitivity(run, [question])),
        "pool_with_itself": timed(lambda: comparing.pool([run, run])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Times of questions to a run.")
    parser.add_argument("run", nargs="?", type=Path)
    given: Path | None = parser.parse_args().run
    with tempfile.TemporaryDirectory() as folder:
        run = given or api.simulate("baseline", prior=True, draws=CHUNK, output=Path(folder) / "run").folder
        manifest = read_manifest(run)
        questions = asked(manifest)
        document: dict[str, Any] = {
            **about("duckdb", "pyarrow", "lark"),
            "trajectories": min(manifest.draws, CHUNK),
            "mib_of_the_ensemble": (run / "ensemble.parquet").stat().st_size // 2**20,
            "questions": questions,
            "worst_s": max(one["worst_s"] for one in questions.values()),
            "limit_s": LIMIT,
            "command_from_start_to_end_s": started(run),
            "others_s": others(run),
        }
    (RESULTS / "questions.json").write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
