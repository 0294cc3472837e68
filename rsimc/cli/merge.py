"""`rsimc merge`: shares of a run from several folders, joined in a new one."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option, messages, quiet_option


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="PATH", help="A new folder.")
@allow_code_option
@json_option
@quiet_option
def command(runs: tuple[Path, ...], output: Path, allow_code: bool, as_json: bool, quiet: bool) -> None:
    """Join RUNS, folders in which shares of one run were made (simulate --shard), in a new folder.

    Runs that are not of one identity, or that hold the same trajectories, are refused, with what differs.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.analysis.document import document
    from rsimc.publish.tables import closing_lines, milestone_table
    from rsimc.runs.driver import Partial

    made = api.merge(runs, output, allow_code=allow_code)
    if isinstance(made, Partial):
        if as_json:
            about = {"id": made.manifest.id, "folder": str(output)}
            emit_json({"schema": "rsimc.shard/1", **about, "chunks": {"done": made.done, "total": made.total}})
        messages(quiet).print(f"{made.done} of {made.total} chunks are in {output}", soft_wrap=True)
        return
    if as_json:
        emit_json(document(made))
        return
    out = console()
    out.print(milestone_table(made, out.width))
    for line in closing_lines(made, None):
        out.print(line, soft_wrap=True)
