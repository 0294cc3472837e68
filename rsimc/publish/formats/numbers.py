"""The JSON document, and the same numbers as one tidy CSV table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

COLUMNS = ("kind", "name", "x", "value", "se")
"""kind: quantile (x a probability, value a date, se in days), probability (x the last day of a year, or
`not_within_horizon`), duration (x a probability, value in years; or `not_within_horizon`), reading (the same in its own
unit; or `positive`), class and account (no x)."""

BEYOND, POSITIVE = "not_within_horizon", "positive"
Row = tuple[str, str, str, object, object]


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
