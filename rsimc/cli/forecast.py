"""`rsimc forecast`: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import (
    accept_option,
    allow_code_option,
    console,
    draws_option,
    emit_json,
    json_log_option,
    json_option,
    messages,
    output_option,
    quiet_option,
    scenario_argument,
    seed_option,
    set_option,
    variants_option,
    with_variants,
)


@click.command("forecast")
@scenario_argument
@set_option
@variants_option
@allow_code_option
@output_option
@draws_option
@seed_option
@click.option(
    "--error",
    type=float,
    metavar="E",
    help="Add draws of the posterior, which limit the errors, until no headline probability by 2030 or 2035 has a "
    "larger standard error, such as 0.005.",
)
@accept_option
@json_option
@json_log_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    variants: bool,
    allow_code: bool,
    output: Path | None,
    draws: int | None,
    seed: int | None,
    error: float | None,
    accept_untrusted: bool,
    as_json: bool,
    json_log: bool,
    quiet: bool,
) -> None:
    """Calibrate SCENARIO (a bundled name or a file) on its data, simulate it, and write a report.

    The posterior is kept by identity and found again; a run folder that holds part of the same run is finished. Without
    -o the folder is runs/SCENARIO-ID under the current one.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.analysis.document import document
    from rsimc.cli.progress import Bars
    from rsimc.publish.tables import closing_lines, milestone_table

    with Bars(messages(quiet), json_log) as bars:
        made = api.forecast(
            scenario,
            with_variants(overrides, variants),
            output=output,
            draws=draws,
            seed=seed,
            error=error,
            accept_untrusted=accept_untrusted,
            allow_code=allow_code,
            progress=bars,
            notify=messages(quiet).print,
        )
    if as_json:
        emit_json(document(made))
        return
    out = console()
    out.print(milestone_table(made, out.width))
    for line in closing_lines(made, made.folder / "report.html"):
        out.print(line, soft_wrap=True)
