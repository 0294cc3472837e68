"""`rsimc update`: a run with a new datum, by re-weighting, or by a refit where that cannot be trusted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.importing import day, read_rows
from rsimc.cli.options import allow_code_option, console, emit_json, json_option, messages, output_option, quiet_option
from rsimc.cli.tables import say, table

if TYPE_CHECKING:
    from rsimc.analysis.estimates import Estimate
    from rsimc.analysis.update import Update


@click.command("update")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--add", required=True, type=click.Path(path_type=Path), metavar="FILE", help="New rows, a CSV or METR's YAML."
)
@click.option("--series", help="The series that a CSV is of.")
@click.option("--published", callback=day, metavar="DATE", help="When a YAML file was published.")
@click.option("--no-refit", is_flag=True, help="Only say that a refit is needed.")
@output_option
@allow_code_option
@json_option
@quiet_option
def command(
    run: Path,
    add: Path,
    series: str | None,
    published: date | None,
    no_refit: bool,
    output: Path | None,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say what new rows change in RUN.

    Its stored trajectories are weighed by the rows' likelihood. Where the weights cannot be trusted a new run is made
    from a refit, in the folder of -o or beside RUN.
    """
    from rsimc import checking
    from rsimc.cli.progress import Bars

    rows = read_rows(add, series, published)
    with Bars(messages(quiet)) as bars:
        found, made = checking.update(
            run, rows, output=output, refit=not no_refit, progress=bars, allow_code=allow_code
        )
    folder = None if made is None else str(made.folder)
    if as_json:
        emit_json({"schema": "rsimc.update/1", "run": str(run), **found.as_dict(), "refitted": folder})
        return
    _show(found)
    if found.trusted:
        return
    if made is None:
        console().print("these weights cannot be trusted: refit, without --no-refit")
        return
    console().print(f"these weights cannot be trusted; refitted: {folder}", soft_wrap=True)
    if found.others:
        say(console(), f"It speaks from {made.study.scenario.as_of} and took up what else was published until then: "
            + ", ".join(found.others))  # fmt: skip
    listed = table("Milestone", "By", "Before", "After the refit", right=("Before", "After the refit"))
    for change in found.changes:
        for when, before in change.before.items():
            listed.add_row(change.milestone, when, _percent(before), _percent(made.probability(change.milestone, when)))
    console().print(listed)


def _show(found: Update) -> None:
    out = console()
    quality = f"k-hat {found.khat:.2f}, {found.effective:.0%} effective trajectories"
    say(out, f"{found.rows} new row{'' if found.rows == 1 else 's'}; {quality}")
    listed = table("Milestone", "By", "Before", "After", "Change", right=("Before", "After", "Change"))
    for change in found.changes:
        for when, before in change.before.items():
            after = change.after[when]
            listed.add_row(
                change.milestone, when, _percent(before), _percent(after), f"{100 * (after.p - before.p):+.1f}"
            )
        listed.add_row(change.milestone, "median", change.median_before or "later", change.median_after or "later", "")
    out.print(listed)


def _percent(p: Estimate) -> str:
    return f"{100 * p.p:.1f} ± {100 * p.se:.1f} %" if p.se is not None else f"{100 * p.p:.1f} %"
