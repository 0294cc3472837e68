"""The numbers of the forecast's document as HTML elements that can be checked against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rsimc.publish import words
from rsimc.publish.page import Html, joined, of_class, tag

NONE = "–"


class Numbers:
    """The document's numbers as elements that say which number of the document they are.

    An element is `<data value="0.44" data-key="milestones/closed_loop/not_within_horizon/p">44.0%</data>`: the value as
    the JSON has it, the text rounded for a reader.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def at(self, *path: str) -> Any:
        """The value at a path of keys; a key of a list is a place in it."""
        value: Any = self._document
        for key in path:
            value = value[int(key)] if isinstance(value, list) else value[key]
        return value

    def element(self, shown: str, *path: str) -> Html:
        """The value at a path, shown so."""
        attributes = {"value": json.dumps(self.at(*path)).strip('"'), "data-key": "/".join(path)}
        return tag("data", shown, attributes=attributes)

    def chance(self, *path: str) -> Html:
        """A probability with its standard error in percentage points, where there is one."""
        p, se = self.element(words.percent(self.at(*path, "p")), *path, "p"), self.at(*path, "se")
        if se is None:
            return p
        return joined([p, of_class("span", "se", " ± ", self.element(words.points(se), *path, "se"))])

    def days(self, *path: str) -> Html | None:
        """The standard error of a date, where there is one."""
        found = self.at(*path)
        return None if found is None else self.element(words.within_days(found), *path)

    def years(self, *path: str) -> Html:
        """A duration; a dash where there is none."""
        found = self.at(*path)
        return self.element(NONE if found is None else words.years(found), *path)

    def value(self, *path: str) -> Html:
        """A number in its unit; a dash where there is none."""
        found = self.at(*path)
        return self.element(NONE if found is None else words.number(found), *path)

    def day(self, horizon: int, *path: str, spelled: bool = False) -> Html:
        """A date, as ISO or spelled out, or that it lies beyond the horizon."""
        found = self.at(*path)
        shown = words.after(horizon) if found is None else words.long_date(found) if spelled else found
        return self.element(shown, *path)

    def count(self, *path: str) -> Html:
        """A whole number."""
        return self.element(f"{self.at(*path):,}", *path)
