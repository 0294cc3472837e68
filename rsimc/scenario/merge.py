"""Tables over tables: `extends`, and `--set key=value`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rsimc.errors import ScenarioError, UsageError
from rsimc.scenario.places import Layer, dotted, quoted, shown

Table = dict[str, Any]


def merge(base: Mapping[str, Any], top: Mapping[str, Any], path: tuple[str, ...] = ()) -> Table:
    """Table `top` over table `base`: key by key, except that a prior replaces the one below it as a whole.

    >>> merge({"run": {"seed": 1, "draws": 2}}, {"run": {"draws": 3}})
    {'run': {'seed': 1, 'draws': 3}}
    >>> merge({"priors": {"a": {"p10": 1, "p50": 2}}}, {"priors": {"a": {"normal": [0, 1]}}})
    {'priors': {'a': {'normal': [0, 1]}}}
    """
    out = dict(base)
    for key, value in top.items():
        below = base.get(key)
        deeper = isinstance(below, Mapping) and isinstance(value, Mapping) and path != ("priors",)
        out[key] = merge(below, value, (*path, key)) if deeper else value  # type: ignore[arg-type]
    return out


def normalised(table: Mapping[str, Any], folder: Path | None) -> Table:
    """A layer in the form in which layers merge: every series that it mentions is a table that says whether to use it.

    Naming a series uses it unless `use = false` stands beside it. A relative `file`, and the file of a model, become
    absolute, from `folder`.
    """
    out = dict(table)
    if folder is not None and _is_file(table.get("model")):
        out["model"] = str((folder / str(table["model"])).absolute())
    data = table.get("data")
    if isinstance(data, Mapping):
        out["data"] = {name: _series(choice, folder) for name, choice in data.items()}
    return out


def _is_file(model: object) -> bool:
    """Whether a model is named as `my_model.py:MyModel`."""
    return isinstance(model, str) and ".py:" in model


def _series(choice: object, folder: Path | None) -> object:
    if isinstance(choice, bool):
        return {"use": choice}
    if not isinstance(choice, Mapping):
        return choice
    file = choice.get("file")
    if folder is None or not isinstance(file, str) or not file:
        return {"use": True, **choice}
    return {"use": True, **choice, "file": str((folder / file).absolute())}


def parse_override(text: str) -> tuple[tuple[str, ...], object]:
    """Split `key.path=value`; the value is TOML when it reads as TOML, else text.

    Raises UsageError when the `=` or a part of the key is missing, or the bytes were no text.

    >>> parse_override("run.draws=5_000"), parse_override("priors.r = 0.5 to 2.3")
    ((('run', 'draws'), 5000), (('priors', 'r'), '0.5 to 2.3'))
    """
    key, equals, value = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    whole = not any("\ud800" <= letter <= "\udfff" for letter in text)  # what the shell's stray bytes turn into
    if not (equals and whole and all(path)):
        raise UsageError("--set", "KEY=VALUE", quoted(text), "for example --set run.draws=5000")
    return path, _toml_value(value.strip())


def _toml_value(text: str) -> object:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if set(table) == {"value"} else text  # a line break can smuggle in other keys


def override(raw: Table, text: str) -> tuple[Table, Layer]:
    """Apply one `--set` to merged tables; also the layer that messages name.

    Raises UsageError as `parse_override`, ScenarioError for a key inside a prior that is no table.
    """
    path, value = parse_override(text)
    if len(path) > 2 and path[0] == "priors":  # into a prior, which merging would replace
        value, path = _assigned(raw, path, value), path[:2]
    table: Table = {path[-1]: value}
    for key in reversed(path[:-1]):
        table = {key: table}
    layer = normalised(table, Path())
    return merge(raw, layer), Layer(dotted(parse_override(text)[0]), layer)


def _assigned(raw: Table, path: tuple[str, ...], value: object) -> object:
    """The prior at path[:2] with the value at the rest of the path put in."""
    tables: list[Mapping[str, Any]] = []
    at: Any = raw
    for depth, key in enumerate(path):
        if not isinstance(at, Mapping):
            place = dotted(path[:depth])
            raise ScenarioError(f"--set {dotted(path)}", f"{place} to be a table", shown(at), f"set {place} as a whole")
        tables.append(at)
        at = at.get(key, {})
    for key, below in zip(reversed(path[2:]), reversed(tables[2:]), strict=True):
        value = {**below, key: value}
    return value
