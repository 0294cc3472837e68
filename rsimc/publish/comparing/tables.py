"""The middle of the comparing page: milestones, orders, trajectories, durations and classes side by side."""

from __future__ import annotations

from typing import Any

from rsimc.analysis.document import QUANTILES
from rsimc.publish import words
from rsimc.publish.comparing.answer import asked_year
from rsimc.publish.comparing.beside import Beside
from rsimc.publish.comparing.differences import Differences, said, stacked, told
from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import (
    Html,
    Part,
    Row,
    bullets,
    code,
    folded,
    grouped_table,
    joined,
    of_class,
    section,
    table,
    tag,
)

SHOWN = tuple(f"{q:g}" for q in QUANTILES if q not in (0.1, 0.9))
MIDDLE = ("0.5",)


def milestones(found: Beside, numbers: Numbers, apart: Differences) -> Html:
    """Dates and probabilities of every milestone in every run, with the differences."""
    first, others = found.headline, [name for name in found.milestones if name not in found.headline]
    year = str(asked_year(found))
    heads = {"first": found.names[0], "year": year}
    parts = [
        tag("h3", "Dates"),
        told("milestones.dates", heads),
        _dates(found, numbers, apart, first),
        tag("h3", "Probabilities"),
        told("milestones.chances", heads),
        _chances(found, numbers, apart, first),
    ]
    if others:
        more = [_dates(found, numbers, apart, others), _chances(found, numbers, apart, others)]
        parts.append(folded("All other milestones", *more))
    return section("milestones", "Milestones side by side", *parts)


def _dates(found: Beside, numbers: Numbers, apart: Differences, names: list[str]) -> Html:
    heads = ["", *(f"{float(q):.0%}" for q in SHOWN), "saved"]
    groups = [(code(name), [_dated(found, numbers, apart, name, n) for n in _those(found, name)]) for name in names]
    return grouped_table(heads, groups, "beside")


def _those(found: Beside, name: str) -> list[int]:
    """Places of the runs that have a milestone."""
    return [n for n, run in enumerate(found.runs) if name in run.curves]


def _dated(found: Beside, numbers: Numbers, apart: Differences, name: str, n: int) -> Row:
    horizon, path = found.runs[n].study.scenario.run.horizon, ("milestones", name)
    cells: Row = []
    for q in SHOWN:
        day = numbers.day(horizon, "runs", str(n), *path, "quantiles", q)
        error = numbers.days("runs", str(n), *path, "quantile_se_days", q) if n == 0 and q == "0.5" else None
        cells.append(stacked(day, error or apart.days(n, *path, "quantiles", q)))
    return [found.names[n], *cells, apart.saved_cell(n, *path, "quantiles", "0.5")]


def _chances(found: Beside, numbers: Numbers, apart: Differences, names: list[str]) -> Html:
    heads = ["", *(f"by end of {year}" for year in found.years), "not within the horizon", "saved"]
    groups = [(code(name), [_chanced(found, numbers, apart, name, n) for n in _those(found, name)]) for name in names]
    return grouped_table(heads, groups, "beside")


def _chanced(found: Beside, numbers: Numbers, apart: Differences, name: str, n: int) -> Row:
    own = numbers.at("runs", str(n), "milestones", name, "probability_by")
    cells: Row = []
    for year in found.years:
        by = ("milestones", name, "probability_by", f"{year}-12-31")
        cells.append(stacked(numbers.chance("runs", str(n), *by), apart.points(n, *by)) if by[-1] in own else NONE)
    beyond = numbers.chance("runs", str(n), "milestones", name, "not_within_horizon")
    asked = ("milestones", name, "probability_by", f"{asked_year(found)}-12-31")
    return [found.names[n], *cells, beyond, apart.saved_cell(n, *asked)]


def order(found: Beside, numbers: Numbers) -> Html:
    """Which run has a milestone later, at all dates at once."""
    groups = []
    for n, name in _pairs(found):
        known = numbers.at("comparisons", str(n - 1), "milestones")
        names = [milestone for milestone in found.headline if known.get(milestone, {}).get("order")]
        if names:
            groups.append((code(name), [_ordered(numbers, n, milestone) for milestone in names]))
    if not groups:
        return section("order", "Which is later", told("curves.none", {"reasons": _reasons(found)}))
    heads = [f"against {found.names[0]}", "verdict", "later by at most", "earlier by at most"]
    shown = grouped_table(heads, groups, "beside")
    return section("order", "Which is later", told("order.meaning", {"first": found.names[0]}), shown)


def _reasons(found: Beside) -> str:
    return "; ".join(reason for reason in found.reasons if reason) or "there are too few trajectories for errors"


def _ordered(numbers: Numbers, n: int, milestone: str) -> Row:
    place = ("comparisons", str(n - 1), "milestones", milestone, "order")
    cells: Row = [numbers.element(numbers.at(*place, "verdict"), *place, "verdict")]
    for end in ("later", "earlier"):
        p, by = numbers.at(*place, "most", end, "p"), numbers.at(*place, "most", end, "by")
        some = p >= 0.0005
        shown = numbers.element(f"{100 * p:.1f}" if some else "<0.1", *place, "most", end, "p")
        cells.append(stacked(shown, f"by {by[:7]}" if some else None))
    return [code(milestone), *cells]


