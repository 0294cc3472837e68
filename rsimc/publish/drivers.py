"""Which parameters decide the answer: rank correlations with the dates of milestones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.analysis.forecast import Forecast
from rsimc.calibration.posterior import contraction
from rsimc.publish.evidence import ensemble, uncertain

DRIVERS, MOVED = 10, 6
FEWEST = 100
"""Trajectories below which a correlation says nothing."""


@dataclass(frozen=True)
class Driver:
    """Rank correlations of a parameter with the dates of milestones, with standard errors; positive means later."""

    name: str
    correlation: dict[str, float]
    se: dict[str, float | None]


def drivers(forecast: Forecast, milestones: list[str]) -> list[Driver]:
    """Parameters by how strongly their ranks go with the dates of milestones, strongest first.

    Over the stored trajectories that count; beyond the horizon is the latest rank. Errors from the spread over batches.
    """
    names = uncertain(forecast)
    values = [f"parameter.{name}" for name in names]
    stored = ensemble(forecast, ["batch", "finite", "conditioned_out", *values, *(f"date.{m}" for m in milestones)])
    kept = stored["finite"] & ~stored["conditioned_out"] if stored else np.zeros(0, bool)
    if not names or kept.sum() < FEWEST:
        return []
    batch = stored["batch"][kept]
    with ThreadPoolExecutor() as pool:  # sorting leaves other threads free
        ranks = np.stack(list(pool.map(lambda name: _normal_ranks(stored[name][kept]), values)))
    found = {m: _correlations(ranks, _normal_ranks(_late(stored[f"date.{m}"][kept])), batch) for m in milestones}
    every = [
        Driver(name, {m: float(found[m][0][n]) for m in milestones}, {m: found[m][1][n] for m in milestones})
        for n, name in enumerate(names)
    ]
    return sorted(every, key=lambda driver: -max(map(abs, driver.correlation.values())))


def _late(dates: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(dates), dates, np.inf)


def _normal_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with mean 0 and variance 1; all zero when nothing varies."""
    ranks = rankdata(values)
    spread = ranks.std()
    return (ranks - ranks.mean()) / spread if spread > 0 else np.zeros_like(ranks)


def _correlations(ranks: np.ndarray, dates: np.ndarray, batch: np.ndarray) -> tuple[np.ndarray, list[float | None]]:
    """Correlations [parameters], and their errors from batches: of what a batch adds to the covariance beyond what it
    adds to the variances, which are as uncertain."""
    whole = (ranks * dates).mean(axis=1)
    filled = np.unique(batch)
    if len(filled) < MIN_BATCHES:
        return whole, [None] * len(whole)
    parts = (
        (ranks[:, batch == b], dates[batch == b]) for b in filled
    )  # one at a time: all rows are a hundred megabytes
    sums = np.stack([x @ y - whole / 2.0 * ((x * x).sum(axis=1) + y @ y) for x, y in parts], axis=1)
    spread = np.sqrt(len(filled) / (len(filled) - 1) * (sums**2).sum(axis=1))
    return whole, [float(x) for x in spread / len(batch)]


def notable(forecast: Forecast, ranked: list[Driver]) -> list[str]:
    """Parameters to show: those that decide the answer, then those of the model that the data narrowed most."""
    names = [driver.name for driver in ranked[:DRIVERS]]
    if forecast.posterior is None:
        return names
    own = {parameter.name for parameter in forecast.study.model.parameters}
    narrowed = sorted(contraction(forecast.posterior.tree).items(), key=lambda item: -item[1])
    moved = [name for name, _ in narrowed if name.split(".")[0] in own and name not in names]
    return names + moved[:MOVED]
