"""Values as intervals in SQL: both ends of what a value may be, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INFINITE = "'Infinity'::DOUBLE"
ONE = {"exp": "exp({0})", "ln": "ln({0})", "log2": "log2({0})", "log10": "log10({0})"}


@dataclass(frozen=True)
class Interval:
    """SQL of both ends of a value, one text where it is known. unit: "date", "years", or another, or empty."""

    low: str
    high: str
    unit: str

    @property
    def known(self) -> bool:
        """Whether both ends are one."""
        return self.low == self.high


def literal(value: float) -> str:
    """A number in SQL."""
    return f"{value!r}::DOUBLE" if value >= 0 else f"({value!r}::DOUBLE)"


def exact(sql: str, unit: str) -> Interval:
    """A value that is known."""
    return Interval(sql, sql, unit)


def number(sql: str) -> str:
    """Null where arithmetic makes no number."""
    return f"nullif({sql}, 'NaN'::DOUBLE)"


def less(left: Interval, right: Interval, yes: Literal["<", "<="], no: Literal[">=", ">"]) -> str:
    """Whether left is before right: true, false, or null where the ends do not decide it. no: the inverse of yes."""
    if left.known and right.known:
        return f"({left.low} {yes} {right.low})"
    return f"(CASE WHEN {left.high} {yes} {right.low} THEN TRUE WHEN {left.low} {no} {right.high} THEN FALSE END)"


def plus(left: Interval, right: Interval, unit: str) -> Interval:
    """left + right."""
    return Interval(number(f"({left.low} + {right.low})"), number(f"({left.high} + {right.high})"), unit)


def difference(left: Interval, right: Interval, unit: str) -> Interval:
    """left - right."""
    return Interval(number(f"({left.low} - {right.high})"), number(f"({left.high} - {right.low})"), unit)


def scaled(value: Interval, by: Interval, operator: str) -> Interval:
    """value * by, or value / by, by being known."""
    unit = value.unit if not by.unit else by.unit if operator == "*" and not value.unit else ""
    if value.known:
        made = f"({value.low} {operator} {by.low})"
        return exact(number(made if operator == "*" else f"CASE WHEN {by.low} <> 0 THEN {made} END"), unit)
    ends = []
    zero = "0::DOUBLE" if operator == "*" else "NULL"
    for up, down in ((value.low, value.high), (value.high, value.low)):
        ends.append(
            f"CASE WHEN {by.low} > 0 THEN {up} {operator} {by.low} WHEN {by.low} < 0 THEN {down} {operator} {by.low}"
            f" WHEN {by.low} = 0 AND {up} IS NOT NULL THEN {zero} END"
        )
    return Interval(number(f"({ends[0]})"), number(f"({ends[1]})"), unit)


def extreme(values: list[Interval], function: str) -> Interval:
    """min or max of values."""
    which = "least" if function == "min" else "greatest"
    units = {value.unit for value in values} - {""}
    ends = []
    for part in ([value.low for value in values], [value.high for value in values]):
        # least and greatest of SQL pass over null, which here means unknown
        there = " AND ".join(f"{end} IS NOT NULL" for end in part)
        ends.append(f"CASE WHEN {there} THEN {which}({', '.join(part)}) END")
    return Interval(ends[0], ends[1], units.pop() if len(units) == 1 else "")


def absolute(value: Interval) -> Interval:
    """abs(value)."""
    if value.known:
        return exact(f"abs({value.low})", value.unit)
    inside = f"WHEN {value.low} IS NOT NULL THEN 0 END"
    low = f"CASE WHEN {value.low} >= 0 THEN {value.low} WHEN {value.high} <= 0 THEN -{value.high} {inside}"
    high = f"CASE WHEN {value.low} IS NOT NULL THEN greatest(abs({value.low}), abs({value.high})) END"
    return Interval(low, high, value.unit)


def monotone(value: Interval, function: str) -> Interval:
    """exp or a logarithm of a value; null where there is none."""
    ends = []
    for end in (value.low, value.high):
        made = ONE[function].format(end)
        ends.append(made if function == "exp" else f"CASE WHEN {end} > 0 THEN {made} END")
    return Interval(ends[0], ends[1], "")
