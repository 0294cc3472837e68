"""What there is to see in a figure, in a sentence from its own numbers: for captions, and for screen readers."""

from __future__ import annotations

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.publish import words
from rsimc.publish.fans import CUSTOMERS, compute_rows
from rsimc.publish.frames import HORIZON, lead
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, code, joined, of_class
from rsimc.publish.prose import said

AHEAD = (0, 4, 9)
"""Years after that of the forecast at whose ends captions read figures."""


def seen(key: str, blanks: dict[str, str]) -> Html:
    """The finding of a caption, before how to read it."""
    return joined([of_class("span", "seen", said(key, blanks)), " "])


def ends(forecast: Forecast) -> list[int]:
    """Years at whose ends captions read figures, within the horizon."""
    first, until = forecast.study.scenario.as_of.year, forecast.study.scenario.run.horizon
    return [first + n for n in AHEAD if first + n < until]


def cdf(forecast: Forecast, numbers: Numbers) -> Html:
    """When half of the trajectories have the milestone of the forecast, and how many never do."""
    name, horizon = lead(forecast), forecast.study.scenario.run.horizon
    path = ("milestones", name)
    blanks = {
        "name": code(name),
        "day": numbers.day(horizon, *path, "quantiles", "0.5", spelled=True),
        "never": numbers.chance(*path, "not_within_horizon"),
        "horizon": str(horizon),
    }
    known = numbers.at(*path, "quantiles", "0.5") is not None
    return seen("curves.seen" if known else "curves.seen_beyond", blanks)


def density(forecast: Forecast, numbers: Numbers) -> Html:
    """How far the dates of the milestone of the forecast are spread."""
    name, horizon = lead(forecast), forecast.study.scenario.run.horizon
    days = {f"q{q}": numbers.day(horizon, "milestones", name, "quantiles", f"0.{q}") for q in ("1", "5", "9")}
    return seen("curves.spread", {"name": code(name), **days})


def classes(forecast: Forecast, numbers: Numbers) -> Html:
    """The most probable kind of takeoff."""
    found = numbers.at("classes")
    first = max(found, key=lambda name: found[name]["p"] or 0.0)
    return seen("speed.seen_classes", {"kind": first, "p": numbers.chance("classes", first)})


def quantiles_at(forecast: Forecast, name: str, year: int) -> list[float]:
    """The 5%, 50% and 95% quantiles of an observable at the end of a year."""
    fan = forecast.fan(name, (0.05, 0.5, 0.95))
    place = int(np.argmin(np.abs(np.asarray(fan["year"].values) - (year + 1))))
    return [float(value) for value in fan.values[place]]


def horizon(forecast: Forecast) -> Html:
    """The time horizon at the ends of this year and of two years on."""
    first = forecast.study.scenario.as_of.year
    parts = []
    for year in (first, first + 2):
        low, middle, high = (words.task_length(hours) for hours in quantiles_at(forecast, HORIZON, year))
        parts.append(said("horizon.at", {"year": str(year), "low": low, "middle": middle, "high": high}))
    return seen("horizon.seen", {"ends": joined(parts, "; ")})


def times(forecast: Forecast, name: str, key: str) -> Html:
    """A multiple of what people alone would reach at the ends of years."""
    return _along(forecast, name, key, multiple)


def shares(forecast: Forecast, name: str, key: str) -> Html:
    """A share at the ends of years."""
    return _along(forecast, name, key, words.percent)


def _along(forecast: Forecast, name: str, key: str, shown: object) -> Html:
    assert callable(shown)
    parts = []
    for year in ends(forecast):
        low, middle, high = (str(shown(value)) for value in quantiles_at(forecast, name, year))
        parts.append(said("speed.at", {"year": str(year), "low": low, "middle": middle, "high": high}))
    return seen(key, {"ends": joined(parts, "; ")})


def multiple(value: float) -> str:
    """A multiple as a reader meets it.

    >>> multiple(1.234), multiple(2.5e6)
    ('1.23×', 'above 1,000,000×')
    """
    return "above 1,000,000×" if value >= 1e6 else f"{words.number(value)}×"


def compute(forecast: Forecast) -> Html:
    """What customers and AI labour take in the median, at the ends of the first and the last of the years."""
    rows, years = compute_rows(forecast), ends(forecast)
    blanks = {"customers": CUSTOMERS}
    for which, year in (("first", years[0]), ("last", years[-1])):
        row = min(rows, key=lambda one: abs(one["year"] - (year + 1)))
        blanks |= {which: str(year), f"customers_{which}": words.percent(row["q50"][0])}
        blanks |= {f"labour_{which}": words.percent(row["q50"][3])}
    return seen("resources.seen_compute", blanks)
