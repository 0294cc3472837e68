"""Exact, mergeable counts: integers with zero, + and invariants. int32 scatter on the device, int64 on the host."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.plan import BATCHES, BLOCK, DURATION_BINS, Bins, Plan, batch_of
from rsimc.engine.simulate import Seen
from rsimc.maths import fence, maximum

Array = jax.Array
COPIES = 32
"""Of each bin of a fan where trajectories stand side by side by the ten thousand: threads of a GPU that count at once
would wait for each other at one word, and go together to neighbouring ones."""
ACCOUNTS = ("counted", "nonfinite", "conditioned_out", "clipped")


@dataclass(frozen=True)
class Counts:
    """Integer counts of trajectories.

    milestones [batch, milestone, date bin], durations [batch, duration, bin], classes [batch, class], fans [stored
    date, observable, bin], accounts [batch, account]. A trajectory is counted, nonfinite or conditioned out; `clipped`
    marks some of the counted ones. Addition is associative and commutative, so that any split of a run gives the same
    counts.
    """

    milestones: np.ndarray
    durations: np.ndarray
    classes: np.ndarray
    fans: np.ndarray
    accounts: np.ndarray

    def __post_init__(self) -> None:
        for name in COUNT_FIELDS:
            array = getattr(self, name)
            if array.dtype != np.int64 or (array.size and array.min() < 0):
                raise ValueError(f"counts.{name}: expected int64 >= 0, got {array.dtype}, minimum {array.min()}")
        counted = self.accounts[:, 0]
        for name in ("milestones", "durations", "classes"):
            sums = getattr(self, name).sum(axis=-1).reshape(len(counted), -1)
            if np.any(sums != counted[:, None]):
                raise ValueError(f"counts.{name}: bins do not sum to the number of trajectories counted")
        if np.any(self.accounts[:, ACCOUNTS.index("clipped")] > counted):
            raise ValueError("counts.accounts: more trajectories are clipped than counted")
        if np.any(self.fans.sum(axis=-1) != counted.sum()):
            raise ValueError("counts.fans: bins do not sum to the number of trajectories counted")

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNT_FIELDS))

    @property
    def n(self) -> int:
        """Trajectories in all."""
        return int(self.accounts[:, :3].sum())

    def account(self, name: str) -> int:
        """Total of one account."""
        return int(self.accounts[:, ACCOUNTS.index(name)].sum())


COUNT_FIELDS = tuple(field.name for field in fields(Counts))
FLAT = tuple(name for name in COUNT_FIELDS if name != "fans")


def shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Shape of every field for a plan."""
    model = plan.model
    fan = max(b.size for b in plan.fan_bins)
    return {
        "milestones": (BATCHES, len(model.milestones), plan.grid.size),
        "durations": (BATCHES, len(model.durations), DURATION_BINS + 2),
        "classes": (BATCHES, len(model.classes)),
        "fans": (len(plan.stored_steps), len(model.observables), fan),
        "accounts": (BATCHES, len(ACCOUNTS)),
    }


def zero(plan: Plan) -> Counts:
    """No trajectories."""
    return Counts(**{name: np.zeros(shape, np.int64) for name, shape in shapes(plan).items()})


class Tally(NamedTuple):
    """Counts on a device, int32: fans in their shape, and all other arrays laid flat one after the other. Each on its
    own would be four more small programs to compile, of 20 ms each on a Zen 1."""

    flat: Array
    fans: Array


def device_zero(plan: Plan) -> Tally:
    """No trajectories, on the device."""
    return Tally(jnp.zeros(_end(plan), jnp.int32), jnp.zeros(shapes(plan)["fans"], jnp.int32))


def host_counts(plan: Plan, tally: Tally) -> Counts:
    """The sum of what several devices counted; flat [devices, ...], fans [devices, ...]."""
    flat, fans = (np.asarray(part).astype(np.int64).sum(axis=0) for part in tally)
    size, found = shapes(plan), {"fans": fans}
    for name, lies in _extents(plan).items():
        found[name] = flat[lies].reshape(size[name])
    return Counts(**found)


def _extents(plan: Plan) -> dict[str, slice]:
    """Where each array of counts lies in what is flat of a `Tally`."""
    size, at, found = shapes(plan), 0, {}
    for name in FLAT:
        first, at = at, at + math.prod(size[name])
        found[name] = slice(first, at)
    return found


def _end(plan: Plan) -> int:
    """Length of what is flat of a `Tally`."""
    return max(lies.stop for lies in _extents(plan).values())


class Places(NamedTuple):
    """Where a block's trajectories are counted in what is flat of a `Tally`, behind its end where they are not [rows,
    B]; whether they are counted [B]."""

    flat: Array
    counted: Array


def places_of(plan: Plan, seen: Seen, ids: Array, valid: Array) -> Places:
    """Where to count a block; valid [B] masks padding. Places in fans would take as much memory again as what is kept
    of all trajectories: see `device_add`."""
    batch, out_of_time = batch_of(ids)[None], gone_by(plan, seen.dates)
    counted = valid & seen.finite & ~out_of_time
    marks = (counted, valid & ~seen.finite, valid & seen.finite & out_of_time, counted & seen.clipped)
    dates = {m.name: seen.dates[n] for n, m in enumerate(plan.model.milestones)}
    kind = plan.model.classify(dates, jnp.asarray(plan.grid.end - plan.grid.start, seen.dates.dtype))
    days, spent = date_bin(plan, seen.dates), _duration_bins(plan, seen)
    bins = {
        "milestones": (batch, _rows(len(days)), days),
        "durations": (batch, _rows(len(spent)), spent),
        "classes": (batch, kind[None]),
        "accounts": (batch, _rows(len(marks))),
    }
    masks = {**dict.fromkeys(FLAT, counted), "accounts": jnp.stack(marks)}
    size, end = shapes(plan), _end(plan)
    rows = [
        jnp.where(masks[name], lies.start + _place(size[name], bins[name]), end)
        for name, lies in _extents(plan).items()
    ]
    return Places(fence(jnp.concatenate(rows)), counted)


