"""`rsimc replay`: one trajectory of a run in full."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rsimc.cli.options import (
    MOST,
    allow_code_option,
    console,
    emit_json,
    json_option,
    messages,
    output_option,
    quiet_option,
    whole_number,
)
from rsimc.cli.write import write_new
from rsimc.errors import UsageError


@click.command("replay")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--index", required=True, callback=whole_number(0, MOST - 1), metavar="I", help="Its number, from 0.")
@output_option
@allow_code_option
@json_option
@quiet_option
def command(run: Path, index: int, output: Path | None, allow_code: bool, as_json: bool, quiet: bool) -> None:
    """Compute trajectory I of RUN again and show what it drew, when its milestones came and how it went.

    With -o the path is written step by step, as CSV, or with all the rest as JSON where the name ends in .json.
    """
    if output is not None and output.suffix not in (".csv", ".json"):
        raise UsageError("output", "a name that ends in .csv or .json", str(output))
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.cli.progress import Bars
    from rsimc.publish.trajectory import document, shown, table_text

    with Bars(messages(quiet)) as bars:
        found = api.replay(run, index, allow_code=allow_code, progress=bars)
    if output is not None:
        as_table = output.suffix == ".csv"
        write_new(output, table_text(found) if as_table else json.dumps(document(found), indent=2) + "\n")
    if as_json:
        emit_json(document(found))
    elif output is None:
        out = console()
        out.print(shown(found, out.width))
    else:
        click.echo(str(output))
