"""`rsimc init`: a commented scenario, or a model, to start from."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from rsimc.cli.example import MODEL
from rsimc.cli.options import messages, quiet_option
from rsimc.cli.write import write_new
from rsimc.errors import UsageError

TEMPLATE = '''\
# A scenario of rsimc. Check it with `rsimc check FILE`.
# Whatever is not set here is taken from the scenario that it extends: `rsimc scenarios` lists them.
# Lines that begin with `#` and a key are examples: remove the `#` to use one.

schema = 1
extends = "baseline"
title = "In a line, what this scenario is about"
reasons = """
What this scenario assumes that the other does not, and on what evidence.
"""

# The day it speaks from: nothing published after it is used.
#as_of = 2026-11-22

# Only what differs from the model's own priors; `rsimc models takeoff` lists them with units and sources.
[priors]
# 90% interval (5% to 95%) of a lognormal:
#returns_to_research = "0.5 to 2.3"
# mean and standard deviation of a normal, here cut to a range:
#verifiability_gap = { normal = [2.1, 0.9], low = 0, high = 4.9 }
# median and standard deviation of the logarithm:
#automation_slope = { lognormal = [1.0, 0.35] }
# percentiles:
#threshold_median = { p10 = 2.2, p50 = 3.7, p90 = 5.2 }
# a mixture:
#substitution = { mixture = ["0.1 to 0.6", "1.2 to 4"], weights = [0.5, 0.5] }
# fixed:
#compute_growth_late = 0.45
# one specialism of several:
#verifiability = { direction = { logitnormal = [-1.7, 0.7] } }

# The forms of the model: equations that the literature leaves open. One option, a list, a table of
# weights, or "all" for the mixture.
[variants]
#horizon = "linear"
#substitution = ["low", "high"]

# A pause of research and training: on a date, at a milestone, or once an observable passes a threshold.
#[[policy.pause]]
#trigger = "horizon_hours > 160"
#lag_months = 3
#lasts_months = "6 to 24"
#strength = 0.8
#compliance = { logitnormal = [1.0, 0.8] }

# Rivals of the leading lab: shares of its compute and staff.
#[labs]
#diffusion = "0.3 to 3"
#[labs.rivals.second]
#compute = { logitnormal = [1.0, 0.8] }

# Which observations calibrate the priors; `rsimc observations` lists them. false leaves a series out.
[data]
#metr_horizons = { suite = "TH1.1" }
#ai_code_share = false

# How the posterior is sampled.
[calibration]
#chains = 64
#draws = 192

# How the forecast is sampled: trajectories, the year where they end, the seed of the random numbers.
[run]
#draws = 1_000_000
#horizon = 2060
#seed = 20261122
'''


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--model", is_flag=True, help="Write a working model to PATH, a new .py file, instead.")
@quiet_option
def command(path: Path, model: bool, quiet: bool) -> None:
    """Write a commented scenario to PATH, a new .toml file. As it stands it forecasts what `baseline` does."""
    ending, text = (".py", MODEL) if model else (".toml", TEMPLATE)
    if path.suffix != ending:
        advice = f"for example {path.stem or 'mine'}{ending}"
        raise UsageError(str(path), f"a file name that ends in {ending}", f'"{path.name}"', advice)
    write_new(path, text)
    for line in _next(path) if model else [f"wrote {path}; next: rsimc check {path}"]:
        messages(quiet).print(line, soft_wrap=True)


def _next(path: Path) -> list[str]:
    """What to do with a model that has just been written."""
    name = shlex.quote(f"{path}:MyModel")
    return [
        f"wrote {path}; next:",
        f"  rsimc check --model {name}",
        f"  rsimc simulate --prior --allow-code --set model={name}",
    ]
