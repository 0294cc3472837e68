"""Laws of what questions a calibration: influence, new data, hindsight, backtests, precision, sensitivity to priors."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rsimc import api, checking
from rsimc.analysis import influence as influences
from rsimc.analysis import kept
from rsimc.analysis.backtest import DAYS, MODEL, SERIES, Backtest, Line, known_on, usable
from rsimc.analysis.baselines import BASELINES
from rsimc.analysis.compare.paired import Hits, probability_difference
from rsimc.analysis.document import document
from rsimc.analysis.estimates import Estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Headline, Question
from rsimc.analysis.hindsight import later
from rsimc.analysis.new_rows import new_rows
from rsimc.analysis.precision import Precision
from rsimc.analysis.prior_sensitivity import HALF, centred_by, prior_sensitivity, slopes
from rsimc.analysis.scores import Score
from rsimc.analysis.sensitivity.others import MIXED, others
from rsimc.calibration import refits
from rsimc.calibration.predictive import Positions, later_rows, not_yet, positions
from rsimc.calibration.terms import TERMS
from rsimc.calibration.terms.horizon import MetrHorizons
from rsimc.calibration.weights import EVEN, smoothed
from rsimc.cli.main import main
from rsimc.engine.dates import compile_dates
from rsimc.engine.plan import BATCHES
from rsimc.engine.source import PosteriorSource
from rsimc.errors import DataError, UsageError
from rsimc.observations import load_series, select
from rsimc.observations.importing import table_text
from rsimc.observations.metr import CEILING_MINUTES
from rsimc.observations.rows import Observation
from rsimc.publish.formats import export
from rsimc.runs.stages import Stages

USED = ("rd_share", "software_growth", "uplift_surveys", "merge_gap")
SMALL = [
    *(f"data.{name}=false" for name in TERMS if name not in USED),
    "run.horizon=2040",
    "calibration.chains=16",
    "calibration.warmup=60",
    "calibration.draws=64",
]
"""Few observations and draws: a real posterior and a real run, which take seconds beside the compiler."""
pytestmark = pytest.mark.xdist_group("checking")  # one worker compiles for all
QUESTION = Question("multiplier_2", "2032")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("checking") / "run"
    return api.simulate("baseline", SMALL, output=folder, draws=131_072, accept_untrusted=True)


def new_row(run: Forecast, **fields: Any) -> Observation:
    """A later row of the surveys."""
    old = next(row for row in run.study.rows if row.series == "uplift_surveys")
    day = date(2026, 12, 1)
    return replace(old, **{"key": "later", "label": "later", "date": day, "published": day, **fields})


# New data


def test_a_row_that_says_nothing_changes_nothing(run: Forecast) -> None:
    found, made = checking.update(run.folder, [new_row(run, sd=1e3)])
    assert made is None and found.trusted
    assert found.effective > 0.99
    for change in found.changes:
        medians = [date.fromisoformat(day) for day in (change.median_before, change.median_after) if day]
        assert len(medians) != 1 and (not medians or abs((medians[0] - medians[1]).days) <= 1)  # weights are near 1
        for day, before in change.before.items():
            assert change.after[day].p == pytest.approx(before.p, abs=1e-3)


def test_before_is_what_the_run_counted(run: Forecast) -> None:
    found, _ = checking.update(run.folder, [new_row(run, sd=1e3)])
    for change in found.changes:
        for day, before in change.before.items():
            counted = run.probability(change.milestone, day)
            assert counted.se is not None
            assert before.p == pytest.approx(counted.p, abs=4 * counted.se + 1e-4)


def test_a_row_moves_the_run_towards_what_it_says(run: Forecast) -> None:
    """A survey that reads more lets research be faster, one that reads less slower."""
    low, high = (checking.update(run.folder, [new_row(run, value=value)], refit=False)[0] for value in (1.6, 3.2))
    sooner, later_ = (
        next(c for c in found.changes if c.milestone == "multiplier_2").after["2030-12-31"].p for found in (high, low)
    )
    assert sooner > later_ + 0.01
    assert low.effective < 0.99 and high.effective < 0.99


def test_weights_are_the_likelihood_of_the_row(run: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without smoothing, the new probability is the old trajectories' weighted by the density along their paths."""
    from rsimc.analysis import update as module

    seen: list[np.ndarray] = []
    monkeypatch.setattr(module, "smoothed", lambda log: (seen.append(log), (_softmax(log), 0.0))[1])
    row = new_row(run, value=3.0)
    found = module.update(run, [row])
    stored = pq.read_table(run.folder / "ensemble.parquet").slice(0, len(seen[0]) * 2)
    kept = np.flatnonzero(~stored["conditioned_out"].to_numpy() & stored["finite"].to_numpy())[: len(seen[0])]
    assert len(kept) == len(seen[0])
    bias = stored["parameter.survey_bias"].to_numpy()[kept]
    # the density falls with the square of the miss, and the bias is a part of it: it must be in the weights
    assert abs(np.corrcoef(bias, seen[0])[0, 1]) > 0.05
    assert found.effective == pytest.approx(1 / np.sum(_softmax(seen[0]) ** 2) / len(seen[0]))


