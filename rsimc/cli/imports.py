"""`rsimc import`: a published model's parameter file as a scenario."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import emit_json, json_option
from rsimc.cli.write import write_new
from rsimc.errors import UsageError, nearest

FORMATS = ("ai2027", "aifm", "ftm")


@click.command("import")
@click.argument("kind", metavar="|".join(FORMATS))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--forecaster", metavar="NAME", help="Of a file with several; its first one without it.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.toml", help="Write it there.")
@json_option
def command(kind: str, file: Path, forecaster: str | None, output: Path | None, as_json: bool) -> None:
    """Read FILE, a parameter file of a published model, as a scenario.

    ai2027: params.yaml or simple_params.yaml of AI 2027's timelines, of April or May 2025, or of its takeoff. aifm:
    sampling_config.yaml of the AI Futures Model of December 2025, with its parent beside it. ftm: the table of
    parameters (.csv) of the Full Takeoff Model, of which --forecaster takes one column, or a scenario (.json) as
    takeoffspeeds.com exports it. The scenario extends the bundled one of the same model, and is printed where no output
    is named.
    """
    from rsimc.scenario.published.formats import READERS

    if kind not in FORMATS:
        raise UsageError("import", "the name of a published model", f'"{kind}"', nearest(kind, FORMATS))
    if output is not None and output.suffix != ".toml":
        raise UsageError("--output", "a file name that ends in .toml", f'"{output.name}"')
    found = READERS[kind](file, forecaster)
    if output is not None:
        write_new(output, found.text)
    if as_json:
        left = list(found.left)
        emit_json(
            {
                "schema": "rsimc.imported/1",
                "extends": found.extends,
                "forecaster": found.forecaster or None,
                "left_aside": left,
                "file": None if output is None else str(output),
                "scenario": found.text,
            }
        )
        return
    click.echo(
        found.text if output is None else f"wrote {output}, which extends {found.extends}", nl=output is not None
    )
    if found.left:
        click.echo(f"left aside, since nothing there reads them: {', '.join(found.left)}", err=True)
