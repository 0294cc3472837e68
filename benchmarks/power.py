"""What a power cut may leave of a run, worked out from the system calls of one, and what becomes of it.

POSIX promises of a file what was in it at its last fsync, and of a folder the names that it had at its last fsync. All
else may be there, torn, empty or gone. Between any two calls three readings of that are built from the finished files:
nothing that was not synced is left; all names are left, of files whose data are gone; all names, of files torn in half.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALLS = "openat,write,pwrite64,fsync,rename,link,unlink,mkdir,ftruncate"
LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
NAMED = re.compile(r'"([^"]+)"')
OPENED = re.compile(r"^\d+<([^>]+)>")
WHOLE, EMPTY, TORN = "whole", "empty", "torn"
State = frozenset[tuple[str, str, str]]
"""(name, name of the finished file with its content, how much of that is there)."""


@dataclass
class Disk:
    """Names and data as the running system sees them, and what is sure to outlive it. Files are numbers."""

    names: dict[str, int] = field(default_factory=dict)
    sure: dict[str, int] = field(default_factory=dict)
    synced: set[int] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    sure_folders: set[str] = field(default_factory=set)
    last: int = 0

    def apply(self, call: str, paths: list[str], opened: str, created: bool) -> None:
        """One call."""
        if call == "mkdir":
            self.folders.add(paths[0])
        elif call == "openat" and created:
            self.last += 1
            self.names[paths[0]] = self.last
        elif call in ("write", "pwrite64", "ftruncate") and opened in self.names:
            self.synced.discard(self.names[opened])
        elif call in ("rename", "link"):
            self.names[paths[1]] = self.names[paths[0]]
            if call == "rename":
                del self.names[paths[0]]
        elif call == "unlink":
            self.names.pop(paths[0], None)
        elif call == "fsync":
            self._sync(opened)

    def _sync(self, path: str) -> None:
        if path in self.names:
            self.synced.add(self.names[path])
            return
        inside = {name: number for name, number in self.names.items() if str(Path(name).parent) == path}
        self.sure = {name: n for name, n in self.sure.items() if str(Path(name).parent) != path} | inside
        self.sure_folders |= {one for one in self.folders if str(Path(one).parent) == path}


def states(log: Path, folder: Path) -> Iterator[State]:
    """Every state that the log's run may come to when the power goes, each once."""
    disk, finished = Disk(), dict[int, str]()
    seen: list[tuple[dict[str, int], set[int]]] = []
    for line in log.read_text().splitlines():
        match = LINE.match(line)
        if match is None or match["result"].startswith("-"):
            continue
        paths = [path for path in NAMED.findall(match["arguments"]) if path.startswith(str(folder))]
        opened = (OPENED.match(match["arguments"]) or [None, ""])[1]
        if not paths and not (opened.startswith(str(folder)) or opened == str(folder.parent)):
            continue
        disk.apply(match["call"], paths, opened, "O_CREAT" in match["arguments"])
        finished |= {number: name for name, number in disk.names.items() if not name.endswith(".part")}
        there = disk.sure_folders >= {str(folder)}
        seen += [(dict(disk.sure) if there else {}, set(disk.synced)), (dict(disk.names), set(disk.synced))]
    given = set[State]()
    for names, synced in seen:
        for poor in (EMPTY, TORN):
            state = frozenset(
                (str(Path(name).relative_to(folder)), finished[n], WHOLE if n in synced else poor)
                for name, n in names.items()
                if n in finished
            )
            if state not in given:
                given.add(state)
                yield state


def power_cuts(command: list[str], folder: Path, work: Path, whole: Path) -> dict[str, Any] | None:
    """Trace a run, lay down every state, go on from it, compare. None without strace."""
    from benchmarks.kills import differing, finish

    if shutil.which("strace") is None:
        return None
    log = work / "strace"
    subprocess.run(["strace", "-f", "-y", "-e", f"trace={CALLS}", "-o", log, *command], check=True, capture_output=True)
    found, wrong = list(states(log, folder)), list[str]()
    for n, state in enumerate(found):
        place = work / f"state{n}"
        for name, source, how in state:
            content = Path(source).read_bytes()
            half = len(content) // 2
            kept = {WHOLE: content, EMPTY: b"", TORN: content[:half] + bytes(len(content) - half)}[how]
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(kept)
        finish(place)
        wrong += [f"state {n}: {name}" for name in differing(place, whole)]
        shutil.rmtree(place)
    return {"states": len(found), "differing": wrong}
