"""An audit of a run folder: every file as it was, every chunk whole, some chunks computed again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rsimc.analysis.forecast import study_of
from rsimc.engine.counts import Counts
from rsimc.engine.device import Chunk
from rsimc.engine.plan import chunk_count
from rsimc.reading import BINARY, regular
from rsimc.runs.chunks import chunk_path, read_chunk
from rsimc.runs.driver import expected, whole
from rsimc.runs.ensemble import ensemble, ensemble_path
from rsimc.runs.machine import kind
from rsimc.runs.manifest import Manifest, read_manifest
from rsimc.runs.posteriors import Posterior, digest, read_posterior
from rsimc.runs.programs import chunk_maker
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study
from rsimc.runs.sums import sum_problems

Progress = Callable[[str, int, int], None]
TOLERANCE = 0.01
"""Of a chunk's trajectories, how many may come into another bin on another kind of device or with another jaxlib. Of
the flagship to 2060, a CPU without fused multiplications moves up to 0.18%, one with AVX2 in place of AVX-512 none, an
H200 in place of a CPU 0.02%."""


@dataclass(frozen=True)
class Verified:
    """What an audit found. problems: each begins with a file's name; empty when all holds. alike: whether jaxlib and
    kind of device are those that made the chunks computed again, so that the same bytes were due. moved: the largest
    share of such a chunk's trajectories that came into another bin of any quantity."""

    manifest: Manifest
    problems: tuple[str, ...]
    chunks: int
    recomputed: tuple[int, ...]
    alike: bool
    moved: float

    def as_dict(self) -> dict[str, object]:
        """As plain data."""
        return {
            "problems": list(self.problems),
            "chunks": self.chunks,
            "recomputed": list(self.recomputed),
            "same_jaxlib_and_device": self.alike,
            "moved": self.moved,
            "promise": self.promise,
        }

    @property
    def promise(self) -> str:
        """Which promise holds, in words; empty when none does."""
        if self.problems or not self.recomputed:
            return ""
        count = f"{len(self.recomputed)} of {self.chunks} chunks"
        if self.moved == 0.0:
            return f"{count} computed again: the same counts to the last trajectory"
        return f"{count} computed again on another machine: at most {self.moved:.2%} of trajectories in another bin"


def verify(
    folder: Path, chunks: int | None, progress: Progress = lambda *_: None, *, allow_code: bool = False
) -> Verified:
    """Audit a run folder; chunks: how many to compute again, evenly spread, None for all.

    Raises RunError when run.json cannot be read, or the run is of another version of rsimc or of a changed model.
    """
    manifest = read_manifest(folder)
    study = study_of(manifest, allow_code=allow_code)
    total = chunk_count(manifest.draws)
    problems, broken = sum_problems(folder), _broken_chunks(manifest, total)
    missing = [text for text in broken.values() if text.endswith(": missing")]
    problems = [text for text in problems if not (text.startswith("chunks/") and text.endswith(": missing"))] + missing
    problems += [text for text in broken.values() if text and not _named(text, problems)]
    posterior, complaint = run_posterior(manifest)
    problems += [complaint] if complaint and not _named(complaint, problems) else []
    sound = [index for index in range(total) if index not in broken] if not complaint else []
    chosen = sound if chunks is None else [sound[n] for n in _spread(len(sound), chunks)]
    here, alike, moved = kind(), True, 0.0
    run = chunk_maker(study, posterior is not None)
    source = make_source(study, posterior, manifest.seed)
    for place, index in enumerate(chosen):
        progress("verify", place, len(chosen))
        made = run(index, manifest.draws, source)
        stored = read_chunk(folder, index, manifest.chunk_identity)
        if stored is None:  # it was whole a moment ago
            continue
        share, due = moved_share(made.counts, stored.counts), stored.maker == here
        moved, alike = max(moved, share), alike and due
        if share > (0.0 if due else TOLERANCE):
            problems.append(f"{_name(manifest, index)}: computed again, {share:.2%} of trajectories are in another bin")
        if index < manifest.kept_chunks and due and not _same_ensemble(manifest, study, made, index):
            name = ensemble_path(folder, index).relative_to(folder).as_posix()
            problems.append(f"{name}: computed again, its rows are others")
    progress("verify", len(chosen), len(chosen))
    return Verified(manifest, tuple(problems), total, tuple(chosen), alike, moved)


