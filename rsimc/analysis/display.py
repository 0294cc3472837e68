"""Names of runs, and small HTML tables for notebooks, in which everything that comes from a file is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path


def labels(folders: Sequence[Path]) -> list[str]:
    """What to call folders or files: their own names, or their paths where two have one name.

    >>> labels([Path("runs/a"), Path("runs/b")])
    ['a', 'b']
    """
    names = [path.stem if path.suffix == ".csv" else path.name for path in folders]
    return names if len(set(names)) == len(names) else [str(path) for path in folders]


def table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts.

    >>> table("a < b", ["x"], [["1"]])
    '<table><caption>a &lt; b</caption><tr><th>x</th></tr><tr><td>1</td></tr></table>'
    """
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{body}</table>"


def chance(p: float | None, se: float | None) -> str:
    """A probability with its error, in percent.

    >>> chance(0.1234, 0.002), chance(None, None)
    ('12.3 ± 0.2 %', '–')
    """
    if p is None or p != p:
        return "–"
    return f"{100 * p:.1f} %" if se is None else f"{100 * p:.1f} ± {100 * se:.1f} %"
