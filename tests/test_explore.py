"""Laws of the explorer: its trajectories are a run's, weights do what a new prior does, no name is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from stand_in import stand_in

from rsimc.analysis.estimates import errors, estimate
from rsimc.analysis.explore.bench import Bench, worth_of_a_draw
from rsimc.analysis.explore.outcome import QUANTILES, Outcome
from rsimc.analysis.explore.setting import Setting, read, scenario_of, written
from rsimc.analysis.explore.standing import Standing
from rsimc.analysis.explore.weighing import MAX_KHAT, Draws, Weights, even, only, reweighted, taken
from rsimc.analysis.replay import crossing
from rsimc.calibration.verdict import worst
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import BATCHES, CHUNK, batch_of
from rsimc.errors import UsageError
from rsimc.models.base import forms_of
from rsimc.priors import Quantile, parse_prior
from rsimc.priors.density import beyond, log_density
from rsimc.publish.explorer.session import Session
from rsimc.publish.explorer.widget import begin
from rsimc.runs.ensemble import joined_field
from rsimc.runs.sources import make_source
from rsimc.runs.study import resolve
from rsimc.scenario import load_scenario
from rsimc.scenario.changed import changed

SERIES = ("rd_share", "software_growth")
MOVED = "returns_to_research"
PAUSE = {"trigger": "horizon_hours > 40", "lag_months": 1, "lasts_months": "6 to 24", "strength": 0.9}
pytestmark = pytest.mark.xdist_group("explore")
COUNT = 8192
"""Trajectories of a bench: benches that share it share their compiled programs."""


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A bench on few data, to 2036, whose posterior is the prior."""
    data = {name: {"use": name in SERIES} for name in load_scenario("baseline").data}
    study = resolve(changed(load_scenario("baseline"), {"data": data, "run": {"horizon": 2036, "seed": 5}}))
    return Bench(study, stand_in(study), 5, COUNT)


@pytest.fixture(scope="module")
def opened(bench: Bench) -> Outcome:
    return outcome(bench, bench.start)


def outcome(bench: Bench, setting: Setting) -> Outcome:
    found = bench.simulate(setting)
    assert isinstance(found, Outcome), found
    return found


def test_its_trajectories_are_those_of_the_run(bench: Bench, opened: Outcome) -> None:
    chunk = compile_chunk(opened.plan)(0, CHUNK, make_source(bench.study, stand_in(bench.study), 5))
    assert opened.ids.max() < CHUNK
    dates, draws = joined_field(chunk.block.dates), joined_field(chunk.block.draw)
    assert np.array_equal(draws[opened.ids], opened.draw)
    assert np.array_equal(np.isfinite(dates[:, opened.ids]), np.isfinite(opened.first_dates))
    both = np.isfinite(opened.first_dates)
    assert np.abs(np.where(both, dates[:, opened.ids], 0) - np.where(both, opened.first_dates, 0)).max() < 0.5 / 365


def test_a_pause_is_that_of_a_run_whatever_its_level(bench: Bench, opened: Outcome) -> None:
    found = []
    for level in (40, 300):
        pause = {**PAUSE, "trigger": f"horizon_hours > {level}"}
        mine = outcome(bench, replace(bench.start, pauses=(pause,)))
        study = resolve(scenario_of(mine.setting, bench.study))
        source = make_source(study, stand_in(study), 5)
        theirs = joined_field(compile_chunk(study.plan)(0, CHUNK, source).block.dates)[:, mine.ids]
        both = np.isfinite(mine.first_dates)
        assert np.mean(both == np.isfinite(theirs)) > 0.9999
        apart = np.abs(np.where(both & np.isfinite(theirs), theirs - np.where(both, mine.first_dates, 0), 0))
        assert np.mean(apart > 1 / 365) < 1e-4
        found.append(mine.first_dates)
    assert not np.array_equal(*found)
    assert len(bench._structures) == 2  # one without a pause, and one for both levels


@given(st.integers(64, 3000), st.integers(64, 9000), st.floats(0.0, 3.0), st.integers(0, 2**31))
def test_every_draw_is_taken_as_often_as_its_share_says(draws: int, count: int, uneven: float, seed: int) -> None:
    shares = np.exp(uneven * np.random.default_rng(seed).standard_normal(draws))
    shares /= shares.sum()
    place, ids = taken(shares, count)
    assert np.all(np.abs(np.bincount(place, minlength=draws) - shares * count) < 1 + 1e-6)
    assert len(place) == count == len(np.unique(ids))
    edges = np.arange(BATCHES + 1) * draws // BATCHES
    assert np.array_equal(batch_of(ids), np.searchsorted(edges, place, side="right") - 1)


