"""Published models give their authors' numbers: quantiles, shares, and whole samples of the authors' own programs."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.stats import ks_2samp, norm

from rsimc import api
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.shared_milestones import SHARED, milestone_in
from rsimc.analysis.trajectories import counted
from rsimc.engine.path import simulate_path
from rsimc.models.base import Model, correlations_of, prior_set
from rsimc.models.published.ai2027 import growth
from rsimc.models.published.kwa import LOG_COMPUTE, LOG_LABOUR, YEARS, Kwa
from rsimc.models.registry import MODELS, PUBLISHED
from rsimc.scenario.load import bundled, load_scenario

PEERS = Path(__file__).parent / "peers"
DRAWS = 131_072
SURE = 1.63
"""Kolmogorov and Smirnov at one in a hundred."""


def run(name: str, folder: Path, *overrides: str, draws: int = DRAWS) -> Forecast:
    return api.simulate(name, list(overrides), prior=True, draws=draws, output=folder / "run")


def dates(made: Forecast, name: str) -> np.ndarray:
    """Decimal years [trajectories], infinite beyond the horizon."""
    found = counted(made, [f"date.{name}"])[f"date.{name}"]
    return np.where(np.isfinite(found), found, np.inf)


def agree(ours: np.ndarray, theirs: np.ndarray, levels: tuple[float, ...]) -> None:
    """Samples are of one distribution, and quantiles agree within three bootstrap standard errors of theirs."""
    test = ks_2samp(ours, theirs)
    assert test.statistic < SURE * np.sqrt(1.0 / len(ours) + 1.0 / len(theirs)), test
    draws = np.random.default_rng(1).integers(0, len(theirs), (400, len(theirs)))
    for level in levels:
        error = np.std(np.quantile(theirs[draws], level, axis=1), ddof=1)
        assert np.quantile(ours, level) == pytest.approx(np.quantile(theirs, level), abs=3.0 * error + 1e-9), level


# Kwa 2026


@pytest.fixture(scope="module")
def kwa(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    return run("kwa-2026", tmp_path_factory.mktemp("kwa"), draws=4 * DRAWS)


@pytest.mark.parametrize(
    ("milestone", "published"),
    [
        ("automation_50", (2026.236, 2026.378, 2026.561, 2026.770, 2026.983)),
        ("automation_90", (2028.195, 2028.605, 2029.138, 2029.827, 2030.546)),
        ("automation_99", (2030.31, 2031.40, 2032.88, 2034.55, 2036.15)),
    ],
)
def test_kwa_has_the_published_dates(kwa: Forecast, milestone: str, published: tuple[float, ...]) -> None:
    """Of 200,000 trajectories of the equations by another program, a classical Runge and Kutta."""
    assert len(dates(kwa, milestone)) == DRAWS
    curve = kwa.curve(milestone)
    assert [curve.quantile(level) for level in (0.1, 0.25, 0.5, 0.75, 0.9)] == pytest.approx(list(published), abs=0.03)


def test_kwa_has_the_dates_of_the_authors_notebook(kwa: Forecast) -> None:
    """10%, 25%, 50%, 75% and 90% of f = 99% in its 500 simulations, within three of their standard errors."""
    errors = (0.11, 0.11, 0.089, 0.16, 0.233)
    published = (2030.20, 2031.42, 2032.76, 2034.48, 2036.20)
    for level, value, error in zip((0.1, 0.25, 0.5, 0.75, 0.9), published, errors, strict=True):
        assert kwa.curve("automation_99").quantile(level) == pytest.approx(value, abs=3.0 * error), level


def test_kwas_inputs_are_as_stated() -> None:
    """Compute 2.6 times a year to 2029, 2.0 to 2030, 1.25 from 2058 on; labour twice a year to 2029, then 1.1 times."""
    compute, labour = np.diff(LOG_COMPUTE), np.diff(LOG_LABOUR)
    assert compute[:4] == pytest.approx(np.log([2.6, 2.6, 2.6, 2.0]))
    assert compute[4] == pytest.approx(np.log(2.0)) and compute[18] == pytest.approx(np.log(1.625))
    assert compute[32:] == pytest.approx(np.log(1.25))
    assert labour[:3] == pytest.approx(np.log(2.0)) and labour[3:] == pytest.approx(np.log(1.1))


@given(st.integers(0, 10_000))
def test_kwa_solves_its_equation(seed: int) -> None:
    """Against scipy's solver at a tolerance of 1e-9."""
    model = Kwa()
    priors = prior_set(model.parameters, {})
    values = priors.at(np.random.default_rng(seed).standard_normal((priors.size, 1)))[:, 0]
    width, share, part, scale, beta = values
    v, logit, alpha, zeta = 1.0 / width, np.log(share / (1.0 - share)), part * scale, (1.0 - part) * scale

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        compute, labour = np.interp(t, YEARS, LOG_COMPUTE), np.interp(t, YEARS, LOG_LABOUR)
        free = min(np.logaddexp(0.0, logit + v * (y[0] + compute)), np.log(1e6)) + np.log1p(-share)
        return np.array([np.log(5.0) * np.exp(alpha * (labour + free) + zeta * compute - beta * y[0])])

    with jax.enable_x64(True):
        path = simulate_path(model, priors.named(jnp.asarray(values)), jnp.zeros((1 + 4 * 8, 0)), ("log_software",))
        ours = np.asarray(path["log_software"])
    at = np.arange(6 * model.steps_per_year + 1) / model.steps_per_year
    exact = solve_ivp(slope, (0.0, 6.0), [0.0], t_eval=at, rtol=1e-9, atol=1e-9, max_step=0.05).y[0]
    assert ours[2 * model.steps_per_year :] == pytest.approx(exact, abs=2e-3)


