"""Laws of the likelihood: each term is the density that it says it is, and its gradient can be sampled with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import product
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats
from walk import Seen as WalkSeen
from walk import Walk

from rsimc.api import load_study
from rsimc.calibration.target import Data, Target, make_target, nuisance_parameters
from rsimc.calibration.terms import TERMS, Path, Seen, Term, student_log_density
from rsimc.calibration.terms.base import Counted, Measured
from rsimc.calibration.terms.horizon import MetrHorizons
from rsimc.dates import DateGrid, decimal_year
from rsimc.engine.plan import BLOCK, Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import PosteriorSource, noise_keys
from rsimc.errors import DataError, ScenarioError
from rsimc.models.base import Parameter, prior_set
from rsimc.models.checks.trial import SOON
from rsimc.models.registry import get_model
from rsimc.observations import SERIES, load_series, select
from rsimc.observations.importing import table_text
from rsimc.observations.rows import Observation, read_table
from rsimc.runs.study import Study

AS_OF = date(2026, 11, 22)
ROWS = {name: select(name, AS_OF) for name in TERMS}
FRACTIONS = {name for name in TERMS if SERIES[name].unit == "fraction"}
COUNTED = {name for name, term in TERMS.items() if issubclass(term, Counted)}
scales = st.floats(0.05, 3)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


# The flagship with all its series. First, since its gradient takes longest to compile and others can run beside it.


@pytest.fixture(scope="module")
def target() -> Target:
    found = load_study("baseline").target
    assert found is not None
    assert {term.series for term in found.terms} == set(TERMS)
    return found


@dataclass(frozen=True)
class Flagship:
    """Log density of all rows, and of what has not happened yet, at many points side by side."""

    target: Target
    run: Callable[..., Any]
    SIDE = 1000

    def rows(self, z: np.ndarray, u: np.ndarray) -> np.ndarray:
        """[points, rows + 1], the guide last; points are padded to whole thousands."""
        count = -(-len(z) // self.SIDE)
        padded = [np.resize(x, (count * self.SIDE, *x.shape[1:])) for x in (z, u)]
        pieces = [self.run(*(x[n * self.SIDE :][: self.SIDE] for x in padded)) for n in range(count)]
        return np.concatenate([np.asarray(piece) for piece in pieces])[: len(z)]

    def draws(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        return random.standard_normal((count, self.target.priors.size)), random.standard_normal(
            (count, *self.target.innovations_shape)
        )


@pytest.fixture(scope="module")
def flagship(target: Target) -> Flagship:
    def one(z: jax.Array, u: jax.Array) -> jax.Array:
        path, params = target.simulate(z, u)
        return jnp.append(target.rows_of(path, params, target.data), target.log_not_yet(path))

    return Flagship(target, jax.jit(jax.vmap(one), compiler_options=SOON))


def slopes(flagship: Flagship, z: np.ndarray, u: np.ndarray, along: tuple[np.ndarray, np.ndarray]) -> tuple[Any, Any]:
    """Slope of the log evidence along a direction at points, and how far off it may be: both [points].

    Central differences with steps h from 1/32 to 2^-17, each improved by the last (Richardson). Their error is a power
    of h and rounding over h; the step is the one where the sum of what the last halving changed and of one rounding of
    all rows over h is least.
    """
    steps = 2.0 ** -np.arange(5, 18)
    at = [(z + side * h * along[0], u + side * h * along[1]) for h in steps for side in (1, -1)]
    rows = flagship.rows(*(np.concatenate(x) for x in zip(*at, strict=True))).reshape(len(steps), 2, len(z), -1)
    difference = (rows[:, 0] - rows[:, 1]).sum(axis=-1) / (2 * steps[:, None])
    better = (4 * difference[1:] - difference[:-1]) / 3
    rounding = np.finfo(float).eps * np.abs(rows).sum(axis=-1).max(axis=1)[2:] / steps[2:, None]
    off = np.abs(np.diff(better, axis=0)) + rounding
    best = off.argmin(axis=0), np.arange(len(z))
    return better[1:][best], off[best]


def test_the_gradient_is_the_slope_of_the_evidence(target: Target, flagship: Flagship) -> None:
    """At all of 100 draws of the prior, none left out.

    Where a draw stood on a kink (a lag moves a row from one month of the path to the next, a milestone's largest value
    to another month) or on a switch between a function and its series, differences would not give the gradient and the
    test would fail: no draw of this seed stands on one, of five hundred draws of other seeds two did.
    """
    z, u = flagship.draws(100, seed=1)
    random, size = np.random.default_rng(2), np.sqrt(z[0].size + u[0].size)
    dz, du = random.standard_normal(z.shape) / size, random.standard_normal(u.shape) / size
    run = jax.jit(jax.vmap(jax.value_and_grad(target.log_evidence, argnums=(0, 1))), compiler_options=SOON)
    value, (gz, gu) = (jax.tree.map(np.asarray, part) for part in run(z, u))
    assert value == pytest.approx(flagship.rows(z, u).sum(axis=1), rel=1e-11)
    slope, off = slopes(flagship, z, u, (dz, du))
    found = np.sum(gz * dz, axis=1) + np.sum(gu * du, axis=(1, 2))
    typical = np.sqrt(np.sum(gz**2, axis=1) + np.sum(gu**2, axis=(1, 2))) / size  # rms of slopes over directions
    assert np.all(off < 1e-7 * typical)
    assert np.all(np.abs(slope - found) < 1e-7 * typical)


def check_finite(flagship: Flagship, thousands: int) -> None:
    names = [*(f"{row.series} {row.key}" for row in flagship.target.rows), "what has not happened yet"]
    for seed in range(thousands):
        rows = flagship.rows(*flagship.draws(1000, seed=1000 + seed))
        bad = {
            names[n]: np.flatnonzero(column).tolist() for n, column in enumerate(~np.isfinite(rows.T)) if any(column)
        }
        assert not bad, f"draws of seed {1000 + seed}"


def test_the_evidence_is_finite_at_ten_thousand_prior_draws(flagship: Flagship) -> None:
    check_finite(flagship, 10)


@pytest.mark.slow
def test_the_evidence_is_finite_at_a_hundred_thousand_prior_draws(flagship: Flagship) -> None:
    check_finite(flagship, 100)


def test_every_nuisance_parameter_and_past_innovation_can_matter(flagship: Flagship) -> None:
    """What no datum can reach would be sampled for nothing; the latent past ends with the last observation."""
    target = flagship.target
    z, u = (0.5 * x for x in flagship.draws(1, seed=4))
    pushed = np.eye(z.size + u.size) * 0.1
    nudged = flagship.rows(z + pushed[:, : z.size], u + pushed[:, z.size :].reshape(-1, *u.shape[1:]))
    moved = np.abs(nudged - flagship.rows(z, u)).max(axis=1) > 0
    own = {p.name for p in nuisance_parameters()}
    silent = {name for name, any_moved in zip(target.priors.names, moved, strict=False) if not any_moved}
    assert not {name for name in silent if name.split(".")[0] in own}
    reached = moved[z.size :].reshape(u.shape[1:])
    last = max(decimal_year(row.date) for row in target.rows)
    beats = 1 + int(np.ceil((last - 2019) * 4))
    assert reached[:beats].all()


def test_the_latent_past_covers_the_last_observation(target: Target) -> None:
    assert target.as_of is not None
    last = max(target.as_of, *(decimal_year(row.date) for row in target.rows))
    end = target.model.start + target.latent_beats / 4
    assert last <= end + 1e-9
    assert last > end - 0.25


def test_the_prior_is_standard_normal_in_every_direction(flagship: Flagship) -> None:
    z, u = (x[0] for x in flagship.draws(1, seed=5))
    expected = stats.norm.logpdf(z).sum() + stats.norm.logpdf(u).sum()
    assert float(flagship.target.log_prior(jnp.asarray(z), jnp.asarray(u))) == pytest.approx(expected, rel=1e-12)


# A path is read by straight lines


STEPS = 2019 + np.arange(97) / 12


@given(st.floats(-5, 5), st.floats(-3, 3), st.floats(2018, 2030))
def test_a_path_is_read_by_straight_lines_and_holds_at_its_ends(level: float, slope: float, year: float) -> None:
    path = Path({"x": jnp.asarray(level + slope * (STEPS - 2025))}, 2019.0, 12)
    expected = level + slope * (np.clip(year, 2019, 2027) - 2025)
    assert float(path.at("x", np.asarray(year))) == pytest.approx(expected, abs=1e-9)


def test_a_path_is_read_exactly_at_its_steps_and_halfway() -> None:
    series = np.random.default_rng(0).standard_normal(25)
    path = Path({"x": jnp.asarray(series)}, 2019.0, 12)
    steps = 2019 + np.arange(25) / 12
    assert np.asarray(path.at("x", steps)) == pytest.approx(series, abs=1e-9)
    assert np.asarray(path.at("x", steps[:-1] + 1 / 24)) == pytest.approx((series[:-1] + series[1:]) / 2, abs=1e-9)


# Every quantity a straight line, level at 2025.0 and slope a year, no two alike; parameters at no value that hides one.


LINES = {
    "log_horizon": (0.91, 1.13),
    "coding_logit": (-0.42, 0.97),
    "log_research_share": (-0.71, -0.083),
    "log_compute": (0.17, 1.21),
    "software": (5.3, 0.89),
    "log_people": (0.07, 0.53),
    "log_ai_labour": (-1.24, 0.79),
    "log_coding_speed": (0.12, 0.24),
    "log_labour": (0.09, 0.19),
    "log_experiment_speed": (0.05, 0.34),
    "log_multiplier": (0.06, 0.028),  # AI costs more than it adds until 2023
    "experiments_horizon": (0.83, 0.61),
    "verifiability_lag": (1.37, 0.11),
    "evaluation_horizon": (0.48, 0.73),
    "log_automated": (-3.2, 0.14),
    "log_not_automated": (-0.04, -0.0057),
    "coding_horizon": (1.19, 0.66),
    "binding_logit": (-2.7, 0.46),
    "direction_logit": (-1.9, 0.38),
    "theory_horizon": (0.96, 0.57),
    "systems_horizon": (1.43, 0.77),
}
PARAMS: dict[str, Any] = {
    "metr_level": 0.21,
    "metr_tilt": -0.13,
    "metr_scatter": 0.17,
    "metr_lag": 0.137,
    "code_level": [0.43, -0.27],
    "code_slope": [1.19, 0.86],
    "code_adoption": 1.61,
    "code_lag": 0.113,
    "lab_compute_2025": [12.9, 12.4, 12.7, 12.2, 11.8],
    "lab_growth": [0.11, 0.23, -0.07, 0.05, -0.19],
    "staff_2025": [7.6, 6.9],
    "staff_growth": [-0.09, 0.31],
    "staff_dilution": 0.077,
    "staff_scatter": 0.163,
    "agent_quality": -0.58,
    "trial_population": 0.29,
    "trial_selection": 0.18,
    "survey_bias": 0.27,
    "survey_wording": 0.51,
    "small_model_share": 0.56,
    "agent_pace_bias": -0.33,
    "debugging_slope": 0.94,
    "debugging_level": 0.37,
    "suite_level": [0.15, -0.9, -0.35, 0.75, -2.6, -0.85, -0.55],
    "suite_slope": 0.78,
    "delegation_level": 0.41,
    "delegation_slope": 1.33,
    "autonomy_level": -0.62,
    "whole_job_level": -0.47,
    "judge_offset": 0.39,
    "crossing_offset": 0.66,
    "merge_verifiability": 0.24,
    "returns_to_research": 0.93,
    "adoption_form": 1.0,
}
P = {name: np.asarray(value) for name, value in PARAMS.items()}
LABS = ["OpenAI", "Anthropic", "Google DeepMind", "Meta Superintelligence Labs", "SpaceXAI"]
SUITES = ["research debugging", "PaperBench-10", "CoBench", "GDPval", "RLI", "APEX-Agents", "LMCA"]
CHECKED = {"GDPval": 0.25, "RLI": 0.25, "APEX-Agents": 0.4, "LMCA": 0.2}
Z95, Z90 = 1.959964, 3.289707
"""Half widths and widths of intervals in sds, rounded as in the terms: 1e-8 of an sd shows at 1e-9 of a log density."""


def synthetic() -> tuple[Path, dict[str, jax.Array]]:
    values = {name: jnp.asarray(level + slope * (STEPS - 2025)) for name, (level, slope) in LINES.items()}
    return Path(values, 2019.0, 12), {name: jnp.asarray(value) for name, value in P.items()}


def q(name: str, year: Any) -> Any:
    level, slope = LINES[name]
    return level + slope * (np.clip(year, 2019, 2027) - 2025)


def test_every_quantity_and_nuisance_parameter_is_set_apart() -> None:
    assert set(LINES) == {name for term in TERMS.values() for name in term.quantities}
    assert len({number for pair in LINES.values() for number in pair}) == 2 * len(LINES)
    assert set(PARAMS) == {p.name for p in nuisance_parameters()} | {"returns_to_research", "adoption_form"}
    numbers = np.concatenate([np.ravel(value) for value in P.values()])
    assert len(set(numbers)) == len(numbers)


# What the docstrings say, written again from the rows' own fields


@dataclass(frozen=True)
class Table:
    """Columns of a series' rows that its term takes."""

    rows: tuple[Observation, ...]

    def column(self, name: str) -> np.ndarray:
        return np.array([getattr(row, name) for row in self.rows], dtype=float)  # None becomes nan

    def where(self, field: str, *words: str) -> np.ndarray:
        return np.array([getattr(row, field) in words for row in self.rows])

    def among(self, names: list[str]) -> np.ndarray:
        return np.array([names.index(row.group) for row in self.rows])

    @property
    def t(self) -> np.ndarray:
        return np.array([decimal_year(row.date) for row in self.rows])


