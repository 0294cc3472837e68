"""`rsimc scenarios`: the bundled scenarios and what each of them changes."""

from __future__ import annotations

import json
import tomllib
from importlib import resources

import click

from rsimc.cli.options import console, emit_json, json_option
from rsimc.cli.tables import heading, say
from rsimc.scenario import Scenario, bundled, differences, load_scenario

OWN_WORDS = ("name", "title", "reasons")


@click.command("scenarios")
@json_option
def command(as_json: bool) -> None:
    """List the bundled scenarios: what each of them assumes, why, and what it changes in the one that it extends."""
    listed = [_describe(load_scenario(name)) for name in bundled()]
    if as_json:
        emit_json({"schema": "rsimc.scenarios/1", "scenarios": listed})
        return
    for place, scenario in enumerate(listed):
        _print(scenario, first=place == 0)


def _describe(scenario: Scenario) -> dict[str, object]:
    parent = _parent(scenario.name)
    return {
        "name": scenario.name,
        "title": scenario.title,
        "as_of": scenario.as_of.isoformat(),
        "model": scenario.model,
        "extends": parent,
        "changes": _changes(scenario, load_scenario(parent)) if parent else {},
        "reasons": " ".join(scenario.reasons.split()),
    }


def _parent(name: str) -> str | None:
    """What a bundled scenario extends; a loaded scenario has forgotten it."""
    text = resources.files("rsimc.scenario").joinpath("library", f"{name}.toml").read_text(encoding="utf-8")
    parent: str | None = tomllib.loads(text).get("extends")
    return parent


def _changes(scenario: Scenario, parent: Scenario) -> dict[str, object]:
    """Values by key path where the scenario differs from its parent; a prior is one value."""
    plain, changed = scenario.model_dump(mode="json", by_alias=True), {}
    for path in differences(parent, scenario):
        keys = path.split(".")[:2]
        value: object = plain
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else value
        if keys[0] not in OWN_WORDS:
            changed[".".join(keys)] = value
    return changed


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {json.dumps(part)}" for key, part in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _print(scenario: dict[str, object], first: bool) -> None:
    out = console()
    if not first:
        out.print()
    extends = f", extends {scenario['extends']}" if scenario["extends"] else ""
    out.print(heading(str(scenario["name"])), f"({scenario['model']}, as of {scenario['as_of']}{extends})")
    say(out, str(scenario["title"]))
    say(out, str(scenario["reasons"]))
    changes = scenario["changes"]
    assert isinstance(changes, dict)
    for path, value in changes.items():
        say(out, f"{path}: {_shown(value)}", indent=4)
