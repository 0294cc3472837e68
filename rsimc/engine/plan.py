"""What a run counts, and the fixed shapes it is computed in. All of it is part of a run's identity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from rsimc.dates import DateGrid
from rsimc.models.base import Model

Array = jax.Array
BLOCK = 1024
"""Consecutive trajectories that share a batch."""
BATCHES = 64
CHUNK = 131_072
"""Trajectories of one unit of work: two blocks of every batch."""
ENGINE = 3
"""Of the arithmetic that the engine does for every model (noise, functions of `rsimc.maths`, steps compiled together):
chunks of two versions are never of one run."""
QUARTERLY_UNTIL = 2033.0
"""Observables are kept at quarter ends until here (the end of 2032), at year ends after."""


@dataclass(frozen=True)
class Bins:
    """Equal bins of a transformed quantity, with one bin below and one above.

    log: the bins are equal in the natural logarithm; low and high are in the quantity's own unit.
    """

    low: float
    high: float
    inside: int
    log: bool

    @property
    def size(self) -> int:
        """Number of bins, the two open ones included."""
        return self.inside + 2

    @property
    def range(self) -> tuple[float, float]:
        """Low and high on the scale of the bins."""
        return (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)

    def edges(self) -> np.ndarray:
        """The inside + 1 edges, in the quantity's own unit."""
        edges = np.linspace(*self.range, self.inside + 1)
        return np.exp(edges) if self.log else edges


DURATION_BINS = 512
FAN_BINS = 128


@dataclass(frozen=True)
class Plan:
    """One model, counted to a horizon, conditioned at a date.

    as_of: years since the model's start; trajectories in which a `seen` milestone lies before are conditioned out.
    None leaves all in.
    """

    model: Model
    grid: DateGrid
    as_of: float | None

    @cached_property
    def beats(self) -> int:
        """Innovation beats from the start to the horizon."""
        return round((self.grid.end - self.grid.start) * self.model.steps_per_year / self.model.steps_per_innovation)

    @cached_property
    def stored_steps(self) -> tuple[int, ...]:
        """Steps after which observables are kept: quarter ends (every fifth of a year where steps are of a tenth), then
        year ends."""
        year = self.model.steps_per_year
        last = round((self.grid.end - self.grid.start) * year)
        early = round((min(QUARTERLY_UNTIL, self.grid.end) - self.grid.start) * year)
        return tuple(range(year // 4, early + 1, year // 4)) + tuple(range(early + year, last + 1, year))

    @property
    def stored_at_beats(self) -> bool:
        """Whether every step that is stored ends a beat, so that observables need not be computed at the others."""
        return all(step % self.model.steps_per_innovation == 0 for step in self.stored_steps)

    @property
    def stored_years(self) -> np.ndarray:
        """Decimal years of the stored steps."""
        return self.grid.start + np.array(self.stored_steps) / self.model.steps_per_year

    @cached_property
    def duration_bins(self) -> tuple[Bins, ...]:
        """Bins of each duration."""
        return tuple(Bins(d.low, d.high, DURATION_BINS, d.log) for d in self.model.durations)

    @cached_property
    def readings(self) -> tuple[tuple[str, str], ...]:
        """(quantity, milestone): clocks that durations read when a milestone is reached, each once."""
        pairs = [(d.clock, name) for d in self.model.durations if d.clock for name in (d.start, d.end) if name]
        return tuple(dict.fromkeys(pairs))

    @cached_property
    def fan_bins(self) -> tuple[Bins, ...]:
        """Bins of each observable's fan."""
        return tuple(Bins(o.low, o.high, FAN_BINS, o.scale == "log") for o in self.model.observables)

    def describe(self) -> dict[str, object]:
        """All of it as plain data, for identities."""
        return {
            "engine": ENGINE,
            "block": BLOCK,
            "batches": BATCHES,
            "chunk": CHUNK,
            "grid": [self.grid.start, self.grid.end, self.grid.days],
            "as_of": self.as_of,
            "stored_steps": list(self.stored_steps),
            "duration_bins": [[b.low, b.high, b.inside, b.log] for b in self.duration_bins],
            "fan_bins": [[b.low, b.high, b.inside, b.log] for b in self.fan_bins],
        }


def batch_of(ids: Array) -> Array:
    """Batch of each trajectory, int32: blocks of 1,024 take turns."""
    return ((ids // np.uint32(BLOCK)) % np.uint32(BATCHES)).astype(np.int32)


def place_in_batch(ids: Array) -> Array:
    """Number of each trajectory within its batch, uint32."""
    return (ids // np.uint32(BLOCK * BATCHES)) * np.uint32(BLOCK) + ids % np.uint32(BLOCK)


def chunk_count(draws: int) -> int:
    """Number of chunks that hold a run of `draws` trajectories."""
    return -(-draws // CHUNK)
