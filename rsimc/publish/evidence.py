"""What data and conditioning did: parameters before and after, and what was left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.calibration.posterior import contraction
from rsimc.calibration.target import nuisance_parameters
from rsimc.models.base import Parameter
from rsimc.priors import Quantile
from rsimc.publish.words import number
from rsimc.runs.ensemble import read_ensemble
from rsimc.runs.study import Study

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_TICKS = 5
SAME = 1e-9
"""Of its size: what a quantity that does not vary may still differ by."""
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Spread:
    """Quantiles at LEVELS of a parameter: its prior; given the data, and that nothing has happened yet where the
    scenario says so; and, where the prior itself was simulated, given only that nothing has happened yet."""

    name: str
    parameter: Parameter
    prior: tuple[float, ...]
    posterior: tuple[float, ...] | None
    conditioned: tuple[float, ...] | None
    contraction: float | None

    @property
    def log(self) -> bool:
        """Whether a log scale shows it best."""
        low, high = self._range()
        return low > 0 and high / low > 5

    def ticks(self) -> list[float]:
        """A few round numbers in the range that is shown."""
        return round_ticks(*self._range(), self.log)

    def told(self) -> str:
        """Medians and 5% to 95% at each stage, in a sentence."""
        stages = {"prior": self.prior, "after the data": self.posterior, "not yet": self.conditioned}
        parts = [
            f"{stage} {number(found[2])} ({number(found[0])} to {number(found[-1])})"
            for stage, found in stages.items()
            if found is not None
        ]
        return f"{self.name}, median and 5% to 95%: {'; '.join(parts)}"

    def _range(self) -> tuple[float, float]:
        known = [found for found in (self.prior, self.posterior, self.conditioned) if found is not None]
        return min(found[0] for found in known), max(found[-1] for found in known)


def round_ticks(low: float, high: float, log: bool) -> list[float]:
    """Two to five round numbers between two numbers, on a logarithmic or a straight scale; of what does not vary, its
    value.

    >>> round_ticks(0.19, 1.34, log=True), round_ticks(-1.6, 1.7, log=False), round_ticks(0.3, 0.3, log=False)
    ([0.2, 0.5, 1.0], [-1.0, 0.0, 1.0], [0.3])
    """
    if not high - low > SAME * max(abs(low), abs(high)):
        return [low]
    return _log_ticks(low, high) if log else _straight_ticks(low, high)


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [float(f"{digit}e{n}") for n in decades for digit in (1, 2, 5)]
    inside = [tick for tick in fine if low <= tick <= high]
    if len(inside) <= MOST_TICKS:
        return inside
    whole = [tick for tick in inside if f"{tick:e}"[0] == "1"]
    return whole[:: math.ceil(len(whole) / MOST_TICKS)]


def _straight_ticks(low: float, high: float) -> list[float]:
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= max((factor for factor in (2, 5) if (high - low) / (factor * step) >= 2), default=1)
    ticks = [round(n * step, 12) + 0.0 for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [tick for tick in ticks if low <= tick <= high]


def ensemble(forecast: Forecast, columns: list[str]) -> Columns:
    """Columns of the stored trajectories; none when the run folder does not hold them."""
    table = read_ensemble(forecast.folder, columns)
    return {} if table is None else {name: table[name].to_numpy() for name in columns}


def seen_shares(forecast: Forecast) -> dict[str, float]:
    """For each milestone that would have been seen: its share of the conditioned-out trajectories."""
    as_of = forecast.study.plan.as_of
    seen = [milestone.name for milestone in forecast.milestones if milestone.seen]
    stored = ensemble(forecast, ["conditioned_out", *(f"date.{name}" for name in seen)])
    if as_of is None or not stored or not stored["conditioned_out"].any():
        return {}
    gone, limit = stored["conditioned_out"].astype(bool), forecast.study.plan.grid.start + as_of
    shares = {name: float((stored[f"date.{name}"][gone] < limit).mean()) for name in seen}
    return dict(sorted(((n, s) for n, s in shares.items() if s > 0), key=lambda item: -item[1]))


def priors(forecast: Forecast) -> dict[str, tuple[str, str | None, Quantile]]:
    """Prior entries by flat name."""
    return dict(zip(forecast.study.priors.names, forecast.study.priors.entries, strict=True))


def uncertain(forecast: Forecast) -> list[str]:
    """Flat names of the parameters that a prior leaves open."""
    return [name for name, (_, _, prior) in priors(forecast).items() if prior.kind != "fixed"]


def parameters(forecast: Forecast) -> dict[str, Parameter]:
    """Parameters of the model and of the likelihood by name."""
    return parameters_of(forecast.study)


def parameters_of(study: Study) -> dict[str, Parameter]:
    """The same of a study."""
    return {p.name: p for p in (*study.model.parameters, *nuisance_parameters())}


def spreads(forecast: Forecast, names: list[str]) -> list[Spread]:
    """What is known of parameters at each stage."""
    entries, meanings = priors(forecast), parameters(forecast)
    narrowed: Mapping[str, float] = contraction(forecast.posterior.tree) if forecast.posterior else {}
    stored = ensemble(forecast, ["finite", "conditioned_out", *(f"parameter.{name}" for name in names)])
    kept = stored["finite"] & ~stored["conditioned_out"] if stored else np.zeros(0, bool)
    some = forecast.posterior is None and bool(kept.any()) and not bool(kept.all())
    return [
        Spread(
            name,
            meanings[entries[name][0]],
            tuple(entries[name][2].quantile(p) for p in LEVELS),
            _quantiles(_posterior(forecast, *entries[name][:2])),
            _quantiles(stored[f"parameter.{name}"][kept]) if some else None,
            narrowed.get(name),
        )
        for name in names
    ]


def _posterior(forecast: Forecast, name: str, label: str | None) -> np.ndarray | None:
    if forecast.posterior is None:
        return None
    array = forecast.posterior.tree["posterior"].to_dataset()[name]
    return np.asarray((array if label is None else array.sel({f"{name}_label": label})).values).ravel()


def _quantiles(values: np.ndarray | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(float(x) for x in np.quantile(values, LEVELS))
