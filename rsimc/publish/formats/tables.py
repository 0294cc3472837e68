"""Tables: one row a number, a date of a distribution function, a quantile, or a trajectory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.errors import RunError, UsageError, nearest
from rsimc.publish.formats import numbers
from rsimc.publish.formats.options import TABLES, Options
from rsimc.runs.ensemble import ensemble_path, read_ensemble, read_schema

LEVELS = (0.01, 0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975, 0.99)
"""The 23 of the forecast hubs."""
Row = tuple[object, ...]


def as_json(forecast: Forecast, options: Options) -> bytes:
    """The document of a forecast, schema rsimc.forecast/1."""
    return numbers.as_json(document(forecast)).encode("utf-8")


def as_csv(forecast: Forecast, options: Options) -> bytes:
    """A table as comma-separated values; what is null is empty."""
    _require_known(options.table)
    if options.table == "numbers":
        return numbers.as_csv(document(forecast)).encode("utf-8")
    sink = io.BytesIO()
    pacsv.write_csv(_table(forecast, options.table), sink, pacsv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def as_parquet(forecast: Forecast, options: Options) -> bytes:
    """A table as Parquet, with units in the metadata of trajectories."""
    _require_known(options.table)
    sink = io.BytesIO()
    pq.write_table(_table(forecast, options.table), sink, compression="zstd")
    return sink.getvalue()


def _require_known(table: str) -> None:
    if table not in TABLES:
        raise UsageError("table", f"one of {', '.join(TABLES)}", f'"{table}"', nearest(table, TABLES))


def _table(forecast: Forecast, table: str) -> pa.Table:
    if table == "ensemble":
        names = [field.name for field in read_schema(forecast.folder)]
        kept = read_ensemble(forecast.folder, names, forecast.manifest.kept_chunks)
        if kept is None:
            place = str(ensemble_path(forecast.folder))
            raise RunError(
                place, "trajectories of the run", "none", "give the command that made the run again to make them"
            )
        return kept
    if table == "cdf":
        return _columns(("milestone", "date", "year", "p", "se"), list(_cdf(forecast)))
    if table == "quantiles":
        return _columns(("milestone", "level", "date", "year", "se_days"), list(_quantiles(forecast)))
    rows = csv.reader(io.StringIO(numbers.as_csv(document(forecast))))
    return _columns(next(rows), [tuple(cell or None for cell in row) for row in rows])


def _columns(names: Sequence[str], rows: Sequence[Row]) -> pa.Table:
    return pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})


def _cdf(forecast: Forecast) -> Iterator[Row]:
    """Of every milestone by every week from the start: within a bin the function is a straight line."""
    for name, curve in forecast.curves.items():
        for year, p, se in zip(curve.edges, curve.p, curve.se, strict=True):
            yield name, iso_date(year), float(year), float(p), None if se != se else float(se)


def _quantiles(forecast: Forecast) -> Iterator[Row]:
    for name, curve in forecast.curves.items():
        for level in LEVELS:
            year, se = curve.quantile(level), curve.quantile_se(level)
            day = None if year is None else iso_date(year)
            yield name, level, day, year, None if se is None else se * DAYS_PER_YEAR
