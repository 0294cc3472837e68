"""Laws of the analysis: errors that cover, curves that are distributions, a document that adds up."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.document import QUANTILES, YEARS, document
from rsimc.analysis.estimates import MIN_BATCHES, Curve, Estimate, curve, errors, estimate
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.dates import decimal_year, end_of_day, iso_date
from rsimc.engine.counts import ACCOUNTS, zero
from rsimc.engine.plan import BATCHES
from rsimc.errors import UsageError

HORIZON = 2032
DRAWS = 20_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return api.simulate("baseline", [f"run.horizon={HORIZON}"], prior=True, draws=DRAWS, output=folder)


@pytest.fixture(scope="module")
def text(run: Forecast) -> dict[str, Any]:
    """The document as a reader gets it."""
    found: dict[str, Any] = json.loads(json.dumps(document(run), allow_nan=False))
    return found


def empty(run: Forecast) -> Forecast:
    """The same run, had every trajectory been conditioned out."""
    counts = zero(run.study.plan)
    accounts = counts.accounts.copy()
    accounts[:, ACCOUNTS.index("conditioned_out")] = 5
    return replace(run, counts=replace(counts, accounts=accounts))


# Standard errors


def textbook(hits: np.ndarray, size: int) -> float:
    """Batch means: the standard deviation of the batches' shares over the root of their number."""
    return float(np.std(hits / size, ddof=1) / math.sqrt(len(hits)))


def binomial(p: float, n: float) -> float:
    return math.sqrt(p * (1 - p) / n)


def clustered(random: np.random.Generator, p: float, sizes: np.ndarray, spread: float) -> np.ndarray:
    """Hits by batch when each batch has a share of its own around p."""
    return random.binomial(sizes, random.beta(p / spread, (1 - p) / spread, len(sizes)))


@pytest.mark.parametrize("batches", [16, 64])
def test_the_error_of_equal_batches_is_the_textbook_one(batches: int) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        hits = clustered(random, 0.3, np.full(batches, 2000), 0.05)
        found = estimate(hits, np.full(batches, 2000))
        assert found.p == pytest.approx(np.mean(hits / 2000))
        assert found.se == pytest.approx(textbook(hits, 2000))
        assert found.n_eff == pytest.approx(found.p * (1 - found.p) / textbook(hits, 2000) ** 2, rel=1e-3)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=MIN_BATCHES, max_size=BATCHES))
def test_an_error_is_never_below_the_binomial_one(pairs: list[tuple[int, int]]) -> None:
    hits, sizes = np.array([min(pair) for pair in pairs]), np.array([max(pair) for pair in pairs])
    found, total = estimate(hits, sizes), sizes.sum()
    if total == 0:
        assert math.isnan(found.p)
    elif np.sum(sizes > 0) < MIN_BATCHES:
        assert (found.se, found.n_eff) == (None, None)
    else:
        assert found.p == hits.sum() / total
        assert found.se is not None and found.n_eff is not None
        assert found.se >= binomial(found.p, total) * (1 - 0.5 / total) - 1e-12
        assert 0 < found.n_eff <= total * (1 + 1e-9)
        assert found.se > 0


