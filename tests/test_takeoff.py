"""Laws of the flagship: each mechanism does what its equation says, and the whole is anchored where it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from rsimc.engine.path import simulate_path
from rsimc.models.base import prior_set
from rsimc.models.takeoff import compute, labour, noise, software, specialisms
from rsimc.models.takeoff import model as flagship
from rsimc.models.takeoff.milestones import CLASSES, classify
from rsimc.models.takeoff.model import Takeoff

MODEL = Takeoff()
DRAWS, QUARTERS = 256, 64  # to 2035
JAN_2025 = 72
NAMES = (
    "log_horizon", "binding_logit", "log_effort", "log_multiplier", "software", "log_limit_share", "human_share",
    "automated_share", "research_share", "log_compute",
)  # fmt: skip
Params = dict[str, jax.Array]
Paths = dict[str, np.ndarray]
z_scores = st.floats(-3, 3)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def compile_paths(model: Takeoff) -> Callable[[Params, Any], Paths]:
    """Quantities [step, draw] of independent single trajectories."""
    program = jax.jit(jax.vmap(lambda p, u: simulate_path(model, p, u, NAMES), in_axes=-1, out_axes=-1))
    return lambda params, innovations: {name: np.asarray(x) for name, x in program(params, innovations).items()}


@pytest.fixture(scope="module")
def paths() -> Callable[[Params, Any], Paths]:
    return compile_paths(MODEL)


@pytest.fixture(scope="module")
def draws() -> Params:
    with jax.enable_x64(True):
        priors = prior_set(MODEL.parameters, {})
        return priors.named(
            priors.from_normal(jnp.asarray(np.random.default_rng(0).standard_normal((priors.size, DRAWS))))
        )


@pytest.fixture(scope="module")
def innovations() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((1 + QUARTERS, 3, DRAWS))


def without(draws: Params, **fixed: float) -> Params:
    return {**draws, **{name: jnp.full(DRAWS, value) for name, value in fixed.items()}}


# Labour


def gain(log_labour: object, logit: object, tasks: float = 2.0, across: float = 0.7) -> np.ndarray:
    """log L for the automation logits [K, ...] of specialisms of equal weight."""
    logits = jnp.asarray(logit, jnp.float64)
    even = jnp.full((len(logits),) + (1,) * (logits.ndim - 1), -np.log(len(logits)))
    params = {
        "log_weight": even,
        "complementarity_tasks": jnp.asarray(tasks),
        "complementarity_specialisms": jnp.asarray(across),
    }
    return np.asarray(AGGREGATE(params, logits, jnp.asarray(log_labour, jnp.float64)).log_gain)


AGGREGATE = jax.jit(labour.aggregate)


@given(st.lists(st.floats(-20, 30), min_size=8, max_size=8), st.floats(0.1, 20), st.floats(0.05, 5))
def test_ai_labour_never_harms_and_more_never_hurts(logit: list[float], tasks: float, across: float) -> None:
    supply = np.linspace(-60, 60, 121)
    log_gain = gain(supply, np.repeat(np.array(logit)[:, None], len(supply), axis=1), tasks, across)
    assert np.all(log_gain >= -1e-12)
    assert np.all(np.diff(log_gain) >= -1e-9)


@pytest.mark.parametrize("share", [0.9, 0.99, 0.999])
def test_people_bottleneck_unlimited_ai_labour_at_one_over_the_human_share(share: float) -> None:
    logit = np.full(8, np.log(share / (1 - share)))
    assert np.exp(gain(200.0, logit, tasks=1e5)) == pytest.approx(1 / (1 - share), rel=1e-3)


@given(st.floats(-10, 10), st.floats(-5, 10))
def test_without_automation_or_without_ai_labour_nothing_is_gained(log_labour: float, logit: float) -> None:
    assert gain(log_labour, np.full(8, -60.0)) == pytest.approx(0, abs=1e-9)
    assert gain(-60.0, np.full(8, logit)) == pytest.approx(0, abs=1e-9)


@given(st.floats(-4, 8), st.floats(0.1, 20))
def test_productivity_and_its_slope_are_continuous_where_people_stop_helping(logit: float, tasks: float) -> None:
    below, above = (np.array(one_specialism(logit + side * 1e-6, logit, tasks)) for side in (-1, 1))
    assert below == pytest.approx(above, abs=1e-4)
    assert below[0] == pytest.approx(np.log1p(np.exp(logit)), abs=1e-5)  # 1 + A = 1/(1 - f)


@jax.jit
def one_specialism(log_labour: float, logit: float, tasks: float) -> tuple[jax.Array, jax.Array]:
    """log P and its slope in log A."""
    params = {"log_weight": jnp.zeros(1), "complementarity_tasks": tasks, "complementarity_specialisms": 0.7}
    return jax.value_and_grad(lambda supply: labour.aggregate(params, jnp.stack([logit]), supply).log_gain)(log_labour)


@given(st.lists(st.floats(0, 6) | st.just(-60.0), min_size=7, max_size=7), st.floats(0, 6), st.floats(-12, -3))
def test_ai_labour_is_divided_among_specialisms_that_can_use_it(
    logit: list[float], usable: float, log_labour: float
) -> None:
    """With specialisms that add up and none saturated, A workers add A."""
    log_gain = gain(log_labour, np.array([*logit, usable]), across=-1.0)
    assert log_gain == pytest.approx(np.log1p(np.exp(log_labour)), rel=1e-9)


@given(st.lists(st.floats(-20, 20), min_size=8, max_size=8), st.floats(-20, 20))
def test_shares_of_work_lie_between_none_and_all(logit: list[float], log_labour: float) -> None:
    params = {"log_weight": jnp.full(8, -np.log(8)), "complementarity_tasks": 2.0, "complementarity_specialisms": 0.7}
    work = AGGREGATE(params, jnp.asarray(logit), log_labour)
    assert work.log_automated <= 1e-12
    assert work.log_human_share <= 1e-12
    assert np.exp(work.log_human_share) >= 1 - np.exp(work.log_automated) - 1e-9  # nobody automates beyond what can be


# Specialisms, compute


@given(st.floats(0, 4.9), st.floats(0.01, 1), st.floats(0, 1))
def test_a_longer_horizon_never_automates_less(gap: float, exponent: float, verifiability: float) -> None:
    params = {"verifiability_gap": gap, "gap_exponent": exponent, "verifiability": jnp.full((1, 1), verifiability)}
    params |= {"slope": jnp.ones((1, 1)), "threshold": jnp.zeros((1, 1))}
    horizon = jnp.linspace(-8.0, 15.0, 800)
    own = np.asarray(specialisms.automation_logit(params, horizon))[0]
    assert np.all(np.diff(own) > 0)
    full = np.asarray(specialisms.automation_logit(params, jnp.asarray([specialisms.FULL])))[0, 0]
    assert specialisms.FULL - full == pytest.approx((1 - verifiability) * gap, abs=1e-4)  # the gap is that at 12 hours


def test_compute_and_people_start_at_one_and_change_pace_at_the_slowdown() -> None:
    params = {"slowdown_delay": 4.0, "compute_growth": 1.45, "compute_growth_late": 0.4}
    params |= {"researcher_growth": 0.6, "researcher_growth_early": 0.35}
    for growth, early, now, late in (
        (compute.log_compute, 1.45, 1.45, 0.4),
        (compute.log_researchers, 0.35, 0.6, 0.05),
    ):
        pace = jax.grad(lambda t, growth=growth: growth(params, t))
        assert growth(params, 0.0) == pytest.approx(0, abs=1e-12)
        assert [pace(t) for t in (-6.0, 0.0, 40.0)] == pytest.approx([early, now, late], abs=2e-3)


# Software


@pytest.mark.parametrize(
    ("room", "log_pace", "tolerance"), [((15, 30), (-3, 3), 1e-6), ((1, 5), (-3, 0), 1e-3), ((0.05, 1), (-3, 0), 2e-3)]
)
def test_a_software_step_solves_its_equation(
    room: tuple[float, float], log_pace: tuple[float, float], tolerance: float
) -> None:
    random, dt, ceiling = np.random.default_rng(2), 1 / 12, 20.0
    for _ in range(20):
        z, pace, scale, returns = (
            random.uniform(*room),
            random.uniform(*log_pace),
            random.uniform(0.1, 1),
            random.uniform(0.4, 3),
        )
        params = {"parallelisation": scale, "returns_to_research": returns, "software_ceiling": ceiling}
        start, beta = ceiling - z, scale / returns

        def slope(_: float, s: np.ndarray, pace: float = pace, beta: float = beta, start: float = start) -> np.ndarray:
            return -np.exp(pace - beta * (s - start)) * np.expm1(s - ceiling)

        exact = solve_ivp(slope, (0, dt), [start], method="LSODA", rtol=1e-11, atol=1e-12).y[0, -1] - start
        assert software.advance(params, jnp.asarray(start), jnp.asarray(pace), dt) - start == pytest.approx(
            exact, rel=tolerance
        )


def test_software_steps_are_of_second_order_at_the_ceiling() -> None:
    beta, pace, start = 0.6, 2.0, 18.0
    params = {"parallelisation": 0.6, "returns_to_research": 1.0, "software_ceiling": 20.0}
    exact = solve_ivp(
        lambda _, s: -np.exp(pace - beta * (s - start)) * np.expm1(s - 20.0), (0, 1), [start], rtol=1e-11, atol=1e-12
    )

    def error(steps: int) -> float:
        s = jnp.asarray(start)
        for _ in range(steps):
            s = software.advance(params, s, pace - beta * (s - start), 1 / steps)
        return abs(float(s) - exact.y[0, -1])

    assert error(12) / error(24) == pytest.approx(4, rel=0.2)


@given(st.floats(-30, 30), st.floats(0, 40), st.floats(0.1, 1), st.floats(0.3, 4))
def test_software_rises_and_stays_below_its_ceiling_at_any_pace(
    pace: float, room: float, scale: float, returns: float
) -> None:
    for dtype in (jnp.float32, jnp.float64):
        values = {"parallelisation": scale, "returns_to_research": returns, "software_ceiling": 40.0}
        start = jnp.asarray(40.0 - room, dtype)
        after = ADVANCE({name: jnp.asarray(x, dtype) for name, x in values.items()}, start, jnp.asarray(pace, dtype))
        slack = 40 * np.finfo(dtype).eps
        assert start - slack <= after <= 40.0 + slack


ADVANCE = jax.jit(lambda params, s, pace: software.advance(params, s, pace, 1 / 12))


# Noise


def responses(length: float, quarters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u_h, v and W at quarter ends [quarter, innovation] as linear functions of the innovations, sd 1."""
    names = ("noise_length", "trend_length", "horizon_noise", "software_noise", "trend_noise")
    params: dict[str, Any] = dict(zip(names, (length, length, 1.0, 1.0, 1.0), strict=True))
    params |= noise.coefficients({name: jnp.asarray(x) for name, x in params.items()}, 1 / 12, 3)
    unit = np.eye(1 + quarters)[:, None, :] * np.ones((1, 3, 1))
    state, seen = noise.start(params, unit[0]), []
    for n in range(1 + quarters):
        seen.append(state)
        for _ in range(3 if n < quarters else 0):
            state = noise.advance(state, params, unit[n + 1], 1 / 12)
    return tuple(np.array([np.asarray(getattr(s, name)) for s in seen]) for name in ("horizon", "pace", "trend"))


