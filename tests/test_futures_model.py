"""The AI Futures Model gives its authors' dates, draw by draw and as published; and its parts do what they say."""

from __future__ import annotations

import csv
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from rsimc import api
from rsimc.models.published.aifm import coding, effort, inputs, taste, world
from rsimc.models.published.aifm.model import FuturesModel
from rsimc.models.published.aifm.path import CALENDAR, read_calendar
from rsimc.models.published.aifm.quantities import MILESTONES
from rsimc.models.published.roots import root
from rsimc.runs.sources import make_source

PEERS = Path(__file__).parent / "peers"
MODEL = FuturesModel()
STEEP = 64.0
"""q from which the original's table of tasks runs out of float numbers."""
AS_IS = {
    "coder_horizon": "ac_time_horizon_minutes",
    "gap_horizon": "pre_gap_ac_time_horizon",
    "gap": "gap_years",
    "doubling_time": "present_doubling_time",
    "doubling_growth": "doubling_difficulty_growth_factor",
    "parallel": "parallel_penalty",
    "efficiency_growth": "coding_automation_efficiency_slope",
    "coding_cap": "max_serial_coding_labor_multiplier",
    "skill_at_coder": "ai_research_taste_at_coding_automation_anchor_sd",
    "skill_growth": "ai_research_taste_slope",
    "taste_limit": "taste_limit",
    "taste_smoothing": "taste_limit_smoothing",
    "software_progress": "software_progress_rate_at_reference_year",
    "generality": "ted_ai_m2b",
    "compute_growth": "constant_training_compute_growth_rate",
    "slowdown": "slowdown_year",
    "compute_growth_after": "post_slowdown_training_compute_growth_rate",
}
LESS_ONE = {
    "unlimited_compute": "inf_compute_asymptote",
    "unlimited_labour": "inf_labor_asymptote",
    "tenth_of_compute": "inv_compute_anchor_exp_cap",
    "coding_multiplier": "swe_multiplier_at_present_day",
    "best_researcher": "median_to_top_taste_multiplier",
}
EXPONENTS = (-5.0, -2.0, -1.0)
DEFAULT = {
    "ac_time_horizon_minutes": 1.2e7,
    "pre_gap_ac_time_horizon": 124_600.0,
    "gap_years": 1.5,
    "present_doubling_time": 0.458,
    "doubling_difficulty_growth_factor": 0.92,
    "parallel_penalty": 0.5,
    "coding_automation_efficiency_slope": 3.0,
    "max_serial_coding_labor_multiplier": 1e8,
    "ai_research_taste_at_coding_automation_anchor_sd": 0.5,
    "ai_research_taste_slope": 2.2,
    "taste_limit": 8.0,
    "taste_limit_smoothing": 0.51,
    "software_progress_rate_at_reference_year": 1.0,
    "ted_ai_m2b": 3.0,
    "constant_training_compute_growth_rate": 0.6,
    "slowdown_year": 2028.0,
    "post_slowdown_training_compute_growth_rate": 0.25,
    "inf_compute_asymptote": 1000.0,
    "inf_labor_asymptote": 15.0,
    "inv_compute_anchor_exp_cap": 2.8,
    "swe_multiplier_at_present_day": 1.6,
    "median_to_top_taste_multiplier": 3.7,
    "include_gap": 0.0,
    "rho_coding_labor": -2.0,
}
"""The program's default parameters."""


def ours(
    theirs: dict[str, np.ndarray], dates_form: float = 0.0, training_form: float = 0.0, tasks_form: float = 0.0
) -> dict[str, jax.Array]:
    """Their parameters as ours [draws]."""
    nothing = 0.0 * theirs["gap_years"]
    column = nothing[None] + np.zeros((3, 1))
    made = {name: theirs[key] for name, key in AS_IS.items()} | {
        name: theirs[key] - 1.0 for name, key in LESS_ONE.items()
    }
    kind = np.select([theirs["rho_coding_labor"] == rho for rho in EXPONENTS], [0.1, 0.5, 0.9])
    made |= {
        "gap_drawn": 1.0 - theirs["include_gap"],
        "gap_share": nothing + 0.5,
        "present_horizon": nothing + 26.0,
        "coding_kind": kind,
        "coding_exponent": column + np.array(EXPONENTS)[:, None],
        "coding_by": column + np.array([0.25, 0.75, 1.0])[:, None],
        "training_form": nothing + training_form,
        "dates_form": nothing + dates_form,
        "reliability_ratio": nothing + 5.0,
        "tasks_form": nothing + tasks_form,
    }
    return {name: jnp.asarray(value, jnp.float32) for name, value in made.items()}


PREPARE = jax.jit(lambda params: MODEL.prepare(params, jnp.zeros((1, 0, 1))))


