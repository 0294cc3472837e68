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

from rsimc import maths
from rsimc.engine.path import simulate_path
from rsimc.models.base import prior_set
from rsimc.models.takeoff import compute, horizon, labour, noise, shares, software, specialisms
from rsimc.models.takeoff.forms import chosen
from rsimc.models.takeoff.milestones import CLASSES, classify
from rsimc.models.takeoff.model import Takeoff

MODEL = Takeoff()
DRAWS, QUARTERS = 256, 64  # to 2035
JAN_2025 = 72
NAMES = (
    "log_horizon", "binding_logit", "log_effort", "log_multiplier", "software", "minus_log_room", "human_share",
    "automated_share", "research_share", "log_compute", "serving_share", "training_share", "experiment_share",
    "ai_labour_share", "director_share", "log_oversight", "since_closure", "versions", "version_gain", "coding_logit",
)  # fmt: skip
USES = ("serving_share", "ai_labour_share", "training_share", "experiment_share")
Params = dict[str, jax.Array]
Paths = dict[str, np.ndarray]
z_scores = st.floats(-3, 3)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def compile_paths(model: Takeoff, names: tuple[str, ...] = NAMES) -> Callable[[Params, Any], Paths]:
    """Quantities [step, draw] of independent single trajectories."""
    program = jax.jit(jax.vmap(lambda p, u: simulate_path(model, p, u, names), in_axes=-1, out_axes=-1))
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
    return {**draws, **{name: jnp.full(DRAWS, value, jnp.float64) for name, value in fixed.items()}}


# Labour


NO_LIMIT = 1e30


def gain(
    log_labour: object, logit: object, tasks: float = 2.0, across: float = 0.7, limit: float = NO_LIMIT
) -> np.ndarray:
    """log L for the automation logits [K, ...] of specialisms of equal weight."""
    return np.asarray(aggregated(log_labour, logit, tasks, across, limit).log_gain)


def aggregated(log_labour: object, logit: object, tasks: float, across: float, limit: float) -> labour.Labour:
    logits = jnp.asarray(logit, jnp.float64)
    params = {
        "weight": jnp.full((len(logits),) + (1,) * (logits.ndim - 1), 1.0 / len(logits)),
        "complementarity_tasks": jnp.asarray(tasks),
        "complementarity_specialisms": jnp.asarray(across),
        **limited_to(np.log(limit)),
    }
    params["log_weight"] = jnp.log(params["weight"])
    return AGGREGATE(params, logits, jnp.asarray(log_labour, jnp.float64))


def limited_to(log_limit: float) -> Params:
    return {
        "log_sourcing_limit": jnp.asarray(log_limit),
        "sourcing_allowance": jnp.asarray(np.logaddexp(0, -log_limit)),
    }


AGGREGATE = jax.jit(lambda params, logit, workers: labour.aggregate(params, maths.logistic(logit), workers))


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
    joint = np.log1p(np.exp(logit))  # of log A: f A = f/(1 - f)
    below, above = (np.array(one_specialism(joint + side * 1e-6, logit, tasks)) for side in (-1, 1))
    assert below == pytest.approx(above, abs=1e-4)
    assert below[0] == pytest.approx(joint, abs=1e-5)  # 1 + f A = 1/(1 - f)


@jax.jit
def one_specialism(log_labour: float, logit: float, tasks: float) -> tuple[jax.Array, jax.Array]:
    """log P and its slope in log A."""
    return jax.value_and_grad(
        lambda supply: labour.productivity(
            {"complementarity_tasks": tasks}, maths.logistic(jnp.stack([logit])), supply
        )[0][0]
    )(log_labour)


@given(st.lists(st.floats(-6, 6), min_size=8, max_size=8), st.floats(-12, -3))
def test_few_ai_workers_add_what_they_can_do(logit: list[float], log_labour: float) -> None:
    """With specialisms that add up and none saturated, A workers a person add A times the automated share."""
    log_gain = gain(log_labour, np.array(logit), across=-1.0)
    automated = np.mean(1 / (1 + np.exp(-np.array(logit))))
    assert log_gain == pytest.approx(np.log1p(automated * np.exp(log_labour)), rel=1e-9)


@given(st.floats(0, 40), st.floats(0, 6))
def test_the_world_limits_the_speed_of_data_from_it(log_p: float, log_limit: float) -> None:
    params = limited_to(log_limit)
    limited = float(labour.limited(params, jnp.asarray(log_p)))
    assert -1e-12 <= limited <= min(log_p, np.log1p(np.exp(log_limit))) + 1e-12
    assert float(labour.limited(params, jnp.asarray(0.0))) == pytest.approx(0, abs=1e-12)


