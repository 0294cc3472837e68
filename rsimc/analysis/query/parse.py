"""Texts to questions. What cannot be read is refused at its character."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

from rsimc.analysis.query.tree import (
    Arithmetic,
    Called,
    Compared,
    Condition,
    Day,
    Inverse,
    Joined,
    Kind,
    Name,
    Number,
    Observed,
    Question,
    Relation,
    Value,
)
from rsimc.dates import end_of_day, last_day
from rsimc.errors import PointedError

LONGEST, DEEPEST = 2000, 40
"""Characters of a question, and parts within parts: what people write is far below."""
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
YEARS = {"day": 1.0 / 365.25, "week": 7.0 / 365.25, "month": 1.0 / 12.0, "year": 1.0}
RELATIONS = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
SIGNS = {"−": "-", "×": "*"}
WORDS = {
    "_PROBABILITY": "P(...)",
    "_MEAN": "mean(...)",
    "_MEDIAN": "median(...)",
    "_QUANTILE": "quantile(...)",
    "NUMBER": "a value",
    "NAME": "a name",
    "QUOTED": "a name",
    "DATE": "a date",
    "LEVEL": "a level such as 0.5",
    "RELATION": "a comparison",
    "RPAR": ")",
    "_GIVEN": "given",
    "COMMA": ",",
    "LPAR": "(",
    "LBRACE": "{",
    "RBRACE": "}",
    "_IN": "in",
    "$END": "the end",
}
"""Terminals in words, the most telling first. What may always stand beside a value is left out."""
MOST_WORDS = 4


class QuestionError(PointedError):
    """A question that cannot be answered. text: as asked; at: index of the character that is meant."""

    def __init__(self, text: str, at: int, expected: str = "", found: str = "", advice: str = "") -> None:
        super().__init__("question", text, at, expected, found, advice)


class _Misread(Exception):
    """A token that is of the right kind and still makes no sense."""

    def __init__(self, at: int, expected: str, found: str) -> None:
        self.at, self.expected, self.found = at, expected, found


def parse(text: str) -> Question:
    """The question that a text asks. Raises QuestionError."""
    if len(text) > LONGEST:
        raise QuestionError(text[: LONGEST + 1], LONGEST, f"at most {LONGEST} characters", f"{len(text)}")
    try:
        made = cast(Question, _parser().parse(text))
    except UnexpectedInput as error:
        raise _misplaced(text, error) from error
    except (_Misread, VisitError) as error:
        cause = error.orig_exc if isinstance(error, VisitError) else error
        if not isinstance(cause, _Misread):
            raise
        raise QuestionError(text, cause.at, cause.expected, cause.found) from error
    return Question(text, made.asks, made.target, made.levels, made.given)


@cache
def _parser() -> Lark:
    grammar = files("rsimc.analysis.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start="question", maybe_placeholders=True, transformer=_Build())


def _misplaced(text: str, error: UnexpectedInput) -> QuestionError:
    """What was expected where reading stopped."""
    at, found = len(text.rstrip()), "the end"
    names: set[str] = set()
    if isinstance(error, UnexpectedCharacters):
        at, names = error.pos_in_stream or 0, set(error.allowed or ())
        found = f'"{error.char}"'
    elif isinstance(error, UnexpectedToken):
        names = set(error.accepts or error.expected)
        if error.token.type != "$END":
            at, found = cast(int, error.token.start_pos), f'"{error.token}"'
    elif isinstance(error, UnexpectedEOF):
        names = set(error.expected)
    plain = {"NAME", "QUOTED", "DATE", "LPAR"} if "NUMBER" in names and "NAME" in names else set()
    words = list(dict.fromkeys(word for name, word in WORDS.items() if name in names - plain))[:MOST_WORDS]
    advice = "" if names else "ask for P(...), mean(...), median(...) or quantile(...)"
    return QuestionError(text, min(at, max(len(text), 1)), " or ".join(words), found, advice)


def _day(token: Token) -> Day:
    try:
        year = end_of_day(last_day(token))
    except (ValueError, OverflowError) as error:
        raise _Misread(token.start_pos or 0, "a date such as 2030-06-30, 2030-06 or 2030", f'"{token}"') from error
    return Day(year, str(token), token.start_pos or 0)


def _literal(token: Token, unit: str = "") -> Number:
    value = float(token.replace("_", ""))
    if not math.isfinite(value):
        raise _Misread(token.start_pos or 0, "a number that a computer holds", f'"{token}"')
    return Number(value * YEARS[unit.rstrip("s")] if unit else value, str(token), unit, token.start_pos or 0)


def _name(token: Token) -> str:
    return str(token[1:-1] if token.type == "QUOTED" else token)


def _relation(token: Token) -> Relation:
    return cast(Relation, RELATIONS.get(token, str(token)))


def _ask(
    asks: Literal["probability", "classes", "mean", "quantiles"],
    target: Condition | Value | None,
    given: Condition | None,
    levels: tuple[float, ...] = (),
) -> Question:
    return Question("", asks, target, levels, given)


class _Build(Transformer[Any, Any]):
    """Nodes as the parser meets them, so that no depth of nesting can exhaust the stack here."""

    def probability(self, parts: list[Any]) -> Question:
        return _ask("probability", parts[0], parts[1])

    def classes(self, parts: list[Any]) -> Question:
        return _ask("classes", None, parts[0])

    def mean(self, parts: list[Any]) -> Question:
        return _ask("mean", parts[0], parts[1])

    def median(self, parts: list[Any]) -> Question:
        return _ask("quantiles", parts[0], parts[1], (0.5,))

    def quantiles(self, parts: list[Any]) -> Question:
        levels = [_level(token) for token in parts[1:-1]]
        return _ask("quantiles", parts[0], parts[-1], tuple(levels) or LEVELS)

    def either(self, parts: list[Any]) -> Joined:
        return Joined("or", parts[0], parts[1], parts[0].at)

    def both(self, parts: list[Any]) -> Joined:
        return Joined("and", parts[0], parts[1], parts[0].at)

    def inverse(self, parts: list[Any]) -> Inverse:
        return Inverse(parts[0], parts[0].at)

    def compared(self, parts: list[Any]) -> Compared:
        return Compared(_relation(parts[1]), parts[0], parts[2], parts[1].start_pos)

    def between(self, parts: list[Any]) -> Joined:
        first, second = self.compared(parts[:3]), self.compared(parts[2:])
        if {first.relation, second.relation} not in ({"<"}, {"<="}, {"<", "<="}, {">"}, {">="}, {">", ">="}):
            raise _Misread(parts[3].start_pos, "two comparisons in one direction", f'"{parts[1]}" and "{parts[3]}"')
        return Joined("and", first, second, parts[1].start_pos)

    def kind(self, parts: list[Any]) -> Kind:
        relation = _relation(parts[0])
        if relation not in ("=", "!="):
            raise _Misread(parts[0].start_pos, "= or != for a class", f'"{parts[0]}"')
        return Kind((_name(parts[1]),), relation == "=", parts[1].start_pos)

    def kinds(self, parts: list[Any]) -> Kind:
        return Kind(tuple(_name(token) for token in parts), True, parts[0].start_pos)

    def label(self, parts: list[Any]) -> Token:
        return cast(Token, parts[0])

    def arithmetic(self, parts: list[Any]) -> Arithmetic:
        return Arithmetic(SIGNS.get(parts[1], str(parts[1])), parts[0], parts[2], parts[1].start_pos)

    def signed(self, parts: list[Any]) -> Value:
        zero = Number(0.0, "0", "", parts[0].start_pos)
        same = parts[0] == "+"
        return cast(Value, parts[1]) if same else Arithmetic("-", zero, parts[1], parts[0].start_pos)

    def called(self, parts: list[Any]) -> Called:
        return Called(str(parts[0]), tuple(parts[1:]), parts[0].start_pos)

    def date(self, parts: list[Any]) -> Day:
        return _day(parts[0])

    def number(self, parts: list[Any]) -> Number:
        return _literal(parts[0])

    def span(self, parts: list[Any]) -> Number:
        return _literal(parts[0], str(parts[1]))

    def name(self, parts: list[Any]) -> Name:
        return Name(_name(parts[0]), parts[0].start_pos)

    def at(self, parts: list[Any]) -> Observed:
        return Observed(_name(parts[0]), _day(parts[1]), parts[0].start_pos)


def _level(token: Token) -> float:
    level = float(token.rstrip("%")) / (100.0 if token.endswith("%") else 1.0)
    if not 0.0 < level < 1.0:
        raise _Misread(token.start_pos or 0, "a level between 0 and 1", f'"{token}"')
    return level