@pytest.mark.parametrize("move", [(0.6, 1.0), (-0.5, 0.8), (0.0, 0.6)])
def test_re_weighting_gives_what_the_new_prior_gives(bench: Bench, move: tuple[float, float]) -> None:
    # The stand-in's posterior is the prior: re-weighted, it must be the prior that it is re-weighted to.
    setting = replace(bench.start, moved={MOVED: move})
    one, other = outcome(bench, setting), outcome(bench, replace(setting, source="prior"))
    assert one.standing.kind == "reweighted" and one.standing.khat is not None and one.standing.khat < MAX_KHAT
    for name in ("closed_loop", "closed_loop_95", "multiplier_2"):
        for year in (2030.0, 2033.0, 2036.0):
            a, b = one.curve(name).at(year), other.curve(name).at(year)
            assert a.se and b.se and abs(a.p - b.p) < 4.5 * math.hypot(a.se, b.se)
    values = joined_field(one.block.values)[one.study.priors.names.index(MOVED)]
    wanted = parse_prior(written(bench.priors(bench.start, bench.study)[MOVED], *move), "x")
    assert stats.kstest(values, lambda x: np.array([_cdf(wanted, v) for v in x])).statistic < 0.05


def _cdf(prior: Quantile, x: float) -> float:
    return float(stats.norm.cdf((math.log(x) - prior.loc) / prior.scale))


def test_an_unchanged_prior_changes_nothing(bench: Bench, opened: Outcome) -> None:
    own = next(text for text in [bench.priors(bench.start, bench.study)[MOVED]] if text.kind == "exp")
    again = outcome(bench, replace(bench.start, moved={MOVED: (0.0, 1.0)}))
    assert own.kind == "exp" and np.array_equal(again.ids, opened.ids)
    assert np.array_equal(again.first_dates, opened.first_dates)


@pytest.mark.parametrize(
    "spec",
    [{"normal": [1, 2]}, "0.5 to 3", {"logitnormal": [0.3, 0.8], "low": 0.1, "high": 2}, {"uniform": [1, 3]},
     {"p10": 0.9, "p50": 2.1, "p90": 3.3}, {"normal": [0, 1], "low": -0.5, "high": 2}],
)  # fmt: skip
def test_densities_are_those_of_the_quantile_functions(spec: object) -> None:
    prior = parse_prior(spec, "x")
    edges = prior.at(np.linspace(-3, 3, 2001))
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    mass = np.exp(log_density(prior, middles)) / math.sqrt(2 * math.pi) * widths
    assert np.sum(mass) == pytest.approx(stats.norm.cdf(3) - stats.norm.cdf(-3), abs=2e-3)
    half = np.searchsorted(middles, prior.at(np.zeros(1))[0])
    assert np.sum(mass[:half]) == pytest.approx(0.5 - stats.norm.cdf(-3), abs=3e-3)


def test_no_density_outside_of_a_prior_nor_of_a_fixed_one() -> None:
    assert log_density(parse_prior({"uniform": [1, 3]}, "x"), np.array([0.5, 4.0])).tolist() == [-math.inf] * 2
    assert log_density(parse_prior("1 to 2", "x"), np.array([-1.0])).tolist() == [-math.inf]
    with pytest.raises(ValueError, match="fixed"):
        log_density(parse_prior(3, "x"), np.array([3.0]))


@pytest.mark.parametrize("source", ["posterior", "prior"])
def test_a_setting_is_the_scenario_that_it_is_saved_as(bench: Bench, source: Any) -> None:
    moved = {MOVED: (0.5, 1.2), "gap_exponent": (-0.3, 1.0)}
    typed = {"threshold_deviation.direction": "{ normal = [0.5, 1] }", "parallelisation": "0.4 to 0.8"}
    setting = Setting(source, 2036, moved, typed, {}, (PAUSE,))
    study = resolve(scenario_of(setting, bench.study))
    mine = bench.priors(setting, bench.structure(setting).study)
    for name, entry in zip(study.priors.names, study.priors.entries, strict=True):
        assert mine[name] == entry[2], name