@pytest.mark.parametrize("length", [0.3, 1.0, 4.0])
def test_noise_is_exactly_ornstein_uhlenbeck_at_quarter_ends(length: float) -> None:
    horizon, pace, _ = responses(length, 8)
    lags = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    for response in (horizon, pace):
        assert response @ response.T == pytest.approx(np.exp(-0.25 * lags / length), abs=1e-12)


@pytest.mark.parametrize("length", [0.5, 1.5, 4.0])
def test_the_trend_is_the_integral_of_its_pace(length: float) -> None:
    trend, time = responses(length, 12)[2], 3.0 / length
    expected = 2 * length**2 * (time + np.expm1(-time))
    assert trend[-1] @ trend[-1] == pytest.approx(expected, rel=0.02)


def test_trend_noise_leaves_the_horizon_of_2025_alone(
    draws: Params, innovations: np.ndarray, paths: Callable[[Params, Any], Paths]
) -> None:
    quiet = without(draws, ai_labour=-50.0, serving_demand=1e-9, horizon_noise=1e-9)
    loud = {**quiet, "trend_noise": 2 * quiet["trend_noise"]}
    gap = paths(loud, innovations)["log_horizon"] - paths(quiet, innovations)["log_horizon"]
    assert np.max(np.abs(gap[JAN_2025])) < 1e-6
    assert np.median(np.abs(gap[JAN_2025 - 24])) > 0.1
    assert np.median(np.abs(gap[JAN_2025 + 24])) > 0.1


