"""Laws of many-chain Hamiltonian Monte Carlo: it finds known posteriors, alone or beside others, and goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from walk import Seen, Walk

from rsimc.calibration.chains import go_on, many_chains
from rsimc.calibration.fit import can_go_on, fit, longer
from rsimc.calibration.hmc import State, Tuning, compile_transitions, transition
from rsimc.calibration.posterior import assemble, drawn
from rsimc.calibration.settings import NUTS, Draws, Settings
from rsimc.calibration.target import Target
from rsimc.calibration.verdict import mixing_of
from rsimc.models.base import prior_set
from rsimc.runs.unfinished import Unfinished

SETTINGS = Settings(chains=16, warmup=80, draws=400, seed=3)
SILENT = lambda *told: None  # noqa: E731


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def walk() -> Target:
    return Target(Walk(), (Seen(),), prior_set(Walk.parameters, {}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def known(walk: Target) -> Draws:
    return fit(walk, SETTINGS, SILENT)


def places(draws: Draws) -> np.ndarray:
    """Everything that was sampled [chain, draw, size]."""
    return np.concatenate([draws.z, draws.innovations.reshape(*draws.z.shape[:2], -1)], axis=-1)


def same(a: Draws, b: Draws) -> None:
    for name in (f.name for f in fields(Draws) if f.name not in ("standing", "reseeded")):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


# Against what is known


def test_a_posterior_with_a_closed_form_is_found(known: Draws) -> None:
    total = 2.0**2 + 3 * Walk.STEP**2 + Seen.ERROR**2
    miss = Seen.rows[0].value - 1.0
    means = [2.0 / total * miss, 0.0, 0.0, *[Walk.STEP / total * miss] * 3]
    variances = [1 - 2.0**2 / total, 1.0, 1.0, *[1 - Walk.STEP**2 / total] * 3]
    found = places(known)
    for n, (mean, variance) in enumerate(zip(means, variances, strict=True)):
        by_chain = found[..., n].mean(axis=1)
        error = by_chain.std(ddof=1) / math.sqrt(len(by_chain))
        assert abs(by_chain.mean() - mean) < 4.5 * error
        assert found[..., n].std() == pytest.approx(math.sqrt(variance), rel=0.06)
    assert mixing_of(known, SETTINGS.groups).enough
    assert not known.diverging.any()


def test_nuts_and_many_chains_agree(walk: Target, known: Draws) -> None:
    reference = fit(walk, Settings(sampler=NUTS, chains=4, warmup=150, draws=1000, max_tree_depth=6, seed=5), SILENT)
    difference = places(known).mean(axis=(0, 1)) - places(reference).mean(axis=(0, 1))
    assert np.abs(difference).max() < 0.15  # posterior sds are 0.45 to 1


@pytest.mark.parametrize("step", [0.3, 0.9])
def test_a_transition_leaves_its_density_invariant(step: float) -> None:
    """Exact draws of a normal density stay exact draws of it, whatever the step: rejection sees to that."""
    scales = jnp.array([1.0, 0.2])

    def density(q: jax.Array) -> tuple[jax.Array, jax.Array]:
        return -0.5 * jnp.sum((q / scales) ** 2), -q / scales**2

    count = 20_000
    q = scales * jax.random.normal(jax.random.key(1), (count, 2))
    lp, gradient = jax.vmap(density)(q)
    state = State(q, lp, gradient, jax.random.split(jax.random.key(2), count))
    tuning = Tuning(jnp.asarray(step), jnp.array([1.0, 0.1]))
    for n in (3, 7):
        state, kept = jax.vmap(lambda s, n=n: transition(density, s, tuning, jnp.asarray(n)))(state)  # type: ignore[misc]
    moved = np.asarray(state.q / scales)
    assert 0.05 < float(kept.accept.mean()) < 0.999
    assert np.abs(moved.mean(axis=0)).max() < 4.5 / math.sqrt(count)
    assert np.abs((moved**2).mean(axis=0) - 1).max() < 4.5 * math.sqrt(2 / count)


def test_a_state_whose_density_is_not_known_is_evaluated_and_not_moved() -> None:
    def density(q: jax.Array) -> tuple[jax.Array, jax.Array]:
        return -0.5 * jnp.sum(q**2), -q

    q = jnp.array([0.5, -2.0])
    unknown = State(q, jnp.asarray(-jnp.inf), jnp.zeros(2), jax.random.key(0))
    state, _ = transition(density, unknown, Tuning(jnp.asarray(0.0), jnp.ones(2)), jnp.asarray(1))
    assert np.array_equal(state.q, q)
    assert float(state.lp) == pytest.approx(-2.125)
    assert np.array_equal(state.gradient, -q)


# Whatever is sampled beside


def test_no_posterior_knows_of_the_others(walk: Target, known: Draws) -> None:
    """But for rounding, which differs with the number of chains in a program and which chains amplify in time."""
    other = walk.data._replace(seen=walk.data.seen._replace(y=np.asarray(walk.data.seen.y) - 3.0))
    together = many_chains(walk, SETTINGS, [{}, {}], SILENT, data=[walk.data, other])
    for n, data in enumerate((walk.data, other)):
        alone = many_chains(walk, SETTINGS, [{}], SILENT, data=[data])
        mine = np.asarray(together.state.q)[n * SETTINGS.chains : (n + 1) * SETTINGS.chains]
        assert together.step[n] == pytest.approx(alone.step[0], rel=1e-9)
        assert together.inverse_mass[n] == pytest.approx(alone.inverse_mass[0], rel=1e-9)
        assert mine == pytest.approx(np.asarray(alone.state.q), abs=1e-6)
    high, low = together.draws(40)
    assert high.z[..., 0].mean() > low.z[..., 0].mean() + 0.5


def test_rows_left_out_leave_the_prior(walk: Target) -> None:
    alone = many_chains(walk, SETTINGS, [{}], SILENT, data=[walk.leaving_out(lambda row: True)]).draws(200)[0]
    found = places(alone).reshape(-1, places(alone).shape[-1])
    assert np.abs(found.mean(axis=0)).max() < 0.15
    assert np.abs(found.std(axis=0) - 1).max() < 0.08


# Going on


def test_chains_that_go_on_draw_what_a_longer_fit_would_have(walk: Target, known: Draws) -> None:
    short = fit(walk, replace(SETTINGS, draws=120), SILENT)
    assert can_go_on([short], SETTINGS.draws)
    same(longer(walk, SETTINGS, [{}], [short], SILENT)[0], known)


def test_chains_go_on_from_a_file(walk: Target, known: Draws) -> None:
    short = replace(SETTINGS, draws=120)
    stored = xr.DataTree.from_dict(assemble(walk, fit(walk, short, SILENT), short, {"id": "x"}).to_dict())
    same(longer(walk, SETTINGS, [{}], [drawn(stored)], SILENT)[0], known)


def test_chains_that_ended_within_a_piece_cannot_go_on(walk: Target) -> None:
    odd = fit(walk, replace(SETTINGS, draws=122), SILENT)
    assert not can_go_on([odd], SETTINGS.draws)
    assert not can_go_on([odd], 50)


def test_chains_without_a_standing_cannot_go_on(walk: Target) -> None:
    reference = fit(walk, Settings(sampler=NUTS, chains=2, warmup=64, draws=32, max_tree_depth=4), SILENT)
    assert not can_go_on([reference], 64)


def test_a_start_is_where_the_chains_go_on(walk: Target, known: Draws) -> None:
    assert known.standing is not None
    run = go_on(walk, SETTINGS, [{}], [known.standing], SILENT)
    assert np.array_equal(np.asarray(run.state.q), known.standing.q)


class Killed(Exception):
    """Raised in a progress function: the process ends there."""


@pytest.mark.parametrize("stage", ["warm-up", "sampling"])
def test_a_fit_that_was_killed_goes_on_to_the_same_bytes(
    walk: Target, known: Draws, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSIMC_CACHE", str(tmp_path))
    keeper, told = Unfinished(["walk"]), list[int]()
    program = compile_transitions(walk)

    def work(killed_at: int | None) -> Draws:
        told.clear()

        def progress(now: str, done: int, total: int) -> None:
            told.append(done)
            if killed_at is not None and now == stage and done > killed_at:
                raise Killed

        run = many_chains(walk, SETTINGS, [{}], progress, compiled=program, keeper=keeper)
        return run.draws(SETTINGS.draws)[0]

    for killed_at in (20, 45, 70) if stage == "warm-up" else (90, 200, 300):
        with pytest.raises(Killed):
            work(killed_at)
    same(work(None), known)
    assert min(told[1:]) > (30 if stage == "warm-up" else 200)  # the first report says that it compiles
    keeper.path.write_bytes(keeper.path.read_bytes()[:-100])
    assert keeper.load() is None  # damaged: begin anew
    keeper.forget()
    assert list(tmp_path.rglob("*.npz")) == []


# Chains that do not move


def test_a_chain_far_from_the_others_goes_on_from_one_of_them(walk: Target) -> None:
    run = many_chains(walk, replace(SETTINGS, warmup=80), [{}], SILENT)
    q = np.asarray(run.state.q).copy()
    q[3] = 40.0
    run.state = run.state._replace(q=jnp.asarray(q))
    run._evaluate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rsimc.calibration.chain_run.FROZEN_ACCEPTANCE", -1.0)
        seen = [run._piece(1.0)]
        run.state = run.state._replace(lp=run.state.lp.at[3].set(-1e4))
        run._reseed(seen)
    assert run.reseeded >= 1
    assert np.abs(np.asarray(run.state.q)[3]).max() < 10
