"""How long before a milestone its indicators give warning: a distribution over trajectories."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.estimates import Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.query.columns import Columns, columns_of
from rsimc.analysis.trajectories import counted
from rsimc.engine.plan import BATCHES
from rsimc.errors import UsageError, nearest

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COMPARISON = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(>=?)\s*([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)\s*")


@dataclass(frozen=True)
class WarningTime:
    """Of trajectories that reach the milestone within the horizon: how many years before it the indicator comes.

    years: quantiles, negative where it comes after it, None where it has not come by the horizon. before: the share in
    which it comes first; in_time: those in which it comes a year before or more.
    """

    indicator: str
    rows: int
    years: dict[float, float | None]
    before: Estimate
    in_time: Estimate


def warning_times(forecast: Forecast, milestone: str, indicators: Sequence[str] = ()) -> list[WarningTime]:
    """Of all other milestones of the model, and of indicators such as `horizon_hours > 160`, whose crossing is
    interpolated between stored dates; earliest first.

    Raises UsageError for what the run has not; RunError where it keeps no trajectories.
    """
    forecast.curve(milestone)
    known = columns_of(forecast.folder, forecast.study.scenario.run.horizon)
    others = [m.name for m in forecast.milestones if m.name != milestone]
    crossings = {text: _read(text, known) for text in indicators}
    names = [f"date.{name}" for name in (milestone, *others)]
    names += [column for name, _ in crossings.values() for _, column in known.observables[name]]
    stored = counted(forecast, names)
    reached = np.isfinite(stored[f"date.{milestone}"])
    when, batch = stored[f"date.{milestone}"][reached], stored["batch"][reached]
    dates = {name: stored[f"date.{name}"][reached] for name in others}
    for text, (name, level) in crossings.items():
        days = known.observables[name]
        values = np.stack([stored[column][reached] for _, column in days]).astype(np.float64)
        dates[text] = crossed(np.array([year for year, _ in days]), values, level, name in known.logs)
    found = [_warning(name, when, date, batch) for name, date in dates.items()]
    return sorted(found, key=lambda one: -(one.years[0.5] if one.years[0.5] is not None else -math.inf))


def _read(text: str, known: Columns) -> tuple[str, float]:
    match = COMPARISON.fullmatch(text)
    if match is None:
        raise UsageError("indicator", "a comparison such as horizon_hours > 160", f'"{text}"')
    if match[1] not in known.observables:
        advice = nearest(match[1], known.observables)
        raise UsageError("indicator", "an observable of the run", f'"{match[1]}"', advice)
    return match[1], float(match[3].replace("_", ""))


def crossed(years: np.ndarray, values: np.ndarray, level: float, log: bool) -> np.ndarray:
    """When values [dates, rows] reach a level [rows], between dates as their logarithms or they themselves go: the
    first date where they are above from the beginning, NaN where they never are."""
    above = values >= level
    first = np.argmax(above, axis=0)
    rows = np.arange(values.shape[1])
    before = np.maximum(first - 1, 0)
    a, b = values[before, rows], values[first, rows]
    if log:
        a, b, level = np.log(np.maximum(a, 1e-300)), np.log(np.maximum(b, 1e-300)), math.log(max(level, 1e-300))
    share = np.where(b > a, (level - a) / np.where(b > a, b - a, 1.0), 0.0)
    when = years[before] + np.clip(share, 0.0, 1.0) * (years[first] - years[before])
    when = np.where(first == 0, years[0], when)
    found: np.ndarray = np.where(above.any(axis=0), when, np.nan)
    return found


def _warning(name: str, when: np.ndarray, date: np.ndarray, batch: np.ndarray) -> WarningTime:
    ahead = np.where(np.isfinite(date), when - date, -np.inf)
    sizes = np.bincount(batch, minlength=BATCHES).astype(np.float64)

    def share(hits: np.ndarray) -> Estimate:
        return estimate(np.bincount(batch, hits.astype(np.float64), BATCHES), sizes)

    quantiles = {}
    for q in QUANTILES:
        value = float(np.quantile(ahead, q, method="inverted_cdf")) if len(ahead) else -math.inf
        quantiles[q] = value if math.isfinite(value) else None
    return WarningTime(name, len(when), quantiles, share(ahead > 0.0), share(ahead >= 1.0))
