"""Laws of the engine: trajectory i is trajectory i, whatever runs it; counts are exact, and account for everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.counts import (
    ACCOUNTS,
    COUNT_FIELDS,
    Counts,
    Tally,
    bin_of,
    date_bin,
    device_add,
    device_zero,
    host_counts,
    places_of,
    shapes,
    spans,
    zero,
)
from rsimc.engine.device import LANE, Chunk, chunk_shapes, compile_chunk, jitted, lane
from rsimc.engine.packed import unpack
from rsimc.engine.path import march, simulate_path, start
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK, Bins, Plan, batch_of, chunk_count
from rsimc.engine.simulate import Block, prepare_block, simulate_block
from rsimc.engine.source import Innovations, PosteriorSource, PriorSource, noise_keys
from rsimc.models.base import Model, Parameter, Params, Quantities, prior_set
from rsimc.models.registry import MODELS, get_model
from rsimc.priors.vector import PriorSet

MODEL = get_model("takeoff")
PRIORS = prior_set(MODEL.parameters, {})
PLAN = Plan(MODEL, DateGrid(end=2028.0), as_of=7.2)
HORIZON = 9.0
SEED = 11


def prior_source() -> PriorSource:
    keys = rng.stream_keys(SEED, [f"prior.{name}" for name in PRIORS.names])
    return PriorSource(PRIORS, jnp.asarray(noise_keys(MODEL, SEED)), jnp.asarray(keys))


# One trajectory, a block


def names_of(model: Model) -> tuple[str, ...]:
    clocks = [d.clock for d in model.durations if d.clock]
    return tuple(
        dict.fromkeys([m.quantity for m in model.milestones] + [o.quantity for o in model.observables] + clocks)
    )


def walk(model: Model, params: Params, innovations: jax.Array) -> dict[str, jax.Array]:
    """Quantities [step, ...] of a block, written with the engine's own march."""
    full, state, first = start(model, params, innovations[: model.anchor_innovations])

    def visit(carry: None, _: jax.Array, seen: Quantities) -> tuple[None, Quantities]:
        return carry, {name: seen[name] for name in names_of(model)}

    beats = innovations.shape[0] - 1
    kept = march(model, full, state, beats, lambda n: innovations[n + 1], visit, None)[2]
    return {name: jnp.concatenate([first[name][None], x.reshape(-1, *first[name].shape)]) for name, x in kept.items()}


@pytest.mark.parametrize("name", ["takeoff", "kwa", "ai2027-gaps"])  # the conformance suite does it of all, in float64
@pytest.mark.parametrize(("dtype", "tolerance"), [(jnp.float64, 1e-10), (jnp.float32, 1e-5)])
def test_one_trajectory_equals_a_block(name: str, dtype: type, tolerance: float) -> None:
    model, size = MODELS[name], 4
    random = np.random.default_rng(0)
    priors = prior_set(model.parameters, {})
    z = random.standard_normal((priors.size, size))
    noise = random.standard_normal((1 + max(model.anchor_innovations, 32), len(model.innovations), size))
    with jax.enable_x64(dtype is jnp.float64):
        params = priors.named(priors.from_normal(jnp.asarray(z, dtype)))
        u = jnp.asarray(noise, dtype)
        block = jax.jit(lambda p, u: walk(model, p, u))
        single = jax.jit(lambda p, u: simulate_path(model, p, u, names_of(model)))
        expected = block(params, u)
        assert all(x.dtype == dtype for x in expected.values())
        first = {key: x[..., :1] for key, x in params.items()}
        forms = {
            "vmap": (jax.jit(jax.vmap(single, in_axes=-1, out_axes=-1))(params, u), slice(None)),
            "block of one": (block(first, u[..., :1]), slice(0, 1)),
            "scalars": (single({key: x[..., 0] for key, x in params.items()}, u[..., 0]), 0),
        }
        for form, (got, which) in forms.items():
            for quantity, x in expected.items():
                why = f"{form}: {quantity}"
                np.testing.assert_allclose(got[quantity], x[..., which], rtol=tolerance, atol=tolerance, err_msg=why)


# Blocks against paths


LAST_LATENT_QUARTER = 30  # mid-2026, as far as data reach


