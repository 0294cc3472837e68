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
from rsimc.runs.files import sweep
from rsimc.runs.manifest import Manifest, claim, make_manifest
from rsimc.runs.posteriors import Posterior, digest, read_posterior, write_posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Finished:
    """A complete run: its record and its merged counts."""

    manifest: Manifest
    counts: Counts


@dataclass(frozen=True)
class Share:
    """One of `of` equal shares of a run, numbered from 1: the chunks whose index leaves `number` - 1 when divided."""

    number: int = 1
    of: int = 1

    def chunks(self, draws: int) -> list[int]:
        """Indices of its chunks, of a run of `draws` trajectories."""
        return list(range(self.number - 1, chunk_count(draws), self.of))


@dataclass(frozen=True)
class Partial:
    """A run whose share is done while chunks of other shares are missing. done: chunks of all shares in the folder."""

    manifest: Manifest
    done: int
    total: int


def simulate(
    study: Study,
    posterior: Posterior | None,
    folder: Path,
    draws: int,
    seed: int,
    progress: Progress,
    share: Share = Share(),
) -> Finished | Partial:
    """Run a share of `draws` trajectories into a folder, or finish what an earlier call left undone.

    Any number of processes may work on the shares of one folder; the one that makes the last chunk has a finished run.
    progress(stage, done, total) is called between chunks; an exception raised in it ends the run, and the folder keeps
    what is done. Raises RunError when the folder holds something else, OutputError when it cannot be written.
    """
    manifest = claim(make_manifest(folder, study, posterior, seed, draws))
    place = manifest.folder
    sweep(place)
    sweep(place / "chunks")
    if posterior is not None and not _holds(place / "posterior.nc", manifest):
        write_posterior(place / "posterior.nc", posterior.tree)
    mine = share.chunks(draws)
    todo = [index for index in mine if not whole(manifest, index)]
    if 0 in mine and 0 not in todo and not (place / "ensemble.parquet").exists():
        todo.insert(0, 0)
    if todo:
        _work(study, posterior, manifest, todo, len(mine), progress)
    missing = sum(not whole(manifest, index) for index in range(chunk_count(draws))) if share.of > 1 else 0
    if missing:
        return Partial(manifest, chunk_count(draws) - missing, chunk_count(draws))
    return Finished(manifest, merged(study, manifest))


def _holds(path: Path, manifest: Manifest) -> bool:
    """Whether a file is the posterior of the run, whole."""
    tree = read_posterior(path) if path.exists() else None
    return tree is not None and digest(tree) == manifest.posterior_digest


def _work(
    study: Study, posterior: Posterior | None, manifest: Manifest, todo: list[int], total: int, progress: Progress
) -> None:
    run = compile_chunk(study.plan)
    source = make_source(study, posterior, manifest.seed)
    rows = min(manifest.draws, CHUNK)
    progress("simulate", total - len(todo), total)
    for place, index in enumerate(todo, start=1):
        chunk = run(index, manifest.draws, source)
        if index == 0:
            write_ensemble(manifest.folder / "ensemble.parquet", study.plan, study.priors, chunk.block, rows)
        write_chunk(manifest.folder, index, manifest.chunk_identity, chunk.counts)
        del chunk  # hundreds of megabytes, which must not stand beside those of the next
        progress("simulate", total - len(todo) + place, total)


def expected(manifest: Manifest, index: int) -> int:
    """Trajectories that a chunk must hold."""
    return min(CHUNK, manifest.draws - index * CHUNK)


def whole(manifest: Manifest, index: int) -> bool:
    """Whether a chunk is present, whole, and of this run."""
    counts = read_chunk(manifest.folder, index, manifest.chunk_identity)
    return counts is not None and counts.n == expected(manifest, index)


def merged(study: Study, manifest: Manifest) -> Counts:
    """The sum of all chunks, one after the other in memory. Raises RunError when one is missing or damaged."""
    total = zero(study.plan)
    for index in range(chunk_count(manifest.draws)):
        part = read_chunk(manifest.folder, index, manifest.chunk_identity)
        if part is None or part.n != expected(manifest, index):
            raise RunError(
                f"{manifest.folder}/chunks/{index:08d}.npz", "a whole chunk", "none", "run simulate again to make it"
            )
        total = total + part
    return total
