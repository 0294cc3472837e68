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
from scipy.stats import ks_2samp

from rsimc import api
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.trajectories import counted
from rsimc.engine.path import simulate_path
from rsimc.models.base import prior_set
from rsimc.models.published.kwa import LOG_COMPUTE, LOG_LABOUR, YEARS, Kwa

PEERS = Path(__file__).parent / "peers"
DRAWS = 131_072
SURE = 1.63
"""Kolmogorov and Smirnov at one in a hundred."""


def run(name: str, folder: Path, *overrides: str) -> Forecast:
    return api.simulate(name, list(overrides), prior=True, draws=DRAWS, output=folder / "run")


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
    return run("kwa-2026", tmp_path_factory.mktemp("kwa"))


@pytest.mark.parametrize(
    ("milestone", "published"),
    [
        ("automation_50", (2026.236, 2026.378, 2026.561, 2026.770, 2026.983)),
        ("automation_90", (2028.195, 2028.605, 2029.138, 2029.827, 2030.546)),
        ("automation_99", (2030.31, 2031.40, 2032.88, 2034.55, 2036.15)),
    ],
)
def test_kwa_has_the_published_dates(kwa: Forecast, milestone: str, published: tuple[float, ...]) -> None:
    """Of 200,000 trajectories of the equations by a classical Runge and Kutta."""
    assert kwa.counts.conditioned_out == 0
    assert np.quantile(dates(kwa, milestone), (0.1, 0.25, 0.5, 0.75, 0.9)) == pytest.approx(published, abs=0.03)


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
def test_sie_has_the_published_shares(variant: str, tmp_path: Path) -> None:
    """Within three standard errors of both samples, theirs of 200,000."""
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
