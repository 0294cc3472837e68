"""How long and how carefully to sample a posterior, and what a sampler returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Progress = Callable[[str, int, int], None]
HMC, NUTS, IMPORTANCE = "hmc", "nuts", "importance"
GROUPS = 8
"""Points at which the chains begin, when there are as many chains."""


WEIGHTED = 2
"""Raised when weighted draws of the same settings change."""
DEFAULTS = {
    HMC: {"chains": 64, "warmup": 160, "draws": 192},
    NUTS: {"chains": 8, "warmup": 320, "draws": 1024},
    IMPORTANCE: {"chains": 64, "draws": 192},
}
"""Of each sampler: enough for every diagnostic on the flagship with the bundled data."""


@dataclass(frozen=True)
class Settings:
    """sampler: `hmc`, many short chains that learn together, `nuts`, NumPyro's, a few long ones, the reference, or
    `importance`, weighted draws, which take no warm-up. draws: per chain, after warm-up. max_tree_depth: of NUTS.
    """

    sampler: str = HMC
    chains: int = 64
    warmup: int = 160
    draws: int = 192
    target_accept: float = 0.8
    max_tree_depth: int = 8
    seed: int = 1

    @property
    def groups(self) -> int:
        """Groups of chains that begin at one point; chains of NUTS each begin at their own."""
        if self.sampler == NUTS:
            return self.chains
        return max(n for n in range(1, GROUPS + 1) if self.chains % n == 0)


@dataclass(frozen=True)
class Standing:
    """Where the chains of a posterior stand and how they move, so that they can go on exactly: position q [chains,
    size], key [chains, 2] uint32, step, inverse_mass [size], and how many transitions were made."""

    q: np.ndarray
    key: np.ndarray
    step: float
    inverse_mass: np.ndarray
    count: int


@dataclass(frozen=True)
class Importance:
    """What weighted draws are worth: k-hat of the weights, effective number of draws, number of draws before."""

    khat: float
    ess: float
    pool: int


class Keeper(Protocol):
    """Where an unfinished fit is kept, so that it goes on after its process was killed."""

    def load(self) -> Mapping[str, np.ndarray] | None:
        """What was kept last; None when nothing was."""
        ...

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep this in place of what was kept before."""
        ...


@dataclass(frozen=True)
class Draws:
    """Posterior draws [chains, draws, ...], float64, and the sampler's own record. tree_steps: leapfrog steps;
    reseeded: chains that did not move and went on from others, in warm-up; standing: of many chains, to go on;
    importance: of weighted draws."""

    z: np.ndarray
    innovations: np.ndarray
    log_posterior: np.ndarray
    diverging: np.ndarray
    energy: np.ndarray
    tree_steps: np.ndarray
    accept_prob: np.ndarray
    step_size: np.ndarray
    reseeded: int = 0
    standing: Standing | None = None
    importance: Importance | None = None