def _softmax(log: np.ndarray) -> np.ndarray:
    w = np.exp(log - log.max())
    return w / w.sum()


def test_a_row_that_contradicts_the_run_is_not_trusted(run: Forecast) -> None:
    found, made = checking.update(run.folder, [new_row(run, value=1e4, sd=0.02)], refit=False)
    assert made is None
    assert not found.trusted


def test_rows_that_cannot_be_new_are_named(run: Forecast) -> None:
    known = next(row for row in run.study.rows if row.series == "uplift_surveys")
    with pytest.raises(DataError, match=known.key):
        checking.update(run.folder, [known])
    with pytest.raises(DataError, match="vintage"):
        checking.update(run.folder, [new_row(run, vintage="another")])
    with pytest.raises(DataError):
        checking.update(run.folder, [])
    with pytest.raises(DataError, match=known.key):
        checking.update(run.folder, [new_row(run, value=known.value + 1, key=known.key)])
    with pytest.raises(DataError, match="counts once"):
        checking.update(run.folder, [replace(known, key="copy")])
    with pytest.raises(DataError, match="does not know"):
        checking.update(run.folder, [new_row(run, kind="excluded")])
    with pytest.raises(DataError, match="kind"):
        checking.update(run.folder, [new_row(run, kind="censored_above")])


def test_a_whole_table_may_be_given_if_it_reads_alike_what_the_run_knows(run: Forecast) -> None:
    known = [row for row in run.study.rows if row.series == "uplift_surveys"]
    later_reading = [replace(row, vintage="next") for row in (*known, new_row(run))]
    (fresh,) = new_rows(run, later_reading)
    assert (fresh.key, fresh.vintage) == ("later", known[0].vintage)
    with pytest.raises(DataError, match="the reading"):
        new_rows(run, [replace(row, value=row.value * 1.1) for row in later_reading])


def test_bounds_are_weighed_without_a_refit(run: Forecast) -> None:
    """Weights of a bound have no tail: those that keep it weigh alike."""
    found, made = checking.update(run.folder, [new_row(run, value=1.2, sd=0.05, kind="lower_bound")], refit=False)
    assert made is None and found.trusted and found.effective > 0.5
    for change in found.changes:
        assert change.after["2030-12-31"].p >= change.before["2030-12-31"].p - 1e-9


@given(st.floats(0.15, 1.0), st.integers(0, 100))
def test_bounded_weights_stay_as_they_are(share: float, seed: int) -> None:
    holds = np.random.default_rng(seed).random(4000) < share
    weights, khat = smoothed(np.where(holds, 0.0, -1e3))
    assert khat == 0.0
    assert weights[holds] == pytest.approx(1 / holds.sum()) and weights[~holds].sum() < 1e-12


def test_weights_that_mean_nothing_are_not_trusted() -> None:
    ties = np.where(np.arange(4000) % 40 == 0, 0.0, -1e3)  # 1 in 40 keeps a bound: beyond EVEN, and no tail to fit
    assert EVEN < 4000 / 100 and smoothed(ties)[1] == np.inf
    for bad in (np.full(100, np.nan), np.full(100, -np.inf), np.append(np.zeros(50), np.inf), np.zeros(0)):
        assert smoothed(bad)[1] == np.inf


