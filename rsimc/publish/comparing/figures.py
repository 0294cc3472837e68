"""What the comparing page draws: distribution functions in every run, and their differences from the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import numpy as np

from rsimc.analysis.compare.paired import Hits, probability_difference
from rsimc.analysis.estimates import estimate
from rsimc.analysis.forecast import Forecast
from rsimc.dates import end_of_day
from rsimc.publish.comparing.beside import Beside
from rsimc.publish.comparison import ROLES
from rsimc.publish.frames import month_ends, strips
from rsimc.publish.layers import Chart, cursor_layers, inline, legend, years_axis
from rsimc.publish.page import page_spec
from rsimc.publish.theme import DASHES
from rsimc.publish.words import long_date

NEAR = 2 / 365.25
"""Years by which the end of a horizon's last day may lie beyond its last bin."""
Column = list[float | None]


def curve_data(found: Beside) -> dict[str, Any]:
    """Of all that can be drawn, by date: the probability in each run and the difference of the others from the first,
    with their errors, one list a run. What a run does not know is None."""
    days = _days(found.runs)
    years = np.array([end_of_day(day) for day in days])
    said = [{"iso": day.isoformat(), "date": long_date(day.isoformat())} for day in days]
    return {
        "runs": list(found.names),
        "days": [{**day, **strip} for day, strip in zip(said, strips(years), strict=True)],
        "milestones": {name: _milestone(found, each, years) for name, each in found.drawn.items()},
    }


def _days(runs: Sequence[Forecast]) -> list[date]:
    """Days at which curves are drawn: those of the runs' own reports."""
    return sorted({day for run in runs for day in (run.study.scenario.as_of, *month_ends(run))})


def _milestone(found: Beside, each: Sequence[str], years: np.ndarray) -> dict[str, list[Column]]:
    hits = [_hits(run, name, years) for run, name in zip(found.runs, each, strict=True)]
    own = [_own(run, parts) for run, parts in zip(found.runs, hits, strict=True)]
    apart = [
        _apart(hits[0], parts) if pair is not None and name == each[0] else _apart([], [None] * len(years))
        for pair, name, parts in zip(found.pairs, each[1:], hits[1:], strict=True)
    ]
    return {
        "p": [column[0] for column in own],
        "se": [column[1] for column in own],
        "difference": [column[0] for column in apart],
        "difference_se": [column[1] for column in apart],
    }


def _hits(run: Forecast, name: str, years: np.ndarray) -> list[Hits | None]:
    """Trajectories with the milestone by each year, by batch; None beyond the horizon, or without the milestone."""
    if name not in run.curves:
        return [None] * len(years)
    curve = run.curves[name]
    by = np.array([np.interp(years, curve.edges, row, left=0.0) for row in curve.hits])
    until = run.study.plan.grid.end + NEAR
    return [Hits(by[:, k], curve.sizes) if year <= until else None for k, year in enumerate(years)]


def _own(run: Forecast, parts: Sequence[Hits | None]) -> tuple[Column, Column]:
    shared = run.independent, run.shared_draws
    found = [None if one is None else estimate(one.hits, one.sizes, *shared).as_dict() for one in parts]
    p, se = ([None if one is None else one[key] for one in found] for key in ("p", "se"))
    return p, se


def _apart(first: Sequence[Hits | None], second: Sequence[Hits | None]) -> tuple[Column, Column]:
    differences: Column = []
    errors: Column = []
    for a, b in zip(first or second, second, strict=True):
        one = None if a is None or b is None else probability_difference(a, b)
        differences.append(None if one is None or one.difference is None else round(one.difference, 6))
        errors.append(None if one is None or one.se is None else float(f"{one.se:.3g}"))
    return differences, errors


def specs(found: Beside, data: dict[str, Any]) -> dict[str, Any]:
    """The charts' specifications; the page gives them their rows, of the milestone that was chosen."""
    roles = [ROLES[n % len(ROLES)] for n in range(len(found.names))]
    first = float(math.floor(data["days"][0]["year"]))
    x = years_axis(first, float(max(run.study.scenario.run.horizon for run in found.runs)))
    charts = {"curves": curves_chart(found.names, x)}
    if any(pair is not None for pair in found.pairs):
        charts["differences"] = differences_chart(found.names, x)
    return {name: page_spec(chart, roles) for name, chart in charts.items()}


