"""The milestones in the report: dates, probabilities, definitions."""

from __future__ import annotations

from rsimc.analysis.document import QUANTILES
from rsimc.analysis.forecast import Forecast
from rsimc.models.base import Milestone
from rsimc.publish import words
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, folded, joined, names, of_class, section, table, tag
from rsimc.publish.prose import told
from rsimc.publish.tables import BY_YEARS


def milestones(forecast: Forecast, numbers: Numbers) -> Html:
    """The dates and probabilities of every milestone."""
    horizon = forecast.study.scenario.run.horizon
    return section(
        "milestones",
        "Milestones",
        told("milestones.dates", {"after": words.after(horizon), "horizon": str(horizon)}),
        _dates(forecast, numbers, horizon),
        told("milestones.chances", {"horizon": str(horizon)}),
        _chances(forecast, numbers, horizon),
        _definitions(forecast),
    )


def _head(milestone: Milestone) -> Html:
    """A name that opens to its definition."""
    opened = tag("details", tag("summary", milestone.name), milestone.definition)
    return of_class("div", "first" if milestone.headline else "", opened)


def _dates(forecast: Forecast, numbers: Numbers, horizon: int) -> Html:
    rows: list[Row] = []
    for milestone in forecast.milestones:
        path = ("milestones", milestone.name)
        days: Row = [numbers.day(horizon, *path, "quantiles", f"{q:g}") for q in QUANTILES]
        error = numbers.days(*path, "quantile_se_days", "0.5")
        if error is not None:
            middle = QUANTILES.index(0.5)
            days[middle] = joined([days[middle], of_class("span", "se below", error)])
        rows.append([_head(milestone), *days])
    return table(["milestone", *(f"{q:.0%}" for q in QUANTILES)], rows, "dates")


def _chances(forecast: Forecast, numbers: Numbers, horizon: int) -> Html:
    ends = [f"{year}-12-31" for year in BY_YEARS if year < horizon]
    rows: list[Row] = []
    for milestone in forecast.milestones:
        path = ("milestones", milestone.name)
        by = [numbers.chance(*path, "probability_by", end) for end in ends]
        rows.append([_head(milestone), *by, numbers.chance(*path, "not_within_horizon")])
    return table(["milestone", *(f"by end of {end[:4]}" for end in ends), words.after(horizon)], rows, "chances")


def _definitions(forecast: Forecast) -> Html:
    seen = [m.name for m in forecast.milestones if m.seen]
    terms = (joined([tag("dt", code(m.name)), tag("dd", m.definition)]) for m in forecast.milestones)
    noticed = told("milestones.noticed", {"names": names(seen)}) if seen else None
    return folded("Definitions of all milestones", tag("dl", *terms), noticed)
