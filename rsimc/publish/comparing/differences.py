"""Differences between runs as elements that can be checked against the page's document, and the page's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import Html, Part, joined, of_class, paragraph
from rsimc.publish.prose import said as said_in
from rsimc.publish.words import signed

WORDS = "comparing/comparison.toml"
Shown = Callable[[float], str]


def said(key: str, blanks: Mapping[str, str] | None = None) -> Html:
    """The text of a key of this page's words."""
    return said_in(key, blanks, WORDS)


def told(key: str, blanks: Mapping[str, str] | None = None) -> Html:
    """The same as a paragraph."""
    return paragraph(said(key, blanks))


def stacked(above: Part, below: Part) -> Html:
    """A number, and what is said of it below."""
    return joined([above, None if below is None else of_class("span", "se below", below)])


class Differences:
    """Differences of the document's pairs; n: the place of a run among all, path: of a number in its comparison."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def there(self, n: int, *path: str) -> bool:
        """Whether run n has this difference from the first one."""
        if n == 0 or self._numbers.at("comparisons")[n - 1] is None:
            return False
        try:
            found = self._numbers.at("comparisons", str(n - 1), *path)
        except KeyError:  # a milestone or a year that only one of the two has
            return False
        return any(found.get(key) is not None for key in ("difference", "difference_days"))

    def points(self, n: int, *path: str) -> Html | None:
        """Of a probability, in points, with its error."""
        return self._shown(
            n, path, "difference", "se", lambda x: signed(100 * x, 2), lambda x: f"{max(100 * x, 0.01):.2f}"
        )

    def days(self, n: int, *path: str) -> Html | None:
        """Of a date, in days."""
        shown = self._shown(
            n, path, "difference_days", "se_days", lambda x: signed(x, 0), lambda x: f"{max(x, 1.0):,.0f}"
        )
        return None if shown is None else joined([shown, " days"])

    def ratio(self, n: int, *path: str) -> Html | None:
        """Of a duration, as a multiple of the first run's."""
        if not self.there(n, *path) or self._numbers.at("comparisons", str(n - 1), *path, "ratio") is None:
            return None
        return self._shown(n, path, "ratio", "ratio_se", lambda x: f"× {x:.3f}", lambda x: f"{max(x, 0.001):.3f}")

    def saved(self, n: int, *path: str) -> Html | None:
        """The share of variance that pairing saved."""
        place = ("comparisons", str(n - 1), *path, "variance_saved")
        found = self._numbers.at(*place) if self.there(n, *path) else None
        return None if found is None else self._numbers.element(f"{max(found, 0.0):.0%}", *place)

    def pairing_helps(self, n: int, *path: str) -> bool:
        """Whether what the runs share makes a difference better known by more than a hundredth."""
        found = self._numbers.at("comparisons", str(n - 1), *path, "variance_saved")
        return found is not None and found > 0.01

    def saved_cell(self, n: int, *path: str) -> Part:
        """The same in a table, where the first run has no entry."""
        return "" if n == 0 else self.saved(n, *path) or NONE

    def _shown(
        self, n: int, path: Sequence[str], value: str, error: str, show: Shown, show_error: Shown
    ) -> Html | None:
        if not self.there(n, *path):
            return None
        place = ("comparisons", str(n - 1), *path)
        number = self._numbers.element(show(self._numbers.at(*place, value)), *place, value)
        se = self._numbers.at(*place, error)
        if se is None:
            return number
        return joined([number, " ± ", self._numbers.element(show_error(se), *place, error)])
