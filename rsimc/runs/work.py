"""The work of a run, chunk by chunk, and who does it: this machine's devices here, a Ray cluster in `on_ray`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rsimc.engine.counts import Counts
from rsimc.engine.device import Chunk
from rsimc.engine.plan import CHUNK
from rsimc.runs.chunks import pack
from rsimc.runs.ensemble import ensemble
from rsimc.runs.machine import kind
from rsimc.runs.manifest import Manifest
from rsimc.runs.posteriors import Posterior
from rsimc.runs.programs import chunk_maker
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study


@dataclass(frozen=True)
class Made:
    """A chunk just made: its counts, the bytes of its file, and those of its trajectories where they are kept."""

    index: int
    counts: Counts
    content: bytes
    ensemble: bytes | None


class Executor(Protocol):
    """Who makes chunks."""

    def make(
        self, study: Study, posterior: Posterior | None, manifest: Manifest, todo: Sequence[int]
    ) -> Iterator[Made]:
        """Chunks by index, in any order, each once. What is begun may be left."""
        ...


class Local:
    """This process, on all devices that it sees."""

    def make(
        self, study: Study, posterior: Posterior | None, manifest: Manifest, todo: Sequence[int]
    ) -> Iterator[Made]:
        """One after the other."""
        program = chunk_maker(study, posterior is not None)
        source = make_source(study, posterior, manifest.seed)
        for index in todo:
            yield packed(study, manifest, program(index, manifest.draws, source), index)


LOCAL = Local()


def packed(study: Study, manifest: Manifest, chunk: Chunk, index: int) -> Made:
    """A chunk as the run keeps it."""
    rows, keep = min(manifest.draws - index * CHUNK, CHUNK), index < manifest.kept_chunks
    table = ensemble(study.plan, study.priors, chunk.block, rows, index) if keep else None
    return Made(index, chunk.counts, pack(index, manifest.chunk_identity, chunk.counts, kind()), table)
