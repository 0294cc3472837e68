"""Runs that are killed, lose power or fill their disk, and what they come to when they go on.

    uv run python -m benchmarks.kills [--kills 200]

A small model is run by `rsimc simulate` in processes of its own. SIGKILL hits them at random instants of every phase,
a fifth of them beside a second process in the same folder, until the run is whole; then every byte is compared with
a run that nobody disturbed. Power cuts: the system calls of one run (strace) say what had reached the disk at each
of them; from every such state, in the worst reading of what a file system may lose, the run goes on and is compared.
Full disks: a tmpfs of too few bytes, enlarged afterwards (needs root). Writes benchmarks/results/kills.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.power import power_cuts
from benchmarks.record import RESULTS, about
from rsimc.engine.plan import CHUNK
from rsimc.runs.sums import sum_problems

MODEL = Path(__file__).with_name("stand_in.py")
RESULT = RESULTS / "kills.json"
CHUNKS = 8
PHASES = {"start": 2.0, "compile": 1.0, "ensemble": 0.02, "between": 0.08, "write": 0.002, "finish": 0.6}
"""Seconds within which a phase is hit after it has begun."""
DEADLINE = 120.0
DISKS = (16, 32, 64, 30_000, 54_700, 54_800, 54_900, 55_000, 55_150, 55_300, 55_420, 55_550, 55_700, 60_000, 120_000)
"""KiB: full at the record, the ensemble (54,753), one chunk (62) after another, the summary (226), the checksums."""


def command(folder: Path) -> list[str]:
    """The run as a process."""
    words = ["simulate", "--quiet", "--prior", "--allow-code", "--set", f"model={MODEL}:StandIn"]
    words += ["--set", "run.horizon=2030", "--draws", str(CHUNKS * CHUNK - 1000), "-o", str(folder)]
    return [sys.executable, "-m", "rsimc.cli.main", *words]


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The run, begun."""
    return subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def chunks(folder: Path) -> int:
    """Chunks that lie in a folder."""
    place = folder / "chunks"
    return sum(name.endswith(".npz") and name[0] != "." for name in os.listdir(place)) if place.is_dir() else 0


@dataclass(frozen=True)
class Begun:
    """A process that was started in a folder, and what lay there."""

    process: subprocess.Popen[bytes]
    folder: Path
    fresh: bool
    chunks: int

    def phase(self) -> str:
        """What it is at, by signs of its own: temporary files that bear its number, what has come since it began."""
        here = os.listdir(self.folder) if self.folder.is_dir() else []
        mine = f"-{self.process.pid}.part"
        if any(name.startswith(".ensemble") and name.endswith(mine) for name in here):
            return "ensemble"
        place = self.folder / "chunks"
        if place.is_dir() and any(name.endswith(mine) for name in os.listdir(place)):
            return "write"
        now = chunks(self.folder)
        if now > self.chunks:
            return "between" if now < CHUNKS else "finish"
        return "compile" if self.fresh and "run.json" in here else "start"


def begin(folder: Path) -> Begun:
    """Start the run in a folder."""
    fresh, there = not (folder / "run.json").exists(), chunks(folder)
    return Begun(start(folder), folder, fresh, there)


def kill(begun: Begun, wanted: str, chance: random.Random) -> str:
    """Wait for a phase and kill at a random instant after; the phase that was hit, "" when the run was faster."""
    process, deadline = begun.process, time.monotonic() + DEADLINE
    while wanted not in ("start", begun.phase()) and process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            raise SystemExit(f"{begun.folder}: not in phase {wanted} after {DEADLINE:.0f} s")
    end = time.monotonic() + chance.uniform(0.0, PHASES[wanted])
    while time.monotonic() < end and process.poll() is None:
        pass
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate()
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{begun.folder}: exit {process.returncode}: {err.decode()}")
    return begun.phase() if process.returncode else ""


def possible(folder: Path) -> list[str]:
    """Phases that a run in a folder will pass through and show."""
    there = chunks(folder)
    if there == CHUNKS:
        return ["start"]
    once = [] if there or (folder / "ensemble.parquet").exists() else ["ensemble"]
    late = ["between"] if there < CHUNKS - 1 else []
    return ["start", "write", "finish", *late, *once, *([] if (folder / "run.json").exists() else ["compile"])]


