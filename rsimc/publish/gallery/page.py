"""The index of runs as one HTML page, which works from a file and asks the network for nothing."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from rsimc.analysis.gallery import Entry, Gallery
from rsimc.publish import words
from rsimc.publish.gallery.document import beside, document, link
from rsimc.publish.gallery.sparks import moved, spark
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, asset, code, joined, of_class, page_with, section, tag
from rsimc.publish.pages import write_page
from rsimc.publish.prose import said as said_in

MAKER = "rsimc gallery"
FILE = "gallery.html"
WORDS = "gallery/gallery.toml"


def gallery_html(found: Gallery, page: Path) -> str:
    """The page; its links are relative to where it will lie."""
    whole = document(found, page)
    numbers = Numbers(whole)
    first = float(min(one.as_of.year for one in found.entries))
    last = float(max(one.horizon for one in found.entries))
    span = {"first": f"{first:.0f}", "last": f"{last:.0f}"}
    count = words.counted(len(found.entries), "run")
    parts = [
        of_class("p", "kicker", "Forecasts of recursive self-improvement in AI"),
        tag("h1", count.capitalize()),
        tag("p", said_in("gallery.meaning", {"count": count}, WORDS)),
        of_class("p", "small", said_in("gallery.curve", span, WORDS)),
        _filter(),
    ]
    places = {one: str(n) for n, one in enumerate(found.entries)}
    for n, (_, runs) in enumerate(groupby(found.entries, key=lambda one: one.scenario)):
        parts.append(_scenario(n, list(runs), found, numbers, places, (first, last)))
    if found.failures:
        parts.append(_failures(found, page))
    data: dict[str, Any] = {"gallery": whole}
    styles = ["report.css", "pages.css", "gallery/gallery.css"]
    return page_with(f"{count}: rsimc gallery", tag("main", *parts), data, [asset("gallery/gallery.js")], styles, MAKER)


def write_gallery(found: Gallery, path: Path) -> Path:
    """Write the page to a file. Raises OutputError for a place that cannot be taken."""
    return write_page(path, lambda: gallery_html(found, path), MAKER)


def _filter() -> Html:
    box = {"id": "filter", "type": "search", "autocomplete": "off", "spellcheck": "false"}
    heard = tag("span", attributes={"id": "found", "role": "status"})
    label = tag("label", "Filter", attributes={"for": "filter"})
    return tag("p", label, tag("input", attributes=box), heard, attributes={"class": "choose", "hidden": ""})


def _scenario(
    n: int, runs: list[Entry], found: Gallery, numbers: Numbers, places: dict[Entry, str], span: tuple[float, float]
) -> Html:
    """The runs of a scenario, and how its editions moved."""
    lines = [_moved(dated) for dated in found.editions if dated[0].scenario == runs[0].scenario]
    rows = (_run(one, numbers, places[one], span) for one in runs)
    listed = of_class("ul", "runs", *rows)
    about = {"class": "scenario", "aria-labelledby": f"scenario-{n}"}
    head = tag("h2", code(runs[0].scenario), attributes={"id": f"scenario-{n}"})
    return tag("section", head, *lines, listed, attributes=about)


def _moved(dated: tuple[Entry, ...]) -> Html:
    each = [f"{words.chance(one.p.p, one.p.se)} as of {one.as_of.isoformat()}" for one in dated if one.p is not None]
    blanks = {
        "each": joined([code(dated[0].milestone), f" by the end of 2030: {words.listed(each)}"]),
        "prior": said_in("gallery.prior", None, WORDS) if dated[0].trusted is None else "",
    }
    caption = tag("figcaption", said_in("gallery.moved", blanks, WORDS))
    return tag("figure", moved(dated), caption, attributes={"class": "moved"})


def _run(one: Entry, numbers: Numbers, place: str, span: tuple[float, float]) -> Html:
    report = numbers.at("runs", place, "report")
    title = tag("a", one.title, attributes={"href": link(report)}) if report else one.title
    facts = f"as of {one.as_of.isoformat()} · {one.n:,} trajectories · model {one.model}"
    names = joined([code(one.name), " ", tag("code", one.id[:8], attributes={"title": one.id})])
    about = [tag("h3", title), of_class("p", "small", facts), of_class("p", "small", names), _verdict(one)]
    return of_class(
        "li",
        "run",
        of_class("div", "about", *about),
        of_class("div", "curve-of", spark(one, *span)),
        _told(one, numbers, ("runs", place)),
    )


def _told(one: Entry, numbers: Numbers, run: tuple[str, ...]) -> Html:
    """The numbers of a run."""
    error = numbers.days(*run, "median_se_days")
    day = numbers.element(one.median or words.after(one.horizon), *run, "median")
    rows = {
        joined([code(one.milestone), ", median"]): joined([day, None if error is None else _error(error)]),
        "by the end of 2030": numbers.chance(*run, "probability") if one.p is not None else "not said",
    }
    return of_class("dl", "told", *(tag("div", tag("dt", head), tag("dd", value)) for head, value in rows.items()))


def _error(shown: Html) -> Html:
    return of_class("span", "se", " ", shown)


def _verdict(one: Entry) -> Html:
    if one.trusted is None:
        return of_class("p", "small", "not calibrated: draws of the prior")
    if one.trusted:
        return of_class("p", "small", "calibration trusted")
    return of_class("p", "small flag", f"calibration not to be trusted: {'; '.join(one.problems)}")


def _failures(found: Gallery, page: Path) -> Html:
    terms = (joined([tag("dt", code(beside(one.folder, page))), tag("dd", one.reason)]) for one in found.failures)
    note = tag("p", said_in("gallery.failures", None, WORDS))
    return section("failures", "Not in the index", note, of_class("dl", "unread", *terms))