def test_what_only_a_calibration_can_tell_has_no_numbers(bench: Bench) -> None:
    for wrong in (
        {"typed": {MOVED: "1.3"}},  # a fixed value
        {"moved": {MOVED: (3.5, 0.1)}},  # where the posterior has no draws
        {"forms": {"horizon": "linear"}},  # a posterior of its own, which nobody fitted
        {"typed": {"gap_exponent": "{ uniform = [0, 3] }"}},  # beyond all draws, which no k-hat can see
    ):
        found = bench.simulate(replace(bench.start, **wrong))  # type: ignore[arg-type]
        assert isinstance(found, Standing) and not found.known and not found.calibrated
        assert "new calibration" in found.why
    alone = Bench(bench.study, None, 5, COUNT)
    found = alone.simulate(bench.start)
    assert isinstance(found, Standing) and not found.known
    assert alone.start.source == "prior"
    free = outcome(alone, alone.start)  # which needs no posterior, and knows no past
    source = make_source(bench.study, None, 5)
    dates = joined_field(compile_chunk(free.plan)(0, CHUNK, source).block.dates)[:, free.ids]
    both = np.isfinite(dates) & np.isfinite(free.first_dates)
    assert np.mean(np.isfinite(dates) == np.isfinite(free.first_dates)) > 0.999
    assert np.mean(np.abs(np.where(both, dates, 0) - np.where(both, free.first_dates, 0)) > 2 / 365) < 1e-3


def test_nothing_is_called_calibrated_that_is_not(bench: Bench, opened: Outcome) -> None:
    assert opened.standing.calibrated
    assert outcome(bench, replace(bench.start, pauses=(PAUSE,))).standing.calibrated
    for source in ("prior", "values"):
        assert not outcome(bench, replace(bench.start, source=source)).standing.calibrated  # type: ignore[arg-type]
    failed = Bench(bench.study, stand_in(bench.study, ("R-hat 1.2",)), 5, COUNT)
    assert not outcome(failed, failed.start).standing.calibrated
    for setting in (failed.start, replace(failed.start, moved={MOVED: (0.3, 1.0)})):
        standing = outcome(failed, setting).standing
        assert not standing.calibrated and "failed" in standing.title and "not all passed" in standing.why


def test_the_form_that_was_opened_may_be_chosen(bench: Bench, opened: Outcome) -> None:
    again = outcome(bench, replace(bench.start, forms={"horizon": "curved"}))
    assert again.standing.calibrated and np.array_equal(again.first_dates, opened.first_dates)


def test_forms_keep_their_weights() -> None:
    scenario = changed(load_scenario("baseline"), {"variants": {"horizon": {"linear": 0.9, "curved": 0.1}}})
    mixture = Bench(resolve(scenario), None, 5, 2048)
    setting = replace(mixture.start, until=2031)
    values = joined_field(outcome(mixture, setting).block.values)
    place = mixture.study.priors.names.index("horizon_form")
    curved = forms_of(mixture.study.model)[0].options["curved"]
    assert np.mean(values[place] == np.float32(curved)) == pytest.approx(0.1, abs=0.01)
    saved = scenario_of(replace(setting, forms={"horizon": "linear"}), mixture.study)
    assert [part for part in resolve(saved).parts] == [] and resolve(saved).choice["horizon_form"] != curved
    every = resolve(changed(load_scenario("baseline"), {"variants": "all"}))
    chosen = resolve(scenario_of(replace(setting, forms={"horizon": "linear"}), every))
    assert len(chosen.parts) == 4 and {part.choice["horizon_form"] for part in chosen.parts} == {0.0}


def test_re_weighting_keeps_the_shares_of_forms() -> None:
    rng, n = np.random.default_rng(3), 4096
    form = np.arange(n) % 2
    x = np.where(form == 0, -0.6, 0.6) + 0.8 * rng.standard_normal(n)
    kept = rng.random(n) < np.where(form == 0, 0.9, 0.5)
    draws = Draws(np.arange(n), form, kept, (0.5, 0.5), 1.0)
    old, new = parse_prior({"normal": [0, 1]}, "x"), parse_prior({"normal": [0.5, 1]}, "x")
    weights = reweighted(draws, even(draws), {"x": (old, new, x)})
    among = weights.shares * kept
    assert among[form == 0].sum() / among.sum() == pytest.approx(0.5, abs=1e-9)
    assert only(draws, even(draws), []) is None


