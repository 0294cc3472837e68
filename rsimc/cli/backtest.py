"""`rsimc backtest`: what the model would have said on earlier dates, scored on what came after."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import (
    allow_code_option,
    console,
    emit_json,
    json_option,
    messages,
    quiet_option,
    scenario_argument,
    set_option,
)
from rsimc.cli.tables import heading, say, table
from rsimc.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from rsimc.analysis.backtest import Backtest
    from rsimc.analysis.scores import Score

DAYS = ("2024-07-01", "2025-01-01", "2025-07-01")


@click.command("backtest")
@scenario_argument
@set_option
@allow_code_option
@click.option(
    "--as-of", "days", multiple=True, default=DAYS, show_default=True, metavar="DATE", help="A date. May be repeated."
)
@json_option
@quiet_option
def command(
    scenario: str, overrides: tuple[str, ...], allow_code: bool, days: tuple[str, ...], as_json: bool, quiet: bool
) -> None:
    """Refit SCENARIO to what was known on each date, and score its forecasts of METR's later points.

    Beside it, five statistical baselines on the same points. Every date is kept as it is found: calling it again goes
    on.
    """
    from rsimc import checking
    from rsimc.cli.progress import Bars

    dates = [_day(text) for text in days]
    with Bars(messages(quiet)) as bars:
        found = checking.backtest(scenario, overrides, dates, bars, allow_code=allow_code)
    if as_json:
        emit_json({"schema": "rsimc.backtest/1", "unit": "log hours", "dates": [one.as_dict() for one in found]})
        return
    for one in found:
        _show(one, console())
    say(console(), CLAIM)


CLAIM = (
    "CRPS in log hours, log score in nats a point, smaller is better. A handful of points that share their surprises "
    "carries no claim of significance: read the columns as a check that nothing is far off, not as a contest. Readings "
    "above 16 hours, which METR's tasks cannot measure, are not scored, which favours forecasts that are too low. The "
    "model's equations and priors were set in 2026 with these points in view, which favours it by an amount that is "
    "not known."
)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("--as-of", "a date such as 2025-01-01", f'"{text}"') from error


def _show(one: Backtest, out: Console) -> None:
    kind = "pseudo-out-of-sample: rows up to the date, published later" if one.pseudo else "a true vintage of the rows"
    out.print(heading(f"As of {one.as_of}"))
    say(out, f"{one.known} records of METR known; {kind}. Refit: R-hat {one.rhat:.3f}, ESS {one.ess:.0f}.")
    for suite, scores in (
        ("Later points of the same suite", [line.same_suite for line in one.lines]),
        ("Of a revised suite", [line.revised_suite for line in one.lines]),
    ):
        columns = ("CRPS", "log score", "in 50 %", "in 90 %")
        listed = table(suite, *columns, right=columns)
        for line, score in zip(one.lines, scores, strict=True):
            listed.add_row(line.forecaster, *_cells(score))
        out.print(listed)
    out.print()


def _cells(score: Score) -> tuple[str, str, str, str]:
    if not score.points:
        return ("", "", "", "")
    if score.crps is None:
        return ("too few", "", "", "")
    dense = "" if score.log_score is None else f"{score.log_score:.2f}"
    return (f"{score.crps:.2f}", dense, f"{score.inside_50}/{score.points}", f"{score.inside_90}/{score.points}")
