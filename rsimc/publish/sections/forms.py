"""The forms of a mixture side by side in the report."""

from __future__ import annotations

import altair as alt

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import weighting
from rsimc.models.base import forms_of
from rsimc.publish import words
from rsimc.publish.frames import Row as Datum
from rsimc.publish.frames import lead
from rsimc.publish.layers import Chart, finished, inline, saved
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, figure, joined, section, table, tag
from rsimc.publish.prose import said, told
from rsimc.publish.sections.seeing import seen


def forms(forecast: Forecast, numbers: Numbers) -> Html | None:
    """What each form says of the milestone that the forecast is about; nothing for a single form."""
    found = numbers.at("structural_range")
    if found is None:
        return None
    first, horizon = lead(forecast), forecast.study.scenario.run.horizon
    days = list(found["range"][first]["probability_by"])
    rows: list[Row] = []
    for label in found["forms"]:
        whole = ("structural_range", "forms", label)
        path = (*whole, "milestones", first)
        share = numbers.element(words.percent(numbers.at(*whole, "share")), *whole, "share")
        row: Row = [label, share, numbers.day(horizon, *path, "median")]
        rows.append([*row, *(numbers.chance(*path, "probability_by", day) for day in days)])
    heads: Row = [
        "form",
        "weight",
        joined(["median of", tag("br"), code(first)]),
        *(f"by end of {day[:4]}" for day in days),
    ]
    study = forecast.study
    varied = [form for form in forms_of(study.model) if len({part.choice[form.parameter] for part in study.parts}) > 1]
    meanings = words.listed([f"{form.name} ({form.meaning}; {form.source})" for form in varied])
    stored = sum(form["n"] for form in found["forms"].values()) / len(found["forms"])
    how = said("forms.drawn" if forecast.posterior is None else "forms.fitted")
    blanks = {"meanings": meanings, "how": how, "weighting": weighting(study), "stored": f"{round(stored, -2):,.0f}"}
    note = told("forms.note", blanks)
    chart = [] if shown_day(numbers, first) is None else [_figure(forecast, numbers, first)]
    return section("forms", "The forms of the model", note, *chart, table(heads, rows, "words"))


def shown_day(numbers: Numbers, name: str) -> str | None:
    """The day of the figure: the second of those that the document has."""
    days = list(numbers.at("structural_range", "range", name, "probability_by"))
    return days[min(1, len(days) - 1)] if days else None


def _figure(forecast: Forecast, numbers: Numbers, name: str) -> Html:
    day = shown_day(numbers, name) or ""
    path = ("structural_range", "range", name, "probability_by", day)
    blanks = {
        "year": day[:4],
        "name": code(name),
        **{end: numbers.element(words.percent(numbers.at(*path, end)), *path, end) for end in ("low", "high")},
        **{end: numbers.at(*path, end) for end in ("low_form", "high_form")},
    }
    count = len(numbers.at("structural_range", "forms"))
    label = f"Probability of {name} by {day} under each form of the model"
    return figure("forms", label, 24 * count + 60, seen("forms.seen", blanks), said("forms.read"))


def forms_chart(forecast: Forecast, numbers: Numbers) -> Chart | None:
    """The probability under each form beside the mixture; None for a single form."""
    found, name = numbers.at("structural_range"), lead(forecast)
    day = None if found is None else shown_day(numbers, name)
    if day is None:
        return None
    rows: list[Datum] = []
    for label, one in found["forms"].items():
        p = one["milestones"][name]["probability_by"][day]
        if p["p"] is not None:
            se = p["se"] or 0.0
            ends = {"low": max(p["p"] - 2 * se, 0.0), "high": min(p["p"] + 2 * se, 1.0)}
            rows.append({"form": label, "p": p["p"], **ends, "text": f"{label}: {words.chance(p['p'], p['se'])}"})
    rows.sort(key=lambda row: -row["p"])
    axis = alt.Axis(domain=False, ticks=False, labelLimit=alt.ExprRef("width < 420 ? 150 : 320"))
    y = alt.Y("form:N", sort=[row["form"] for row in rows], title=None, axis=axis)
    x = alt.X("p:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(zero=True))
    base = alt.Chart(inline(rows, "forecast")).encode(y, tooltip="text:N")
    ends = base.mark_rule(style="whisker").encode(alt.X("low:Q"), alt.X2("high:Q"))
    point = base.mark_point(filled=True, opacity=1, size=60, style="dot").encode(x)
    whole = numbers.at("milestones", name, "probability_by", day, "p")
    rule = alt.Chart(inline([{"p": whole}])).mark_rule(style="now").encode(alt.X("p:Q"))
    title = f"P({name} by {day}) under each form of the model"
    return saved(finished(alt.layer(rule, ends, point), 24 * len(rows), title, "dashed: the mixture"), "forecast")