def test_draws_that_repeat_or_depend_are_worth_less() -> None:
    n = 1000
    alone = Draws(np.arange(n), np.zeros(n, int), np.ones(n, bool), (1.0,), 1.0)
    assert even(alone).effective == pytest.approx(n)
    assert even(replace(alone, draw=np.arange(n) // 2)).effective == pytest.approx(n / 2)
    assert even(replace(alone, worth=0.1)).effective == pytest.approx(n / 10)


@pytest.mark.parametrize("move", [(0.0, 1.0), (2.0, 1.0), (-2.0, 0.5), (0.0, 1.5)])
def test_a_moved_prior_stays_within_its_ends(bench: Bench, move: tuple[float, float]) -> None:
    for name in ("gap_exponent", "verifiability_gap"):
        own = bench.priors(bench.start, bench.study)[name]
        assert beyond(parse_prior(written(own, *move), "x"), own) <= 1e-3


def test_one_value_for_every_parameter(bench: Bench) -> None:
    found = outcome(bench, replace(bench.start, source="values", moved={MOVED: (1.0, 1.0)}))
    values = joined_field(found.block.values)
    assert np.all(np.ptp(values, axis=1) == 0)
    own = bench.priors(found.setting, bench.study)[MOVED]
    assert values[found.study.priors.names.index(MOVED), 0] == pytest.approx(float(own.at(np.zeros(()))), rel=1e-6)
    assert np.ptp(found.first_dates[0]) > 0  # the noise differs


@given(st.integers(0, 80), st.integers(1, 5), st.booleans(), st.integers(0, 2**31))
def test_errors_of_curves_are_those_of_single_probabilities(filled: int, k: int, free: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = np.where(np.arange(80) < filled, rng.integers(1, 50, 80), 0).astype(float)
    hits = np.floor(rng.random((80, k)) * (sizes[:, None] + 1))
    each = [estimate(hits[:, n], sizes, free).se for n in range(k)]
    assert np.allclose(errors(hits, sizes, free), [math.nan if e is None else e for e in each], equal_nan=True)


def test_a_draw_of_a_mixture_is_worth_what_one_of_its_forms_is(bench: Bench) -> None:
    verdict = stand_in(bench.study).verdict
    one = replace(verdict, ess_bulk_min=0.25 * verdict.draws)
    assert worth_of_a_draw(one, 1) == worth_of_a_draw(worst([one] * 12, ["form"] * 12), 12) == 0.25


def test_fans_are_quantiles_to_a_bin(opened: Outcome) -> None:
    when, found = opened.fan("automated_share")
    place = [o.name for o in opened.plan.model.observables].index("automated_share")
    values = joined_field(opened.block.observables)[:, place][:, opened.kept]
    slots = [int(np.argmin(np.abs(opened.plan.stored_years - year))) for year in when]
    assert np.abs(found - np.quantile(values[slots], QUANTILES, axis=1).T).max() < 1.5 / 256


def test_a_path_has_the_dates_that_are_counted(bench: Bench, opened: Outcome) -> None:
    for place in (0, 17):
        path = bench.path(opened.setting, place)
        for n, milestone in enumerate(opened.plan.model.milestones):
            years = crossing(path[milestone.quantity], milestone.threshold) / opened.plan.model.steps_per_year
            counted = float(opened.first_dates[n, place])
            assert years == pytest.approx(counted, abs=0.02) or (math.isinf(counted) and years > 16.9)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["source", "until", "moved", "typed", "forms", "pauses", "x", MOVED]), inner,
                        max_size=4), max_leaves=8))  # fmt: skip
def test_any_data_are_a_setting_or_refused(found: Any) -> None:
    try:
        setting = read(found)
    except UsageError:
        return
    assert read(json.loads(json.dumps(setting.as_dict()))) == setting


@pytest.fixture(scope="module")
def session(bench: Bench) -> Session:
    start = begin(bench, "a test")
    assert set(start["main"]) <= set(start["parameters"]) and json.loads(json.dumps(start)) == start
    return Session(bench, start["lead"])


def simulated(session: Session, setting: Setting) -> dict[str, Any]:
    answer = session.answer({"kind": "simulate", "n": 1, "setting": setting.as_dict()})
    assert "error" not in answer, answer
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    return answer


def test_a_pin_differs_from_itself_by_nothing(bench: Bench, session: Session) -> None:
    simulated(session, bench.start)
    [pin] = session.answer({"kind": "pin", "n": 2, "name": "<b>me</b>"})["pins"]
    same = ("+0.00 ± 0.0", "+0 ± ", "not within the horizon")
    assert pin["name"] == "<b>me</b>" and all(one["text"].startswith(same) for one in pin["differences"])
    later = simulated(session, replace(bench.start, pauses=(PAUSE,)))["pins"][0]["differences"]
    assert any(one["text"].startswith("−") and one["clear"] for one in later[:-1])
    assert session.answer({"kind": "unpin", "n": 3, "name": "<b>me</b>"})["pins"] == []


