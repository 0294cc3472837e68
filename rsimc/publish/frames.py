"""What the charts draw, as plain rows: distribution functions, fans, observed points, intervals of parameters."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import xarray as xr

from rsimc.analysis.forecast import Forecast
from rsimc.dates import decimal_year, end_of_day, iso_date
from rsimc.models.base import Observable
from rsimc.publish.words import chance, long_date, task_length

Row = dict[str, Any]
MONTHLY_YEARS = 10
SERIES = "metr_horizons"
HORIZON = "horizon_hours"
SPEED = "multiplier"
EFFORT = "effort"
OVERSIGHT = "oversight"
LOOP = "closed_loop"


def headline(forecast: Forecast) -> list[str]:
    """The milestones of the first rank; all of them when the model names none."""
    chosen = [milestone.name for milestone in forecast.milestones if milestone.headline]
    return chosen or [milestone.name for milestone in forecast.milestones]


def observable(forecast: Forecast, name: str) -> Observable | None:
    """The model's observable of that name, or None."""
    return next((o for o in forecast.study.model.observables if o.name == name), None)


def as_of_year(forecast: Forecast) -> float:
    """The decimal year at the end of the day the forecast speaks from."""
    return end_of_day(forecast.study.scenario.as_of)


def month_ends(forecast: Forecast) -> list[date]:
    """Days at which curves are drawn: month ends for ten years, quarter ends up to the horizon."""
    start, horizon = forecast.study.scenario.as_of, forecast.study.scenario.run.horizon
    firsts = [date(year, month, 1) for year in range(start.year, horizon + 1) for month in range(1, 13)]
    kept = [day for day in firsts if day.year - start.year <= MONTHLY_YEARS or day.month % 3 == 1]
    inside = [day for day in kept if start < day <= date(horizon, 1, 1)]
    return [date.fromordinal(day.toordinal() - 1) for day in inside]


def lead(forecast: Forecast) -> str:
    """The milestone that the forecast is about: the closed loop where the model has one."""
    names = headline(forecast)
    return LOOP if LOOP in names else names[0]


def in_order(forecast: Forecast) -> list[str]:
    """All milestones: the lead first, the other headline ones, then the rest as the model has them."""
    every = [lead(forecast), *headline(forecast), *(milestone.name for milestone in forecast.milestones)]
    return list(dict.fromkeys(every))


def read_days(forecast: Forecast) -> list[date]:
    """The days of the rows of `cdf_rows`: that of the forecast, then month ends."""
    return [forecast.study.scenario.as_of, *month_ends(forecast)]


def cdf_rows(forecast: Forecast) -> list[Row]:
    """Probabilities of all milestones, in the order of `in_order`, by month ends, with errors, and both in words."""
    curves = [forecast.curve(name) for name in in_order(forecast)]
    days = read_days(forecast)
    years = np.minimum([end_of_day(day) for day in days], forecast.study.plan.grid.end)
    rows = []
    for day, year, strip in zip(days, years, strips(years), strict=True):
        found = [curve.at(float(year)).as_dict() for curve in curves]
        numbers = {part: [e[part] for e in found] for part in ("p", "se")}
        said = [chance(e["p"], e["se"]) for e in found]
        rows.append({"date": long_date(day.isoformat()), **strip, **numbers, "text": said})
    return rows


def density_rows(forecast: Forecast) -> list[Row]:
    """The probability a year that each headline milestone comes, over quarters for ten years and then over years.

    `year` is the middle of the span from `start` to `end`; lists have an entry a headline milestone.
    """
    curves = [forecast.curve(name) for name in headline(forecast)]
    last, first = forecast.study.plan.grid.end, forecast.study.scenario.as_of.year
    quarters = np.arange(4 * first, 4 * min(first + MONTHLY_YEARS, last) + 1) / 4
    later = np.arange(quarters[-1] + 1, last + 1e-6)
    since = as_of_year(forecast)
    edges = np.array([since, *(year for year in (*quarters, *later) if year > since + 1 / 24)])
    rows = []
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        found = [curve.between(float(start), float(end)) for curve in curves]
        width = float(end - start)
        numbers = {
            "per_year": [_short(e.p / width) for e in found],
            "se": [None if e.se is None else _short(e.se / width) for e in found],
        }
        span = {"year": (start + end) / 2, "start": start, "end": end}
        rows.append({**{key: round(float(year), 4) for key, year in span.items()}, **numbers})
    return rows


