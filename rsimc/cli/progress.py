"""Progress on standard error: bars on a terminal; off it a line a minute, or one JSON object a line where asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

TITLES = {"compile": "calibrate: compiling", "warm-up": "calibrate: warm-up", "sampling": "calibrate: sampling"}
UNITS = {"calibrate": "transitions", "simulate": "chunks of 131,072", "verify": "chunks of 131,072", "replay": "parts"}
EVERY = 60.0
"""Seconds between two lines off a terminal."""


class Bars:
    """A context manager that shows the stages of a job; calling it reports (stage, done, total)."""

    def __init__(self, console: Console, json_log: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """json_log: every report is a line of JSON, whatever the console; clock: seconds that go on."""
        self._console, self._json_log, self._clock = console, json_log, clock
        self._begun: dict[str, tuple[float, int]] = {}
        self._last = clock()
        self._bars = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=json_log or not console.is_terminal or console.quiet,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        job = stage if stage in UNITS else "calibrate"
        title = TITLES.get(stage, stage)
        if self._json_log:
            self._log(stage, done, total)
            return
        if job not in self._tasks:
            self._tasks[job] = self._bars.add_task(title, total=total, unit=UNITS[job])
            if not self._console.is_terminal:
                self._console.print(f"{job}: {total} {UNITS[job]}")
        self._bars.update(self._tasks[job], completed=done, total=total, description=title)
        self._tell(job, title, done, total)

    def _tell(self, job: str, title: str, done: int, total: int) -> None:
        """A line, when the last is a minute old and nobody sees the bars."""
        now = self._clock()
        begun, first = self._begun.setdefault(job, (now, done))
        if self._console.is_terminal or now - self._last < EVERY:
            return
        self._last = now
        rate = (done - first) / max(now - begun, 1e-9)
        rest = f"{60 * rate:.3g} a minute, {(total - done) / rate / 60:.0f} min left" if rate > 0 else "no rate yet"
        self._console.print(f"{title}: {done} of {total} {UNITS[job]}, {rest}", soft_wrap=True)

    def _log(self, stage: str, done: int, total: int) -> None:
        if not self._console.quiet:
            about = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "stage": stage}
            self._console.file.write(json.dumps({**about, "done": done, "total": total}) + "\n")
            self._console.file.flush()