def metr(rows: Table) -> np.ndarray:
    return q("log_horizon", rows.t - P["metr_lag"]) + P["metr_level"] + P["metr_tilt"] * (rows.t - 2025)


def code_share(rows: Table) -> np.ndarray:
    firm = rows.among(["Anthropic", "Google"])
    late = P["code_adoption"] * rows.where("group", "Anthropic") * special.expit((2025.4 - rows.t) / 0.15)
    return P["code_level"][firm] + P["code_slope"][firm] * q("coding_logit", rows.t - P["code_lag"]) - late


def lab_compute(rows: Table) -> np.ndarray:
    lab = rows.among(LABS)
    return q("log_compute", rows.t) + P["lab_compute_2025"][lab] + P["lab_growth"][lab] * (rows.t - 2025)


def workforce(rows: Table) -> np.ndarray:
    firm, years = rows.among(LABS), rows.t - 2025
    people = q("log_people", rows.t) - q("log_people", 2025)
    return people + P["staff_2025"][firm] + (P["staff_growth"][firm] + P["staff_dilution"]) * years


def uplift_trials(rows: Table) -> np.ndarray:
    missed = P["trial_population"] + P["trial_selection"] * rows.where("group", "selected")
    return q("log_coding_speed", rows.t) - missed


def uplift_surveys(rows: Table) -> np.ndarray:
    return q("log_labour", rows.t) + P["survey_bias"] + P["survey_wording"] * ~rows.where("group", "value")


