"""HTML by small functions that escape what they are given, and the one file that a page becomes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from rsimc.publish.drawing import drawing_code
from rsimc.publish.layers import Chart
from rsimc.publish.theme import DARK, LIGHT, PAGE, config, css_variables
from rsimc.publish.words import listed

VOID = frozenset({"meta", "br", "hr", "input"})
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""No request leaves the page, whatever a scenario's title says."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Part = str | None
Row = list[Part]


def text(value: str) -> Html:
    """A text with what HTML would read as markup escaped."""
    return value if isinstance(value, Html) else Html(html.escape(value))


def joined(parts: Iterable[Part], between: str = "") -> Html:
    """Parts one after the other; texts are escaped, None is left out."""
    return Html(between.join(text(part) for part in parts if part is not None))


def tag(name: str, *parts: Part, attributes: Mapping[str, str] | None = None) -> Html:
    """An element. Attribute values are escaped too.

    >>> tag("p", "a < b", tag("b", "c"), attributes={"class": "x"})
    '<p class="x">a &lt; b<b>c</b></p>'
    """
    opened = "".join(f' {key}="{html.escape(value)}"' for key, value in (attributes or {}).items())
    return Html(f"<{name}{opened}>" if name in VOID else f"<{name}{opened}>{joined(parts)}</{name}>")


def of_class(name: str, kind: str, *parts: Part) -> Html:
    """An element with a class."""
    return tag(name, *parts, attributes={"class": kind})


def paragraph(*parts: Part) -> Html:
    """A paragraph of words, texts and markup."""
    return tag("p", *parts)


def code(value: str) -> Html:
    """A name as one types it; it may break after a dot or an underscore."""
    return tag("code", Html(re.sub(r"([._])(?=.)", r"\1<wbr>", text(value))))


def names(values: list[str]) -> Html:
    """Names in a sentence."""
    return Html(listed([code(value) for value in values]))


def bullets(items: Iterable[Part]) -> Html:
    """A list."""
    return tag("ul", *(tag("li", item) for item in items))


def folded(title: str, *parts: Part) -> Html:
    """What only some readers want, behind its title."""
    return tag("details", tag("summary", title), of_class("div", "folded", *parts))


def table(headings: Sequence[Part], rows: Iterable[Row], kind: str = "") -> Html:
    """A table whose first column stays in sight when the rest scrolls sideways on a narrow screen."""
    return grouped_table(headings, [(None, rows)], kind)


def grouped_table(headings: Sequence[Part], groups: Iterable[tuple[Part, Iterable[Row]]], kind: str = "") -> Html:
    """The same with its rows in groups, each under a title of its own across the table."""
    head = tag("tr", *(tag("th", heading, attributes={"scope": "col"}) for heading in headings))
    bodies = (tag("tbody", _title(title, len(headings)), *map(_row, rows)) for title, rows in groups)
    inside = tag("table", tag("thead", head), *bodies, attributes={"class": kind})
    return tag("div", inside, attributes={"class": "scroll", "tabindex": "0", "role": "region"})


def _title(title: Part, columns: int) -> Html | None:
    if title is None:
        return None
    return of_class("tr", "group", tag("th", title, attributes={"scope": "rowgroup", "colspan": str(columns)}))


def _row(row: Row) -> Html:
    first = tag("th", row[0], attributes={"scope": "row"})
    return tag("tr", first, *(tag("td", cell) for cell in row[1:]))


def figure(name: str, label: str, height: int, *caption: Part) -> Html:
    """Where the chart of that name is drawn, with a button that saves its data.

    label: its title for those who do not see it; they hear the caption too, which says what there is to see. Without a
    caption the label must say it.
    """
    about = f"about-{name}"
    space = {
        "class": "chart",
        "id": f"chart-{name}",
        "data-chart": name,
        "role": "img",
        "aria-label": label,
        "style": f"min-height:{height}px",
    }
    said = tag("span", *caption, attributes={"id": about}) if caption else None
    save = {"type": "button", "class": "csv", "data-csv": name, "aria-label": f"Data of this figure as CSV: {label}"}
    words = tag("figcaption", said, tag("button", "CSV", attributes=save))
    described = {"aria-describedby": about} if caption else {}
    return tag("figure", tag("div", attributes={**space, **described}), words)


def section(name: str, title: str, *parts: Part) -> Html:
    """A part of the page that the contents list."""
    return tag("section", tag("h2", title), *parts, attributes={"id": name})


def as_data(value: object) -> Html:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Html(plain.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def page_spec(chart: Chart, lines: list[str] | None = None) -> dict[str, Any]:
    """A chart's specification for a page: as wide as its place, in the page's colours, its title left to the page, and
    each table of its data once."""
    spec: dict[str, Any] = chart.to_dict(validate=False)
    for key in ("title", "$schema"):
        spec.pop(key, None)
    fit = {"type": "fit-x", "contains": "padding"}
    tables: dict[str, Any] = spec.pop("datasets", {})
    spec = _shared(spec, tables)
    # The page describes its figures itself; Vega would describe every mark again.
    drawn = {**config(PAGE, lines or ()), "aria": False}
    return {**spec, "datasets": tables, "width": "container", "autosize": fit, "config": drawn}


def _shared(part: Any, tables: dict[str, Any]) -> Any:
    """The specification with tables that have names taken out of it; tables: gains them by name."""
    if isinstance(part, list):
        return [_shared(one, tables) for one in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"name", "values"} and isinstance(part["values"], list):
        tables[part["name"]] = part["values"]
        return {"name": part["name"]}
    return {key: _shared(one, tables) for key, one in part.items()}


def asset(name: str) -> str:
    """A file of this package."""
    return files("rsimc.publish").joinpath(name).read_text(encoding="utf-8")


def whole_page(title: str, body: Html, charts: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """The page: style, contents, the charts' specifications, the document itself, and the code that draws."""
    return page_with(
        title, body, {"forecast": document, "charts": charts}, [drawing_code(), asset("shared.js"), asset("report.js")]
    )


def page_with(
    title: str,
    body: Html,
    data: Mapping[str, Any],
    scripts: Sequence[str],
    styles: Sequence[str] = ("report.css",),
    maker: str | None = None,
) -> str:
    """A page of this look: data by the ids of their elements, then scripts. maker: what the page says made it."""
    light, dark = (f":root {{ {css_variables(palette)} }}" for palette in (LIGHT, DARK))
    look = "\n".join(asset(name) for name in styles)
    style = f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n{look}"
    head = joined(
        [
            tag("meta", attributes={"charset": "utf-8"}),
            tag("meta", attributes={"http-equiv": "Content-Security-Policy", "content": POLICY}),
            tag("meta", attributes={"name": "generator", "content": maker}) if maker else None,
            tag("meta", attributes={"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            tag("meta", attributes={"name": "color-scheme", "content": "light dark"}),
            tag("title", title),
            tag("style", Html(style)),
        ],
        "\n",
    )
    tail = [
        *(
            tag("script", as_data(value), attributes={"type": "application/json", "id": name})
            for name, value in data.items()
        ),
        *(tag("script", Html(script)) for script in scripts),
    ]
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body, *tail), attributes={'lang': 'en'})}\n"