def found(params: dict[str, jax.Array]) -> dict[str, np.ndarray]:
    """Dates in decimal years."""
    full = PREPARE(params)
    return {m.name: inputs.START + np.asarray(full[f"date_{m.name}"], np.float64) for m in MILESTONES}


def table(name: str) -> dict[str, np.ndarray]:
    with (PEERS / name).open() as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key] or "inf") for row in rows]) for key in rows[0]}


@pytest.fixture(scope="module")
def draws() -> dict[str, np.ndarray]:
    return table("aifm_eli.csv")


def within(made: dict[str, np.ndarray], theirs: dict[str, np.ndarray], which: np.ndarray) -> np.ndarray:
    """Whether dates before 2049 are within 0.05 years, of all milestones."""
    parts = []
    for name in made.keys() & theirs.keys():
        known = (theirs[name] < 2049.0) & which
        parts.append(np.abs(made[name] - theirs[name])[known] < 0.05)
    return np.concatenate(parts)


# Their dates


def test_dates_are_those_of_their_program_draw_by_draw(draws: dict[str, np.ndarray]) -> None:
    """Of all 600 draws; for the 50 in which the table of the original runs out of numbers, of the original mended."""
    mended = {name: draws[name].copy() for name in [m.name for m in MILESTONES] if name in draws}
    again = table("aifm_eli_mended.csv")
    for name, dates in mended.items():
        dates[again["draw"].astype(int)] = again[name]
    every = np.ones(len(draws["gap_years"]), bool)
    exact, tenths = (within(found(ours(draws, form)), mended, every) for form in (0.0, 1.0))
    assert len(exact) > 4000
    assert exact.mean() > 0.97
    assert tenths.mean() > 0.98


def test_with_the_table_and_the_tenths_of_their_program_dates_are_its_own_in_all_draws(
    draws: dict[str, np.ndarray],
) -> None:
    every = np.ones(len(draws["gap_years"]), bool)
    exact, artefacts = ours(draws), ours(draws, dates_form=1.0, tasks_form=1.0)
    assert within(found(artefacts), draws, every).mean() > 0.95 > within(found(exact), draws, every).mean()
    steep = np.asarray(world.unpacked(PREPARE(exact)).curve.power) >= STEEP
    as_table, by_integral = (found(ours(draws, tasks_form=form)) for form in (1.0, 0.0))
    for name in as_table:  # the table shows in no other draw, but for its first task
        apart = np.abs(as_table[name] - by_integral[name])[~steep & (by_integral[name] < 2100.0)]
        assert np.quantile(apart, 0.99) < 0.01, name


def test_only_draws_that_run_out_of_numbers_differ(draws: dict[str, np.ndarray]) -> None:
    full = PREPARE(ours(draws))
    steep = np.asarray(world.unpacked(full).curve.power) >= STEEP
    assert set(np.flatnonzero(steep)) == set(table("aifm_eli_mended.csv")["draw"].astype(int))
    made = found(ours(draws, 1.0))
    assert within(made, draws, ~steep).mean() > 0.985
    assert within(made, draws, steep).mean() < 0.7


def test_default_parameters_have_the_programs_dates() -> None:
    """Along the table of training compute; dates as the program printed them."""
    row = {key: np.array([value]) for key, value in DEFAULT.items()}
    published = {
        "automated_coder": 2030.28,
        "superhuman_coder": 2030.87,
        "research_5x": 2030.47,
        "superhuman_researcher": 2030.86,
        "research_25x": 2030.93,
        "research_250x": 2031.45,
        "superintelligent_researcher": 2031.56,
        "top_expert_ai": 2031.98,
        "research_2000x": 2032.52,
        "superintelligence": 2033.57,
    }
    made = found(ours(row, training_form=1.0))
    assert {name: float(made[name][0]) for name in published} == pytest.approx(published, abs=0.02)
    of = world.unpacked(PREPARE(ours(row)))
    assert float(of.returns[0]) * coding.LN10 == pytest.approx(3.262, abs=1e-3)
    assert float(of.experiments.rho[0]) == pytest.approx(-0.155, abs=1e-5)
    assert float(of.experiments.zeta[0]) == pytest.approx(0.65483, abs=1e-4)


