"""Exact, mergeable counts: integers with zero, + and invariants. int32 scatter on the device, int64 on the host."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.plan import BATCHES, BLOCK, DURATION_BINS, FAN_BINS, Bins, Plan, batch_of
from rsimc.engine.simulate import Block
from rsimc.maths import fence

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


def device_zero(plan: Plan) -> dict[str, Array]:
    """No trajectories, int32, on the device."""
    return {name: jnp.zeros(shape, jnp.int32) for name, shape in shapes(plan).items()}


class Places(NamedTuple):
    """Where a block's trajectories are counted: bins of milestones [milestones, B] and of durations [durations, B],
    classes [B]; gone [B]: not counted, see `gone_by`."""

    milestones: Array
    durations: Array
    classes: Array
    gone: Array


def places_of(plan: Plan, block: Block) -> Places:
    """Where to count a block, but for its fans, whose places would take as much memory again as all that is kept."""
    dates = {m.name: block.dates[n] for n, m in enumerate(plan.model.milestones)}
    horizon = jnp.asarray(plan.grid.end - plan.grid.start, block.dates.dtype)
    return Places(
        date_bin(plan, block.dates),
        _duration_bins(plan, block),
        plan.model.classify(dates, horizon),
        gone_by(plan, block.dates),
    )


def device_add(
    plan: Plan, counts: dict[str, Array], block: Block, places: Places, ids: Array, valid: Array
) -> dict[str, Array]:
    """Counts with a block's trajectories added at their places; valid [B] masks padding."""
    batch = batch_of(ids)
    nonfinite = valid & ~block.finite
    gone = valid & block.finite & places.gone
    counted = valid & block.finite & ~places.gone
    out = dict(counts)
    for name, bins in (("milestones", places.milestones), ("durations", places.durations)):
        which = jnp.arange(counts[name].shape[1], dtype=jnp.int32)[:, None]
        out[name] = _scatter(counts[name], (batch[None], which, bins), counted)
    out["classes"] = _scatter(counts["classes"], (batch, places.classes), counted)
    out["fans"] = _fans(plan, counts["fans"], block, counted)
    for n, mask in enumerate((counted, nonfinite, gone, counted & block.clipped)):
        out["accounts"] = _scatter(out["accounts"], (batch, jnp.full(batch.shape, n, jnp.int32)), mask)
    return out


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


def bin_of(bins: Bins, value: Array) -> Array:
    """Bin of a value that is already on the scale of the bins (logs on log scales); NaN and inf go to the last."""
    low, scale = _line(bins)
    return _bin(low, scale, bins.inside, value)


def _line(bins: Bins) -> tuple[np.float32, np.float32]:
    """Where the bins begin and how many come to a unit."""
    low, high = bins.range
    return np.float32(low), np.float32(bins.inside / (high - low))


def _bin(low: np.ndarray | np.float32, scale: np.ndarray | np.float32, inside: int, value: Array) -> Array:
    place = jnp.floor((value - low) * scale)
    index = jnp.clip(jnp.where(jnp.isnan(place), inside, place), -1, inside)
    return index.astype(jnp.int32) + 1


def spans(plan: Plan, block: Block) -> list[Array]:
    """What passes in each duration [B] on its clock, inf or NaN when one of the two is not within the horizon."""
    dates = {m.name: block.dates[n] for n, m in enumerate(plan.model.milestones)}
    read = dict(zip(plan.readings, block.readings, strict=True))
    out = []
    for d in plan.model.durations:
        if d.clock:
            out.append(read[d.clock, d.end] - (read[d.clock, d.start] if d.start else 0.0))
        else:
            start, end = dates[d.start], dates[d.end]
            both = jnp.isfinite(start) & jnp.isfinite(end)
            out.append(jnp.where(both, jnp.where(both, end, 0.0) - jnp.where(both, start, 0.0), jnp.inf))
    return out


def _duration_bins(plan: Plan, block: Block) -> Array:
    """Bin of every duration [durations, B]; on log scales 0 or less is the lowest bin."""
    bins = []
    for scale, span in zip(plan.duration_bins, spans(plan, block), strict=True):
        bins.append(bin_of(scale, jnp.log(jnp.maximum(span, np.float32(1e-6))) if scale.log else span))
    return jnp.stack(bins) if bins else jnp.zeros((0, *block.dates.shape[1:]), jnp.int32)


def _fans(plan: Plan, fans: Array, block: Block, counted: Array) -> Array:
    # All observables at once, in the order in which they are stored: one by one, counting took a sixth of a run.
    low, scale = (np.array(column, np.float32)[:, None] for column in zip(*map(_line, plan.fan_bins), strict=True))
    place = fence(_bin(low, scale, FAN_BINS, block.observables))
    when = jnp.arange(fans.shape[0], dtype=jnp.int32)[:, None, None]
    which = jnp.arange(fans.shape[1], dtype=jnp.int32)[None, :, None]
    copies = min(COPIES, max(1, len(counted) // BLOCK))
    if copies == 1:
        return _scatter(fans, (when, which, place), counted)
    turn = jnp.arange(len(counted), dtype=jnp.int32) % np.int32(copies)
    apart = jnp.zeros((*fans.shape, copies), jnp.int32)
    return fans + _scatter(apart, (when, which, place, turn), counted).sum(axis=-1)


def _scatter(counts: Array, index: tuple[Array, ...], mask: Array) -> Array:
    """Add one at each index where the mask holds; masked ones fall outside and are dropped."""
    flat = jnp.zeros((), jnp.int32)
    for axis, size in zip(index, counts.shape, strict=True):
        flat = flat * np.int32(size) + axis
    flat = fence(jnp.where(mask, flat, np.int32(counts.size)))
    return counts.reshape(-1).at[flat.reshape(-1)].add(1, mode="drop").reshape(counts.shape)
