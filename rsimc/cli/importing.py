"""`rsimc observations --import`: a user's own data as a table that a scenario can name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from rsimc.cli.options import emit_json
from rsimc.cli.write import write_new
from rsimc.errors import UsageError, nearest
from rsimc.observations import SERIES, Observation

METR = "metr_horizons"


def day(context: click.Context, parameter: click.Parameter, text: str | None) -> date | None:
    """An option's callback: its text as a date."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise click.BadParameter(f'expected a date such as 2026-05-08, got "{text}"', context, parameter)
    return found


def run(source: Path, series: str | None, published: date | None, output: Path | None, as_json: bool) -> None:
    """Read a file, write it as a table where an output is named, and say how a scenario uses it.

    Raises UsageError for options that do not fit the file, DataError for what is wrong in it, and OutputError when the
    output is there already.
    """
    from rsimc.observations.importing import scenario_line, table_text  # with YAML, which listing does not need

    if output is not None and output.suffix != ".csv":
        advice = f"for example {output.stem or 'mine'}.csv"
        raise UsageError("--output", "a file name that ends in .csv", f'"{output.name}"', advice)
    rows = read_rows(source, series, published)
    if output is not None:
        write_new(output, table_text(rows))
    table = output or (source if source.suffix == ".csv" else None)
    line = None if table is None else scenario_line(rows, table)
    if as_json:
        emit_json(_document(rows, output, line))
        return
    for text in _told(rows, source, output, line):
        click.echo(text)


def read_rows(source: Path, series: str | None, published: date | None) -> tuple[Observation, ...]:
    """Rows of a CSV table or of METR's YAML. Raises UsageError for options that do not fit, DataError for bad rows."""
    from rsimc.observations.importing import import_table, is_yaml
    from rsimc.observations.metr import read_metr

    if series is not None and series not in SERIES:
        raise UsageError("--series", "the name of a series", f'"{series}"', nearest(series, SERIES))
    if is_yaml(source):
        if series not in (None, METR):
            raise UsageError("--series", f"{METR} for METR's YAML file", f'"{series}"', "leave it out")
        if published is None:
            advice = "METR's file does not state it: give the day from which it could be read, such as 2026-05-08"
            raise UsageError("--published", "the day of publication of a YAML file", "nothing", advice)
        return read_metr(source, published)
    if published is not None:
        raise UsageError("--published", "no such option for a CSV table", "a date", 'it has a column "published"')
    if series is None:
        raise UsageError("--series", "the series that a CSV table is of", "nothing", "rsimc observations lists them")
    return import_table(source, series)


def _told(rows: Sequence[Observation], source: Path, output: Path | None, line: str | None) -> list[str]:
    kinds = Counter(row.kind.replace("_", " ") for row in rows)
    counted = f"{len(rows)} row{'' if len(rows) == 1 else 's'} of {rows[0].series}"
    told = f"{counted} ({', '.join(f'{number} {kind}' for kind, number in kinds.items())})"
    first = f"wrote {output}: {told}" if output else f"{source}: {told}, all in order"
    if line is None:
        return [first, "add --output FILE.csv to write them as a table for a scenario"]
    return [first, "in a scenario, above its first [section], or after --set:", f"  {line}"]


def _document(rows: Sequence[Observation], output: Path | None, line: str | None) -> dict[str, object]:
    return {
        "schema": "rsimc.import/1",
        "series": rows[0].series,
        "rows": len(rows),
        "excluded": sum(row.kind == "excluded" for row in rows),
        "suite": rows[0].suite or None,
        "vintage": rows[0].vintage or None,
        "file": None if output is None else str(output),
        "scenario": line,
    }
