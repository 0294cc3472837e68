"""Stated forecasts of experts beside this one in the report: drawn, never fitted."""

from __future__ import annotations

from itertools import groupby

import altair as alt

from rsimc.analysis.forecast import Forecast
from rsimc.dates import decimal_year, end_of_day
from rsimc.models.takeoff.model import Takeoff
from rsimc.observations.forecasts import Judgement, judgements
from rsimc.publish import words
from rsimc.publish.frames import Row as Datum
from rsimc.publish.layers import Chart, finished, inline, saved, years_axis
from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import Html, Row, code, figure, grouped_table, joined, names, of_class, section
from rsimc.publish.prose import said, told
from rsimc.publish.sections.seeing import seen

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
HERE, THEIRS = "this forecast", "stated by others"
READ = {
    "P": "read there",
    "P (excerpt)": "read in an excerpt",
    "Q": "read in quotations",
    "S": "read in a secondary report",
}
"""How a source was read, by its code in the table."""
LAST = 2055.0
"""Decimal year up to which dates are drawn."""
ROLES = ["blue-3", "orange-3"]


def comparable(forecast: Forecast) -> list[Judgement]:
    """The judgements on milestones of the flagship; none for another model, whose names may mean something else."""
    return list(judgements()) if forecast.study.model.name == Takeoff.name else []


def experts(forecast: Forecast, numbers: Numbers) -> Html | None:
    """Dates and probabilities side by side; nothing where the model has no such milestones."""
    known = comparable(forecast)
    if not known:
        return None
    milestones = list(dict.fromkeys(one.milestone for one in known))
    charts = [
        figure(
            "experts-dates",
            "Median dates by this forecast and by others",
            260,
            _seen_dates(numbers),
            said("experts.dates"),
        ),
        figure(
            "experts-chances",
            "Probabilities by this forecast and by others",
            160,
            _seen_chances(forecast),
            said("experts.chances"),
        ),
    ]
    heads: Row = ["who", "states", "this forecast", "source"]
    asked = groupby(known, key=lambda one: (one.milestone, one.asked, one.differs))
    groups = [(_question(*question), [_row(forecast, one) for one in some]) for question, some in asked]
    note = told("experts.note", {"names": names(milestones)})
    return section("experts", "What others have forecast", note, *charts, grouped_table(heads, groups, "words others"))


def _question(milestone: str, asked: str, differs: str) -> Html:
    about = of_class("span", "se below", "Nearest here: ", code(milestone), ". ", differs)
    return of_class("div", "question", asked[0].upper() + asked[1:], about)


def _seen_dates(numbers: Numbers) -> Html:
    years = [one.value for one in judgements() if one.kind == "median" and one.value is not None]
    day = numbers.at("milestones", "coder", "quantiles", "0.5")
    blanks = {
        "first": f"{min(years):.0f}",
        "last": f"{max(years):.0f}",
        "count": str(len(years)),
        "day": words.NONE
        if day is None
        else numbers.element(words.long_date(day), "milestones", "coder", "quantiles", "0.5"),
    }
    return seen("experts.seen_dates", blanks)


def _seen_chances(forecast: Forecast) -> Html:
    above = [one for one in judgements() if one.kind == "probability"]
    higher = sum((one.value or 0.0) > forecast.curve(one.milestone).at(end_of_day(one.date)).p for one in above)
    share = f"All {len(above)}" if higher == len(above) else f"{higher} of the {len(above)}"
    return seen("experts.seen_chances", {"share": share})


def _row(forecast: Forecast, one: Judgement) -> Row:
    source = f"{one.source}; {READ.get(one.verification, one.verification)}"
    note = of_class("span", "se below", one.note) if one.note else None
    return [one.who, stated(one), _here(forecast, one), joined([source, note])]


def stated(one: Judgement) -> str:
    """A judgement in words."""
    if one.kind == "probability":
        value = f"{100 * (one.value or 0.0):.0f}%{' or more' if one.low is not None and one.high is None else ''}"
        return f"{value} by {words.long_date(one.date.isoformat())}"
    if one.kind == "goal":
        return f"goal: {words.long_date(one.date.isoformat())}"
    span = f" ({one.low:.0f} to {one.high:.0f}, {one.interval})" if one.low is not None and one.high is not None else ""
    return f"median {one.value:g}{span}"