def strips(years: np.ndarray) -> list[Row]:
    """Each year with the ends of the strip of time that is nearer to it than to the others."""
    middles = (years[1:] + years[:-1]) / 2
    starts, ends = np.concatenate([years[:1], middles]), np.concatenate([middles, years[-1:]])
    places = zip(years, starts, ends, strict=True)
    return [{"year": round(float(y), 4), "from": round(float(a), 4), "to": round(float(b), 4)} for y, a, b in places]


def fan_rows(forecast: Forecast, name: str, first: float, last: float) -> list[Row]:
    """Quantiles of an observable at the stored dates from `first` to `last`, inside the range of its bins."""
    fan = forecast.fan(name)
    names = [f"q{round(100 * q):02d}" for q in fan["quantile"].values]
    return [{**row, **_digits(names, values)} for row, values in zip(*_dated(fan, first, last), strict=True)]


def line_rows(forecast: Forecast, names: list[str], first: float, last: float) -> list[Row]:
    """Quantiles of several observables at the stored dates, each quantile a list with an entry an observable."""
    fans = [forecast.fan(name) for name in names]
    rows, dated = _dated(fans[0], first, last)[0], [_dated(fan, first, last)[1] for fan in fans]
    levels = [f"q{round(100 * q):02d}" for q in fans[0]["quantile"].values]
    return [
        {**row, **{level: [_short(found[n][k]) for found in dated] for k, level in enumerate(levels)}}
        for n, row in enumerate(rows)
    ]


def _dated(fan: xr.DataArray, first: float, last: float) -> tuple[list[Row], np.ndarray]:
    """Dates with their strips, and values [date, quantile], of what a fan has between two years."""
    years = np.asarray(fan["year"].values)
    inside = (first <= years) & (years <= last + 0.01)
    rows = [{"date": long_date(iso_date(strip["year"] - 1e-3)), **strip} for strip in strips(years[inside])]
    return rows, np.asarray(fan.values)[inside]


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _digits(names: list[str], values: np.ndarray) -> Row:
    return {name: _short(value) for name, value in zip(names, values, strict=True)}


def horizon_points(forecast: Forecast) -> list[Row]:
    """METR's rows in hours, with their intervals in words; `kind` says which ones only bound the horizon from below."""
    rows = [] if forecast.study.target is None else forecast.study.target.rows
    return [
        {
            "year": round(decimal_year(row.date), 4),
            "date": long_date(row.date.isoformat()),
            "model": row.label,
            "hours": row.value / 60.0,
            "low": (row.low or row.value) / 60.0,
            "high": (row.high or row.value) / 60.0,
            "kind": row.kind,
            "length": task_length(row.value / 60.0),
            "interval": f"{task_length((row.low or row.value) / 60)} to {task_length((row.high or row.value) / 60)}",
        }
        for row in rows
        if row.series == SERIES
    ]


def class_rows(forecast: Forecast) -> list[Row]:
    """The probability of each class, with two standard errors to either side."""
    found = {name: estimate.as_dict() for name, estimate in forecast.classes().items()}
    return [
        {"class": name, "p": e["p"], **_two_errors(e["p"] or 0.0, e["se"]), "text": chance(e["p"], e["se"])}
        for name, e in found.items()
    ]


def _two_errors(p: float, se: float | None) -> Row:
    return {"low": max(p - 2 * (se or 0.0), 0.0), "high": min(p + 2 * (se or 0.0), 1.0)}
