"""`rsimc export`: a run's results in other formats."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, messages, output_option
from rsimc.errors import UsageError


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "form", default="json", metavar="FORMAT", help="One of those below.", show_default=True)
@click.option("--table", default="numbers", help="Of csv and parquet: numbers, cdf, quantiles or ensemble.")
@click.option(
    "--figure", default="cdf", help="Of vega-lite, png and svg: cdf, density, horizon, speed, parameter.NAME..."
)
@click.option("--milestone", default="closed_loop", metavar="NAME", help="Of metaculus.", show_default=True)
@click.option("--from", "first", default="", metavar="DATE", help="Of metaculus: the range's first day (as_of).")
@click.option("--to", "last", default="", metavar="DATE", help="Of metaculus: its last day (the horizon).")
@click.option("--open-low/--closed-low", default=False, help="Of metaculus: whether its lower end is open.")
@click.option("--open-high/--closed-high", default=True, help="Of metaculus: whether its upper end is open.")
@output_option
@allow_code_option
def command(
    run: Path,
    form: str,
    table: str,
    figure: str,
    milestone: str,
    first: str,
    last: str,
    open_low: bool,
    open_high: bool,
    output: Path | None,
    allow_code: bool,
) -> None:
    """Write the results of RUN to a new file (-o), or to standard output where they are text.

    \b
    json       the document of a forecast (schema: its JSON Schema)
    csv        its numbers, or another --table
    parquet    the same as Parquet; --table ensemble: the trajectories kept in full
    netcdf     posterior, counts, curves and fans as a DataTree (zarr: the same as a folder)
    metaculus  201 points of a continuous forecast, and how far they had to be bent
    flusight   quantiles and distribution functions as the forecast hubs have them
    vega-lite  the specification of a --figure; png, svg: the figure itself
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.publish.formats import Options, export
    from rsimc.publish.formats.writing import BINARY

    if form in BINARY and output is None and sys.stdout.isatty():
        raise UsageError("output", f"a file for {form}, which is no text", "a terminal", "give one with -o")
    options = Options(table, figure, milestone, first, last, open_low, open_high)
    written = export(api.open_run(run, allow_code=allow_code), form, output, options)
    if form == "metaculus":
        _tell_distortion(written)
    click.echo(str(written) if isinstance(written, Path) else written, nl=output is not None)


def _tell_distortion(written: str | bytes | Path) -> None:
    """How far a forecast was bent to fit what the site takes."""
    import json

    document = json.loads(written.read_text(encoding="utf-8") if isinstance(written, Path) else written)
    bent = document["distortion"]
    left = [f"{bent[f'left_out_{end}']:.1%} {end}" for end in ("below", "above") if bent[f"left_out_{end}"] > 0]
    more = f"; left out: {', '.join(left)} the range" if left else ""
    messages().print(f"bent by at most {100 * bent['largest']:.2f} points, at {bent['at']}{more}", soft_wrap=True)
