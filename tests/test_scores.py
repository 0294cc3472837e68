"""Laws of backtests: scores that are proper and as their formulas say, baselines that are the textbook's."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rsimc.analysis import baselines
from rsimc.analysis.baselines import BASELINES, LAST, PRIORS, REFERENCE, SINCE, Priors
from rsimc.analysis.scores import DEGREES, Score, crps, crps_se, inside, log_score, nearest_t, paired_difference, score

SEEDS = st.integers(0, 2**32 - 1)
LEVELS, SCALES = st.floats(-20, 20), st.floats(0.01, 10)
LINES = ["log-linear, all points", "log-linear, last five", "log-linear, since 2023"]
BAYESIAN = ["Bayesian linear", "Bayesian local trend"]
FLAT = Priors(level=(0.0, 1e4), slope=(0.0, 1e4), scatter=20.0)


def normal_crps(z: float) -> float:
    """Of a standard normal at z (Gneiting & Raftery 2007, sec. 4.2)."""
    return float(z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))


# The CRPS


@given(LEVELS, LEVELS, st.integers(2, 50))
def test_the_crps_of_a_point_mass_is_the_error(at: float, y: float, size: int) -> None:
    found = score(np.full((size, 1), at), np.array([y]))
    assert found.crps == pytest.approx(abs(at - y), abs=1e-9)
    assert found.crps_se == pytest.approx(0.0, abs=1e-9)
    assert found.log_score is None
    assert score(np.full((size, 1), at), np.array([at])).inside_50 == 1


@given(SEEDS, st.integers(2, 12), st.integers(1, 4))
def test_the_crps_is_that_of_all_pairs(seed: int, size: int, points: int) -> None:
    random = np.random.default_rng(seed)
    samples, y = random.standard_t(2, (size, points)), random.standard_normal(points)
    distances = np.abs(samples[:, None] - samples[None]).sum(axis=(0, 1)) / (size * (size - 1))
    assert crps(samples, y) == pytest.approx(np.abs(samples - y).mean(axis=0) - distances / 2, abs=1e-9)
    assert crps(samples, y) == pytest.approx(scoringrules.crps_ensemble(y, samples.T, estimator="fair"), abs=1e-9)


@given(SEEDS, LEVELS, SCALES, st.floats(-4, 4))
def test_the_crps_of_normal_samples_is_the_closed_form(seed: int, mean: float, sd: float, z: float) -> None:
    samples = np.random.default_rng(seed).normal(mean, sd, (4000, 1))
    found, error = crps(samples, np.array([mean + sd * z])), crps_se(samples, np.array([mean + sd * z]))
    assert abs(found[0] - sd * normal_crps(z)) < 5 * error
    assert error < 0.02 * sd


@pytest.mark.parametrize("size", [2, 3, 10])
def test_the_crps_does_not_depend_on_the_number_of_samples(size: int) -> None:
    repeats = 100_000
    found = crps(np.random.default_rng(0).standard_normal((size, repeats)), np.full(repeats, 0.7))
    assert found.mean() == pytest.approx(normal_crps(0.7), abs=5 * found.std() / math.sqrt(repeats))


@pytest.mark.parametrize("shared", [0.0, 0.9], ids=["independent", "one line a row"])
def test_the_error_of_the_crps_is_its_spread_over_repeats(shared: float) -> None:
    random, y = np.random.default_rng(0), np.linspace(-1, 3, 8)

    def draw() -> np.ndarray:
        own = random.standard_normal((200, 8))
        return math.sqrt(1 - shared) * own + math.sqrt(shared) * random.standard_normal((200, 1))

    repeats = [draw() for _ in range(1500)]
    spread = np.std([crps(samples, y).mean() for samples in repeats])
    assert np.mean([crps_se(samples, y) for samples in repeats]) == pytest.approx(spread, rel=0.08)


@given(SEEDS, st.integers(2, 12), st.integers(1, 4), st.booleans())
def test_the_error_of_the_crps_is_that_of_its_rows(seed: int, size: int, points: int, ties: bool) -> None:
    random = np.random.default_rng(seed)
    samples, y = random.standard_normal((size, points)).round(0 if ties else 9), random.standard_normal(points)
    others = np.abs(samples[:, None] - samples[None]).sum(axis=1) / (size - 1)
    rows = (np.abs(samples - y) - others).mean(axis=1)
    assert crps_se(samples, y) == pytest.approx(rows.std(ddof=1) / math.sqrt(size), abs=1e-9)


# The log score


@given(SEEDS, st.integers(5, 400), st.sampled_from([1.0, 3.0, 30.0]), LEVELS, SCALES)
def test_no_t_is_more_likely_than_the_nearest(seed: int, size: int, degrees: float, level: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    sample = level + scale * random.standard_t(degrees, size)
    found = nearest_t(sample)
    assert found is not None
    best = stats.t.logpdf(sample, found[2], found[0], found[1]).mean()
    for one in DEGREES:
        for place in (0.0, 0.01, -0.3):
            for wide in (1.0, 0.98, 1.02, 2.0):
                other = stats.t.logpdf(sample, one, found[0] + place * found[1], found[1] * wide).mean()
                assert other <= best + 1e-6


@pytest.mark.parametrize("degrees", [1.0, 3.0, 1000.0])
def test_the_nearest_t_of_a_t_is_that_t(degrees: float) -> None:
    found = nearest_t(2.0 + 0.5 * np.random.default_rng(1).standard_t(degrees, 40_000))
    assert found is not None
    assert found[2] == degrees
    assert found[:2] == pytest.approx((2.0, 0.5), abs=0.02)


@given(SEEDS, LEVELS, SCALES, st.floats(-5, 5))
def test_the_log_score_is_that_density_and_moves_with_the_unit(seed: int, level: float, scale: float, y: float) -> None:
    sample = np.random.default_rng(seed).standard_t(4, 300)
    found = nearest_t(sample)
    assert found is not None
    plain = log_score(sample, y)
    assert plain == pytest.approx(-stats.t.logpdf(y, found[2], found[0], found[1]), abs=1e-9)
    moved = log_score(level + scale * sample, level + scale * y)
    assert plain is not None
    assert moved == pytest.approx(plain + math.log(scale), abs=1e-4)


def test_half_of_a_sample_at_one_value_has_no_density() -> None:
    assert log_score(np.array([1.0, 1.0, 1.0, 2.0, 3.0]), 1.0) is None
    assert log_score(np.array([1.0, 2.0]), 1.0) is None
    assert log_score(np.array([1.0, 1.0, 2.0, 3.0, 4.0]), 1.0) is not None


@pytest.mark.parametrize(("degrees", "y", "most"), [(1000.0, 4.0, 0.6), (3.0, 8.0, 0.1), (1.0, 8.0, 0.1)])
def test_the_score_of_a_surprise_is_stable_where_a_kernel_is_not(degrees: float, y: float, most: float) -> None:
    random, truth = np.random.default_rng(2), -stats.t.logpdf(y, degrees)
    samples = [random.standard_t(degrees, 4000) for _ in range(40)]
    errors = np.array([log_score(sample, y) for sample in samples], dtype=float) - truth
    kernel = [scoringrules.logs_ensemble(np.array([y]), sample[None])[0] - truth for sample in samples]
    assert math.sqrt(np.mean(errors**2)) < most
    assert math.sqrt(np.mean(np.square(kernel))) > 2 * math.sqrt(np.mean(errors**2))


# Propriety and coverage


@pytest.mark.parametrize("degrees", [3.0, 1000.0])
@pytest.mark.parametrize(("shift", "widen"), [(0.5, 1.0), (-0.5, 1.0), (0.0, 0.6), (0.0, 1.7), (0.3, 1.3)])
def test_the_true_distribution_scores_best(degrees: float, shift: float, widen: float) -> None:
    random, points = np.random.default_rng(3), 20_000
    y = random.standard_t(degrees, points)
    truth = random.standard_t(degrees, (50, points))
    gain = crps(shift + widen * truth, y) - crps(truth, y)
    assert gain.mean() > 4 * gain.std() / math.sqrt(points)
    true, false = (nearest_t(part) for part in (truth[:, :80].ravel(), shift + widen * truth[:, :80].ravel()))
    assert true is not None and false is not None
    lost = stats.t.logpdf(y, true[2], true[0], true[1]) - stats.t.logpdf(y, false[2], false[0], false[1])
    assert lost.mean() > 4 * lost.std() / math.sqrt(points)


@pytest.mark.parametrize("size", [19, 40, 201])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_intervals_of_an_exact_forecast_cover_their_share(size: int, share: float) -> None:
    random, points = np.random.default_rng(4), 20_000
    covered = inside(random.standard_normal((size, points)), random.standard_normal(points), share) / points
    assert abs(covered - share) < 4 * math.sqrt(share * (1 - share) / points)


def test_no_point_has_no_score() -> None:
    found = score(np.empty((10, 0)), np.empty(0))
    assert found == Score(0, None, None, None, None, None)
    assert json.loads(json.dumps(found.as_dict())) == {
        "points": 0,
        "crps": None,
        "crps_se": None,
        "log_score": None,
        "inside_50": None,
        "inside_90": None,
    }
    assert paired_difference(np.empty((10, 0)), np.empty((5, 0)), np.empty(0)) is None


def test_a_score_is_the_mean_of_its_points() -> None:
    samples, y = np.random.default_rng(5).standard_normal((500, 3)), np.array([0.1, 1.0, 9.0])
    found, each = score(samples, y), [score(samples[:, [k]], y[[k]]) for k in range(3)]
    assert found.crps == pytest.approx(np.mean([one.crps for one in each]))
    assert found.log_score == pytest.approx(np.mean([one.log_score for one in each]))
    assert (found.points, found.inside_50, found.inside_90) == (3, 1, 2)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["points"] == 3
    assert score(np.column_stack([samples[:, 0], np.zeros(500)]), y[:2]).log_score is None


@given(SEEDS, st.integers(1, 5))
def test_a_paired_difference_is_that_of_the_scores(seed: int, points: int) -> None:
    random = np.random.default_rng(seed)
    a, b, y = random.normal(0, 2, (30, points)), random.normal(1, 1, (20, points)), random.standard_normal(points)
    found = paired_difference(a, b, y)
    assert found is not None
    assert found == pytest.approx(float(crps(a, y).mean() - crps(b, y).mean()), abs=1e-12)
    assert paired_difference(b, a, y) == pytest.approx(-found, abs=1e-12)
    assert paired_difference(a, a, y) == 0.0


@pytest.mark.parametrize(
    ("samples", "observed"),
    [
        (np.zeros((5, 2)), np.zeros(1)),
        (np.zeros((5, 1)), np.zeros(2)),
        (np.zeros(5), np.zeros(5)),
        (np.zeros((1, 2)), np.zeros(2)),
        (np.full((5, 1), np.inf), np.zeros(1)),
        (np.zeros((5, 1)), np.array([np.nan])),
    ],
)
def test_samples_that_do_not_fit_are_refused(samples: np.ndarray, observed: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        score(samples, observed)
    with pytest.raises(ValueError, match="expected"):
        paired_difference(samples, samples, observed)


def test_only_those_who_score_load_scoringrules() -> None:
    code = "import sys, rsimc.analysis.scores, rsimc.analysis.baselines; print('scoringrules' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# The baselines


Series = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def series(draw: st.DrawFn, least: int = 4) -> Series:
    """A line with scatter at irregular dates, the last five or more of them after 2023."""
    random, n = np.random.default_rng(draw(SEEDS)), draw(st.integers(least, 14))
    years = np.sort(np.concatenate([random.uniform(2019, SINCE, n // 2), random.uniform(SINCE, 2026, n - n // 2 + 1)]))
    y = draw(st.floats(-1, 4)) * (years - 2024) + random.normal(0, draw(st.floats(0.05, 1)), len(years))
    return years, y, random.uniform(0.05, 0.6, len(years))


def known(seed: int = 0, n: int = 12) -> Series:
    random = np.random.default_rng(seed)
    years = np.sort(random.uniform(2019, 2026, n))
    return years, 1.5 * (years - 2025) + random.normal(0, 0.4, n), random.uniform(0.1, 0.6, n)


def drawn(name: str, points: Series, targets: np.ndarray, seed: int = 0, samples: int = 4000) -> np.ndarray:
    found = BASELINES[name](*points, targets, np.random.default_rng(seed), samples=samples)
    assert found is not None
    return found


def test_the_baselines_have_their_names() -> None:
    assert list(BASELINES) == [*LINES, *BAYESIAN]


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=20)
@given(points=series(8), seed=SEEDS)
def test_samples_are_the_generator_s_alone(name: str, points: Series, seed: int) -> None:
    targets = np.array([2027.0, 2026.2])
    one, same, other = (drawn(name, points, targets, s, 50) for s in (seed, seed, seed + 1))
    assert one.shape == (50, 2) and np.isfinite(one).all()
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert drawn(name, points, np.empty(0), seed, 50).shape == (50, 0)


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=20)
@given(points=series(8), seed=SEEDS)
def test_the_order_of_the_points_does_not_matter(name: str, points: Series, seed: int) -> None:
    order, targets = np.random.default_rng(seed).permutation(len(points[0])), np.array([2026.5, 2028.0])
    shuffled = points[0][order], points[1][order], points[2][order]
    assert drawn(name, shuffled, targets, 0, 50) == pytest.approx(drawn(name, points, targets, 0, 50), abs=1e-6)


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=20)
@given(points=series(8))
def test_the_spread_grows_with_the_distance(name: str, points: Series) -> None:
    low, high = np.quantile(drawn(name, points, np.array([2026.1, 2029.0, 2040.0])), (0.05, 0.95), axis=0)
    near, far, farther = high - low
    assert near < 1.03 * far  # the samples' own error
    assert far < farther and near < farther


@pytest.mark.parametrize("name", BASELINES)
def test_points_that_do_not_fit_are_refused(name: str) -> None:
    years, y, sd = known()
    bad = [(years, y[:-1], sd), (years, y, -sd), (years, np.where(y == y[0], np.nan, y), sd)]
    for points in bad:
        with pytest.raises(ValueError, match="expected"):
            BASELINES[name](*points, np.array([2027.0]), np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected"):
        BASELINES[name](years, y, sd, np.zeros((2, 2)), np.random.default_rng(0))


# Least squares


@given(series(2), st.floats(2015, 2035), SEEDS)
def test_the_predictive_distribution_of_least_squares_is_the_t_of_the_textbook(
    points: Series, target: float, seed: int
) -> None:
    years, y, _ = points
    fit, n = stats.linregress(years, y), len(years)
    residual = y - fit.intercept - fit.slope * years
    square = (residual**2).sum() / (n - 2)
    around = square * (1 + 1 / n + (target - years.mean()) ** 2 / ((years - years.mean()) ** 2).sum())
    exact = stats.t(n - 2, fit.intercept + fit.slope * target, math.sqrt(around))
    samples = drawn(LINES[0], points, np.array([target]), seed, 1000)[:, 0]
    assert stats.kstest(samples, exact.cdf).pvalue > 1e-5


@pytest.mark.parametrize("n", [3, 4, 8])
@pytest.mark.parametrize("target", [2023.0, 2030.0])
def test_many_samples_of_least_squares_are_that_t(n: int, target: float) -> None:
    years, y, sd = np.linspace(2020, 2026, n), np.random.default_rng(7).standard_normal(n), np.ones(n)
    fit = stats.linregress(years, y)
    square = ((y - fit.intercept - fit.slope * years) ** 2).sum() / (n - 2)
    around = square * (1 + 1 / n + (target - 2023) ** 2 / ((years - 2023) ** 2).sum())
    exact = stats.t(n - 2, fit.intercept + fit.slope * target, math.sqrt(around))
    samples = drawn(LINES[0], (years, y, sd), np.array([target]), samples=100_000)[:, 0]
    assert stats.kstest(samples, exact.cdf).pvalue > 1e-3


def test_a_row_of_least_squares_has_one_line() -> None:
    """Far out, where the line's error rules, two targets move together."""
    samples = drawn(LINES[0], known(), np.array([2060.0, 2061.0]))
    assert np.corrcoef(samples.T)[0, 1] > 0.9