def _pairs(found: Beside) -> list[tuple[int, str]]:
    """Places and names of the runs that are compared."""
    return [(n, found.names[n]) for n, pair in enumerate(found.pairs, start=1) if pair is not None]


def paths(found: Beside, numbers: Numbers) -> Html:
    """What happened trajectory by trajectory, and what a pause buys."""
    parts = [part for n, _ in _pairs(found) for part in _followed(found, numbers, n)]
    apart = [
        said("answer.apart", {"run": name, "reason": reason})
        for name, reason in zip(found.names[1:], found.reasons, strict=True)
        if reason
    ]
    return section("paths", "Trajectory by trajectory", *parts, bullets(apart) if apart else None)


def _followed(found: Beside, numbers: Numbers, n: int) -> list[Html]:
    pair, names = found.pairs[n - 1], {"run": found.names[n], "first": found.names[0]}
    assert pair is not None
    if not pair.same_draws:
        return [told("paths.apart", {**names, "what": pair.shared})]
    told_of = numbers.at("comparisons", str(n - 1), "milestones")
    reached = [name for name in found.headline if told_of.get(name, {}).get("trajectories")]
    if not reached:
        return [told("paths.unkept", names)]
    heads = ["milestone", "followed", "later", "earlier", "same date", "median delay"]
    rows = [_delayed(numbers, n, name) for name in reached]
    lead = found.lead if found.lead in reached else reached[0]
    pause = _pause(numbers, n, lead, told_of[lead]["trajectories"]["pauses"])
    return [told("paths.meaning", names), table(heads, rows, "chances"), *([pause] if pause else [])]


def _delayed(numbers: Numbers, n: int, name: str) -> Row:
    place = ("comparisons", str(n - 1), "milestones", name, "trajectories")
    shares = [numbers.chance(*place, how) for how in ("later", "earlier", "same")]
    median = numbers.at(*place, "median_delay_years")
    shown: Part = "beyond the horizon"
    if median is not None:
        shown = numbers.element(f"{12 * median:.1f} months", *place, "median_delay_years")
    return [code(name), numbers.count(*place, "rows"), *shares, shown]


def _pause(numbers: Numbers, n: int, name: str, found: dict[str, Any] | None) -> Html | None:
    if found is None:
        return None
    place = ("comparisons", str(n - 1), "milestones", name, "trajectories", "pauses")
    ratio, se = numbers.element(f"{found['delay_per_month']:.2f}", *place, "delay_per_month"), found["se"]
    error = None if se is None else joined([" ± ", numbers.element(f"{se:.2f}", *place, "se")])
    blanks = {
        "trigger": code(words.listed(found["triggers"])),
        "milestone": code(name),
        "reached": numbers.chance(*place, "reached"),
        "months": numbers.element(f"{found['mean_months']:.1f}", *place, "mean_months"),
        "delay": numbers.element(f"{found['mean_delay_months']:.1f}", *place, "mean_delay_months"),
        "ratio": joined([ratio, error]),
        "least": said("paths.least") if found["at_least"] else "",
    }
    return told("paths.pause", blanks)


def kinds(found: Beside, numbers: Numbers, apart: Differences) -> Html:
    """Durations and classes of takeoff side by side."""
    heads: list[Part] = ["", *(code(name) for name in found.names)]
    first = {"first": found.names[0]}
    rows = [_lasting(found, numbers, apart, name) for name in numbers.at("runs", "0", "durations")]
    classes = [_class(found, numbers, apart, name) for name in numbers.at("runs", "0", "classes")]
    parts = [told("kinds.classes", first), table(heads, classes, "beside")] if classes else []
    if rows:
        parts += [told("kinds.durations", first), table(heads, rows, "beside")]
    return section("kinds", "How fast it then goes", *parts)


def _lasting(found: Beside, numbers: Numbers, apart: Differences, name: str) -> Row:
    cells: Row = []
    for n in range(len(found.names)):
        if name not in numbers.at("runs", str(n), "durations"):
            cells.append(NONE)
            continue
        years = numbers.years("runs", str(n), "durations", name, "quantiles_years", *MIDDLE)
        cells.append(stacked(years, apart.ratio(n, "durations", name, *MIDDLE)))
    start, end = name.split("..")
    return [joined([code(start), " to ", code(end)]), *cells]


def _class(found: Beside, numbers: Numbers, apart: Differences, name: str) -> Row:
    cells: Row = []
    for n in range(len(found.names)):
        there = name in numbers.at("runs", str(n), "classes")
        one = numbers.chance("runs", str(n), "classes", name) if there else None
        cells.append(NONE if one is None else stacked(one, apart.points(n, "classes", name)))
    return [of_class("span", "kind", name), *cells]
