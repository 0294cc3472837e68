"""Tables and paragraphs that read well at 80 columns, at 120 and in a pipe."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rsimc.priors.quantiles import Quantile

QUANTILES = (0.05, 0.5, 0.95)
NUMBER_WIDTH = 8
PRIOR_WIDTH = 40


def number(value: float) -> str:
    """A number for a person, to three digits or to the unit.

    >>> number(0.05378), number(102535.0), number(1.45), number(-0.0), number(3e9), number(999.7)
    ('0.0538', '102,535', '1.45', '0', '3.00e+09', '1,000')
    """
    size = abs(float(f"{value:.3g}"))
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.2e}"
    return f"{value:,.0f}" if size >= 1000 else f"{value + 0.0:.3g}"


def quantiles(prior: Quantile) -> dict[str, float]:
    """The quantiles of a prior that commands show."""
    return {f"{p:g}": prior.quantile(p) for p in QUANTILES}


def table(*headings: str, right: Sequence[str] = (), wrap: Sequence[str] = ()) -> Table:
    """A table without lines. Only the columns named in `wrap` break their texts to fit the console."""
    out = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in right else "left"
        out.add_column(heading, justify=justify, overflow="fold", no_wrap=heading not in wrap)
    return out


def natural_width(out: Console, grid: Table) -> int:
    """Columns that a table takes when nothing in it wraps."""
    return out.measure(grid, options=out.options.update(max_width=1000)).maximum


def prior_grid(names: Sequence[str], width: int) -> Table:
    """Rows of name, prior and quantiles, of the same widths in every grid for the same names and console width."""
    out = Table.grid(padding=(0, 1, 0, 0))
    first = max(map(len, names))
    numbers = len(QUANTILES) * (NUMBER_WIDTH + 1)
    out.add_column(width=first, no_wrap=True)
    out.add_column(width=max(min(PRIOR_WIDTH, width - first - numbers - 2), 12), overflow="fold")
    for _ in QUANTILES:
        out.add_column(width=NUMBER_WIDTH, justify="right", no_wrap=True)
    return out


def prior_row(grid: Table, name: str, prior: Quantile, style: str = "") -> None:
    """Add a prior to a grid; a fixed one has no spread to show."""
    shown = ["", number(prior.loc), ""] if prior.kind == "fixed" else [number(v) for v in quantiles(prior).values()]
    text = f"fixed at {prior.text}" if prior.kind == "fixed" else prior.text
    grid.add_row(Text(name, style=style), text, *shown)


def prior_headings(grid: Table, name: str, prior: str) -> Table:
    """The same grid with its headings as the first row."""
    grid.add_row(Text(name, "bold"), Text(prior, "bold"), *(Text(f"{p:.0%}", "bold") for p in QUANTILES))
    return grid


def say(out: Console, text: str, indent: int = 2, hang: int = 0, style: str = "") -> None:
    """Print text that wraps within an indentation, later lines `hang` deeper. Words, names and addresses stay whole."""
    first = " " * indent
    lines = textwrap.fill(
        text,
        out.width,
        initial_indent=first,
        subsequent_indent=first + " " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
    out.print(Text(lines, style), soft_wrap=True)


def heading(text: str) -> Text:
    """A section's title."""
    return Text(text, "bold")