def nanochat(rows: Table) -> np.ndarray:
    gain = P["small_model_share"] * (q("software", rows.t) - q("software", 2019.12))
    pace = (q("log_experiment_speed", rows.t) + q("log_coding_speed", rows.t)) / 2 + P["agent_pace_bias"]
    return np.where(rows.where("group", "software"), gain, pace)


def ai_gains(rows: Table) -> np.ndarray:
    """The integral by the monthly midpoints of log M, as the path has it; another test has the integral itself."""
    share = 1 - 1 / np.exp((q("log_multiplier", STEPS[1:]) + q("log_multiplier", STEPS[:-1])) / 2)
    made = np.append(0, np.cumsum(np.maximum(share, 0) * np.diff(q("software", STEPS))))
    return np.log(np.interp(rows.t, STEPS, made) + 1e-4)


def research_debugging(rows: Table) -> np.ndarray:
    ahead = q("experiments_horizon", rows.t) - np.log(rows.column("hours"))
    return P["debugging_slope"] * ahead + P["debugging_level"]


def research_suites(rows: Table) -> np.ndarray:
    experiments, evaluation = q("experiments_horizon", rows.t), q("evaluation_horizon", rows.t)
    checked = np.array([CHECKED.get(row.group, 1.0) for row in rows.rows])
    h = np.where(
        rows.where("group", "research debugging"), (experiments + evaluation) / 2,
        np.where(rows.where("group", "PaperBench-10"), experiments,
        np.where(rows.where("group", "CoBench"), evaluation,
        q("log_horizon", rows.t) - (1 - checked) * q("verifiability_lag", rows.t))),
    )  # fmt: skip
    return P["suite_level"][rows.among(SUITES)] + P["suite_slope"] * (h - np.log(4))


def automated_work(rows: Table) -> np.ndarray:
    odds = q("log_automated", rows.t) - q("log_not_automated", rows.t)
    return P["delegation_level"] + P["delegation_slope"] * odds


def autonomy(rows: Table) -> np.ndarray:
    h = (q("coding_horizon", rows.t) + q("experiments_horizon", rows.t)) / 2
    return 0.85 * (h - np.log(rows.column("hours"))) + P["autonomy_level"]


def research_direction(rows: Table) -> np.ndarray:
    return q("direction_logit", rows.t) + P["judge_offset"] * rows.where("group", "judgement")


def expert_crossings(rows: Table) -> np.ndarray:
    own = [q(f"{row.group}_horizon", decimal_year(row.date)) for row in rows.rows]
    return np.array(own) + P["crossing_offset"]


MEANS: Mapping[str, Callable[[Table], np.ndarray]] = {
    "metr_horizons": metr,
    "ai_code_share": code_share,
    "rd_share": lambda rows: special.logit(np.exp(q("log_research_share", rows.t))),
    "lab_compute": lab_compute,
    "software_growth": lambda rows: (q("software", 2024) - q("software", 2019)) / 5 + 0 * rows.t,
    "workforce": workforce,
    "agent_workdays": lambda rows: q("log_ai_labour", rows.t) - P["agent_quality"],
    "uplift_trials": uplift_trials,
    "uplift_surveys": uplift_surveys,
    "nanochat": nanochat,
    "speedrun": lambda rows: np.log(P["returns_to_research"]) + 0 * rows.t,
    "ai_gains": ai_gains,
    "research_debugging": research_debugging,
    "research_suites": research_suites,
    "automated_work": automated_work,
    "autonomy": autonomy,
    "whole_job": lambda rows: q("binding_logit", rows.t) + P["whole_job_level"],
    "research_direction": research_direction,
    "expert_crossings": expert_crossings,
    "merge_gap": lambda rows: (1 - P["merge_verifiability"]) * q("verifiability_lag", rows.t),
}
"""What the rows of a series should read: log or logit of the value, log hours of METR, logit of a counted share."""


