"""Several opinions about one milestone, and their pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rsimc.analysis.display import labels
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.analysis.pool.components import Component, common_range, of_run, of_table
from rsimc.analysis.pool.pool import KINDS, Pooled, alone, grid, pooled, quarters
from rsimc.analysis.pool.weights import SCORES, from_scores, given
from rsimc.errors import UsageError


@dataclass(frozen=True)
class Pool:
    """Components and pools. weights: of the components, in their order, summing to 1; first, last:
    the range in decimal years, beyond which nothing is said but how much lies there."""

    milestone: str
    weights: tuple[float, ...]
    components: tuple[Pooled, ...]
    pools: tuple[Pooled, ...]
    first: float
    last: float


def pool(
    parts: Sequence[str | Path | Forecast], milestone: str, weights: str | None, until: str | None, *, allow_code: bool
) -> Pool:
    """The pools of runs and tables. Raises as `rsimc.comparing.pool` says."""
    if len(parts) < 2:
        raise UsageError("pool", "two runs or tables, or more", f"{len(parts)}")
    opened = [_opened(part, allow_code) for part in parts]
    names = labels([one.folder if isinstance(one, Forecast) else one for one in opened])
    components = [_component(one, milestone, name) for one, name in zip(opened, names, strict=True)]
    shares = _weights(opened, weights)
    first, last = common_range(components, until)
    years = grid(components, first, last)
    places = {"linear": years, "logarithmic": quarters(first, last)}
    made = tuple(pooled(components, shares, kind, places[kind]) for kind in KINDS)
    beside = tuple(alone(one, years) for one in components)
    return Pool(milestone, tuple(float(w) for w in shares), beside, made, first, last)


def _opened(part: str | Path | Forecast, allow_code: bool) -> Path | Forecast:
    if isinstance(part, Forecast):
        return part
    path = Path(part)
    return path if path.suffix == ".csv" else open_run(path, allow_code=allow_code)


def _component(one: Path | Forecast, milestone: str, name: str) -> Component:
    return of_run(one, milestone, name) if isinstance(one, Forecast) else of_table(one)


def _weights(opened: Sequence[Path | Forecast], text: str | None) -> np.ndarray:
    if text != SCORES:
        return given(text, len(opened))
    runs = [one for one in opened if isinstance(one, Forecast)]
    if len(runs) < len(opened):
        raise UsageError("--weights", "runs alone, which have backtests", "a table", "give weights such as 2,1")
    return from_scores(runs)
