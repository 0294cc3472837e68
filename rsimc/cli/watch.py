"""`rsimc watch`: what to look out for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option
from rsimc.cli.tables import heading, number, say, table
from rsimc.cli.write import require_new_png

if TYPE_CHECKING:
    from rsimc.analysis.watch.information import Information
    from rsimc.analysis.watch.warning import WarningTime

BEST = 2
NONE = "–"


@click.command("watch")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--milestone", metavar="NAME", help="What is asked about (closed_loop).")
@click.option("--by", default="2030-12-31", metavar="DATE", help="The day of its probability.", show_default=True)
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    metavar="TEXT",
    help='An indicator beside the milestones, such as "horizon_hours > 160". May be repeated.',
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Draw it, as a .png.")
@allow_code_option
@json_option
def command(
    run: Path,
    milestone: str | None,
    by: str,
    indicators: tuple[str, ...],
    output: Path | None,
    allow_code: bool,
    as_json: bool,
) -> None:
    """Which future readings would move the probability of a milestone in RUN, and how long before it indicators come.

    What a reading tells is its expected information gain on whether the milestone comes by the day, of all there is to
    know; beside it the readings that would halve or double the odds. Warning times are those of the trajectories in
    which the milestone comes within the horizon.
    """
    require_new_png(output)
    from rsimc import checking
    from rsimc.analysis.forecast import open_run
    from rsimc.analysis.headline import Question
    from rsimc.publish.figures import save_png
    from rsimc.publish.frames import lead
    from rsimc.publish.watch import document, watch_chart

    opened = open_run(run, allow_code=allow_code)
    question = Question(milestone or lead(opened), by)
    found, times = checking.watch(opened, question, indicators)
    if output is not None:
        save_png(watch_chart(found), output)
    if as_json:
        emit_json(document(found, times, opened.manifest.id))
        return
    _show_readings(found)
    _show_times(times, question.milestone)
    if output is not None:
        click.echo(str(output))


def _show_readings(found: Information) -> None:
    from rsimc.publish.words import chance

    out, asked = console(), found.question
    out.print(heading(f"Readings that would tell whether {asked.milestone} comes by {asked.by}"), soft_wrap=True)
    say(out, f"P = {chance(found.p.p, found.p.se)} now")
    right = ("Tells", "Moves", "Halves at", "Expected", "Doubles at")
    listed = table("By", "Observable", *right, right=right)
    for day, readings in found.by_day().items():
        for place, one in enumerate(readings[:BEST]):
            error = "" if one.se is None or found.entropy == 0.0 else f" ± {100 * one.se / found.entropy:.1f}"
            ends = [NONE if x is None else number(x) for x in (one.halves, one.middle, one.doubles)]
            tells = f"{100 * max(one.share, 0.0):.1f}{error}"
            moves = NONE if one.moves is None else f"{100 * one.moves:.1f}"
            listed.add_row("" if place else day, one.observable, tells, moves, *ends)
    out.print(listed)
    say(
        out,
        "Tells: percent of all there is to know. Moves: P by so many points on average. Halves, doubles: readings at "
        "which the odds would be half or twice those of now; expected: the median. A reading is the value itself, "
        "without what measuring adds.",
    )


def _show_times(times: Sequence[WarningTime], milestone: str) -> None:
    out = console()
    out.print()
    out.print(heading(f"Years from an indicator to {milestone}"))
    right = ("Before", "A year before", "5%", "Median", "95%")
    listed = table("Indicator", *right, right=right)
    for one in times:
        years = [NONE if one.years[q] is None else f"{one.years[q]:.1f}" for q in (0.05, 0.5, 0.95)]
        listed.add_row(one.indicator, f"{one.before.p:.0%}", f"{one.in_time.p:.0%}", *years)
    out.print(listed)
    rows = times[0].rows if times else 0
    say(out, f"Of {rows:,} trajectories in which it comes within the horizon; {NONE}: not come by then.")
