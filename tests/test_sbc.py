"""Laws of simulation-based calibration: exact ranks are uniform, and planted errors of the likelihood are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from walk import Seen, Walk

from rsimc import api
from rsimc.calibration.sbc import (
    LOG_LIKELIHOOD,
    LOG_POSTERIOR,
    Chain,
    Check,
    Moves,
    compile_walks,
    coordinates,
    holm,
    prepare,
    ranks,
    smooth_p,
)
from rsimc.calibration.target import Target
from rsimc.models.base import prior_set

PASSES = 1e-3
FAILS = 1e-4

# Ranks and their p values


def test_a_rank_is_the_share_of_lower_states_and_ties_are_spread() -> None:
    random = np.random.default_rng(1)
    lowest, highest = np.tile([0.0, 1.0, 2.0, 3.0], (500, 1)), np.tile([3.0, 0.0, 1.0, 2.0], (500, 1))
    assert (ranks(lowest, random) <= 0.25).all() and (ranks(highest, random) >= 0.75).all()
    stuck = ranks(np.zeros((500, 4)), random)
    assert smooth_p(stuck) > 0.01 and stuck.min() < 0.01 and stuck.max() > 0.99
    half = ranks(np.tile([1.0, 0.0, 1.0, 2.0], (500, 1)), random)
    assert half.min() >= 0.25 and half.max() <= 0.75
    with pytest.raises(ValueError, match="no rank"):
        ranks(np.array([[0.0, np.nan]]), random)


def test_p_values_of_uniform_ranks_are_uniform_far_into_the_tail() -> None:
    random = np.random.default_rng(2)
    found = np.array([smooth_p(u) for u in random.uniform(size=(20_000, 64))])
    for level in (0.5, 0.05, 0.01, PASSES):
        error = np.sqrt(level * (1 - level) / len(found))
        assert abs((found < level).mean() - level) < 4 * error + 0.1 * level, level


@pytest.mark.parametrize(
    "spoil",
    [lambda u: u**1.8, lambda u: np.where(u < 0.5, 2 * u**2, 1 - 2 * (1 - u) ** 2), lambda u: 0.2 + 0.6 * u],
    ids=["slope", "ends", "middle"],
)
def test_slopes_and_bulges_have_small_p_values(spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    u = (np.arange(200) + 0.5) / 200
    assert smooth_p(u) > 0.99
    assert smooth_p(spoil(u)) < FAILS


def test_corrected_p_values_grow_with_their_number_and_keep_their_order() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.7, "b": 0.8}) == {"a": 1.0, "b": 1.0}


# Chains through exact draws of a Gaussian that is known

TRUE_SD, MANY, TRANSITIONS = 0.5, 1024, 15


def gaussian(q: jax.Array, told: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
    """Log density of two standard normals, q [2], of whose sum y is known with an error; no density above a wall."""
    y, sd, wall = told
    inside = -0.5 * jnp.sum(q**2) - 0.5 * ((y - q[0] - q[1]) / sd) ** 2
    return jnp.where(q[0] > wall, -jnp.inf, inside)


@pytest.fixture(scope="module")
def toy() -> Callable[..., Chain]:
    return compile_walks(gaussian, TRANSITIONS, MANY)


def toy_chain(toy: Callable[..., Chain], seed: int, moves: Moves, sd: float, wall: float, place: int | None) -> Chain:
    with jax.enable_x64(True):
        q_key, y_key, place_key, walk_key = jax.random.split(jax.random.key(seed), 4)
        q = jax.random.normal(q_key, (MANY, 2))
        y = q.sum(axis=1) + TRUE_SD * jax.random.normal(y_key, (MANY,))
        some = jax.random.randint(place_key, (MANY,), 0, TRANSITIONS + 1)
        places = some if place is None else jnp.full(MANY, place)
        told = (y, jnp.full(MANY, sd), jnp.full(MANY, wall))
        chain = toy(q, told, places, jax.random.split(walk_key, MANY), jnp.ones(2), moves)
    return jax.tree.map(np.asarray, chain)


def toy_p(chain: Chain) -> float:
    usable = np.isfinite(chain.lp[:, 0])
    random = np.random.default_rng(5)
    values = {"lp": chain.lp, "first": chain.q[..., 0], "sum": chain.q.sum(axis=-1)}
    found = {name: smooth_p(ranks(np.asarray(value)[usable], random)) for name, value in values.items()}
    return min(holm(found).values())


@pytest.mark.parametrize(
    "moves",
    [Moves(4, 0.5, 1.0), Moves(8, 0.5, 0.3), Moves(3, 1.2, 0.2), Moves(1, 0.01, 1.0)],
    ids=["one size", "all sizes", "many rejected", "hardly moving"],
)
def test_exact_ranks_are_uniform_however_the_chain_mixes(toy: Callable[..., Chain], moves: Moves) -> None:
    chain = toy_chain(toy, 1, moves, TRUE_SD, np.inf, None)
    assert chain.q.shape == (MANY, TRANSITIONS + 1, 2) and chain.accept.shape == (MANY, TRANSITIONS)
    assert toy_p(chain) > PASSES


@pytest.mark.parametrize("factor", [0.8, 1.25], ids=["too sure", "too unsure"])
def test_a_likelihood_with_a_wrong_error_is_seen(toy: Callable[..., Chain], factor: float) -> None:
    assert toy_p(toy_chain(toy, 2, Moves(4, 0.5, 0.3), factor * TRUE_SD, np.inf, None)) < FAILS


def test_draws_without_a_density_are_left_out_and_the_others_stay_exact(toy: Callable[..., Chain]) -> None:
    chain = toy_chain(toy, 3, Moves(4, 0.5, 0.3), TRUE_SD, 0.5, None)
    usable = np.isfinite(chain.lp[:, 0])
    assert usable.mean() == pytest.approx(0.69, abs=0.06)
    assert chain.q[usable][..., 0].max() <= 0.5
    assert toy_p(chain) > PASSES


@pytest.mark.parametrize("place", [0, 6, TRANSITIONS])
def test_a_chain_turns_at_its_place_and_begins_again_at_the_draw(toy: Callable[..., Chain], place: int) -> None:
    """Small steps: the first state after the turn is as near the draw as the first of all."""
    chain = toy_chain(toy, 4, Moves(1, 0.01, 1.0), TRUE_SD, np.inf, place)
    far = np.linalg.norm(chain.q - chain.q[:, :1], axis=-1).mean(axis=0)
    on = TRANSITIONS - place
    legs = [far[: on + 1], np.concatenate([far[:1], far[on + 1 :]])]
    for leg in legs:
        assert leg == pytest.approx(0.01 * np.sqrt(np.pi / 2 * np.arange(len(leg))), rel=0.1)


def test_the_gradient_is_that_of_the_draw(toy: Callable[..., Chain]) -> None:
    chain = toy_chain(toy, 6, Moves(0, 0.0, 1.0), TRUE_SD, np.inf, None)
    q, gradient = chain.q[:, 0], chain.gradient
    assert np.array_equal(chain.q, np.repeat(q[:, None], TRANSITIONS + 1, axis=1))
    assert gradient[:, 0] + q[:, 0] == pytest.approx(gradient[:, 1] + q[:, 1])
    # the mean square of a score is the mean curvature
    assert (gradient**2).mean(axis=0) == pytest.approx(1 + 1 / TRUE_SD**2, rel=0.15)


# A small target from end to end


def test_a_target_of_one_datum_is_calibrated_and_its_noise_is_missed_when_left_out() -> None:
    walk = Target(Walk(), (Seen(),), prior_set(Walk.parameters, {}))  # type: ignore[arg-type]
    small = prepare(walk, seed=0, replicates=2048, moves=Moves(8, 0.5, 0.3))
    every = coordinates(walk)
    assert every == ("level", "unseen", "walk 0", "walk 1", "walk 2", "walk 3")
    found = small.run(1, parameters=every)
    assert set(found.ranks) == {LOG_POSTERIOR, LOG_LIKELIHOOD, *every}
    assert min(found.p_values.values()) > PASSES, found.p_values
    assert min(small.run(1, noise=0.0, parameters=every).p_values.values()) < FAILS


# The flagship: baseline priors and all series, one program for the true likelihood and both false ones


@pytest.fixture(scope="module")
def target() -> Target:
    api.prepare_devices()
    found = api.load_study("baseline").target
    assert found is not None
    return replace(found, as_of=None)


@pytest.fixture(scope="module")
def check(target: Target) -> Check:
    return prepare(target, seed=0)


def test_a_target_that_knows_what_has_not_happened_is_refused(target: Target) -> None:
    with pytest.raises(ValueError, match="as_of"):
        prepare(replace(target, as_of=2026.0), seed=0)


def test_the_flagship_is_calibrated(check: Check) -> None:
    found = check.run(1)
    assert min(found.p_values.values()) > PASSES, found.p_values
    assert found.left_out == 0
    assert found.accept.mean() > 0.6 and np.mean(found.accept < 0.05) < 0.1  # the chains do move
    assert {LOG_POSTERIOR, LOG_LIKELIHOOD, "metr_lag", "log_horizon later"} < set(found.ranks)
    assert all(u.shape == (64,) for u in found.ranks.values())


@pytest.mark.parametrize("bug", [{"late": 0.25}, {"noise": 0.0}], ids=["rows misdated", "no process noise"])
def test_planted_errors_of_the_likelihood_are_seen(check: Check, bug: dict[str, Any]) -> None:
    found = check.run(1, **bug)
    assert found.p_values[LOG_POSTERIOR] < FAILS, found.p_values
    assert found.left_out == 0


def test_the_same_seed_gives_the_same_data_and_another_others(check: Check) -> None:
    with jax.enable_x64(True):
        one, same, other = (check.draw(jax.random.key(n)) for n in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(same), strict=True))
    assert not np.array_equal(one[1].seen.y, other[1].seen.y)
    assert one[0].shape == (64, len(coordinates(check.target)))