def test_the_command_reads_a_table_and_says_what_changed(run: Forecast, tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    table.write_text(table_text([new_row(run, sd=0.5)]))
    assert main(["update", str(run.folder), "--add", str(table), "--series", "uplift_surveys", "--json"]) == 0
    assert main(["update", str(run.folder), "--add", str(table)]) == 2  # which series?
    assert main(["update", str(run.folder), "--add", str(tmp_path / "none.csv"), "--series", "uplift_surveys"]) == 3
    assert main(["score", str(run.folder), "--add", str(table), "--series", "uplift_surveys"]) == 0
    assert main(["score", str(run.folder)]) == 0


# Hindsight


def test_scores_are_of_rows_that_came_later(run: Forecast) -> None:
    found = checking.score(run.folder, {"uplift_surveys": [new_row(run, value=3.0)]})
    assert [one.series for one in found] == ["uplift_surveys"]
    (row,) = found[0].rows
    assert row.low < row.middle < row.high
    assert row.observed == pytest.approx(math.log(3.0))
    assert 0 < row.rank < 1
    assert found[0].score.crps is not None


def test_rows_that_the_run_knew_are_not_scored(run: Forecast) -> None:
    assert run.study.target is not None
    for name in USED:
        keys = {row.key for row in run.study.target.rows if row.series == name}
        found = later(run.study.target, name, date(2020, 1, 1), {})
        assert not keys & {row.key for row in found}
    assert checking.score(run.folder) == []


def test_metrs_later_points_are_scored_and_bounds_are_not() -> None:
    target = api.load_study("baseline", ["as_of=2026-02-15"]).target
    assert target is not None
    day = date(2026, 2, 15)
    rows = later(target, SERIES, day, {})
    assert len(rows) >= 2 and {row.kind for row in rows} == {"point"}
    assert len({row.vintage for row in rows}) == 1
    extra = [replace(rows[0], key=f"own_{n}", published=p) for n, p in enumerate((day, date(2026, 12, 1)))]
    bounds = [replace(extra[1], key="bound", kind="censored_above"), replace(extra[1], key="far", value=1000.0)]
    assert later(target, SERIES, day, {SERIES: [*extra, *bounds]}) == [extra[1]]


def test_draws_in_which_something_has_happened_forecast_nothing() -> None:
    """The draws that are kept are those whose trajectories a run keeps."""
    target = api.load_study("baseline").target
    assert target is not None
    random = np.random.default_rng(3)
    z = random.standard_normal((256, target.priors.size))
    at = Positions(z, 0.1 * random.standard_normal((256, *target.innovations_shape)), target.choice)
    left = not_yet(target, at)
    assert 0 < len(left.z) < 256
    assert len(not_yet(target, left).z) == len(left.z)


# Forecasts of rows


def test_the_past_of_a_draw_is_kept_and_a_new_suite_is_less_sure() -> None:
    study = api.load_study("baseline")
    target = study.target
    assert target is not None
    rows = [row for row in target.rows if row.series == SERIES and not row.value > CEILING_MINUTES][-3:]
    one = np.random.default_rng(1).standard_normal(target.priors.size) * 0.1
    past = np.random.default_rng(2).standard_normal(target.innovations_shape) * 0.1
    at = Positions(np.repeat(one[None], 512, axis=0), np.repeat(past[None], 512, axis=0), target.choice)
    term, same = later_rows(target, at, rows, 1)
    assert isinstance(term, MetrHorizons)
    with jax.enable_x64(True):
        read = np.asarray(target.predict(jnp.asarray(one), jnp.asarray(past)))
    expected = np.log(read[[target.rows.index(row) for row in rows]] / 60.0)
    scatter = float(jax.device_get(target.priors.named(target.priors.from_normal(jnp.asarray(one)))["metr_scatter"]))
    below, above = np.hypot(term.below, scatter), np.hypot(term.above, scatter)  # of the split error
    assert np.mean(same < expected, axis=0) == pytest.approx(below / (below + above), abs=0.09)
    _, fresh = later_rows(target, at, rows, 1, new_suite=True)
    assert (fresh.std(axis=0) > 1.15 * same.std(axis=0)).all()
    ahead = [replace(row, date=date(2030, 1, 1)) for row in rows[-1:]]
    assert later_rows(target, at, ahead, 1)[1].std() > 1.5 * same[:, -1].std()


# Backtests


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2025, 7, 1), date(2026, 1, 28), date(2026, 3, 10)])
def test_a_backtest_knows_nothing_of_later(day: date) -> None:
    known = known_on(day, "as_of")
    assert known.pseudo == (day < date(2026, 1, 29))
    assert all(row.date <= day for row in known.rows)
    assert all(row.date > day and row.value <= CEILING_MINUTES for row in (*known.same_suite, *known.revised_suite))
    assert len({(row.suite, row.vintage) for row in known.rows}) == 1
    if not known.pseudo:
        assert all(row.published <= day for row in known.rows)
        assert not known.revised_suite


