"""`rsimc report`: the HTML report of a finished run."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option


@click.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@allow_code_option
@json_option
def command(runs: tuple[Path, ...], allow_code: bool, as_json: bool) -> None:
    """Write report.html anew into each of RUNS, folders of finished runs."""
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api

    paths = [api.publish(api.open_run(run, allow_code=allow_code)) for run in runs]
    if as_json:
        emit_json({"schema": "rsimc.report/1", "files": [str(path) for path in paths]})
        return
    for path in paths:
        console().print(str(path), soft_wrap=True)
