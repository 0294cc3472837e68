"""`rsimc influence`: what the headline would be without each datum and series, and under each model form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rsimc.cli.options import (
    allow_code_option,
    console,
    emit_json,
    json_option,
    messages,
    quiet_option,
    scenario_argument,
    set_option,
)
from rsimc.cli.tables import heading, say, table

if TYPE_CHECKING:
    from rich.console import Console

    from rsimc.analysis.headline import Question
    from rsimc.analysis.influence import Influence

SHOWN = 20


@click.command("influence")
@scenario_argument
@set_option
@allow_code_option
@click.option("--milestone", default="closed_loop", show_default=True, help="Whose probability is asked for.")
@click.option("--by", default="2030-12-31", show_default=True, help="By the end of this day, month or year.")
@click.option("--accept-untrusted", is_flag=True, help="Go on although the posterior cannot be trusted.")
@json_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    allow_code: bool,
    milestone: str,
    by: str,
    accept_untrusted: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Refit SCENARIO without each series, without each datum, and under each form of its model.

    Data are left out by re-weighting where that can be trusted, else by a refit. Takes half an hour; results are kept
    as they are found, and calling it again goes on.
    """
    from rsimc import checking
    from rsimc.analysis.headline import Question
    from rsimc.analysis.influence import as_document
    from rsimc.cli.progress import Bars

    with Bars(messages(quiet)) as bars:
        found = checking.influence(
            scenario, overrides, Question(milestone, by), bars, accept_untrusted=accept_untrusted, allow_code=allow_code
        )
    if as_json:
        emit_json({"schema": "rsimc.influence/1", **as_document(found, Question(milestone, by))})
    else:
        _show(found, Question(milestone, by), console())


def _show(found: list[Influence], question: Question, out: Console) -> None:
    from rsimc.analysis.influence import most_influential
    from rsimc.publish.words import chance, change

    base = found[0].p
    out.print(f"P({question.milestone} by {question.by}) = {chance(base.p, base.se)} with all data")
    kinds = (("series", "Without a series"), ("datum", "Without a datum"), ("form", "Under another form of the model"))
    for kind, title in kinds:
        some = [one for one in most_influential(found) if one.kind == kind]
        if not some:
            continue
        out.print()
        out.print(heading(title))
        right = ("Probability", "Change")
        listed = table(kind.capitalize(), *right, "By", right=right, wrap=(kind.capitalize(), "By"))
        for one in some[:SHOWN]:
            listed.add_row(one.name, chance(one.p.p, one.p.se), change(one.p.p - base.p, one.change_se), _how(one))
        out.print(listed)
        if len(some) > SHOWN:
            say(out, f"{len(some) - SHOWN} more change it less; --json lists all.")


def _how(one: Influence) -> str:
    if one.how == "psis":
        return f"weights, k-hat {one.khat:.2f}"
    return f"refit, R-hat {one.rhat:.3f}, ESS {one.ess:,.0f}{'' if one.mixed else ', not mixed'}"