def taken(series: str) -> Table:
    """The bundled rows that the docstring of a term says it takes."""
    rows = ROWS[series]
    if series in ("metr_horizons", "research_suites"):
        rows = tuple(row for row in rows if row.state_of_the_art)
    if series == "ai_code_share":
        rows = tuple(row for row in rows if row.group in ("Anthropic", "Google"))
    return Table(rows)


def measured(series: str, rows: Table, sign: int) -> np.ndarray:
    scale: Callable[[Any], Any] = special.logit if series in FRACTIONS else np.log
    mean, y = MEANS[series](rows), scale(rows.column("value"))
    sd = np.where(
        np.isnan(rows.column("sd")), (scale(rows.column("high")) - scale(rows.column("low"))) / Z90, rows.column("sd")
    )
    if series == "workforce":
        sd = np.sqrt(sd**2 + P["staff_scatter"] ** 2)
    if series == "research_suites":
        alike = np.array([sum(other.group == row.group for other in rows.rows) for row in rows.rows])
        sd = sd * np.sqrt(np.maximum(alike / 3, 1))
    at_least, at_most = rows.where("kind", "lower_bound"), rows.where("kind", "upper_bound")
    bound = stats.norm.logcdf(sign * np.where(at_most, -1, 1) * (mean - y) / sd)
    return np.where(at_least | at_most, bound, stats.norm.logpdf(y, mean, sd))


def counted(series: str, rows: Table) -> np.ndarray:
    n = np.round(rows.column("trials") / {"research_debugging": 1, "whole_job": 2}[series])
    k, p = n * rows.column("value"), special.expit(MEANS[series](rows))
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return ways + special.xlogy(k, p) + special.xlog1py(n - k, -p)


def metr_density(rows: Table, sign: int) -> np.ndarray:
    mean, tau = metr(rows), P["metr_scatter"]
    hours = rows.column("value") / 60
    below = np.hypot(0.7 * np.log(rows.column("value") / rows.column("low")) / Z95, tau)
    above = np.hypot(0.7 * np.log(rows.column("high") / rows.column("value")) / Z95, tau)
    miss = np.log(hours) - mean
    split = np.log(2 / (below + above)) + stats.t.logpdf(miss / np.where(miss < 0, below, above), 5)
    over = stats.norm.logcdf(sign * (mean - np.log(16)) / np.hypot(0.3, tau))
    return np.where(hours > 16, over, split)


def expected(series: str, sign: int = 1) -> np.ndarray:
    if series == "metr_horizons":
        return metr_density(taken(series), sign)
    return counted(series, taken(series)) if series in COUNTED else measured(series, taken(series), sign)


def is_bound(row: Observation) -> bool:
    return row.kind in ("lower_bound", "upper_bound", "censored_above")


def test_there_is_a_formula_for_every_term_and_a_term_for_every_series() -> None:
    assert list(MEANS) == list(TERMS)
    assert set(TERMS) == set(SERIES)


class Read(NamedTuple):
    """What a term makes of its bundled rows: log density where bounds hold and where they do not, and predictions."""

    term: Term
    holds: np.ndarray
    fails: np.ndarray
    predicted: np.ndarray


@pytest.fixture(scope="module")
def read() -> dict[str, Read]:
    terms = {series: TERMS[series](ROWS[series]) for series in TERMS}

    def all_of_them() -> dict[str, tuple[jax.Array, ...]]:
        path, params = synthetic()
        return {
            series: (
                term.log_likelihood(path, params, term.seen),
                term.log_likelihood(path, params, Seen(term.seen.y, -np.ones(len(term.rows)))),
                term.predict(path, params),
            )
            for series, term in terms.items()
        }

    with jax.enable_x64(True):
        found = jax.jit(all_of_them, compiler_options=SOON)()
        return {series: Read(terms[series], *(np.asarray(x) for x in found[series])) for series in TERMS}


