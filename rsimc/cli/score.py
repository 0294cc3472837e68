"""`rsimc score`: an old run against what was published since."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.importing import day, read_rows
from rsimc.cli.options import allow_code_option, console, emit_json, json_option
from rsimc.cli.tables import heading, number, say, table

if TYPE_CHECKING:
    from rsimc.analysis.hindsight import Hindsight


@click.command("score")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--add", type=click.Path(path_type=Path), metavar="FILE", help="Rows of your own, as a CSV or METR's YAML."
)
@click.option("--series", help="The series that a CSV is of.")
@click.option("--published", callback=day, metavar="DATE", help="When a YAML file was published.")
@allow_code_option
@json_option
def command(
    run: Path, add: Path | None, series: str | None, published: date | None, allow_code: bool, as_json: bool
) -> None:
    """Score the forecasts that RUN makes of data published after its as_of: CRPS, log score, coverage."""
    from rsimc import checking

    rows = () if add is None else read_rows(add, series, published)
    found = checking.score(run, {row.series: rows for row in rows}, allow_code=allow_code)
    if as_json:
        emit_json({"schema": "rsimc.score/1", "run": str(run), "series": [one.as_dict() for one in found]})
    elif not found:
        console().print("nothing that the run forecasts was published after its as_of; --add FILE brings rows of yours")
    else:
        for one in found:
            _show(one)


def _show(one: Hindsight) -> None:
    out, score = console(), one.score
    out.print(heading(one.series))
    listed = table(
        "Row", "5 %", "Median", "95 %", "Observed", "Rank", right=("5 %", "Median", "95 %", "Observed", "Rank")
    )
    for row in one.rows:
        listed.add_row(row.key, *(number(x) for x in (row.low, row.middle, row.high, row.observed)), f"{row.rank:.2f}")
    out.print(listed)
    dense = "" if score.log_score is None else f", log score {score.log_score:.2f} nats"
    inside = f"{score.inside_50} of {score.points} inside 50 %, {score.inside_90} inside 90 %"
    say(out, f"CRPS {score.crps:.3f}{dense}; {inside}. On the scale of the likelihood: logarithms or logits.")
