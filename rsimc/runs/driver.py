"""A batch run, chunk after chunk into the run folder. What is whole is not redone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rsimc.engine.counts import COUNT_FIELDS, Counts, zero
from rsimc.engine.plan import CHUNK, chunk_count
from rsimc.errors import RunError
from rsimc.runs.chunks import chunk_path, read_chunk, write_chunk
from rsimc.runs.ensemble import ensemble_path
from rsimc.runs.files import make_folder, sweep, write_bytes
from rsimc.runs.manifest import Manifest, claim, make_manifest
from rsimc.runs.posteriors import Posterior, digest, read_posterior, write_posterior
from rsimc.runs.study import Study
from rsimc.runs.sums import drop_checksums, forget_checksums
from rsimc.runs.work import LOCAL, Executor

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


class Tally:
    """The sum of a run's chunks, each counted once: those read from its folder, and those made by this process, which
    need not be read again."""

    def __init__(self, study: Study, manifest: Manifest) -> None:
        self.counts = zero(study.plan)
        self._manifest = manifest
        self._done: set[int] = set()

    def add(self, index: int, counts: Counts) -> None:
        """Count a chunk that was made, unless it is counted already."""
        if index not in self._done:
            self.counts = self.counts + counts
            self._done.add(index)

    def holds(self, index: int) -> bool:
        """Whether a chunk is counted now, from the folder if it was not: False when it is not whole there, or counts
        other things."""
        counts = whole(self._manifest, index) if index not in self._done else None
        if counts is not None and _alike(counts, self.counts):
            self.add(index, counts)
        return index in self._done


def simulate(
    study: Study,
    posterior: Posterior | None,
    folder: Path,
    draws: int,
    seed: int,
    progress: Progress,
    share: Share = Share(),
    executor: Executor = LOCAL,
    kept: int = CHUNK,
) -> Finished | Partial:
    """Run a share of `draws` trajectories into a folder, or finish what an earlier call left undone; `kept` of them, in
    whole chunks, in full.

    Any number of processes may work on the shares of one folder; the one that makes the last chunk has a finished run.
    progress(stage, done, total) is called between chunks; an exception raised in it ends the run, and the folder keeps
    what is done. Raises RunError when the folder holds something else, OutputError when it cannot be written.
    """
    manifest = claim(make_manifest(folder, study, posterior, seed, draws, kept))
    place = manifest.folder
    sweep(place)
    sweep(place / "chunks")
    sweep(place / "ensemble")
    if posterior is not None and not _holds(place / "posterior.nc", manifest):
        forget_checksums(place)
        write_posterior(place / "posterior.nc", posterior.tree)
    tally, mine = Tally(study, manifest), share.chunks(draws)
    unkept = {index for index in range(manifest.kept_chunks) if not ensemble_path(place, index).exists()}
    todo = [index for index in mine if not tally.holds(index) or index in unkept]
    if todo:
        forget_checksums(place)
        _work(study, posterior, manifest, todo, len(mine), progress, executor, tally)
    total = chunk_count(draws)
    there = sum(chunk_path(place, index).exists() for index in range(total)) if share.of > 1 else total
    if there < total:  # and no need to read what the others made
        return Partial(manifest, there, total)
    missing = [index for index in range(total) if not tally.holds(index)]
    return Partial(manifest, total - len(missing), total) if missing else Finished(manifest, tally.counts)


def _holds(path: Path, manifest: Manifest) -> bool:
    """Whether a file is the posterior of the run, whole."""
    tree = read_posterior(path) if path.exists() else None
    return tree is not None and digest(tree) == manifest.posterior_digest


def _work(
    study: Study,
    posterior: Posterior | None,
    manifest: Manifest,
    todo: list[int],
    total: int,
    progress: Progress,
    executor: Executor,
    tally: Tally,
) -> None:
    before = total - len(todo)
    progress("simulate", before, total)
    for done, made in enumerate(executor.make(study, posterior, manifest, todo), start=1):
        if made.ensemble is not None:  # before its chunk: where the chunk is whole, it is there
            table = ensemble_path(manifest.folder, made.index)
            make_folder(table.parent)
            write_bytes(table, made.ensemble)
        if not tally.holds(made.index):  # and nobody else has made it meanwhile, elsewhere perhaps
            drop_checksums(manifest.folder)
            write_chunk(manifest.folder, made.index, made.content)
            tally.add(made.index, made.counts)
        progress("simulate", before + done, total)


def _alike(one: Counts, other: Counts) -> bool:
    """Whether two count the same things."""
    return all(getattr(one, name).shape == getattr(other, name).shape for name in COUNT_FIELDS)


def expected(manifest: Manifest, index: int) -> int:
    """Trajectories that a chunk must hold."""
    return min(CHUNK, manifest.draws - index * CHUNK)


def whole(manifest: Manifest, index: int) -> Counts | None:
    """A chunk's counts when it is present, whole, and of this run."""
    stored = read_chunk(manifest.folder, index, manifest.chunk_identity)
    return stored.counts if stored is not None and stored.counts.n == expected(manifest, index) else None


def merged(study: Study, manifest: Manifest) -> Counts:
    """The sum of all chunks, one after the other in memory. Raises RunError when one is missing or damaged."""
    tally = Tally(study, manifest)
    for index in range(chunk_count(manifest.draws)):
        if not tally.holds(index):
            raise RunError(
                f"{manifest.folder}/chunks/{index:08d}.npz",
                "a whole chunk",
                "none",
                "give the command that made the run again to make it",
            )
    return tally.counts