@given(st.lists(st.floats(-20, 20), min_size=8, max_size=8), st.floats(-20, 20))
def test_shares_of_work_lie_between_none_and_all(logit: list[float], log_labour: float) -> None:
    work = aggregated(log_labour, logit, 2.0, 0.7, 10.0)
    assert work.automated + work.not_automated == pytest.approx(1, abs=1e-12)
    assert work.not_automated - 1e-12 <= work.human_share <= 1 + 1e-12  # nobody automates beyond what can be
    assert 0 <= work.director_share <= work.human_share
    assert work.log_human_evaluation <= 1e-12


# Specialisms, compute


@given(st.floats(0, 4.9), st.floats(0.01, 1), st.floats(0, 1))
def test_a_longer_horizon_never_automates_less(gap: float, exponent: float, verifiability: float) -> None:
    params = {"verifiability_gap": gap, "gap_exponent": exponent, "verifiability": jnp.full((1, 1), verifiability)}
    params |= {"slope": jnp.ones((1, 1)), "threshold": jnp.zeros((1, 1)), "data_reach": jnp.zeros((1, 1))}
    horizon = jnp.linspace(-8.0, 15.0, 800)
    own = np.asarray(specialisms.automation_logit(params, horizon, jnp.asarray(0.0)))[0]
    assert np.all(np.diff(own) > 0)
    full = np.asarray(specialisms.automation_logit(params, jnp.asarray([specialisms.FULL]), jnp.asarray(0.0)))[0, 0]
    assert specialisms.FULL - full == pytest.approx((1 - verifiability) * gap, abs=1e-4)  # the gap is that at 12 hours


def test_synthetic_data_help_only_where_results_can_be_checked() -> None:
    base = {"verifiability_gap": 3.0, "gap_exponent": 0.5, "verifiability": jnp.asarray([0.9, 0.1] + [0.5] * 6)}
    base |= {"threshold_median": 3.0, "threshold_offset": jnp.zeros(8), "threshold_spread": 0.0}
    base |= {"threshold_deviation": jnp.zeros(8), "automation_slope": 1.0, "slope_spread": 0.0}
    base |= {"slope_deviation": jnp.zeros(7), "direction_slope": jnp.asarray(1.0), "synthetic_data": 0.5}
    params = {**base, **specialisms.anchor(base)}
    none, much, endless = (
        np.asarray(specialisms.automation_logit(params, jnp.asarray(2.0), jnp.asarray(d))) for d in (0.0, 3.0, 1e6)
    )
    assert np.all(much >= none)
    gap = (2.0 - 3.0) - none  # of logits: slope 1
    assert (much - none)[0] > 0.7 * gap[0] and (much - none)[1] < 0.05 * gap[1]
    assert endless[0] == pytest.approx(2.0 - 3.0)


