"""The explorer's charts: specifications whose data have names, which the page fills anew after every change."""

from __future__ import annotations

import json
from typing import Any

import altair as alt

from rsimc.analysis.explore.outcome import Outcome
from rsimc.publish.explorer import rows
from rsimc.publish.layers import cursor_layers, fan_layers, finished, legend, log_axis, years_axis
from rsimc.publish.page import page_spec
from rsimc.publish.theme import families
from rsimc.publish.words import HORIZON_MARKS, LONGEST_TASK

NOW, GHOST, PINS = "now", "ghost", "pins"
ROLES = ("blue-3", "orange-3", "green-3", "violet-3", "orange-1")
LOGS = {"horizon_hours": [1e-4, 1e5], "multiplier": [0.5, 1e5]}
"""Ranges of what is drawn on logarithmic axes, of single trajectories, in its unit."""
TITLES = {
    "horizon_hours": "Time horizon of the leading model",
    "multiplier": "Pace of software progress against people alone",
    "automated_share": "Share of AI research that is automated",
    "human_share": "Share of AI research that people do",
}


def specs(found: Outcome, lead: str) -> dict[str, Any]:
    """Every chart by name. The outcome says which quantities there are and what time they span."""
    first, last = float(found.study.scenario.as_of.year), found.plan.grid.end
    x = years_axis(first, last)
    every = {"cdf": _cdf(found, lead, x), "pins": _pins(x), "classes": _classes(found), "dots": _dots(found, lead)}
    every |= {name: page_spec(_fan(name, x)) for name in rows.fans(found)}
    every |= _paths(rows.fans(found), found.plan.grid.start, last)
    for spec in every.values():
        _quiet(spec)
    return every


def _quiet(spec: Any) -> None:
    """Takes the marks of a specification from screen readers: the page gives every chart one text, with its numbers."""
    for part in spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else ():
        _quiet(part)
    if isinstance(spec, dict) and "mark" in spec:
        spec["mark"] = {**({"type": spec["mark"]} if isinstance(spec["mark"], str) else spec["mark"]), "aria": False}
    if isinstance(spec, dict) and "config" in spec:
        spec["config"] = {**spec["config"], "aria": False}


def _named(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def _cdf(found: Outcome, lead: str, x: alt.X) -> dict[str, Any]:
    names = [m.name for m in rows.headline(found)]
    roles, dashes = families(names, lead)
    colour = alt.Color("milestone:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("milestone:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))

    def long(name: str) -> alt.Chart:
        wide = _named(name).encode(x)
        return wide.transform_calculate(milestone=json.dumps(names)).transform_flatten(["milestone", "p", "se"])

    ends = long(NOW).transform_calculate(low="max(datum.p - 2 * datum.se, 0)", high="min(datum.p + 2 * datum.se, 1)")
    band = ends.mark_area(opacity=0.22).encode(alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    ghost = long(GHOST).mark_line(strokeWidth=1.4, opacity=0.38).encode(y, colour)
    line = long(NOW).mark_line(strokeWidth=2.2).encode(y, colour, dash)
    said = [alt.Tooltip(f"t{n}:N", title=name) for n, name in enumerate(names)]
    texts = _named(NOW).encode(x).transform_calculate(**{f"t{n}": f"datum.text[{n}]" for n in range(len(names))})
    cursor = cursor_layers(texts, [alt.Tooltip("date:N", title="by"), *said])
    return page_spec(finished(alt.layer(ghost, band, line, *cursor), 320, "", "", roles), roles)


def _pins(x: alt.X) -> dict[str, Any]:
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("setting:N", sort=None, legend=legend())
    line = _named(PINS).mark_line(strokeWidth=2.2).encode(x, y, colour, alt.StrokeDash("setting:N", sort=None))
    return page_spec(finished(alt.layer(line), 260, "", "", list(ROLES)), list(ROLES))


def _fan(name: str, x: alt.X) -> Any:
    kind = {"horizon_hours": "task", "multiplier": "times"}.get(name, "share")
    if name == "horizon_hours":
        y = log_axis(list(HORIZON_MARKS), 0.5, 3 * LONGEST_TASK)
    elif name == "multiplier":
        y = log_axis([(10.0**n, f"{10**n:,}×") for n in range(7)], 0.8, 1e5)
    else:
        scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format=".0%")
        y = lambda field: alt.Y(field, title=None, axis=axis, scale=scale)  # noqa: E731
    fan = fan_layers(alt.NamedData(NOW), x, y, kind)
    before = _named(GHOST).encode(x).mark_line(style="median", clip=True, opacity=0.45, strokeDash=[3, 3])
    return finished(alt.layer(before.encode(alt.Y("q50:Q")), *fan), 200, "", "")


def _classes(found: Outcome) -> dict[str, Any]:
    shares = alt.Axis(format=".0%", values=[n / 5 for n in range(6)])
    x = alt.X("p:Q", title=None, axis=shares, scale=alt.Scale(domain=[0, 1.15]))  # room for the words
    kinds = alt.Scale(domain=list(found.plan.model.classes))
    y = alt.Y("class:N", sort=None, title=None, scale=kinds, axis=alt.Axis(domain=False, ticks=False, labelFontSize=13))
    base = _named(NOW).encode(x, y)
    bars, ends = base.mark_bar(style="bar", height=18), base.mark_rule(style="whisker")
    before = _named(GHOST).encode(x, y).mark_tick(style="whisker", thickness=3, height=24, opacity=0.45)
    labels = base.mark_text(style="value", align="left", dx=8).encode(alt.X("high:Q"), text="text:N")
    layers = [bars, before, ends.encode(alt.X("low:Q"), alt.X2("high:Q")), labels]
    return page_spec(finished(alt.layer(*layers), 170, "", ""))


def _dots(found: Outcome, lead: str) -> dict[str, Any]:
    first, last = float(found.study.scenario.as_of.year), found.plan.grid.end
    second = rows.partner(found, lead)
    axis = alt.Axis(format="d", tickMinStep=1, labelOverlap=True)
    scale = alt.Scale(domain=[first, last], nice=False)
    x, y = (alt.X("x:Q", title=lead, axis=axis, scale=scale), alt.Y("y:Q", title=second, axis=axis, scale=scale))
    texts = {"lead": "datum.dates[0]", "second": "datum.dates[1]"}
    tips = [alt.Tooltip("id:Q", title="trajectory", format="d"), alt.Tooltip("lead:N", title=lead)]
    base = _named(NOW).encode(x, y).transform_calculate(**texts)
    dots = base.mark_point(style="dot", size=42, filled=True, opacity=0.5, cursor="pointer")
    chosen = _named("chosen").encode(x, y).mark_point(style="whisker", size=170, filled=False)
    shown = dots.encode(tooltip=[*tips, alt.Tooltip("second:N", title=second)])
    return page_spec(finished(alt.layer(shown, chosen), 260, "", ""))


def _paths(names: list[str], first: float, last: float) -> dict[str, Any]:
    x, share, charts = years_axis(first, last), alt.Axis(format=".0%"), {}
    for name in names:
        ends = LOGS.get(name)
        scale = alt.Scale(type="log", nice=False, domain=ends) if ends else alt.Scale(domain=[0, 1])
        axis = alt.Axis(format="~g", tickCount=4) if ends else share
        line = _named(NOW).transform_filter(f"datum.name === '{name}'").mark_line(style="median", clip=True)
        drawn = line.encode(x, alt.Y("value:Q", title=None, axis=axis, scale=scale))
        charts[f"path-{name}"] = page_spec(finished(alt.layer(drawn), 120, "", ""))
    return charts
