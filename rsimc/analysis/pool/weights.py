"""Weights of a pool: given, equal, or from how forecasts did on earlier dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from rsimc.analysis.backtest import DAYS, MODEL, Backtest, usable
from rsimc.analysis.backtest import kept as kept_backtests
from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError

SCORES = "scores"


def given(text: str | None, count: int) -> np.ndarray:
    """Weights as a user writes them, `2,1,1`, made to sum to 1; equal where there are none. Raises UsageError."""
    if text is None:
        return np.full(count, 1.0 / count)
    try:
        found = np.array([float(part) for part in text.split(",")])
    except ValueError:
        found = np.array([])
    if len(found) != count or not np.all(np.isfinite(found) & (found >= 0.0)) or not found.sum() > 0:
        expected = f"{count} numbers of 0 or more, such as {','.join('1' * count)}, or {SCORES}"
        raise UsageError("--weights", expected, f'"{text}"')
    return np.asarray(found / found.sum())


def from_scores(runs: Sequence[Forecast]) -> np.ndarray:
    """Weights that would have made the best mixture on the dates of the backtests that all runs have (stacking; Yao,
    Vehtari, Simpson & Gelman 2018).

    A date counts once, by the mean log predictive density of its points, since points of one date share their
    surprises: with a handful of dates such weights are hardly more than a hint. Raises UsageError where a run has no
    backtests in the cache.
    """
    found = []
    for run in runs:
        scenario = run.study.scenario
        days = [day for day in DAYS if day < scenario.as_of]
        tests = kept_backtests(scenario, days) if run.posterior is not None and usable(scenario) else []
        scored = {one.as_of: mean for one in tests if (mean := _score(one)) is not None}
        if not scored:
            advice = "run rsimc backtest with the scenario of each first, or give numbers such as 2,1"
            raise UsageError("--weights", f"backtests of {run.folder}", "none", advice)
        found.append(scored)
    common = sorted(set.intersection(*(set(scored) for scored in found)))
    if not common:
        raise UsageError("--weights", "dates on which all runs were tested", "none", "run rsimc backtest for each")
    return stacked(np.array([[-scored[day] for scored in found] for day in common]))


def _score(test: Backtest) -> float | None:
    """The model's mean log score over the points of one date, of both suites; None where there is none."""
    lines = [line for line in test.lines if line.forecaster == MODEL]
    scores = [score for line in lines for score in (line.same_suite, line.revised_suite) if score.log_score is not None]
    if not scores:
        return None
    return float(np.average([score.log_score for score in scores], weights=[score.points for score in scores]))


def stacked(densities: np.ndarray) -> np.ndarray:
    """Weights [components] that make the mixture's mean log density over dates largest; densities: logs [dates,
    components]."""
    count = densities.shape[1]
    shifted = densities - densities.max(axis=1, keepdims=True)

    def loss(z: np.ndarray) -> float:
        weights = np.exp(z - z.max())
        weights /= weights.sum()
        return -float(np.log(np.exp(shifted) @ weights).mean())

    best = minimize(loss, np.zeros(count), method="BFGS")
    weights = np.exp(best.x - best.x.max())
    return np.asarray(weights / weights.sum())