def test_a_date_with_too_few_rows_is_named() -> None:
    with pytest.raises(DataError, match="records"):
        known_on(date(2020, 1, 1), "as_of")
    assert main(["backtest", "--as-of", "2019-06-01"]) == 3
    assert main(["backtest", "--as-of", "soon"]) == 2


# Influence


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CHAINS", 16), ("WARMUP", 8), ("DRAWS", 32)):
        monkeypatch.setattr(refits, name, value)
        if hasattr(influences, name):
            monkeypatch.setattr(influences, name, value)
    monkeypatch.setattr(influences, "AT_ONCE", 2)


def test_what_was_found_is_kept_for_the_report(run: Forecast) -> None:
    assert run.posterior is not None
    assert influences.kept(run.study, run.posterior, Question()) == kept.influences(run) == []
    inputs = influences._inputs(run.study, run.posterior, Question())
    p, row = Estimate(0.2, 0.01, 1600.0), run.study.rows[0]
    full = influences.Influence("all", "all data", p, "posterior")
    weighted = influences.Influence("datum", influences.label(row), p, "psis", khat=0.3)
    again = influences.Influence("datum", influences.label(row), p, "refit", rhat=1.01, ess=300.0)
    form = influences.Influence("form", "curved", p, "refit", rhat=1.01, ess=300.0)
    stages = Stages("influence", inputs)
    stages.put({"all": full.as_dict(), "form curved": form.as_dict(), f"datum {weighted.name}": weighted.as_dict()})
    assert kept.influences(run) == [full, weighted, form]
    stages.put({f"datum {weighted.name}": replace(weighted, khat=0.7).as_dict()})
    assert kept.influences(run) == [full, form]  # such weights are worth nothing, until there is a refit
    stages.put({f"refitted {again.name}": again.as_dict()})
    assert kept.influences(run) == [full, again, form]
    told = influences.as_document(kept.influences(run), Question())
    assert [one["how"] for one in told["without"]] == ["refit"] and len(told["forms"]) == 1
    assert document(run)["influence"] == told
    stages.path.unlink()
    assert document(run)["influence"] is None


def test_the_command_backtests_on_the_days_that_the_report_looks_for() -> None:
    from rsimc.cli import backtest as command

    assert tuple(day.isoformat() for day in DAYS) == command.DAYS


def test_a_backtest_is_whole_at_80_columns() -> None:
    from rsimc.cli.backtest import _show

    poor, none = Score(12, -10.25, 0.01, -100.25, 10, 12), Score(0, None, None, None, None, None)
    lines = tuple(Line(name, poor, none) for name in (MODEL, *BASELINES))
    page = StringIO()
    _show(Backtest(date(2025, 10, 31), True, 15, lines, 1.0, 3000.0), Console(file=page, width=80))
    text = page.getvalue()
    assert all(f"{line.forecaster}  " in text for line in lines) and text.count("10/12") == len(lines)
    assert text.count("log score") == 2 and max(map(len, text.splitlines())) <= 80


