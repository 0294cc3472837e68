"""`rsimc reproduce`: a run made again from its record."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import (
    accept_option,
    allow_code_option,
    console,
    emit_json,
    json_log_option,
    json_option,
    messages,
    output_option,
    quiet_option,
)


@click.command("reproduce")
@click.argument("record", type=click.Path(path_type=Path))
@output_option
@accept_option
@allow_code_option
@json_option
@json_log_option
@quiet_option
def command(
    record: Path,
    output: Path | None,
    accept_untrusted: bool,
    allow_code: bool,
    as_json: bool,
    json_log: bool,
    quiet: bool,
) -> None:
    """Make a run again from RECORD, its run.json or its folder: calibrate, simulate, report, compare with the first.

    The new run goes to -o, else to a folder beside the first. A posterior in the cache is used as it is; with an empty
    RSIMC_CACHE all is done anew.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.cli.progress import Bars

    with Bars(messages(quiet), json_log) as bars:
        options = {"accept_untrusted": accept_untrusted, "allow_code": allow_code}
        found = api.reproduce(record, output, progress=bars, **options)
    if as_json:
        about = {"schema": "rsimc.reproduce/1", "id": found.made.manifest.id, "folder": str(found.made.folder)}
        emit_json({**about, "same_posterior": found.same_posterior, "moved": found.moved, "verdict": found.verdict})
        return
    console().print(found.verdict, soft_wrap=True)
    console().print(f"run     {found.made.folder}", soft_wrap=True)
