"""The forms of a mixture side by side in the report."""

from __future__ import annotations

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import weighting
from rsimc.models.base import forms_of
from rsimc.publish import words
from rsimc.publish.frames import lead
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, joined, section, table, tag
from rsimc.publish.prose import said, told


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
    return section("forms", "The forms of the model", note, table(heads, rows, "words"))