# The whole


def test_level_and_pace_of_the_horizon_at_2025_are_the_parameters(
    draws: Params, paths: Callable[[Params, Any], Paths]
) -> None:
    """Without AI help, noise, step and curvature of h; up to the curvature of compute within a generation."""
    plain = without(draws, paradigm_step=0.0, curvature=0.0, ai_labour=-50.0)
    for lags, level_within, pace_within in (
        ({"training_time": 0.005, "preparation_time": 0.005}, 0.04, 0.02),
        ({}, 0.2, 0.2),
    ):
        h = paths(without(plain, **lags), np.zeros((1 + QUARTERS, 3, DRAWS)))["log_horizon"]
        level = h[JAN_2025] - np.log(draws["time_horizon"])
        pace = 6 * (h[JAN_2025 + 1] - h[JAN_2025 - 1]) / draws["time_horizon_growth"]
        assert np.max(np.abs(level)) < level_within
        assert np.max(np.abs(pace - 1)) < pace_within
        assert np.median(np.abs(level)) < 0.02
        assert np.median(np.abs(pace - 1)) < 0.03


def test_quantities_stay_in_their_ranges(
    draws: Params, innovations: np.ndarray, paths: Callable[[Params, Any], Paths]
) -> None:
    seen = paths(draws, innovations)
    assert all(np.all(np.isfinite(x)) for x in seen.values())
    assert np.all(np.diff(seen["software"], axis=0) > -1e-9)
    assert np.all(seen["log_limit_share"] < 1e-9)
    assert np.all(seen["log_effort"] > -1e-9)
    for name in ("human_share", "automated_share", "research_share"):
        assert np.all((seen[name] >= 0) & (seen[name] <= 1 + 1e-12))
    assert np.all(seen["research_share"] >= 1 - np.asarray(draws["serving_max"]) - 1e-12)