def _here(forecast: Forecast, one: Judgement) -> str:
    """What this forecast says of the nearest milestone, in the same terms."""
    if one.kind == "median":
        return forecast.quantile(one.milestone, 0.5) or words.after(forecast.study.scenario.run.horizon)
    day = end_of_day(one.date)
    if not forecast.study.scenario.as_of <= one.date or day > forecast.study.plan.grid.end:
        return NONE
    found = forecast.curve(one.milestone).at(day).as_dict()
    return words.chance(found["p"], found["se"])


def dates_chart(forecast: Forecast) -> Chart:
    """Median dates with intervals: this forecast's first, then the others', none of which it knows."""
    found = forecast.curve("coder")
    until = min(LAST, float(forecast.study.scenario.run.horizon))
    low, _, early, middle, late, _, high = (found.quantile(q) for q in LEVELS)
    own = {"low": low, "early": early, "median": middle, "late": late, "high": high}
    first: Datum = {"who": HERE, "asked": "coder", "whose": HERE, **{k: _year(v, until) for k, v in own.items()}}
    others: list[Datum] = [
        {"who": one.who, "asked": one.asked, "whose": THEIRS, "low": one.low, "median": one.value, "high": one.high}
        for one in comparable(forecast)
        if one.kind == "median"
    ]
    rows = [first, *others]
    for row in rows:
        row["text"] = _told(row)
    base = alt.Chart(inline(rows, "forecast")).encode(_who([row["who"] for row in rows]), _whose(), tooltip="text:N")
    first_year = float(forecast.study.scenario.as_of.year)
    at = {name: years_axis(first_year, until, f"{name}:Q") for name in ("low", "early", "median")}
    thin = base.mark_rule(style="thin", clip=True).encode(at["low"], alt.X2("high:Q"))
    thick = base.mark_rule(style="thick", clip=True).encode(at["early"], alt.X2("late:Q"))
    point = base.mark_point(filled=True, opacity=1, size=60, clip=True).encode(at["median"], _shape())
    subtitle = "this forecast: 5% to 95% and middle half; others: as stated, 80% intervals where given"
    chart = finished(alt.layer(thin, thick, point), 24 * len(rows), "Median dates of automated coding", subtitle, ROLES)
    return saved(chart, "forecast")


def _year(year: float | None, until: float) -> float:
    return round(until if year is None else year, 3)


def _told(row: Datum) -> str:
    ends = f" ({row['low']:.1f} to {row['high']:.1f})" if row["low"] is not None and row["high"] is not None else ""
    return f"{row['who']}, {row['asked']}: {row['median']:.1f}{ends}"


def chances_chart(forecast: Forecast) -> Chart:
    """Probabilities by the dates that others named, with two standard errors of this forecast's."""
    rows: list[Datum] = []
    for one in (one for one in comparable(forecast) if one.kind == "probability"):
        found = forecast.curve(one.milestone).at(end_of_day(one.date)).as_dict()
        by = f"by {one.date.isoformat()}: {one.who.split(' (')[0]}"
        p, se = found["p"] or 0.0, found["se"] or 0.0
        rows.append({"by": by, "whose": HERE, "p": p, "low": max(p - 2 * se, 0.0), "high": min(p + 2 * se, 1.0)})
        rows.append({"by": by, "whose": THEIRS, "p": one.value, "low": one.low, "high": one.high})
        for row in rows[-2:]:
            row["year"] = round(decimal_year(one.date), 3)
            row["text"] = f"{row['whose']}: {words.percent(row['p'])} {by}"
    base = alt.Chart(inline(rows, "forecast")).encode(
        alt.Y("by:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=220)),
        _whose(),
        tooltip="text:N",
    )
    x = alt.X("p:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, 1]))
    span = base.transform_filter("datum.high !== null").mark_rule(style="thin")
    spans = span.encode(alt.X("low:Q"), alt.X2("high:Q"))
    point = base.mark_point(filled=True, opacity=1, size=70).encode(x, _shape())
    title, subtitle = "Probability that AI does AI research", "this forecast: closed_loop; others: what they asked"
    return saved(finished(alt.layer(spans, point), 30 * len(rows) // 2, title, subtitle, ROLES), "forecast")


def _who(order: list[str]) -> alt.Y:
    axis = alt.Axis(domain=False, ticks=False, labelLimit=220)
    return alt.Y("who:N", sort=order, title=None, axis=axis)


def _whose() -> alt.Color:
    return alt.Color("whose:N", scale=alt.Scale(domain=[HERE, THEIRS]), legend=None)


def _shape() -> alt.Shape:
    scale = alt.Scale(domain=[HERE, THEIRS], range=["circle", "diamond"])
    return alt.Shape("whose:N", scale=scale, legend=None)