class Handed:
    """A block of trajectories whose noise is all given, by the engine in float32 and as single paths in float64."""

    def __init__(self) -> None:
        random, size = np.random.default_rng(3), 512
        beats = PLAN.beats
        past = random.standard_normal((1 + beats, len(MODEL.innovations), size))
        with jax.enable_x64(True):
            values = PRIORS.from_normal(jnp.asarray(random.standard_normal((PRIORS.size, size))))
            named = PRIORS.named(values)
            path = jax.vmap(lambda p, u: simulate_path(MODEL, p, u, names_of(MODEL)), in_axes=-1, out_axes=-1)
            self.paths = {name: np.asarray(x) for name, x in jax.jit(path)(named, jnp.asarray(past)).items()}
        table, noise = np.asarray(values, np.float32), past.astype(np.float32)
        source = PosteriorSource(PRIORS, jnp.asarray(noise_keys(MODEL, SEED)), jnp.asarray(table), jnp.asarray(noise))
        # 512 draws in 64 batches: 8 draws each, so that one id a draw covers all of them
        self.ids = np.array([b * BLOCK + j for b in range(BATCHES) for j in range(8)], dtype=np.uint32)
        self.block: Block = jax.jit(lambda source, ids: simulate_block(PLAN, source, ids))(
            source, jnp.asarray(self.ids)
        )


@pytest.fixture(scope="module")
def handed() -> Handed:
    return Handed()


def test_a_block_carries_the_draws_it_was_given(handed: Handed) -> None:
    assert np.array_equal(np.asarray(handed.block.draw), np.arange(512))
    assert np.all(np.asarray(handed.block.finite))


def test_the_engine_in_single_precision_follows_the_path_of_the_calibration(handed: Handed) -> None:
    steps = list(PLAN.stored_steps)
    for n, observable in enumerate(MODEL.observables):
        expected = handed.paths[observable.quantity][steps]
        miss = np.abs(np.asarray(handed.block.observables)[:, n] - expected) / np.maximum(1.0, np.abs(expected))
        assert np.max(miss[:LAST_LATENT_QUARTER]) < 1e-3, observable.name
        assert np.quantile(miss, 0.99) < 1e-3, observable.name


def test_dates_are_first_passages_between_steps(handed: Handed) -> None:
    dates, days = np.asarray(handed.block.dates, np.float64), np.empty(0)
    for n, milestone in enumerate(MODEL.milestones):
        y = handed.paths[milestone.quantity]
        expected = np.full(y.shape[1], np.inf)
        for j in range(y.shape[1]):
            reached = np.flatnonzero(y[:, j] >= milestone.threshold)
            if len(reached) and reached[0] == 0:
                expected[j] = 0.0
            elif len(reached):
                k = reached[0]
                expected[j] = np.interp(milestone.threshold, y[k - 1 : k + 1, j], [(k - 1) / 12, k / 12])
        near = np.abs(np.max(y, axis=0) - milestone.threshold) < 1e-3  # decided by rounding
        same = np.isfinite(dates[n]) == np.isfinite(expected)
        assert np.all(same | near), milestone.name
        both = np.isfinite(dates[n]) & np.isfinite(expected)
        days = np.concatenate([days, 365.25 * np.abs(dates[n][both] - expected[both])])
    assert len(days) > 400
    assert np.mean(days < 1) > 0.995
    assert np.median(days) < 0.01


def test_clocks_are_read_when_a_milestone_is_reached(handed: Handed) -> None:
    dates, checked = np.asarray(handed.block.dates, np.float64), 0
    readings = np.asarray(handed.block.readings, np.float64)
    steps = np.arange(handed.paths["versions"].shape[0]) / MODEL.steps_per_year
    for n, (quantity, milestone) in enumerate(PLAN.readings):
        when = dates[[m.name for m in MODEL.milestones].index(milestone)]
        assert np.array_equal(np.isnan(readings[n]), np.isinf(when))
        for j in np.flatnonzero(np.isfinite(when)):
            y = handed.paths[quantity][:, j]
            near = y[max(int(when[j] * 12) - 1, 0) : int(when[j] * 12) + 3]
            slack = 1e-3 * (1 + abs(y).max()) + 0.02 * np.ptp(near)  # the date itself is rounded
            assert abs(readings[n, j] - np.interp(when[j], steps, y)) <= slack
            checked += 1
    assert checked > 30  # of 512 draws of the prior, few get that far by 2028


# Sources


