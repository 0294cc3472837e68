"""Colours and type of charts and page: one palette in light and dark, safe for the colour blind.

Charts name their colours by role. In a page a role is a CSS variable, so that one chart serves light, dark and print;
in a picture it is the light palette's own colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Palette = dict[str, str]
RAMPS = ("blue", "orange", "green", "violet")
STEPS = {1: (3,), 2: (2, 4), 3: (2, 3, 4), 4: (1, 2, 3, 4)}
"""Which of a hue's four steps the members of a family take, by how many they are."""

DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"


def _ramps(blue: str, orange: str, green: str, violet: str) -> Palette:
    """Four steps of each hue, from faint to strong against the paper."""
    hues = zip(RAMPS, (blue, orange, green, violet), strict=True)
    return {f"{hue}-{n}": colour for hue, steps in hues for n, colour in enumerate(steps.split(), start=1)}


LIGHT: Palette = {
    "paper": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b1e23",
    "soft": "#59616c",
    "line": "#d9dde3",
    "grid": "#eceef1",
    "accent": "#0b5394",
    "warn": "#9a3b00",
    "warn-panel": "#fdf3ea",
    **_ramps(
        "#86b6e0 #4a90cc #1a6bb0 #083f75",
        "#efad6b #dd7a24 #b25107 #743003",
        "#63b59f #2d947a #0b735a #05493a",
        "#cb9ac6 #b06aa7 #8c3f80 #5d2054",
    ),
}
DARK: Palette = {
    "paper": "#14171b",
    "panel": "#1c2026",
    "ink": "#e7e9ec",
    "soft": "#a0a8b3",
    "line": "#363c45",
    "grid": "#262b32",
    "accent": "#86bdf0",
    "warn": "#f0a868",
    "warn-panel": "#2b2119",
    **_ramps(
        "#3a75ab #5b9fda #8cc0ef #c9e3fb",
        "#a65b1c #dc8434 #f5ae6e #ffd9b5",
        "#2f7f6b #4aab92 #80cfba #c1ece0",
        "#87507f #b77aae #d8a6d1 #f0d4ec",
    ),
}
PAGE: Palette = {role: f"var(--{role})" for role in LIGHT}


def css_variables(palette: Palette) -> str:
    """The palette as CSS declarations."""
    return " ".join(f"--{role}: {colour};" for role, colour in palette.items())


def families(names: Sequence[str], first: str) -> tuple[list[str], list[list[int]]]:
    """Colour roles and dashes for lines. Names that differ in a last number only share a hue, ever stronger.

    The family of the name `first` takes the first hue, larger ones go before smaller ones.

    >>> families(["coder", "loop", "speed_2", "speed_10"], "loop")[0]
    ['green-3', 'blue-3', 'orange-2', 'orange-4']
    """
    stems = [_stem(name) for name in names]
    order = list(dict.fromkeys([_stem(first), *sorted(stems, key=lambda stem: -stems.count(stem))]))
    roles, dashes = [], []
    for n, stem in enumerate(stems):
        steps = STEPS[min(stems.count(stem), len(STEPS))]
        hue = order.index(stem) % len(RAMPS)
        roles.append(f"{RAMPS[hue]}-{steps[stems[:n].count(stem) % len(steps)]}")
        dashes.append(list(DASHES[hue]))
    return roles, dashes


def _stem(name: str) -> str:
    return re.sub(r"_\d+\w*$", "", name)


def config(palette: Palette, lines: Sequence[str] = ()) -> dict[str, Any]:
    """The Vega-Lite configuration of a palette. lines: colour roles of a chart's lines, in order."""
    quiet = {"labelColor": palette["soft"], "titleColor": palette["soft"], "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": None if palette is PAGE else palette["paper"],
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**quiet, **_axis(palette)},
        "legend": {**quiet, **_legend(palette)},
        "title": _title(palette),
        "range": {"category": [palette[role] for role in lines]} if lines else {},
        "style": _marks(palette),
    }


def _axis(palette: Palette) -> dict[str, Any]:
    lines = {"gridColor": palette["grid"], "domainColor": palette["line"], "tickColor": palette["line"]}
    return {**lines, "titleFontWeight": "normal", "labelPadding": 6, "titlePadding": 10}


def _legend(palette: Palette) -> dict[str, Any]:
    symbols = {"symbolStrokeWidth": 3, "symbolSize": 220, "columnPadding": 18, "rowPadding": 4}
    return {"labelColor": palette["ink"], "labelFontSize": 13, "labelLimit": 260, **symbols}


def _title(palette: Palette) -> dict[str, Any]:
    sizes = {"fontSize": 16, "fontWeight": 600, "subtitleFontSize": 13, "offset": 14, "subtitlePadding": 6}
    return {"color": palette["ink"], "subtitleColor": palette["soft"], "anchor": "start", **sizes}


def _marks(palette: Palette) -> dict[str, Any]:
    """Styles that charts name by role."""
    return {
        "outer": {"color": palette["blue-2"], "opacity": 0.2},
        "inner": {"color": palette["blue-2"], "opacity": 0.35},
        "median": {"color": palette["blue-4"], "strokeWidth": 2},
        "interval": {"color": palette["orange-3"], "opacity": 0.6},
        "observed": {"color": palette["orange-3"], "stroke": palette["paper"], "strokeWidth": 1},
        "censored": {"color": palette["orange-3"], "fill": palette["paper"], "strokeWidth": 2},
        "now": {"color": palette["soft"], "strokeDash": [3, 3]},
        "beyond": {"color": palette["soft"], "opacity": 0.1},
        "remark": {"color": palette["soft"], "fontSize": 12},
        "cursor": {"color": palette["soft"]},
        "dot": {"color": palette["blue-3"]},
        "bar": {"color": palette["blue-2"]},
        "whisker": {"color": palette["ink"], "strokeWidth": 1.5},
        "value": {"color": palette["ink"], "fontSize": 13},
        "thin": {"strokeWidth": 1.5},
        "thick": {"strokeWidth": 8, "opacity": 0.45},
    }