def test_a_backtest_needs_the_points_that_it_scores(
    run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--set", "data.metr_horizons=false", "--as-of", "2025-01-01"]) == 3
    table = tmp_path / "mine.csv"
    table.write_text(table_text(select(SERIES, date(2026, 11, 1))))
    assert main(["backtest", "--set", f"data.metr_horizons.file={table}", "--as-of", "2025-01-01"]) == 3
    assert "remove `file`" in capsys.readouterr().err
    scenario = run.study.scenario
    assert usable(scenario) == ("metr_horizons" in scenario.data and scenario.data["metr_horizons"].use)
    assert kept.backtests(run) == []


def test_a_question_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["influence", "--by", "soon"]) == 2
    assert main(["influence", "--milestone", "closed_lop"]) == 2
    told = capsys.readouterr().err
    assert "closed_loop" in told and "warm-up" not in told


@pytest.mark.slow
def test_influence_goes_on_where_it_ended(run: Forecast, quick: None) -> None:
    stages: list[str] = []

    def stop(stage: str, done: int, total: int) -> None:
        stages.append(stage)
        if stage.startswith("series, 3"):
            raise KeyboardInterrupt

    assert run.posterior is not None
    with pytest.raises(KeyboardInterrupt):
        influences.influence(run.study, run.posterior, QUESTION, stop)
    again: list[str] = []
    found = influences.influence(run.study, run.posterior, QUESTION, lambda stage, *_: again.append(stage))
    assert any(stage.startswith("series, 1 to") for stage in stages)
    assert not any(stage.startswith("series, 1 to") for stage in again)
    assert any(stage.startswith("series, 3") for stage in again)
    third: list[str] = []
    assert influences.influence(run.study, run.posterior, QUESTION, lambda s, *_: third.append(s)) == found
    assert third == []
    assert influences.kept(run.study, run.posterior, QUESTION) == found
    kinds = [one.kind for one in found]
    assert kinds[0] == "all"
    assert {one.name for one in found if one.kind == "series"} == set(USED)
    assert sum(kind == "datum" for kind in kinds) == len(run.study.rows)
    assert all(one.khat is None or one.khat < influences.MAX_KHAT for one in found if one.how == "psis")
    counted = run.probability(QUESTION.milestone, QUESTION.by)
    assert counted.se is not None and found[0].p.p == pytest.approx(counted.p, abs=4 * counted.se)
    # the only row of a series, left out by weights and by a refit
    series, datum = (next(one for one in found if one.name == name) for name in ("merge_gap", "merge_gap/sonnet_4_5"))
    assert datum.p.se is not None and series.p.se is not None
    assert abs(series.p.p - datum.p.p) < 4 * math.hypot(series.p.se, datum.p.se)


def test_influence_of_a_mixture_or_of_an_unknown_milestone_is_refused(run: Forecast) -> None:
    assert run.posterior is not None
    with pytest.raises(UsageError, match="milestone"):
        influences.influence(run.study, run.posterior, Question("closed_lop"), lambda *told: None)
    mixed = api.load_study("baseline", ["variants=all"])
    with pytest.raises(UsageError, match="form"):
        influences.influence(mixed, run.posterior, QUESTION, lambda *told: None)
    for by in ("soon", "2015", "2041"):
        with pytest.raises(UsageError, match="by"):
            influences.influence(run.study, run.posterior, Question("closed_loop", by), lambda *told: None)


def test_what_is_kept_is_of_one_scenario(run: Forecast) -> None:
    """Pauses leave a posterior alone, and move what is asked of it."""
    pause = 'policy.pause=[{trigger = "2027-06-01", lasts_months = 12}]'
    paused = api.load_study("baseline", [*SMALL, pause])
    assert run.posterior is not None and paused.posterior_id == run.study.posterior_id
    mine, other = (influences._inputs(study, run.posterior, QUESTION) for study in (run.study, paused))
    assert mine != other


