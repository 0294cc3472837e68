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
from rsimc.publish.fans import LINE_ROLES, fan_charts
from rsimc.publish.layers import Chart, cursor_layers, finished, inline, legend, saved, years_axis
from rsimc.publish.sections import experts
from rsimc.publish.theme import families
from rsimc.runs.files import write_bytes

LEVEL_FIELDS = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
DENSEST = 2.5
"""Peaks of the lead's density that the frame is high: another milestone may be far more certain."""
STAGES = {"prior": "soft", "data": "blue-3", "not yet": "orange-3"}
"""What is known of a parameter before the data, after them, and while nothing has happened yet; with colour roles."""


def cdf_chart(forecast: Forecast) -> Chart:
    """The probability that each headline milestone has come, by date, with a band of two standard errors.

    Its data hold all milestones. The parameter `at` is a date (decimal year) of theirs to draw a rule at.
    """
    names, shown = frames.in_order(forecast), frames.headline(forecast)
    roles, dashes = families(shown, frames.lead(forecast))
    colour = alt.Color("milestone:N", scale=alt.Scale(domain=shown), legend=legend())
    dash = alt.StrokeDash("milestone:N", scale=alt.Scale(domain=shown, range=dashes), legend=legend())
    x = years_axis(float(forecast.study.scenario.as_of.year), float(forecast.study.scenario.run.horizon))
    wide = alt.Chart(inline(frames.cdf_rows(forecast), "forecast")).encode(x)
    first = {part: f"slice(datum.{part}, 0, {len(shown)})" for part in ("p", "se")}
    base = wide.transform_calculate(milestone=json.dumps(names[: len(shown)]), **first)
    base = base.transform_flatten(["milestone", "p", "se"])
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, 1]))
    ends = base.transform_calculate(low="max(datum.p - 2 * datum.se, 0)", high="min(datum.p + 2 * datum.se, 1)")
    band = ends.mark_area(opacity=0.22).encode(alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    line = base.mark_line(strokeWidth=2.2).encode(y, colour, dash)
    words = wide.transform_calculate(**{f"t{n}": f"datum.text[{n}]" for n in range(len(shown))})
    said = [alt.Tooltip(f"t{n}:N", title=name) for n, name in enumerate(names[: len(shown)])]
    at = alt.param(name="at", value=0)
    rule = wide.transform_filter("datum.year === at").mark_rule(style="cursor", tooltip=None)
    strips = words.mark_rect(opacity=0).encode(
        alt.X("from:Q"), alt.X2("to:Q"), tooltip=[alt.Tooltip("date:N", title="by"), *said]
    )
    layers = alt.layer(band, line, rule, strips).add_params(at)
    title, subtitle = "Probability that a milestone has come", "by date; band: two standard errors"
    return saved(finished(layers, 380, title, subtitle, roles), "forecast", series=names)


def density_chart(forecast: Forecast) -> Chart:
    """When each headline milestone comes: probability a year, over quarters for ten years and then over years."""
    names = frames.headline(forecast)
    roles, dashes = families(names, frames.lead(forecast))
    colour = alt.Color("milestone:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("milestone:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    rows = frames.density_rows(forecast)
    x = years_axis(float(forecast.study.scenario.as_of.year), float(forecast.study.scenario.run.horizon))
    wide = alt.Chart(inline(rows, "forecast")).encode(x)
    base = wide.transform_calculate(milestone=json.dumps(names)).transform_flatten(["milestone", "per_year", "se"])
    top = DENSEST * max((row["per_year"][names.index(frames.lead(forecast))] for row in rows), default=0.0)
    scale = alt.Scale(domain=[0, top or 1.0])
    y = alt.Y("per_year:Q", title="probability a year", axis=alt.Axis(format=".0%", tickCount=5), scale=scale)
    ends = base.transform_calculate(low="max(datum.per_year - 2 * datum.se, 0)", high="datum.per_year + 2 * datum.se")
    band = ends.mark_area(opacity=0.18, clip=True).encode(alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    line = base.mark_line(strokeWidth=2, clip=True).encode(y, colour, dash)
    told = {f"t{n}": f"format(datum.per_year[{n}], '.1%')" for n in range(len(names))}
    span = "format(datum.start, '.2f') + ' to ' + format(datum.end, '.2f')"
    tips = [alt.Tooltip("span:N", title="between"), *(alt.Tooltip(f"t{n}:N", title=m) for n, m in enumerate(names))]
    words = wide.transform_calculate(span=span, **told, **{"from": "datum.start", "to": "datum.end"})
    title, subtitle = "When the milestones come", "probability a year; band: two standard errors"
    layers = alt.layer(band, line, *cursor_layers(words, tips))
    return saved(finished(layers, 300, title, subtitle, roles), "forecast", series=names)


def class_chart(forecast: Forecast) -> Chart:
    """How probable each kind of takeoff is."""
    rows = frames.class_rows(forecast)
    most = max(row["high"] for row in rows)
    axis = alt.Axis(format=".0%", values=[n / 10 for n in range(11) if n / 10 <= most])
    x = alt.X("p:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1.6 * most]))  # room for the words
    y = alt.Y("class:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelFontSize=13))
    base = alt.Chart(inline(rows, "forecast")).encode(x, y)
    bars = base.mark_bar(style="bar", height=20)
    ends = base.mark_rule(style="whisker").encode(alt.X("low:Q"), alt.X2("high:Q"))
    labels = base.mark_text(style="value", align="left", dx=8).encode(alt.X("high:Q"), text="text:N")
    subtitle = "probability; line: two standard errors"
    return saved(finished(alt.layer(bars, ends, labels), 34 * len(rows), "Kinds of takeoff", subtitle), "forecast")


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
    base = alt.Chart(inline(rows, "forecast")).encode(
        alt.Y("stage:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False)),
        alt.Color("stage:N", scale=alt.Scale(domain=list(STAGES)), legend=None),
        tooltip=tips,
    )
    thin = base.mark_rule(style="thin").encode(low, alt.X2("q95:Q"))
    thick = base.mark_rule(style="thick").encode(inner, alt.X2("q75:Q"))
    point = base.mark_point(filled=True, opacity=1, size=45).encode(middle)
    roles = list(STAGES.values())
    chart = finished(alt.layer(thin, thick, point), 26 * len(rows), spread.name, spread.parameter.meaning, roles)
    return saved(chart, "forecast")


def charts(forecast: Forecast) -> dict[str, Chart]:
    """Every chart that the model's quantities allow, by name."""
    found = {
        "cdf": cdf_chart(forecast),
        "density": density_chart(forecast),
        "classes": class_chart(forecast),
    }
    if experts.comparable(forecast):
        found |= {"experts-dates": experts.dates_chart(forecast), "experts-chances": experts.chances_chart(forecast)}
    return found | fan_charts(forecast)


def roles(forecast: Forecast, name: str) -> list[str] | None:
    """The colour roles of a chart's lines; None where its marks name their own."""
    if name in ("cdf", "density"):
        return families(frames.headline(forecast), frames.lead(forecast))[0]
    if name.startswith("experts"):
        return experts.ROLES
    return list(LINE_ROLES) if name in ("compute", "people") else None


def save_png(chart: Chart | alt.VConcatChart | alt.ConcatChart, path: str | Path, scale: float = 2.0) -> Path:
    """Write a chart as a PNG picture, `scale` pixels for each of its units."""
    if not 0.1 <= scale <= 10:
        raise UsageError("scale", "a number from 0.1 to 10", f"{scale:g}")
    return write_bytes(Path(path), vl_convert.vegalite_to_png(chart.to_dict(), scale=scale))
