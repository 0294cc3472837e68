"""Editions of a forecast through time: the document, rsimc.history/1, and the fan over editions."""

from __future__ import annotations

from typing import Any

import altair as alt

from rsimc.analysis.history.editions import Edition
from rsimc.analysis.history.moves import History, Move, probability
from rsimc.dates import decimal_year, last_day
from rsimc.publish.comparison import attribution_document
from rsimc.publish.frames import Row
from rsimc.publish.layers import Chart, finished, inline

SCHEMA = "rsimc.history/1"
LEVELS = ("0.05", "0.25", "0.5", "0.75", "0.95")


def document(found: History) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "schema": SCHEMA,
        "milestone": found.question.milestone,
        "by": found.question.by,
        "editions": [_edition(one, found) for one in found.editions],
        "moves": [_move(one) for one in found.moves],
    }


def _edition(one: Edition, found: History) -> dict[str, Any]:
    return {
        "run": one.name,
        "id": one.manifest.id,
        "as_of": one.as_of.isoformat(),
        "rsimc": one.version,
        "model": one.model,
        "opened": one.forecast is not None,
        "p": probability(one, found.question).as_dict(),
        "quantiles": one.milestone(found.question.milestone)["quantiles"],
        "scores": [score.as_dict() for score in one.scores],
    }


def _move(one: Move) -> dict[str, Any]:
    return {
        "from": one.first.name,
        "to": one.second.name,
        "change": round(one.p, 6),
        "se": None if one.se is None else float(f"{one.se:.3g}"),
        "median_days": one.median_days,
        "changed": list(one.changed),
        "software_changed": one.software,
        "causes": None if one.shares is None else attribution_document(one.shares)["shares"],
        "rest": None if one.rest is None else round(one.rest, 6),
    }


def history_chart(found: History) -> Chart:
    """The dates by which the milestone comes with 5% to 95%, in each edition by its own date."""
    horizon = max(float(one.manifest.scenario["run"]["horizon"]) for one in found.editions)
    rows = [_row(one, found.question.milestone, horizon) for one in found.editions]
    x = alt.X("as_of:T", title="edition", axis=alt.Axis(format="%Y-%m-%d", labelAngle=0))
    scale = alt.Scale(domain=[min(row["q05"] for row in rows) - 0.5, horizon], nice=False)
    axis = alt.Axis(format="d")
    base = alt.Chart(inline(rows)).encode(x)
    y = [alt.Y(f"{field}:Q", title="date of the milestone", axis=axis, scale=scale) for field in ("q05", "q25", "q50")]
    outer = base.mark_area(style="outer").encode(y[0], alt.Y2("q95:Q"))
    inner = base.mark_area(style="inner").encode(y[1], alt.Y2("q75:Q"))
    median = base.mark_line(style="median").encode(y[2])
    points = base.mark_point(filled=True, size=50, opacity=1).encode(y[2], tooltip=alt.Tooltip("text:N"))
    bars = base.mark_rule(style="interval").encode(y[0], alt.Y2("q95:Q"))
    title = f"Editions of the date of {found.question.milestone}"
    said = "median, middle half and 5% to 95%; what lies beyond the horizon is drawn at it"
    return finished(alt.layer(outer, inner, bars, median, points), 340, title, said)


def _row(one: Edition, milestone: str, horizon: float) -> Row:
    quantiles = one.milestone(milestone)["quantiles"]
    row: Row = {"as_of": one.as_of.isoformat(), "text": f"{one.name}: {quantiles['0.5'] or 'beyond the horizon'}"}
    for level in LEVELS:
        day = quantiles[level]
        row[f"q{level[2:]:0<2}"] = horizon if day is None else round(decimal_year(last_day(day)), 4)
    return row
