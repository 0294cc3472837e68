"""Laws of pools: those of mixtures and of products, errors that hold, tables that are refused where they are wrong."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from rsimc import api, comparing
from rsimc.analysis.backtest import MODEL, Backtest, Line
from rsimc.analysis.estimates import Curve
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.pool.components import Component, of_table
from rsimc.analysis.pool.pool import alone, linear, logarithmic, pooled, quarters
from rsimc.analysis.pool.weights import _score as score_of
from rsimc.analysis.pool.weights import given as given_weights
from rsimc.analysis.pool.weights import stacked
from rsimc.analysis.scores import Score
from rsimc.cli.main import main
from rsimc.dates import end_of_day, last_day
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.errors import DataError, UsageError

YEARS = np.arange(2027.0, 2047.0, 0.25)
CDF = st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6).map(lambda p: np.sort(np.array(p)))
WEIGHTS = (
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3)
    .filter(lambda w: sum(w) > 0.01)
    .map(lambda w: np.array(w) / sum(w))
)


@given(parts=st.lists(CDF, min_size=3, max_size=3), weights=WEIGHTS)
def test_pools_are_distributions_between_their_components(parts: list[np.ndarray], weights: np.ndarray) -> None:
    stack = np.stack(parts)
    mixed = linear(stack, weights)
    assert np.all(np.diff(mixed) >= -1e-12)
    used = stack[weights > 0]
    assert np.all(mixed >= used.min(axis=0) - 1e-12) and np.all(mixed <= used.max(axis=0) + 1e-12)
    try:
        product = logarithmic(stack, weights)
    except UsageError:
        return
    assert np.all(np.diff(product) >= -1e-12) and product[0] >= -1e-12 and product[-1] <= 1.0 + 1e-12


@given(part=CDF, weights=WEIGHTS)
def test_a_pool_of_one_opinion_is_that_opinion(part: np.ndarray, weights: np.ndarray) -> None:
    stack = np.stack([part] * 3)
    assert linear(stack, weights) == pytest.approx(part, abs=1e-12)
    assert logarithmic(stack, weights) == pytest.approx(part, abs=1e-9)


def test_a_logarithmic_pool_of_normals_is_normal() -> None:
    """Precisions add by their weights (Genest & Zidek 1986)."""
    years = np.arange(2000.0, 2080.0, 0.25)
    stack = np.stack([norm.cdf(years, 2035.0, 4.0), norm.cdf(years, 2040.0, 6.0)])
    weights = np.array([0.7, 0.3])
    precision = weights / np.array([16.0, 36.0])
    centre = (precision * [2035.0, 2040.0]).sum() / precision.sum()
    exact = norm.cdf(years, centre, 1.0 / math.sqrt(precision.sum()))
    assert logarithmic(stack, weights) == pytest.approx(exact, abs=2e-3)


def test_opinions_that_exclude_each_other_have_no_product() -> None:
    early, late = np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0])
    with pytest.raises(UsageError, match="take the linear pool"):
        logarithmic(np.stack([early, late]), np.array([0.5, 0.5]))


def component(seed: int, centre: float, noise: np.random.Generator | None = None) -> Component:
    """Of 100 trajectories a batch, whose batches have a common cause."""
    chance = noise or np.random.default_rng(seed)
    dates = centre + 5.0 * chance.normal(size=(BATCHES, 100)) + 1.0 * chance.normal(size=(BATCHES, 1))
    hits = np.array([np.searchsorted(np.sort(row), YEARS, side="right") for row in dates]).astype(float)
    curve = Curve(YEARS, hits, np.full(BATCHES, 100.0))
    return Component(f"run {seed}", YEARS[-1], YEARS[0], curve, YEARS, curve.p)


@pytest.mark.parametrize("kind", ["linear", "logarithmic"])
def test_errors_of_pools_are_their_spread(kind: str) -> None:
    years, weights = quarters(YEARS[0], YEARS[-1]), np.array([0.6, 0.4])
    place = int(np.searchsorted(years, 2036.0))
    found = [
        pooled([component(2 * n, 2034.0), component(2 * n + 1, 2038.0)], weights, kind, years)  # type: ignore[arg-type]
        for n in range(120)
    ]
    spread = np.std([one.p[place] for one in found], ddof=1)
    assert np.median([one.se[place] for one in found if one.se is not None]) == pytest.approx(spread, rel=0.2)
    dates = np.array([one.quantile(0.5) for one in found], float)
    errors = np.array([one.quantile_se(0.5) for one in found], float)
    assert np.median(errors) == pytest.approx(dates.std(ddof=1), rel=0.2)


def test_runs_of_one_seed_are_no_two_witnesses() -> None:
    years = quarters(YEARS[0], YEARS[-1])
    same = [component(1, 2034.0), component(1, 2034.0)]
    one, both = alone(same[0], years), pooled(same, np.array([0.5, 0.5]), "linear", years)
    assert one.se is not None and both.se is not None
    inside = (one.p > 0.05) & (one.p < 0.95)  # beyond, an error is at least the binomial one
    assert both.se[inside] == pytest.approx(one.se[inside], rel=1e-9)


def test_stacking_finds_who_was_right() -> None:
    sure = np.array([[-1.0, -3.0], [-1.0, -4.0], [-2.0, -5.0]])
    assert stacked(sure)[0] > 0.99
    assert stacked(np.array([[-1.0, -3.0], [-3.0, -1.0]])) == pytest.approx([0.5, 0.5], abs=1e-4)
    assert given_weights("2,1,1", 3) == pytest.approx([0.5, 0.25, 0.25])
    for wrong in ("1,1", "a,b,c", "0,0,0", "-1,1,1", "nan,1,1", "inf,1,1", ""):
        with pytest.raises(UsageError, match="3 numbers"):
            given_weights(wrong, 3)


# Of runs and tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pool")
    (made / "theirs.csv").write_text("date,p,note\n2026,0,\n2028,0.2,a guess\n2030-06,0.5,\n2034-12-31,0.9,\n")
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> Forecast:
    overrides = ["run.horizon=2035"]
    return api.simulate("baseline", overrides, prior=True, draws=20 * BLOCK, output=folder / "ours")


def test_a_pool_of_a_run_and_a_table(run: Forecast, folder: Path) -> None:
    found = comparing.pool([run, folder / "theirs.csv"], "coder", weights="3,1")
    ours, theirs = found.components
    assert (ours.name, theirs.name, theirs.se) == ("ours", "theirs", None)
    at = end_of_day(last_day("2030"))
    mixed = float(np.interp(at, found.pools[0].years, found.pools[0].p))
    assert mixed == pytest.approx(
        0.75 * run.probability("coder", "2030").p
        + 0.25 * np.interp(at, [end_of_day(last_day("2030-06")), end_of_day(last_day("2034"))], [0.5, 0.9]),
        abs=0.01,
    )
    error = found.pools[0].se
    assert error is not None
    for year in (2027, 2028, 2030, 2033):
        there = end_of_day(last_day(str(year)))
        assert float(np.interp(there, ours.years, ours.p)) == pytest.approx(
            run.probability("coder", str(year)).p, abs=1e-9
        )
    for level in (0.05, 0.25, 0.5):
        assert ours.quantile(level) == pytest.approx(run.curve("coder").quantile(level), abs=1e-6)
    assert float(np.interp(at, found.pools[0].years, error)) == pytest.approx(
        0.75 * (run.probability("coder", "2030").se or 0.0), rel=0.25
    )


def test_the_command(run: Forecast, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "pool.png"
    asked = ["pool", str(run.folder), str(folder / "theirs.csv"), "--milestone", "coder"]
    assert main([*asked, "-o", str(picture)]) == 0
    assert "logarithmic pool" in capsys.readouterr().out
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.pool/1"
    assert [one["weight"] for one in document["components"].values()] == [0.5, 0.5]
    assert document["pools"]["linear pool"]["cdf"][-1][0] == "2034-12-31"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns date and p"),
        ("day,p\n2030,0.5\n", "columns date and p"),
        ("date,p\n2030,0.5\n", "two rows or more"),
        ("date,p\n2030,0.5\n2029,0.6\n", ":3: expected a date after 2030-12-31"),
        ("date,p\n2030,0.5\n2031,0.4\n", ":3: expected a probability of at least 0.5"),
        ("date,p\n2030,0.5\n2031,1.4\n", ":3: expected a probability from 0 to 1"),
        ("date,p\n2030,x\n", ":2: expected a probability"),
        ("date,p\n2030-13,0.5\n", ":2: expected a date such as"),
        ("date,p\n2030\n", ":2: expected a probability"),
        ("date,p\n2030,nan\n", ":2: expected a probability"),
        ('date,p\n"2030,0.5\n', "comma-separated"),
    ],
)
def test_a_wrong_table_is_refused_at_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "theirs.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        of_table(tmp_path / "theirs.csv")
    assert says in str(caught.value)


@settings(max_examples=200)
@given(
    raw=st.one_of(
        st.binary(max_size=80),
        st.text(alphabet="date,p\n2030.5-\"'x", max_size=60).map(lambda t: f"date,p\n{t}".encode()),
    )
)
def test_no_bytes_are_more_than_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(raw)
    try:
        found = of_table(path)
    except DataError:
        return
    assert np.all(np.diff(found.years) > 0) and np.all(np.diff(found.p) >= 0)


def test_what_cannot_be_pooled_is_refused(run: Forecast, folder: Path) -> None:
    (folder / "short.csv").write_text("date,p\n2026,0\n2027,0.1\n2030,0.5\n")
    with pytest.raises(UsageError, match="--until 2030-12-31"):
        comparing.pool([run, folder / "short.csv"], "coder")
    assert comparing.pool([run, folder / "short.csv"], "coder", until="2030").pools[0].p[-1] < 1.0
    (folder / "late.csv").write_text("date,p\n2030,0.2\n2034-12-31,0.8\n")
    with pytest.raises(UsageError, match="add the day from which it speaks, with p 0"):
        comparing.pool([run, folder / "late.csv"], "coder")
    with pytest.raises(UsageError, match="two runs or tables"):
        comparing.pool([run], "coder")
    with pytest.raises(UsageError, match="did you mean"):
        comparing.pool([run, folder / "theirs.csv"], "codr")
    with pytest.raises(UsageError, match="a table"):
        comparing.pool([run, folder / "theirs.csv"], "coder", weights="scores")
    with pytest.raises(UsageError, match="rsimc backtest"):
        comparing.pool([run, run], "coder", weights="scores")
    with pytest.raises(UsageError, match="such as 2040-12-31"):
        comparing.pool([run, run], "coder", until="never")


def test_a_date_is_scored_by_its_points_whatever_their_suites() -> None:
    def day(first: float | None, second: float | None) -> Backtest:
        scores = (Score(2, 0.1, 0.0, first, 1, 2), Score(4, 0.1, 0.0, second, 1, 2))
        return Backtest(date(2025, 10, 31), True, 15, (Line(MODEL, *scores), Line("log-linear", *scores)), 1.0, 900.0)

    assert score_of(day(1.0, 0.4)) == pytest.approx((2 * 1.0 + 4 * 0.4) / 6)
    assert (score_of(day(1.0, None)), score_of(day(None, None))) == (1.0, None)
