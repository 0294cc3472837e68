"""Parts that charts share: axes, fans, the rule that follows the pointer, size and colours."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import altair as alt

from rsimc.analysis.forecast import Forecast
from rsimc.publish import frames
from rsimc.publish.theme import LIGHT, config
from rsimc.publish.words import LONGEST_TASK

Chart = alt.LayerChart | alt.FacetChart
WIDTH = 760


def inline(rows: list[frames.Row], name: str | None = None) -> alt.InlineData:
    """Rows inside the chart's own specification. name: of a table that readers can save; see `saved`."""
    return alt.InlineData(values=rows) if name is None else alt.InlineData(values=rows, name=name)


def saved(chart: Chart, *tables: str, series: list[str] | None = None) -> Chart:
    """The chart with what a page must know to save its data: the names of its tables, and of the entries of lists in
    their rows."""
    chart.usermeta = {"tables": list(tables), "series": series or []}
    return chart


def years_axis(first: float, last: float, field: str = "year:Q") -> alt.X:
    """Decimal years, labelled by whole years."""
    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelFlush=False, labelOverlap=True, labelSeparation=14)
    return alt.X(field, title=None, axis=axis, scale=alt.Scale(domain=[first, last], nice=False))


def legend() -> alt.Legend:
    """Above the chart, in as many columns as there is room for."""
    columns = alt.ExprRef(expr="width < 420 ? 2 : 4")
    where = alt.Legend(orient="top", direction="horizontal", title=None, columns=columns)
    where.symbolType, where.symbolOpacity = "stroke", 1  # else symbols take after the faint bands
    return where


def named(marks: list[tuple[float, str]]) -> str:
    """A Vega expression that gives a tick its name."""
    cases = [f"abs(datum.value / {value!r} - 1) < 1e-6 ? '{label}' : " for value, label in marks]
    return "".join(cases) + "''"


def log_axis(marks: list[tuple[float, str]], low: float, high: float) -> Callable[[str], alt.Y]:
    """A logarithmic axis with named ticks, for any field."""
    shown = [(value, label) for value, label in marks if low <= value <= high]
    axis = alt.Axis(values=[value for value, _ in shown], labelExpr=named(shown), grid=True)
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return lambda field: alt.Y(field, title=None, axis=axis, scale=scale)


def fan_layers(
    rows: list[frames.Row] | alt.NamedData, x: alt.X, y: Callable[[str], alt.Y], kind: str
) -> list[alt.Chart]:
    """The median, the middle half and 5% to 95% of rows from `frames.fan_rows`. kind: see `spoken`."""
    base = alt.Chart(inline(rows, "forecast") if isinstance(rows, list) else rows).encode(x)
    outer = base.mark_area(style="outer", clip=True).encode(y("q05:Q"), alt.Y2("q95:Q"))
    inner = base.mark_area(style="inner", clip=True).encode(alt.Y("q25:Q"), alt.Y2("q75:Q"))
    median = base.mark_line(style="median", clip=True).encode(alt.Y("q50:Q"))
    levels = ("95", "75", "50", "25", "05")
    words = base.transform_calculate(**{f"t{q}": spoken(f"datum.q{q}", kind) for q in levels})
    tips = [alt.Tooltip("date:N", title="at"), *(alt.Tooltip(f"t{q}:N", title=f"{int(q)}%") for q in levels)]
    return [outer, inner, median, *cursor_layers(words, tips)]


def cursor_layers(base: alt.Chart, tips: list[alt.Tooltip]) -> list[alt.Chart]:
    """A rule at the date that is nearest to the pointer, and a tooltip that tells what holds there.

    Every date has an unseen strip of its own. (Vega-Lite's `nearest` would give the tooltip an empty row.)
    """
    near = alt.selection_point(name="near", fields=["year"], on="pointerover", clear="pointerout", empty=False)
    strips = base.mark_rect(opacity=0).encode(alt.X("from:Q"), alt.X2("to:Q"), tooltip=tips).add_params(near)
    rule = base.mark_rule(style="cursor", tooltip=None).encode(opacity=alt.condition(near, alt.value(1), alt.value(0)))
    return [rule, strips]


def spoken(value: str, kind: str) -> str:
    """A Vega expression for a value in words. kind: `times` a multiple, `task` hours, `share` or `fraction` of a whole,
    the latter to three digits."""
    if kind in ("share", "fraction"):
        return f"format({value}, '{'.1%' if kind == 'share' else '.3~p'}')"
    if kind == "times":
        return f"{value} >= 1e6 ? 'above 1,000,000×' : format({value}, ',.3~r') + '×'"
    minutes = f"{value} >= 1/60 ? format({value} * 60, '.2~r') + ' min' : format({value} * 3600, '.2~r') + ' s'"
    return (
        f"{value} >= {LONGEST_TASK:g} ? 'beyond any task' : {value} >= 1 ? format({value}, ',.3~r') + ' h' : {minutes}"
    )


def share_axis(field: str) -> alt.Y:
    """Shares from none to all."""
    axis = alt.Axis(format=".0%", values=[n / 4 for n in range(5)])
    return alt.Y(field, title=None, axis=axis, scale=alt.Scale(domain=[0, 1]))


def line_layers(
    names: list[str], rows: list[frames.Row], x: alt.X, dashes: list[list[int]], bands: bool = True
) -> list[alt.Chart]:
    """Medians of shares as lines, and middle halves as bands, of rows that hold lists q25, q50 and q75, an entry a
    name."""
    colour = alt.Color("line:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    wide = alt.Chart(inline(rows, "forecast")).encode(x)
    base = wide.transform_calculate(line=json.dumps(names)).transform_flatten(["line", "q25", "q50", "q75"])
    band = base.mark_area(opacity=0.15, clip=True).encode(share_axis("q25:Q"), alt.Y2("q75:Q"), colour)
    line = base.mark_line(strokeWidth=2.2, clip=True).encode(share_axis("q50:Q"), colour, dash)
    kind = "share"
    said = {
        f"t{n}": f"{spoken(f'datum.q50[{n}]', kind)} + ' (' + ({spoken(f'datum.q25[{n}]', kind)}) + ' to ' + "
        f"({spoken(f'datum.q75[{n}]', kind)}) + ')'"
        for n in range(len(names))
    }
    tips = [alt.Tooltip("date:N", title="at"), *(alt.Tooltip(f"t{n}:N", title=name) for n, name in enumerate(names))]
    return [*([band] if bands else []), line, *cursor_layers(wide.transform_calculate(**said), tips)]


def now_rule(forecast: Forecast, x: alt.X) -> alt.Chart:
    """The day the forecast speaks from."""
    row = {"year": round(frames.as_of_year(forecast), 4), "day": forecast.study.scenario.as_of.isoformat()}
    return alt.Chart(inline([row])).mark_rule(style="now").encode(x, tooltip=alt.Tooltip("day:N", title="as of"))


def finished(layers: Chart, height: int, title: str, subtitle: str, lines: list[str] | None = None) -> Chart:
    """The layers as a chart of a size, with its title, in the light palette. lines: colour roles of its lines."""
    chart = layers.properties(width=WIDTH, height=height, title=alt.Title(title, subtitle=subtitle))
    chart.config = _light(tuple(lines or ()))
    return chart


@cache
def _light(lines: tuple[str, ...]) -> alt.Config:
    """The configuration for pictures, which takes a tenth of a second to make."""
    return alt.Config.from_dict(config(LIGHT, lines), validate=False)
