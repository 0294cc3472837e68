"""Every datum beside what the calibrated model would read there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import beta

from rsimc.analysis.forecast import Forecast
from rsimc.observations import SERIES, Observation

TAIL = 0.05
NORMAL_TAIL = 1.644854  # sds from the middle of a normal distribution to the 95% point


@dataclass(frozen=True)
class Prediction:
    """A row of data beside the 90% interval and median of what the calibrated model would read there, without
    measurement error; observed: what the row itself leaves open by its error, 5% to 95%, one end of it infinite for a
    bound."""

    row: Observation
    quantiles: tuple[float, float, float]
    observed: tuple[float, float]

    @property
    def apart(self) -> bool:
        """Whether the row lies further from the median than its error and the model's range together would bring it in
        nine of ten cases. Only ends that face each other count, so that a bound speaks of one side only."""
        (low, middle, high), value = self.quantiles, self.row.value
        if value > middle:
            return value - middle > math.hypot(value - self.observed[0], high - middle)
        return middle - value > math.hypot(self.observed[1] - value, middle - low)


def predictions(forecast: Forecast) -> list[Prediction]:
    """Every row that was fitted, in the order of the series, then of their groups and dates."""
    if forecast.posterior is None or forecast.study.target is None:
        return []
    values = forecast.posterior.tree["posterior_predictive"].to_dataset()["value"]
    place = {name: n for n, name in enumerate(SERIES)}
    found = []
    rows = [row for term in forecast.study.target.terms for row in term.as_taken()]
    for row in sorted(rows, key=lambda row: (place[row.series], row.group, row.date)):
        draws = np.asarray(values.sel(row=f"{row.series}/{row.key}").values).ravel()
        low, middle, high = (float(x) for x in np.quantile(draws, (TAIL, 0.5, 1.0 - TAIL)))
        found.append(Prediction(row, (low, middle, high), observed(row)))
    return found


def observed(row: Observation) -> tuple[float, float]:
    """What a row leaves open by its own error, from 5% to 95%; of a bound, only the side that it excludes has an end.

    Its error is its sd, else the scatter of so many trials, else the interval of its source as it stands.
    """
    low, high = _error(row)
    if row.kind == "upper_bound":
        return -math.inf, high
    return (low, high) if row.kind == "point" else (low, math.inf)


def _error(row: Observation) -> tuple[float, float]:
    if row.trials is not None:
        return _of_trials(row.value, row.trials)
    if row.sd is None:
        return (row.value if row.low is None else row.low), (row.value if row.high is None else row.high)
    to, back = (logit, expit) if row.sd_scale == "logit" else (np.log, np.exp)
    middle = to(row.value)
    return float(back(middle - NORMAL_TAIL * row.sd)), float(back(middle + NORMAL_TAIL * row.sd))


def _of_trials(share: float, trials: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a probability; closed at 0 and 1 where no trial, or every one, succeeded."""
    k = share * trials
    low = 0.0 if share == 0.0 else float(beta.ppf(TAIL, k, trials - k + 1.0))
    return low, 1.0 if share == 1.0 else float(beta.ppf(1.0 - TAIL, k + 1.0, trials - k))
