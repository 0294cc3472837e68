"""The middle of the report: the time horizon, the speed after the loop closes, kinds of takeoff, durations."""

from __future__ import annotations

from rsimc.analysis.document import QUANTILES
from rsimc.analysis.forecast import Forecast
from rsimc.publish import words
from rsimc.publish.frames import EFFORT, HORIZON, LOOP, SPEED, horizon_points, observable
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, figure, joined, section, table, tag
from rsimc.publish.prose import said, texts, told
from rsimc.publish.sections import seeing

CLASSIFIED = {LOOP, "multiplier_10", "multiplier_1000"}
"""The milestones that the report's words for the classes speak of."""


def horizon(forecast: Forecast) -> Html | None:
    """The time horizon, with METR's measurements where the forecast knew them."""
    if observable(forecast, HORIZON) is None:
        return None
    points = said("horizon.points" if forecast.posterior else "horizon.points_unused")
    caption = [seeing.horizon(forecast), said("horizon.fan"), " ", points if horizon_points(forecast) else None]
    label = "Time horizon of the leading model from 2019, with METR's measurements"
    chart = figure("horizon", label, 480, *caption)
    return section("horizon", "How long the tasks are that AI completes", told("horizon.meaning"), chart)


def speed(forecast: Forecast, numbers: Numbers) -> Html:
    """Multiplier and effort, the classes and the durations."""
    shown: list[Html] = []
    if observable(forecast, SPEED) is not None:
        label = "Multiplier on the pace of software progress by date"
        caption = [seeing.times(forecast, SPEED, "speed.seen"), said("speed.bands")]
        shown += [told("speed.meaning"), figure("speed", label, 400, *caption)]
    if observable(forecast, EFFORT) is not None:
        caption = [seeing.times(forecast, EFFORT, "speed.seen_effort"), said("speed.bands")]
        shown += [told("speed.effort"), figure("effort", "Research effort by date", 400, *caption)]
    parts = [*shown, *_classes(forecast, numbers), *_durations(forecast, numbers), *_versions(forecast, numbers)]
    return section("speed", "How fast it then goes", *parts)


def _classes(forecast: Forecast, numbers: Numbers) -> list[Html]:
    until = {"horizon": str(forecast.study.scenario.run.horizon)}
    known = texts()["classes"] if set(forecast.curves) >= CLASSIFIED else {}  # else the names mean something else
    rows: list[Row] = []
    for name in forecast.study.model.classes:
        meaning = said(f"classes.{name}", until) if name in known else ""
        rows.append([name, numbers.chance("classes", name), meaning])
    caption = [seeing.classes(forecast, numbers), said("speed.classes")]
    chart = figure("classes", "Probability of each kind of takeoff", 200, *caption)
    return [tag("h3", "Kinds of takeoff"), chart, table(["kind", "probability", "meaning"], rows, "words")]


def _durations(forecast: Forecast, numbers: Numbers) -> list[Html]:
    if not forecast.durations:
        return []
    until = forecast.study.scenario.run.horizon
    rows: list[Row] = []
    for name in forecast.durations:
        start, end = name.split("..")
        path = ("durations", name)
        cells = [numbers.years(*path, "quantiles_years", f"{q:g}") for q in QUANTILES]
        head = joined([code(start), tag("br"), "to ", code(end)])
        rows.append([head, *cells, numbers.chance(*path, "not_within_horizon")])
    note = told("speed.durations", {"after": words.after(until)})
    heads = ["from … to", *(f"{q:.0%}" for q in QUANTILES), "not both"]
    return [tag("h3", "Durations"), note, table(heads, rows, "dates")]


def _versions(forecast: Forecast, numbers: Numbers) -> list[Html]:
    """What happens from version to version; nothing where the model counts none."""
    found = [d for d in forecast.study.model.durations if d.clock]
    if not found:
        return []
    heads = ["", *(f"{q:.0%}" for q in QUANTILES), "left out"]
    rows: list[Row] = []
    for duration in found:
        path, texts_ = ("readings", duration.name), texts()["clocks"]
        what = texts_.get(duration.clock, duration.clock)
        where = joined(["at " if not duration.start else "to ", code(duration.end)])
        cells = [numbers.value(*path, "quantiles", f"{q:g}") for q in QUANTILES]
        rows.append([joined([what, tag("br"), where]), *cells, numbers.chance(*path, "not_within_horizon")])
    grows = [
        said("speed.grows", {"end": code(d.end), "p": tag("strong", numbers.chance("readings", d.name, "positive"))})
        for d in found
        if not d.log and numbers.at("readings", d.name, "positive", "p") is not None
    ]
    return [
        tag("h3", "From version to version"),
        told("speed.versions"),
        tag("p", joined(grows, " ")),
        table(heads, rows, "dates"),
    ]
