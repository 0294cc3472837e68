"""What some formats can be told."""

from __future__ import annotations

from dataclasses import dataclass

TABLES = ("numbers", "cdf", "quantiles", "ensemble")
"""Of csv and parquet: the numbers of the JSON document; distribution functions; quantiles; trajectories in full."""


@dataclass(frozen=True)
class Options:
    """table: one of TABLES. figure: the name of a chart, or parameter.NAME. milestone: of metaculus, with the range of
    the question and whether its ends are open; first, last: days, months or years, the first day of one and the last of
    the other."""

    table: str = "numbers"
    figure: str = "cdf"
    milestone: str = "closed_loop"
    first: str = ""
    last: str = ""
    open_low: bool = False
    open_high: bool = True