@pytest.mark.parametrize("filled", [0, 1, MIN_BATCHES - 1, MIN_BATCHES, BATCHES])
def test_few_batches_have_no_error(filled: int) -> None:
    sizes = np.where(np.arange(BATCHES) < filled, 100, 0)
    found = estimate(sizes // 4, sizes)
    assert (found.se is None) == (filled < MIN_BATCHES)
    assert (found.n_eff is None) == (filled < MIN_BATCHES)
    assert math.isnan(found.p) if filled == 0 else found.p == 0.25


@pytest.mark.parametrize("p", [0.02, 0.3, 0.9])
@pytest.mark.parametrize(
    "sizes", [np.full(BATCHES, 1000), np.arange(500, 500 + 16 * BATCHES, 16)], ids=["equal", "not"]
)
def test_two_errors_cover_the_truth(p: float, sizes: np.ndarray) -> None:
    random = np.random.default_rng(1)
    found = [estimate(clustered(random, p, sizes, 0.02), sizes) for _ in range(300)]
    covered = np.mean([abs(one.p - p) <= 2 * (one.se or 0.0) for one in found])
    naive = np.mean([abs(one.p - p) <= 2 * binomial(one.p, sizes.sum()) for one in found])
    assert 0.90 <= covered <= 0.99
    assert naive < 0.8  # so that the clusters are seen by this test


def test_no_hit_is_no_certainty() -> None:
    sizes = np.full(BATCHES, 100)
    for hits in (0 * sizes, sizes):
        found = estimate(hits, sizes)
        assert found.p in (0.0, 1.0)
        assert found.se is not None
        assert 0.5 / 6400 < found.se < 3 / 6400


@given(st.integers(1, 10**5), st.integers(1, 40), st.sampled_from([0.0, 1.0]))
def test_without_spread_those_that_share_a_draw_count_as_one(draws: int, each: int, p: float) -> None:
    """As if every draw had one trajectory: more of them say no more of an event that the draw decides."""
    sizes = np.full(BATCHES, float(draws * each))
    found = estimate(p * sizes, sizes, draws=draws * BATCHES)
    alone = estimate(p * sizes / each, sizes / each)
    assert (found.se, found.n_eff) == (pytest.approx(alone.se), pytest.approx(draws * BATCHES))
    curve = errors(p * sizes[:, None], sizes, draws=draws * BATCHES)
    assert curve[0] == pytest.approx(found.se)


def test_an_estimate_as_plain_data() -> None:
    assert Estimate(0.12345678, 0.001234567, 1234.56).as_dict() == {"p": 0.123457, "se": 0.00123, "n_eff": 1234.6}
    assert Estimate(math.nan, None, None).as_dict() == {"p": None, "se": None, "n_eff": None}


# Curves


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    batches, inside = draw(st.integers(1, 20)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = random.poisson(draw(st.sampled_from([0.1, 1.0, 30.0])), (batches, inside + 2))
    nonfinite = random.integers(0, draw(st.integers(1, 3)), batches)
    accounts = np.stack([counts.sum(axis=1), nonfinite, random.integers(0, 9, batches)], axis=1)
    return curve(counts, accounts, 2020.0 + np.cumsum(random.uniform(0.01, 2.0, inside + 1)))


@given(curves())
def test_a_curve_is_a_distribution(found: Curve) -> None:
    assert np.all(np.diff(found.p) >= 0)
    assert np.all((found.p >= 0) & (found.p <= 1))
    if found.sizes.sum():
        assert found.p[-1] + found.beyond().p == pytest.approx(1.0)
    assert len(found.se) == len(found.edges)


@given(curves())
def test_between_and_at_the_edges_a_curve_agrees_with_its_table(found: Curve) -> None:
    if not found.sizes.sum():
        return
    for k, edge in enumerate(found.edges):
        assert found.at(float(edge)).p == pytest.approx(found.p[k], abs=1e-12)
    middles = (found.edges[1:] + found.edges[:-1]) / 2
    for k, x in enumerate(middles):
        assert found.at(float(x)).p == pytest.approx((found.p[k] + found.p[k + 1]) / 2, abs=1e-12)
    assert found.at(float(found.edges[0]) - 1e-6).p == 0.0
    assert found.at(float(found.edges[-1]) + 5.0).p == pytest.approx(found.p[-1])


@given(curves(), st.floats(0.001, 0.999))
def test_a_quantile_inverts_the_curve(found: Curve, q: float) -> None:
    x = found.quantile(q)
    if q > found.p[-1]:
        assert x is None
    elif q <= found.p[0]:
        assert x == found.edges[0]
    else:
        assert x is not None
        assert found.edges[0] <= x <= found.edges[-1]
        assert found.at(x).p == pytest.approx(q, abs=1e-9)


@given(curves())
def test_quantiles_increase(found: Curve) -> None:
    values = [math.inf if x is None else x for x in map(found.quantile, np.linspace(0.01, 0.99, 25))]
    assert values == sorted(values)


def test_what_was_not_finite_or_is_beyond_stays_in_the_denominator() -> None:
    counts = np.tile([1, 2, 3, 4], (BATCHES, 1))
    accounts = np.tile([10, 6, 100, 0], (BATCHES, 1))
    found = curve(counts, accounts, np.array([2020.0, 2021.0, 2022.0]))
    assert found.p.tolist() == [1 / 16, 3 / 16, 6 / 16]
    assert found.beyond().p == 10 / 16


def test_the_error_of_a_quantile_is_that_of_independent_draws() -> None:
    random = np.random.default_rng(2)
    edges = np.linspace(2020.0, 2040.0, 1001)
    widths = []
    for _ in range(40):
        dates = random.normal(2030.0, 2.0, (BATCHES, 500))
        counts = np.stack([np.histogram(row, np.concatenate([[-np.inf], edges, [np.inf]]))[0] for row in dates])
        accounts = np.stack([counts.sum(axis=1), np.zeros(BATCHES, np.int64)], axis=1)
        widths.append(curve(counts, accounts, edges).quantile_se(0.5))
    expected = 2.0 * math.sqrt(math.pi / 2 / (BATCHES * 500))
    assert all(width is not None for width in widths)
    assert np.mean([width or 0.0 for width in widths]) == pytest.approx(expected, rel=0.2)


# A run against its own trajectories


def kept(run: Forecast, *names: str) -> Iterator[np.ndarray]:
    table = pq.read_table(run.folder / "ensemble.parquet")
    mask = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    yield from (table[name].to_numpy()[mask] for name in names)


def test_probabilities_and_dates_are_those_of_the_trajectories(run: Forecast) -> None:
    for milestone in run.milestones:
        (years,) = kept(run, f"date.{milestone.name}")
        dates = np.where(np.isnan(years), np.inf, years)
        for by in ("2027-03-01", "2029", "2031-12-31"):
            last = date.fromisoformat(by if len(by) > 4 else f"{by}-12-31")
            share = np.mean(dates <= end_of_day(last))
            near = np.mean(np.abs(dates - end_of_day(last)) < 7 / 365.25)  # lines within a bin
            assert abs(run.probability(milestone.name, by).p - share) <= near + 1e-4, (milestone.name, by)
        for q in QUANTILES:
            found, exact = run.curve(milestone.name).quantile(q), np.quantile(dates, q, method="inverted_cdf")
            assert (found is None) == (exact >= HORIZON), (milestone.name, q)
            assert found is None or abs(found - max(exact, 2019.0)) <= 7.01 / 365.25, (milestone.name, q)


def test_fans_are_quantiles_of_the_trajectories(run: Forecast) -> None:
    for observable, bins in zip(run.study.model.observables, run.study.plan.fan_bins, strict=True):
        fan = run.fan(observable.name)
        assert np.all(np.diff(fan.values, axis=1) >= 0)
        assert fan.dims == ("year", "quantile")
        (values,) = kept(run, f"{observable.name}@2029-12-31")
        row = fan.sel(year=2030.0).values
        scale = np.log if bins.log else np.asarray
        exact = np.clip(np.quantile(values, fan["quantile"].values), bins.low, bins.high)
        width = (bins.range[1] - bins.range[0]) / bins.inside
        assert np.abs(scale(row) - scale(exact)).max() <= 1.5 * width, observable.name


def test_a_cdf_is_labelled(run: Forecast) -> None:
    found = run.cdf("closed_loop")
    assert found.attrs == {"milestone": "closed_loop", "run": run.manifest.id}
    assert np.array_equal(found["p"].values, run.curve("closed_loop").p)
    assert found["date"].values[0] == "2019-01-01"
    assert found["p"].sel(year=2030.0, method="nearest") == pytest.approx(
        run.probability("closed_loop", "2029").p, abs=1e-2
    )


# Questions


@pytest.mark.parametrize(
    ("short", "full"),
    [("2030", "2030-12-31"), ("2030-06", "2030-06-30"), ("2028-02", "2028-02-29"), ("2029-12", "2029-12-31")],
)
def test_a_date_may_be_a_year_or_a_month(run: Forecast, short: str, full: str) -> None:
    assert run.probability("closed_loop", by=short) == run.probability("closed_loop", by=full)


def usage(call: Any, *arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("by", ["soon", "", "2030-13", "2030-02-30", "2030-01-01-01", "99999", "-2030", "2030-"])
def test_what_is_no_date_is_refused(run: Forecast, by: str) -> None:
    assert "a date such as" in usage(run.probability, "closed_loop", by)


def test_dates_beyond_the_horizon_are_refused(run: Forecast) -> None:
    last = run.probability("closed_loop", f"{HORIZON - 1}")
    assert last.p == pytest.approx(1 - run.curve("closed_loop").beyond().p, abs=1e-3)
    for by in (f"{HORIZON}", f"{HORIZON}-02", "2100-01-01"):
        assert "run.horizon" in usage(run.probability, "closed_loop", by)
    assert run.probability("closed_loop", "2018").p == 0.0


def test_unknown_names_are_refused_with_the_nearest(run: Forecast) -> None:
    assert 'did you mean "closed_loop"?' in usage(run.probability, "closed_lop", "2030")
    assert 'did you mean "closed_loop"?' in usage(run.quantile, "closedloop", 0.5)
    assert 'did you mean "closed_loop"?' in usage(run.cdf, "closed-loop")
    assert 'did you mean "multiplier"?' in usage(run.fan, "multiplyer")


@pytest.mark.parametrize("q", [0.0, 1.0, -0.1, 50, math.nan])
def test_what_is_no_probability_is_refused(run: Forecast, q: float) -> None:
    assert "between 0 and 1" in usage(run.quantile, "closed_loop", q)


# The document

KEYS = {
    "schema",
    "id",
    "scenario",
    "model",
    "as_of",
    "seed",
    "n",
    "milestones",
    "durations",
    "readings",
    "classes",
    "counts",
    "diagnostics",
    "prior_driven",
    "structural_range",
    "files",
    "seconds",
}


def test_the_document_has_the_keys_of_its_schema(run: Forecast, text: dict[str, Any]) -> None:
    assert set(text) >= KEYS
    assert (text["schema"], text["id"], text["n"]) == ("rsimc.forecast/1", run.manifest.id, DRAWS)
    assert (text["scenario"], text["model"], text["as_of"]) == ("baseline", "takeoff", "2026-11-22")
    assert (text["diagnostics"], text["prior_driven"]) == (None, None)  # of the prior
    assert set(text["milestones"]) == {m.name for m in run.milestones}
    for milestone in text["milestones"].values():
        assert set(milestone) >= {"definition", "quantiles", "probability_by", "not_within_horizon"}
        assert set(milestone["quantiles"]) == {"0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"}
        assert set(milestone["probability_by"]) == {f"{year}-12-31" for year in YEARS if year < HORIZON}
        for found in milestone["probability_by"].values():
            assert set(found) == {"p", "se", "n_eff"}
            assert 0 <= found["p"] <= 1 and 0 < found["se"] < 0.1 and 0 < found["n_eff"] <= DRAWS
    for duration in text["durations"].values():
        assert set(duration) == {"quantiles_years", "not_within_horizon"}
    for reading in text["readings"].values():
        assert set(reading) - {"positive"} == {"unit", "quantiles", "not_within_horizon"}


def test_the_document_adds_up(run: Forecast, text: dict[str, Any]) -> None:
    assert sum(found["p"] for found in text["classes"].values()) == pytest.approx(1.0, abs=1e-5)
    counts = text["counts"]
    assert counts["n"] == DRAWS == run.counts.accounts[:, :3].sum()
    assert counts["clipped"] <= counts["n"] - counts["nonfinite"] - counts["conditioned_out"]
    counted = DRAWS - counts["conditioned_out"]
    for name, milestone in text["milestones"].items():
        by = milestone["probability_by"]
        probabilities = [by[key]["p"] for key in sorted(by)]
        assert probabilities == sorted(probabilities)
        assert milestone["not_within_horizon"]["p"] >= 1 - probabilities[-1] - 1e-2
        hits = milestone["not_within_horizon"]["p"] * counted
        assert hits == pytest.approx(round(hits), abs=1e-6 * counted), name  # a count over those not conditioned out
    for milestone in text["milestones"].values():
        dates = [x or "9999" for x in milestone["quantiles"].values()]
        assert dates == sorted(dates)
    for duration in text["durations"].values():
        years = [math.inf if x is None else x for x in duration["quantiles_years"].values()]
        assert years == sorted(years) and years[0] >= 0


def test_a_share_q_of_the_probability_lies_before_the_date_of_q(run: Forecast, text: dict[str, Any]) -> None:
    inside = 0
    for name, milestone in text["milestones"].items():
        found = run.curve(name)
        for key, shown in milestone["quantiles"].items():
            q = float(key)
            if shown is None:
                assert found.p[-1] < q
            elif q > found.p[0]:
                day = date.fromisoformat(shown)
                before, after = found.at(decimal_year(day)).p, found.at(end_of_day(day)).p
                assert before - 1e-12 <= q <= after + 1e-12, (name, key)
                assert run.quantile(name, q) == shown == iso_date(found.quantile(q) or 0.0)
                inside += 1
    assert inside > 20


def test_the_document_says_what_the_run_says(run: Forecast, text: dict[str, Any]) -> None:
    for name, milestone in text["milestones"].items():
        assert milestone["probability_by"]["2029-12-31"] == run.probability(name, "2029").as_dict()
        assert milestone["quantiles"]["0.1"] == run.quantile(name, 0.1)
        errors = milestone["quantile_se_days"]
        assert all(errors[q] is None for q, x in milestone["quantiles"].items() if x is None)


def test_an_opened_run_is_the_run(run: Forecast) -> None:
    again = open_run(str(run.folder))
    assert {**document(again), "seconds": {}} == {**document(run), "seconds": {}}
    assert run.seconds["simulate"] > 0


def test_a_run_of_few_batches_has_no_errors(run: Forecast, tmp_path: Path) -> None:
    few = api.simulate("baseline", [f"run.horizon={HORIZON}"], prior=True, draws=3000, output=tmp_path / "run")
    found = json.loads(json.dumps(document(few), allow_nan=False))
    for milestone in found["milestones"].values():
        assert all(by["se"] is None and by["p"] is not None for by in milestone["probability_by"].values())
        assert all(error is None for error in milestone["quantile_se_days"].values())
    assert "16" in found["errors"]
    assert np.isnan(few.cdf("closed_loop")["se"].values).all()


def test_a_run_without_a_trajectory_has_no_probabilities(run: Forecast) -> None:
    found = json.loads(json.dumps(document(empty(run)), allow_nan=False))
    assert found["counts"]["conditioned_out"] == found["n"] == 5 * BATCHES
    for milestone in found["milestones"].values():
        assert set(milestone["quantiles"].values()) == {None}
        assert milestone["not_within_horizon"] == {"p": None, "se": None, "n_eff": None}
        assert all(by["p"] is None for by in milestone["probability_by"].values())
