"""A row of an observation table, typed and validated."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType

from rsimc.errors import DataError, nearest
from rsimc.observations.parse import Record, read_records
from rsimc.observations.series import SERIES

KINDS = ("point", "lower_bound", "upper_bound", "censored_above", "excluded")
"""How the likelihood takes a row: at its value; as at least its value; as at most its value; as above the range in
which the measurement is reliable; not at all (kept so that nobody adds it again)."""

UNITS: Mapping[str, str] = MappingProxyType({name: series.unit for name, series in SERIES.items()})
"""The unit of each series. A table in another unit is refused, never converted."""


@dataclass(frozen=True)
class Observation:
    """One observed value of a series.

    `date` is the day the value speaks of, `published` the day from which it could be known; `published_basis` says
    whether a source states that day or it was assumed. `low` and `high` bound the value in its own unit, as `interval`
    describes. `sd` is the standard deviation of the measurement on the scale `sd_scale`; where both are empty the
    likelihood derives it from `low` and `high`. `group` is the firm, lab or developer. `state_of_the_art` says that
    the row held the record at its date; it is false in a series without records. Rows of several vintages of one suite
    are successive readings of the same things and must not be used together. `hours` is the length of the tasks that
    the row speaks of, in hours of a skilled human's time. `trials` is the number of trials behind a fraction, effective
    where they are not independent: such a row needs neither `sd` nor an interval, and may be 0 or 1.
    """

    series: str
    key: str
    label: str
    group: str
    value: float
    unit: str
    date: datetime.date
    published: datetime.date
    published_basis: str
    low: float | None
    high: float | None
    interval: str
    sd: float | None
    sd_scale: str
    kind: str
    state_of_the_art: bool
    suite: str
    vintage: str
    source: str
    licence: str
    verification: str
    note: str
    hours: float | None = None
    trials: float | None = None


CONTENT = ("suite", "vintage", "label", "group", "date", "value", "hours", "trials")
"""What two observations of a series cannot share all of."""

OPTIONAL = ("hours", "trials")
"""Columns that a table may leave out; they are then empty in every row."""

COLUMNS = tuple(field.name for field in fields(Observation) if field.name not in ("series", *OPTIONAL))
"""The columns of a table, in the order in which the bundled ones are written; a user's file may have another order."""


def read_table(path: Path, series: str) -> tuple[Observation, ...]:
    """The rows of a CSV file as observations of a series, in the order of the file.

    Raises DataError for a series that is not known, a file that cannot be read, and the first row that does not make
    sense; the error names file, row and column.
    """
    return read_with_places(path, series)[1]


def read_with_places(path: Path, series: str) -> tuple[list[Record], tuple[Observation, ...]]:
    """As `read_table`, with the record of each row, which names its place in an error. Raises DataError likewise."""
    if series not in UNITS:
        raise DataError(str(path), "a known series", f'"{series}"', nearest(series, UNITS))
    records = read_records(path, COLUMNS, OPTIONAL)
    rows = tuple(_observation(record, series) for record in records)
    _refuse_duplicates(records, rows)
    return records, rows


def _observation(record: Record, series: str) -> Observation:
    row = Observation(
        series=series,
        key=record.text("key"),
        label=record.text("label"),
        group=record.fields["group"],
        value=record.number("value"),
        unit=record.word("unit", [UNITS[series]]),
        date=record.day("date"),
        published=record.day("published"),
        published_basis=record.word("published_basis", ("stated", "assumed")),
        low=record.number_or_none("low"),
        high=record.number_or_none("high"),
        interval=record.fields["interval"],
        sd=record.number_or_none("sd"),
        sd_scale=record.word("sd_scale", ("", "log", "logit")),
        kind=record.word("kind", KINDS),
        state_of_the_art=record.word("state_of_the_art", ("0", "1")) == "1",
        suite=record.fields["suite"],
        vintage=record.fields["vintage"],
        source=record.text("source"),
        licence=record.text("licence"),
        verification=record.text("verification"),
        note=record.fields["note"],
        hours=record.number_or_none("hours"),
        trials=record.number_or_none("trials"),
    )
    for check in (_check_range, _check_counts, _check_interval, _check_sd, _check_dates):
        check(record, row)
    return row


