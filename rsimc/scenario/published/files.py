"""What readers of others' parameter files share: YAML in, tables, numbers and intervals by their keys, TOML out."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rsimc.errors import DataError
from rsimc.reading import TEXT, content

NORMAL_80 = 1.2815515655446004
LARGEST = 1e300
SHORT = reprlib.Repr(maxlevel=2, maxdict=3, maxlist=3, maxlong=20)


@dataclass(frozen=True)
class Imported:
    """A scenario as TOML, the bundled one that it extends, whose parameters they are, and keys that were left aside."""

    text: str
    extends: str
    forecaster: str
    left: tuple[str, ...]


def text_of(path: Path, form: str) -> str:
    """What a parameter file in YAML, JSON or CSV says. Raises DataError for what cannot be read, or is no text."""
    try:
        return content(path, TEXT).decode("utf-8-sig")
    except OSError as error:
        raise DataError(str(path), "a parameter file", (error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise DataError(str(path), form, "something else") from error


def yaml_of(path: Path, whose: str) -> Mapping[str, Any]:
    """The table of keys that a YAML file of `whose` is. Raises DataError naming file and line."""
    import yaml  # only this needs it

    text = text_of(path, "YAML")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise DataError(str(path) + ("" if line is None else f":{line + 1}"), "YAML", "something else") from error
    return _keys(found, path, whose)


def json_of(path: Path, whose: str) -> Mapping[str, Any]:
    """The table of keys that a JSON file of `whose` is. Raises DataError naming file and line."""
    text = text_of(path, "JSON")
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # escapes can say what no text has
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise DataError(str(path) + ("" if line is None else f":{line}"), "JSON", "something else") from error
    return _keys(found, path, whose)


def _keys(found: Any, path: Path, whose: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise DataError(str(path), f"a parameter file of {whose}", "no table of keys")
    return found


class Reader:
    """One file; what has been read of it (priors by our names), and what was left aside."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self.path, self.document = path, document
        self.priors: dict[str, Any] = {}
        self.left: list[str] = []

    def interval(self, value: Any, where: str) -> dict[str, float]:
        """An 80% interval as a prior. Raises DataError unless 0 < low < high."""
        low, high = (self.number(one, where) for one in self.two(value, where))
        if not 0.0 < low < high:
            raise self.wrong(where, "an 80% interval [low, high] with 0 < low < high", value)
        return {"p10": low, "p90": high}

    def two(self, value: Any, where: str) -> Sequence[Any]:
        """Two values. Raises DataError for anything else."""
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
            raise self.wrong(where, "two values in square brackets", value)
        return value

    def number(self, value: Any, where: str) -> float:
        """A finite number. Raises DataError for anything else."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            raise self.wrong(where, "a finite number", value)
        return float(value)

    def table(self, table: Mapping[str, Any], key: Any, where: str) -> Mapping[str, Any]:
        """The table at a key, its own keys as texts. Raises DataError where it is none."""
        found = table.get(key)
        if not isinstance(found, Mapping):
            raise self.wrong(where, "a table of keys", found)
        return {str(name): value for name, value in found.items()}

    def wrong(self, where: str, expected: str, value: Any) -> DataError:
        """What was expected at a key, and what is there."""
        found = "nothing" if value is None else value if isinstance(value, str) else SHORT.repr(value)
        return DataError(f"{self.path}: {where}", expected, found if len(found) <= 60 else f"{found[:57]}...")

    def written(self, extends: str, forecaster: str, last: Any) -> Imported:
        """The scenario; `last` is the year it ends with, where the file says. Raises DataError for one out of range."""
        whose = f" ({forecaster})" if forecaster else ""
        name = self.path.name.encode("utf-8", "replace").decode()  # file systems know names that no text has
        title = f"{extends}, with the parameters of {name}{whose}"
        lines = [
            "schema = 1",
            f"extends = {json.dumps(extends)}",
            f"title = {json.dumps(title, ensure_ascii=False)}",
            "",
        ]
        lines += ["[priors]", *(f"{name} = {_toml(value)}" for name, value in self.priors.items())]
        if last is not None:
            year = round(self.number(last, "simulation.max_time"))
            if not 2030 <= year <= 2200:
                raise self.wrong("simulation.max_time", "a year from 2030 to 2200", last)
            lines += ["", "[run]", f"horizon = {year}"]
        return Imported("\n".join(lines) + "\n", extends, forecaster, tuple(self.left))


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value) if isinstance(value, str) else f"{value:.12g}"