def finish(folder: Path) -> None:
    """Run to the end."""
    process = start(folder)
    _, err = process.communicate(timeout=DEADLINE)
    if process.returncode:
        raise SystemExit(f"{folder}: exit {process.returncode}: {err.decode()}")


def differing(folder: Path, whole: Path) -> list[str]:
    """Files that are not, byte for byte, those of another run. The record says when it was made, and the list of
    checksums holds that of the record: of these only the sums are checked."""
    names = {path.relative_to(at) for at in (folder, whole) for path in at.rglob("*") if path.is_file()}
    texts = [str(name) for name in sorted(names) if name.name not in ("run.json", "SHA256SUMS")]
    records = [json.loads((at / "run.json").read_text()) | {"created": ""} for at in (folder, whole)]
    wrong = [] if records[0] == records[1] else ["run.json"]
    return wrong + sum_problems(folder) + [name for name in texts if not _same(folder / name, whole / name)]


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def kills(count: int, work: Path, whole: Path, seed: int = 1, beside: float = 0.2) -> dict[str, Any]:
    """Kill `count` times, in every phase about as often: those that were hit, runs that were finished, files of them
    that differ."""
    chance, hit, runs, pairs, wrong = random.Random(seed), Counter[str](), 0, 0, list[str]()
    while hit.total() < count:
        folder, over = work / f"run{runs}", False
        while hit.total() < count and not over:
            wanted = min(possible(folder), key=lambda name: (hit[name], chance.random()))
            other = start(folder) if chance.random() < beside else None
            reached = kill(begin(folder), wanted, chance)
            hit[reached] += bool(reached)
            pairs += bool(reached and other)
            if other is not None:
                _, err = other.communicate(timeout=DEADLINE)
                wrong += [f"{folder}: {err.decode()}"] if other.returncode else []
            over = other is not None or not reached or (chunks(folder) == CHUNKS and chance.random() < 0.3)
        finish(folder)
        wrong += [f"{folder.name}/{name}" for name in differing(folder, whole)]
        shutil.rmtree(folder)
        runs += 1
    reached_phases = {name: hit[name] for name in PHASES}
    return {"kills": hit.total(), "phases": reached_phases, "beside_another": pairs, "runs": runs, "differing": wrong}


def full_disks(work: Path, whole: Path) -> dict[str, Any] | None:
    """Runs on disks of too few bytes, each enlarged until the run is whole. None where nothing may be mounted."""
    place = work / "disk"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", place]).returncode:
        return None
    failures, wrong = 0, list[str]()
    try:
        for kib in DISKS:
            subprocess.run(["mount", "-o", f"remount,size={kib}k", place], check=True)
            process = start(place / "run")
            _, err = process.communicate(timeout=DEADLINE)
            failures += process.returncode == 1
            message = err.decode()
            if process.returncode not in (0, 1) or message.count("\n") > 1 or "Traceback" in message:
                wrong.append(f"{kib} KiB: exit {process.returncode}: {message}")
        wrong += differing(place / "run", whole)
    finally:
        subprocess.run(["umount", place], check=True)
    return {"kib": DISKS, "failed": failures, "differing": wrong}


def main() -> None:
    """Kill, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only", choices=("kills", "power_cuts", "full_disks"), help="One part; the others stay.")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="rsimc-kills-"))
    os.environ["RSIMC_CACHE"] = str(work / "cache")
    try:
        finish(work / "first")  # compiles
        begun = time.monotonic()
        finish(work / "whole")
        document = {**about("numpy"), "chunks": CHUNKS, "undisturbed_s": round(time.monotonic() - begun, 1)}
        parts: dict[str, Callable[[], dict[str, Any] | None]] = {
            "kills": lambda: kills(options.kills, work, work / "whole"),
            "power_cuts": lambda: power_cuts(command(work / "traced"), work / "traced", work, work / "whole"),
            "full_disks": lambda: full_disks(work, work / "whole"),
        }
        earlier = json.loads(RESULT.read_text()) if options.only else {}
        document = earlier | document | {name: make() for name, make in parts.items() if options.only in (None, name)}
    finally:
        shutil.rmtree(work)
    print(json.dumps({name: document[name] for name in parts}, indent=2))
    RESULT.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
