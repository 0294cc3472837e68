"""What a question is once it is read: a tree of these nodes. `at` is the place of a node's first character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal["<", "<=", ">", ">=", "=", "!="]


@dataclass(frozen=True)
class Number:
    """A literal. text: as written, since 2030 beside a date is a year. unit: of a span of time, else empty."""

    value: float
    text: str
    unit: str
    at: int


@dataclass(frozen=True)
class Day:
    """A date literal as a decimal year, at the end of its last day."""

    year: float
    text: str
    at: int


@dataclass(frozen=True)
class Name:
    """A milestone, a duration or a parameter."""

    text: str
    at: int


@dataclass(frozen=True)
class Observed:
    """An observable at the end of a day."""

    name: str
    day: Day
    at: int


@dataclass(frozen=True)
class Arithmetic:
    """left operator right, of + - * /."""

    operator: str
    left: Value
    right: Value
    at: int


@dataclass(frozen=True)
class Called:
    """A function of values."""

    function: str
    arguments: tuple[Value, ...]
    at: int


Value = Number | Day | Name | Observed | Arithmetic | Called


@dataclass(frozen=True)
class Compared:
    """left relation right."""

    relation: Relation
    left: Value
    right: Value
    at: int


@dataclass(frozen=True)
class Kind:
    """Whether the class of takeoff is (`within`), or is not, one of the labels."""

    labels: tuple[str, ...]
    within: bool
    at: int


@dataclass(frozen=True)
class Joined:
    """All (`and`) or any (`or`) of two conditions."""

    operator: Literal["and", "or"]
    left: Condition
    right: Condition
    at: int


@dataclass(frozen=True)
class Inverse:
    """Not a condition."""

    condition: Condition
    at: int


Condition = Compared | Kind | Joined | Inverse


@dataclass(frozen=True)
class Question:
    """Text as asked. target: the condition of a probability, the value of a mean or of quantiles; None where the
    probabilities of all classes are asked for. levels: of quantiles."""

    text: str
    asks: Literal["probability", "classes", "mean", "quantiles"]
    target: Condition | Value | None
    levels: tuple[float, ...]
    given: Condition | None