def _range(row: Observation) -> tuple[Callable[[float], bool], str, str]:
    """Whether a number can be a value in the row's unit, that range in words, and what to do when it is not."""
    if row.unit != "fraction":
        return (lambda number: number > 0), f"a number of {row.unit} above 0", "its logarithm is what is modelled"
    if row.kind == "excluded" or row.trials is not None:
        return (lambda number: 0 <= number <= 1), "a fraction from 0 to 1", "write 80% as 0.8"
    expected = "a fraction between 0 and 1, both excluded"
    advice = 'write 80% as 0.8; for none or all of some trials give their number in "trials"'
    return (lambda number: 0 < number < 1), expected, advice


def _check_range(record: Record, row: Observation) -> None:
    inside, expected, advice = _range(row)
    for column, number in (("value", row.value), ("low", row.low), ("high", row.high)):
        if number is not None and not inside(number):
            raise record.refusal(column, expected, advice)


def _check_counts(record: Record, row: Observation) -> None:
    for column, number in (("hours", row.hours), ("trials", row.trials)):
        if number is not None and number <= 0:
            raise record.refusal(column, "above 0", "leave it empty where it is not known")
    if row.trials is not None and row.unit != "fraction":
        raise record.refusal("trials", f"empty for a series in {row.unit}", "only a fraction has trials behind it")


def _check_interval(record: Record, row: Observation) -> None:
    advice = "an interval must hold the value: low <= value <= high"
    if row.low is not None and row.low > row.value:
        raise record.refusal("low", f"at most the value {row.value:g}", advice)
    if row.high is not None and row.high < row.value:
        raise record.refusal("high", f"at least the value {row.value:g}", advice)


def _check_sd(record: Record, row: Observation) -> None:
    if row.sd is not None and row.sd <= 0:
        raise record.refusal("sd", "above 0", "leave sd and sd_scale empty to derive it from low and high")
    if (row.sd is None) != (row.sd_scale == ""):
        raise record.refusal("sd_scale", "given exactly where sd is", "fill in both, or neither")
    scale = "logit" if row.unit == "fraction" else "log"
    if row.sd_scale not in ("", scale):
        advice = f"errors of a series in {row.unit} are those of its {scale}: convert the sd"
        raise record.refusal("sd_scale", f"{scale} for a series in {row.unit}", advice)
    if row.kind != "excluded" and row.sd is None and row.trials is None and (row.low is None or row.high is None):
        advice = 'fill in sd, or low and high, or trials of a fraction, or make the kind "excluded"'
        raise record.refusal("sd", "given where low or high is not", advice)


def _check_dates(record: Record, row: Observation) -> None:
    if row.kind != "excluded" and row.published < row.date:
        advice = 'a forecast is not an observation: correct the dates, or make the kind "excluded"'
        raise record.refusal("published", f"no earlier than date {row.date.isoformat()}", advice)


def _refuse_duplicates(records: list[Record], rows: tuple[Observation, ...]) -> None:
    """Raises DataError when a key, or one observation under two keys, comes twice in one vintage of one suite."""
    keys: dict[tuple[object, ...], int] = {}
    contents: dict[tuple[object, ...], int] = {}
    for record, row in zip(records, rows, strict=True):
        line = keys.setdefault((row.suite, row.vintage, row.key), record.line)
        if line != record.line:
            expected = "unlike any other in its suite and vintage"
            raise record.refusal("key", expected, f"row {line} has it already: remove one, or rename it")
        line = contents.setdefault(tuple(getattr(row, name) for name in CONTENT), record.line)
        if line != record.line and row.kind != "excluded":
            expected = f"that of another observation than row {line}"
            advice = 'a datum counts once: remove one, make one "excluded", or say in the label how they differ'
            raise record.refusal("value", expected, advice)
