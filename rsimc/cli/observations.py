"""`rsimc observations`: the observed series, or the rows of one, or a file of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console

from rsimc.cli import importing
from rsimc.cli.options import console, emit_json, json_option, output_option
from rsimc.cli.tables import heading, natural_width, number, say, table
from rsimc.errors import UsageError, nearest
from rsimc.observations import SERIES, Observation, Series, load_series, select


@click.command("observations")
@click.argument("series", required=False)
@click.option(
    "--import",
    "source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check a file of your own: METR's results (.yaml) or a table with our columns (.csv).",
)
@click.option("--series", "of", metavar="NAME", help="The series that an imported table is of.")
@click.option("--published", callback=importing.day, metavar="DATE", help="The day an imported YAML file came out.")
@output_option
@json_option
def command(
    series: str | None, source: Path | None, of: str | None, published: date | None, output: Path | None, as_json: bool
) -> None:
    """List the observed series or, with a SERIES, its rows: value, dates, kind and source.

    With --import, checks a file and, with --output FILE.csv, writes it as a table that a scenario can name. What is
    there already is never overwritten.
    """
    if source is not None:
        if series is not None:
            raise UsageError("observations", "either a series to show or a file to import", "both", "use --series")
        importing.run(source, of, published, output, as_json)
        return
    for name, value in (("--series", of), ("--published", published), ("--output", output)):
        if value is not None:
            raise UsageError(name, "a file to import", "none", "add --import FILE")
    if series is None:
        _list(as_json)
        return
    if series not in SERIES:
        raise UsageError("observations", "the name of a series", f'"{series}"', nearest(series, SERIES))
    rows = load_series(series)
    if as_json:
        words = _words(SERIES[series])
        emit_json({"schema": "rsimc.series/1", **words, "rows": [_plain(row) for row in rows]})
    else:
        _show(SERIES[series], rows, console())


def _words(series: Series) -> dict[str, object]:
    return {
        "name": series.name,
        "title": series.title,
        "unit": series.unit,
        "observes": series.observes,
        "caveats": series.caveats,
    }


def _plain(row: Observation) -> dict[str, object]:
    fields = {name: value for name, value in asdict(row).items() if name != "series"}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


def _summary(series: Series) -> dict[str, object]:
    rows = load_series(series.name)
    return {
        **_words(series),
        "rows": len(rows),
        "excluded": sum(row.kind == "excluded" for row in rows),
        "first": min(row.date for row in rows).isoformat(),
        "last": max(row.date for row in rows).isoformat(),
        "last_published": max(row.published for row in rows).isoformat(),
        "suites": sorted({row.suite for row in rows if row.suite}),
        "licences": sorted({row.licence for row in rows}),
    }


def _list(as_json: bool) -> None:
    listed = [_summary(series) for series in SERIES.values()]
    if as_json:
        emit_json({"schema": "rsimc.observations/1", "series": listed})
        return
    out = table("Series", "Rows", "First", "Last", "Published", "Licence", right=("Rows",), wrap=("Licence",))
    for series in listed:
        licences = series["licences"]
        assert isinstance(licences, list)
        dates = (str(series[name]) for name in ("first", "last", "last_published"))
        out.add_row(str(series["name"]), str(series["rows"]), *dates, ", ".join(licences))
    console().print(out)
    console().print()
    for series in listed:
        console().print(heading(f"{series['name']} ({series['unit']})"))
        say(console(), str(series["observes"]))
    console().print("\nrsimc observations SERIES shows the rows of one.")


def _show(series: Series, rows: Sequence[Observation], out: Console) -> None:
    out.print(heading(f"{series.title} ({series.name})"))
    say(out, series.observes)
    say(out, f"Beware: {series.caveats}")
    sources = list(dict.fromkeys(row.source for row in rows))
    for (suite, vintage), group in groupby(rows, key=lambda row: (row.suite, row.vintage)):
        out.print()
        if suite:
            taken = ", taken by default" if (suite, vintage) == _default(series) else ""
            out.print(heading(f"Suite {suite}, vintage {vintage}{taken}"))
        _show_rows(list(group), series.unit, sources, out)
    _show_notes(rows, sources, out)


def _default(series: Series) -> tuple[str, str]:
    """Suite and vintage that a scenario gets when it names none."""
    return next(((row.suite, row.vintage) for row in select(series.name, date.max)), ("", ""))


def _show_rows(rows: Sequence[Observation], unit: str, sources: Sequence[str], out: Console) -> None:
    """A line a row where that fits the console, else two."""
    wide = table("Key", "Date", "Published", unit.capitalize(), "Interval", "Kind", "Source", right=("Source",))
    narrow = table("Key, kind", "Date, published", f"{unit.capitalize()}, interval", "Source", right=("Source",))
    for row in rows:
        day, published = row.date.isoformat(), row.published.isoformat()
        published += "*" if row.published_basis == "assumed" else ""
        value, interval, kind = number(row.value), _interval(row), row.kind.replace("_", " ")
        source = str(sources.index(row.source) + 1)
        wide.add_row(row.key, day, published, value, interval, kind, source)
        narrow.add_row(f"{row.key}\n  {kind}", f"{day}\n{published}", f"{value}\n{interval}", source)
    out.print(wide if natural_width(out, wide) <= out.width else narrow)


def _interval(row: Observation) -> str:
    """The interval of the source; where it gives none, the error or the number of trials that the fit takes."""
    if row.low is None and row.high is None:
        trials = "" if row.trials is None else f"of {number(row.trials)} trials"
        return trials if row.sd is None else f"sd {number(row.sd)} {row.sd_scale}"
    low, high = ("?" if end is None else number(end) for end in (row.low, row.high))
    return f"{low} to {high}"


def _show_notes(rows: Sequence[Observation], sources: Sequence[str], out: Console) -> None:
    out.print()
    if any(row.published_basis == "assumed" for row in rows):
        out.print("* the day of publication is assumed, not stated by the source")
    out.print(heading("Sources"))
    for place, source in enumerate(sources, start=1):
        licence = next(row.licence for row in rows if row.source == source)
        say(out, f"{place}. {source} (licence: {licence})", hang=3)
