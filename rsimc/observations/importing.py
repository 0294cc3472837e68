"""A user's own data as a table that a scenario can name: METR's file of results, or a table in our columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rsimc.observations.rows import COLUMNS, OPTIONAL, Observation, read_with_places
from rsimc.observations.series import DEFAULT_SUITES

YAML_ENDINGS = (".yaml", ".yml")


def is_yaml(path: Path) -> bool:
    """Whether a file is to be read as METR's results and not as a table."""
    return path.suffix.lower() in YAML_ENDINGS


def import_table(path: Path, series: str) -> tuple[Observation, ...]:
    """The rows of a CSV file in our columns, all of one suite and vintage.

    Raises DataError, which names file and row, for all that `read_table` refuses, and for a second suite or vintage.
    """
    records, rows = read_with_places(path, series)
    for record, row in zip(records, rows, strict=True):
        for column in ("suite", "vintage"):
            if getattr(row, column) != getattr(rows[0], column):
                first = f'that of the first row, "{getattr(rows[0], column)}"'
                advice = "successive readings must not be used together: import a file for each"
                raise record.refusal(column, first, advice)
    return rows


def table_text(rows: Sequence[Observation]) -> str:
    """Rows as the text of a CSV table, which reads back as the same. Optional columns that no row has are left out."""
    given = [name for name in OPTIONAL if any(getattr(row, name) is not None for row in rows)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*COLUMNS, *given], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _field(value) for name, value in asdict(row).items()} for row in rows)
    return out.getvalue()


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else repr(value) if isinstance(value, float) else str(value)


def scenario_line(rows: Sequence[Observation], path: Path) -> str:
    """The line of a scenario, or the value of `--set`, that uses the rows from a file in place of the bundled ones."""
    series, suite, vintage = rows[0].series, rows[0].suite, rows[0].vintage
    choice = {"file": str(path.absolute())}
    if suite or series in DEFAULT_SUITES:
        choice["suite"] = suite
    if vintage:
        choice["vintage"] = vintage
    # a JSON string is a TOML string
    return f"data.{series} = {{ {', '.join(f'{k} = {json.dumps(v, ensure_ascii=False)}' for k, v in choice.items())} }}"