def test_the_published_distribution_comes_out() -> None:
    study = api.load_study("aifm-2025-eli")
    source = make_source(study, None, 1)
    count = 16_384
    draw = jax.jit(lambda ids: MODEL.prepare(source.named(source.values(ids)), jnp.zeros((1, 0, 1))))
    parts = [draw(jnp.arange(first, first + 512, dtype=jnp.uint32)) for first in range(0, count, 512)]
    assert all(np.isfinite(np.asarray(leaf)).all() for part in parts for leaf in jax.tree.leaves(part))
    assert min(float(part["ends"].min()) for part in parts) > 38.0, "steps run out before 2050"
    published = table("aifm_eli_published.csv")
    for name in published.keys() - {"year"}:
        dates = inputs.START + np.concatenate([np.asarray(part[f"date_{name}"]) for part in parts])
        share = np.searchsorted(np.sort(dates), published["year"]) / count
        assert np.max(np.abs(share - published[name])) < 0.02, name


# Its parts


@pytest.mark.parametrize(("ratio", "rho"), [(0.3, -5.0), (3.0, -2.0), (40.0, -1.0), (300.0, -2.0)])
@pytest.mark.parametrize(("able", "inference"), [(-4.0, -3.0), (-0.5, 2.5), (1.9, 2.5), (2.2, 9.0)])
def test_coding_labour_is_the_most_that_can_be_had(ratio: float, rho: float, able: float, inference: float) -> None:
    """Over the number of tasks that AIs do, each with the compute that its efficiency deserves."""
    args = [jnp.float32(x) for x in (0.0, 1.0, coding.LAST_LOGIT - 1.0, ratio / coding.LN10, rho, 30.0)]
    made = coding.curve(*args, as_table=False)
    got = float(jnp.exp(coding.log_labour(made, made.middle + able / made.slope, jnp.float32(inference))))
    base, c = np.exp(inference + coding.EFFICIENCY), -rho / (1.0 - rho)

    def labour(done: float) -> float:
        end = np.log(done / coding.ASYMPTOTE) - np.log1p(-done / coding.ASYMPTOTE)
        weigh = lambda i: np.exp(  # noqa: E731
            c * ratio * (np.log(i / coding.ASYMPTOTE) - np.log1p(-i / coding.ASYMPTOTE) - end)
        )
        sums = quad(weigh, 0.0, done, points=[done * (1.0 - 3.0 / (1.0 + c * ratio))], limit=200)[0]
        z = np.log(base) + ratio * (able - end)
        logs = [(1.0 - rho) * np.log1p(-done), rho * z + (1.0 - rho) * np.log(sums)]
        return float(np.exp(np.logaddexp(*logs) / rho))

    most = min(coding.ASYMPTOTE / (1.0 + np.exp(-able)), 1.0 - 1e-9)
    best = minimize_scalar(lambda x: -labour(most / (1.0 + np.exp(-x))), bounds=(-12.0, 25.0), method="bounded")
    assert got == pytest.approx(max(-best.fun, 1.0), rel=3e-3)


def test_coding_is_sped_up_today_as_drawn(draws: dict[str, np.ndarray]) -> None:
    params = ours(draws)
    of = world.unpacked(PREPARE(params))
    today = np.exp(np.asarray(world.log_coding_today(of, of.now)))
    assert today == pytest.approx(draws["swe_multiplier_at_present_day"], rel=2e-3)


@pytest.mark.parametrize("smoothing", [0.05, 0.499999, 0.5, 0.51, 0.9])
@pytest.mark.parametrize(("best", "limit"), [(1.5, 0.7), (3.7, 8.0), (20.0, 30.0)])
def test_mean_taste_is_one_and_the_best_are_b_times_the_median(best: float, limit: float, smoothing: float) -> None:
    of = taste.taste(*(jnp.asarray(x, jnp.float32) for x in (best, limit, smoothing)))
    value = lambda z: float(jnp.exp(taste.log_taste(of, jnp.asarray(z, jnp.float32))))  # noqa: E731
    assert value(taste.BEST) / value(0.0) == pytest.approx(best, rel=1e-3)
    z = np.linspace(-9.0, 9.0, 4001)
    values = np.exp(np.asarray(taste.log_taste(of, jnp.asarray(z, jnp.float32))))
    weights = norm.pdf(z) / norm.pdf(z).sum()
    off = 0.06 if smoothing < 0.1 else 2e-3
    assert np.sum(weights * values) == pytest.approx(1.0, rel=off)
    assert values.max() <= best ** (1.0 + limit) * 1.001
    for skill in (-3.0, 0.3, 2.0, 3.7, 6.0):
        expected = np.sum(weights * np.maximum(values, value(skill)))
        got = float(jnp.exp(taste.log_mean_taste(of, jnp.asarray(skill, jnp.float32))))
        assert got == pytest.approx(expected, rel=off + 3e-3)


