"""Tables as the forecast hubs (FluSight, hubverse) have them: a row a quantile or a point of a distribution function.

Columns: reference_date, target, horizon, target_end_date, location, output_type, output_type_id, value. Of observables
at the ends of quarters the 23 quantiles, in their unit, with horizon in quarters; of milestones the distribution
function at the ends of quarters (output_type cdf, output_type_id the day). location is empty: there is one world.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from rsimc.analysis.forecast import Forecast
from rsimc.dates import end_of_day, iso_date
from rsimc.publish.formats.options import Options
from rsimc.publish.formats.tables import LEVELS

COLUMNS = (
    "reference_date",
    "target",
    "horizon",
    "target_end_date",
    "location",
    "output_type",
    "output_type_id",
    "value",
)
WORLD = "world"
CUT = 6


def as_flusight(forecast: Forecast, options: Options) -> bytes:
    """The table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    reference = forecast.study.scenario.as_of
    for target, day, kind, which, value in _rows(forecast):
        quarters = _quarters(reference, date.fromisoformat(day))
        writer.writerow([reference.isoformat(), target, quarters, day, WORLD, kind, which, f"{value:.{CUT}g}"])
    return out.getvalue().encode("utf-8")


def _quarters(reference: date, day: date) -> int:
    """Ends of quarters after the reference date up to a day."""
    return 4 * (day.year - reference.year) + (day.month - 1) // 3 - (reference.month - 1) // 3


def _days(forecast: Forecast) -> list[tuple[float, str]]:
    """Stored dates after the forecast's own, as they are stored, and as days."""
    ahead = forecast.study.scenario.as_of.isoformat()
    days = [(float(year), iso_date(year - 1e-3)) for year in forecast.study.plan.stored_years]
    return [(year, day) for year, day in days if day > ahead]


def _rows(forecast: Forecast) -> Iterator[tuple[str, str, str, str, float]]:
    days = _days(forecast)
    for observable in forecast.study.model.observables:
        fan = forecast.fan(observable.name, LEVELS)
        for year, day in days:
            for level in LEVELS:
                yield observable.name, day, "quantile", f"{level:g}", float(fan.sel(year=year, quantile=level))
    for name, curve in forecast.curves.items():
        for _, day in days:
            yield name, day, "cdf", day, curve.at(end_of_day(date.fromisoformat(day))).p
