"""Runs of different models on the comparing page: what each assumes, and what each says of the same thing."""

from __future__ import annotations

from rsimc.analysis.shared_milestones import SHARED, Shared
from rsimc.models.base import assumptions_of, forms_of
from rsimc.publish.comparing.answer import asked_year
from rsimc.publish.comparing.beside import Beside
from rsimc.publish.comparing.differences import said, told
from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import Html, Row, bullets, code, folded, grouped_table, joined, section, table, tag

SHOWN = ("0.1", "0.5", "0.9")


def models(found: Beside, numbers: Numbers) -> Html | None:
    """The section; None where all runs are of one model."""
    if len({run.study.model.name for run in found.runs}) < 2:
        return None
    shared = [(one, places) for one in SHARED if len(places := _places(found, one)) > 1]
    heads = ["", "milestone there", *(f"{float(q):.0%}" for q in SHOWN), f"by end of {asked_year(found)}"]
    groups = [(one.name, [_row(found, numbers, one, n) for n in places]) for one, places in shared]
    notes = [joined([tag("strong", one.name), f", {one.means}: {one.differs}"]) for one, _ in shared]
    alike = [told("models.shared"), grouped_table(heads, groups, "beside"), bullets(notes)]
    return section(
        "models",
        "What each model assumes, and what it says",
        told("models.meaning"),
        table(["", "model", "uncertain quantities", "what informs it", "assumes"], _assumed(found, numbers), "words"),
        *_equations(found),
        *(alike if shared else [told("models.nothing_shared")]),
    )


def _places(found: Beside, one: Shared) -> list[int]:
    return [n for n, run in enumerate(found.runs) if one.milestones.get(run.study.model.name) in run.curves]


def _row(found: Beside, numbers: Numbers, one: Shared, n: int) -> Row:
    run = found.runs[n]
    name = one.milestones[run.study.model.name]
    place, horizon = ("runs", str(n), "milestones", name), run.study.scenario.run.horizon
    by = f"{asked_year(found)}-12-31"
    known = by in numbers.at(*place, "probability_by")
    days = [numbers.day(horizon, *place, "quantiles", q) for q in SHOWN]
    return [found.names[n], code(name), *days, numbers.chance(*place, "probability_by", by) if known else NONE]


def _assumed(found: Beside, numbers: Numbers) -> list[Row]:
    rows: list[Row] = []
    for n, run in enumerate(found.runs):
        model = run.study.model
        free = [name for name, _, prior in run.study.priors.entries if prior.kind != "fixed"]
        informed = said("models.prior" if numbers.at("runs", str(n), "diagnostics") is None else "models.data")
        text = assumptions_of(model) or said("models.unsaid")
        rows.append([found.names[n], code(model.name), f"{len(free)}", informed, text])
    return rows


def _equations(found: Beside) -> list[Html]:
    every = {run.study.model.name: run.study.model for run in found.runs}
    shown = []
    for name, model in every.items():
        forms = [f"{form.name}: {form.meaning} ({', '.join(form.options)})" for form in forms_of(model)]
        parts = [tag("pre", "\n".join(model.equations)), bullets(forms) if forms else None]
        shown.append(folded(f"Equations of {name}", *(part for part in parts if part is not None)))
    return shown
