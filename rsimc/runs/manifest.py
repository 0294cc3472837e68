"""run.json: what a run is, what was asked, and what computed it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rsimc.engine.plan import CHUNK, chunk_count
from rsimc.errors import RunError
from rsimc.reading import TABLE, content
from rsimc.runs.files import make_folder, write_text
from rsimc.runs.machine import machine
from rsimc.runs.posteriors import Posterior, digest
from rsimc.runs.study import Study
from rsimc.runs.sums import forget_checksums
from rsimc.scenario import Scenario, canonical_json, differences, identity

SCHEMA = "rsimc.run/3"
BEFORE = ("chunks", "posterior.nc")
"""What a folder may hold before its record: a process that was killed may have left it so."""
MOST = 2**32
"""Trajectories of a run, which 32-bit words count."""


@dataclass(frozen=True)
class Manifest:
    """A run folder's record. inputs: all that affects the counts; id: their SHA-256; draws: trajectories asked for;
    kept: of which so many are kept in full, in whole chunks.

    posterior: the identity of the posterior, of what it was fitted to; posterior_digest: SHA-256 of its numbers, since
    two machines that fit the same round otherwise.
    """

    folder: Path
    id: str
    draws: int
    kept: int
    seed: int
    inputs: dict[str, Any]
    scenario: dict[str, Any]
    posterior: str | None
    posterior_digest: str | None
    verdict: dict[str, Any] | None
    machine: dict[str, Any]
    created: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON document."""
        document = {name: getattr(self, name) for name in MANIFEST_FIELDS}
        return {"schema": SCHEMA, **document}

    @property
    def kept_chunks(self) -> int:
        """Of how many chunks, the first ones, the trajectories are kept in full."""
        return chunk_count(min(self.kept, self.draws))

    @property
    def chunk_identity(self) -> str:
        """What chunks are of: the run, and the very draws of its posterior."""
        return f"{self.id}/{self.posterior_digest}" if self.posterior_digest else self.id


MANIFEST_FIELDS = tuple(field.name for field in fields(Manifest) if field.name != "folder")


def run_inputs(study: Study, posterior: str | None, seed: int) -> dict[str, Any]:
    """All that affects a run's counts, as readable data: priors by their texts and by a hash of their numbers.

    posterior: its identity; None for a run of the prior.
    """
    inputs = json.loads(canonical_json(study.run_inputs(posterior, seed)))
    exact = inputs["priors"]
    inputs["priors"] = {name: prior["text"] for name, prior in exact.items()} | {"sha256": identity(exact)}
    return dict(inputs)


def default_folder(study: Study, posterior: str | None, seed: int) -> Path:
    """Where a run goes that nobody gave a folder: runs/<scenario>-<first 8 of its id>."""
    return Path("runs") / f"{study.scenario.name}-{identity(run_inputs(study, posterior, seed))[:8]}"


def make_manifest(
    folder: Path, study: Study, posterior: Posterior | None, seed: int, draws: int, kept: int = CHUNK
) -> Manifest:
    """The record of a run about to start; kept: how many trajectories at least are kept in full."""
    inputs = run_inputs(study, posterior.identity if posterior else None, seed)
    return Manifest(
        folder=folder,
        id=identity(inputs),
        draws=draws,
        kept=chunk_count(kept) * CHUNK,
        seed=seed,
        inputs=inputs,
        scenario=json.loads(canonical_json(study.scenario)),
        posterior=posterior.identity if posterior else None,
        posterior_digest=digest(posterior.tree) if posterior else None,
        verdict=posterior.verdict.as_dict() if posterior else None,
        machine=machine(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def claim(manifest: Manifest) -> Manifest:
    """Make the folder this run's own and write run.json; a folder that holds the same run is taken up again.

    Raises RunError (exit 5) when it holds another run, saying which inputs differ, or a longer one.
    """
    path = manifest.folder / "run.json"
    if not path.exists():
        require_free(manifest.folder)
        make_folder(manifest.folder / "chunks")
        write_text(path, _text(manifest), first=True)
    return _take_up(manifest, read_manifest(manifest.folder))  # another process may have been first


def require_free(folder: Path) -> None:
    """Raises RunError when a folder without a record holds what a run does not begin with."""
    if folder.is_dir() and any(not (e.name in BEFORE or e.name.endswith(".part")) for e in folder.iterdir()):
        raise RunError(
            str(folder), "an empty folder, or one of this run", "other files", "choose another folder with -o"
        )


def _text(manifest: Manifest) -> str:
    return json.dumps(manifest.as_dict(), indent=2) + "\n"


def _take_up(manifest: Manifest, there: Manifest) -> Manifest:
    if there.id != manifest.id:
        paths = differences(there.inputs, manifest.inputs)
        advice = f"they differ in {', '.join(paths[:5])}; choose another folder with -o"
        raise RunError(str(manifest.folder), f"this run, id {manifest.id[:8]}", f"run {there.id[:8]}", advice)
    if there.posterior_digest != manifest.posterior_digest:
        raise RunError(
            f"{manifest.folder}/posterior.nc",
            f"the draws that its chunks were made with, sha256 {str(there.posterior_digest)[:8]}",
            f"others of the same posterior, {str(manifest.posterior_digest)[:8]}",
            "put the file back as it was, or choose another folder with -o",
        )
    if there.draws > manifest.draws:
        advice = f"ask for {there.draws} or more, or choose another folder with -o"
        raise RunError(
            str(manifest.folder), f"a run of at most {manifest.draws} trajectories", f"one of {there.draws}", advice
        )
    manifest = replace(manifest, kept=max(there.kept, manifest.kept))
    if (there.draws, there.kept) != (manifest.draws, manifest.kept):
        forget_checksums(manifest.folder)  # they vouch for the run as it was
        write_text(manifest.folder / "run.json", _text(manifest))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The record of a run folder. Raises RunError when there is none or it is damaged."""
    path = folder / "run.json"
    try:
        document = json.loads(content(path, TABLE))
        if document["schema"] != SCHEMA:
            raise RunError(str(path), f"schema {SCHEMA}", str(document["schema"]), _written_by(document))
        manifest = Manifest(folder=folder, **{name: document[name] for name in MANIFEST_FIELDS})
        if not _consistent(manifest):
            raise ValueError("its parts do not agree")
        return manifest
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(str(path), "the record of a run", reason, "is this a run folder?") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(
            str(path),
            "the record of a run",
            "a damaged file",
            "put run.json back as it was, or remove the folder and make the run again",
        ) from error


def scenario_of(manifest: Manifest) -> Scenario:
    """The scenario that a run was made from. Raises RunError when this version of rsimc cannot read it."""
    try:
        return Scenario.model_validate(manifest.scenario)
    except ValueError as error:
        advice = "open it with the version of rsimc that wrote it, or make the run again in another folder"
        place = f"{manifest.folder}/run.json"
        raise RunError(place, "a scenario of this version of rsimc", "another", advice) from error


def _written_by(document: dict[str, Any]) -> str:
    """Which version of rsimc wrote a record of another schema."""
    try:
        return f"it was written by rsimc {document['machine']['versions']['rsimc']}: open it with that version"
    except (KeyError, TypeError):
        return "it was written by another version of rsimc"


def _consistent(manifest: Manifest) -> bool:
    """Whether the id is that of the inputs, and the rest of the kind that is written."""
    inputs, draws = manifest.inputs, manifest.draws
    names = (manifest.seed, manifest.posterior) == (inputs["seed"], inputs["posterior"])
    counts = all(type(count) is int and 0 < count <= MOST for count in (draws, manifest.kept))
    return names and counts and identity(inputs) == manifest.id
