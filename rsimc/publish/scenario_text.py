"""A resolved scenario as a file that loads again, and as what it changes in a bundled one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rsimc.errors import RsimcError
from rsimc.scenario import Scenario, bundled, differences, load_scenario

BARE = re.compile(r"[A-Za-z0-9_-]+")
WORDS = ("title", "reasons")


def plain(scenario: Scenario) -> dict[str, Any]:
    """What a file says: no name, which the file has, and nothing that is empty."""
    values = scenario.model_dump(mode="json", by_alias=True, exclude={"name"})
    return {key: value for key, value in _full(values).items() if value not in ({}, "")}


def _full(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _full(part) for key, part in value.items() if part is not None}
    return value


def as_toml(scenario: Scenario) -> str:
    """The scenario as a TOML file of its own, with nothing to extend."""
    values = plain(scenario)
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in values.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def value_text(value: Any) -> str:
    """A value of a scenario as a file writes it, without what is empty.

    >>> value_text([{"trigger": "x > 1", "labs": None}]), value_text(None)
    ('[{ trigger = "x > 1" }]', '')
    """
    return "" if value is None else _value(_said(value))


def _said(value: Any) -> Any:
    if isinstance(value, list):
        return [_said(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _said(part) for key, part in value.items() if part not in (None, [], {})}
    return value


def changes(scenario: Scenario) -> list[str] | None:
    """`--set` texts that turn the bundled scenario of that name into this one; None where there are none that do."""
    if scenario.name not in bundled():
        return None
    paths = differences(load_scenario(scenario.name), scenario)
    sets = []
    for path in paths:
        value: Any = plain(scenario)
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or path in WORDS:
            return None
        sets.append("variants=all" if path == "variants.all" else f"{path}={_value(value)}")
    try:
        made = load_scenario(scenario.name, sets)
    except RsimcError:  # such as a table that takes two keys at once
        return None
    return None if differences(made, scenario) else sets


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(part)}' for key, part in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_value(part) for part in value)}]"
    if isinstance(value, str):  # JSON's escapes are TOML's; DEL is the one letter that only TOML forbids
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
