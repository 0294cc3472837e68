"""Other priors on the draws of a posterior: importance weights, and how often each draw's trajectories are taken.

A posterior under another prior is the same draws with the weights of prior over prior, no matter what the data were.
Weights are made into numbers of trajectories: trajectory k of a draw is always the same one, that of the run, so that a
change of weights changes how many of them count and never what happens in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rsimc.calibration.weights import smoothed
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.priors import Quantile
from rsimc.priors.density import beyond, log_density
from rsimc.runs.sources import LEAST_KEPT

MAX_KHAT = 0.5
"""As for `rsimc influence`: above it sums of weights are not to be relied on (Vehtari et al. 2024)."""
LEAST_DRAWS = 400.0
"""Effective draws below which a probability may be wrong by 2.5 points or more from them alone."""


MOST_BEYOND = 1e-3
"""Share of a new prior that may lie where the old one has no draws. A k-hat cannot see it."""


@dataclass(frozen=True)
class Draws:
    """Places of a posterior's draws, in the order in which a run uses them. draw, form [places]: which draw and which
    form of a mixture; kept [places]: whether a forecast keeps the draw's trajectories. mixed [forms]: shares of the
    forms among the trajectories that are kept. worth: independent draws that a draw is worth, at most 1."""

    draw: np.ndarray
    form: np.ndarray
    kept: np.ndarray
    mixed: tuple[float, ...]
    worth: float


@dataclass(frozen=True)
class Weights:
    """Shares [places], which sum to one; their k-hat; how many independent draws they are worth. beyond: share of a new
    prior that lies where there are no draws."""

    shares: np.ndarray
    khat: float
    effective: float
    beyond: float = 0.0

    @property
    def trusted(self) -> bool:
        """Whether they can stand in for a new calibration."""
        return self.khat < MAX_KHAT and self.effective >= LEAST_DRAWS and self.beyond <= MOST_BEYOND


def even(draws: Draws) -> Weights:
    """Every place alike, as a run takes them."""
    count = len(draws.draw)
    return _weights(draws, np.full(count, 1.0 / count), 0.0)


def _weights(draws: Draws, shares: np.ndarray, khat: float, outside: float = 0.0) -> Weights:
    by_draw = np.bincount(draws.draw, shares)
    return Weights(shares, khat, draws.worth / float(np.sum(by_draw**2)), outside)


def reweighted(draws: Draws, before: Weights, changes: Mapping[str, tuple[Quantile, Quantile, np.ndarray]]) -> Weights:
    """Weights of places under other priors. changes: old prior, new prior, the places' values [places].

    Forms keep their shares of the trajectories that a forecast keeps, as they would if all were calibrated anew; the
    worst form's k-hat counts.
    """
    total = np.zeros(len(before.shares))
    with np.errstate(divide="ignore", invalid="ignore"):
        for old, new, x in changes.values():
            total = total + log_density(new, x) - log_density(old, x)
        total = np.where(np.isnan(total), -np.inf, total) + np.log(before.shares)
    shares, worst = np.zeros(len(total)), 0.0
    for form in np.unique(draws.form[before.shares > 0]):
        mine = (draws.form == form) & (before.shares > 0)
        own, khat = smoothed(total[mine])
        shares[mine] = own * draws.mixed[form] / max(float(own[draws.kept[mine]].sum()), LEAST_KEPT)
        worst = max(worst, khat)
    outside = max(beyond(new, old) for old, new, _ in changes.values())
    return _weights(draws, shares / shares.sum(), worst, outside)


def only(draws: Draws, before: Weights, forms: Sequence[int]) -> Weights | None:
    """Weights of the places of some forms, none for the others; None where there is none of these forms."""
    shares = np.where(np.isin(draws.form, forms), before.shares, 0.0)
    return _weights(draws, shares / shares.sum(), before.khat) if shares.sum() > 0 else None


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
