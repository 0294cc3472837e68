"""A YAML file as nodes that know their place: an error about one names the file and the keys that lead to it."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from rsimc.errors import DataError
from rsimc.observations.parse import read_text

ADVICE = "download METR's file again, as it is"


class _Loader(yaml.BaseLoader):
    """Safe: it makes nothing but texts, lists and tables. Numbers and dates stay texts, for YAML reads 1_0 as 10 and
    12:30 as 750. A key that comes twice is refused, where PyYAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        first: dict[str, int] = {}
        for key, _ in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in first:
                problem = f'"{name}" a second time; line {first[name]} has it already'
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            first[name] = line
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Node:
    """A value of a YAML file, the file, and the keys that lead to the value, joined by dots."""

    path: Path
    keys: str
    value: object

    @property
    def where(self) -> str:
        """`FILE: results.gpt_4.release_date`."""
        return f"{self.path}: {self.keys}" if self.keys else str(self.path)

    @property
    def file_name(self) -> str:
        """The file's name without its folder, as text that can be written."""
        return self.path.name.encode("utf-8", "replace").decode()

    def refusal(self, expected: str, found: str, advice: str = ADVICE) -> DataError:
        """The error to raise when the value is not what was expected."""
        return DataError(self.where, expected, found, advice)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str) -> Node:
        """The value under a key. Raises DataError when there is none."""
        if not isinstance(self.value, dict):
            raise self.refusal(f'a table with "{key}"', _described(self.value))
        if key not in self.value:
            names = ", ".join(str(name) for name in list(self.value)[:6]) or "nothing"
            raise self.refusal(f'"{key}"', f"none among {names}")
        return Node(self.path, f"{self.keys}.{key}" if self.keys else key, self.value[key])

    def members(self, what: str) -> dict[str, Node]:
        """The values of a table by key. Raises DataError when it is no table, or holds none of what it should."""
        if not isinstance(self.value, dict) or not self.value:
            raise self.refusal(f"a table, under each key {what}", _described(self.value))
        return {str(key): self[key] for key in self.value}

    def text(self) -> str:
        """Raises DataError when the value is a table, a list or empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.refusal("a text", _described(self.value))
        return self.value

    def number(self) -> float:
        """Raises DataError when the value is no finite number."""
        found = self.text()
        try:
            value = math.nan if "_" in found else float(found)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refusal("a finite number", f'"{found}"')
        return value

    def day(self) -> date:
        """Raises DataError when the value is no date YYYY-MM-DD."""
        found = self.text()
        try:
            day = date.fromisoformat(found)
        except ValueError:
            day = None
        if day is None or day.isoformat() != found:
            raise self.refusal("a date YYYY-MM-DD", f'"{found}"')
        return day

    def flag(self) -> bool:
        """Raises DataError when the value is neither true nor false."""
        found = self.text()
        if found.lower() not in ("true", "false"):
            raise self.refusal("true or false", f'"{found}"')
        return found.lower() == "true"


def read_yaml(path: Path) -> Node:
    """The document of a YAML file. Raises DataError when it cannot be read, is empty or no YAML, or has a key twice."""
    text = read_text(path, "YAML")
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"{path}: line {error.problem_mark.line + 1}" if error.problem_mark else str(path)
        found = " ".join(part for part in (error.context, error.problem) if part)
        raise DataError(line, "one YAML document", found, ADVICE) from error
    except (yaml.YAMLError, RecursionError) as error:
        found = "tables too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise DataError(str(path), "one YAML document", found, ADVICE) from error
    if value in (None, ""):
        raise DataError(str(path), "METR's results", "an empty file", ADVICE)
    return Node(path, "", value)


def _described(value: object) -> str:
    """What a value is, in words."""
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f'"{text if len(text) <= 40 else text[:40] + "..."}"' if text else "nothing"
