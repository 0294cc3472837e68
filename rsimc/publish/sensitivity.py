"""What an answer hangs on: the document, rsimc.sensitivity/1, the tornado, and the date against each driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from rsimc.analysis.influence import Influence
from rsimc.analysis.sensitivity.again import Effects
from rsimc.analysis.sensitivity.effects import Effect
from rsimc.analysis.sensitivity.hanging import Driver, Sensitivity
from rsimc.dates import iso_date
from rsimc.publish import words
from rsimc.publish.frames import Row
from rsimc.publish.layers import WIDTH, Chart, finished, inline, saved
from rsimc.publish.theme import LIGHT, config

SCHEMA = "rsimc.sensitivity/1"
BARS, PANELS = 15, 6
ENDS = ("blue-3", "orange-3")
"""Colour roles of the lowest and the highest fifth."""
SENDS = 3.0
"""Standard errors from which on drawing a parameter anew has moved the answer: its total effect is then in doubt."""


def document(found: Sequence[Sensitivity], run: str, data: Sequence[Sequence[Influence]]) -> dict[str, Any]:
    """All of it as plain data. data: for each milestone influences of what the posterior was fitted to, the full one
    first, or none."""
    return {
        "schema": SCHEMA,
        "id": run,
        "milestones": {one.question.milestone: _milestone(one, some) for one, some in zip(found, data, strict=True)},
    }


def _milestone(found: Sensitivity, data: Sequence[Influence]) -> dict[str, Any]:
    return {
        "by": found.question.by,
        "p": found.p.as_dict(),
        "rows": found.rows,
        "lost": round(found.lost, 4),
        "noise": {"first": _effects(found.noise_first), "total": _effects(found.noise_total)},
        "parameters": {driver.name: _driver(driver) for driver in found.drivers},
        "data": [one.as_dict() for one in data],
    }


def _effects(found: Effects | None) -> dict[str, Any] | None:
    return None if found is None else {"date": _effect(found.date), "probability": _effect(found.event)}


def _effect(found: Effect) -> dict[str, float | None]:
    return {"share": round(found.share, 6), "se": None if found.se is None else float(f"{found.se:.3g}")}


def _driver(driver: Driver) -> dict[str, Any]:
    moved = (
        None if driver.moved is None else {"change": round(driver.moved[0], 6), "se": float(f"{driver.moved[1]:.3g}")}
    )
    return {
        "unit": driver.unit,
        "first": _effects(driver.first),
        "total": _effects(driver.total),
        "lowest_fifth": driver.low.as_dict(),
        "highest_fifth": driver.high.as_dict(),
        "medians": [[float(f"{x:.5g}"), None if year is None else iso_date(year)] for x, year in driver.medians],
        "moved": moved,
        "in_doubt": doubtful(driver),
    }


def doubtful(driver: Driver) -> bool:
    """Whether drawing a parameter anew moved the answer, so that its total effect cannot be trusted."""
    return driver.moved is not None and abs(driver.moved[0]) > SENDS * max(driver.moved[1], 1e-12)


def share(found: Effect | None, error: bool = True) -> str:
    """A share of variance for a person, in percent; error: with its standard error, where there is one.

    >>> share(Effect(0.1153, 0.002)), share(Effect(-0.0004, 0.001)), share(None)
    ('11.5 ± 0.2', '0.0 ± 0.1', '–')
    """
    if found is None:
        return "–"
    said = f" ± {100 * found.se:.1f}" if error and found.se is not None else ""
    return f"{100 * max(found.share, 0.0):.1f}{said}"


def by_width(found: Sensitivity) -> list[Driver]:
    """Parameters by how far the probability differs between their lowest and their highest fifth."""
    return sorted(found.drivers, key=lambda driver: -abs(driver.high.p - driver.low.p))


def tornado_chart(found: Sensitivity) -> Chart:
    """The probability where each parameter lies in its lowest and in its highest fifth, the widest bars first."""
    widest = by_width(found)[:BARS]
    ends = ((d, end, p) for d in widest for end, p in (("lowest fifth", d.low), ("highest fifth", d.high)))
    rows: list[Row] = [
        {"parameter": d.name, "end": end, "p": p.p, "base": found.p.p, **_whisker(p.p, p.se)} for d, end, p in ends
    ]
    for row in rows:
        row["text"] = f"{row['parameter']}, {row['end']}: {words.percent(row['p'])}"
    y = alt.Y("parameter:N", sort=[d.name for d in widest], title=None, axis=alt.Axis(domain=False, ticks=False))
    x = alt.X("p:Q", title=None, axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=False))
    order = ["lowest fifth", "highest fifth"]
    colour = alt.Color("end:N", scale=alt.Scale(domain=order), legend=alt.Legend(orient="top", title=None))
    base = alt.Chart(inline(rows, "forecast")).encode(y)
    bars = base.mark_bar(height=14).encode(x, alt.X2("base:Q"), colour, tooltip=alt.Tooltip("text:N"))
    whiskers = base.mark_rule(style="whisker").encode(alt.X("left:Q"), alt.X2("right:Q"))
    rule = alt.Chart(inline([{"base": found.p.p}])).mark_rule(style="now").encode(alt.X("base:Q"))
    title = f"P({found.question.milestone} by {found.question.by}) by each parameter"
    subtitle = f"in the lowest and the highest fifth of its values; all: {words.chance(found.p.p, found.p.se)}"
    layers = alt.layer(bars, whiskers, rule)
    return saved(finished(layers, 26 * len(widest), title, subtitle, list(ENDS)), "forecast")


def _whisker(p: float, se: float | None) -> dict[str, float]:
    return {"left": p - 2 * (se or 0.0), "right": p + 2 * (se or 0.0)}


def driver_chart(found: Sensitivity) -> alt.ConcatChart:
    """The median date against the parameters that make up most of it, in tenths of their values."""
    panels = [_panel(driver) for driver in found.drivers[:PANELS] if any(year for _, year in driver.medians)]
    title = f"Median date of {found.question.milestone} against what it hangs on most"
    said = alt.Title(title, subtitle="in tenths of each parameter's values; no point where it lies beyond the horizon")
    chart = alt.concat(*panels, columns=3, spacing=24).properties(title=said)
    chart.config = alt.Config.from_dict(config(LIGHT, ["blue-3"]), validate=False)
    return chart


def _panel(driver: Driver) -> Chart:
    rows: list[Row] = [{"x": x, "year": year} for x, year in driver.medians if year is not None]
    base = alt.Chart(inline(rows)).encode(
        alt.X("x:Q", title=f"{driver.name}, {driver.unit}".rstrip(", "), scale=alt.Scale(zero=False)),
        alt.Y("year:Q", title=None, axis=alt.Axis(format="d"), scale=alt.Scale(zero=False)),
    )
    return alt.layer(base.mark_line(), base.mark_point(filled=True)).properties(width=WIDTH / 3 - 60, height=150)
