"""One trajectory for people and for programs: what it drew, when its milestones came, and its path."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from rsimc.analysis.replay import Replay
from rsimc.dates import iso_date

SCHEMA = "rsimc.replay/1"
CLOSE_DAYS = 7.0
LARGEST = 88.0
"""A 32-bit float holds e^88."""


def document(found: Replay) -> dict[str, Any]:
    """All of it as plain data; the path by quantity, on the model's own scales."""
    about = {name: found.row[name] for name in ("trajectory", "batch", "draw", "clipped", "class")}
    years = found.years
    return {
        "schema": SCHEMA,
        "id": found.manifest.id,
        **about,
        "account": found.fate,
        "same_counts_as_the_run": found.counted,
        "path_apart_days": found.apart_days if math.isfinite(found.apart_days) else None,
        "parameters": _beginning(found, "parameter."),
        "milestones": {name: None if year is None else iso_date(year) for name, year in found.dates.items()},
        "durations": _beginning(found, "duration."),
        "path": {
            "year": years.tolist(),
            "date": [iso_date(year) for year in years],
            "observables": {name: _plain(values) for name, values in observed(found).items()},
            "quantities": {name: _plain(values) for name, values in found.quantities.items()},
        },
    }


def table_text(found: Replay) -> str:
    """The path as CSV: a row a step; observables in their units, then the model's quantities on its own scales."""
    out, years, seen = io.StringIO(), found.years, observed(found)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["year", "date", *seen, *(f"quantity.{name}" for name in found.quantities)])
    for n, year in enumerate(years):
        numbers = [*(values[n] for values in seen.values()), *(values[n] for values in found.quantities.values())]
        writer.writerow([f"{year:.6f}", iso_date(year), *(f"{number:.7g}" for number in numbers)])
    return out.getvalue()


def observed(found: Replay) -> dict[str, np.ndarray]:
    """The model's observables along the path, in their units."""
    out = {}
    for one in found.study.model.observables:
        values = found.quantities[one.quantity].astype(np.float64)
        out[one.name] = np.exp(np.minimum(values, LARGEST)) if one.scale == "log" else values
    return out


def shown(found: Replay, width: int) -> Group:
    """For a terminal of that width: where it went, its dates, what it drew, its observables at the ends of years."""
    about = found.row
    head = f"trajectory {about['trajectory']} of run {found.manifest.id[:8]}: batch {about['batch']}"
    head += f", draw {about['draw']} of the posterior" if found.manifest.posterior else ", a draw of the prior"
    went = {"counted": "counted", "conditioned_out": "left out, a milestone had come too early"}
    fate = f"{went.get(found.fate, 'left out, not finite')}; class {about['class']}"
    fate += "; the fence on its pace was touched" if about["clipped"] else ""
    words = Text(f"{head}; {fate}\n{_same(found)}\n")
    return Group(words, _dates(found), Text(), *_drawn(found), *_path(found, width))


def _same(found: Replay) -> str:
    if found.counted is None:
        return "the run has not made its chunk yet"
    if found.counted:
        whose = "that were counted" if found.fate == "counted" else "of the run, which left it out"
        return f"its chunk came out with the counts that the run holds: these dates are those {whose}{_apart(found)}"
    return "its chunk came out with other counts than the run holds, as on another kind of machine: see rsimc verify"


def _apart(found: Replay) -> str:
    """How far the path lies from the dates, where that is more than a bin: it is computed by another program."""
    if found.apart_days <= CLOSE_DAYS or found.fate == "nonfinite":
        return ""
    how = f"{found.apart_days:.0f} days" if math.isfinite(found.apart_days) else "a milestone"
    return f"; the path below, which another program computes and rounds otherwise, differs from them by {how}"


def _dates(found: Replay) -> Table:
    table, late = _table("milestone", "date"), f"after {found.study.scenario.run.horizon}"
    for milestone in found.study.model.milestones:
        year = found.dates[milestone.name]
        table.add_row(milestone.name, late if year is None else iso_date(year))
    return table


def _drawn(found: Replay) -> list[Table | Text]:
    units = {p.name: p.unit for p in found.study.model.parameters}
    table = _table("parameter", "value", "unit")
    for name, value in _beginning(found, "parameter.").items():
        table.add_row(name, "none" if value is None else f"{value:.4g}", units.get(name.split("[")[0], ""))
    return [table, Text()]


def _path(found: Replay, width: int) -> list[Table | Text]:
    """Observables at the ends of years from the data's date on, as many in each table as there is room for."""
    model, seen, years = found.study.model, observed(found), found.years
    since = model.start + (found.study.plan.as_of or 0.0)
    steps = [n for n, year in enumerate(years) if year > since and abs(year - round(year)) < 1e-9]
    units = {one.name: one.unit for one in model.observables}
    tables: list[Table | Text] = []
    names = list(seen)
    count = max(1, (width - len("end of  ")) // (max(map(len, names), default=0) + 2))
    for first in range(0, len(names), count):
        some = names[first : first + count]
        table = _table("end of", *(f"{name}\n{units[name]}" for name in some))
        for n in steps:
            table.add_row(iso_date(years[n] - 1e-3)[:4], *(_short(seen[name][n]) for name in some))
        tables += [table, Text()]
    return tables[:-1]


def _short(number: float) -> str:
    """Three digits or the whole part."""
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e7 else f"{number:.3g}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _beginning(found: Replay, prefix: str) -> dict[str, float | None]:
    """Numbers of the row whose names begin so, by the rest of their names."""
    part = {name.removeprefix(prefix): value for name, value in found.row.items() if name.startswith(prefix)}
    return {name: float(value) if isinstance(value, int | float) else None for name, value in part.items()}


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(x) if math.isfinite(x) else None for x in values]
