"""`rsimc report`: the HTML report of a finished run, or one page of several against the first."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option
from rsimc.errors import UsageError

COMPARISON = Path("comparison.html")


@click.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--each", is_flag=True, help="Renew the report of every run, in place of comparing them.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=f"Where the comparison goes ({COMPARISON})."
)
@allow_code_option
@json_option
def command(runs: tuple[Path, ...], each: bool, output: Path | None, allow_code: bool, as_json: bool) -> None:
    """Write the report of a run, a folder of a finished one, into it as report.html.

    Of several RUNS (up to five): one page that holds them against the first, comparison.html in the current folder. It
    shows what differs in the scenarios and in the answer, with the errors of the differences; runs of one seed and
    posterior also trajectory by trajectory. An older comparison is replaced, another file never.
    """
    compared = len(runs) > 1 and not each
    if output is not None and not compared:
        raise UsageError("--output", "several runs to compare", "--each" if each else "one run", "leave -o out")
    # Heavy imports wait until the command runs: its help must not pay for them.
    if compared:
        from rsimc import comparing

        paths = [comparing.compare_page(runs, output or COMPARISON, allow_code=allow_code)]
    else:
        from rsimc import api

        paths = [api.publish(api.open_run(run, allow_code=allow_code)) for run in runs]
    if as_json:
        emit_json({"schema": "rsimc.report/1", "files": [str(path) for path in paths]})
        return
    for path in paths:
        console().print(str(path), soft_wrap=True)