def device_add(plan: Plan, tally: Tally, seen: Seen, places: Places) -> Tally:
    """Counts with a block's trajectories added at their places."""
    return Tally(_scatter(tally.flat, places.flat), _fans(plan, tally.fans, seen, places.counted))


def gone_by(plan: Plan, dates: Array) -> Array:
    """Whether a milestone that would have been seen by `as_of` lies before it; dates [milestones, B]."""
    if plan.as_of is None:
        return jnp.zeros(dates.shape[1:], bool)
    seen = np.array([m.seen for m in plan.model.milestones])
    return jnp.any(dates[seen] < np.float32(plan.as_of), axis=0)


def date_bin(plan: Plan, years: Array) -> Array:
    """Date bins of years since the start: 0 at or before it, the last one when not within the horizon."""
    inside = jnp.clip(jnp.floor(years / np.float32(plan.grid.width)), 0, plan.grid.inside - 1).astype(jnp.int32) + 1
    late = ~(years < np.float32(plan.grid.end - plan.grid.start))
    return jnp.where(years <= 0, 0, jnp.where(late, plan.grid.inside + 1, inside))


def bin_of(bins: Sequence[Bins], value: Array) -> Array:
    """Bin of values [..., bins, B] that are already on the scales of the bins, all of them as many (logs on log
    scales); NaN and inf go to the last."""
    (inside,) = {one.inside for one in bins}
    low = np.array([one.range[0] for one in bins], np.float32)[:, None]
    scale = np.array([inside / (one.range[1] - one.range[0]) for one in bins], np.float32)[:, None]
    place = jnp.floor((value - low) * scale)
    index = jnp.clip(jnp.where(jnp.isnan(place), inside, place), -1, inside)
    return index.astype(jnp.int32) + 1


def spans(plan: Plan, dates: Array, readings: Array) -> list[Array]:
    """What passes in each duration [B] on its clock, inf or NaN when one of the two is not within the horizon."""
    when = {m.name: dates[n] for n, m in enumerate(plan.model.milestones)}
    read = dict(zip(plan.readings, readings, strict=True))
    out = []
    for d in plan.model.durations:
        if d.clock:
            out.append(read[d.clock, d.end] - (read[d.clock, d.start] if d.start else 0.0))
        else:
            start, end = when[d.start], when[d.end]
            both = jnp.isfinite(start) & jnp.isfinite(end)
            out.append(jnp.where(both, jnp.where(both, end, 0.0) - jnp.where(both, start, 0.0), jnp.inf))
    return out


def _duration_bins(plan: Plan, seen: Seen) -> Array:
    """Bin of every duration [durations, B]; on log scales 0 or less is the lowest bin."""
    if not plan.duration_bins:
        return jnp.zeros((0, *seen.dates.shape[1:]), jnp.int32)
    span = jnp.stack(spans(plan, seen.dates, seen.readings))
    logs = np.array([bins.log for bins in plan.duration_bins])[:, None]
    return bin_of(plan.duration_bins, jnp.where(logs, jnp.log(maximum(span, 1e-6)), span))


def _fans(plan: Plan, fans: Array, seen: Seen, counted: Array) -> Array:
    # All observables at once, in the order in which they are stored: one by one, counting took a sixth of a run.
    place = fence(bin_of(plan.fan_bins, seen.observables))
    index = (_rows(fans.shape[0])[:, None], _rows(fans.shape[1]), place)
    copies = min(COPIES, max(1, len(counted) // BLOCK))
    if copies == 1:
        return _scatter(fans, _counted_at(fans, index, counted))
    turn = jnp.arange(len(counted), dtype=jnp.int32) % np.int32(copies)
    apart = jnp.zeros((*fans.shape, copies), jnp.int32)
    return fans + _scatter(apart, _counted_at(apart, (*index, turn), counted)).sum(axis=-1)


def _rows(n: int) -> Array:
    """The numbers of n rows, as a column."""
    return jnp.arange(n, dtype=jnp.int32)[:, None]


def _place(shape: tuple[int, ...], index: tuple[Array, ...]) -> Array:
    """Places in an array of this shape laid flat."""
    flat = jnp.zeros((), jnp.int32)
    for axis, size in zip(index, shape, strict=True):
        flat = flat * np.int32(size) + axis
    return flat


def _counted_at(counts: Array, index: tuple[Array, ...], counted: Array) -> Array:
    """Places in counts laid flat, behind their end where nothing is counted."""
    return fence(jnp.where(counted, _place(counts.shape, index), np.int32(counts.size)))


def _scatter(counts: Array, flat: Array) -> Array:
    """Add one at each place; those behind the end are dropped."""
    places = counts.reshape(-1).at[flat.reshape(-1)]
    return places.add(1, mode="drop", wrap_negative_indices=False).reshape(counts.shape)