@given(series(2))
def test_the_shorter_lines_are_lines_of_fewer_points(points: Series) -> None:
    def part(kept: np.ndarray | slice) -> Series:
        return points[0][kept], points[1][kept], points[2][kept]

    targets, late = np.array([2027.0]), points[0] >= SINCE
    assert np.array_equal(drawn(LINES[1], points, targets), drawn(LINES[0], part(slice(-LAST, None)), targets))
    if late.sum() >= 3:
        assert np.array_equal(drawn(LINES[2], points, targets), drawn(LINES[0], part(late), targets))


@pytest.mark.parametrize("name", LINES)
def test_least_squares_needs_three_points_and_two_dates(name: str) -> None:
    def found(years: list[float]) -> np.ndarray | None:
        x = np.array(years)
        return BASELINES[name](x, x - 2024, np.ones_like(x), np.array([2027.0]), np.random.default_rng(0))

    assert found([]) is None
    assert found([2024.0, 2025.0]) is None
    assert found([2024.0, 2024.0, 2024.0]) is None
    assert found([2024.0, 2024.0, 2025.0]) is not None
    assert (found([2020.0, 2024.0, 2025.0]) is None) == (name == LINES[2])


# Bayes


@given(st.floats(0.01, 5), st.integers(16, 200))
def test_the_grid_of_a_half_normal_is_one(scale: float, points: int) -> None:
    values, logs = baselines.half_normal(scale, points)
    assert np.exp(logs).sum() == pytest.approx(1.0)
    assert np.exp(logs) @ values == pytest.approx(scale * math.sqrt(2 / math.pi), rel=5e-3)
    assert np.exp(logs) @ values**2 == pytest.approx(scale**2, rel=5e-3)
    assert np.exp(logs) @ np.exp(-(values**2) / scale**2) == pytest.approx(1 / math.sqrt(3), rel=5e-3)


