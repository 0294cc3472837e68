"""The charts, as Altair objects: pure functions of a forecast, for pages, notebooks and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import vl_convert

from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError
from rsimc.publish import frames
from rsimc.publish.evidence import LEVELS, Spread
from rsimc.publish.layers import (
    Chart,
    cursor_layers,
    fan_layers,
    finished,
    inline,
    legend,
    log_axis,
    now_rule,
    years_axis,
)
from rsimc.publish.theme import families
from rsimc.publish.words import HORIZON_MARKS, LONGEST_TASK
from rsimc.runs.files import write_bytes

YEARS_OF_HORIZON = 6
YEARS_OF_SPEED = 24
LEVEL_FIELDS = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
STAGES = {"prior": "soft", "data": "blue-3", "not yet": "orange-3"}
"""What is known of a parameter before the data, after them, and while nothing has happened yet; with colour roles."""


def cdf_chart(forecast: Forecast) -> Chart:
    """The probability that each headline milestone has come, by date, with a band of two standard errors."""
    names = frames.headline(forecast)
    roles, dashes = families(names, frames.lead(forecast))
    colour = alt.Color("milestone:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("milestone:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    x = years_axis(float(forecast.study.scenario.as_of.year), float(forecast.study.scenario.run.horizon))
    wide = alt.Chart(inline(frames.cdf_rows(forecast))).encode(x)
    base = wide.transform_calculate(milestone=json.dumps(names)).transform_flatten(["milestone", "p", "se"])
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    ends = base.transform_calculate(low="max(datum.p - 2 * datum.se, 0)", high="min(datum.p + 2 * datum.se, 1)")
    band = ends.mark_area(opacity=0.22).encode(alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    line = base.mark_line(strokeWidth=2.2).encode(y, colour, dash)
    words = wide.transform_calculate(**{f"t{n}": f"datum.text[{n}]" for n in range(len(names))})
    said = [alt.Tooltip(f"t{n}:N", title=name) for n, name in enumerate(names)]
    cursor = cursor_layers(words, [alt.Tooltip("date:N", title="by"), *said])
    title, subtitle = "Probability that a milestone has come", "by date; band: two standard errors"
    return finished(alt.layer(band, line, *cursor), 380, title, subtitle, roles)


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
    return finished(
        alt.layer(*layers), 440, title, "median, middle half and 5% to 95%; points: METR with 95% intervals"
    )


def _measured(forecast: Forecast, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """METR's points with their intervals; hollow where a row only bounds the horizon from below."""
    points = alt.Chart(inline(frames.horizon_points(forecast))).encode(x, y)
    texts = {"model": "model", "date": "released", "length": "50% horizon", "interval": "95% interval"}
    tips = [alt.Tooltip(f"{field}:N", title=title) for field, title in texts.items()]
    spans = points.mark_rule(style="interval", clip=True).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    exact = points.transform_filter("datum.kind === 'point'").mark_point(
        style="observed", size=60, filled=True, opacity=1
    )
    bounds = points.transform_filter("datum.kind !== 'point'").mark_point(style="censored", size=60, opacity=1)
    return [spans, exact.encode(tooltip=tips), bounds.encode(tooltip=tips)]


def speed_chart(forecast: Forecast) -> Chart:
    """The multiplier on the pace of software progress."""
    first = float(forecast.study.scenario.as_of.year - 1)
    last = min(first + YEARS_OF_SPEED, float(forecast.study.scenario.run.horizon))
    x = years_axis(first, last)
    y = log_axis([(10.0**n, f"{10**n:,}×") for n in range(7)], 0.8, 1e6)
    fan = fan_layers(frames.fan_rows(forecast, frames.SPEED, first, last), x, y, "times")
    layers = alt.layer(*fan, now_rule(forecast, x))
    return finished(layers, 360, "Pace of software progress against people alone", "median, middle half and 5% to 95%")


def class_chart(forecast: Forecast) -> Chart:
    """How probable each kind of takeoff is."""
    rows = frames.class_rows(forecast)
    most = max(row["high"] for row in rows)
    axis = alt.Axis(format=".0%", values=[n / 10 for n in range(11) if n / 10 <= most])
    x = alt.X("p:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1.6 * most]))  # room for the words
    y = alt.Y("class:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelFontSize=13))
    base = alt.Chart(inline(rows)).encode(x, y)
    bars = base.mark_bar(style="bar", height=20)
    ends = base.mark_rule(style="whisker").encode(alt.X("low:Q"), alt.X2("high:Q"))
    labels = base.mark_text(style="value", align="left", dx=8).encode(alt.X("high:Q"), text="text:N")
    return finished(
        alt.layer(bars, ends, labels), 34 * len(rows), "Kinds of takeoff", "probability; line: two standard errors"
    )


def parameter_chart(spread: Spread) -> Chart:
    """A parameter's 5% to 95% range, middle half and median at each stage, in its unit."""
    stages = zip(STAGES, (spread.prior, spread.posterior, spread.conditioned), strict=True)
    rows = [
        {"stage": stage, **dict(zip(LEVEL_FIELDS, found, strict=True))} for stage, found in stages if found is not None
    ]
    labels = "format(datum.value, datum.value >= 10000 ? '~s' : '~g')"
    axis = alt.Axis(values=spread.ticks(), grid=False, labelFlush=True, labelExpr=labels)
    scale = alt.Scale(type="log", nice=False, padding=8) if spread.log else alt.Scale(nice=False, zero=False, padding=8)
    low, inner, middle = (alt.X(f"{q}:Q", title=None, axis=axis, scale=scale) for q in ("q05", "q25", "q50"))
    tips = [
        alt.Tooltip("stage:N"),
        *(alt.Tooltip(f"{q}:Q", title=f"{int(q[1:])}%", format=".3~g") for q in LEVEL_FIELDS),
    ]
    base = alt.Chart(inline(rows)).encode(
        alt.Y("stage:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False)),
        alt.Color("stage:N", scale=alt.Scale(domain=list(STAGES)), legend=None),
        tooltip=tips,
    )
    thin = base.mark_rule(style="thin").encode(low, alt.X2("q95:Q"))
    thick = base.mark_rule(style="thick").encode(inner, alt.X2("q75:Q"))
    point = base.mark_point(filled=True, opacity=1, size=45).encode(middle)
    roles = list(STAGES.values())
    return finished(alt.layer(thin, thick, point), 26 * len(rows), spread.name, spread.parameter.meaning, roles)


def charts(forecast: Forecast) -> dict[str, Chart]:
    """Every chart that the model's quantities allow, by name."""
    found = {"cdf": cdf_chart(forecast), "classes": class_chart(forecast)}
    for name, quantity, draw in (("horizon", frames.HORIZON, horizon_chart), ("speed", frames.SPEED, speed_chart)):
        if frames.observable(forecast, quantity) is not None:
            found[name] = draw(forecast)
    return found


def save_png(chart: Chart | alt.VConcatChart | alt.ConcatChart, path: str | Path, scale: float = 2.0) -> Path:
    """Write a chart as a PNG picture, `scale` pixels for each of its units."""
    if not 0.1 <= scale <= 10:
        raise UsageError("scale", "a number from 0.1 to 10", f"{scale:g}")
    return write_bytes(Path(path), vl_convert.vegalite_to_png(chart.to_dict(), scale=scale))
