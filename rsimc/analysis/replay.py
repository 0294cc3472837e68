"""One trajectory of a run, computed again: what the run counted of it, and its path in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rsimc.analysis.forecast import study_of
from rsimc.analysis.verify import moved_share, run_posterior
from rsimc.dates import DAYS_PER_YEAR
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.trajectory import compile_trajectory
from rsimc.errors import RunError, UsageError
from rsimc.runs.driver import whole
from rsimc.runs.ensemble import row
from rsimc.runs.manifest import Manifest, read_manifest
from rsimc.runs.programs import chunk_maker
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Replay:
    """A trajectory. row: as a row of the ensemble has it; quantities: each [steps + 1], on the model's own scales.

    counted: whether its chunk came out with the very counts that the run holds; None when the run lacks the chunk.
    apart_days: how far at most the dates of the path lie from those of the row, which are those that are counted.
    """

    manifest: Manifest
    study: Study
    row: dict[str, object]
    quantities: dict[str, np.ndarray]
    counted: bool | None
    apart_days: float

    @property
    def years(self) -> np.ndarray:
        """Decimal years of the path [steps + 1]."""
        model = self.study.model
        steps = len(next(iter(self.quantities.values())))
        return np.asarray(model.start + np.arange(steps) / model.steps_per_year)

    @property
    def dates(self) -> dict[str, float | None]:
        """Decimal year of every milestone; None when not within the horizon."""
        return {m.name: _number(self.row[f"date.{m.name}"]) for m in self.study.model.milestones}

    @property
    def fate(self) -> str:
        """The account that it went to."""
        if not self.row["finite"]:
            return "nonfinite"
        return "conditioned_out" if self.row["conditioned_out"] else "counted"


def replay(folder: Path, index: int, progress: Progress = lambda *_: None, *, allow_code: bool = False) -> Replay:
    """Trajectory `index` of a run, from 0.

    Raises UsageError when the run has none of that number, RunError when its record or posterior cannot be read.
    """
    manifest = read_manifest(folder)
    if not 0 <= index < manifest.draws:
        raise UsageError("index", f"a trajectory from 0 to {manifest.draws - 1}", f"{index}")
    study = study_of(manifest, allow_code=allow_code)
    posterior, complaint = run_posterior(manifest)
    if complaint:
        name, _, state = complaint.partition(": ")
        raise RunError(str(folder / name), "the posterior of the run", state)
    plan, source = study.plan, make_source(study, posterior, manifest.seed)
    progress("replay", 0, 2)
    program = chunk_maker(study, posterior is not None)
    chunk = program(index // CHUNK, manifest.draws, source)
    stored = whole(manifest, index // CHUNK)
    counted = None if stored is None else moved_share(chunk.counts, stored) == 0.0
    found = row(plan, study.priors, chunk.block, index)
    del chunk
    progress("replay", 1, 2)
    quantities = compile_trajectory(plan)(index, source)
    progress("replay", 2, 2)
    return Replay(manifest, study, found, quantities, counted, _apart(plan, found, quantities))


def crossing(values: np.ndarray, level: float) -> float:
    """Steps until a path [steps + 1] first reaches a level, along lines; inf when it does not.

    >>> crossing(np.array([0.0, 1.0, 3.0, 2.0]), 2.0)
    1.5
    """
    reached = np.flatnonzero(values >= level)
    if not len(reached):
        return np.inf
    n = int(reached[0])
    return float(n - 1 + (level - values[n - 1]) / (values[n] - values[n - 1])) if n else 0.0


def _apart(plan: Plan, found: dict[str, object], quantities: dict[str, np.ndarray]) -> float:
    """Days at most between milestones of the row and of the path; inf when one has a milestone that the other lacks."""
    apart, model = 0.0, plan.model
    for milestone in model.milestones:
        path = model.start + crossing(quantities[milestone.quantity], milestone.threshold) / model.steps_per_year
        counted = _number(found[f"date.{milestone.name}"])
        if counted is None and path >= plan.grid.end:
            continue
        apart = max(apart, abs(path - counted) * DAYS_PER_YEAR if counted is not None else np.inf)
    return apart


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
