"""The forecast as tables for the terminal: dates, probabilities, diagnostics, accounts."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rsimc.analysis.document import QUANTILES, document
from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.analysis.forecast import Forecast
from rsimc.engine.plan import BLOCK
from rsimc.publish.frames import lead
from rsimc.publish.words import after, chance, counted, long_date, percent, within_days

ASKED_YEARS = (2028, 2030)
RANGED = ("closed_loop", "multiplier_10")
"""Milestones whose range over forms is printed."""
BY_YEARS = (2027, 2028, 2030, 2035)
ROOMY = 104
"""Columns from which every cell has room for `after 2060`."""
FULL_DATES = 140
NARROW = 72
"""Columns below which fewer quantiles are shown."""
FEWER = (0.1, 0.5, 0.9)
LEAST_ROOM = 12
"""Columns for names, at least."""
MONTH = len("2028-10")
FEW = f"No standard errors: too few trajectories, errors need {MIN_BATCHES} batches of {BLOCK:,} or more each."


def milestone_table(forecast: Forecast, width: int) -> Group:
    """When each milestone comes and how likely it is by the ends of years, with errors, for a console of that width.

    Dates are months below 140 columns. What follows says how far to trust the numbers and where every trajectory went.
    """
    found = document(forecast)
    headline = {milestone.name for milestone in forecast.milestones if milestone.headline}
    horizon = forecast.study.scenario.run.horizon
    roomy = width >= ROOMY
    dates = _dates(found, headline, horizon, width) if roomy else _narrow_dates(found, headline, horizon, width)
    notes = [_wrapped(line, width) for line in (*_diagnostics(found), *_accounts(found))]
    top = Text(f"date by which a milestone has come with probability ({found['scenario']}, as of {found['as_of']})")
    middle = Text("probability of having come by the end of a year, ± standard error in points")
    answer = Text(_answer(found, lead(forecast), horizon), "bold")
    chances = _probabilities(found, headline, horizon, width)
    return Group(answer, Text(), top, dates, Text(), middle, chances, Text(), *notes)


def closing_lines(forecast: Forecast, report_path: Path | None) -> list[str]:
    """Where the results lie and how long they took."""
    lines = [f"run     {forecast.folder}"]
    if report_path is not None:
        lines.append(f"report  {report_path}")
    spent = [f"{name} {_clock(seconds)}" for name, seconds in forecast.seconds.items() if seconds >= 0.05]
    return [*lines, f"time    {', '.join(spent)}"] if spent else lines


def _answer(found: dict[str, Any], name: str, horizon: int) -> str:
    """The forecast in a line."""
    milestone = found["milestones"][name]
    day, error = milestone["quantiles"]["0.5"], milestone["quantile_se_days"]["0.5"]
    parts = [f"median {after(horizon)}" if day is None else f"median {long_date(day)}{_error(error)}"]
    ends = [f"{year}-12-31" for year in ASKED_YEARS if f"{year}-12-31" in milestone["probability_by"]]
    by = [(f"by the end of {end[:4]}", milestone["probability_by"][end]) for end in ends]
    chances = [*by, (after(horizon), milestone["not_within_horizon"])]
    return f"{name}: {'; '.join([*parts, *(f'{chance(e["p"], e["se"])} {when}' for when, e in chances)])}"


def _error(days: float | None) -> str:
    return "" if days is None else f" ({within_days(days)})"


def _style(name: str, headline: set[str]) -> str:
    return "bold" if name in headline else ""


def _shown(quantiles: dict[str, str | None], digits: int, beyond: str) -> list[str]:
    return [beyond if day is None else day[:digits] for day in (quantiles[f"{q:g}"] for q in QUANTILES)]


def _dates(found: dict[str, Any], headline: set[str], horizon: int, width: int) -> Table:
    table = _empty("milestone", [f"{q:.0%}" for q in QUANTILES], pad=2)
    digits = len("2028-10-14") if width >= FULL_DATES else MONTH
    for name, milestone in found["milestones"].items():
        cells = _shown(milestone["quantiles"], digits, after(horizon))
        table.add_row(name, *cells, style=_style(name, headline))
    return table


def _narrow_dates(found: dict[str, Any], headline: set[str], horizon: int, width: int) -> Group:
    """The same in 80 columns: `after 2060` stands once and reaches into blank cells after it. In less, fewer dates."""
    kept = QUANTILES if width >= NARROW else FEWER
    heads = "".join(f"{f'{q:.0%}':<{MONTH + 1}}" for q in kept).rstrip()
    rows: dict[str, str] = {}
    for name, milestone in found["milestones"].items():
        days = [milestone["quantiles"][f"{q:g}"] for q in kept]
        months = [day[:MONTH] for day in days if day is not None]
        rows[name] = " ".join([*months, after(horizon)] if len(months) < len(kept) else months)
    room = max(width - 2 - max(map(len, (heads, *rows.values()))), LEAST_ROOM)
    names = {name: in_lines(name, room) for name in rows}
    first = max(len(line) for lines in (["milestone"], *names.values()) for line in lines) + 2
    lines = [Text(f"{'milestone':<{first}}{heads}", "dim")]
    for name, cells in rows.items():
        start, *rest = names[name]
        lines.append(Text("\n".join([f"{start:<{first}}{cells}", *rest]), _style(name, headline)))
    return Group(*lines)


def in_lines(name: str, room: int) -> list[str]:
    """A name in lines of at most so many columns where its words allow it, later ones indented."""
    lines = [""]
    for word in re.findall(r"[^_]*_|[^_]+", name):
        if lines[-1].strip() and len(lines[-1]) + len(word) > room:
            lines.append("  ")
        lines[-1] += word
    return lines


def _probabilities(found: dict[str, Any], headline: set[str], horizon: int, width: int) -> Table:
    """By the ends of as many years as there is room for, the last ones."""
    ends = [f"{year}-12-31" for year in BY_YEARS if year < horizon]
    heads, rows = [*(day[:4] for day in ends), after(horizon)], {}
    for name, milestone in found["milestones"].items():
        estimates = [*(milestone["probability_by"][day] for day in ends), milestone["not_within_horizon"]]
        rows[name] = [chance(e["p"], e["se"]) for e in estimates]
    widths = [max(map(len, column)) + 1 for column in zip(heads, *rows.values(), strict=True)]
    least = max(len(line) for name in rows for line in in_lines(name, LEAST_ROOM)) + 1
    left_out = next((n for n in range(len(ends)) if sum(widths[n:]) + least <= width), len(ends))
    table = _empty("milestone", heads[left_out:], pad=1)
    for name, cells in rows.items():
        lines = in_lines(name, width - sum(widths[left_out:]) - 1)
        table.add_row("\n".join(lines), *cells[left_out:], style=_style(name, headline))
    return table


def _empty(first: str, columns: list[str], pad: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, pad, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _diagnostics(found: dict[str, Any]) -> list[str]:
    told = found["diagnostics"]
    if told is None:
        return ["Not calibrated: the trajectories are draws of the prior, and no data inform them."]
    verdict = "trusted" if told["trusted"] else f"NOT TRUSTED ({'; '.join(told['problems'])})"
    numbers = f"{counted(told['draws'], 'posterior draw')}, R-hat {told['rhat_max']:.3f}, ESS {told['ess_min']:,.0f}"
    return [f"Calibration {verdict}: {numbers}, divergent {told['divergence_rate']:.2%}.", *_forms(found)]


def _forms(found: dict[str, Any]) -> list[str]:
    """The form, or how far the forms of a mixture lie apart."""
    lines, apart = [f"Form: {found['forms']}."], found["structural_range"]
    for name, told in (apart or {"range": {}})["range"].items():
        day = next((end for end in told["probability_by"] if end.startswith(str(ASKED_YEARS[-1]))), None)
        if day and name in RANGED:
            low, high = (told["probability_by"][day][end] for end in ("low", "high"))
            lines.append(f"Range over forms: {name} by the end of {day[:4]} {percent(low)} to {percent(high)}.")
    return lines


def _accounts(found: dict[str, Any]) -> list[str]:
    counts = found["counts"]
    out, n = counts["conditioned_out"], counts["n"]
    few = any(milestone["not_within_horizon"]["se"] is None for milestone in found["milestones"].values())
    left = f"{out:,} ({percent(out / n)}) left out: a milestone that would have been seen by {found['as_of']} had come"
    rest = f"not finite {counts['nonfinite']:,}, clipped {counts['clipped']:,}"
    return [f"{n:,} trajectories: {left}; {rest}.", *([FEW] if few else [])]


def _wrapped(line: str, width: int) -> Text:
    return Text(textwrap.fill(line, min(width, 120), break_long_words=False, break_on_hyphens=False))


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
