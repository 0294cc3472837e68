"""`rsimc simulate`: a batch run without a report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import (
    accept_option,
    allow_code_option,
    draws_option,
    ensemble_option,
    json_log_option,
    json_option,
    messages,
    output_option,
    quiet_option,
    scenario_argument,
    seed_option,
    set_option,
    whole_number,
)
from rsimc.cli.results import emit_partial, show_run
from rsimc.errors import UsageError

if TYPE_CHECKING:
    from rsimc.runs.driver import Partial

MOST_SHARDS = 100_000


def share_of(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[int, int]:
    """The option's text, such as 3/16, as the share's number and how many there are."""
    if text is None:
        return 1, 1
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and len(text) < 16 and 1 <= int(number) <= int(of) <= MOST_SHARDS):
        expected = f"expected I/N with 1 <= I <= N <= {MOST_SHARDS:,}, such as 3/16"
        raise click.BadParameter(f'{expected}, got "{text}"', context, parameter)
    return int(number), int(of)


@click.command("simulate")
@scenario_argument
@set_option
@allow_code_option
@click.option("--posterior", type=click.Path(path_type=Path), metavar="FILE", help="A posterior of this scenario.")
@click.option("--prior", is_flag=True, help="Sample the prior: no calibration, every trajectory its own draw.")
@click.option("--shard", callback=share_of, metavar="I/N", help="Only the I-th of N shares, beside others.")
@click.option("--executor", type=click.Choice(["local", "ray"]), default="local", help="Who makes the chunks: local.")
@click.option(
    "--address", metavar="HOST:PORT", help="Of a Ray cluster; without it, RAY_ADDRESS or one of its own here."
)
@click.option("--cores", callback=whole_number(1, 4096), metavar="C", help="Of a Ray worker without a GPU (4).")
@click.option("--sobol", is_flag=True, help="With --prior: parameters from scrambled Sobol points, more even.")
@output_option
@draws_option
@ensemble_option
@seed_option
@accept_option
@json_option
@json_log_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    allow_code: bool,
    posterior: Path | None,
    prior: bool,
    shard: tuple[int, int],
    executor: str,
    address: str | None,
    cores: int | None,
    sobol: bool,
    output: Path | None,
    draws: int | None,
    ensemble: int | None,
    seed: int | None,
    accept_untrusted: bool,
    as_json: bool,
    json_log: bool,
    quiet: bool,
) -> None:
    """Run trajectories of SCENARIO into a folder, from its posterior (cached, or fitted now) or from its prior.

    Running it again finishes what is missing; asking for more draws keeps those that are there. Any number of machines
    may each run a shard into one shared folder: the one that finishes last prints the result. On a Ray cluster there is
    one worker a GPU or a group of cores; workers and nodes may come and go.
    """
    if executor != "ray" and (address or cores):
        raise UsageError("executor", "ray, with --address or --cores", executor, "add --executor ray")
    if executor == "ray":  # the workers need the memory of the GPUs, and this process next to none
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.cli.progress import Bars
    from rsimc.runs.driver import Partial, Share
    from rsimc.runs.on_ray import OnRay
    from rsimc.runs.work import LOCAL

    with Bars(messages(quiet), json_log) as bars:
        made = api.simulate_share(
            scenario,
            overrides,
            share=Share(*shard),
            executor=OnRay(address, cores, allow_code) if executor == "ray" else LOCAL,
            posterior=posterior,
            prior=prior,
            sobol=sobol,
            output=output,
            draws=draws,
            ensemble=ensemble,
            seed=seed,
            accept_untrusted=accept_untrusted,
            allow_code=allow_code,
            progress=bars,
        )
    if isinstance(made, Partial):
        _tell(made, shard, as_json, quiet)
        return
    api.summarise(made)
    show_run(made, as_json)


def _tell(made: Partial, shard: tuple[int, int], as_json: bool, quiet: bool) -> None:
    """That a shard is done, and what the run still lacks."""
    folder, name = made.manifest.folder, f"{shard[0]}/{shard[1]}"
    if as_json:
        emit_partial(made, name)
        return
    messages(quiet).print(f"shard {name} is done; {made.done} of {made.total} chunks are in {folder}", soft_wrap=True)
    messages(quiet).print("run the other shards, or the same command without --shard to make the rest here")
