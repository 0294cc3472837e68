"""Progress bars on standard error, with the time left for calibration and for simulation; none off a terminal."""

from __future__ import annotations

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
UNITS = {"calibrate": "transitions", "simulate": "chunks of 131,072"}


class Bars:
    """A context manager that shows the stages of a job; calling it reports (stage, done, total)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal or console.quiet,
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
        job = "simulate" if stage == "simulate" else "calibrate"
        title = TITLES.get(stage, stage)
        if job not in self._tasks:
            self._tasks[job] = self._bars.add_task(title, total=total, unit=UNITS[job])
            if not self._console.is_terminal:
                self._console.print(f"{job}: {total} {UNITS[job]}")
        self._bars.update(self._tasks[job], completed=done, total=total, description=title)
