"""How much a future reading of an observable would tell about whether a milestone comes by a day.

The expected information gain of a reading is its mutual information with the event (Lindley 1956), here in bits and as
a share of the event's entropy, the most that any reading could give. A reading is the observable's own value in the
trajectory: what measuring adds to it is not in these numbers, so that they are upper ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from rsimc.analysis.estimates import MIN_BATCHES, Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.query.columns import Columns, columns_of
from rsimc.analysis.sensitivity.effects import Binned, binned, places
from rsimc.analysis.trajectories import counted
from rsimc.dates import iso_date
from rsimc.engine.plan import BATCHES
from rsimc.errors import UsageError

HALF, DOUBLE = 0.5, 2.0
TELLS = 3.0
"""Standard errors by which a reading must tell something before it is said at which value the odds turn."""


@dataclass(frozen=True)
class Reading:
    """An observable on a day (ISO). gain: bits, with its error; share: of the event's entropy. moves: by how much the
    probability would move on average, up or down; halves, doubles: the reading at which the odds of the event, as they
    rise or fall with it, are half or twice what they are now. These three are None where the reading tells too little
    to say (bins differ by chance, too, and a mean of sizes never averages that out), the last two also where no reading
    does that. middle: the median reading, low and high: 5% and 95%."""

    observable: str
    unit: str
    day: str
    gain: float
    se: float | None
    share: float
    moves: float | None
    halves: float | None
    doubles: float | None
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Information:
    """What readings before a day would tell about an event. entropy: of the event, in bits."""

    question: Question
    p: Estimate
    entropy: float
    readings: tuple[Reading, ...]

    def by_day(self) -> dict[str, list[Reading]]:
        """Readings of each day, in order, those that tell most first."""
        days: dict[str, list[Reading]] = {}
        for reading in sorted(self.readings, key=lambda one: (one.day, -one.gain)):
            days.setdefault(reading.day, []).append(reading)
        return days


def information(forecast: Forecast, question: Question) -> Information:
    """Of every observable on every stored day before that of the question.

    Raises UsageError for what the run has not, or a day before which nothing is stored; RunError where the run keeps no
    trajectories.
    """
    forecast.probability(question.milestone, question.by)  # refuses what the run has not
    known = columns_of(forecast.folder, forecast.study.scenario.run.horizon)
    days = {
        (name, year): column
        for name, stored in known.observables.items()
        for year, column in stored
        if year <= question.year + 1e-3
    }
    if not days:
        first = min(year for stored in known.observables.values() for year, _ in stored)
        raise UsageError("by", f"a day from {iso_date(first - 1e-3)} on, the first that is stored", question.by)
    date = f"date.{question.milestone}"
    stored = counted(forecast, [date, *days.values()])
    event, batch = (stored[date] <= question.year).astype(np.float64), stored["batch"]
    sizes = np.bincount(batch, minlength=BATCHES).astype(np.float64)
    p = estimate(np.bincount(batch, event, BATCHES), sizes, forecast.independent, forecast.shared_draws)
    readings = [_reading(known, name, year, stored[column], event, batch) for (name, year), column in days.items()]
    return Information(question, p, _entropy(p.p), tuple(readings))


def _reading(
    known: Columns, name: str, year: float, values: np.ndarray, event: np.ndarray, batch: np.ndarray
) -> Reading:
    place = np.unique(places(values), return_inverse=True)[1]  # ties leave bins empty
    found = binned(place, event, batch)
    gain, se = gained(found)
    centres = np.array([np.median(values[place == n]) for n in range(found.counts.shape[1])])
    p, weights = float(event.mean()), found.counts.sum(axis=0)
    low, middle, high = (float(x) for x in np.quantile(values, (0.05, 0.5, 0.95)))
    entropy = _entropy(p)
    tells = se is not None and gain > TELLS * se
    steady = _monotone(found.means, weights)
    turns = [_turning(centres, steady, p, factor) if tells else None for factor in (HALF, DOUBLE)]
    return Reading(
        name,
        known.units[name],
        iso_date(year - 1e-3),
        gain,
        se,
        gain / entropy if entropy > 0 else 0.0,
        float((weights * np.abs(found.means - p)).sum() / weights.sum()) if tells else None,
        turns[0],
        turns[1],
        low,
        middle,
        high,
    )


def _monotone(means: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The nearest rising or falling curve, whichever is nearer: what bins go up and down by chance is no turning."""
    curves = [isotonic_regression(means, weights=weights, increasing=up).x for up in (True, False)]
    apart = [float((weights * (curve - means) ** 2).sum()) for curve in curves]
    return np.asarray(curves[int(np.argmin(apart))])


def gained(found: Binned) -> tuple[float, float | None]:
    """Mutual information of an event with a binned reading, in bits, with its standard error.

    Bins tell something about any event by chance alone; the jackknife over batches takes that off, and gives the error.
    """
    here = found.counts.sum(axis=1) > 0
    counts, hits = found.counts[here], found.sums[here]
    whole, filled = _bits(counts.sum(axis=0), hits.sum(axis=0)), len(counts)
    if filled < MIN_BATCHES:
        return whole, None
    all_counts, all_hits = counts.sum(axis=0), hits.sum(axis=0)
    parts = np.array([_bits(all_counts - counts[b], all_hits - hits[b]) for b in range(filled)])
    se = math.sqrt((filled - 1) / filled * float(((parts - parts.mean()) ** 2).sum()))
    return filled * whole - (filled - 1) * float(parts.mean()), se


def _bits(counts: np.ndarray, hits: np.ndarray) -> float:
    total = float(counts.sum())
    whole = _entropy(float(hits.sum()) / total)
    inside = hits / np.maximum(counts, 1.0)
    return whole - float((counts * np.array([_entropy(p) for p in inside])).sum()) / total


def _entropy(p: float) -> float:
    """Of an event, in bits."""
    return -sum(q * math.log2(q) for q in (p, 1.0 - p) if q > 0.0)


def _turning(centres: np.ndarray, means: np.ndarray, p: float, factor: float) -> float | None:
    """The reading at which the odds, which rise or fall with it, pass `factor` times those of p, between bins' medians;
    None where they do not."""
    if not 0.0 < p < 1.0:
        return None
    wanted = factor * p / (1.0 - p)
    passed = np.clip(means / np.maximum(1.0 - means, 1e-12) / wanted, 1e-9, 1e9)
    over = passed >= 1.0 if factor > 1.0 else passed <= 1.0
    crossings = np.flatnonzero(over[1:] != over[:-1])
    if len(crossings) == 0:
        return None
    n = int(crossings[0])
    a, b = (math.log(float(x)) for x in passed[n : n + 2])
    share = a / (a - b) if a != b else 0.5
    return float(centres[n] + min(max(share, 0.0), 1.0) * (centres[n + 1] - centres[n]))
