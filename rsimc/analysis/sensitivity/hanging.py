"""What milestones of a run hang on: their dates, and their probabilities by a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from rsimc.analysis.estimates import Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.sensitivity.again import Again, Effects, Progress
from rsimc.analysis.sensitivity.effects import Binned, binned, first_order, places
from rsimc.analysis.trajectories import counted
from rsimc.engine.dates import Dates
from rsimc.engine.plan import BATCHES

FIFTHS = 5
TENTHS = 10
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Driver:
    """A parameter. first, total: its effects, total None where it was not drawn anew. low, high: the probability where
    it lies in the lowest or the highest fifth of its values, the ends of its bar in a tornado. medians: of the
    parameter and of the date (decimal years, None beyond the horizon) in tenths of its values. moved: by how much
    drawing it anew moved the probability, with its error: 0 but for chance, unless the posterior is far from the normal
    distribution that stands for it there."""

    name: str
    unit: str
    first: Effects
    total: Effects | None
    low: Estimate
    high: Estimate
    medians: tuple[tuple[float, float | None], ...]
    moved: tuple[float, float] | None


@dataclass(frozen=True)
class Sensitivity:
    """drivers: by the share of the date that they make up, largest first. noise: what the future's noise alone decides,
    and what it decides together with all else; None where it was not drawn anew. p: the probability. lost: the largest
    share of trajectories whose twins, with one thing drawn anew, had what is known not to have happened: total effects
    leave them out, and are of a somewhat other population."""

    question: Question
    p: Estimate
    rows: int
    drivers: tuple[Driver, ...]
    noise_first: Effects | None
    noise_total: Effects | None
    lost: float


def sensitivity(
    forecast: Forecast,
    questions: Sequence[Question],
    progress: Progress,
    totals: bool = True,
    only: Sequence[str] | None = None,
) -> list[Sensitivity]:
    """Effects of all parameters that are not fixed, on each milestone that is asked about. totals: also draw each
    anew, and the noise, and simulate 65,536 trajectories with it, once for all questions. only: of these parameters.

    Raises RunError where the run keeps no trajectories.
    """
    for question in questions:
        forecast.probability(question.milestone, question.by)  # refuses what the run has not
    entries = zip(forecast.study.priors.names, forecast.study.priors.entries, strict=True)
    names = [n for n, entry in entries if entry[2].kind != "fixed" or n in forecast.study.choice]
    names = names if only is None else [name for name in names if name in only]
    dates_asked = [f"date.{question.milestone}" for question in questions]
    stored = counted(forecast, [*dates_asked, *(f"parameter.{name}" for name in names)])
    asked = [_ranked(stored, question) for question in questions]
    again = Again(forecast, questions, progress) if totals else None
    drivers: list[list[Driver]] = [[] for _ in questions]
    for name in names:
        if np.ptp(stored[f"parameter.{name}"]) > 0:
            dates = None if again is None else again.anew(name)
            cut = _cut(stored[f"parameter.{name}"])
            for found, question, y in zip(drivers, questions, asked, strict=True):
                found.append(_driver(forecast, name, cut, stored["batch"], question, y, again, dates))
    noises = [(None, None)] * len(questions) if again is None else again.noise()
    lost = 0.0 if again is None else again.lost
    return [
        _whole(question, stored["batch"], y, found, *noise, lost)
        for question, y, found, noise in zip(questions, asked, drivers, noises, strict=True)
    ]


def _whole(
    question: Question,
    batch: np.ndarray,
    y: Columns,
    drivers: list[Driver],
    first: Effects | None,
    total: Effects | None,
    lost: float,
) -> Sensitivity:
    drivers.sort(key=lambda driver: -driver.first.date.share)
    p = estimate(np.bincount(batch, y["event"], BATCHES), np.bincount(batch, minlength=BATCHES).astype(float))
    return Sensitivity(question, p, len(batch), tuple(drivers), first, total, lost)


def _ranked(stored: Columns, question: Question) -> Columns:
    """What is asked about: years, inf beyond the horizon; their ranks; and whether they are in time."""
    date = stored[f"date.{question.milestone}"]
    years = np.where(np.isfinite(date), date, np.inf)
    event = (years <= question.year).astype(np.float64)
    return {"years": years, "rank": rankdata(years) / max(len(years), 1), "event": event}


class _Cut(NamedTuple):
    """A parameter's values in bins, made once for all questions. place [rows]; tenths: the rows of each, and the median
    value there."""

    place: np.ndarray
    tenths: list[tuple[np.ndarray, float]]


def _cut(x: np.ndarray) -> _Cut:
    tenth = places(x, TENTHS)
    rows = [np.flatnonzero(tenth == n) for n in range(int(tenth.max(initial=-1)) + 1)]
    return _Cut(places(x), [(here, float(np.median(x[here]))) for here in rows if len(here)])


def _driver(
    forecast: Forecast,
    name: str,
    cut: _Cut,
    batch: np.ndarray,
    question: Question,
    y: Columns,
    again: Again | None,
    dates: Dates | None,
) -> Driver:
    date, event = (binned(cut.place, y[what], batch) for what in ("rank", "event"))
    total, moved = (None, None) if again is None or dates is None else again.total(dates, question)
    units = {p.name: p.unit for p in forecast.study.model.parameters}
    ends = max(event.counts.shape[1] // FIFTHS, 1)
    return Driver(
        name,
        units.get(name.split(".")[0], ""),
        Effects(first_order(date), first_order(event)),
        total,
        _part(event, slice(0, ends)),
        _part(event, slice(-ends, None)),
        _medians(cut.tenths, y["years"]),
        moved,
    )


def _part(found: Binned, bins: slice) -> Estimate:
    return estimate(found.sums[:, bins].sum(axis=1), found.counts[:, bins].sum(axis=1))


def _medians(tenths: list[tuple[np.ndarray, float]], years: np.ndarray) -> tuple[tuple[float, float | None], ...]:
    found = [(value, float(np.median(years[rows]))) for rows, value in tenths]
    return tuple((value, middle if np.isfinite(middle) else None) for value, middle in found)