def test_what_no_row_informs_any_more_starts_as_its_prior_has_it(run: Forecast) -> None:
    target = run.study.target
    assert target is not None and run.posterior is not None
    surveys = target.leaving_out(lambda row: row.series == "uplift_surveys")
    free = refits.uninformed(target, surveys)
    assert {target.priors.entries[n][0] for n in free} == {"survey_bias", "survey_wording"}
    one = target.leaving_out(lambda row: row.key == target.rows[0].key)
    assert refits.uninformed(target, target.data) == [] and "survey_bias" not in {
        target.priors.entries[n][0] for n in refits.uninformed(target, one)
    }
    refitter = refits.Refitter(target, run.posterior.tree, 1)
    start, whole = refitter._start_of(surveys), refitter._start_of(target.data)
    others = np.setdiff1d(np.arange(start.q.shape[1]), free)
    assert np.array_equal(start.q[:, others], whole.q[:, others])
    assert np.array_equal(whole.q, refitter.start.q) and np.all(start.inverse_mass[free] == 1.0)
    assert 0.5 < start.q[:, free].std() < 1.5


def test_leaving_a_row_out_by_weights_is_importance_sampling(run: Forecast) -> None:
    assert run.posterior is not None and run.study.target is not None
    asked = Headline(run.study, QUESTION, 1)
    at = positions(run.posterior.tree, run.study.target.choice)
    dates = asked.dates(at.z, at.past, at.choice)
    hit, kept = dates.of("multiplier_2") <= QUESTION.year, dates.kept
    strongest = np.argmax([abs(np.corrcoef(hit, z[dates.draw])[0, 1]) if z.std() > 0 else 0 for z in at.z.T])
    log = 0.5 * at.z[:, strongest]
    weights, khat = smoothed(log)
    plain = np.exp(log)[dates.draw] * kept
    moved = (plain * hit).sum() / plain.sum()
    assert khat < 0.5
    assert abs(moved - hit[kept].mean()) > 0.02
    assert asked.estimate(dates, weights).p == pytest.approx(moved, abs=5e-3)
    assert asked.estimate(dates).p == pytest.approx(hit[kept].mean())
    by_weights, even = asked.change_se(dates, weights), asked.change_se(dates, np.full(len(log), 1.0 / len(log)))
    assert even == pytest.approx(0.5 / kept.sum()) and by_weights is not None and by_weights > even


@given(st.integers(0, 2**31), st.floats(0.0, 1.5))
def test_the_error_of_a_change_by_weights_is_how_far_changes_spread(seed: int, strength: float) -> None:
    """Both numbers are of one set of trajectories: the error is that of the difference, over many sets, and not that of
    two numbers of their own."""
    rng = np.random.default_rng(seed)
    draws = rng.standard_normal((400, BATCHES, 64))
    weights, hits = np.exp(strength * draws), draws + rng.standard_normal(draws.shape) > 1.0
    every = [
        ((w * hit).sum(1), w.sum(1), hit.sum(1), np.full(BATCHES, 64.0)) for w, hit in zip(weights, hits, strict=True)
    ]
    changes = [a.sum() / b.sum() - c.sum() / d.sum() for a, b, c, d in every]
    told = [probability_difference(Hits(c, d), Hits(a, b)).se for a, b, c, d in every]
    spread = max(np.std(changes), 0.5 / (64 * BATCHES))  # never less than half a trajectory
    assert math.sqrt(np.mean(np.square(told))) == pytest.approx(spread, rel=0.15)
    few = [Hits(hits[:15], sizes[:15]) for hits, sizes in (every[0][2:], every[0][:2])]
    assert probability_difference(*few).se is None


def test_influences_are_whole_at_80_columns() -> None:
    from rsimc.cli import influence as command

    p, name = Estimate(0.1874, 0.0046, 7000.0), "metr_horizons/claude_mythos_preview_early_inspect"
    found = [
        influences.Influence("all", "all data", p, "posterior"),
        influences.Influence("datum", name, replace(p, p=0.17), "psis", 0.0004, khat=0.31),
        influences.Influence("form", "curved", replace(p, p=0.3), "refit", 0.0122, 1.112, 1533.0),
    ]
    page = StringIO()
    command._show(found, Question(), Console(file=page, width=80))
    told = page.getvalue()
    assert all(part in told for part in ("17.0% ± 0.5", "−1.7 ± <0.1", "+11.3 ± 1.2", "k-hat 0.31", "not mixed"))
    assert name[:30] in told and name[-8:] in told and max(map(len, told.splitlines())) <= 80


