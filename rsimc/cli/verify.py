"""`rsimc verify`: an audit of a run folder."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option, messages, quiet_option, whole_number

DAMAGED = 5


@click.command("verify")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--chunks", callback=whole_number(1, 2**15), metavar="K", help="Chunks to compute again: 5 if not given.")
@click.option("--all", "every", is_flag=True, help="Compute all chunks again.")
@allow_code_option
@json_option
@quiet_option
@click.pass_context
def command(
    context: click.Context, run: Path, chunks: int | None, every: bool, allow_code: bool, as_json: bool, quiet: bool
) -> None:
    """Check every file of RUN against its checksum, compute some of its chunks again, and say which promise holds.

    Exit code 5 when a file is missing, damaged or foreign, or a chunk comes out otherwise: each is named.
    """
    if every and chunks is not None:
        raise click.UsageError("expected --chunks or --all, got both", context)
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.cli.progress import Bars

    with Bars(messages(quiet)) as bars:
        found = api.verify(run, None if every else chunks or 5, allow_code=allow_code, progress=bars)
    if as_json:
        emit_json({"schema": "rsimc.verify/1", "id": found.manifest.id, "folder": str(run), **found.as_dict()})
    else:
        for line in found.problems or (f"every file is as it was; {found.promise}",):
            console().print(line, soft_wrap=True)
    if found.problems:
        context.exit(DAMAGED)
