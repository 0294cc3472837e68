"""Shares of one run that were made in folders of their own, joined in a new folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rsimc.engine.plan import chunk_count
from rsimc.errors import RunError
from rsimc.reading import BINARY, content
from rsimc.runs.chunks import chunk_path
from rsimc.runs.driver import Partial, whole
from rsimc.runs.files import make_folder, write_bytes
from rsimc.runs.manifest import Manifest, claim, read_manifest
from rsimc.scenario import differences

OTHERS = ("posterior.nc", "ensemble.parquet", "ensemble/*.parquet")


def merge(folders: Sequence[Path], output: Path) -> Partial:
    """Copy the chunks of all folders into a new one; its manifest, and how many of the run's chunks it holds.

    Raises RunError, naming what differs, when they are not of one run with the same draws of its posterior; when two
    hold the same trajectories, which do not count twice; when a chunk is damaged; or when the new folder is not free.
    """
    manifests = [read_manifest(folder) for folder in folders]
    for other in manifests[1:]:
        _require_alike(manifests[0], other)
    owner = _owners(manifests)
    if output.exists() and any(output.iterdir()):
        advice = "choose another folder with -o"
        raise RunError(str(output), "a new or an empty folder", "one that holds something", advice)
    there = {
        path.relative_to(folder): path for folder in folders for name in OTHERS for path in sorted(folder.glob(name))
    }
    others = {name: _content(path) for name, path in there.items()}  # before anything is written
    made = claim(replace(manifests[0], folder=output))
    make_folder(output / "chunks")
    for index, manifest in sorted(owner.items()):
        write_bytes(chunk_path(output, index), _content(chunk_path(manifest.folder, index)))
    for name, found in others.items():
        make_folder((output / name).parent)
        write_bytes(output / name, found)
    return Partial(made, len(owner), chunk_count(made.draws))


def _content(path: Path) -> bytes:
    try:
        return content(path, BINARY)
    except OSError as error:
        advice = "put it back as it was"
        raise RunError(str(path), "a file of a run", (error.strerror or str(error)).lower(), advice) from error


def _owners(manifests: Sequence[Manifest]) -> dict[int, Manifest]:
    """Which folder has each chunk."""
    owner: dict[int, Manifest] = {}
    for manifest in manifests:
        for index in range(chunk_count(manifest.draws)):
            path = chunk_path(manifest.folder, index)
            if not path.exists():
                continue
            if whole(manifest, index) is None:
                raise RunError(
                    str(path), "a whole chunk", "a damaged one", "remove it, and make it again with simulate"
                )
            if index in owner:
                advice = "the same trajectories do not count twice: leave one of the folders out"
                raise RunError(str(path), "a chunk that no other has", f"one that {owner[index].folder} has", advice)
            owner[index] = manifest
    return owner


def _require_alike(first: Manifest, other: Manifest) -> None:
    if first.id != other.id:
        fields = ", ".join(differences(first.inputs, other.inputs)[:5])
    else:
        fields = ", ".join(
            name for name in ("draws", "kept", "posterior_digest") if getattr(first, name) != getattr(other, name)
        )
    if fields:
        expected, found = f"shares of the run in {first.folder}", "another run"
        raise RunError(str(other.folder), expected, found, f"they differ in {fields}")
