"""Charts of what goes on along the way: time horizon, speed, effort, shares of compute and of people, oversight."""

from __future__ import annotations

import altair as alt

from rsimc.analysis.forecast import Forecast
from rsimc.publish import frames
from rsimc.publish.layers import (
    Chart,
    fan_layers,
    finished,
    inline,
    line_layers,
    log_axis,
    now_rule,
    saved,
    years_axis,
)
from rsimc.publish.theme import DASHES
from rsimc.publish.words import HORIZON_MARKS, LONGEST_TASK

YEARS_OF_HORIZON = 6
YEARS_OF_SPEED = 24
LINE_ROLES = ("blue-3", "orange-3", "green-3", "violet-3")
BANDS = "median, middle half and 5% to 95%"
CUSTOMERS = "customers"
COMPUTE = {
    "research_share": CUSTOMERS,
    "training_share": "training",
    "experiment_share": "experiments",
    "ai_labour_share": "AI labour",
}
"""Parts of the leading lab's compute by the observable that says how large each is; customers have what research
leaves."""
PEOPLE = {"human_share": "people", "director_share": "people directing"}


def span(forecast: Forecast) -> tuple[float, float]:
    """The years that fans are drawn for: from the year before the forecast speaks."""
    first = float(forecast.study.scenario.as_of.year - 1)
    return first, min(first + YEARS_OF_SPEED, float(forecast.study.scenario.run.horizon))


def fan_charts(forecast: Forecast) -> dict[str, Chart]:
    """Every chart of an observable that the model has, by name."""
    known = {observable.name for observable in forecast.study.model.observables}
    found = {"horizon": horizon_chart(forecast)} if frames.HORIZON in known else {}
    if frames.SPEED in known:
        title = "Pace of software progress against people alone"
        found["speed"] = times_chart(forecast, frames.SPEED, title)
    if frames.EFFORT in known:
        found["effort"] = times_chart(forecast, frames.EFFORT, "Research effort against people alone")
    if known >= set(COMPUTE):
        found["compute"] = compute_chart(forecast)
    if known >= set(PEOPLE):
        found["people"] = people_chart(forecast)
    if frames.OVERSIGHT in known:
        found["oversight"] = oversight_chart(forecast)
    return found


def horizon_chart(forecast: Forecast) -> Chart:
    """The 50% time horizon of the leading model, with METR's measurements over it."""
    last = float(forecast.study.scenario.as_of.year + YEARS_OF_HORIZON + 1)
    first, low, top = forecast.study.plan.grid.start, 2e-4, 3 * LONGEST_TASK
    x = years_axis(first, last)
    y = log_axis(list(HORIZON_MARKS), low, top)
    fan = fan_layers(frames.fan_rows(forecast, frames.HORIZON, first, last), x, y, "task")
    sky = {"hours": LONGEST_TASK, "top": top, "year": first, "end": last, "text": "beyond any task"}
    above = alt.Chart(inline([sky])).encode(x, y("hours:Q"))
    shade = above.mark_rect(style="beyond").encode(alt.X2("end:Q"), alt.Y2("top:Q"))
    remark = above.mark_text(style="remark", align="left", baseline="bottom", dx=8, dy=-4).encode(text="text:N")
    title = "Length of the tasks that the leading model does half of the time"
    layers = [shade, remark, *fan, now_rule(forecast, x), *_measured(forecast, x, y("hours:Q"))]
    subtitle = f"{BANDS}; points: METR with 95% intervals"
    return saved(finished(alt.layer(*layers), 440, title, subtitle), "forecast", "METR")


def _measured(forecast: Forecast, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """METR's points with their intervals; hollow where a row only bounds the horizon from below."""
    points = alt.Chart(inline(frames.horizon_points(forecast), "METR")).encode(x, y)
    texts = {"model": "model", "date": "released", "length": "50% horizon", "interval": "95% interval"}
    tips = [alt.Tooltip(f"{field}:N", title=title) for field, title in texts.items()]
    spans = points.mark_rule(style="interval", clip=True).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    exact = points.transform_filter("datum.kind === 'point'").mark_point(
        style="observed", size=60, filled=True, opacity=1
    )
    bounds = points.transform_filter("datum.kind !== 'point'").mark_point(style="censored", size=60, opacity=1)
    return [spans, exact.encode(tooltip=tips), bounds.encode(tooltip=tips)]


def times_chart(forecast: Forecast, name: str, title: str) -> Chart:
    """An observable that is a multiple of what people alone would reach: the multiplier, or research effort."""
    first, last = span(forecast)
    x = years_axis(first, last)
    y = log_axis([(10.0**n, f"{10**n:,}×") for n in range(7)], 0.8, 1e6)
    fan = fan_layers(frames.fan_rows(forecast, name, first, last), x, y, "times")
    return saved(finished(alt.layer(*fan, now_rule(forecast, x)), 360, title, BANDS), "forecast")


def compute_chart(forecast: Forecast) -> Chart:
    """How the leading lab splits its compute."""
    rows = compute_rows(forecast)
    return _lines_chart(forecast, list(COMPUTE.values()), rows, "How the leading lab splits its compute")


def compute_rows(forecast: Forecast) -> list[frames.Row]:
    """Quantiles of the parts of compute; what customers have is the rest of research, its quantiles the other way
    round."""
    rows = frames.line_rows(forecast, list(COMPUTE), *span(forecast))
    for row in rows:
        research = {key: values[0] for key, values in row.items() if key[0] == "q"}
        for key, value in research.items():
            row[f"q{100 - int(key[1:]):02d}"][0] = round(1.0 - value, 4)
    return rows


def people_chart(forecast: Forecast) -> Chart:
    """The share of research that people do, and that is people directing it."""
    rows = frames.line_rows(forecast, list(PEOPLE), *span(forecast))
    return _lines_chart(forecast, list(PEOPLE.values()), rows, "Share of AI research that people do")


def _lines_chart(forecast: Forecast, names: list[str], rows: list[frames.Row], title: str) -> Chart:
    first, last = span(forecast)
    x = years_axis(first, last)
    dashes = [list(DASHES[n % len(DASHES)]) for n in range(len(names))]
    layers = alt.layer(*line_layers(names, rows, x, dashes), now_rule(forecast, x))
    roles = list(LINE_ROLES[: len(names)])
    return saved(finished(layers, 320, title, "median and middle half", roles), "forecast", series=names)


def oversight_chart(forecast: Forecast) -> Chart:
    """Human hours of evaluation and safety against what they would be without AI, for the same progress."""
    first, last = span(forecast)
    x = years_axis(first, last)
    marks = [(10.0**n, f"{100 * 10.0**n:g}%") for n in range(-6, 2)]
    y = log_axis(marks, 1e-6, 2.0)
    fan = fan_layers(frames.fan_rows(forecast, frames.OVERSIGHT, first, last), x, y, "fraction")
    title = "Human hours of evaluation and safety for the same progress, against a world without AI"
    return saved(finished(alt.layer(*fan, now_rule(forecast, x)), 320, title, BANDS), "forecast")