# Davidson and Houlden 2025

SIE = {
    "default": ([], (0.56423, 0.409835, 0.167185, 0.124305), 0.0012),
    "gradual": (["variants.boost=gradual"], (0.38775, 0.25807, 0.097655, 0.056295), 0.0012),
    "retraining": (["variants.retraining=cost"], (0.574, None, 0.193, None), 0.0012),
    "constant returns": (["variants.returns=constant"], (0.645, None, 0.327, None), 0.0012),
}
OUTCOMES = ("years_3_in_12_months", "years_3_in_4_months", "years_10_in_12_months", "years_10_in_4_months")


@pytest.mark.parametrize("variant", SIE)
def test_sie_has_the_shares_of_another_program(variant: str, tmp_path: Path) -> None:
    """Within three standard errors of both samples, theirs of 200,000; the authors' own are rounded or plotted."""
    overrides, published, _ = SIE[variant]
    made = run("forethought-sie", tmp_path, *overrides)
    for name, share in zip(OUTCOMES, published, strict=True):
        if share is not None:
            error = np.sqrt(share * (1.0 - share) * (1.0 / DRAWS + 1.0 / 200_000))
            assert made.probability(name, "2030").p == pytest.approx(share, abs=3.0 * error + 5e-4), name
    if variant == "default":
        most = counted(made, ["duration.most_years_in_12_months:month_48"])["duration.most_years_in_12_months:month_48"]
        quantiles = (0.75, 1.0, 1.5, 3.875, 8.25, 11.5, 13.0)
        assert np.quantile(most, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)) == pytest.approx(quantiles, abs=0.126)


# AI 2027


@pytest.fixture(scope="module")
def horizon(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    return run("ai-2027-horizon", tmp_path_factory.mktemp("horizon"))


def test_the_horizon_of_ai_2027_has_the_dates_of_their_program(horizon: Forecast) -> None:
    theirs = np.loadtxt(PEERS / "ai2027_may_2025_horizon.csv")
    agree(np.minimum(dates(horizon, "superhuman_coder"), 2065.0), theirs, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9))


@pytest.mark.parametrize(("edition", "last"), [("may_2025", 2100.0), ("april_2025", 2050.0)])
def test_benchmarks_and_gaps_have_the_dates_of_their_program(edition: str, last: float, tmp_path: Path) -> None:
    made = run("ai-2027-gaps" + ("" if edition == "may_2025" else "-april"), tmp_path)
    theirs = np.minimum(np.loadtxt(PEERS / f"ai2027_{edition}_gaps.csv"), last)
    agree(np.minimum(dates(made, "superhuman_coder"), last), theirs, (0.05, 0.1, 0.25, 0.5, 0.75))


def test_the_takeoff_of_ai_2027_has_the_days_of_their_program(tmp_path: Path) -> None:
    """In whole days, as they count; what they cut at a thousand years lies beyond the horizon here."""
    made = run("ai-2027-takeoff", tmp_path, "variants.days=whole")
    theirs = np.loadtxt(PEERS / "ai2027_takeoff_days.csv", delimiter=",")
    names = ("superhuman_coder", "superhuman_researcher", "superintelligent_researcher", "superintelligence")
    latest = 365.0 * (2200.0 - 2027.0 - 89.0 / 365.0)
    total = np.zeros(len(theirs))
    for n in range(3):
        total = total + theirs[:, n]
        ours = 365.0 * (dates(made, names[n + 1]) - dates(made, names[0]))
        agree(np.minimum(np.round(ours), latest), np.minimum(total, latest), (0.25, 0.5, 0.75))


def test_the_first_edition_has_the_published_months(tmp_path: Path) -> None:
    """10%, 50% and 90% as their picture names them, of 5,000 simulations: months, and three sampling errors."""
    found = dates(run("ai-2027-horizon-april", tmp_path), "superhuman_coder")
    months = ((2025.83, 2025.92, 0.03), (2027.75, 2027.84, 0.05), (2039.50, 2039.59, 0.5))
    for level, (first, last, error) in zip((0.1, 0.5, 0.9), months, strict=True):
        assert first - 3.0 * error <= np.quantile(found, level, method="lower") <= last + 3.0 * error, level


