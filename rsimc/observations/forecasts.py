"""What experts and companies have forecast of the milestones: to be set beside a forecast, never fitted.

They are judgements and not observations, so that they are no series: no likelihood reads this table.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from rsimc.observations.parse import Record, read_records

KINDS = ("probability", "median", "goal")
"""What is stated: a probability by a date; a median date; a date that a company aims at."""


@dataclass(frozen=True)
class Judgement:
    """One stated forecast.

    `milestone` is the milestone of the flagship that is nearest to what was `asked`, and `differs` says how the two
    definitions differ. `value`, `low` and `high` are probabilities by `date` where the kind is `probability`; of a
    `median` they are decimal years, and `date` is a day that stands for the median; of a `goal` they are empty.
    `interval` says what low and high are. `verification` is how the source was read: P itself, Q through quotations, S
    through a secondary report.
    """

    key: str
    milestone: str
    asked: str
    kind: str
    value: float | None
    date: datetime.date
    low: float | None
    high: float | None
    interval: str
    who: str
    source: str
    verification: str
    differs: str
    note: str


COLUMNS = tuple(field.name for field in fields(Judgement))


@cache
def judgements() -> tuple[Judgement, ...]:
    """The bundled table, in its order."""
    with as_file(files("rsimc.observations").joinpath("data", "forecasts.csv")) as path:
        return read_judgements(path)


def read_judgements(path: Path) -> tuple[Judgement, ...]:
    """The rows of a CSV file. Raises DataError, with file, row and column, at the first that does not make sense."""
    records = read_records(path, COLUMNS)
    seen: set[str] = set()
    for record in records:
        if record.fields["key"] in seen:
            raise record.refusal("key", "unlike any other", "remove one of the two, or rename it")
        seen.add(record.fields["key"])
    return tuple(_judgement(record) for record in records)


def _judgement(record: Record) -> Judgement:
    kind, value = record.word("kind", KINDS), record.number_or_none("value")
    if (value is None) != (kind == "goal"):
        raise record.refusal("value", "given exactly where something is forecast", "a goal has no value")
    low, high = record.number_or_none("low"), record.number_or_none("high")
    ends = [number for number in (low, value, high) if number is not None]
    if ends != sorted(ends):
        raise record.refusal("value", "between low and high", "correct the interval, or leave it empty")
    if kind == "probability" and any(not 0.0 <= number <= 1.0 for number in ends):
        raise record.refusal("value", "a probability from 0 to 1", "write 60% as 0.6")
    if kind == "median" and any(not 1900.0 < number < 3000.0 for number in ends):
        raise record.refusal("value", "a decimal year", "write mid 2028 as 2028.5")
    return Judgement(
        key=record.text("key"),
        milestone=record.text("milestone"),
        asked=record.text("asked"),
        kind=kind,
        value=value,
        date=record.day("date"),
        low=low,
        high=high,
        interval=record.fields["interval"],
        who=record.text("who"),
        source=record.text("source"),
        verification=record.text("verification"),
        differs=record.text("differs"),
        note=record.fields["note"],
    )