def test_noise_is_the_draws_own_then_fresh() -> None:
    random = np.random.default_rng(5)
    past = jnp.asarray(random.standard_normal((4, 3, 6)), jnp.float32)
    normals = jax.jit(rng.normals)  # compiled, as in the engine: out of a program sums are rounded otherwise
    noise = Innovations(past, jnp.asarray(noise_keys(MODEL, 1)), jnp.arange(100, 106, dtype=jnp.uint32))
    for n in range(7):
        expected = past[n] if n < 4 else normals(noise.keys, noise.ids, jnp.asarray(n))
        assert np.array_equal(jax.jit(lambda n: noise.at(n))(jnp.asarray(n)), expected)
    assert np.array_equal(noise.first(3), past[:3])
    assert np.array_equal(noise.first(6)[:4], past)
    assert np.array_equal(noise.first(6)[4:], [normals(noise.keys, noise.ids, jnp.asarray(n)) for n in (4, 5)])


@pytest.mark.parametrize("draws", [64, 100, 1000, 4096, 20])
def test_a_batch_owns_a_contiguous_segment_of_the_draws_and_cycles_through_it(draws: int) -> None:
    source = PosteriorSource(PRIORS, jnp.zeros((3, 2), jnp.uint32), jnp.zeros((1, draws)), jnp.zeros((1, 3, draws)))
    ids = np.arange(2 * CHUNK, dtype=np.uint32)
    used, batch = np.asarray(source.draw(jnp.asarray(ids))), np.asarray(batch_of(jnp.asarray(ids)))
    assert np.array_equal(batch, (ids // 1024) % 64)
    owners = [np.unique(used[batch == b], return_counts=True) for b in range(BATCHES)]
    assert all(np.array_equal(owned, np.arange(owned[0], owned[-1] + 1)) for owned, _ in owners)
    assert all(np.ptp(times) <= 1 for _, times in owners)
    assert set(np.concatenate([owned for owned, _ in owners])) == set(range(draws))
    if draws >= BATCHES:
        assert all(a[0][-1] < b[0][0] for a, b in pairwise(owners))


def test_draws_cycle_across_chunks() -> None:
    source = PosteriorSource(
        PRIORS, jnp.zeros((3, 2), jnp.uint32), jnp.zeros((1, 64 * 3000)), jnp.zeros((1, 3, 64 * 3000))
    )
    ids = np.concatenate([np.arange(1024, dtype=np.uint32) + np.uint32(65536 * k) for k in range(3)])
    assert np.array_equal(source.draw(jnp.asarray(ids)), np.arange(3072) % 3000)


def test_what_the_posterior_does_not_hold_is_drawn_from_its_prior_for_each_trajectory() -> None:
    """For pauses and rivals: the posterior's rows stay its own, and another table leaves fresh draws alone."""
    fresh = prior_set((Parameter("extra", "", {"normal": [3.0, 2.0]}, "", ""),), {})
    every, keys = PriorSet(PRIORS.entries + fresh.entries), jnp.asarray(rng.stream_keys(SEED, ["prior.extra"]))
    noise, past = jnp.zeros((3, 2), jnp.uint32), jnp.zeros((1, 3, 128), jnp.float32)
    ids = jnp.arange(2 * BLOCK, dtype=jnp.uint32)
    found = []
    for value in (0.0, 1.0):
        table = value + jnp.arange(128.0) * jnp.ones((PRIORS.size, 1))
        source = PosteriorSource(every, noise, table, past, fresh_keys=keys)
        values = np.asarray(source.values(ids))
        assert np.array_equal(values[:-1], np.asarray(table[:, source.draw(ids)]))
        found.append(values[-1])
    assert np.array_equal(*found)
    assert abs(found[0].mean() - 3.0) < 0.2 and abs(found[0].std() - 2.0) < 0.15


# Chunks and counts


@pytest.fixture(scope="module")
def run() -> Callable[[int, int], Chunk]:
    program, source = compile_chunk(PLAN), prior_source()
    return lambda index, total: program(index, total, source)


@pytest.fixture(scope="module")
def second(run: Callable[[int, int], Chunk]) -> Chunk:
    """The second chunk of a run that has one trajectory more than fills the first."""
    return run(1, CHUNK + 1)


@pytest.fixture(scope="module")
def whole(run: Callable[[int, int], Chunk]) -> Chunk:
    return run(0, 3 * CHUNK)


@pytest.fixture(scope="module")
def few(run: Callable[[int, int], Chunk]) -> Chunk:
    return run(0, 1000)


def flat(block: Block) -> Block:
    """A chunk's blocks [lane, ..., B] as one [..., trajectory]."""
    joined = [np.moveaxis(np.asarray(x), 0, -2) for x in block]
    return Block(*(x.reshape(*x.shape[:-2], -1) for x in joined))


def alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to the last bit, where both are no number too."""
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def same(a: Counts, b: Counts) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Counts))


def test_more_draws_keep_the_first_ones(whole: Chunk, few: Chunk, second: Chunk) -> None:
    for a, b in zip(flat(whole.block), flat(few.block), strict=True):
        assert alike(a, b)
    assert not np.any(flat(second.block).values[0] == flat(whole.block).values[0])


@pytest.mark.skipif(len(jax.local_devices()) < 2, reason="XLA_FLAGS asks for one device")
def test_the_number_of_devices_changes_no_byte(whole: Chunk) -> None:
    one = compile_chunk(PLAN, jax.local_devices()[:1])(0, CHUNK, prior_source())
    for name in ("milestones", "durations", "classes", "fans", "accounts"):
        assert getattr(one.counts, name).tobytes() == getattr(whole.counts, name).tobytes()
    for a, b in zip(flat(one.block), flat(whole.block), strict=True):
        assert alike(a, b)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="two programs of a GPU may round a date into either day")
def test_trajectories_side_by_side_by_the_ten_thousand_are_counted_alike(whole: Chunk) -> None:
    """As a GPU has them, where every bin of a fan is counted in several words."""
    ids = jnp.arange(CHUNK, dtype=jnp.uint32)
    count = jax.jit(lambda seen: device_add(PLAN, device_zero(PLAN), seen, places_of(PLAN, seen, ids, ids < CHUNK)))
    tally = count(flat(whole.block).seen)
    once, twice = (host_counts(PLAN, Tally(*(jnp.stack([part] * n) for part in tally))) for n in (1, 2))
    for name in COUNT_FIELDS:
        assert np.array_equal(getattr(once, name), getattr(whole.counts, name)), name
        assert np.array_equal(getattr(twice, name), 2 * getattr(whole.counts, name)), name


def test_a_march_is_handed_what_was_drawn_once() -> None:
    """Of the parameters, only those that `prepare` adds or changes go beside the vector of what was drawn."""
    ids = jax.ShapeDtypeStruct((LANE,), np.uint32)
    made = jax.eval_shape(lambda its: prepare_block(PLAN, prior_source(), its), ids)
    added, drawn = jax.eval_shape(unpack, made.added), {parameter.name for parameter in MODEL.parameters}
    assert set(added) & drawn == {"substitution", "curvature"}  # as the forms of the equations choose
    assert {"software_2025", "slope", "weight"} <= set(added)
    assert {leaf.shape for leaf in jax.tree.leaves(made.added)} == {
        (made.added.rows["float32"].shape[0], LANE),
        (8, LANE),
    }


def test_padding_is_not_counted(few: Chunk, second: Chunk) -> None:
    assert few.counts.n == 1000
    assert few.counts.accounts[1:].sum() == 0  # all of them are in the first block of 1,024
    assert second.counts.n == 1
    assert chunk_count(CHUNK) == 1
    assert chunk_count(CHUNK + 1) == 2


def test_the_last_trajectory_that_has_a_counter_is_counted(run: Callable[[int, int], Chunk]) -> None:
    assert run(2**32 // CHUNK - 1, 2**32).counts.n == CHUNK


def test_every_trajectory_is_accounted_for_in_its_batch(whole: Chunk) -> None:
    counts, block = whole.counts, flat(whole.block)
    assert counts.n == CHUNK
    assert np.all(counts.accounts[:, :3].sum(axis=1) == CHUNK // BATCHES)
    seen = np.array([m.seen for m in MODEL.milestones])
    gone = np.any(block.dates[seen] < np.float32(PLAN.as_of), axis=0) & block.finite
    batch = (np.arange(CHUNK) // 1024) % 64
    for name, mask in (("conditioned_out", gone), ("nonfinite", ~block.finite), ("counted", block.finite & ~gone)):
        expected = np.bincount(batch, mask, BATCHES)
        assert np.array_equal(counts.accounts[:, ACCOUNTS.index(name)], expected), name
    assert counts.account("conditioned_out") > 1000


def kept(whole: Chunk) -> Block:
    """The trajectories that are counted."""
    block = flat(whole.block)
    seen = np.array([m.seen for m in MODEL.milestones])
    mask = block.finite & ~np.any(block.dates[seen] < np.float32(PLAN.as_of), axis=0)
    return Block(*(x[..., mask] for x in block))


def test_counted_dates_are_the_histogram_of_the_dates(whole: Chunk) -> None:
    edges = np.array(PLAN.grid.edges()) - PLAN.grid.start
    for n, dates in enumerate(kept(whole).dates.astype(np.float64)):
        bins = whole.counts.milestones.sum(axis=0)[n]
        inside = (dates > 0) & (dates < HORIZON)
        assert bins[0] == np.sum(dates <= 0)
        assert bins[-1] == np.sum(~(dates < HORIZON))
        assert np.abs(bins[1:-1] - np.histogram(dates[inside], edges)[0]).sum() <= 1e-4 * len(
            dates
        )  # rounding at edges


def test_counted_durations_classes_and_fans_are_those_of_the_trajectories(whole: Chunk) -> None:
    block, names = kept(whole), [m.name for m in MODEL.milestones]
    dates = dict(zip(names, block.dates, strict=True))
    n = block.dates.shape[1]
    passed = [np.asarray(x, np.float64) for x in spans(PLAN, jnp.asarray(block.dates), jnp.asarray(block.readings))]
    for k, (duration, bins) in enumerate(zip(MODEL.durations, PLAN.duration_bins, strict=True)):
        both = np.all([np.isfinite(dates[name]) for name in (duration.start, duration.end) if name], axis=0)
        if not duration.clock:
            begun, ended = (dates[name][both].astype(np.float64) for name in (duration.start, duration.end))
            assert np.allclose(passed[k][both], ended - begun, atol=1e-5)
        assert np.array_equal(np.isfinite(passed[k]), both)
        counted = whole.counts.durations.sum(axis=0)[k]
        below = np.cumsum(counted)[:-1]  # to each edge
        assert np.max(np.abs(below - [np.sum(passed[k][both] < edge) for edge in bins.edges()])) <= 1e-3 * n + 1
        assert counted[-1] - np.sum(~both) == np.sum(passed[k][both] >= bins.high)
    index = np.asarray(MODEL.classify({k: jnp.asarray(x) for k, x in dates.items()}, jnp.asarray(HORIZON)))
    assert np.array_equal(whole.counts.classes.sum(axis=0), np.bincount(index, minlength=len(MODEL.classes)))
    for k, (bins, observable) in enumerate(zip(PLAN.fan_bins, MODEL.observables, strict=True)):
        values = block.observables[:, k].astype(np.float64)
        edges = np.log(bins.edges()) if observable.scale == "log" else bins.edges()
        for when in (0, 20, len(PLAN.stored_steps) - 1):
            expected = [np.sum(values[when] < edge) for edge in edges]
            miss = np.abs(np.cumsum(whole.counts.fans[when, k])[: bins.inside + 1] - expected)
            assert np.max(miss) <= 1e-3 * n, observable.name


def test_counts_add_exactly_in_any_order(whole: Chunk, few: Chunk, second: Chunk) -> None:
    a, b, c = whole.counts, few.counts, second.counts
    assert same(zero(PLAN) + a, a)
    assert same(a + b, b + a)
    assert same((a + b) + c, a + (b + c))
    assert (a + b + c).n == CHUNK + 1001


@pytest.mark.parametrize("field", ["milestones", "durations", "classes", "fans"])
def test_counts_that_do_not_add_up_are_refused(whole: Chunk, field: str) -> None:
    for change in (1, -1):
        array = getattr(whole.counts, field).copy()
        array.flat[np.argmax(array)] += change
        with pytest.raises(ValueError, match=field):
            replace(whole.counts, **{field: array})


def test_counts_of_the_wrong_kind_are_refused(whole: Chunk) -> None:
    counts = whole.counts
    negative = counts.classes.copy()
    negative[0, :2] += np.array([-(10**6), 10**6])
    too_clipped = counts.accounts + np.eye(4, dtype=np.int64)[3] * CHUNK
    for changed in (
        {"classes": negative},
        {"milestones": counts.milestones.astype(np.int32)},
        {"durations": counts.durations.astype(np.float64)},
        {"accounts": counts.accounts + np.eye(4, dtype=np.int64)[0]},
        {"accounts": too_clipped},
    ):
        with pytest.raises(ValueError, match="counts"):
            replace(counts, **changed)


def test_no_trajectories_have_the_shape_of_a_run(whole: Chunk) -> None:
    assert zero(PLAN).n == 0
    assert {name: getattr(whole.counts, name).shape for name in shapes(PLAN)} == shapes(PLAN)


# Bins


def test_date_bins_cover_all_time() -> None:
    last, week = PLAN.grid.inside + 1, PLAN.grid.width
    years = np.array([-np.inf, -1.0, 0.0, 1e-6, 0.5 * week, 1.5 * week, HORIZON - 1e-3, HORIZON, 50.0, np.inf, np.nan])
    expected = [0, 0, 0, 1, 1, 2, PLAN.grid.inside, last, last, last, last]
    assert np.asarray(date_bin(PLAN, jnp.asarray(years, jnp.float32))).tolist() == expected


@given(st.floats(1e-3, HORIZON - 1e-3))
def test_a_date_lies_between_the_edges_of_its_bin(years: float) -> None:
    edges, place = np.array(PLAN.grid.edges()) - PLAN.grid.start, int(date_bin(PLAN, jnp.asarray(years, jnp.float32)))
    assert edges[place - 1] - 1e-5 <= years <= edges[place] + 1e-5


@given(st.floats(-2, 3), st.booleans())
def test_a_value_lies_between_the_edges_of_its_bin(share: float, log: bool) -> None:
    bins = Bins(1e-4, 1e6, 128, log)
    low, high = bins.range
    value = low + share * (high - low)
    place = int(bin_of([bins], jnp.asarray([[value]], jnp.float32)).item())
    edges = np.concatenate([[-np.inf], np.log(bins.edges()) if log else bins.edges(), [np.inf]])
    slack = 1e-5 * (high - low)
    assert edges[place] - slack <= value <= edges[place + 1] + slack


def test_what_is_no_number_falls_into_the_last_bin() -> None:
    bins = PLAN.duration_bins[0]
    places: Any = bin_of([bins], jnp.asarray([[jnp.nan, jnp.inf, -jnp.inf]], jnp.float32))[0]
    assert places.tolist() == [bins.size - 1, bins.size - 1, 0]


EIGHT = """
import hashlib, jax, jax.numpy as jnp, numpy as np
from dataclasses import fields
from toy import Toy
from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import CHUNK, Plan
from rsimc.engine.source import PriorSource, noise_keys
from rsimc.models.base import prior_set

model = Toy()
plan, priors = Plan(model, DateGrid(2020.0, 2026.0), None), prior_set(model.parameters, {})
keys = rng.stream_keys(3, [f"prior.{name}" for name in priors.names])
source = PriorSource(priors, jnp.asarray(noise_keys(model, 3)), jnp.asarray(keys))
for count in (1, 2, 8):
    counts = compile_chunk(plan, jax.local_devices()[:count])(0, CHUNK, source).counts
    parts = [np.ascontiguousarray(getattr(counts, field.name)).tobytes() for field in fields(counts)]
    print(count, hashlib.sha256(b"".join(parts)).hexdigest())
"""


def test_eight_devices_give_the_bytes_of_one() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", EIGHT], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    rows = dict(line.split() for line in done.stdout.splitlines())
    assert set(rows) == {"1", "2", "8"} and len(set(rows.values())) == 1


def test_the_flagships_own_programs_lower_for_a_gpu_without_one() -> None:
    """Those of a chunk on a GPU: its whole share at once, the compiler's own functions, without the model's fences."""
    source = prior_source()
    given, width = jax.tree.leaves(source), lane("cuda", 1)
    starts, last, seen = chunk_shapes(PLAN, width)
    assert width == CHUNK and starts.shape == (1,)

    def texts(kind: str) -> list[str]:
        begin, march, count = jitted(PLAN, jax.local_devices()[:1], width, source, kind)
        first = begin.trace(starts, given)
        traced = (first, march.trace(starts, given, first.out_info), count.trace(starts, last, seen))
        return [each.lower(lowering_platforms=(kind,)).as_text() for each in traced]

    gpu, cpu = texts("cuda"), texts("cpu")
    assert all("stablehlo.exponential" in text for text in gpu[:2]) and "stablehlo.while" in gpu[1]
    left, fences = ([text.count("optimization_barrier") for text in program] for program in (gpu, cpu))
    assert left == [2, 1, 0] and fences[0] > 50 and fences[1] > 50  # around the start, and where the march takes it up
