"""An outcome as the rows that the page's charts and tables take, and the texts beside them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rsimc.analysis.compare.paired import Difference
from rsimc.analysis.explore.outcome import Outcome
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.models.base import Milestone
from rsimc.publish import words
from rsimc.publish.frames import strips
from rsimc.runs.ensemble import joined_field

Row = dict[str, Any]
YEARS = (2028, 2030, 2035, 2040)
FANS = ("horizon_hours", "multiplier", "automated_share", "human_share")
TABLE = (0.05, 0.25, 0.5, 0.75, 0.95)
DOTS = 400
"""Trajectories that are shown one by one."""
LARGEST = 88.0
"""A 32-bit float holds e^88."""


def headline(found: Outcome) -> list[Milestone]:
    """Milestones of the first rank; all of a model that names none."""
    every = found.plan.model.milestones
    return [m for m in every if m.headline] or list(every)


def years(found: Outcome) -> list[int]:
    """Years by whose ends probabilities are given."""
    return [year for year in YEARS if found.study.scenario.as_of.year <= year < found.plan.grid.end]


def result(found: Outcome, lead: str) -> Row:
    """All that the page shows of an outcome."""
    table = [_milestone(found, m) for m in headline(found)]
    return {
        "sentence": _sentence(found, next(row for row in table if row["name"] == lead)),
        "cdf": _cdf(found),
        "table": table,
        "years": years(found),
        "fans": {name: _fan(found, name) for name in fans(found)},
        "classes": [_class(name, one.p, one.se) for name, one in found.classes.items()],
        "dots": _dots(found, lead),
        "lead": lead_rows(found, lead, "now"),
        "counts": _counts(found),
    }


def fans(found: Outcome) -> list[str]:
    """Observables that are drawn, of those that the model has."""
    known = {one.name for one in found.plan.model.observables}
    return [name for name in FANS if name in known]


def _quarters(found: Outcome) -> np.ndarray:
    """Decimal years at which curves are drawn: every third month."""
    return found.edges[::3]


def _cdf(found: Outcome) -> list[Row]:
    curves = [found.curve(m.name) for m in headline(found)]
    p, se = (np.stack([part(curve) for curve in curves])[:, ::3] for part in (lambda c: c.p, lambda c: c.se))
    out = []
    for n, strip in enumerate(strips(_quarters(found))):
        errors = [None if math.isnan(e) else e for e in se[:, n]]
        said = [words.chance(float(a), b) for a, b in zip(p[:, n], errors, strict=True)]
        day = words.long_date(iso_date(strip["year"] - 1e-3))
        numbers = {"p": _rounded(p[:, n]), "se": [0.0 if e is None else round(float(e), 5) for e in errors]}
        out.append({"date": day, **strip, **numbers, "text": said})
    return out


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(x), 5) for x in values]


def lead_rows(found: Outcome, lead: str, name: str) -> list[Row]:
    """The curve of the milestone in front under the name of a setting."""
    p = found.curve(lead).p[::3]
    places = zip(_quarters(found), p, strict=True)
    return [{"setting": name, "year": round(float(year), 4), "p": round(float(x), 5)} for year, x in places]


def _milestone(found: Outcome, milestone: Milestone) -> Row:
    curve, end = found.curve(milestone.name), int(found.plan.grid.end)
    dates = [curve.quantile(q) for q in TABLE]
    error = curve.quantile_se(0.5)
    by = [curve.at(year + 1.0) for year in years(found)]
    middle = dates[TABLE.index(0.5)]
    return {
        "name": milestone.name,
        "definition": milestone.definition,
        "dates": [words.after(end) if year is None else iso_date(year)[:7] for year in dates],
        "median": None if middle is None else round(middle, 4),
        "error": "" if error is None else words.within_days(error * DAYS_PER_YEAR),
        "by": [words.chance(one.p, one.se) for one in by],
        "p": [round(one.p, 6) for one in by],
    }


def _sentence(found: Outcome, row: Row) -> str:
    """The milestone in front, of which `row` is the row of the table."""
    middle = row["dates"][TABLE.index(0.5)]
    when = f"{row['name']}: median {middle}" + (f" {row['error']}" if row["error"] and row["median"] else "")
    chances = [f"{p} by the end of {year}" for p, year in zip(row["by"], years(found), strict=True)][:3]
    return f"{when}; {words.listed(chances)} (to {found.plan.grid.end:.0f})."


def _fan(found: Outcome, name: str) -> list[Row]:
    when, quantiles = found.fan(name)
    return [
        {
            "date": words.long_date(iso_date(strip["year"] - 1e-3)),
            **strip,
            **{f"q{round(100 * q):02d}": float(f"{x:.4g}") for q, x in zip(TABLE, values, strict=True)},
        }
        for strip, values in zip(strips(when), quantiles, strict=True)
    ]


def _class(name: str, p: float, se: float | None) -> Row:
    ends = {"low": max(p - 2 * (se or 0.0), 0.0), "high": min(p + 2 * (se or 0.0), 1.0)}
    return {"class": name, "p": round(p, 5), **ends, "text": words.chance(p, se)}


def _dots(found: Outcome, lead: str) -> list[Row]:
    """Some trajectories by the dates of two milestones; what does not come stands at the end, in words too."""
    names, end = [m.name for m in found.plan.model.milestones], found.plan.grid.end
    second = partner(found, lead)
    some = np.linspace(0, len(found.kept) - 1, min(DOTS, len(found.kept))).astype(int)
    out = []
    for n in some:
        x, y = (float(found.dates[names.index(name), n]) for name in (lead, second))
        day = [words.after(int(end)) if not math.isfinite(year) else iso_date(year) for year in (x, y)]
        place = {"x": round(min(x, end), 3), "y": round(min(y, end), 3)}
        out.append({"place": int(found.kept[n]), "id": int(found.ids[found.kept[n]]), **place, "dates": day})
    return out


def partner(found: Outcome, lead: str) -> str:
    """The milestone that trajectories are spread by beside the one in front: take-off where the model has it."""
    names = [m.name for m in found.plan.model.milestones]
    others = [m.name for m in headline(found) if m.name != lead] or [lead]
    return "multiplier_10" if "multiplier_10" in names and lead != "multiplier_10" else others[-1]


def _counts(found: Outcome) -> dict[str, int]:
    clipped = joined_field(found.block.clipped)
    return {
        "simulated": len(found.ids),
        "conditioned_out": int(found.gone.sum()),
        "nonfinite": int((~found.finite).sum()),
        "clipped": int((clipped & ~found.gone).sum()),
    }


def difference_text(found: Difference, points: bool) -> dict[str, str]:
    """A paired difference with its error: of a probability in points, of a date in days."""
    if found.difference is None:
        return {"text": "not within the horizon"}
    size, unit = (100.0, " points") if points else (DAYS_PER_YEAR, " days")
    digits = 2 if points else 0
    error = "" if found.se is None else f" ± {size * found.se:.{digits}f}"
    clear = found.se is not None and abs(found.difference) > 3 * found.se
    text = f"{size * found.difference:+.{digits}f}{error}{unit}".replace("-", "−")
    return {"text": text, "clear": "yes" if clear else ""}


def path(found: Outcome, place: int, quantities: dict[str, np.ndarray]) -> Row:
    """One trajectory in full. quantities: every quantity [steps + 1] on its own scale."""
    model, since = found.plan.model, found.plan.grid.start
    dates = {m.name: float(found.first_dates[n, place]) for n, m in enumerate(model.milestones)}
    values = joined_field(found.block.values)[:, place]
    units = {p.name: p.unit for p in found.study.model.parameters}
    lines = []
    for one in (one for one in model.observables if one.name in fans(found)):
        line = quantities[one.quantity].astype(np.float64)
        line = np.exp(np.minimum(line, LARGEST)) if one.scale == "log" else line
        steps = zip(since + np.arange(len(line)) / model.steps_per_year, line, strict=True)
        lines += [
            {"name": one.name, "year": round(float(t), 3), "value": float(f"{x:.4g}")} for t, x in steps if x == x
        ]
    end = int(found.plan.grid.end)
    return {
        "place": place,
        "id": int(found.ids[place]),
        "draw": int(found.draw[place]) if found.standing.kind in ("posterior", "reweighted") else None,
        "fate": "left out: what the world would have seen had happened" if found.gone[place] else "counted",
        "dates": [
            [name, iso_date(since + years) if math.isfinite(years) else words.after(end)]
            for name, years in sorted(dates.items(), key=lambda item: item[1])
        ],
        "parameters": [
            [name, float(f"{x:.5g}"), units.get(name.split(".")[0], "")]
            for name, x in zip(found.study.priors.names, values.tolist(), strict=True)
        ],
        "lines": lines,
    }
