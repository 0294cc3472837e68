"""One error tree. Every error knows where it happened, what was expected, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RsimcError(Exception):
    """Base of all errors that rsimc raises on purpose; the command line prints them without a traceback.

    The message reads `where: expected ..., got ...; advice`, leaving out the parts that are empty.
    """

    exit_code = 1

    def __init__(self, where: str, expected: str = "", found: str = "", advice: str = "") -> None:
        self.where, self.expected, self.found, self.advice = where, expected, found, advice
        body = ", ".join(part for part in (expected and f"expected {expected}", found and f"got {found}") if part)
        message = f"{where}: {body}" if body else where
        super().__init__(f"{message}; {advice}" if advice else message)


class UsageError(RsimcError):
    """The command was called with an argument that cannot be used."""

    exit_code = 2


class PointedError(UsageError):
    """A text of the user's that cannot be read at a character; it is shown, with a mark below the character."""

    def __init__(self, where: str, text: str, at: int, expected: str = "", found: str = "", advice: str = "") -> None:
        self.text, self.at = text, at
        super().__init__(f"{where}, character {at + 1}", expected, found, advice)

    @property
    def pointer(self) -> str:
        """Two lines: the part of the text around the character, and a mark below it."""
        first = max(self.at - 60, 0)
        shown = "".join(letter if letter.isprintable() else " " for letter in self.text[first : first + 120])
        return f"  {shown}\n  {' ' * (self.at - first)}^"


class ScenarioError(RsimcError):
    """A scenario cannot be read or does not make sense."""

    exit_code = 3


class DataError(RsimcError):
    """An observation table cannot be read or holds a bad row."""

    exit_code = 3


class CalibrationError(RsimcError):
    """The posterior cannot be trusted."""

    exit_code = 4


class RunError(RsimcError):
    """A run folder is incomplete, damaged, or belongs to another run."""

    exit_code = 5


class OutputError(RsimcError):
    """A result could not be written (full disk, read-only folder)."""

    exit_code = 1


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, or lists the known ones when none is near.

    >>> nearest("retruns", ["returns", "curvature"])
    'did you mean "returns"?'
    >>> nearest("zzz", ["b", "a"])
    'known: a, b'
    """
    words = sorted(known)
    close = difflib.get_close_matches(name, words, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(words)}"
