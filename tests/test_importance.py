"""Weighted draws give the posterior that is known in closed form, and say what they are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc.api import load_study
from rsimc.calibration.fit import fit
from rsimc.calibration.importance import PRIOR, Proposal, _fitted, resampled
from rsimc.calibration.settings import Settings
from rsimc.calibration.weights import smoothed


def silent(*told: object) -> None:
    """No progress."""


@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(1, 300))
def test_resampling_takes_each_within_one_of_its_share(seed: int, rows: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.exponential(size=rows) ** 3
    places = resampled(weights, count, rng)
    taken = np.bincount(places, minlength=rows)
    assert taken.sum() == count and np.all(np.diff(places) >= 0)
    assert np.all(np.abs(taken - count * weights / weights.sum()) <= 1.0 + 1e-9)


@given(st.integers(0, 10_000))
def test_weights_take_the_proposal_off(seed: int) -> None:
    """Means of the prior from draws of a proposal."""
    rng = np.random.default_rng(seed)
    proposal = Proposal(np.array([0, 2]), np.array([0.8, -0.5]), np.array([[0.6, 0.0], [0.2, 0.7]]))
    z = proposal.draw(rng, 20_000, 4)
    weights = np.exp(proposal.log_ratio(z))
    assert weights.max() <= 10.0 + 1e-9  # the defence bounds them
    assert weights.mean() == pytest.approx(1.0, abs=0.06)
    assert weights @ z / weights.sum() == pytest.approx(0.0, abs=0.15)
    assert weights @ z**2 / weights.sum() == pytest.approx(1.0, abs=0.25)


def test_a_line_is_fitted_as_in_closed_form() -> None:
    """Rounds of proposals on y = z_0 + z_1 + error of 0.1: the posterior is normal and known."""
    error, y = 0.1, 1.5
    found, rng = PRIOR, np.random.default_rng(1)
    for _ in range(4):
        z = found.draw(rng, 32_768, 5)
        logs = -0.5 * ((y - z[:, 0] - z[:, 1]) / error) ** 2
        weights, khat = smoothed(logs + found.log_ratio(z))
        found = _fitted(z, weights)
    shrink = y / (2.0 + error**2)
    assert set(found.places) == {0, 1} and khat < 0.5
    assert 1.0 / np.square(weights).sum() > 8_000
    assert weights @ z == pytest.approx([shrink, shrink, 0.0, 0.0, 0.0], abs=0.05)
    covariance = np.cov(z[:, 0], z[:, 1], aweights=weights)
    assert covariance[0, 1] == pytest.approx(-1.0 / (2.0 + error**2), abs=0.04)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(sampler="importance", chains=64, draws=64)


def test_a_published_model_is_calibrated_and_says_what_its_draws_are_worth(settings: Settings) -> None:
    """To METR's horizons: the pace is informed, what no datum sees is not."""
    study = load_study("ai-2027-horizon", ["data.metr_horizons=true", "as_of=2026-11-22", "condition_on_not_yet=true"])
    assert study.target is not None
    draws = fit(study.target, settings, silent)
    assert draws.importance is not None
    assert draws.importance.khat < 0.7 and draws.importance.ess > 1000
    names = study.target.priors.names
    spread = draws.z.std(axis=(0, 1))
    assert spread[names.index("doubling_time")] < 0.5
    assert 0.9 < spread[names.index("multiplier_end")] < 1.1
    again = fit(study.target, settings, silent)
    assert np.array_equal(draws.z, again.z)
    other = fit(study.target, replace(settings, seed=2), silent)
    for name in ("doubling_time", "horizon_needed"):
        row = names.index(name)
        error = spread[row] * np.sqrt(2.0 / draws.importance.ess)
        assert draws.z[..., row].mean() == pytest.approx(other.z[..., row].mean(), abs=5.0 * error)