@pytest.mark.parametrize("name", BAYESIAN)
def test_bayes_needs_a_point(name: str) -> None:
    none, one = np.empty(0), np.array([2024.0])
    assert BASELINES[name](none, none, none, np.array([2027.0]), np.random.default_rng(0)) is None
    assert drawn(name, (one, np.zeros(1), np.ones(1)), np.array([2027.0])).shape == (4000, 1)


@given(series(8), SEEDS)
def test_a_huge_scatter_and_flat_priors_leave_least_squares(points: Series, seed: int) -> None:
    """Errors that are all alike weigh points alike."""
    years, y, sd = points
    scatter = baselines.half_normal(FLAT.scatter, 200)[0][50:]
    mean, _, _ = baselines.line_posterior(years, y, sd / 1000, scatter, FLAT)
    slope, level = np.polyfit(years - REFERENCE, y, 1)
    assert mean == pytest.approx(np.tile([level, slope], (len(scatter), 1)), abs=1e-3)
    samples = baselines.bayesian_linear(
        years, y, sd / 1000, np.array([2027.0]), np.random.default_rng(seed), priors=FLAT
    )
    assert samples is not None
    off = samples.mean() - (level + slope * (2027.0 - REFERENCE))
    assert abs(off) < 5 * samples.std() / math.sqrt(len(samples)) + 1e-3


