"""From a CSV file to records of text, and from a field of text to a value, with errors that name row and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rsimc.errors import DataError, nearest
from rsimc.reading import TABLE, content


@dataclass(frozen=True)
class Record:
    """One row of a table, still text, with the place that an error about it names.

    `line` is the line of the file on which the row starts, counted from 1 as an editor does.
    """

    file: str
    line: int
    fields: Mapping[str, str]

    @property
    def where(self) -> str:
        """`FILE: row N (KEY)`."""
        return f"{self.file}: row {self.line} ({self.fields.get('key') or 'no key'})"

    def refusal(self, column: str, expected: str, advice: str) -> DataError:
        """The error to raise when a column does not hold what was expected."""
        text = self.fields[column]
        return DataError(self.where, f'column "{column}" to be {expected}', f'"{text}"' if text else "nothing", advice)

    def text(self, column: str) -> str:
        """A text that must be there. Raises DataError when it is empty."""
        if not self.fields[column]:
            raise self.refusal(column, "filled in", 'write "unknown" where it is not known')
        return self.fields[column]

    def word(self, column: str, known: Iterable[str]) -> str:
        """One of the known words. Raises DataError otherwise."""
        words, found = list(known), self.fields[column]
        if found not in words:
            expected = "one of " + ", ".join(word or "(empty)" for word in words)
            raise self.refusal(column, expected, nearest(found, [word for word in words if word]))
        return found

    def number(self, column: str) -> float:
        """A finite number. Raises DataError otherwise."""
        found = self.fields[column]
        try:
            # Python reads "1_000" as 1000; in a table it is more likely a slip.
            value = math.nan if "_" in found else float(found)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refusal(column, "a finite number", "use a decimal point, and neither separators nor units")
        return value

    def number_or_none(self, column: str) -> float | None:
        """A finite number, or None where the field is empty. Raises DataError otherwise."""
        return self.number(column) if self.fields[column] else None

    def day(self, column: str) -> date:
        """An ISO date. Raises DataError otherwise."""
        found = self.fields[column]
        try:
            day = date.fromisoformat(found)
        except ValueError:
            day = None
        # fromisoformat also takes 20260508 and 2026-W19-5, which other programs would read differently.
        if day is None or day.isoformat() != found:
            raise self.refusal(column, "a date YYYY-MM-DD", "write for example 2026-05-08")
        return day


def read_records(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Record]:
    """The rows of a CSV file that has exactly these columns, in any order; blank lines are skipped.

    A column that is optional may be left out, and is then empty in every row.

    Raises DataError when the file cannot be read, is not UTF-8 text, is not well-formed CSV, has other columns,
    has a row of another length, or has no row.
    """
    lines = _lines(path, read_text(path, "CSV"))
    if not lines:
        raise DataError(str(path), "a header row", "an empty file", f"the columns are {', '.join(columns)}")
    (top, header), *body = lines
    _check_header(f"{path}: row {top} (header)", header, columns, optional)
    if not body:
        raise DataError(str(path), "at least one row below the header", "none", "add the observations, one a row")
    return [_record(str(path), line, header, fields, optional) for line, fields in body]


def read_text(path: Path, form: str) -> str:
    """The text of a file that should be of a form, such as "CSV", which errors name.

    Raises DataError when it cannot be read or is not UTF-8 text.
    """
    try:
        text = content(path, TABLE).decode("utf-8-sig")  # spreadsheet programs put a byte-order mark first
    except OSError as error:
        raise DataError(str(path), f"a readable {form} file", error.strerror or str(error), "check the path") from error
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 at offset {error.start}"
        raise DataError(str(path), "UTF-8 text", found, f"save it as {form} in UTF-8") from error
    if "\0" in text:
        raise DataError(str(path), "UTF-8 text", "a binary file", f"save it as {form} in UTF-8")
    return text


def _lines(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line on which it starts: a quoted field may span several lines."""
    reader, rows, start = csv.reader(io.StringIO(text, newline=""), strict=True), [], 1
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                rows.append((start, [field.strip() for field in fields]))
            start = reader.line_num + 1
    except csv.Error as error:
        where = f"{path}: row {start} (not readable)"
        raise DataError(where, "well-formed CSV", str(error), "check the quotes and the commas in this row") from error
    return rows


def _check_header(where: str, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    for name in header:
        if name not in columns and name not in optional:
            near = nearest(name, missing or [*columns, *optional])
            raise DataError(where, "known columns", f'a column "{name}"', near)
        if header.count(name) > 1:
            raise DataError(where, f'one column "{name}"', f"{header.count(name)}", "remove or rename the others")
    if missing:
        raise DataError(where, f'a column "{missing[0]}"', "none", f"missing: {', '.join(missing)}")


def _record(file: str, line: int, header: list[str], fields: list[str], optional: Sequence[str]) -> Record:
    record = Record(file, line, dict.fromkeys(optional, "") | dict(zip(header, fields, strict=False)))
    if len(fields) != len(header):
        advice = "quote a text that holds a comma; leave a field empty rather than out"
        raise DataError(record.where, f"{len(header)} columns as in the header", f"{len(fields)}", advice)
    return record
