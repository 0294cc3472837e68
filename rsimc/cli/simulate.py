"""`rsimc simulate`: a batch run without a report."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import (
    accept_option,
    allow_code_option,
    console,
    draws_option,
    emit_json,
    json_option,
    messages,
    output_option,
    quiet_option,
    scenario_argument,
    seed_option,
    set_option,
)


@click.command("simulate")
@scenario_argument
@set_option
@allow_code_option
@click.option("--posterior", type=click.Path(path_type=Path), metavar="FILE", help="A posterior of this scenario.")
@click.option("--prior", is_flag=True, help="Sample the prior: no calibration, every trajectory its own draw.")
@click.option("--sobol", is_flag=True, help="With --prior: parameters from scrambled Sobol points, more even.")
@output_option
@draws_option
@seed_option
@accept_option
@json_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    allow_code: bool,
    posterior: Path | None,
    prior: bool,
    sobol: bool,
    output: Path | None,
    draws: int | None,
    seed: int | None,
    accept_untrusted: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run trajectories of SCENARIO into a folder, from its posterior (cached, or fitted now) or from its prior.

    Running it again finishes what is missing; asking for more draws keeps those that are there.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.analysis.document import document
    from rsimc.cli.progress import Bars
    from rsimc.publish.tables import closing_lines, milestone_table

    with Bars(messages(quiet)) as bars:
        made = api.simulate(
            scenario,
            overrides,
            posterior=posterior,
            prior=prior,
            sobol=sobol,
            output=output,
            draws=draws,
            seed=seed,
            accept_untrusted=accept_untrusted,
            allow_code=allow_code,
            progress=bars,
        )
    api.summarise(made)
    if as_json:
        emit_json(document(made))
        return
    out = console()
    out.print(milestone_table(made, out.width))
    for line in closing_lines(made, None):
        out.print(line, soft_wrap=True)