def dense(
    points: Series, targets: np.ndarray, level: float, slope: float, scatter: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean [m], covariance [m, m] of the levels at targets and log evidence, from the joint normal of all times.

    The covariance of an integrated random walk started at 0 is s^2 a^2 (3 b - a) / 6 with a <= b (Rasmussen & Williams
    2006, sec. 6.3.1), here from the first time on.
    """
    years, y, sd = points
    times = np.concatenate([years, targets])
    line = np.column_stack([np.ones(len(times)), times - REFERENCE])
    since = times - times.min()
    a, b = np.minimum.outer(since, since), np.maximum.outer(since, since)
    cov = line @ PRIORS.covariance @ line.T + level**2 * a + slope**2 * a**2 * (3 * b - a) / 6
    n, mean = len(years), line @ PRIORS.mean
    seen = cov[:n, :n] + np.diag(sd**2 + scatter**2)
    gain = np.linalg.solve(seen, cov[:n, n:]).T
    evidence = stats.multivariate_normal(mean[:n], seen).logpdf(y) + 0.5 * n * math.log(2 * math.pi)
    return mean[n:] + gain @ (y - mean[:n]), cov[n:, n:] - gain @ cov[:n, n:], float(evidence)


@given(series(2), st.floats(0.05, 2))
def test_the_line_s_posterior_and_evidence_are_those_of_the_joint_normal(points: Series, scatter: float) -> None:
    mean, covariance, evidence = baselines.line_posterior(*points, np.array([scatter]), PRIORS)
    at, around, expected = dense(points, np.array([2030.0]), 0.0, 0.0, scatter)
    row = np.array([1.0, 2030.0 - REFERENCE])
    assert evidence[0] == pytest.approx(expected, abs=1e-6)
    assert (mean @ row)[0] == pytest.approx(at[0], abs=1e-6)
    assert row @ covariance[0] @ row == pytest.approx(around[0, 0], abs=1e-6)


@given(series(2), st.floats(0, 2), st.floats(0, 2), st.floats(0.05, 2))
def test_the_filter_s_end_and_evidence_are_those_of_the_joint_normal(
    points: Series, level: float, slope: float, scatter: float
) -> None:
    years, y, sd = points
    times, values, errors = (np.append(known, one) for known, one in ((years, 2028.0), (y, np.nan), (sd, np.nan)))
    grid = np.array([[level], [slope], [scatter]])
    means, covariances, evidence = baselines.kalman(times, values, errors, grid, PRIORS)
    at, around, expected = dense(points, np.array([2028.0]), level, slope, scatter)
    assert evidence[0] == pytest.approx(expected, abs=1e-6)
    assert means[-1, 0, 0] == pytest.approx(at[0], abs=1e-6)
    assert covariances[-1, 0, 0, 0] == pytest.approx(around[0, 0], abs=1e-6)


def test_samples_of_the_local_trend_are_the_mixture_of_joint_normals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, among and after the known points, one at a known date, in no order."""
    monkeypatch.setattr(baselines, "TREND_GRID", 6)
    points, (grid, log_prior) = known(n=6), baselines.trend_grid(PRIORS)
    targets = np.array([2027.0, 2018.0, 2022.5, points[0][3], 2026.5])
    exact = [dense(points, targets, *noise) for noise in grid.T]
    weight = np.exp(log_prior + np.array([evidence for _, _, evidence in exact]))
    weight /= weight.sum()
    noise = grid[2] ** 2 + np.median(points[2]) ** 2
    mean = weight @ np.array([at for at, _, _ in exact])
    squares = np.array([cov + np.outer(at - mean, at - mean) for at, cov, _ in exact])
    cov = np.tensordot(weight, squares, 1) + weight @ noise * np.eye(5)
    samples = drawn(BAYESIAN[1], points, targets, samples=40_000)
    sd = np.sqrt(np.diag(cov))
    assert (samples.mean(axis=0) - mean) / sd == pytest.approx(np.zeros(5), abs=0.03)
    assert np.cov(samples.T) / np.outer(sd, sd) == pytest.approx(cov / np.outer(sd, sd), abs=0.06)


@given(series(4))
def test_a_local_trend_without_noise_is_the_line(points: Series) -> None:
    quiet, targets = Priors(level_noise=1e-6, slope_noise=1e-6), np.array([2026.5, 2030.0])
    flat, still = (
        method(*points, targets, np.random.default_rng(0), priors=quiet)
        for method in (baselines.bayesian_linear, baselines.bayesian_local_trend)
    )
    assert flat is not None and still is not None
    line, trend = (np.quantile(samples, (0.1, 0.5, 0.9), axis=0) for samples in (flat, still))
    assert trend == pytest.approx(line, abs=0.06 * float((line[2] - line[0]).max()))


@pytest.mark.parametrize("name", BAYESIAN)
@settings(max_examples=20)
@given(points=series(4))
def test_a_future_point_is_measured_with_error(name: str, points: Series) -> None:
    noisy = points[0], points[1], np.full(len(points[0]), 2.0)
    assert drawn(name, noisy, points[0][-1:]).std() > 0.95 * 2.0


def simulated(random: np.random.Generator, wander: bool) -> tuple[Series, float, float]:
    """Known points, a target and what is then seen there, all drawn from the baselines' own priors."""
    n, error = 6, 0.3
    times = np.sort(random.uniform(2020, 2027, n + 1))
    noise = np.abs(random.standard_normal(3)) * [
        PRIORS.level_noise * wander,
        PRIORS.slope_noise * wander,
        PRIORS.scatter,
    ]
    slope = random.normal(*PRIORS.slope)
    level = random.normal(*PRIORS.level) + slope * (times[0] - REFERENCE)
    levels = [level]
    for step in np.diff(times):
        level, slope = random.multivariate_normal(
            [level + slope * step, slope],
            noise[0] ** 2 * np.diag([step, 0.0])
            + noise[1] ** 2 * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]]),
            method="eigh",
        )
        levels.append(level)
    y = np.array(levels) + random.normal(0, math.hypot(noise[2], error), n + 1)
    return (times[:n], y[:n], np.full(n, error)), float(times[n]), float(y[n])


@pytest.mark.parametrize(("name", "wander"), [(BAYESIAN[0], False), (BAYESIAN[1], True)])
def test_bayes_is_calibrated_where_its_priors_hold(name: str, wander: bool) -> None:
    random, ranks = np.random.default_rng(6), []
    for k in range(250):
        points, target, y = simulated(random, wander)
        ranks.append(float((drawn(name, points, np.array([target]), k, 199)[:, 0] < y).mean()))
    assert stats.kstest(ranks, stats.uniform.cdf).pvalue > 0.01
