"""The forms of a mixture side by side in the report."""

from __future__ import annotations

from rsimc.analysis.forecast import Forecast
from rsimc.models.base import forms_of
from rsimc.publish import words
from rsimc.publish.frames import lead
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, joined, section, table, tag
from rsimc.publish.prose import told


def forms(forecast: Forecast, numbers: Numbers) -> Html | None:
    """What each form says of the milestone that the forecast is about; nothing for a single form."""
    found = numbers.at("structural_range")
    if found is None:
        return None
    first, horizon = lead(forecast), forecast.study.scenario.run.horizon
    days = list(found["range"][first]["probability_by"])
    rows: list[Row] = []
    for label in found["forms"]:
        path = ("structural_range", "forms", label, "milestones", first)
        row: Row = [label, numbers.day(horizon, *path, "median")]
        rows.append([*row, *(numbers.chance(*path, "probability_by", day) for day in days)])
    heads: Row = ["form", joined(["median of", tag("br"), code(first)]), *(f"by end of {day[:4]}" for day in days)]
    meanings = words.listed([f"{form.name} ({form.meaning}; {form.source})" for form in forms_of(forecast.study.model)])
    stored = sum(form["n"] for form in found["forms"].values()) / len(found["forms"])
    note = told("forms.note", {"meanings": meanings, "stored": f"{round(stored, -2):,.0f}"})
    return section("forms", "The forms of the model", note, table(heads, rows, "words"))
