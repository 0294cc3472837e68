"""How much a future reading of an observable would tell about whether a milestone comes by a day.

The expected information gain of a reading is its mutual information with the event (Lindley 1956), here in bits and as
a share of the event's entropy, the most that any reading could give. A reading is the observable's own value in the
trajectory: what measuring adds to it is not in these numbers, so that they are upper ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES, Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.query.columns import Columns, columns
from rsimc.analysis.sensitivity.effects import Binned, binned, places
from rsimc.dates import iso_date
from rsimc.engine.plan import BATCHES
from rsimc.errors import RunError, UsageError
from rsimc.runs.ensemble import ensemble_path, read_ensemble, read_schema

HALF, DOUBLE = 0.5, 2.0


@dataclass(frozen=True)
class Reading:
    """An observable on a day (ISO). gain: bits, with its error; share: of the event's entropy. moves: by how much the
    probability would move on average, up or down. halves, doubles: the reading nearest to the middle one from which on
    the odds of the event are half or twice what they are now; None where no reading does that. middle: the median
    reading, low and high: 5% and 95%."""

    observable: str
    unit: str
    day: str
    gain: float
    se: float | None
    share: float
    moves: float
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
    where = str(ensemble_path(forecast.folder))
    known = columns(read_schema(forecast.folder), float(forecast.study.scenario.run.horizon), where)
    days = {
        (name, year): column
        for name, stored in known.observables.items()
        for year, column in stored
        if year <= question.year + 1e-3
    }
    if not days:
        first = min(year for stored in known.observables.values() for year, _ in stored)
        raise UsageError("by", f"a day from {iso_date(first - 1e-3)} on, the first that is stored", question.by)
    stored = _stored(forecast, question, list(days.values()))
    event, batch = stored["event"], stored["batch"]
    sizes = np.bincount(batch, minlength=BATCHES).astype(np.float64)
    p = estimate(np.bincount(batch, event, BATCHES), sizes, forecast.independent)
    readings = [_reading(known, name, year, stored[column], event, batch) for (name, year), column in days.items()]
    return Information(question, p, _entropy(p.p), tuple(readings))


def _stored(forecast: Forecast, question: Question, names: Sequence[str]) -> dict[str, np.ndarray]:
    date = f"date.{question.milestone}"
    wanted = ["batch", "finite", "conditioned_out", date, *names]
    table = read_ensemble(forecast.folder, wanted, forecast.manifest.kept_chunks)
    if table is None:
        place = str(ensemble_path(forecast.folder))
        raise RunError(place, "trajectories of the run", "none", "run simulate again to make them")
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    found = {name: table[name].to_numpy()[kept] for name in wanted}
    found["event"] = (found[date] <= question.year).astype(np.float64)
    return found


def _reading(
    known: Columns, name: str, year: float, values: np.ndarray, event: np.ndarray, batch: np.ndarray
) -> Reading:
    place = places(values)
    found = binned(place, event, batch)
    gain, se = gained(found)
    centres = np.array([np.median(values[place == n]) for n in range(found.counts.shape[1])])
    p = float(event.mean())
    means, weights = found.means, found.counts.sum(axis=0)
    low, middle, high = (float(x) for x in np.quantile(values, (0.05, 0.5, 0.95)))
    entropy = _entropy(p)
    return Reading(
        name,
        known.units[name],
        iso_date(year - 1e-3),
        gain,
        se,
        gain / entropy if entropy > 0 else 0.0,
        float(np.nansum(weights * np.abs(means - p)) / weights.sum()),
        _turning(centres, means, p, HALF),
        _turning(centres, means, p, DOUBLE),
        low,
        middle,
        high,
    )


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
    """The reading nearest to the middle at which the odds pass `factor` times those of p, between bins' medians."""
    if not 0.0 < p < 1.0:
        return None
    wanted = factor * p / (1.0 - p)
    passed = np.minimum(means / np.maximum(1.0 - means, 1e-12), 1e12) / wanted
    over = passed >= 1.0 if factor > 1.0 else passed <= 1.0
    middle, best = (len(centres) - 1) / 2.0, None
    for n in np.flatnonzero(over[1:] != over[:-1]):
        if best is None or abs(n + 0.5 - middle) < abs(best + 0.5 - middle):
            best = int(n)
    if best is None:
        return None
    a, b = (math.log(max(float(x), 1e-9)) for x in passed[best : best + 2])
    share = a / (a - b) if a != b else 0.5
    return float(centres[best] + min(max(share, 0.0), 1.0) * (centres[best + 1] - centres[best]))
