"""`rsimc export`: a run's results in other formats."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, output_option


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "form", default="json", metavar="FORMAT", help="json or csv.", show_default=True)
@output_option
@allow_code_option
def command(run: Path, form: str, output: Path | None, allow_code: bool) -> None:
    """Write the results of RUN, the folder of a finished run, to a file (-o) or to standard output."""
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.publish.formats import export

    written = export(api.open_run(run, allow_code=allow_code), form, output)
    click.echo(str(written) if output else written, nl=output is not None)
