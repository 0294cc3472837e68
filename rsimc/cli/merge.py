"""`rsimc merge`: shares of a run from several folders, joined in a new one."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, json_option, messages, quiet_option
from rsimc.cli.results import emit_partial, show_run


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
    from rsimc.runs.driver import Partial

    made = api.merge(runs, output, allow_code=allow_code)
    if not isinstance(made, Partial):
        show_run(made, as_json)
        return
    if as_json:
        emit_partial(made)
    messages(quiet).print(f"{made.done} of {made.total} chunks are in {output}", soft_wrap=True)