def test_questions_are_answered_by_the_setting_in_front(bench: Bench, session: Session) -> None:
    found = simulated(session, bench.start)
    row = next(row for row in found["result"]["table"] if row["name"] == "closed_loop")
    lines = session.answer({"kind": "ask", "n": 2, "question": "P(closed_loop <= 2030)"})["lines"]
    assert lines[0].split("%")[0] == row["by"][found["result"]["years"].index(2030)].split("%")[0]
    assert "expected" in session.answer({"kind": "ask", "n": 3, "question": "P(closed"})["error"]


def test_a_saved_setting_loads_again(bench: Bench, session: Session, tmp_path: Any) -> None:
    setting = replace(bench.start, moved={MOVED: (0.5, 1.0)}, pauses=(PAUSE,))
    made = session.answer({"kind": "file", "n": 1, "setting": setting.as_dict()})
    path = tmp_path / made["name"]
    path.write_text(made["text"])
    wanted = scenario_of(setting, bench.study)
    assert load_scenario(str(path)).model_copy(update={"name": wanted.name}) == wanted


@pytest.mark.parametrize(
    "request_",
    [{}, {"kind": "simulate"},
     {"kind": "simulate", "setting": {"source": "posterior", "until": 2036, "moved": {"x": [0, 1]}}},
     {"kind": "path", "place": -1}, {"kind": "path", "place": "1"}, {"kind": "ask"}, {"kind": "file", "setting": []},
     {"kind": "simulate", "setting": {"source": "prior", "until": 2036, "typed": {MOVED: "5 to 2"}}},
     {"kind": "simulate", "setting": {"source": "prior", "until": 2036, "pauses": [{"trigger": "nothing > 1"}]}},
     {"kind": "simulate", "setting": {"source": "prior", "until": 2036, "forms": {"horizon": "round"}}},
     {"kind": "simulate", "setting": {"source": "prior", "until": 2030, "typed": {MOVED: "1 to 2" * 9}}},
     {"kind": "path", "place": 1, "id": -1},
     {"kind": "ask", "question": "x" * 30_000}],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_so(session: Session, request_: dict[str, Any]) -> None:
    assert session.answer({"n": 1, **request_}).get("error")


def test_weights_that_rest_on_few_draws_are_not_trusted() -> None:
    assert Weights(np.full(2, 0.5), 0.1, 1e4).trusted
    assert not Weights(np.full(2, 0.5), 0.6, 1e4).trusted
    assert not Weights(np.full(2, 0.5), 0.1, 100.0).trusted


# A published model, whose priors are drawn together


@pytest.fixture(scope="module")
def correlated() -> Bench:
    study = resolve(changed(load_scenario("ai-2027-horizon"), {"run": {"horizon": 2036, "seed": 5}}))
    return Bench(study, None, 5, 4096)


def test_priors_that_are_drawn_together_are_those_of_a_run(correlated: Bench) -> None:
    found = outcome(correlated, replace(correlated.start, source="prior"))
    names, values = correlated.study.priors.names, joined_field(found.block.values)
    source = make_source(correlated.study, None, 5)
    ids = np.concatenate([np.asarray(part) for part in np.atleast_1d(found.ids)[None]])
    assert values == pytest.approx(np.asarray(source.values(ids)), rel=2e-5, abs=1e-6)
    a, b = (np.log(values[names.index(name)]) for name in ("doubling_time", "cost_and_speed"))
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.7, abs=0.05)


def test_what_a_model_takes_anew_is_that_of_a_run() -> None:
    """In double precision: a draw at the very edge may be judged otherwise."""
    study = resolve(changed(load_scenario("ftm"), {"run": {"horizon": 2036, "seed": 5}}))
    bench = Bench(study, None, 5, 4096)
    found = outcome(bench, bench.start)
    wanted = np.asarray(make_source(study, None, 5).values(np.asarray(found.ids, np.uint32)))
    alike = np.isclose(joined_field(found.block.values), wanted, rtol=1e-4).all(axis=0)
    assert alike.mean() > 0.999


def test_a_posterior_is_not_re_weighted_by_one_of_several_priors_drawn_together(correlated: Bench) -> None:
    asked = changed(correlated.study.scenario, {"data": {"metr_horizons": {"use": True}}, "as_of": "2026-11-22"})
    study = resolve(asked)
    bench = Bench(study, stand_in(study), 5, 4096)
    for name, kind in (("doubling_time", "unknown"), ("doubling_decay", "reweighted")):
        found = bench.simulate(replace(bench.start, moved={name: (0.2, 1.0)}))
        standing = found if isinstance(found, Standing) else found.standing
        assert standing.kind == kind, (name, standing)
