"""What to look out for: the document, rsimc.watch/1, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from rsimc.analysis.watch.information import Information, Reading
from rsimc.analysis.watch.warning import WarningTime
from rsimc.publish.layers import Chart, finished, inline

SCHEMA = "rsimc.watch/1"
LINES = 6


def document(found: Information, times: Sequence[WarningTime], run: str) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "schema": SCHEMA,
        "id": run,
        "milestone": found.question.milestone,
        "by": found.question.by,
        "p": found.p.as_dict(),
        "entropy_bits": round(found.entropy, 6),
        "readings": [_reading(one) for one in found.readings],
        "warning": [_time(one) for one in times],
    }


def _reading(one: Reading) -> dict[str, Any]:
    return {
        "observable": one.observable,
        "unit": one.unit,
        "day": one.day,
        "gain_bits": round(one.gain, 6),
        "se_bits": None if one.se is None else float(f"{one.se:.3g}"),
        "share_of_entropy": round(one.share, 6),
        "mean_move": None if one.moves is None else round(one.moves, 6),
        "halves_the_odds": _short(one.halves),
        "doubles_the_odds": _short(one.doubles),
        "expected": {"0.05": _short(one.low), "0.5": _short(one.middle), "0.95": _short(one.high)},
    }


def _time(one: WarningTime) -> dict[str, Any]:
    return {
        "indicator": one.indicator,
        "rows": one.rows,
        "years_before": {f"{q:g}": _short(years, 4) for q, years in one.years.items()},
        "comes_before": one.before.as_dict(),
        "a_year_before": one.in_time.as_dict(),
    }


def _short(value: float | None, digits: int = 5) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")


def watch_chart(found: Information) -> Chart:
    """What a reading of each observable would tell, by its day, of all that there is to know about the event."""
    most: dict[str, float] = {}
    for one in found.readings:
        most[one.observable] = max(most.get(one.observable, 0.0), one.share)
    names = sorted(most, key=lambda name: -most[name])[:LINES]
    rows = [
        {"day": one.day, "share": max(one.share, 0.0), "observable": one.observable}
        for one in found.readings
        if one.observable in names
    ]
    x = alt.X("day:T", title="day of the reading")
    y = alt.Y("share:Q", title="of all there is to know", axis=alt.Axis(format=".0%"))
    colour = alt.Color("observable:N", scale=alt.Scale(domain=names), legend=alt.Legend(orient="top", title=None))
    base = alt.Chart(inline(rows)).encode(x, y, colour)
    title = f"What a reading would tell of whether {found.question.milestone} comes by {found.question.by}"
    roles = ["blue-3", "orange-3", "green-3", "violet-3", "blue-1", "orange-1"]
    layers = alt.layer(base.mark_line(strokeWidth=2.2), base.mark_point(filled=True, size=40, opacity=1))
    return finished(layers, 320, title, "expected information gain over the entropy of the event", roles)
