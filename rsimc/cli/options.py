"""What the commands share: their options, and where they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

MOST = 2**32
"""Seeds and trajectories are counted by 32-bit words, as in `rsimc.scenario.schema`, which is slow to import."""
LEAST_WIDTH = 80


def whole_number(low: int, high: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """An option's callback: its text as a whole number in a range, in digits, with underscores, or as 1e6."""

    def read(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("nan")
        # The range first: 1e999999999 has too many digits to ask whether it is whole.
        if number.is_finite() and low <= number <= high and number == int(number):
            return int(number)
        raise click.BadParameter(f'expected a whole number from {low:,} to {high:,}, got "{text}"', context, parameter)

    return read


scenario_argument = click.argument("scenario", default="baseline")
set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of the scenario, such as run.draws=5000. May be repeated.",
)
allow_code_option = click.option(
    "--allow-code", is_flag=True, help="Let the file of a model of your own run; it can do whatever you can."
)
variants_option = click.option(
    "--variants", is_flag=True, help="All forms of the model in equal weights: the same as --set variants=all."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print no progress and no messages.")
json_log_option = click.option("--json-log", is_flag=True, help="Progress as one JSON object a line.")
output_option = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Where to write the result."
)
seed_option = click.option(
    "--seed",
    callback=whole_number(0, MOST - 1),
    metavar="S",
    help="Seed of the random numbers.",
)
accept_option = click.option(
    "--accept-untrusted", is_flag=True, help="Go on although the posterior's diagnostics failed (else exit code 4)."
)
draws_option = click.option(
    "--draws",
    callback=whole_number(1, MOST),
    metavar="N",
    help="Number of trajectories, such as 1e6 or 1_000_000 (draws of the posterior: --set calibration.draws=N).",
)
ensemble_option = click.option(
    "--ensemble",
    callback=whole_number(1, MOST),
    metavar="N",
    help="Keep at least as many trajectories in full, for questions, by 131,072, the least (0.5 to 3 kB each).",
)


def with_variants(overrides: tuple[str, ...], variants: bool) -> tuple[str, ...]:
    """The overrides, with the mixture of all forms where it is asked for."""
    return (*overrides, "variants=all") if variants else overrides


def emit_json(document: Mapping[str, object]) -> None:
    """Print one document on standard output."""
    # Letters beyond ASCII stay as they are where the reader can take them.
    utf8 = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(document, indent=2, ensure_ascii=not utf8, allow_nan=False))


def console() -> Console:
    """Standard output, for the data that a command was asked for. Texts are taken literally, without markup."""
    from rich.console import Console

    out = Console(markup=False, highlight=False, emoji=False)
    if out.width < LEAST_WIDTH:  # a narrow terminal breaks long lines itself; rich would cut the ends off names
        out.width = LEAST_WIDTH
    return out


def messages(quiet: bool = False) -> Console:
    """Standard error, for progress and messages; silent when quiet.

    Colours appear only on a terminal, and never with NO_COLOR.
    """
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, markup=False, highlight=False, emoji=False)
