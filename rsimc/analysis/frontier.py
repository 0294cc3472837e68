"""The jagged frontier: how far each kind of AI research is automated over time, from some trajectories of a run again.

Runs keep the automated share of all research only. What each specialism's is comes from 2,048 of a run's trajectories,
simulated again with the same noise: as many of every batch, and far enough apart in it to be of different draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.engine.path import beats
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.engine.sample import compile_sample
from rsimc.models.base import specialisms_of
from rsimc.runs.ensemble import read_ensemble
from rsimc.runs.sources import make_source

OF_BATCH = 32
"""Trajectories of each batch's first block."""
STRIDE = 31
"""Places between them, odd, so that they are of different draws, and of all forms of a mixture in turn."""
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Frontier:
    """Quantiles at LEVELS of the automated share of each specialism: quantiles [level, specialism, year].

    years: decimal; rows: how many trajectories they are over, those that count among the ones taken.
    """

    names: tuple[str, ...]
    years: np.ndarray
    quantiles: np.ndarray
    rows: int


def taken(draws: int) -> np.ndarray:
    """The trajectories that are taken of a run of so many [B]; of 65,536 or more always the same 2,048.

    >>> len(taken(1_000_000)), taken(2048).tolist()[:3], len(taken(2048))
    (2048, [0, 31, 62], 64)
    """
    ids = (np.arange(BATCHES)[:, None] * BLOCK + np.arange(OF_BATCH) * STRIDE).ravel()
    return ids[ids < draws].astype(np.uint32)


def frontier(forecast: Forecast, last: float) -> Frontier | None:
    """The frontier from the start of the model to the decimal year `last`, by its beats.

    None for a model that tells no specialisms apart, and where the run keeps no trajectories that say which count.
    """
    model, names = forecast.study.model, specialisms_of(forecast.study.model)
    stored = read_ensemble(forecast.folder, ["finite", "conditioned_out"]) if names else None
    ids = taken(forecast.manifest.draws)
    if stored is None or stored.num_rows <= int(ids[-1]):
        return None
    counts = (stored["finite"].to_numpy() & ~stored["conditioned_out"].to_numpy())[ids]
    if not counts.any():
        return None
    count = min(beats(model, last), forecast.study.plan.beats)
    run = compile_sample(forecast.study.plan, tuple(names.values()), count)
    logits = run(ids, make_source(forecast.study, forecast.posterior, forecast.manifest.seed))[:, :, counts]
    shares = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -60.0, 60.0)))
    years = model.start + np.arange(1, count + 1) * model.steps_per_innovation / model.steps_per_year
    return Frontier(tuple(names), years, np.quantile(shares, LEVELS, axis=-1), int(counts.sum()))