def first_passage(seen: Paths, name: str, level: float, per_year: int) -> np.ndarray:
    """Years from the start, by straight lines between steps; nan when not reached."""
    y, place = seen[name], np.argmax(seen[name] >= level, axis=0)
    before, after = (np.take_along_axis(y, np.maximum(place + d, 0)[None], axis=0)[0] for d in (-1, 0))
    reached = (after >= level) & (place > 0)
    return np.where(reached, (place - 1 + (level - before) / np.where(reached, after - before, 1)) / per_year, np.nan)


def test_monthly_steps_give_dates_to_a_day(
    draws: Params, paths: Callable[[Params, Any], Paths], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fine(Takeoff):
        steps_per_year, steps_per_innovation = 48, 12

    still = np.zeros((1 + QUARTERS, 3, DRAWS))
    monthly = paths(draws, still)
    monkeypatch.setattr(flagship, "DT", 1 / 48)
    monkeypatch.setattr(flagship, "STEPS", 12)
    fine = compile_paths(Fine())(draws, still)
    for name, level in (("binding_logit", np.log(99)), ("log_multiplier", np.log(2)), ("log_multiplier", np.log(10))):
        coarse, exact = first_passage(monthly, name, level, 12), first_passage(fine, name, level, 48)
        assert np.array_equal(np.isnan(coarse), np.isnan(exact))
        days = 365.25 * np.abs(coarse - exact)[~np.isnan(exact)]
        assert len(days) > 50
        assert np.median(days) < 0.5
        assert np.max(days) < 7


# Classes


def described(closed: float, ten: float, thousand: float, horizon: float) -> str:
    """The definition, read off `model.md`."""
    if closed == np.inf:
        return "never"
    if thousand < np.inf and thousand - ten < 1:
        return "fast"
    if ten == np.inf and horizon - closed < 5:
        return "undetermined"
    if ten < np.inf and horizon - ten < 1 and thousand == np.inf:
        return "undetermined"
    if ten == np.inf or ten - closed > 5:
        return "fizzle"
    return "slow"


dates = st.one_of(st.just(np.inf), st.floats(0, 41), st.sampled_from([35.0, 36.0, 36.5, 40.0, 40.5]))


@given(st.lists(st.tuples(dates, dates, dates), min_size=20, max_size=20))
def test_every_trajectory_has_the_one_class_that_its_dates_describe(rows: list[tuple[float, float, float]]) -> None:
    closed, ten, thousand = np.array([(c, min(a, b), max(a, b)) for c, a, b in rows]).T
    index = classify(
        {
            "closed_loop": jnp.asarray(closed),
            "multiplier_10": jnp.asarray(ten),
            "multiplier_1000": jnp.asarray(thousand),
        },
        jnp.asarray(41.0),
    )
    assert [CLASSES[n] for n in np.asarray(index)] == [
        described(*row, 41.0) for row in zip(closed, ten, thousand, strict=True)
    ]