# Precision


def test_a_smaller_error_takes_more_draws() -> None:
    known = Precision("x", "2030-12-31", Estimate(0.2, 0.01, 1600.0), 192)
    assert known.needed(0.005) == pytest.approx(0.16 / 0.005**2)
    assert known.draws_for(0.02) <= 1.2 * 192 + 4
    assert known.draws_for(0.005) == pytest.approx(192 * 4 * 1.15, abs=4)
    assert known.draws_for(0.005) % 4 == 0
    assert known.trajectories_for(0.005) == 64_000
    assert "6,400" in known.told(0.005)


def test_an_error_that_cannot_be_had_is_refused() -> None:
    for error in (0.0, -1.0, 1e-5, 0.7):
        with pytest.raises(UsageError, match="standard error"):
            api.forecast("baseline", error=error)
    assert main(["forecast", "--error", "0"]) == 2


@pytest.mark.slow
def test_the_error_that_is_asked_for_is_reached(tmp_path: Path) -> None:
    told: list[str] = []
    made = api.forecast(
        "baseline",
        SMALL,
        output=tmp_path / "run",
        draws=131_072,
        error=0.012,
        accept_untrusted=True,
        notify=told.append,
    )
    assert any("effective draws" in line for line in told)
    for name in (m.name for m in made.milestones if m.headline):
        for year in ("2030", "2035"):
            p = made.probability(name, year)
            assert p.se is not None and p.se < 0.012 * 1.3


# Priors


def test_moving_a_prior_is_reweighting_by_it(run: Forecast) -> None:
    """The derivative equals the change under weights of a prior that is moved a little."""
    found = {one.parameter: one for one in prior_sensitivity(run, "multiplier_2", "2032")}
    assert run.posterior is not None
    table = pq.read_table(
        run.folder / "ensemble.parquet", columns=["draw", "finite", "conditioned_out", "date.multiplier_2"]
    )
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    hit = table["date.multiplier_2"].to_numpy()[kept] <= QUESTION.year
    latent = run.posterior.tree["latent"]["z"].transpose("chain", "draw", ...)
    names = [str(name) for name in latent["z_name"].values]
    strongest = max(found.values(), key=lambda one: abs(one.up))
    for name in (strongest.parameter, names[0]):
        z = np.asarray(latent.values).reshape(-1, len(names))[table["draw"].to_numpy()[kept], names.index(name)]
        small = 1e-3
        moved = [np.average(hit, weights=np.exp(sign * small * z)) for sign in (1, -1)]
        assert found[name].up == pytest.approx(HALF * (moved[0] - moved[1]) / (2 * small), abs=1e-5)
        wide = [np.average(hit, weights=np.exp(sign * small * z**2)) for sign in (1, -1)]
        assert found[name].wider == pytest.approx(0.25 * (wide[0] - wide[1]) / (2 * small), abs=1e-5)
    assert strongest.up != 0 and 0 < strongest.up_se < abs(strongest.up)
    assert all(0 < one.up_se < 0.05 and 0 < one.wider_se < 0.05 for one in found.values())
    assert prior_sensitivity(run, "multiplier_2", "2041") == []


def test_the_forms_of_a_mixture_keep_their_weights_when_a_prior_moves() -> None:
    """Covariances are those within forms: where forms differ in the mean only, nothing moves."""
    random = np.random.default_rng(1)
    form, batch = np.repeat([0, 1], 32_000), np.tile(np.arange(64), 1000)
    z = random.standard_normal((64_000, 1)) + form[:, None]
    hit = random.random(64_000) < 0.1 + 0.5 * form
    pooled = np.mean((hit - hit.mean()) * z[:, 0])

    def found(hit: np.ndarray, z: np.ndarray) -> tuple[float, float]:
        mean, se = slopes(centred_by(hit[:, None], form)[:, 0], centred_by(z, form), batch, 1.0)
        return float(mean[0]), float(se[0])

    mean, se = found(hit, z)
    assert pooled > 0.1 and abs(mean) < 4 * se
    again = [found(h, z)[0] for h in (random.random((100, 64_000)) < 0.1 + 0.5 * form)]
    assert se == pytest.approx(np.std(again), rel=0.25)


