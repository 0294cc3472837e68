"""The top of the comparing page: what differs in the answer, what differs in the scenarios, and the curves."""

from __future__ import annotations

from rsimc.publish import words
from rsimc.publish.comparing.beside import Beside
from rsimc.publish.comparing.differences import Differences, said, told
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, bullets, code, joined, of_class, section, table, tag
from rsimc.publish.scenario_text import value_text

ASKED = 2030
LONG = 240
"""Letters of a value that are shown of it; the scenarios stand in full at the end of the page."""


def asked_year(found: Beside) -> int:
    """The year of the answer: 2030, or the last one that is shown where the runs end before."""
    return ASKED if ASKED in found.years else found.years[-1]


def heading(found: Beside, numbers: Numbers) -> Html:
    """The names of the runs and what identifies them."""
    first, *others = found.names
    items = []
    for n, name in enumerate(found.names):
        run = ("runs", str(n))
        parts = [code(name), ": ", numbers.at(*run, "title"), f", as of {numbers.at(*run, 'as_of')}, run "]
        items.append(tag("li", joined([*parts, tag("code", numbers.at(*run, "id")[:8])])))
    return tag(
        "header",
        of_class("p", "kicker", "Forecasts of recursive self-improvement in AI, compared"),
        tag("h1", f"{words.listed(others) if len(others) < 4 else words.counted(len(others), 'run')} against {first}"),
        of_class("ul", "facts", *items),
    )


def answer(found: Beside, numbers: Numbers, apart: Differences) -> Html:
    """In a sentence a run, what differs in the answer, with the error of the difference."""
    sentences = [_sentence(found, numbers, apart, n) for n in range(1, len(found.names))]
    said_so = of_class("div", "answers", *(of_class("p", "answer", sentence) for sentence in sentences))
    return section("answer", "What differs in the answer", said_so, told("answer.errors"))


def _sentence(found: Beside, numbers: Numbers, apart: Differences, n: int) -> Html:
    if found.pairs[n - 1] is None:
        return said("answer.apart", {"run": found.names[n], "reason": found.reasons[n - 1]})
    name, year = found.lead, asked_year(found)
    by = ("milestones", name, "probability_by", f"{year}-12-31")
    heads = {"run": found.names[n], "first": found.names[0], "milestone": code(name), "year": str(year)}
    points = apart.points(n, *by)
    if points is None:
        return joined([said("answer.no_year", heads), _median(found, numbers, apart, n, name)])
    share = apart.saved(n, *by) if apart.pairing_helps(n, *by) else None
    blanks = {
        **heads,
        "first": tag("strong", numbers.chance("runs", "0", *by)),
        "second": tag("strong", numbers.chance("runs", str(n), *by)),
        "difference": tag("strong", points),
        "saved": "" if share is None else said("answer.saved", {"share": share}),
    }
    return joined([said("answer.difference", blanks), " ", _median(found, numbers, apart, n, name)])


def _median(found: Beside, numbers: Numbers, apart: Differences, n: int, name: str) -> Html:
    days = apart.days(n, "milestones", name, "quantiles", "0.5")
    ends = {}
    for key, place in (("first", 0), ("second", n)):
        horizon = found.runs[place].study.scenario.run.horizon
        day = numbers.day(horizon, "runs", str(place), "milestones", name, "quantiles", "0.5", spelled=True)
        ends[key] = tag("strong", day)
    if days is None:
        return said("answer.median_beyond", ends)
    return said("answer.median", {**ends, "difference": tag("strong", days)})


def differs(found: Beside, numbers: Numbers) -> Html:
    """How the runs were made and what their scenarios say otherwise."""
    shared = [
        said("differs.shared", {"run": name, "first": found.names[0], "what": pair.shared})
        for name, pair in zip(found.names[1:], found.pairs, strict=True)
        if pair is not None
    ]
    rows = [*_made(found, numbers), *_keys(found, numbers)]
    note = told("differs.table") if numbers.at("scenarios") else told("differs.none")
    heads = ["", *(code(name) for name in found.names)]
    return section(
        "differs", "What the runs differ in", bullets(shared) if shared else None, note, table(heads, rows, "sides")
    )


def _made(found: Beside, numbers: Numbers) -> list[Row]:
    places = [("runs", str(n)) for n in range(len(found.names))]
    posteriors = [run.manifest.posterior_digest for run in found.runs]
    return [
        ["scenario", *(numbers.at(*place, "scenario") for place in places)],
        ["model", *(f"{run.study.model.name} {run.study.model.version}" for run in found.runs)],
        ["trajectories", *(numbers.count(*place, "n") for place in places)],
        ["seed", *(str(numbers.at(*place, "seed")) for place in places)],
        ["draws of the parameters", *("of the prior" if one is None else f"posterior {one[:8]}" for one in posteriors)],
    ]


def _keys(found: Beside, numbers: Numbers) -> list[Row]:
    rows: list[Row] = []
    for row in numbers.at("scenarios"):
        cells = [_short(value_text(value)) for value in row["values"]]
        rows.append([code(row["key"]), *(code(cell) if cell else "" for cell in cells)])
    return rows


def _short(value: str) -> str:
    return value if len(value) <= LONG else f"{value[:LONG]}…"


def curves(found: Beside, numbers: Numbers) -> Html:
    """The distribution functions of a chosen milestone over each other, and the differences."""
    options = (
        tag("option", name, attributes={"value": name, **({"selected": ""} if name == found.drawn_first else {})})
        for name in found.drawn
    )
    chooser = of_class(
        "p",
        "choose",
        tag("label", said("curves.choose"), attributes={"for": "milestone"}),
        tag("select", *options, attributes={"id": "milestone"}),
    )
    first = {"first": found.names[0]}
    parts = [_drawn("curves", 400, said("curves.curves"))]
    if any(pair is not None for pair in found.pairs):
        parts.append(_drawn("differences", 250, said("curves.differences", first)))
    else:
        parts.append(told("curves.none", {"reasons": "; ".join(found.reasons)}))
    chosen = tag("p", summaries(found, numbers)[found.drawn_first], attributes={"id": "chosen", "aria-live": "polite"})
    return section("curves", "Date by date", chooser, chosen, *parts)


def _drawn(name: str, height: int, caption: Html) -> Html:
    space = {
        "class": "chart",
        "id": f"chart-{name}",
        "data-chart": name,
        "role": "group",
        "aria-label": LABELS[name],
        "style": f"min-height:{height}px",
    }
    about = {"type": "button", "class": "csv", "data-csv": name, "aria-label": f"CSV of the figure: {LABELS[name]}"}
    button = tag("button", "CSV", attributes=about)
    return tag("figure", tag("div", attributes=space), tag("figcaption", caption, " ", button))


LABELS = {
    "curves": "Probability by date, in every run, of",
    "differences": "Difference of the probability by date from the first run, of",
}


def summaries(found: Beside, numbers: Numbers) -> dict[str, str]:
    """All that can be drawn in a sentence each, for those who do not see its curves."""
    year, known = asked_year(found), {}
    for name, each in found.drawn.items():
        said_by = [
            f"{run} {_chance(numbers, n, own, year)}{f' ({own})' if own and own != name else ''}"
            for n, (run, own) in enumerate(zip(found.names, each, strict=True))
        ]
        known[name] = f"By the end of {year}: {words.listed(said_by)}."
    return known


def _chance(numbers: Numbers, n: int, name: str, year: int) -> str:
    by = numbers.at("runs", str(n), "milestones").get(name, {}).get("probability_by", {})
    one = by.get(f"{year}-12-31")
    return words.NONE if one is None else words.chance(one["p"], one["se"])
