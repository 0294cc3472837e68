"""Questions to SQL expressions over the columns of kept trajectories.

A milestone that has not come within the horizon comes after it, nobody knows when. So every value is an interval
[low, high] that holds it, equal ends where it is known, and a comparison is true, false, or null where the interval
does not decide it; `and`, `or` and `not` are those of SQL, which are Kleene's. Names become quoted columns of the
schema, numbers the literals of parsed floats, classes parameters: nothing of a question's text reaches the SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rsimc.analysis.query.columns import Columns
from rsimc.analysis.query.intervals import (
    INFINITE,
    Interval,
    absolute,
    difference,
    exact,
    extreme,
    less,
    literal,
    monotone,
    number,
    plus,
    scaled,
)
from rsimc.analysis.query.parse import DEEPEST, QuestionError
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
    Value,
)
from rsimc.dates import end_of_day, last_day
from rsimc.errors import nearest

LONGEST_SQL = 60_000
"""Characters, of a question as people write it some hundred."""
AFTER = 1e-6
"""Years after the horizon at which what lies beyond begins: half a minute, so that it is after the horizon itself."""
PLAIN = ("batch", "draw", "finite", "conditioned_out", "class")
"""Columns that keep their names."""
YEARS_OF = {"days": 1.0 / 365.25, "weeks": 7.0 / 365.25, "months": 1.0 / 12.0, "years": 1.0}
"""Units of time in years."""
YEAR = re.compile(r"(19|20|21)\d\d")


@dataclass
class Compiler:
    """Compiles the parts of one question. parameters: values for the `$name`s of the SQL; used: columns it needs, and
    what the SQL calls them, whose own names cannot tell `G` from `g`."""

    text: str
    columns: Columns
    parameters: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)

    def condition(self, node: Condition, depth: int = 0) -> str:
        """SQL that is true, false or null. Raises QuestionError."""
        self._guard(depth, node.at)
        match node:
            case Compared():
                return self._limited(self._compared(node, depth), node.at)
            case Kind():
                return self._kind(node)
            case Inverse(condition, _):
                return f"(NOT {self.condition(condition, depth + 1)})"
            case Joined(operator, left, right, at):
                first, second = self.condition(left, depth + 1), self.condition(right, depth + 1)
                return self._limited(f"({first} {operator.upper()} {second})", at)

    def value(self, node: Value, depth: int = 0) -> Interval:
        """SQL of a value. Raises QuestionError."""
        self._guard(depth, node.at)
        match node:
            case Number(value, _, unit, _):
                return exact(literal(value), "years" if unit else "")
            case Day(year, _, at):
                return exact(literal(self.columns.day(self.text, year, at)), "date")
            case Name(name, at):
                return self._named(name, at)
            case Observed():
                return self._observed(node)
            case Arithmetic():
                made = self._arithmetic(node, depth)
            case Called():
                made = self._called(node, depth)
        self._limited(made.low + made.high, node.at)
        return made

    def classes(self) -> str:
        """SQL of the index of a trajectory's class, -1 where it is not decided."""
        self._column("finite"), self._column("class")
        places = " ".join(f"WHEN {self._label(name)} THEN {n}" for n, name in enumerate(self.columns.classes))
        return f"CASE WHEN NOT finite THEN -1 ELSE CASE class {places} ELSE -1 END END"

    def _label(self, name: str) -> str:
        """A class as a parameter."""
        self.parameters[key := f"class{len(self.parameters)}"] = name
        return f"${key}"

    def _guard(self, depth: int, at: int) -> None:
        if depth > DEEPEST:
            raise QuestionError(self.text, at, f"at most {DEEPEST} parts within parts", "more", "ask less at once")

    def _limited(self, sql: str, at: int) -> str:
        if len(sql) > LONGEST_SQL:
            raise QuestionError(self.text, at, "a question that can be compiled", "too large a one", "ask less at once")
        return sql

    def _column(self, name: str) -> str:
        return self.used.setdefault(name, name if name in PLAIN else f"c{len(self.used)}")

    def _named(self, name: str, at: int) -> Interval:
        found = self.columns.find(self.text, name, at)
        if found.ends:  # of a duration in time: so that one whose end lies beyond is known to be long
            start, end = (self._named(f"date.{milestone}", at) for milestone in found.ends)
            return difference(end, start, found.unit)
        column = f"{self._column(found.column)}::DOUBLE"
        if found.source == "parameter":
            return exact(column, found.unit)
        self._column("finite")
        if found.source == "duration":
            low = f"CASE WHEN finite THEN coalesce({column}, -{INFINITE}) END"
            return Interval(low, f"CASE WHEN finite THEN coalesce({column}, {INFINITE}) END", found.unit)
        beyond = literal(self.columns.horizon + AFTER)
        low = f"CASE WHEN finite THEN coalesce({column}, {beyond}) END"
        return Interval(low, f"CASE WHEN finite THEN coalesce({column}, {INFINITE}) END", "date")

    def _observed(self, node: Observed) -> Interval:
        reading = self.columns.reading(self.text, node)
        self._column("finite")
        before, after = (f"{self._column(name)}::DOUBLE" for name in (reading.before, reading.after))
        if reading.before == reading.after:
            return exact(f"CASE WHEN finite THEN {before} END", reading.unit)
        one, other = literal(1.0 - reading.share), literal(reading.share)
        if reading.log:
            between = (
                f"CASE WHEN {before} > 0 AND {after} > 0 THEN exp({one} * ln({before}) + {other} * ln({after})) END"
            )
        else:
            between = f"{one} * {before} + {other} * {after}"
        return exact(f"CASE WHEN finite THEN {number(between)} END", reading.unit)

    def _compared(self, node: Compared, depth: int) -> str:
        left, right = self._pair(node.left, node.right, depth)
        if (left.unit == "date") != (right.unit == "date"):
            wrong = node.right if left.unit == "date" else node.left
            raise QuestionError(self.text, wrong.at, "a date, since the other side is one", "a number")
        left, right = self._alike_times(left, right, node.right.at)
        match node.relation:
            case "<":
                return less(left, right, "<", ">=")
            case "<=":
                return less(left, right, "<=", ">")
            case ">":
                return less(right, left, "<", ">=")
            case ">=":
                return less(right, left, "<=", ">")
        advice = "two such values are hardly ever equal; for a class write class = fast"
        raise QuestionError(self.text, node.at, "<, <=, > or >=", f'"{node.relation}"', advice)

    def _pair(self, left: Value, right: Value, depth: int) -> tuple[Interval, Interval]:
        """Both values; a year as a number is a date where the other side is one."""
        first, second = self.value(left, depth + 1), self.value(right, depth + 1)
        if first.unit == "date" and second.unit != "date":
            second = self._as_year(right, second)
        elif second.unit == "date" and first.unit != "date":
            first = self._as_year(left, first)
        return first, second

    def _alike_times(self, left: Interval, right: Interval, at: int) -> tuple[Interval, Interval]:
        """Both in one unit, where either is a time. Raises QuestionError for a time beside something else."""
        if left.unit == right.unit or not (left.unit in YEARS_OF or right.unit in YEARS_OF):
            return left, right
        if left.unit in YEARS_OF and right.unit in YEARS_OF:
            return self._in_years(left), self._in_years(right)
        if left.unit and right.unit:
            raise QuestionError(self.text, at, f"a value in {left.unit}", f"one in {right.unit}", "give a plain number")
        return left, right

    def _in_years(self, value: Interval) -> Interval:
        """A time in years; anything else as it is."""
        if value.unit not in YEARS_OF or value.unit == "years":
            return value
        made = scaled(value, exact(literal(YEARS_OF[value.unit]), ""), "*")
        return Interval(made.low, made.high, "years")

    def _as_year(self, node: Value, made: Interval) -> Interval:
        if isinstance(node, Number) and not node.unit and YEAR.fullmatch(node.text):
            return self.value(Day(end_of_day(last_day(node.text)), node.text, node.at))
        return made

    def _kind(self, node: Kind) -> str:
        self._column("finite"), self._column("class")
        names = []
        for label in node.labels:
            if label not in self.columns.classes:
                advice = nearest(label, self.columns.classes)
                raise QuestionError(self.text, node.at, "a class of takeoff", f'"{label}"', advice)
            names.append(self._label(label))
        among = ", ".join(names)
        return f"(CASE WHEN finite THEN class {'' if node.within else 'NOT '}IN ({among}) END)"

    def _arithmetic(self, node: Arithmetic, depth: int) -> Interval:
        left, right = self._pair(node.left, node.right, depth)
        if node.operator in "+-":
            if "date" not in (left.unit, right.unit):
                left, right = self._alike_times(left, right, node.right.at)
            elif left.unit != right.unit:  # spans of time are in years beside a date
                left, right = (self._in_years(one) for one in (left, right))
            unit = self._sum_unit(node, left, right)
            return plus(left, right, unit) if node.operator == "+" else difference(left, right, unit)
        if "date" in (left.unit, right.unit):
            raise QuestionError(self.text, node.at, "numbers beside * and /", "a date", "take differences of dates")
        if node.operator == "*" and left.known and not right.known:
            left, right = right, left
        if not right.known:
            advice = "only one of two values that are multiplied may lie beyond the horizon, and none that divides"
            raise QuestionError(self.text, node.at, "a value that is known", "one that may not be", advice)
        return scaled(left, right, node.operator)

    def _sum_unit(self, node: Arithmetic, left: Interval, right: Interval) -> str:
        dates = (left.unit == "date") + (right.unit == "date")
        if dates == 2 and node.operator == "+":
            raise QuestionError(self.text, node.at, "a date and a number of years", "two dates")
        if dates == 1:
            other = right.unit if left.unit == "date" else left.unit
            if other not in ("", "years") or (node.operator == "-" and right.unit == "date"):
                found = "a number minus a date" if right.unit == "date" else f"a value in {other}"
                raise QuestionError(self.text, node.at, "a date and a number of years", found)
            return "date"
        if dates == 2:
            return "years"
        return left.unit if left.unit == right.unit or not right.unit else right.unit if not left.unit else ""

    def _called(self, node: Called, depth: int) -> Interval:
        values = [self.value(argument, depth + 1) for argument in node.arguments]
        if node.function in ("min", "max"):
            return extreme(self._alike(node, values), node.function)
        if len(values) > 1:
            at = node.arguments[1].at
            raise QuestionError(self.text, at, f"one value in {node.function}(...)", f"{len(values)}")
        if values[0].unit == "date":
            raise QuestionError(self.text, node.arguments[0].at, "a number", "a date", "take differences of dates")
        return absolute(values[0]) if node.function == "abs" else monotone(values[0], node.function)

    def _alike(self, node: Called, values: list[Interval]) -> list[Interval]:
        """The values of a call, years taken for dates where one of them is a date."""
        if all(value.unit != "date" for value in values):
            for n, argument in enumerate(node.arguments[1:], start=1):
                values[0], values[n] = self._alike_times(values[0], values[n], argument.at)
            return values if len({v.unit for v in values} & set(YEARS_OF)) < 2 else [*map(self._in_years, values)]
        pairs = zip(node.arguments, values, strict=True)
        dates = [one if one.unit == "date" else self._as_year(argument, one) for argument, one in pairs]
        for argument, value in zip(node.arguments, dates, strict=True):
            if value.unit != "date":
                raise QuestionError(self.text, argument.at, "a date, since another value is one", "a number")
        return dates