@pytest.mark.parametrize("series", TERMS)
def test_a_term_is_the_density_that_its_docstring_says(read: dict[str, Read], series: str) -> None:
    assert read[series].term.rows == taken(series).rows
    assert read[series].holds == pytest.approx(expected(series), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("series", TERMS)
def test_a_bound_that_does_not_hold_has_the_other_probability(read: dict[str, Read], series: str) -> None:
    term, holds, fails, _ = read[series]
    bound = np.array([is_bound(row) for row in term.rows])
    assert np.exp(holds)[bound] + np.exp(fails)[bound] == pytest.approx(np.ones(bound.sum()), abs=1e-12)
    assert np.array_equal(holds[~bound], fails[~bound])
    assert fails == pytest.approx(expected(series, -1), rel=1e-9, abs=1e-9)


def test_bounds_of_every_kind_are_among_the_rows() -> None:
    kinds = {row.kind for series in TERMS for row in taken(series).rows}
    assert kinds == {"point", "lower_bound", "upper_bound", "censored_above"}


@pytest.mark.parametrize("series", TERMS)
def test_a_prediction_is_the_mean_in_the_unit_of_the_rows(read: dict[str, Read], series: str) -> None:
    found = read[series].predicted
    unit = {"fraction": special.expit, "minutes": lambda x: 60 * np.exp(x)}.get(SERIES[series].unit, np.exp)
    assert found == pytest.approx(unit(MEANS[series](taken(series))), rel=1e-9)
    assert np.all(found > 0) and (series not in FRACTIONS or np.all(found < 1))


def test_without_adoption_a_code_share_is_not_held_back() -> None:
    term, (path, params) = TERMS["ai_code_share"](ROWS["ai_code_share"]), synthetic()
    free = special.logit(np.asarray(term.predict(path, {**params, "adoption_form": jnp.asarray(0.0)})))
    rows = taken("ai_code_share")
    late = 1.61 * rows.where("group", "Anthropic") * special.expit((2025.4 - rows.t) / 0.15)
    assert free - late == pytest.approx(code_share(rows), abs=1e-9)
    assert late.max() > 1


def test_software_growth_is_the_average_from_2019_to_2024_alone() -> None:
    """A line grows alike in all years, a walk does not."""
    walk = np.cumsum(np.random.default_rng(3).standard_normal(len(STEPS)))
    found = TERMS["software_growth"](ROWS["software_growth"]).predict(
        Path({"software": jnp.asarray(walk)}, 2019.0, 12), {}
    )
    assert np.asarray(found) == pytest.approx([np.exp((walk[60] - walk[0]) / 5)], rel=1e-9)


def test_gains_of_ai_are_the_integral_of_the_share_of_progress_that_it_made() -> None:
    """By monthly steps: exact on lines but in the month in which M passes 1, where all or nothing counts: there at most
    0.89 * 0.028 / 12^2 / 8 nats."""
    row = taken("ai_gains").rows[0]
    slope = LINES["software"][1]
    passed = 2025 - 0.06 / 0.028
    made, _ = integrate.quad(lambda t: slope * (1 - np.exp(-q("log_multiplier", t))), passed, decimal_year(row.date))
    found = TERMS["ai_gains"]([row]).predict(*synthetic())
    assert float(found[0]) == pytest.approx(made + 1e-4, abs=slope * 0.028 / 12**2 / 8 + 1e-6)


# Parts of the densities, on any input


SPLIT = jax.jit(student_log_density)


@given(scales, scales, st.floats(-6, 6))
def test_the_split_student_density_integrates_to_one(below: float, above: float, x: float) -> None:
    def density(y: float) -> float:
        return float(np.exp(SPLIT(y, below, above)))

    ends = (-200 * below, 200 * above)
    mass = sum(integrate.quad(density, *piece, limit=200)[0] for piece in ((ends[0], 0), (0, ends[1])))
    assert mass == pytest.approx(1, abs=1e-5)
    scale = below if x < 0 else above
    assert density(x) == pytest.approx(2 / (below + above) * stats.t.pdf(x / scale, 5), rel=1e-9)


def but(series: str, **fields: Any) -> Observation:
    """A bundled row of a series with other fields."""
    return replace(ROWS[series][0], **fields)


@settings(max_examples=20)
@given(st.floats(16.01, 1e4), st.floats(1, 15))
def test_metr_rows_above_16_hours_say_only_that_the_horizon_is_above(hours: float, low: float) -> None:
    term = TERMS["metr_horizons"]([but("metr_horizons", value=60 * hours, low=60 * low, high=6e6, date=AS_OF)])
    mean = metr(Table(term.rows))
    found = np.asarray(term.log_likelihood(*synthetic(), term.seen))
    assert found == pytest.approx(stats.norm.logsf(np.log(16), mean, np.hypot(0.3, 0.17)), rel=1e-9)


@given(st.floats(1, 40), st.floats(0.05, 1.0))
def test_a_metr_row_may_have_an_sd_or_be_a_lower_bound(hours: float, sd: float) -> None:
    bare = {"value": 60 * hours, "low": None, "high": None, "sd": sd, "sd_scale": "log", "date": AS_OF}
    point, bound = (but("metr_horizons", **bare, kind=kind) for kind in ("point", "lower_bound"))
    term = TERMS["metr_horizons"]([point, bound])
    miss = np.log(min(hours, 16)) - metr(Table(term.rows))[0]
    above = stats.norm.logsf(miss, 0, np.hypot(0.3, 0.17))
    scale = np.hypot(0.7 * sd, 0.17)
    at = stats.t.logpdf(miss / scale, 5) - np.log(scale) if hours <= 16 else above
    assert np.asarray(term.log_likelihood(*synthetic(), term.seen)) == pytest.approx([at, above], rel=1e-9)


@pytest.mark.parametrize("series", TERMS)
def test_rows_as_taken_have_the_error_that_the_likelihood_gives_them(series: str) -> None:
    term = TERMS[series](ROWS[series])
    for n, (own, row) in enumerate(zip(term.as_taken(), term.rows, strict=True)):
        changed = {"sd": row.sd, "sd_scale": row.sd_scale, "trials": row.trials}
        interval = {"low": row.low, "high": row.high, "interval": row.interval} if series == "metr_horizons" else {}
        assert replace(own, **changed, **interval) == row
        if isinstance(term, MetrHorizons):
            assert own.low is not None and own.high is not None
            sides = np.log([row.value / own.low, own.high / row.value]) / stats.norm.ppf(0.95)
            assert sides == pytest.approx([term.below[n], term.above[n]], rel=1e-6)
        elif isinstance(term, Measured):
            assert own.sd == term.sd[n] and own.sd_scale == ("logit" if series in FRACTIONS else "log")
        elif isinstance(term, Counted):
            assert own.trials == term.trials[n]


def test_the_data_call_censored_what_the_term_censors() -> None:
    term = TERMS["metr_horizons"](ROWS["metr_horizons"])
    assert [row.value > 960 for row in term.rows] == [row.kind == "censored_above" for row in term.rows]
    assert term.rows[-1].kind == "censored_above"


@given(st.floats(0.02, 0.9), st.floats(1.05, 4))
def test_an_interval_of_90_percent_stands_in_for_an_sd(value: float, width: float) -> None:
    low, high = value / width, 1 - (1 - value) / width
    rows = [but("rd_share", value=value, low=low, high=high, sd=None), but("rd_share", value=value, sd=0.25)]
    term = TERMS["rd_share"](rows)
    assert isinstance(term, Measured)
    assert term.sd == pytest.approx([(special.logit(high) - special.logit(low)) / (2 * stats.norm.ppf(0.95)), 0.25])


@given(st.integers(1, 40), st.integers(0, 40), st.sampled_from(sorted(COUNTED)))
def test_whole_counts_are_binomial_with_the_trials_divided_by_the_dispersion(n: int, k: int, series: str) -> None:
    dispersion = {"research_debugging": 1, "whole_job": 2}[series]
    term = TERMS[series]([but(series, value=min(k, n) / n, trials=float(dispersion * n))])
    p = special.expit(MEANS[series](Table(term.rows)))
    found = np.asarray(term.log_likelihood(*synthetic(), term.seen))
    assert found == pytest.approx(stats.binom.logpmf(min(k, n), n, p), rel=1e-9, abs=1e-9)


@given(st.integers(1, 12))
def test_a_suite_counts_as_three_rows_at_most(count: int) -> None:
    suite = next(row for row in ROWS["research_suites"] if row.group == "RLI")
    term = TERMS["research_suites"]([replace(suite, key=str(n)) for n in range(count)])
    assert isinstance(term, Measured)
    assert np.sum(1 / np.asarray(term.sd) ** 2) == pytest.approx(min(count, 3) / suite.sd**2)  # type: ignore[operator]


# Drawn rows have the density of the likelihood


KEYS = 8_192


def drawn(*series: str) -> tuple[Target, np.ndarray, np.ndarray]:
    """A target of some series, and draws of its rows on the lines: y and sign [keys, rows]."""
    target = make_target(get_model("takeoff"), {name: ROWS[name] for name in series}, {})
    draw = jax.jit(jax.vmap(lambda key: target.draw(*synthetic(), key)), compiler_options=SOON)
    seen = draw(jax.random.split(jax.random.key(17), KEYS))
    return target, np.asarray(seen.y), np.asarray(seen.sign)


def ranks(target: Target, y: np.ndarray) -> np.ndarray:
    """Integral of each row's density up to its values y [keys, rows]: uniform where the two agree."""
    middle, width = np.median(y, axis=0), np.maximum(stats.iqr(y, axis=0), 1e-9)
    grid = middle + width * np.sinh(np.linspace(-7.6, 7.6, 2001))[:, None]  # a thousand widths on either side
    ones = np.ones(y.shape[1])
    density = jax.vmap(lambda at: target.rows_of(*synthetic(), Data(Seen(at, ones), ones)))
    found = np.exp(jax.jit(density, compiler_options=SOON)(jnp.asarray(grid)))
    below = integrate.cumulative_trapezoid(found, grid, axis=0, initial=0)
    points = np.array([not is_bound(row) for row in target.rows])
    assert below[-1, points] == pytest.approx(ones[points], abs=1e-5)  # a density
    return np.stack([np.interp(y[:, n], grid[:, n], below[:, n]) for n in np.flatnonzero(points)], axis=1)


def test_drawn_values_have_the_density_of_the_likelihood_and_are_independent() -> None:
    target, y, _ = drawn(*(series for series in TERMS if series not in COUNTED))
    uniform = ranks(target, y)
    assert uniform.shape[1] == sum(not is_bound(row) for row in target.rows) > 100
    p = np.array([stats.kstest(column, "uniform").pvalue for column in uniform.T])
    assert p.min() > 1e-5, [row.key for row in target.rows if not is_bound(row)][p.argmin()]
    scores = stats.norm.ppf(np.clip(uniform, 1e-9, 1 - 1e-9))
    between = np.corrcoef(scores.T) - np.eye(scores.shape[1])
    assert np.abs(between).max() < 6 / np.sqrt(KEYS)


def test_drawn_bounds_hold_as_often_as_the_likelihood_says() -> None:
    bounded = [series for series in TERMS if any(is_bound(row) for row in taken(series).rows)]
    target, y, sign = drawn(*bounded)
    bounds = np.array([is_bound(row) for row in target.rows])
    p = np.exp(np.concatenate([expected(series) for series in bounded]))[bounds]
    assert len(p) == 6 and np.all((p > 0.02) & (p < 0.98))  # else none of either kind would be seen
    often = (sign[:, bounds] == 1).mean(axis=0)
    assert np.all(np.abs(often - p) < 5 * np.sqrt(p * (1 - p) / KEYS))
    assert np.all(y[:, bounds] == np.asarray(target.data.seen.y)[bounds])
    assert np.all(sign[:, ~bounds] == 1)


@pytest.mark.parametrize("series", sorted(COUNTED))
def test_drawn_shares_are_binomial_with_the_whole_number_of_effective_trials(series: str) -> None:
    target, y, sign = drawn(series)
    chance = special.expit(MEANS[series](Table(target.rows)))
    for n, row in enumerate(target.rows):
        assert row.trials is not None
        whole = max(round(row.trials / {"research_debugging": 1, "whole_job": 2}[series]), 1)
        k = np.round(y[:, n] * whole)
        assert y[:, n] * whole == pytest.approx(k, abs=1e-9)
        often = KEYS * stats.binom.pmf(np.arange(whole + 1), whole, chance[n])
        likely = often > 5  # the others are one class
        counts = np.bincount(k.astype(int), minlength=whole + 1)
        found, due = (np.append(x[likely], x[~likely].sum()) for x in (counts, often))
        miss = np.sum((found - due) ** 2 / np.maximum(due, 1))
        assert stats.chi2.sf(miss, likely.sum()) > 1e-5, row.key
    assert np.all(sign == 1)


# What a target is told: rows left out, misdated, and less noise


class Lines:
    """A model whose quantities are the lines above with a common wobble: the laws of a target without the flagship."""

    name, version = "lines", "1"
    epoch, start = 2025.0, 2019.0
    steps_per_year, steps_per_innovation = 12, 3
    innovations, anchor_innovations = ("walk",), 1
    parameters = (
        Parameter("shift", "", {"normal": [0.0, 1.0]}, "moves all quantities", "test"),
        Parameter("returns_to_research", "", {"lognormal": [0.9, 0.4]}, "as the flagship's", "test"),
    )
    milestones = durations = equations = observables = ()
    classes = ("any",)

    def prepare(self, params: Mapping[str, Any], past: Any) -> Mapping[str, Any]:
        return params

    def init(self, params: Mapping[str, Any], t: float, noise: Any) -> Any:
        return params["shift"] + 0.3 * noise[0]

    def step(self, state: Any, params: Mapping[str, Any], t: Any, dt: float, noise: Any) -> Any:
        return state + 0.3 * noise[0]

    def observe(self, state: Any, params: Mapping[str, Any], t: Any) -> dict[str, Any]:
        wobble = 0.02 * jnp.tanh(state)  # small, so that shares stay shares
        return {name: level + slope * t + wobble for name, (level, slope) in LINES.items()}

    def clipped(self, state: Any) -> Any:
        return state < -1e9

    def classify(self, dates: Mapping[str, Any], horizon: Any) -> Any:
        return jnp.zeros((), jnp.int32)


LATE = 91
"""Days that stand for a quarter, since rows are dated by day."""
NO_CLOCKS = {"metr_tilt": 0.0, "lab_growth": 0.0, "code_adoption": 0.0}
"""Some terms have a clock of their own (a tilt, a growth, an adoption) that counts from a fixed date, which misdating
does not shift: here it stands still."""
FIXED_DATES = ("software_growth", "workforce", "nanochat")
"""Terms that also read the path at a date that is no row's: misdating shifts that too."""


def later(rows: tuple[Observation, ...]) -> tuple[Observation, ...]:
    return tuple(replace(row, date=row.date + timedelta(days=LATE)) for row in rows)


def lines(rows: Mapping[str, tuple[Observation, ...]] = ROWS) -> Target:
    # known to beyond the last row even when all are later, so that the latent past is of one length
    return make_target(Lines(), rows, NO_CLOCKS, as_of=2027.2)


@dataclass(frozen=True)
class Told:
    """The target of `lines` at one point, as a compiled program of what it is told: log evidence and its gradient."""

    target: Target
    z: jax.Array
    u: jax.Array
    run: Callable[..., Any]

    def __call__(self, data: Data | None = None, u: Any = None) -> tuple[float, np.ndarray]:
        given = self.target.data if data is None else data
        late, noise = 0.0 if given.late is None else given.late, 1.0 if given.noise is None else given.noise
        whole = given._replace(late=jnp.asarray(late), noise=jnp.asarray(noise))
        value, gradient = self.run(self.z, self.u if u is None else u, whole)
        return float(value), np.concatenate([np.ravel(part) for part in gradient])

    def rows(self, target: Target | None = None) -> np.ndarray:
        """Log density of every row, of another target where one is given."""
        density = (self.target if target is None else target).log_likelihood
        return np.asarray(jax.jit(density, compiler_options=SOON)(self.z, self.u))


@pytest.fixture(scope="module")
def told() -> Told:
    with jax.enable_x64(True):
        target, random = lines(), np.random.default_rng(2)
        z = jnp.asarray(0.5 * random.standard_normal(target.priors.size))
        u = jnp.asarray(random.standard_normal(target.innovations_shape))
        slope = jax.value_and_grad(lambda z, u, data: target.log_evidence(z, u, data=data), argnums=(0, 1))
        return Told(target, z, u, jax.jit(slope, compiler_options=SOON))


def test_evidence_is_the_sum_of_the_rows_that_are_left_in(told: Told) -> None:
    rows = told.rows()
    assert told()[0] == pytest.approx(rows.sum(), rel=1e-12)
    plain = jax.jit(told.target.log_evidence, compiler_options=SOON)
    assert float(plain(told.z, told.u)) == pytest.approx(rows.sum(), rel=1e-12)
    for series in TERMS:
        rest = np.array([row.series != series for row in told.target.rows])
        out = told.target.leaving_out(lambda row, its=series: row.series == its)  # type: ignore[misc]
        assert np.array_equal(out.weight, rest.astype(float))
        assert told(out)[0] == pytest.approx(rows[rest].sum(), rel=1e-12)


def test_a_row_that_is_left_out_pulls_with_exactly_nothing(told: Told) -> None:
    """Shares of counts end at 0 and 1; all others may lie as far off as they like."""
    for series, far in product(TERMS, (1e8, -1e8)):
        out = told.target.leaving_out(lambda row, its=series: row.series == its)  # type: ignore[misc]
        its = out.weight == 0
        extreme = float(far > 0) if series in COUNTED else far
        moved = out._replace(seen=Seen(np.where(its, extreme, out.seen.y), np.where(its, -1.0, out.seen.sign)))
        assert told(moved)[0] == told(out)[0], series
        assert np.array_equal(told(moved)[1], told(out)[1]), series
        assert not np.array_equal(told(moved._replace(weight=np.ones(len(its))))[1], told()[1]), series
    value, gradient = told(told.target.leaving_out(lambda row: True))
    assert value == 0 and np.all(gradient == 0)


def test_misdated_rows_are_those_of_later_dates(told: Told) -> None:
    target = lines({name: later(rows) for name, rows in ROWS.items()})
    assert target.innovations_shape == told.target.innovations_shape
    late = told.target.leaving_out(lambda row: row.series in FIXED_DATES)._replace(late=LATE / 365.25)
    own = np.array([row.series not in FIXED_DATES for row in target.rows])
    assert told(late)[0] == pytest.approx(told.rows(target)[own].sum(), rel=1e-9)
    assert abs(told(late)[0] - told(late._replace(late=0.0))[0]) > 1


def test_a_likelihood_that_knows_no_noise_sees_no_innovations(told: Told) -> None:
    deaf = told.target.data._replace(noise=0.0)
    value, gradient = told(deaf)
    assert value == told(u=jnp.zeros_like(told.u))[0] != told()[0]
    assert np.all(gradient[told.z.size :] == 0)
    half = told.target.data._replace(noise=0.5)
    assert told(half)[0] == pytest.approx(told(u=0.5 * told.u)[0], rel=1e-12)


# A forecast goes on from the past that was fitted


def test_a_forecast_goes_on_from_the_path_of_the_calibration() -> None:
    """With a draw's parameters and past innovations it is that path up to the last observation, then noise of its own.

    On a walk; that the engine follows the path of the flagship is a law of the engine.
    """
    model, draws = Walk(), 64
    target = Target(model, (WalkSeen(),), prior_set(Walk.parameters, {}))  # type: ignore[arg-type]
    random = np.random.default_rng(6)
    z, u = random.standard_normal((draws, 2)), random.standard_normal((draws, *target.innovations_shape))
    path = np.asarray(jax.jit(jax.vmap(lambda z, u: target.simulate(z, u)[0].values["x"]))(z, u))
    table, past = np.asarray(target.priors.from_normal(jnp.asarray(z.T))), np.moveaxis(u, 0, -1)
    plan, ids = Plan(model, DateGrid(start=2020.0, end=2022.0), None), BLOCK * np.arange(draws)
    found = []
    with jax.enable_x64(False):
        for seed in (7, 8):
            given = (jnp.asarray(x, jnp.float32) for x in (table, past))
            source = PosteriorSource(target.priors, jnp.asarray(noise_keys(model, seed)), *given)
            block = jax.jit(partial(simulate_block, plan))(source, jnp.asarray(ids, jnp.uint32))
            found.append(np.asarray(block.observables)[:, 0].T)
    known = path.shape[1] - 1
    assert known == 3 and found[0].shape == (draws, 8)
    assert found[0][:, :known] == pytest.approx(path[:, 1:], abs=1e-4)  # single precision
    assert np.array_equal(found[0][:, :known], found[1][:, :known])
    assert np.all(found[0][:, known:] != found[1][:, known:])


# What may inform a posterior


SCENARIOS = ("baseline", "short-timelines", "long-timelines")


@settings(max_examples=20)
@given(st.dates(date(2019, 1, 2), date(2027, 12, 31)), st.sampled_from(SCENARIOS))
def test_no_excluded_row_no_forecast_and_nothing_published_later_is_in_a_target(as_of: date, scenario: str) -> None:
    study = load_study(scenario, [f"as_of={as_of}"])
    for part in study.parts or (study,):
        rows = part.target.rows if part.target else ()
        assert part.rows == rows
        assert all(row.kind != "excluded" for row in rows)
        assert all(row.date <= row.published <= as_of for row in rows)  # no forecast: it speaks of a later day


def test_forecasts_of_experts_are_no_series() -> None:
    """What experts expect is compared with a forecast; were it data, agreement with it would mean nothing."""
    assert not [name for name in TERMS if "forecast" in name or "survey_of_experts" in name]
    with pytest.raises(ScenarioError):
        load_study("baseline", ["data.expert_forecasts=true"])
    fitted = {(row.series, row.key) for row in load_study("baseline").rows}
    told_before = [row for name in TERMS for row in load_series(name) if row.published < row.date]
    assert len(told_before) >= 2
    assert not fitted & {(row.series, row.key) for row in told_before}


def file_of(series: str, rows: tuple[Observation, ...], folder: FilePath) -> FilePath:
    path = folder / f"{series}.csv"
    path.write_text(table_text(rows), encoding="utf-8")
    return path


def with_file(series: str, rows: tuple[Observation, ...], folder: FilePath) -> Study:
    """The baseline with a user's rows of a series."""
    path = file_of(series, rows, folder)
    suites = {"suite": rows[0].suite} if rows[0].suite else {}
    vintage = {"vintage": rows[0].vintage} if rows[0].vintage else {}
    choice = ", ".join(f"{k} = {json.dumps(v)}" for k, v in {"file": str(path), **suites, **vintage}.items())
    return load_study("baseline", [f"data.{series}={{ {choice} }}"])


EXCLUDING = [name for name in TERMS if any(row.kind == "excluded" for row in load_series(name))]


@pytest.mark.parametrize("series", EXCLUDING)
def test_what_excluded_rows_say_changes_no_posterior(series: str, tmp_path: FilePath) -> None:
    known = ROWS[series]
    rows = (*known, *(replace(row, vintage=known[0].vintage) for row in load_series(series) if row.kind == "excluded"))
    other = tuple(replace(row, value=0.5 * row.value, low=None) if row.kind == "excluded" else row for row in rows)
    fitted = (replace(rows[0], value=0.99 * rows[0].value), *rows[1:])
    assert len(rows) > len(known) and other != rows
    same = with_file(series, rows, tmp_path).posterior_id
    assert with_file(series, other, tmp_path).posterior_id == same
    assert with_file(series, fitted, tmp_path).posterior_id != same


# What has no density is refused


MEASURED_SHARES = sorted(FRACTIONS - COUNTED)


def with_odd(series: str, **fields: Any) -> tuple[Observation, ...]:
    """A bundled row of a series, and one with other fields and the key `odd`."""
    return ROWS[series][0], but(series, key="odd", label="odd", **fields)


def refused(series: str, folder: FilePath, **fields: Any) -> str:
    """What is expected in place of the fields of a row that its table may have."""
    rows = read_table(file_of(series, with_odd(series, **fields), folder), series)
    with pytest.raises(DataError) as found:
        make_target(get_model("takeoff"), {series: rows}, {})
    assert found.value.where == f"data.{series}: row odd"
    assert found.value.advice
    return found.value.expected


def test_a_refusal_says_where_the_scenario_names_the_file(tmp_path: FilePath) -> None:
    with pytest.raises(DataError, match=r"^--set data\.autonomy.*: row odd: expected .*hours") as found:
        with_file("autonomy", with_odd("autonomy", hours=None), tmp_path)
    assert found.value.exit_code == 3


@pytest.mark.parametrize("series", MEASURED_SHARES)
def test_a_share_of_which_only_trials_are_known_is_refused_where_it_is_measured(
    series: str, tmp_path: FilePath
) -> None:
    bare = {"low": None, "high": None, "sd": None, "sd_scale": "", "kind": "point"}
    assert "sd" in refused(series, tmp_path, **bare, trials=20.0)
    for value in (0.0, 1.0):
        certain = {**bare, "value": value, "trials": 20.0}
        assert "between 0 and 1" in refused(series, tmp_path, **certain)
        assert "between 0 and 1" in refused(series, tmp_path, **{**certain, "sd": 0.3, "sd_scale": "logit"})


@pytest.mark.parametrize("series", sorted(set(TERMS) - COUNTED - {"metr_horizons"}))
def test_an_interval_of_no_width_is_refused(series: str, tmp_path: FilePath) -> None:
    value = ROWS[series][0].value
    assert "sd" in refused(series, tmp_path, low=value, high=value, sd=None, sd_scale="", kind="point")


@pytest.mark.parametrize("series", sorted(COUNTED))
def test_a_counted_share_without_trials_is_refused(series: str, tmp_path: FilePath) -> None:
    fields = {"value": 0.4, "trials": None, "sd": 0.3, "sd_scale": "logit"}
    assert "trials" in refused(series, tmp_path, **fields)


@pytest.mark.parametrize("series", ["autonomy", "research_debugging"])
def test_a_share_of_tasks_of_no_known_length_is_refused_where_length_matters(series: str, tmp_path: FilePath) -> None:
    assert "hours" in refused(series, tmp_path, hours=None)


@pytest.mark.parametrize(
    ("series", "kind"),
    [("rd_share", "censored_above"), ("whole_job", "lower_bound"), ("whole_job", "censored_above"),
     ("metr_horizons", "upper_bound")],
)  # fmt: skip
def test_a_kind_that_a_series_has_no_density_for_is_refused(series: str, kind: str, tmp_path: FilePath) -> None:
    assert "kind" in refused(series, tmp_path, kind=kind)


@pytest.mark.parametrize("series", TERMS)
def test_rows_that_have_a_density_are_taken(series: str, tmp_path: FilePath) -> None:
    rows = read_table(file_of(series, ROWS[series], tmp_path), series)
    assert make_target(get_model("takeoff"), {series: rows}, {}).rows == taken(series).rows


def test_no_known_row_is_no_target() -> None:
    with pytest.raises(DataError):
        make_target(get_model("takeoff"), {"metr_horizons": ()}, {})
