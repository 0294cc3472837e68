"""`rsimc sensitivity`: what a run's answer hangs on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option, messages, quiet_option
from rsimc.cli.tables import heading, say, table
from rsimc.cli.write import require_new_png

if TYPE_CHECKING:
    from rsimc.analysis.influence import Influence
    from rsimc.analysis.sensitivity.hanging import Sensitivity

SHOWN = 15
WIDE = 120
"""Columns from which on errors have room."""


@click.command("sensitivity")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--milestone",
    "milestones",
    multiple=True,
    metavar="NAME",
    help="What is asked about (closed_loop); all, or several.",
)
@click.option("--by", default="2030-12-31", metavar="DATE", help="The day of its probability.", show_default=True)
@click.option("--quick", is_flag=True, help="Without total effects and noise, which simulate anew for two minutes.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Draw the tornado of the first, as a .png."
)
@click.option("--drivers", type=click.Path(path_type=Path), metavar="PATH", help="Draw its dates against parameters.")
@allow_code_option
@json_option
@quiet_option
def command(
    run: Path,
    milestones: tuple[str, ...],
    by: str,
    quick: bool,
    output: Path | None,
    drivers: Path | None,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Shares of the variance of a milestone's date, and of whether it comes by a day, in RUN.

    First-order effect: the share that would go if this parameter were known, from the trajectories that RUN keeps.
    Total effect: the share that would stay if all others were known, from new trajectories in which this one is drawn
    anew; the noise of the future has one too. Effects of each datum are those that rsimc influence has found.
    """
    for path in (output, drivers):
        require_new_png(path)
    from rsimc import checking
    from rsimc.analysis.forecast import open_run
    from rsimc.analysis.headline import Question
    from rsimc.analysis.influence import kept
    from rsimc.cli.progress import Bars
    from rsimc.publish.figures import save_png
    from rsimc.publish.frames import lead
    from rsimc.publish.sections.reliance import influence_command
    from rsimc.publish.sensitivity import document, driver_chart, tornado_chart

    opened = open_run(run, allow_code=allow_code)
    every = [m.name for m in opened.milestones]
    names = every if "all" in milestones else milestones or (lead(opened),)
    questions = [Question(name, by) for name in dict.fromkeys(names)]
    with Bars(messages(quiet)) as bars:
        found = checking.sensitivity(opened, questions, bars, totals=not quick)
    fitted = None if opened.study.parts else opened.posterior
    data = [[] if fitted is None else kept(opened.study, fitted, question) for question in questions]
    if output is not None:
        save_png(tornado_chart(found[0]), output)
    if drivers is not None:
        save_png(driver_chart(found[0]), drivers)
    if as_json:
        emit_json(document(found, opened.manifest.id, data))
        return
    for one, some in zip(found, data, strict=True):
        _show(one)
        _show_data(some, influence_command(opened, one.question))
    for path in (output, drivers):
        if path is not None:
            click.echo(str(path))


def _show(found: Sensitivity) -> None:
    from rsimc.publish.sensitivity import doubtful, share
    from rsimc.publish.words import chance, percent

    out, asked = console(), found.question
    out.print(heading(f"What {asked.milestone} hangs on"))
    say(out, f"P({asked.milestone} by {asked.by}) = {chance(found.p.p, found.p.se)}; {found.rows:,} trajectories")
    said = partial(share, error=out.width >= WIDE)
    right = ("First", "Total", "First, P", "Total, P", "Low", "High")
    listed = table("Parameter", *right, right=right)
    for driver in found.drivers[:SHOWN]:
        total = (None, None) if driver.total is None else (driver.total.date, driver.total.event)
        first = driver.first
        mark = " ?" if doubtful(driver) else ""
        shares = (said(first.date), said(total[0]) + mark, said(first.event), said(total[1]) + mark)
        listed.add_row(driver.name, *shares, percent(driver.low.p), percent(driver.high.p))
    if found.noise_first is not None and found.noise_total is not None:
        one, all_ = found.noise_first, found.noise_total
        listed.add_row("(noise to come)", *map(said, (one.date, all_.date, one.event, all_.event)))
    out.print(listed)
    what = f"Percent of the variance of the date's rank, and of whether it comes by {asked.by} (P)."
    ends = "Low, high: P in the lowest and the highest fifth of the parameter."
    say(out, f"{what} {ends} {len(found.drivers)} parameters; --json lists all.")
    if found.lost > 0.02:
        text = "of the pairs, in which what is known not to have happened had happened in one, are left out of total"
        say(out, f"At most {found.lost:.0%} {text} effects and of the noise's.")
    if any(doubtful(driver) for driver in found.drivers[:SHOWN]):
        say(out, "?: drawing it anew moved the answer, so that its total effect is rough.")


def _show_data(data: list[Influence], ask: str | None) -> None:
    """What each datum does; where that is not known, the command `ask` that finds it, or nothing."""
    from rsimc.analysis.influence import most_influential
    from rsimc.publish.words import chance, change

    out = console()
    if not data and ask is not None:
        say(out, "What each datum does is found in half an hour, and shown here from then on, by:")
        out.print(f"  {ask}", soft_wrap=True, highlight=False, markup=False)
    if not data:
        return
    out.print(heading("Without a datum"))
    right = ("Probability", "Change")
    listed = table("Datum", *right, right=right)
    for one in [one for one in most_influential(data) if one.kind == "datum"][:SHOWN]:
        listed.add_row(one.name, chance(one.p.p, one.p.se), change(one.p.p - data[0].p.p, one.change_se))
    out.print(listed)