def curves_chart(names: Sequence[str], x: alt.X) -> Chart:
    """The probability that a milestone has come in each run, with a band of two standard errors."""
    colour, dash = _scales("run", names, legend())
    wide = alt.Chart(alt.NamedData("rows")).encode(x)
    base = wide.transform_flatten(["run", "p", "se"]).transform_filter("isValid(datum.p)")
    ends = base.transform_calculate(low="max(datum.p - 2 * datum.se, 0)", high="min(datum.p + 2 * datum.se, 1)")
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    band = ends.mark_area(opacity=0.22).encode(alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    line = base.mark_line(strokeWidth=2.2).encode(y, colour, dash)
    told = _told("", "p", names, ".1%", ".1f")
    return alt.layer(band, line, *_cursor(wide, told, names)).properties(height=360)


def differences_chart(names: Sequence[str], x: alt.X) -> Chart:
    """The difference from the first run, with a band of two standard errors of the difference."""
    colour, dash = _scales("other", names, None)
    wide = alt.Chart(alt.NamedData("rows")).encode(x)
    flat = wide.transform_flatten(["other", "difference", "difference_se"])
    base = flat.transform_filter("isValid(datum.difference)")
    ends = base.transform_calculate(
        low="datum.difference - 2 * datum.difference_se", high="datum.difference + 2 * datum.difference_se"
    )
    sign = "datum.value > 0 ? '+' : datum.value < 0 ? '−' : ''"
    axis = alt.Axis(labelExpr=f"({sign}) + format(100 * abs(datum.value), '.3~r')")
    y, low = (alt.Y(f"{field}:Q", title="difference in points", axis=axis) for field in ("difference", "low"))
    band = ends.mark_area(opacity=0.22).encode(low, alt.Y2("high:Q"), colour)
    line = base.mark_line(strokeWidth=2.2).encode(y, colour, dash)
    level = alt.Chart(inline([{"zero": 0}])).mark_rule(style="now", aria=False).encode(alt.Y("zero:Q"))
    told = _told("100 * ", "difference", names[1:], "+.2f", ".2f")
    return alt.layer(level, band, line, *_cursor(wide, told, names[1:])).properties(height=220)


def _scales(field: str, names: Sequence[str], shown: alt.Legend | None) -> tuple[alt.Color, alt.StrokeDash]:
    dashes = [list(DASHES[n % len(DASHES)]) for n in range(len(names))]
    colour = alt.Color(f"{field}:N", scale=alt.Scale(domain=list(names)), legend=shown)
    return colour, alt.StrokeDash(f"{field}:N", scale=alt.Scale(domain=list(names), range=dashes), legend=shown)


def _told(scale: str, value: str, names: Sequence[str], digits: str, error_digits: str) -> dict[str, str]:
    """Vega expressions for each run's number with its error in words."""
    error, least = "se" if value == "p" else f"{value}_se", "0.1" if value == "p" else "0.01"
    told = {}
    for n in range(len(names)):
        of, se = f"datum.{value}[{n}]", f"100 * datum.{error}[{n}]"
        small = f"{se} < {least} / 2 ? '<{least}' : format({se}, '{error_digits}')"
        known = f"format({scale}{of}, '{digits}') + (isValid(datum.{error}[{n}]) ? ' ± ' + ({small}) : '')"
        told[f"t{n}"] = f"isValid({of}) ? {known} : 'n/a'"
    return told


def _cursor(wide: alt.Chart, told: dict[str, str], names: Sequence[str]) -> list[alt.Chart]:
    tips = [alt.Tooltip(f"t{n}:N", title=name) for n, name in enumerate(names)]
    return cursor_layers(wide.transform_calculate(**told), [alt.Tooltip("date:N", title="by"), *tips])
