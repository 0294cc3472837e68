"""A milestone's date as the continuous forecast of a question on Metaculus: 201 points of a distribution function.

The site takes the distribution function at 201 evenly spaced places of the question's range, rising by at least 5e-5
and at most 0.2 from one to the next; at a closed end it is 0 or 1, at an open one at least 0.001 away from it
(https://www.metaculus.com/help/continuous-forecasts/ and the API's documentation, read 2026-11). A forecast that keeps
within that is bent for it; how far is part of the result.
"""

from __future__ import annotations

import json

import numpy as np

from rsimc.analysis.forecast import Forecast, year_of
from rsimc.dates import decimal_year, iso_date
from rsimc.errors import UsageError
from rsimc.publish.formats.options import Options

SCHEMA = "rsimc.metaculus/1"
POINTS = 201
EVEN = 0.01
"""Of the whole that is spread evenly over the range: 5e-5 a step."""
END = 0.001
MOST = 0.2
HALVINGS = 60


def as_metaculus(forecast: Forecast, options: Options) -> bytes:
    """The JSON of one question. Raises UsageError for a range that is none, or that the run does not cover."""
    first, last = question_range(forecast, options)
    curve = forecast.curve(options.milestone)
    years = np.linspace(first, last, POINTS)
    exact = np.interp(years, curve.edges, curve.p, left=0.0)
    bent = continuous_cdf(exact, options.open_low, options.open_high)
    apart = np.abs(bent - exact)
    worst = int(np.argmax(apart))
    document = {
        "schema": SCHEMA,
        "id": forecast.manifest.id,
        "milestone": options.milestone,
        "range": {
            "min": iso_date(first),
            "max": iso_date(last),
            "open_low": options.open_low,
            "open_high": options.open_high,
        },
        "continuous_cdf": [round(float(p), 9) for p in bent],
        "distortion": {
            "largest": round(float(apart[worst]), 6),
            "at": iso_date(float(years[worst])),
            "left_out_below": 0.0 if options.open_low else round(float(exact[0]), 6),
            "left_out_above": 0.0 if options.open_high else round(1.0 - float(exact[-1]), 6),
        },
    }
    return (json.dumps(document, indent=2) + "\n").encode("utf-8")


def question_range(forecast: Forecast, options: Options) -> tuple[float, float]:
    """Decimal years of the question's ends: the start of the first day, the end of the last."""
    scenario = forecast.study.scenario
    first = decimal_year(scenario.as_of) if not options.first else _start(options.first)
    last = forecast.study.plan.grid.end if not options.last else year_of(options.last)
    if last > forecast.study.plan.grid.end + 2 / 365.25:
        advice = "raise run.horizon"
        raise UsageError("--to", f"a day before the horizon {scenario.run.horizon}", options.last, advice)
    if not first < last:
        raise UsageError("--from", f"a day before {iso_date(last - 1e-3)}", options.first or iso_date(first))
    return first, last


def _start(text: str) -> float:
    """The start of a day, or of the first day of a month or year."""
    parts = text.split("-")
    year_of(text)  # refuses what is no date
    return year_of("-".join([*parts, *("01",) * (3 - len(parts))])) - 1 / 365.25


def continuous_cdf(exact: np.ndarray, open_low: bool, open_high: bool) -> np.ndarray:
    """A distribution function that the site takes, from one [201] at its places.

    What lies beyond a closed end is left out, since the question says it cannot be. Raises UsageError where nothing
    lies between two closed ends.
    """
    low, high = 0.0 if open_low else float(exact[0]), 1.0 if open_high else float(exact[-1])
    if high - low <= 0.0:
        raise UsageError(
            "--from", "a range in which the milestone may come", "one in which it does not", "open its ends"
        )
    inside = (exact - low) / (high - low)
    ends = END * (open_low + open_high)
    bent = (1.0 - EVEN - ends) * inside + EVEN * np.linspace(0.0, 1.0, len(exact)) + END * open_low
    steps = _capped(np.diff(bent))
    found: np.ndarray = bent[0] + np.concatenate([[0.0], np.cumsum(steps)])
    return np.clip(found, 0.0, 1.0)


def _capped(steps: np.ndarray) -> np.ndarray:
    """Steps of at most MOST, with the same sum: all are raised by one factor and then cut off."""
    total = float(steps.sum())
    if steps.max() <= MOST:
        return steps
    low, high = 1.0, MOST / steps.min()
    for _ in range(HALVINGS):
        factor = np.sqrt(low * high)
        low, high = (factor, high) if np.minimum(factor * steps, MOST).sum() < total else (low, factor)
    found: np.ndarray = np.minimum(high * steps, MOST)
    return found
