"""What a setting's trajectories say: dates, classes, fans, single trajectories, answers; each with its error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
import pyarrow as pa

from rsimc.analysis.estimates import Curve, Estimate, estimate
from rsimc.analysis.explore.setting import Setting
from rsimc.analysis.explore.standing import Standing
from rsimc.dates import end_of_day
from rsimc.engine.counts import gone_by
from rsimc.engine.plan import BATCHES, BLOCK, Plan
from rsimc.engine.simulate import Block
from rsimc.models.base import Observable
from rsimc.runs.ensemble import joined, joined_field, table_of
from rsimc.runs.study import Study

if TYPE_CHECKING:
    from rsimc.analysis.query.ask import Asker

CURVE_BINS = 12
"""A year of dates, of which curves are drawn."""
FAN_BINS = 256
FAN_YEARS = 0.5
"""Years between the dates of a fan, a year apart where only years are kept."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Outcome:
    """Trajectories of one setting. ids, draw [n]: of trajectories, and of the posterior's draws; block: of lanes."""

    setting: Setting
    standing: Standing
    study: Study
    plan: Plan
    ids: np.ndarray
    draw: np.ndarray
    block: Block

    @cached_property
    def first_dates(self) -> np.ndarray:
        """Milestone dates in years since the start [milestones, n], float32, inf where they do not come."""
        return joined_field(self.block.dates)

    @cached_property
    def finite(self) -> np.ndarray:
        """Whether a trajectory stayed finite [n]."""
        return joined_field(self.block.finite)

    @cached_property
    def gone(self) -> np.ndarray:
        """Those that are left out, since what the world would have seen had happened in them [n]."""
        return self.finite & np.asarray(gone_by(self.plan, jnp.asarray(self.first_dates)))

    @cached_property
    def kept(self) -> np.ndarray:
        """Places of those in the denominator; the ones that are not finite are, as never [kept]."""
        return np.flatnonzero(~self.gone)

    @cached_property
    def batch(self) -> np.ndarray:
        """Batches of those that are kept."""
        return (self.ids[self.kept] // BLOCK % BATCHES).astype(np.int64)

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many of each batch are kept [batch]."""
        return np.bincount(self.batch, minlength=BATCHES).astype(np.float64)

    @cached_property
    def dates(self) -> np.ndarray:
        """Decimal years at which milestones come in those that are kept [milestones, kept], inf where they do not."""
        dates = self.first_dates[:, self.kept].astype(np.float64)
        return np.where(self.finite[self.kept], dates, np.inf) + self.plan.grid.start

    @cached_property
    def edges(self) -> np.ndarray:
        """Decimal years of curves: from the day of the forecast to the end by months."""
        first, last = end_of_day(self.study.scenario.as_of), self.plan.grid.end
        return np.linspace(first, last, round((last - first) * CURVE_BINS) + 1)

    def curve(self, milestone: str) -> Curve:
        """The distribution of a milestone's date."""
        return self.curves[milestone]

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """The distribution of every milestone's date."""
        width, model = len(self.edges) + 1, self.plan.model
        first, last = self.edges[0], self.edges[-1]
        # Bins are equal, the first for what comes at or before the first edge: to search for them would take longer.
        places = np.ceil((np.minimum(self.dates, last + 1.0) - first) * ((width - 2) / (last - first)))
        bins = np.clip(places, 0, width - 1).astype(np.intp) + self.batch * width
        counts = [np.bincount(row, minlength=BATCHES * width).reshape(BATCHES, width) for row in bins]
        hits = [np.cumsum(part[:, :-1], axis=1).astype(np.float64) for part in counts]
        return {m.name: Curve(self.edges, hit, self.sizes) for m, hit in zip(model.milestones, hits, strict=True)}

    @cached_property
    def classes(self) -> dict[str, Estimate]:
        """The probability of each kind of takeoff, as of the end of the trajectories."""
        model, grid = self.plan.model, self.plan.grid
        dates = {m.name: jnp.asarray(self.first_dates[n]) for n, m in enumerate(model.milestones)}
        index = np.asarray(model.classify(dates, jnp.asarray(np.float32(grid.end - grid.start))))[self.kept]
        counted = self.finite[self.kept]
        hits = [np.bincount(self.batch, counted & (index == n), BATCHES) for n in range(len(model.classes))]
        return {name: estimate(hit, self.sizes) for name, hit in zip(model.classes, hits, strict=True)}

    def fan(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Years [dates], and QUANTILES of an observable there [dates, quantiles] in its unit."""
        place, seen = next((n, o) for n, o in enumerate(self.plan.model.observables) if o.name == name)
        years = self.plan.stored_years
        slots = [n for n, year in enumerate(years) if _shown(year, end_of_day(self.study.scenario.as_of))]
        values = joined_field(self.block.observables, slots, place)[:, self.kept]
        return years[slots], _quantiles(values, seen)

    def table(self) -> pa.Table:
        """The trajectories as the rows that a run keeps."""
        fields = {**joined(self.block), "draw": self.draw.astype(np.int32)}
        return table_of(self.plan, self.study.priors, fields, self.ids)

    @cached_property
    def asker(self) -> Asker:
        """Answers questions to the trajectories."""
        from rsimc.analysis.query.ask import Asker  # DuckDB, which only questions need
        from rsimc.analysis.query.columns import columns

        table = self.table()
        known = columns(table.schema, self.plan.grid.end, "setting")
        return Asker(known, table.select, self.standing.kind in ("posterior", "reweighted"))


def _shown(year: float, since: float) -> bool:
    return year > since and abs(year / FAN_YEARS - round(year / FAN_YEARS)) < 1e-6


def _quantiles(values: np.ndarray, seen: Observable) -> np.ndarray:
    """Quantiles of values [dates, kept] on the observable's own scale, by bins of a 256th of its range: sorting would
    take longer than simulating. NaN counts as the largest."""
    ends = np.array([seen.low, seen.high])
    low, high = (np.log(ends) if seen.scale == "log" else ends).tolist()
    places = (values - np.float32(low)) * np.float32(FAN_BINS / (high - low))
    bins = np.maximum(np.fmin(places, np.float32(FAN_BINS - 1)), np.float32(0)).astype(np.intp)
    counts = np.stack([np.bincount(row, minlength=FAN_BINS) for row in bins])
    share = np.pad(np.cumsum(counts, axis=1) / max(values.shape[1], 1), ((0, 0), (1, 0)))
    edges = np.linspace(low, high, FAN_BINS + 1)
    found = np.array([np.interp(QUANTILES, row, edges) for row in share])
    return np.exp(found) if seen.scale == "log" else found