@given(st.floats(1.05, 500.0), st.floats(3.0, 1e5), st.floats(1.1, 9.9), st.floats(0.05, 1.0))
@settings(max_examples=40, deadline=None)
def test_experiments_have_their_limits(labour: float, compute: float, tenth: float, parallel: float) -> None:
    of = effort.experiments(*(jnp.asarray(x, jnp.float32) for x in (labour, compute, tenth, parallel)))
    effect = lambda chips, people: float(jnp.exp(effort.log_effort(of, chips, people)))  # noqa: E731
    assert effect(0.0, 0.0) == pytest.approx(1.0, rel=1e-4)
    if 0.02 < float(of.zeta) < 9.0:
        assert effect(-coding.LN10, 0.0) == pytest.approx(1.0 / tenth, rel=2e-3)
    assert effect(0.0, 1e4) <= labour * 1.01
    assert effect(1e4, 0.0) <= compute * 1.01


def test_software_grows_in_2024_as_drawn_when_people_work_alone() -> None:
    of = effort.experiments(*(jnp.asarray(x, jnp.float32) for x in (15.0, 1000.0, 2.8, 0.5)))
    alone = effort.people_alone(of)

    def rate(t: float, _: np.ndarray) -> np.ndarray:
        given = inputs.inputs(jnp.asarray(t, jnp.float32))
        return np.exp(np.asarray(effort.log_effort(of, given.experiments, given.labour), np.float64))

    begun = float(np.exp(alone.begun))
    solved = solve_ivp(rate, (0.0, 13.6), [begun], t_eval=[12.0, 13.6], rtol=1e-8, max_step=0.05).y[0]
    assert float(alone.stock) == pytest.approx(solved[1], rel=2e-4)
    assert float(jnp.exp(alone.reference)) == pytest.approx(float(rate(12.0, begun)) / solved[0], rel=2e-4)


@jax.jit
def rate(of: world.World, t: jax.Array, y: jax.Array) -> jax.Array:
    """Growth of the stock of research a year, y its log."""
    given, level = inputs.inputs(t), world.training_compute(of.training, t) + of.returns * (y - of.first)
    chosen = taste.log_mean_taste(of.skills, world.skill(of, level))
    labour = given.labour + coding.log_labour(of.curve, level, given.inference)
    return jnp.exp(chosen + effort.log_effort(of.experiments, given.experiments, labour) - y)


def test_the_way_solves_the_equations(draws: dict[str, np.ndarray]) -> None:
    """Against an implicit solver of high order, until research goes too fast for it."""
    few = {key: value[[5, 60, 100]] for key, value in draws.items()}
    full = PREPARE(ours(few))
    for n in range(3):
        of = jax.tree.map(lambda x, n=n: x[..., n], world.unpacked(full))

        end = min(float(full["date_automated_coder"][n]) - 0.25, 25.0)  # before research goes too fast for it
        fast = lambda t, y, of=of: np.asarray(rate(of, jnp.float32(t), jnp.float32(y[0])))[None]  # noqa: E731
        solved = solve_ivp(fast, (0.0, end), [float(of.first)], rtol=1e-5, max_step=0.5)
        trained = world.training_compute(of.training, jnp.asarray(end, jnp.float32))
        expected = float(trained + of.returns * (solved.y[0, -1] - of.first))
        rows = full["way"][:, n]
        assert float(read_calendar(rows, jnp.asarray(end, jnp.float32))) == pytest.approx(expected, abs=0.05)


def test_an_automated_coder_has_the_horizon_that_it_needs(draws: dict[str, np.ndarray]) -> None:
    of = world.unpacked(PREPARE(ours(draws)))
    without_gap = draws["include_gap"] < 0.5
    minutes = np.exp(np.asarray(world.log_horizon(of, of.coder, jnp.asarray(26.0, jnp.float32)), np.float64))
    bounded = np.abs(1.0 - draws["doubling_difficulty_growth_factor"]) > 2e-3  # near 1 float32 has few digits for it
    reached = 1.0 - np.asarray(of.shortening * (of.coder - of.now) / of.doubling) > 2e-3
    which = without_gap & bounded & reached
    assert which.sum() > 200
    assert np.log(minutes[which]) == pytest.approx(np.log(draws["ac_time_horizon_minutes"][which]), abs=0.05)


def test_the_calendar_is_in_order() -> None:
    assert np.all(np.diff(CALENDAR) > 0.0)
    assert CALENDAR[0] == MODEL.start - MODEL.epoch


@given(st.floats(-4.0, 4.0), st.floats(0.2, 3.0))
@settings(max_examples=30, deadline=None)
def test_roots_are_found_between_the_ends_and_at_them(where: float, power: float) -> None:
    low, high = jnp.asarray(-3.0), jnp.asarray(3.0)
    got = float(root(lambda x: jnp.sinh(power * (x - where)), low, high, 40))
    assert got == pytest.approx(np.clip(where, -3.0, 3.0), abs=1e-3)