@given(st.floats(-8, 12), st.floats(-6, 35), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_shares_of_compute_sum_to_one(h: float, t: float, z: list[float]) -> None:
    params = {"serving_max": 0.8, "serving_level": z[0], "serving_demand": np.exp(z[1]), "serving_trend": 0.3 * z[2]}
    params |= {"ai_labour_max": 1 / (1 + np.exp(z[3])), "training_part": 0.15, "log_time_horizon": np.log(0.7)}
    params |= {"time_horizon_growth": 1.6, "automation_slope": 1.0, "threshold_median": 3.7}
    research = shares.log_research_share(params, jnp.asarray(h), jnp.asarray(t))
    use = shares.split(params, research, shares.log_left_by_ai(params, jnp.asarray(t)))
    assert all(0 <= share <= 1 for share in use)
    assert sum(use) == pytest.approx(1, abs=1e-12)
    assert use.serving <= 0.8 + 1e-12
    assert use.ai_labour <= params["ai_labour_max"] + 1e-12


GROWTH = {"slowdown_delay": 4.0, "compute_growth": 1.45, "compute_growth_late": 0.4, "world_compute_growth": 1.19}
GROWTH |= {"lab_share_max": 0.7, "efficiency_growth": 0.2}
GROWTH |= {"researcher_growth": 0.6, "researcher_growth_early": 0.35}
FAR = {"power_ceiling": 60.0, "chip_ceiling": 61.0, "capital_ceiling": 62.0}


def anchored(values: dict[str, float]) -> Params:
    params = {name: jnp.asarray(x, jnp.float64) for name, x in values.items()}
    return {**params, **compute.anchor(params)}


def test_compute_and_people_start_at_one_and_change_pace_at_the_slowdown() -> None:
    params = anchored(GROWTH | FAR)
    for growth, early, now, late in (
        (compute.log_world, 1.19, 1.19, 0.4),
        (compute.log_compute, 1.56, 1.45, 0.4),  # before: all of r = (1.45 - 1.19)/(1 - 0.224/0.7) in the share
        (compute.log_researchers, 0.35, 0.6, 0.05),
    ):

        def level(t: Any, growth: Callable[..., Any] = growth) -> Any:
            return growth(params, t, compute.before_slowdown(params, t))

        pace = jax.grad(level)
        assert level(0.0) == pytest.approx(0, abs=1e-12)
        assert [pace(t) for t in (-6.0, 0.0, 40.0)] == pytest.approx([early, now, late], abs=2e-2)


def test_compute_stays_under_its_ceilings_and_the_labs_share_under_its_own() -> None:
    params = anchored(GROWTH | {"power_ceiling": 5.0, "chip_ceiling": 3.0, "capital_ceiling": 4.0})
    years = jnp.linspace(0.0, 40.0, 100)
    early = compute.before_slowdown(params, years)
    world, lab = compute.log_world(params, years, early), compute.log_compute(params, years, early)
    assert np.all(world <= 3.0 + 0.2 * years + 0.01)
    assert jax.grad(lambda t: compute.log_world(params, t, compute.before_slowdown(params, t)))(40.0) == pytest.approx(
        0.2, abs=1e-2
    )
    assert np.all(lab - world <= np.log(0.7 / compute.SHARE_2025) + 1e-9)


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
        params = {"hardness": scale / returns, "software_ceiling": ceiling}
        start, beta = ceiling - z, scale / returns

        def slope(_: float, s: np.ndarray, pace: float = pace, beta: float = beta, start: float = start) -> np.ndarray:
            return -np.exp(pace - beta * (s - start)) * np.expm1(s - ceiling)

        exact = solve_ivp(slope, (0, dt), [start], method="LSODA", rtol=1e-11, atol=1e-12).y[0, -1] - start
        above = software.ceiling(params, jnp.asarray(start))
        assert software.advance(jnp.asarray(start), jnp.asarray(pace), dt, above) - start == pytest.approx(
            exact, rel=tolerance
        )


def test_software_steps_are_of_second_order_at_the_ceiling() -> None:
    beta, pace, start = 0.6, 2.0, 18.0
    params = {"hardness": 0.6, "software_ceiling": 20.0}
    exact = solve_ivp(
        lambda _, s: -np.exp(pace - beta * (s - start)) * np.expm1(s - 20.0), (0, 1), [start], rtol=1e-11, atol=1e-12
    )

    def error(steps: int) -> float:
        s = jnp.asarray(start)
        for _ in range(steps):
            s = software.advance(s, pace - beta * (s - start), 1 / steps, software.ceiling(params, s))
        return abs(float(s) - exact.y[0, -1])

    assert error(12) / error(24) == pytest.approx(4, rel=0.2)


@given(st.floats(-30, 30), st.floats(0, 40), st.floats(0.1, 1), st.floats(0.3, 4))
def test_software_rises_and_stays_below_its_ceiling_at_any_pace(
    pace: float, room: float, scale: float, returns: float
) -> None:
    for dtype in (jnp.float32, jnp.float64):
        values = {"hardness": scale / returns, "software_ceiling": 40.0}
        start = jnp.asarray(40.0 - room, dtype)
        after = ADVANCE({name: jnp.asarray(x, dtype) for name, x in values.items()}, start, jnp.asarray(pace, dtype))
        slack = 40 * np.finfo(dtype).eps
        assert start - slack <= after <= 40.0 + slack


ADVANCE = jax.jit(lambda params, s, pace: software.advance(s, pace, 1 / 12, software.ceiling(params, s)))


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
    """Without AI help, noise, step and curvature of h; up to what compute, serving and plans turn in a generation."""
    plain = without(draws, paradigm_step=0.0, curvature=0.0, ai_labour=-50.0, compute_growth=1.45)
    for lags, level_within, pace_within in (
        ({"training_time": 0.005, "preparation_time": 0.005}, 0.04, 0.02),
        ({}, 0.2, 0.2),
    ):
        h = paths(without(plain, **lags), np.zeros((1 + QUARTERS, 3, DRAWS)))["log_horizon"]
        level = h[JAN_2025] - np.log(draws["time_horizon"])
        pace = 6 * (h[JAN_2025 + 1] - h[JAN_2025 - 1]) / draws["time_horizon_growth"]
        assert np.quantile(np.abs(level), 0.97) < level_within
        assert np.quantile(np.abs(pace - 1), 0.97) < pace_within
        assert np.median(np.abs(level)) < 0.02
        assert np.median(np.abs(pace - 1)) < 0.03


def test_quantities_stay_in_their_ranges(
    draws: Params, innovations: np.ndarray, paths: Callable[[Params, Any], Paths]
) -> None:
    seen = paths(draws, innovations)
    assert all(np.all(np.isfinite(x)) for x in seen.values())
    assert np.all(np.diff(seen["software"], axis=0) > -1e-9)
    ceiling = np.asarray(MODEL.prepare(draws, jnp.asarray(innovations[: MODEL.anchor_innovations]))["software_ceiling"])
    assert np.all(seen["software"] < ceiling + 1e-9)
    # At worst AI labour brings nothing for the compute that it takes.
    least = np.log1p(-np.asarray(draws["ai_labour_max"]))
    assert np.all(seen["log_effort"] > least - 1e-9)
    for name in ("human_share", "automated_share", "research_share", *USES):
        assert np.all((seen[name] >= 0) & (seen[name] <= 1 + 1e-12))
    assert np.allclose(sum(seen[name] for name in USES), 1, atol=1e-12)
    assert np.all(seen["director_share"] <= seen["human_share"] + 1e-12)
    assert np.all(seen["log_oversight"] <= -np.asarray(draws["parallelisation"]) * least + 1e-9)
    assert np.all(np.diff(seen["versions"], axis=0) > 0)
    assert np.all(seen["research_share"] >= 1 - np.asarray(draws["serving_max"]) - 1e-12)


def first_passage(seen: Paths, name: str, level: float, per_year: int) -> np.ndarray:
    """Years from the start, by straight lines between steps; nan when not reached."""
    y, place = seen[name], np.argmax(seen[name] >= level, axis=0)
    before, after = (np.take_along_axis(y, np.maximum(place + d, 0)[None], axis=0)[0] for d in (-1, 0))
    reached = (after >= level) & (place > 0)
    return np.where(reached, (place - 1 + (level - before) / np.where(reached, after - before, 1)) / per_year, np.nan)


def test_monthly_steps_give_dates_to_a_day(draws: Params, paths: Callable[[Params, Any], Paths]) -> None:
    class Fine(Takeoff):
        steps_per_year, steps_per_innovation = 48, 12

    still = np.zeros((1 + QUARTERS, 3, DRAWS))
    monthly = paths(draws, still)
    fine = compile_paths(Fine())(draws, still)
    for name, level in (("binding_logit", np.log(99)), ("log_multiplier", np.log(2)), ("log_multiplier", np.log(10))):
        coarse, exact = first_passage(monthly, name, level, 12), first_passage(fine, name, level, 48)
        assert np.array_equal(np.isnan(coarse), np.isnan(exact))
        days = 365.25 * np.abs(coarse - exact)[~np.isnan(exact)]
        assert len(days) > 25
        assert np.median(days) < 0.5
        assert np.max(days) < 7


# Generations


def test_versions_gain_what_the_trend_gains_while_they_are_made(
    draws: Params, paths: Callable[[Params, Any], Paths]
) -> None:
    """Without AI help effective compute grows by gamma a year, and a version takes training and preparation time."""
    quiet = paths(without(draws, ai_labour=-50.0), np.zeros((1 + QUARTERS, 3, DRAWS)))
    lag = np.asarray(draws["training_time"] + draws["preparation_time"])
    with jax.enable_x64(True):
        pace = np.asarray(horizon.anchor(chosen(draws))["reference_pace"])
    assert np.diff(quiet["versions"], axis=0) == pytest.approx(np.broadcast_to(1 / (12 * lag), (12 * 16, DRAWS)))
    assert np.median(np.abs(quiet["version_gain"][JAN_2025] / (lag * pace) - 1)) < 0.05


def test_the_count_from_loop_closure_begins_where_the_loop_closes(
    draws: Params, innovations: np.ndarray, paths: Callable[[Params, Any], Paths]
) -> None:
    seen = paths(draws, innovations)
    closed = np.maximum.accumulate(seen["binding_logit"] >= np.log(99), axis=0)
    assert 20 < closed[-1].sum() < DRAWS
    assert np.all(seen["since_closure"][~closed] < -100)
    at_closure = seen["since_closure"][np.argmax(closed, axis=0), np.arange(DRAWS)][closed[-1]]
    assert np.all((at_closure > -1e-6) & (at_closure < 3))  # within the step in which it closed
    gained = np.where(closed[:-1] & closed[1:], np.diff(seen["since_closure"], axis=0), 0)
    assert gained.max() > 0.05


# Limits


def test_without_automation_research_is_the_human_trend_in_closed_form(
    draws: Params, paths: Callable[[Params, Any], Paths]
) -> None:
    """No AI labour, no noise, exponents at which R is Cobb-Douglas and the ceiling is far: s has a closed form."""
    plain = without(
        draws, ai_labour=-50.0, serving_demand=1e-9, serving_trend=0.0, substitution=1.0, software_limit=200.0,
        compute_growth=1.2, world_compute_growth=1.2, researcher_growth=0.6, researcher_growth_early=0.6,
        ai_labour_max=1e-9, slowdown_delay=60.0, power_ceiling=100.0, chip_ceiling=100.0, capital_ceiling=100.0,
    )  # fmt: skip
    s = paths(plain, np.zeros((1 + QUARTERS, 3, DRAWS)))["software"]
    scale, returns, share = (np.asarray(draws[n]) for n in ("parallelisation", "returns_to_research", "labour_share"))
    growth, beta = scale * (0.6 * share + 1.2 * (1 - share)), scale / returns
    years = np.arange(s.shape[0])[:, None] / 12
    rise = np.asarray(draws["software_growth"]) * np.expm1(growth * years) / growth
    assert s == pytest.approx(np.log1p(beta * rise) / beta, rel=5e-3, abs=5e-3)


INSIDE = ("binding_logit", "coding_logit", "log_horizon", "software")
INPUTS = ("ai_labour", "serial_speed", "compute_growth_late", "world_compute_growth", "researcher_growth")
CHANGED = (*INPUTS, "returns_to_research")


class Later(Takeoff):
    """Parameters are changed from 2025.0 on, `more.NAME` times (a logarithm: by so much); what was anchored on the
    reference path stays as it was.

    Research is observed beside: with what people alone would do on the reference path held, effort is research less a
    constant at every date, and the multiplier is that times lambda.
    """

    def _later(self, params: Any, t: Any) -> Any:
        new = dict(params)
        for name in CHANGED:
            more = params[f"more.{name}"]
            changed = params[name] + more if name == "ai_labour" else more * params[name]
            new[name] = jnp.where(t > -1e-3, changed, params[name])
        labour = new["ai_labour"] - params["ai_labour"] + jnp.log(new["serial_speed"] / params["serial_speed"])
        hardness = new["parallelisation"] / new["returns_to_research"]  # what follows from them once
        return {**new, "ai_labour_2026": params["ai_labour_2026"] + labour, "hardness": hardness}

    def step(self, state: Any, params: Any, t: Any, dt: float, z: Any) -> Any:
        return super().step(state, self._later(params, t), t, dt, z)

    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {**super().observe(state, self._later(params, t), t), "log_research": state.labs[0].now.log_research}


@pytest.fixture(scope="module")
def later() -> Callable[[Params, Any], Paths]:
    return compile_paths(Later(), (*NAMES, "log_research"))


@pytest.mark.parametrize("demand", ["customers", "none"])
@pytest.mark.parametrize("name", CHANGED)
def test_more_of_an_input_after_2025_never_delays_a_milestone(
    name: str, demand: str, draws: Params, later: Callable[[Params, Any], Paths]
) -> None:
    """The horizon is made to grow with effective compute: with a step or a curvature far below 0 more of it is worse.

    Effort and multiplier are included where customers do not take compute from research for a better model; where they
    do, that is what crowding out means (`milestones`).
    """
    still = np.zeros((1 + QUARTERS, 3, DRAWS))
    steady = {**draws, **{which: jnp.abs(draws[which]) for which in ("paradigm_step", "curvature")}}
    steady = steady if demand == "customers" else without(steady, serving_demand=1e-9)
    same = {f"more.{other}": 0.0 if other == "ai_labour" else 1.0 for other in CHANGED}
    more = {**same, f"more.{name}": 0.3 if name == "ai_labour" else 1.3}
    low, high = (later(without(steady, **changes), still) for changes in (same, more))
    for quantity in INSIDE if demand == "customers" else (*INSIDE, "log_research"):
        gained = (high[quantity] - low[quantity])[JAN_2025 + 1 :]
        assert gained.min() > -2e-4, quantity
        assert gained.max() > 0.01, quantity


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
