"""Pools beside their components: the document, rsimc.pool/1, and its picture."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from rsimc.analysis.pool.opinions import Pool
from rsimc.analysis.pool.pool import Pooled
from rsimc.dates import DAYS_PER_YEAR, end_of_day, iso_date, last_day
from rsimc.publish.layers import Chart, finished, inline, legend, years_axis

SCHEMA = "rsimc.pool/1"
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
YEARS = (2027, 2028, 2029, 2030, 2032, 2035, 2040, 2045, 2050)
ROLES = (
    "orange-3",
    "green-3",
    "blue-1",
    "orange-1",
    "green-1",
    "violet-1",
    "blue-2",
    "orange-2",
    "green-2",
    "violet-2",
)


def document(found: Pool) -> dict[str, Any]:
    """All of it as plain data, each distribution function in full."""
    weights = zip(found.components, found.weights, strict=True)
    return {
        "schema": SCHEMA,
        "milestone": found.milestone,
        "from": iso_date(found.first),
        "until": iso_date(found.last - 1e-3),
        "components": {one.name: {"weight": round(w, 6), **distribution(one)} for one, w in weights},
        "pools": {one.name: distribution(one) for one in found.pools},
    }


def distribution(one: Pooled) -> dict[str, Any]:
    """Quantiles, probabilities by the ends of years, and the distribution function."""
    return {
        "quantiles": {f"{q:g}": _day(one.quantile(q)) for q in LEVELS},
        "quantile_se_days": {f"{q:g}": _days(one.quantile_se(q)) for q in LEVELS},
        "probability_by": {f"{year}-12-31": probability(one, year) for year in inside(one)},
        "beyond": {"p": round(1.0 - float(one.p[-1]), 6), "se": None if one.se is None else _error(float(one.se[-1]))},
        "cdf": [[iso_date(year - 1e-3), round(float(p), 6)] for year, p in zip(one.years, one.p, strict=True)],
    }


def inside(one: Pooled) -> list[int]:
    """Years by whose ends probabilities are shown."""
    return [year for year in YEARS if one.years[0] <= end_of_day(last_day(str(year))) <= one.years[-1] + 2 / 365.25]


def probability(one: Pooled, year: int) -> dict[str, float | None]:
    """By the end of a year."""
    at = end_of_day(last_day(str(year)))
    se = None if one.se is None else _error(float(np.interp(at, one.years, one.se)))
    return {"p": round(float(np.interp(at, one.years, one.p)), 6), "se": se}


def _error(se: float) -> float:
    return float(f"{se:.3g}")


def _day(year: float | None) -> str | None:
    return None if year is None else iso_date(year)


def _days(years: float | None) -> float | None:
    return None if years is None else round(years * DAYS_PER_YEAR, 1)


def pool_chart(found: Pool) -> Chart:
    """The pools, and their components fainter beside them."""
    every = [*found.pools, *found.components]
    names = [one.name for one in every]
    rows = [
        {"name": one.name, "year": round(float(year), 4), "p": round(float(p), 6)}
        for one in every
        for year, p in zip(one.years, one.p, strict=True)
    ]
    dashes = [[1, 0] if n < len(found.pools) else [4, 2] for n in range(len(names))]
    x = years_axis(float(np.floor(found.first)), found.last)
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("name:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("name:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    lines = alt.Chart(inline(rows)).mark_line(strokeWidth=2.2).encode(x, y, colour, dash)
    roles = ["blue-4", "violet-4", *(ROLES[n % len(ROLES)] for n in range(len(found.components)))]
    title = f"Probability that {found.milestone} has come, pooled"
    return finished(alt.layer(lines), 360, title, "pools as whole lines, what they are of as dashed ones", roles)
