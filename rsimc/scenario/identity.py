"""Content as a name: the canonical JSON of a value, its SHA-256, and what differs between two values."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from rsimc.errors import ScenarioError
from rsimc.scenario.places import dotted


def canonical_json(value: object) -> str:
    """The one JSON text of a value: keys sorted, no spaces, ASCII, dates as ISO, floats by their shortest exact digits.

    An integral float is written as an integer, so that 1 and 1.0 are the same prior, and -0.0 is 0. Tuples are lists,
    pydantic models and dataclasses are tables. Raises ScenarioError for nan and infinity, TypeError for other types.

    >>> canonical_json({"b": (1.0, -0.0, 0.1), "a": date(2026, 11, 22), "c": None})
    '{"a":"2026-11-22","b":[1,0,0.1],"c":null}'
    """
    return json.dumps(_plain(value, ()), sort_keys=True, separators=(",", ":"), allow_nan=False)


def identity(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits.

    >>> identity({"a": 1, "b": 2.0}) == identity({"b": 2, "a": 1.0})
    True
    >>> identity({"a": 1})[:16]
    '015abd7f5cc57a2d'
    """
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def differences(a: Mapping[str, Any] | BaseModel, b: Mapping[str, Any] | BaseModel) -> list[str]:
    """Dotted paths, sorted, whose canonical values differ; a list is one value. Empty exactly when identities agree.

    >>> differences({"run": {"seed": 1, "draws": 5}, "x": 1}, {"run": {"seed": 2, "draws": 5.0}})
    ['run.seed', 'x']
    """
    return [dotted(path) for path in differing(a, b)]


def differing(a: Mapping[str, Any] | BaseModel, b: Mapping[str, Any] | BaseModel) -> list[tuple[str, ...]]:
    """The same as tuples of keys: a key may hold a dot."""
    return sorted(_differing(_plain(a, ()), _plain(b, ()), ()))


def _differing(a: Any, b: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return [] if canonical_json(a) == canonical_json(b) else [path]
    out = [(*path, key) for key in a.keys() ^ b.keys()]
    for key in a.keys() & b.keys():
        out += _differing(a[key], b[key], (*path, key))
    return out


def _plain(value: Any, path: tuple[object, ...]) -> Any:
    """The value in JSON's own types."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(value, path)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, n)) for n, item in enumerate(value)]
    return {key: _plain(item, (*path, key)) for key, item in _table(value, path).items()}


def _number(value: float, path: tuple[object, ...]) -> float | int:
    if not math.isfinite(value):
        raise ScenarioError(dotted(path) or "value", "a finite number", str(value))
    return int(value) if value.is_integer() else float(value)


def _table(value: Any, path: tuple[object, ...]) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    raise TypeError(f"{dotted(path) or 'value'}: no canonical JSON for {type(value).__name__}")