@given(st.floats(0.1, 20.0), st.floats(0.1, 15.0), st.sampled_from([0.2, 0.5, 0.9]))
def test_months_are_the_sums_of_doublings(time: float, doublings: float, u: float) -> None:
    """Of the first edition, doubling by doubling: u below 0.45 super, to 0.55 sub, above exponential."""
    whole = np.floor(doublings)
    ratio = {0.2: 0.9, 0.5: 1.1, 0.9: 1.0}[u]
    with np.errstate(all="ignore"):
        exact = time * (doublings if ratio == 1.0 else (ratio**whole - 1.0) / (ratio - 1.0))
    params = {"growth_kind": u, "superexponential_share": 0.45, "subexponential_share": 0.1}
    params |= {"doubling_time": time, "doubling_decay": 0.1, "doubling_growth": 0.1}
    with jax.enable_x64(True):
        named = {name: jnp.asarray(value, jnp.float64) for name, value in params.items()}
        first = jnp.asarray(-9.0, jnp.float64)
        kind = growth.kinds(named, first, april=True)
        asked = doublings if ratio == 1.0 else whole
        assert float(growth.months(named, kind, first, jnp.asarray(asked))) == pytest.approx(exact, rel=1e-9, abs=1e-12)


@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_doublings_are_the_inverse_of_months(seed: int, part: float) -> None:
    model = MODELS["ai2027-gaps"]
    priors = prior_set(model.parameters, {}, correlations=correlations_of(model))
    values = priors.at(np.random.default_rng(seed).standard_normal((priors.size, 1)))[:, 0]
    with jax.enable_x64(True):
        params = priors.named(jnp.asarray(values))
        first, most = jnp.asarray(-8.0), jnp.asarray(12.0)
        kind = growth.kinds(params, first, april=False)
        passed = growth.months(params, kind, first, part * most)
        if part * 12.0 >= float(kind["turn"] - first) or not float(kind["super"]):  # before h* all is exponential
            back = growth.doublings(params, kind, first, passed, most)
            assert float(back) == pytest.approx(part * 12.0, abs=2e-2)


# What their authors could not do


def test_what_has_not_happened_is_left_out(horizon: Forecast, tmp_path: Path) -> None:
    """The distribution given that no coder has come by a day is the rest of the whole one."""
    day, by = 2026.0 + 325.0 / 365.25, 2031.0
    given_none = run("ai-2027-horizon", tmp_path, "as_of=2026-11-22", "condition_on_not_yet=true")
    every = dates(horizon, "superhuman_coder")
    expected = np.mean((every > day) & (every <= by)) / np.mean(every > day)
    found = given_none.probability("superhuman_coder", "2030")
    assert found.se is not None
    assert found.p == pytest.approx(expected, abs=4.0 * found.se + 2e-3)
    assert found.p > horizon.probability("superhuman_coder", "2030").p - np.mean(every <= day)
    left = 1.0 - len(dates(given_none, "superhuman_coder")) / DRAWS
    assert left == pytest.approx(np.mean(every <= day), abs=5e-3)


def test_a_published_scenario_is_uncalibrated_unless_asked() -> None:
    for name in bundled():
        scenario = load_scenario(name)
        if scenario.model != "takeoff":
            assert not scenario.data, name
            study = api.load_study(name)
            assert study.target is None
            assert not study.scenario.condition_on_not_yet
    asked = api.load_study("ai-2027-horizon", ["data.metr_horizons=true", "as_of=2026-11-22"])
    assert asked.target is not None and asked.settings.sampler == "importance"
    assert min(row.date.year for row in asked.rows) >= 2024


def test_milestones_that_stand_for_each_other_exist() -> None:
    for shared in SHARED:
        assert len(shared.milestones) > 1
        for name, milestone in shared.milestones.items():
            assert milestone in [one.name for one in MODELS[name].milestones]
            assert milestone_in(MODELS[name], next(iter(shared.milestones.values()))) == milestone
    assert milestone_in(MODELS["kwa"], "coder") == "coder"


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.name)
def test_correlated_priors_keep_their_own_distribution(model: Model) -> None:
    priors = prior_set(model.parameters, {}, correlations=correlations_of(model))
    z = np.random.default_rng(3).standard_normal((priors.size, 20_000))
    values = priors.at(z)
    assert np.asarray(priors.from_normal(jnp.asarray(z))) == pytest.approx(values, rel=2e-4, abs=1e-6)
    for row, (name, _, prior) in zip(values, priors.entries, strict=True):
        if prior.kind != "fixed":
            assert np.mean(row <= prior.quantile(0.3)) == pytest.approx(0.3, abs=0.016), name
    scores = {
        name: norm.ppf((np.argsort(np.argsort(row)) + 0.5) / z.shape[1])
        for name, row in zip(priors.names, values, strict=True)
    }
    for a, b, rho in correlations_of(model):
        assert np.corrcoef(scores[a], scores[b])[0, 1] == pytest.approx(rho, abs=0.02)
