"""Where a value was written (file, key path, line) and how it is shown in a message of one line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
LONGEST_SEARCH = 400
"""Lines beyond which no line number is looked for: the search parses the file once a line."""
LONGEST_SHOWN = 60
LONGEST_NAME = 4 * LONGEST_SHOWN


def quoted(text: str) -> str:
    r"""Text in double quotes, on one line, cut when long.

    >>> print(quoted("a\nb"))
    "a\nb"
    """
    short = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
    return json.dumps(short, ensure_ascii=not short.isprintable())


def plain(text: str) -> str:
    """A file name as it is, or quoted (and cut) when it would break the line."""
    return text if text.isprintable() and text.strip() and len(text) <= LONGEST_NAME else quoted(text)


def dotted(path: Sequence[object]) -> str:
    """A key path as TOML writes it.

    >>> dotted(("priors", "odd name", "p50"))
    'priors."odd name".p50'
    """
    return ".".join(str(part) if BARE_KEY.fullmatch(str(part)) else quoted(str(part)) for part in path)


def shown(value: object) -> str:
    """A value as a TOML file would show it, briefly.

    >>> shown(True), shown("a"), shown({"a": 1}), shown(date(2026, 1, 1))
    ('true', '"a"', 'a table', '2026-01-01')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a whole number of {value.bit_length()} bits"  # Python refuses to print the longest ones
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return value.isoformat() if isinstance(value, date) else quoted(str(value))[1:-1]


def has(table: object, path: Sequence[object]) -> bool:
    """Whether a nested table holds a value at a path."""
    for part in path:
        if not isinstance(table, Mapping) or part not in table:
            return False
        table = table[part]
    return True


@lru_cache(maxsize=1024)
def line_of(text: str, path: tuple[object, ...]) -> int | None:
    """The line, from 1, where the statement that gives the path begins; None when it is not found.

    The first lines of a TOML file that parse and hold the path end with its statement, and the statement begins after
    the last lines that parsed before: exact for tables, dotted keys and values over several lines.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    good = 0
    for end in range(1, len(lines) + 1 if len(lines) <= LONGEST_SEARCH else 1):
        try:
            table = tomllib.loads("\n".join(lines[:end]))
        except (ValueError, RecursionError):
            continue
        if has(table, path):
            return good + 1
        good = end
    return None


def _prefixes(path: Sequence[object]) -> list[Sequence[object]]:
    """The path, then its parents, but not a whole top table: `[run]` is not where a missing `run.draws` was written."""
    return [path[:size] for size in range(len(path), min(len(path), 2) - 1, -1)]


@dataclass(frozen=True)
class Layer:
    """One source of values. A file has a text; an override from the command line has none and its label is its key."""

    label: str
    table: Mapping[str, object]
    text: str | None = None

    def where(self, path: Sequence[object]) -> str:
        """`FILE: key.path (line N)`, or `--set KEY`."""
        key = dotted(path)
        if self.text is None:
            return f"--set {self.label}" if key in ("", self.label) else f"--set {self.label}: {key}"
        line = next(
            (found for found in (line_of(self.text, tuple(prefix)) for prefix in _prefixes(path)) if found), None
        )
        return f"{self.label}: {key}" + (f" (line {line})" if line else "")


@dataclass(frozen=True)
class Origin:
    """The layers of a scenario, lowest first. Two scenarios are equal whatever files they came from."""

    layers: tuple[Layer, ...] = field(default=(), compare=False)

    def where(self, path: Sequence[object]) -> str:
        """The place of the value at a path in the layer that had the last word, or the top file for a missing one."""
        for prefix in _prefixes(path):
            for layer in reversed(self.layers):
                if has(layer.table, prefix):
                    return layer.where(path)
        top = next((layer for layer in reversed(self.layers) if layer.text is not None), None)
        return f"{top.label}: {dotted(path)}" if top else dotted(path)
