"""One edition: a run with its date, opened where this version of rsimc can, else as it was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rsimc.analysis.display import labels
from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast, open_run, study_of
from rsimc.analysis.headline import Question
from rsimc.analysis.hindsight import Hindsight, hindsight
from rsimc.analysis.published import published_document
from rsimc.errors import DataError, RunError, ScenarioError, UsageError, nearest
from rsimc.runs.manifest import Manifest, read_manifest


@dataclass(frozen=True)
class Edition:
    """A dated run. published: its document, rsimc.forecast/1, as it was written then. forecast: the run, opened; None
    where another version of rsimc made it, or another model. scores: on what was published since, empty where there is
    nothing, or a mixture, which cannot be scored."""

    name: str
    manifest: Manifest
    as_of: date
    published: dict[str, Any]
    forecast: Forecast | None
    scores: tuple[Hindsight, ...]

    @property
    def version(self) -> str:
        """Of rsimc, that made it."""
        return str(self.manifest.machine["versions"]["rsimc"])

    @property
    def model(self) -> str:
        """Name and version of its model."""
        return f"{self.published['model']} {self.manifest.inputs.get('version', '')}".strip()

    def milestone(self, name: str) -> dict[str, Any]:
        """What it says of a milestone. Raises UsageError with the nearest name."""
        known = self.published["milestones"]
        if name not in known:
            raise UsageError("milestone", f"a milestone of {self.name}", f'"{name}"', nearest(name, known))
        return dict(known[name])


def editions(folders: Sequence[Path], question: Question, *, allow_code: bool) -> tuple[Edition, ...]:
    """Editions in the order of their dates, then of when they were made.

    Raises UsageError for fewer than two or a milestone that one has not; RunError for a folder without a finished run.
    """
    if len(folders) < 2:
        raise UsageError("history", "two runs or more", f"{len(folders)}")
    found = [_edition(folder, name, allow_code) for folder, name in zip(folders, labels(folders), strict=True)]
    for one in found:
        one.milestone(question.milestone)
    return tuple(sorted(found, key=lambda one: (one.as_of, one.manifest.created)))


def _edition(folder: Path, name: str, allow_code: bool) -> Edition:
    manifest = read_manifest(folder)
    as_of = date.fromisoformat(str(manifest.scenario["as_of"]))
    if not _readable(manifest, allow_code):
        return Edition(name, manifest, as_of, published_document(folder), None, ())
    forecast = open_run(folder, allow_code=allow_code)
    scored = forecast.posterior is not None and not forecast.study.parts
    scores = tuple(hindsight(forecast, {})) if scored else ()
    return Edition(name, manifest, as_of, document(forecast), forecast, scores)


def _readable(manifest: Manifest, allow_code: bool) -> bool:
    """Whether this version of rsimc can open a run. What another one published still stands; raises ScenarioError or
    DataError for a run of this version that lacks its model's file or its data."""
    try:
        study_of(manifest, allow_code=allow_code)
    except RunError:
        return False
    except (ScenarioError, DataError):
        if manifest.machine["versions"]["rsimc"] == version("rsimc"):
            raise
        return False
    return True