def moved_share(a: Counts, b: Counts) -> float:
    """The largest share of trajectories in another bin, over all that is counted. 0 only when all counts are equal.

    Of a fan's bins the one beyond either end is taken together with the last before it: shares that are 1 lie on that
    border, a hundredth of the flagship's, and the last digit decides between the two.
    """
    shares, bare = [], []
    for name in ("milestones", "durations", "classes", "fans", "accounts"):
        one, other = getattr(a, name), getattr(b, name)
        if one.shape != other.shape:
            return 1.0
        apart = one - other
        bare.append(_moved(apart, name, a.n))
        if name == "fans":
            apart = np.add.reduceat(apart, [0, *range(2, apart.shape[-1] - 1)], axis=-1)
        shares.append(_moved(apart, name, a.n))
    return max(shares) or max(bare)


def _moved(apart: np.ndarray, name: str, n: int) -> float:
    moved = np.abs(apart).sum(axis=-1)
    moved = moved if name == "fans" else moved.sum(axis=0)  # over batches
    return float(moved.max(initial=0)) / 2.0 / max(n, 1)


def _spread(count: int, wanted: int) -> list[int]:
    """`wanted` of `count` places, first and last among them."""
    return sorted({round(x) for x in np.linspace(0, count - 1, min(wanted, count))}) if count else []


def _named(problem: str, problems: list[str]) -> bool:
    """Whether a file is among the problems already."""
    return any(known.split(":")[0] == problem.split(":")[0] for known in problems)


def _name(manifest: Manifest, index: int) -> str:
    return chunk_path(manifest.folder, index).relative_to(manifest.folder).as_posix()


def _broken_chunks(manifest: Manifest, total: int) -> dict[int, str]:
    """What is wrong with chunks, by index. Of neighbours that are missing the first one's text speaks of all."""
    found: dict[int, str] = {}
    for index in range(total):
        if whole(manifest, index) is not None:
            continue
        there = chunk_path(manifest.folder, index).exists()
        found[index] = f"{_name(manifest, index)}: damaged or of another run" if there else ""
    for first in [index for index, text in found.items() if not text and found.get(index - 1) != ""]:
        last = next(n for n in range(first, total + 1) if found.get(n) != "") - 1
        until = f" to {_name(manifest, last)} ({last - first + 1} chunks)" if last > first else ""
        found[first] = f"{_name(manifest, first)}{until}: missing"
    return found


def run_posterior(manifest: Manifest) -> tuple[Posterior | None, str]:
    """The posterior in a run's folder, None for a run of the prior; and what is wrong with it, after its name."""
    if manifest.posterior is None:
        return None, ""
    tree = read_posterior(manifest.folder / "posterior.nc")
    if tree is None:
        return None, "posterior.nc: missing or damaged"
    if digest(tree) != manifest.posterior_digest:
        return None, "posterior.nc: not the draws that the chunks were made with"
    return Posterior(manifest.posterior, tree, fresh=False), ""


def _same_ensemble(manifest: Manifest, study: Study, made: Chunk, index: int) -> bool:
    rows = expected(manifest, index)
    again = pq.read_table(io.BytesIO(ensemble(study.plan, study.priors, made.block, rows, index)))
    try:
        return bool(again.equals(pq.read_table(regular(ensemble_path(manifest.folder, index), BINARY))))
    except (OSError, ValueError):  # damaged: pyarrow's errors are of these
        return False
