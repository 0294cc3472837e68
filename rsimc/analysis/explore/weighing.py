"""Other priors on the draws of a posterior: importance weights, and how often each draw's trajectories are taken.

A posterior under another prior is the same draws with the weights of prior over prior, no matter what the data were.
Weights are made into numbers of trajectories: trajectory k of a draw is always the same one, that of the run, so that a
change of weights changes how many of them count and never what happens in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.weights import smoothed
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.priors import Quantile
from rsimc.priors.density import log_density

MAX_KHAT = 0.5
"""As for `rsimc influence`: above it sums of weights are not to be relied on (Vehtari et al. 2024)."""
LEAST_DRAWS = 400.0
"""Effective draws below which a probability may be wrong by 2.5 points or more from them alone."""


@dataclass(frozen=True)
class Weights:
    """Shares [draws] of the draws, which sum to one; their k-hat; how many independent draws they are worth."""

    shares: np.ndarray
    khat: float
    effective: float

    @property
    def trusted(self) -> bool:
        """Whether they can stand in for a new calibration."""
        return self.khat < MAX_KHAT and self.effective >= LEAST_DRAWS


def even(draws: int) -> Weights:
    """Every draw alike."""
    return Weights(np.full(draws, 1.0 / draws), 0.0, float(draws))


def reweighted(before: Weights, changes: Mapping[str, tuple[Quantile, Quantile, np.ndarray]]) -> Weights:
    """Weights of draws under other priors. changes: old prior, new prior, the draws' values [draws]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sum((log_density(new, x) - log_density(old, x) for old, new, x in changes.values()), np.zeros(1))
        total = np.broadcast_to(ratio, before.shares.shape) + np.log(before.shares)
    shares, khat = smoothed(np.where(np.isnan(total), -np.inf, total))
    return Weights(shares, khat, 1.0 / float(np.sum(shares**2)))


def only(before: Weights, chosen: np.ndarray) -> Weights:
    """Weights of some draws [draws] bool, none for the others."""
    shares = np.where(chosen, before.shares, 0.0)
    shares = shares / shares.sum()
    return Weights(shares, before.khat, 1.0 / float(np.sum(shares**2)))


def taken(shares: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of draws [count] and ids of their trajectories [count], each draw as often as its share says.

    A place is a draw's position in the order in which a run uses them. The numbers are shares of `count` rounded up or
    down so that sums of neighbours keep theirs (systematic sampling from the middle). Trajectory k of a place is the
    k-th that a run with this seed has of it, and is in the batch that the place is in.
    """
    marks = np.ceil(np.cumsum(shares) * count - 0.5)
    marks[-1] = count
    times = np.diff(marks, prepend=0.0).astype(np.int64)
    place = np.repeat(np.arange(len(shares)), times)
    repeat = np.arange(count) - np.repeat(np.cumsum(times) - times, times)
    edges = np.arange(BATCHES + 1) * len(shares) // BATCHES
    batch = np.searchsorted(edges, place, side="right") - 1
    within = place - edges[batch] + repeat * (edges[batch + 1] - edges[batch])
    ids = within // BLOCK * (BLOCK * BATCHES) + batch * BLOCK + within % BLOCK
    return place, ids.astype(np.uint32)
