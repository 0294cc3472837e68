"""A batch run on this machine's devices, chunk after chunk into the run folder. What is whole is not redone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rsimc.engine.counts import Counts, zero
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import CHUNK, chunk_count
from rsimc.errors import RunError
from rsimc.runs.chunks import read_chunk, write_chunk
from rsimc.runs.ensemble import write_ensemble
from rsimc.runs.manifest import Manifest, claim, make_manifest
from rsimc.runs.posteriors import Posterior, write_posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Finished:
    """A complete run: its record and its merged counts."""

    manifest: Manifest
    counts: Counts


def simulate(
    study: Study, posterior: Posterior | None, folder: Path | None, draws: int, seed: int, progress: Progress
) -> Finished:
    """Run `draws` trajectories into a folder, or finish what an earlier call left undone.

    progress(stage, done, total) is called between chunks; an exception raised in it ends the run, and the folder keeps
    what is done. Raises RunError when the folder holds something else, OutputError when it cannot be written.
    """
    manifest = claim(make_manifest(folder, study, posterior, seed, draws))
    place = manifest.folder
    if posterior is not None and not (place / "posterior.nc").exists():
        write_posterior(place / "posterior.nc", posterior.tree)
    todo = [index for index in range(chunk_count(draws)) if not _done(manifest, index)]
    rows = min(draws, CHUNK)
    if not (place / "ensemble.parquet").exists() and 0 not in todo:
        todo.insert(0, 0)
    if todo:
        _work(study, posterior, manifest, todo, rows, progress)
    return Finished(manifest, merged(study, manifest))


def _work(
    study: Study, posterior: Posterior | None, manifest: Manifest, todo: list[int], rows: int, progress: Progress
) -> None:
    run = compile_chunk(study.plan)
    source = make_source(study, posterior, manifest.seed)
    total = chunk_count(manifest.draws)
    progress("simulate", total - len(todo), total)
    for place, index in enumerate(todo, start=1):
        chunk = run(index, manifest.draws, source)
        if index == 0:
            write_ensemble(manifest.folder / "ensemble.parquet", study.plan, study.priors, chunk.block, rows)
        write_chunk(manifest.folder, index, manifest.chunk_identity, chunk.counts)
        del chunk  # hundreds of megabytes, which must not stand beside those of the next
        progress("simulate", total - len(todo) + place, total)


def _expected(manifest: Manifest, index: int) -> int:
    """Trajectories that a chunk holds."""
    return min(CHUNK, manifest.draws - index * CHUNK)


def _done(manifest: Manifest, index: int) -> bool:
    counts = read_chunk(manifest.folder, index, manifest.chunk_identity)
    return counts is not None and counts.n == _expected(manifest, index)


def merged(study: Study, manifest: Manifest) -> Counts:
    """The sum of all chunks, one after the other in memory. Raises RunError when one is missing or damaged."""
    total = zero(study.plan)
    for index in range(chunk_count(manifest.draws)):
        part = read_chunk(manifest.folder, index, manifest.chunk_identity)
        if part is None or part.n != _expected(manifest, index):
            raise RunError(
                f"{manifest.folder}/chunks/{index:08d}.npz", "a whole chunk", "none", "run simulate again to make it"
            )
        total = total + part
    return total
