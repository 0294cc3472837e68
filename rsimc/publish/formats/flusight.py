"""Tables as the forecast hubs (FluSight, hubverse) have them: a row a quantile or a point of a distribution function.

Columns: reference_date, target, horizon, target_end_date, location, output_type, output_type_id, value. Of observables
at the ends of quarters the 23 quantiles, in their unit; of milestones the distribution function at the ends of quarters
(output_type cdf, output_type_id the day). horizon counts quarters from the one that holds the reference date, 0. There
is one location, the world.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from rsimc.analysis.forecast import Forecast
from rsimc.dates import end_of_day, last_day
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
    now = 4 * reference.year + (reference.month - 1) // 3
    for target, quarter, kind, which, value in _rows(forecast):
        day = _end(quarter).isoformat()
        head = [reference.isoformat(), target, quarter - now, day, WORLD, kind]
        writer.writerow([*head, which or day, f"{value:.{CUT}g}"])
    return out.getvalue().encode("utf-8")


def _end(quarter: int) -> date:
    """The last day of a quarter, numbered from that of the year 0 on."""
    year, place = divmod(quarter, 4)
    return last_day(f"{year}-{3 * place + 3:02d}")


def _quarters(forecast: Forecast) -> list[tuple[float, int]]:
    """Stored dates after the forecast's own, as they are stored, and the quarters that end there."""
    ahead = end_of_day(forecast.study.scenario.as_of)
    return [(float(year), round(4 * float(year)) - 1) for year in forecast.study.plan.stored_years if year > ahead]


def _rows(forecast: Forecast) -> Iterator[tuple[str, int, str, str, float]]:
    quarters = _quarters(forecast)
    for observable in forecast.study.model.observables:
        fan = forecast.fan(observable.name, LEVELS)
        for year, quarter in quarters:
            for level in LEVELS:
                yield observable.name, quarter, "quantile", f"{level:g}", float(fan.sel(year=year, quantile=level))
    for name, curve in forecast.curves.items():
        for _, quarter in quarters:
            yield name, quarter, "cdf", "", curve.at(end_of_day(_end(quarter))).p
