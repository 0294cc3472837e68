"""Small pictures as inline SVG: a curve a run, and how editions moved. They need no code that draws."""

from __future__ import annotations

from collections.abc import Sequence

from rsimc.analysis.gallery import BY, Entry
from rsimc.dates import decimal_year, end_of_day, last_day
from rsimc.publish.page import Html, joined, tag
from rsimc.publish.words import chance, percent

WIDE, HIGH = 200.0, 48.0
MOVED_WIDE, MOVED_HIGH, LEFT, RIGHT, TOP, BOTTOM = 400.0, 160.0, 52.0, 8.0, 14.0, 28.0
DATE = 72.0
"""How wide a date is."""
EDGE = 2.0


def spark(one: Entry, first: float, last: float) -> Html:
    """A run's distribution function from one year to another."""

    def x(year: float) -> float:
        return EDGE + (WIDE - 2 * EDGE) * (year - first) / (last - first)

    def y(p: float) -> float:
        return HIGH - EDGE - (HIGH - 2 * EDGE) * p

    line = " ".join(f"{x(year):.1f},{y(p):.1f}" for year, p in one.curve)
    asked = end_of_day(last_day(BY))
    parts = [_line(x(first), y(0), x(last), y(0), "axis")]
    if first < asked < last:
        parts.append(_line(x(asked), y(0), x(asked), y(1), "asked"))
    parts.append(tag("polyline", attributes={"points": line, "class": "curve"}))
    if one.p is not None and first < asked < last:
        parts.append(_dot(x(asked), y(one.p.p)))
    return _picture(WIDE, HIGH, f"Probability of {one.milestone} by date: {_said(one)}", parts)


def _said(one: Entry) -> str:
    ends = [one.curve[n] for n in (len(one.curve) // 4, len(one.curve) // 2, -1)]
    return ", ".join(f"{percent(p)} in {int(year)}" for year, p in ends)


def moved(dated: Sequence[Entry]) -> Html:
    """The probability in editions by the dates they speak from, with two standard errors to either side."""
    days = [decimal_year(one.as_of) for one in dated]
    found = [one.p for one in dated if one.p is not None]
    spans = [(p.p - 2 * (p.se or 0.0), p.p + 2 * (p.se or 0.0)) for p in found]
    low, high = max(min(a for a, _ in spans), 0.0), min(max(b for _, b in spans), 1.0)
    room = max(0.15 * (high - low), 0.005)
    low, high = max(low - room, 0.0), min(high + room, 1.0)

    def x(day: float) -> float:
        return LEFT + DATE / 2 + (MOVED_WIDE - LEFT - RIGHT - DATE) * (day - days[0]) / (days[-1] - days[0])

    def y(p: float) -> float:
        return MOVED_HIGH - BOTTOM - (MOVED_HIGH - TOP - BOTTOM) * (p - low) / (high - low)

    line = " ".join(f"{x(day):.1f},{y(p.p):.1f}" for day, p in zip(days, found, strict=True))
    parts = [_level(y(level), percent(level)) for level in (low, (low + high) / 2, high)]
    parts.append(tag("polyline", attributes={"points": line, "class": "curve"}))
    before = -1e9
    for one, day, p, (a, b) in zip(dated, days, found, spans, strict=True):
        parts += [_line(x(day), y(max(a, low)), x(day), y(min(b, high)), "whisker"), _dot(x(day), y(p.p))]
        if x(day) - before > DATE:  # else the dates would lie over each other
            parts.append(_text(x(day), MOVED_HIGH - 8, one.as_of.isoformat(), "middle"))
            before = x(day)
    said = ", ".join(f"{one.as_of.isoformat()} {chance(p.p, p.se)}" for one, p in zip(dated, found, strict=True))
    return _picture(MOVED_WIDE, MOVED_HIGH, f"Probability of {dated[0].milestone} by {BY}, by edition: {said}", parts)


def _level(height: float, said: str) -> Html:
    rule = _line(LEFT, height, MOVED_WIDE - RIGHT, height, "level")
    return joined([rule, _text(LEFT - 8, height + 4, said, "end")])


def _picture(wide: float, high: float, label: str, parts: Sequence[Html]) -> Html:
    about = {"viewBox": f"0 0 {wide:g} {high:g}", "role": "img", "aria-label": label, "class": "picture"}
    return tag("svg", *parts, attributes=about)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return tag("line", attributes={**{key: f"{value:.1f}" for key, value in ends.items()}, "class": kind})


def _dot(x: float, y: float) -> Html:
    return tag("circle", attributes={"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.5", "class": "dot"})


def _text(x: float, y: float, said: str, anchor: str) -> Html:
    return tag("text", said, attributes={"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
