"""`rsimc calibrate`: the posterior and its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import (
    allow_code_option,
    console,
    emit_json,
    json_log_option,
    json_option,
    messages,
    output_option,
    quiet_option,
    scenario_argument,
    set_option,
    variants_option,
    with_variants,
)

if TYPE_CHECKING:
    from rsimc.runs.posteriors import Posterior


@click.command("calibrate")
@scenario_argument
@set_option
@variants_option
@allow_code_option
@output_option
@json_option
@json_log_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    variants: bool,
    allow_code: bool,
    output: Path | None,
    as_json: bool,
    json_log: bool,
    quiet: bool,
) -> None:
    """Fit the posterior of SCENARIO (a bundled name or a file), or find it in the cache, and judge it.

    It is an ArviZ DataTree in NetCDF; -o writes a copy. Exit code 4 when it cannot be trusted.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import api
    from rsimc.cli.progress import Bars
    from rsimc.runs.posteriors import cached_path, require_trusted, write_posterior

    with Bars(messages(quiet), json_log) as bars:
        found = api.calibrate(scenario, with_variants(overrides, variants), progress=bars, allow_code=allow_code)
    path = write_posterior(output, found.tree) if output else cached_path(found.identity)
    if as_json:
        emit_json(document(found, path))
    else:
        _show(found, path)
    require_trusted(found, False, "or go on with it: rsimc forecast and rsimc simulate take --accept-untrusted")


def document(found: Posterior, path: Path) -> dict[str, object]:
    """The verdict as JSON."""
    return {
        "schema": "rsimc.calibration/1",
        "id": found.identity,
        "file": str(path),
        "diagnostics": found.verdict.as_dict(),
    }


def _show(found: Posterior, path: Path) -> None:
    verdict, out = found.verdict, console()
    out.print(f"posterior    {found.identity[:8]}, {verdict.draws} draws{'' if found.fresh else ', from the cache'}")
    out.print(f"R-hat        {verdict.rhat_max:.4f} at most ({verdict.rhat_worst})")
    out.print(
        f"ESS          bulk {verdict.ess_bulk_min:.0f}, tail {verdict.ess_tail_min:.0f} at least ({verdict.ess_worst})"
    )
    if verdict.khat is None:
        out.print(f"divergences  {verdict.divergences} ({verdict.divergence_rate:.2%})")
        out.print(f"energy       fraction {verdict.bfmi:.2f} at least: how quickly chains reach the tails")
    else:
        out.print(f"k-hat        {verdict.khat:.2f} of the weights")
    out.print(
        f"conflict     {verdict.conflict:.1f} prior sds from prior to posterior mean at most ({verdict.conflict_worst})"
    )
    out.print(f"verdict      {'trusted' if verdict.trusted else 'NOT trusted: ' + '; '.join(verdict.problems)}")
    out.print(f"file         {path}", soft_wrap=True)
