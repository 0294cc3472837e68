"""`rsimc check --model`: the conformance suite as a table, or as JSON."""

from __future__ import annotations

from rsimc.cli.options import console, emit_json
from rsimc.cli.tables import heading, say, table
from rsimc.models import Model
from rsimc.models.conformance import Outcome, examine
from rsimc.models.registry import find_model


def check_model(name: str, as_json: bool) -> None:
    """Show what each check comes to. Raises ScenarioError (exit code 3) with the first problem, if there is one."""
    model = find_model(name, "--model", allow_code=True)
    outcomes = examine(model)
    if as_json:
        emit_json(document(model, outcomes))
    else:
        _show(model, outcomes)
    for outcome in outcomes:
        if outcome.problem is not None and not outcome.sound:
            raise outcome.problem.error()


def document(model: Model, outcomes: tuple[Outcome, ...]) -> dict[str, object]:
    """The outcomes as JSON."""
    return {
        "schema": "rsimc.conformance/1",
        "ok": all(outcome.sound for outcome in outcomes),
        "model": model.name,
        "version": getattr(model, "version", None),
        "checks": [_check(outcome) for outcome in outcomes],
    }


def _check(outcome: Outcome) -> dict[str, object]:
    shown: dict[str, object] = {"name": outcome.check.name, "says": outcome.check.says, "status": outcome.status}
    if outcome.problem is not None:
        found = outcome.problem
        shown["problem"] = {
            "where": found.where,
            "expected": found.expected,
            "found": found.found,
            "advice": found.advice,
        }
    return shown


def _show(model: Model, outcomes: tuple[Outcome, ...]) -> None:
    out = console()
    out.print(heading(f"Model {model.name}"))
    grid = table("Check", "Result", "What holds", wrap=("What holds",))
    for outcome in outcomes:
        grid.add_row(outcome.check.name, outcome.status, outcome.check.says)
    out.print(grid)
    for outcome in outcomes:
        if outcome.problem is not None:
            out.print()
            out.print(heading(outcome.check.name))
            say(out, str(outcome.problem.error()))
