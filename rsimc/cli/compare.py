"""`rsimc compare`: runs against the first of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import (
    accept_option,
    allow_code_option,
    console,
    emit_json,
    json_option,
    messages,
    quiet_option,
)
from rsimc.cli.tables import heading, say, table
from rsimc.cli.write import require_new_png
from rsimc.errors import UsageError

if TYPE_CHECKING:
    from rsimc.analysis.compare.attribution import Attribution
    from rsimc.analysis.compare.comparison import Comparison
    from rsimc.analysis.compare.delays import Delay

SHOWN_KEYS = 6
BY = (2028, 2030, 2035)


@click.command("compare")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--milestone", metavar="NAME", help="The milestone of the picture and of --explain (closed_loop).")
@click.option("--explain", is_flag=True, help="Share the difference out among what the scenarios differ in.")
@click.option("--by", default="2030-12-31", metavar="DATE", help="The date of --explain.", show_default=True)
@click.option("--by-key", is_flag=True, help="With --explain: every key that differs by itself, not by section.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Draw it, as a .png.")
@accept_option
@allow_code_option
@json_option
@quiet_option
def command(
    runs: tuple[Path, ...],
    milestone: str | None,
    explain: bool,
    by: str,
    by_key: bool,
    output: Path | None,
    accept_untrusted: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Differences of the RUNS from the first of them, with the errors of the differences.

    Runs of one seed share the noise of every trajectory, those of one posterior its draws too, so that a difference is
    known far better than either number. Where a run has pauses: what a month of them buys.

    --explain calibrates and simulates every mixture of what two scenarios differ in, by section of the scenario, and
    shares the difference out (Shapley): minutes for each calibration that the cache does not hold.
    """
    require_new_png(output)
    if explain and len(runs) != 2:
        raise UsageError("--explain", "two runs", f"{len(runs)}")
    from rsimc import comparing
    from rsimc.analysis.compare.comparison import known_milestone
    from rsimc.analysis.headline import Question
    from rsimc.cli.progress import Bars
    from rsimc.publish.comparison import comparison_chart, document
    from rsimc.publish.figures import save_png
    from rsimc.publish.frames import lead

    found = comparing.compare(runs, allow_code=allow_code)
    chosen = known_milestone(found[0], milestone or lead(found[0].first))
    explained = None
    if explain:
        found[0].probability(chosen, by)  # refuses a date that is none
        with Bars(messages(quiet)) as bars:
            explained = comparing.explain(
                found[0],
                Question(chosen, by),
                bars,
                by_key=by_key,
                accept_untrusted=accept_untrusted,
                allow_code=allow_code,
            )
    if output is not None:
        save_png(comparison_chart(found, chosen), output)
    if as_json:
        emit_json(document(found, explained))
        return
    _show(found, chosen, [one.delay(chosen) for one in found], explained)
    if output is not None:
        click.echo(str(output))


def _show(found: list[Comparison], chosen: str, delays: list[Delay | None], explained: Attribution | None) -> None:
    from rsimc.publish.comparison import delay_words, order_words, run_names

    out = console()
    names = run_names(found)
    for one, name, delay in zip(found, names[1:], delays, strict=True):
        out.print(heading(f"{name} against {names[0]}"), soft_wrap=True)
        keys = one.changed
        more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
        say(out, f"differ in {', '.join(keys[:SHOWN_KEYS])}{more}" if keys else "of scenarios that say the same")
        say(out, f"share {one.shared}")
        _table(one)
        for text in (*order_words(one), *delay_words(chosen, delay)):
            say(out, text, hang=2)
        out.print()
    if explained is not None:
        _shares(explained)


def _table(one: Comparison) -> None:
    from rsimc.publish.comparison import difference_words, quantile_words

    out, right = console(), ("First", "Second", "Difference", "Ratio", "Saved")
    listed = table("Milestone", *right, right=right)
    horizon = one.first.study.scenario.run.horizon
    for name in one.headline:
        listed.add_row(name)
        for year in (year for year in BY if year in one.years):
            listed.add_row(f"  by {year}", *difference_words(one.probability(name, str(year))))
        listed.add_row("  median", *quantile_words(one.quantile(name, 0.5), horizon))
    out.print(listed)
    say(out, "± standard errors of the difference; saved: of its variance, by what the runs share")


def _shares(explained: Attribution) -> None:
    from rsimc.publish.comparison import share_words
    from rsimc.publish.words import chance

    out, asked = console(), explained.question
    out.print(heading(f"Why {asked.milestone} by {asked.by} differs"))
    first, second = (chance(end.p, end.se) for end in (explained.first, explained.second))
    drawn = f"{explained.trajectories:,} trajectories of each mixture of both"
    say(out, f"{first} in the first, {second} in the second, from {drawn}")
    listed = table("Part", "Change", "Alone", "Keys", right=("Change", "Alone"), wrap=("Keys",))
    for share in explained.shares:
        listed.add_row(share.name, *share_words(share), ", ".join(share.keys))
    out.print(listed)
    say(out, "points of probability; alone: in the first scenario, with nothing else of the second")
