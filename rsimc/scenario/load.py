"""From a name or a path to a Scenario: find the file, read TOML, follow `extends`, apply `--set`, check."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from os import PathLike, fspath
from os.path import isdir
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rsimc.errors import ScenarioError, nearest
from rsimc.reading import TEXT, content
from rsimc.scenario.merge import merge, normalised, override
from rsimc.scenario.places import Layer, Origin, plain, quoted, shown
from rsimc.scenario.problems import scenario_error
from rsimc.scenario.schema import Scenario, known_keys

OWN_WORDS = ("title", "reasons")
"""What a file says about itself, so that a scenario that extends another does not speak in its name."""
TOML_MESSAGE = re.compile(
    r"(?P<reason>.*) \(at (?:end of document|line (?P<line>\d+), column (?P<column>\d+))\)", re.DOTALL
)
TOML_ADVICE = {
    "Cannot": "a key or table stands there twice",
    "Expected": 'write key = value, with texts in quotes: "0.5 to 2.3"',
    "Invalid": 'texts need quotes: key = "0.5 to 2.3"',
}
"""By the first word of the parser's reason."""


@dataclass(frozen=True)
class Source:
    """A scenario file as read. key tells two files apart; folder is None for a bundled one."""

    layer: Layer
    name: str
    key: str
    folder: Path | None


def bundled() -> tuple[str, ...]:
    """Names of the scenarios that come with rsimc, sorted."""
    library = resources.files("rsimc.scenario").joinpath("library")
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in library.iterdir() if entry.name.endswith(".toml"))
    )


def load_scenario(name_or_path: str | PathLike[str], overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario: a bundled name, else the path of a TOML file.

    Arguments: overrides, texts `key.path=value`, applied in order over the file and all that it extends; a relative
    data file in one is relative to the current folder.
    Raises ScenarioError (exit code 3) for anything wrong with the file or a value, UsageError (2) for a malformed
    override.
    """
    name = fspath(name_or_path)
    try:
        return _load(name, overrides)
    except RecursionError:
        raise ScenarioError(plain(name), "a few levels of tables", "tables or lists nested too deeply") from None


def _load(name: str, overrides: Sequence[str]) -> Scenario:
    sources = _chain(name)
    raw: dict[str, Any] = {}
    for source in sources:
        raw = {key: value for key, value in raw.items() if key not in OWN_WORDS}
        raw = merge(raw, source.layer.table)
    raw.pop("extends", None)
    layers = [source.layer for source in sources]
    for text in overrides:
        raw, layer = override(raw, text)
        _refuse(layer, ("extends",), "give the other scenario as the argument")
        _refuse(layer, ("name",), "a scenario is called after its file; set title")
        layers.append(layer)
    values = {"title": sources[-1].name, **raw, "name": sources[-1].name}
    origin = Origin(tuple(layers))
    try:
        return Scenario.model_validate(values, context=origin)
    except ValidationError as error:
        raise scenario_error(error, origin) from None


def _refuse(layer: Layer, path: tuple[str, ...], advice: str) -> None:
    if path[0] in layer.table:
        raise ScenarioError(layer.where(path), "a known key", quoted(path[0]), advice)


def _chain(name: str) -> list[Source]:
    """The file and all that it extends, lowest first. Raises ScenarioError when they extend each other in a circle."""
    sources = [_open(name, None)]
    while (parent := sources[-1].layer.table.get("extends")) is not None:
        where = sources[-1].layer.where(("extends",))
        if not isinstance(parent, str) or not parent.strip():
            raise ScenarioError(where, "a bundled scenario or a path in quotes", shown(parent), _advice(""))
        source = _open(parent, sources[-1])
        circle = source.key in [other.key for other in sources]
        sources.append(source)
        if circle:
            chain = " -> ".join(other.layer.label for other in sources)
            raise ScenarioError(where, "no scenario that extends itself", chain)
    return sources[::-1]


def _open(name: str, asker: Source | None) -> Source:
    """Read a scenario that the user, or another scenario, names."""
    if name in bundled():
        text = resources.files("rsimc.scenario").joinpath("library", f"{name}.toml").read_text(encoding="utf-8")
        return Source(_layer(f"{name} (bundled)", text, None), name, f"bundled {name}", None)
    path = Path(name) if asker is None or asker.folder is None else asker.folder / name
    where = plain(name) if asker is None else asker.layer.where(("extends",))
    text = _text(path, where, "" if asker is None else f"{plain(str(path))}: ")
    return Source(_layer(plain(str(path)), text, path.parent), path.stem, str(path.resolve()), path.parent)


def _text(path: Path, where: str, prefix: str) -> str:
    """The text of a file; where and prefix name it in messages. Raises ScenarioError when it is no readable text."""
    if isdir(path):
        raise ScenarioError(where, "a scenario file", f"{prefix}a folder", _advice(path.stem))
    try:
        raw = content(path, TEXT)
    except FileNotFoundError:
        found = f"{prefix}no such file"
        raise ScenarioError(where, "a bundled scenario or a scenario file", found, _advice(path.stem)) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a possible file name").lower()
        raise ScenarioError(where, "a readable file", f"{prefix}{reason}") from None
    return _decoded(raw, plain(str(path)))


def _decoded(raw: bytes, label: str) -> str:
    try:
        return raw.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{raw[error.start]:02x}"
        raise ScenarioError(f"{label} (line {line})", "UTF-8", found, "save the file as UTF-8") from None


def _advice(name: str) -> str:
    """The nearest bundled name, if near, and all of them."""
    near = nearest(name, bundled())
    bundled_ones = f"bundled: {', '.join(bundled())}"
    return f"{near} {bundled_ones}" if near.startswith("did you mean") else bundled_ones


def _layer(label: str, text: str, folder: Path | None) -> Layer:
    """Parse a file. Raises ScenarioError for a TOML error, a TOML file of another kind, or a key that names it."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise _toml_error(label, error) from None
    except RecursionError:
        raise ScenarioError(label, "a few levels of tables", "tables or lists nested too deeply") from None
    known = known_keys()
    if not any(key in known or nearest(key, known).startswith("did you mean") for key in table):
        found = f"a TOML file with {', '.join(plain(key) for key in list(table)[:3])}" if table else "an empty file"
        raise ScenarioError(label, "a scenario, which begins with schema = 1", found, "rsimc init writes one")
    layer = Layer(label, normalised(table, folder), text)
    _refuse(layer, ("name",), "a scenario is called after its file; write title")
    return layer


def _toml_error(label: str, error: ValueError) -> ScenarioError:
    match = TOML_MESSAGE.fullmatch(str(error))
    if match is None:  # a number of thousands of digits
        return ScenarioError(label, "TOML", "a value that cannot be read")
    at = f" (line {match['line']}, column {match['column']})" if match["line"] else " (at its end)"
    reason = match["reason"]
    return ScenarioError(f"{label}{at}", "TOML", f"an error: {reason}", TOML_ADVICE.get(reason.split()[0], ""))
