"""`rsimc history`: how dated editions of a forecast moved, and why."""

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

if TYPE_CHECKING:
    from rsimc.analysis.history.moves import History, Move

LEVELS = ("0.1", "0.5", "0.9")
SHOWN_KEYS = 6


@click.command("history")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--milestone", default="closed_loop", metavar="NAME", help="What is asked about.", show_default=True)
@click.option("--by", default="2030-12-31", metavar="DATE", help="The day of its probability.", show_default=True)
@click.option("--explain", is_flag=True, help="Share each move out among data, priors, model and the rest.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Draw it, as a .png.")
@accept_option
@allow_code_option
@json_option
@quiet_option
def command(
    runs: tuple[Path, ...],
    milestone: str,
    by: str,
    explain: bool,
    output: Path | None,
    accept_untrusted: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Editions of a forecast in the order of their dates: RUNS with different as_of.

    Shows how the answer moved from each to the next, with the error of the move, and how older editions did on what was
    published since. An edition that another version of rsimc made is taken as it was published. --explain calibrates
    and simulates every mixture of two neighbours (Shapley) and says what came from data, priors and model; what is left
    is the software and chance.
    """
    require_new_png(output)
    from rsimc import comparing
    from rsimc.analysis.headline import Question
    from rsimc.cli.progress import Bars
    from rsimc.publish.figures import save_png
    from rsimc.publish.history import document, history_chart

    with Bars(messages(quiet)) as bars:
        found = comparing.history(
            runs,
            Question(milestone, by),
            bars,
            explained=explain,
            accept_untrusted=accept_untrusted,
            allow_code=allow_code,
        )
    if output is not None:
        save_png(history_chart(found), output)
    if as_json:
        emit_json(document(found))
        return
    _show(found)
    if output is not None:
        click.echo(str(output))


def _show(found: History) -> None:
    from rsimc.analysis.history.moves import probability
    from rsimc.publish.words import chance

    out, asked = console(), found.question
    out.print(heading(f"Editions of {asked.milestone}"))
    right = (*(f"{float(q):.0%}" for q in LEVELS), f"by {asked.by}")
    listed = table("As of", "Run", "rsimc", *right, right=right)
    for one in found.editions:
        quantiles, p = one.milestone(asked.milestone)["quantiles"], probability(one, asked)
        days = ["beyond" if quantiles[q] is None else str(quantiles[q])[:7] for q in LEVELS]
        listed.add_row(one.as_of.isoformat(), one.name, one.version, *days, chance(p.p, p.se))
    out.print(listed)
    for move in found.moves:
        _show_move(move)
    for one in found.editions:
        for score in one.scores:
            crps = "" if score.score.crps is None else f", CRPS {score.score.crps:.3f}"
            inside = f"{score.score.inside_90} of {score.score.points} later rows inside 90%"
            say(out, f"{one.name} on {score.series}: {inside}{crps}")


def _show_move(move: Move) -> None:
    out = console()
    error = "" if move.se is None else f" ± {100 * move.se:.2f}"
    days = "" if move.median_days is None else f", the median {move.median_days:+.0f} days"
    out.print(heading(f"{move.first.name} to {move.second.name}"), soft_wrap=True)
    say(out, f"{100 * move.p:+.2f}{error} points{days}")
    keys = list(move.changed)
    more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
    say(out, f"differ in {', '.join(keys[:SHOWN_KEYS])}{more}" if keys else "of scenarios that say the same", hang=2)
    if move.software:
        ends = [f"rsimc {one.version}, {one.model}" for one in (move.first, move.second)]
        say(out, f"made by other software: {ends[0]}; then {ends[1]}", hang=2)
    if move.shares is None:
        return
    from rsimc.publish.comparison import share_words

    for share in move.shares.shares:
        say(out, f"{share.name}: {share_words(share)[0]} points ({', '.join(share.keys[:SHOWN_KEYS])})", hang=2)
    say(out, f"software and chance: {100 * (move.rest or 0.0):+.2f} points")
