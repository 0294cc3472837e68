"""Laws of the likelihood: each term is the density that it says it is, and its gradient can be sampled with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from rsimc.calibration.target import Target, make_target
from rsimc.calibration.terms import TERMS, Path, student_log_density
from rsimc.dates import decimal_year
from rsimc.errors import DataError
from rsimc.models.registry import get_model
from rsimc.observations import select
from rsimc.observations.rows import Observation

AS_OF = date(2026, 11, 22)
ROWS = {name: select(name, AS_OF) for name in TERMS}
scales = st.floats(0.05, 3)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def line(level: float, slope: float) -> Path:
    """Every quantity a straight line through `level` at 2025, monthly over 2019 to 2027."""
    years = 2019 + np.arange(97) / 12
    values = jnp.asarray(level + slope * (years - 2025))
    names = [name for term in TERMS.values() for name in term.quantities]
    return Path({name: values for name in names}, 2019.0, 12)


def row(series: str, value: float, day: date, **fields: Any) -> Observation:
    return replace(ROWS[series][0], value=value, date=day, published=day, low=None, high=None, sd=None, **fields)


def years_of(*days: date) -> np.ndarray:
    return np.array([decimal_year(day) for day in days])


@given(st.floats(-5, 5), st.floats(-3, 3), st.floats(2018, 2030))
def test_a_path_is_read_by_straight_lines_and_holds_at_its_ends(level: float, slope: float, year: float) -> None:
    inside = np.clip(year, 2019, 2027)
    assert float(line(level, slope).at("log_horizon", np.asarray(year))) == pytest.approx(
        level + slope * (inside - 2025), abs=1e-9
    )


def test_a_path_is_read_exactly_at_its_steps_and_halfway() -> None:
    series = np.random.default_rng(0).standard_normal(25)
    path = Path({"x": jnp.asarray(series)}, 2019.0, 12)
    steps = 2019 + np.arange(25) / 12
    assert np.asarray(path.at("x", steps)) == pytest.approx(series, abs=1e-9)
    assert np.asarray(path.at("x", steps[:-1] + 1 / 24)) == pytest.approx((series[:-1] + series[1:]) / 2, abs=1e-9)


@given(scales, scales, st.floats(-6, 6))
def test_the_split_student_density_integrates_to_one(below: float, above: float, x: float) -> None:
    def density(y: float) -> float:
        return float(np.exp(SPLIT(y, below, above)))

    ends = (-200 * below, 200 * above)
    mass = sum(integrate.quad(density, *piece, limit=200)[0] for piece in ((ends[0], 0), (0, ends[1])))
    assert mass == pytest.approx(1, abs=1e-5)
    scale = below if x < 0 else above
    assert density(x) == pytest.approx(2 / (below + above) * stats.t.pdf(x / scale, 5), rel=1e-9)


SPLIT = jax.jit(student_log_density)
METR = {"metr_level": 0.2, "metr_tilt": -0.1, "metr_scatter": 0.15, "metr_lag": 0.25}


def test_metr_rows_are_split_student_around_the_lagged_horizon() -> None:
    day, minutes, low, high = date(2025, 8, 7), 137.0, 60.0, 250.0
    term = TERMS["metr_horizons"]([replace(row("metr_horizons", minutes, day), low=low, high=high)])
    for level in (-1.0, 0.5, 1.2):
        mean = level + 1.5 * (decimal_year(day) - 0.25 - 2025) + 0.2 - 0.1 * (decimal_year(day) - 2025)
        below = np.hypot(0.7 * np.log(minutes / low) / stats.norm.ppf(0.975), 0.15)
        above = np.hypot(0.7 * np.log(high / minutes) / stats.norm.ppf(0.975), 0.15)
        miss = np.log(minutes / 60) - mean
        expected = np.log(2 / (below + above)) + stats.t.logpdf(miss / (below if miss < 0 else above), 5)
        assert np.asarray(term.log_likelihood(line(level, 1.5), METR)) == pytest.approx([expected], rel=1e-6)
        assert np.asarray(term.predict(line(level, 1.5), METR)) == pytest.approx([60 * np.exp(mean)], rel=1e-9)


def test_metr_rows_above_16_hours_say_only_that_the_horizon_is_above() -> None:
    day = date(2026, 5, 1)
    for hours in (17.0, 300.0):
        term = TERMS["metr_horizons"]([replace(row("metr_horizons", 60 * hours, day), low=60.0, high=1e5)])
        mean = 2.0 + 0.5 * (decimal_year(day) - 0.25 - 2025) + 0.2 - 0.1 * (decimal_year(day) - 2025)
        expected = stats.norm.logsf(np.log(16), mean, np.hypot(0.3, 0.15))
        assert np.asarray(term.log_likelihood(line(2.0, 0.5), METR)) == pytest.approx([expected], rel=1e-9)


def test_the_data_call_censored_what_the_term_censors() -> None:
    term = TERMS["metr_horizons"](ROWS["metr_horizons"])
    assert [bool(x) for x in term.censored] == [r.kind == "censored_above" for r in term.rows]
    assert any(term.censored)
    assert all(r.state_of_the_art for r in term.rows)


def test_code_shares_are_normal_on_the_logit_and_more_than_is_a_bound() -> None:
    params = {"code_level": 0.4, "code_slope": 1.2, "code_adoption": 1.5, "code_lag": 0.1}
    days = (date(2025, 2, 15), date(2025, 12, 1), date(2026, 5, 15))
    rows = [
        replace(row("ai_code_share", share, day), group="Anthropic", sd=0.5)
        for share, day in zip((0.03, 0.5, 0.8), days, strict=True)
    ]
    rows[2] = replace(rows[2], kind="lower_bound")
    other = replace(rows[0], group="Google")
    term = TERMS["ai_code_share"]([*rows, other])
    years = years_of(*days)
    coding = 0.3 + 2.0 * (years - 0.1 - 2025)
    mean = 0.4 + 1.2 * coding - 1.5 / (1 + np.exp((years - 2025.4) / 0.15))
    y = np.log([0.03 / 0.97, 1.0, 4.0])
    expected = np.append(stats.norm.logpdf(y[:2], mean[:2], 0.5), stats.norm.logcdf(mean[2], y[2], 0.5))
    assert np.asarray(term.log_likelihood(line(0.3, 2.0), params)) == pytest.approx(expected, rel=1e-7)
    assert np.asarray(term.predict(line(0.3, 2.0), params)) == pytest.approx(1 / (1 + np.exp(-mean)), rel=1e-9)


def test_research_shares_are_normal_on_the_logit() -> None:
    day = date(2024, 7, 1)
    term = TERMS["rd_share"]([replace(row("rd_share", 0.72, day), sd=0.25)])
    share = np.exp(-0.7 - 0.1 * (decimal_year(day) - 2025))
    expected = stats.norm.logpdf(np.log(0.72 / 0.28), np.log(share / (1 - share)), 0.25)
    assert np.asarray(term.log_likelihood(line(-0.7, -0.1), {})) == pytest.approx([expected], rel=1e-7)
    assert np.asarray(term.predict(line(-0.7, -0.1), {})) == pytest.approx([share], rel=1e-9)


def test_compute_is_lognormal_around_a_free_level_with_the_sd_of_a_90_percent_interval() -> None:
    day = date(2023, 12, 31)
    rows = [replace(row("lab_compute", 1e5, day), group=lab, low=7e4, high=1.4e5) for lab in ("OpenAI", "Anthropic")]
    term = TERMS["lab_compute"](rows)
    mean = np.log(4e5) + 1.3 * (decimal_year(day) - 2025)
    expected = stats.norm.logpdf(np.log(1e5), mean, np.log(2) / (2 * stats.norm.ppf(0.95)))
    params = {"lab_compute_2025": jnp.asarray(4e5)}
    assert np.asarray(term.log_likelihood(line(0.0, 1.3), params)) == pytest.approx([expected], rel=1e-6)


def test_software_growth_is_the_average_factor_a_year() -> None:
    term = TERMS["software_growth"]([replace(row("software_growth", 3.0, date(2023, 12, 31)), sd=0.35)])
    assert np.asarray(term.predict(line(5.0, 0.9), {})) == pytest.approx([np.exp(0.9)], rel=1e-9)
    expected = stats.norm.logpdf(np.log(3), 0.9, 0.35)
    assert np.asarray(term.log_likelihood(line(5.0, 0.9), {})) == pytest.approx([expected], rel=1e-7)


# The target


DRAWS = 200
Evaluate = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def target() -> Target:
    return make_target(get_model("takeoff"), ROWS, {})


@pytest.fixture(scope="module")
def points(target: Target) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.standard_normal((DRAWS, target.priors.size)), random.standard_normal(
        (DRAWS, *target.innovations_shape)
    )


@pytest.fixture(scope="module")
def evaluate(target: Target) -> Evaluate:
    """Log likelihood and its two gradients at DRAWS points."""
    one = jax.value_and_grad(lambda z, u: jnp.sum(target.log_likelihood(z, u)), argnums=(0, 1))
    program = jax.jit(jax.vmap(one), compiler_options={"xla_backend_optimization_level": 0})  # compiles faster

    def run(z: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with jax.enable_x64(True):
            value, (dz, du) = program(jnp.asarray(z), jnp.asarray(u))
        return np.asarray(value), np.asarray(dz), np.asarray(du)

    return run


def test_the_likelihood_and_its_gradient_are_finite_at_prior_draws(
    evaluate: Evaluate, points: tuple[np.ndarray, np.ndarray]
) -> None:
    for x in evaluate(*points):
        assert np.all(np.isfinite(x))


def test_the_gradient_is_the_slope_of_the_likelihood(evaluate: Evaluate, points: tuple[np.ndarray, np.ndarray]) -> None:
    z, u = 0.5 * points[0], 0.5 * points[1]
    random, step = np.random.default_rng(1), 1e-5
    along_z, along_u = random.standard_normal(z.shape), random.standard_normal(u.shape)
    _, dz, du = evaluate(z, u)
    expected = np.sum(dz * along_z, axis=1) + np.sum(du * along_u, axis=(1, 2))
    ahead, behind = (evaluate(z + side * step * along_z, u + side * step * along_u)[0] for side in (1, -1))
    slope = (ahead - behind) / (2 * step)
    scale = np.sqrt(np.sum(dz**2, axis=1) + np.sum(du**2, axis=(1, 2)))
    assert np.quantile(np.abs(slope - expected) / scale, 0.98) < 1e-4  # a draw may stand on a kink of a split density


def test_every_parameter_and_past_innovation_can_matter(
    evaluate: Evaluate, points: tuple[np.ndarray, np.ndarray], target: Target
) -> None:
    """What no datum can reach would be sampled for nothing; the latent past ends with the last observation."""
    _, dz, du = evaluate(0.5 * points[0], 0.5 * points[1])
    silent = {name for name, moved in zip(target.priors.names, np.abs(dz).max(axis=0), strict=True) if moved == 0}
    assert not {name for name in silent if name.startswith(("metr_", "code_", "lab_"))}
    assert np.all(np.abs(du).max(axis=(0, 2)) > 0)


def test_the_latent_past_covers_the_last_observation(target: Target) -> None:
    last = max(decimal_year(r.date) for r in target.rows)
    end = target.model.start + target.latent_beats / 4
    assert last <= end + 1e-9
    assert last > end - 0.25


def test_the_prior_is_standard_normal_in_every_direction(target: Target, points: tuple[np.ndarray, np.ndarray]) -> None:
    z, u = points[0][0], points[1][0]
    expected = stats.norm.logpdf(z).sum() + stats.norm.logpdf(u).sum()
    assert float(target.log_prior(jnp.asarray(z), jnp.asarray(u))) == pytest.approx(expected, rel=1e-12)


def test_predictions_stand_in_the_order_and_unit_of_the_rows(
    target: Target, points: tuple[np.ndarray, np.ndarray]
) -> None:
    predict = np.asarray(jax.jit(target.predict)(0.1 * points[0][0], 0.1 * points[1][0]))
    assert predict.shape == (len(target.rows),)
    assert np.all(predict > 0)
    shares = np.array([r.unit == "fraction" for r in target.rows])
    assert np.all(predict[shares] < 1)


def test_no_known_row_is_no_target() -> None:
    with pytest.raises(DataError):
        make_target(get_model("takeoff"), {"metr_horizons": ()}, {})