def test_help_of_every_check_is_light() -> None:
    runner = CliRunner()
    for name in ("influence", "backtest", "score", "update"):
        from importlib import import_module

        found = runner.invoke(import_module(f"rsimc.cli.{name}").command, ["--help"])
        assert found.exit_code == 0


def test_series_of_hindsight_have_later_rows_to_find() -> None:
    """Were the run older, rows of the bundled tables would be later: the test above can fail."""
    old = [row for row in load_series("uplift_surveys") if row.published > date(2026, 1, 1)]
    assert old


# Of a posterior


def test_arviz_opens_what_is_exported(run: Forecast, tmp_path: Path) -> None:
    import arviz

    assert run.posterior is not None
    export(run, "netcdf", tmp_path / "run.nc")
    tree = arviz.from_netcdf(tmp_path / "run.nc")
    mine = run.posterior.tree["posterior"]["software_growth"].values
    assert np.array_equal(tree["posterior"]["software_growth"].values, mine)
    listed = arviz.summary(tree, var_names=["software_growth"], kind="stats", round_to="none")
    assert float(listed["mean"].iloc[0]) == pytest.approx(float(mine.mean()), rel=1e-3)
    assert "curves" in tree.children and "sample_stats" in tree.children
    jsonschema.validate(json.loads(str(export(run, "json"))), json.loads(str(export(run, "schema"))))


@pytest.mark.parametrize("name", ["software_growth", "labour_share"])
def test_a_parameter_drawn_anew_stays_what_the_data_made_it(run: Forecast, name: str) -> None:
    """Its mean and spread in the posterior, and the others untouched; so does the answer but for chance."""
    made = others(run.study, run.posterior, run.manifest.seed)
    base, again = made.base, made.anew(name)
    assert isinstance(base, PosteriorSource) and isinstance(again, PosteriorSource)
    n = run.study.fitted.names.index(name)
    rest = np.arange(base.table.shape[0]) != n
    assert np.array_equal(np.asarray(again.table)[rest], np.asarray(base.table)[rest])
    before, after = (np.asarray(source.table, np.float64)[n] for source in (base, again))
    assert not np.array_equal(before, after)
    assert after.mean() == pytest.approx(before.mean(), abs=0.15 * before.std())
    # Of logs, where no single draw of 2,048 in a long tail decides it (of the values one did, by 16%).
    assert np.log(after).std() == pytest.approx(np.log(before).std(), rel=0.1)
    dates = compile_dates(run.study.plan, (QUESTION.milestone,))
    one, other = (dates(source) for source in (base, again))
    both = one.kept & other.kept
    hits = [(x.of(QUESTION.milestone) <= QUESTION.year)[both].astype(float) for x in (one, other)]
    assert hits[1].mean() == pytest.approx(hits[0].mean(), abs=0.02)


def test_noise_to_come_is_all_that_noise_changes(run: Forecast) -> None:
    made = others(run.study, run.posterior, run.manifest.seed)
    assert isinstance(made.base, PosteriorSource) and isinstance(made.noise, PosteriorSource)
    assert np.array_equal(np.asarray(made.noise.table), np.asarray(made.base.table))
    assert np.array_equal(np.asarray(made.noise.past), np.asarray(made.base.past))
    assert not np.array_equal(np.asarray(made.noise.noise), np.asarray(made.base.noise))
    ids = jnp.arange(2048, dtype=jnp.uint32)
    mine, others_ = (source.innovations(run.study.model, ids) for source in (made.base, made.rest))
    assert np.array_equal(np.asarray(mine.past), np.asarray(others_.past))  # of its own draw
    assert np.array_equal(np.asarray(made.rest.values(ids)), np.asarray(made.base.values(ids)))
    there = made.base.innovations(run.study.model, jnp.asarray(MIXED[:2048]))
    beat = jnp.asarray(mine.past.shape[0] + 3)
    assert np.array_equal(np.asarray(others_.at(beat)), np.asarray(there.at(beat)))
    assert not np.array_equal(np.asarray(others_.at(beat)), np.asarray(mine.at(beat)))
