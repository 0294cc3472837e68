"""A run's results in other formats: the JSON document, and the same numbers as one tidy CSV table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError, nearest
from rsimc.runs.files import write_text

COLUMNS = ("kind", "name", "x", "value", "se")
"""kind: quantile (x a probability, value a date, se in days), probability (x the last day of a year, or
`not_within_horizon`), duration (x a probability, value in years; or `not_within_horizon`), reading (the same in its own
unit; or `positive`), class and account (no x)."""

BEYOND, POSITIVE = "not_within_horizon", "positive"
Row = tuple[str, str, str, object, object]


def export(forecast: Forecast, fmt: str, path: str | Path | None = None) -> str | Path:
    """The results as text, or written to a file when a path is given; then the path.

    Raises UsageError for a format that is not known, with the nearest one, and OutputError when the file cannot be
    written.
    """
    if fmt not in FORMATS:
        raise UsageError("format", "the name of a format", f'"{fmt}"', nearest(fmt, FORMATS))
    text = FORMATS[fmt](document(forecast))
    return text if path is None else write_text(Path(path), text)


def as_json(found: dict[str, Any]) -> str:
    """The document of a forecast, indented."""
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(found: dict[str, Any]) -> str:
    """The document's numbers, one a row, in columns COLUMNS; what is null there is empty here."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for kind, name, x, value, se in _rows(found):
        writer.writerow([kind, name, x, "" if value is None else value, "" if se is None else se])
    return out.getvalue()


def _rows(found: dict[str, Any]) -> Iterator[Row]:
    for name, milestone in found["milestones"].items():
        errors = milestone["quantile_se_days"]
        yield from (("quantile", name, q, day, errors[q]) for q, day in milestone["quantiles"].items())
        yield from (("probability", name, day, e["p"], e["se"]) for day, e in milestone["probability_by"].items())
        yield "probability", name, BEYOND, milestone[BEYOND]["p"], milestone[BEYOND]["se"]
    for name, duration in found["durations"].items():
        yield from (("duration", name, q, years, None) for q, years in duration["quantiles_years"].items())
        yield "duration", name, BEYOND, duration[BEYOND]["p"], duration[BEYOND]["se"]
    for name, reading in found["readings"].items():
        yield from (("reading", name, q, value, None) for q, value in reading["quantiles"].items())
        yield from (("reading", name, x, reading[x]["p"], reading[x]["se"]) for x in (BEYOND, POSITIVE) if x in reading)
    yield from (("class", name, "", e["p"], e["se"]) for name, e in found["classes"].items())
    yield from (("account", name, "", count, None) for name, count in found["counts"].items())


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {"json": as_json, "csv": as_csv}
