"""From pydantic's list of errors to one line of the house: where, what was expected, what was found, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from rsimc.errors import ScenarioError, nearest
from rsimc.scenario.places import Origin, quoted, shown
from rsimc.scenario.schema import known_keys, table_at

KINDS: dict[object, str] = {
    bool: "true or false",
    date: "a date such as 2026-11-22",
    float: "a number",
    int: "a whole number",
    str: "text in quotes",
    str | None: "text in quotes",
}


class Problem(NamedTuple):
    """One thing that is wrong, at a key path."""

    path: tuple[object, ...]
    expected: str
    found: str
    advice: str = ""


def expectation(path: Sequence[object]) -> str:
    """What the schema expects at a key path.

    >>> expectation(("run", "horizon"))
    'a whole number from 2030 to 2200'
    >>> expectation(("as_of",)), expectation(("schema",)), expectation(("run",))
    ('a date such as 2026-11-22', 'schema = 1', 'a table')
    """
    if len(path) == 2 and path[0] == "data":
        return 'true, false or a table such as { suite = "TH1.1" }'
    table = table_at(path[:-1])
    fields = table.model_fields.items() if path and table else ()
    return next((_describe(str(path[-1]), f) for name, f in fields if path[-1] in (name, f.alias)), "a table")


def _describe(key: str, field: FieldInfo) -> str:
    kind = KINDS.get(field.annotation, "a table")
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if low is not None and low == high:
        return f"{key} = {low}"
    if any(hasattr(m, "min_length") for m in field.metadata):
        return f"{kind}, not empty"
    return kind if low is None else f"{kind} from {low} to {high}"


def _missing(path: tuple[object, ...]) -> Problem:
    advice = "begin the file with schema = 1" if path == ("schema",) else 'set it, or write extends = "baseline"'
    return Problem(path, expectation(path), "nothing", advice)


def _translate(error: Any) -> Problem:
    path, kind = tuple(error["loc"]), error["type"]
    if kind == "house":
        context = error["ctx"]
        return Problem((*path, *context["path"]), context["expected"], context["found"])
    if kind == "extra_forbidden":
        return Problem(path, "a known key", quoted(str(path[-1])), nearest(str(path[-1]), known_keys(path[:-1])))
    if kind == "missing":
        return _missing(path)
    newer = path == ("schema",) and kind == "less_than_equal"
    advice = "a newer rsimc may read it" if newer else ""
    return Problem(path, expectation(path), shown(error["input"]), advice)


def scenario_error(error: ValidationError, origin: Origin) -> ScenarioError:
    """The first problem as an error of the house, with the number of the others.

    Unknown keys come first: a mistyped key is often the reason why another one is missing.
    """
    details = sorted(error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden")
    first = _translate(details[0])
    more = f"(and {len(details) - 1} more)" if len(details) > 1 else ""
    found, advice = first.found, first.advice
    if more and advice:
        advice = f"{advice} {more}"
    elif more:
        found = f"{found} {more}"
    return ScenarioError(origin.where(first.path), first.expected, found, advice)
