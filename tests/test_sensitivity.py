"""Laws of effects: those of a function whose effects are known, of SALib, and of what decides nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from SALib.analyze import sobol as salib
from SALib.sample import sobol as design
from SALib.test_functions import Ishigami

from rsimc import api, checking
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.sensitivity.effects import binned, common_effect, first_order, places, total_effect
from rsimc.analysis.sensitivity.hanging import sensitivity
from rsimc.analysis.sensitivity.others import MIXED, _given
from rsimc.api import quiet
from rsimc.cli.main import main
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.errors import RunError, UsageError

ROWS = BATCHES * 1024
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)
"""Of the Ishigami function with a = 7, b = 0.1 (Saltelli et al. 2008, Global Sensitivity Analysis, p. 125)."""
EVENT = Question("coder", "2029-12-31")
FEW = ("metr_scatter", "time_horizon_growth", "threshold_median", "curvature", "compute_growth", "direction_slope")
"""Of the flagship's parameters: each of all takes half a second."""


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, (ROWS, 3))


def batches() -> np.ndarray:
    return np.arange(ROWS) // (ROWS // BATCHES)


def test_effects_are_those_of_a_known_function_and_of_salib() -> None:
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    oracle = salib.analyze(problem, Ishigami.evaluate(design.sample(problem, 2**12, seed=1)), seed=1)
    x, other = drawn(1), drawn(2)
    y = Ishigami.evaluate(x)
    for n in range(3):
        first = first_order(binned(places(x[:, n], 60), y, batches()))
        swapped = x.copy()
        swapped[:, n] = other[:, n]
        total = total_effect(y, Ishigami.evaluate(swapped), batches())
        kept = other.copy()
        kept[:, n] = x[:, n]
        common = common_effect(y, Ishigami.evaluate(kept), batches())
        for effect, exact, theirs in ((first, FIRST, "S1"), (total, TOTAL, "ST"), (common, FIRST, "S1")):
            assert effect.se is not None
            assert effect.share == pytest.approx(exact[n], abs=4.0 * effect.se + 0.003)
            assert effect.share == pytest.approx(oracle[theirs][n], abs=4.0 * effect.se + 0.02)


def test_errors_are_the_spread_of_effects() -> None:
    """Over 60 samples."""
    firsts, totals = [], []
    for seed in range(60):
        x, other = drawn(10 + seed), drawn(1000 + seed)
        y = Ishigami.evaluate(x)
        firsts.append(first_order(binned(places(x[:, 0]), y, batches())))
        swapped = np.column_stack([other[:, 0], x[:, 1:]])
        totals.append(total_effect(y, Ishigami.evaluate(swapped), batches()))
    for found in (firsts, totals):
        spread = np.std([one.share for one in found], ddof=1)
        assert np.median([one.se for one in found]) == pytest.approx(spread, rel=0.35)  # type: ignore[type-var]


@pytest.mark.parametrize("each", [1, 32])
def test_what_decides_nothing_has_no_effect(each: int) -> None:
    """Also where rows share a draw, which between twenty bins looks like an effect if it is not taken off."""
    found = []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        draws = ROWS // each
        x, own = np.repeat(chance.normal(size=draws), each), np.repeat(chance.normal(size=draws), each)
        y = own + 0.5 * chance.normal(size=ROWS)
        found.append(first_order(binned(places(x), y, batches())).share)
    assert abs(np.mean(found)) < 4.0 * np.std(found, ddof=1) / math.sqrt(len(found)) + 1e-4
    if each > 1:
        assert np.std(found) > 3e-4  # there was something to take off


def test_bins_hold_equally_many_and_keep_ties_together() -> None:
    x = np.random.default_rng(1).normal(size=10_000)
    assert set(np.bincount(places(x)).tolist()) == {500}
    forms = np.repeat([0.0, 1.0, 2.0], [10, 1000, 20])
    assert np.array_equal(places(forms), forms)
    tied = np.concatenate([np.zeros(5000), x])
    assert len(set(places(tied)[:5000])) == 1


def test_a_draw_given_the_rest_keeps_the_distribution() -> None:
    """Means and covariances of a normal distribution of dependent parts stay when one part is drawn anew."""
    chance = np.random.default_rng(5)
    root = chance.normal(size=(4, 4))
    rows = chance.normal(size=(200_000, 4)) @ root.T + np.array([1.0, -2.0, 0.0, 3.0])
    centre, covariance = rows.mean(axis=0), np.cov(rows, rowvar=False)
    again = rows.copy()
    again[:, 2] = _given(rows - centre, float(centre[2]), np.linalg.inv(covariance), 2, chance)
    scale = np.sqrt(np.diag(covariance))
    assert again.mean(axis=0) == pytest.approx(centre, abs=0.01 * scale.max())
    assert np.abs((np.cov(again, rowvar=False) - covariance) / np.outer(scale, scale)).max() < 0.01
    rest = 1.0 - np.corrcoef(rows[:, 2], again[:, 2])[0, 1]
    given_others = 1.0 / (np.linalg.inv(covariance)[2, 2] * covariance[2, 2])
    assert rest == pytest.approx(given_others, rel=0.05)


# Of a run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("sensitivity") / "run"
    return api.simulate("baseline", ["run.horizon=2032"], prior=True, draws=BATCHES * BLOCK, output=folder)


def test_effects_of_a_run(run: Forecast) -> None:
    """What the model does not use before the milestone has none; what it does has more in all than alone."""
    questions = [EVENT, Question("small_loop", "2028-12-31")]
    found, other = sensitivity(run, questions, quiet, only=FEW)
    assert {driver.name for driver in found.drivers} == set(FEW)
    assert (found.question, other.question.milestone) == (EVENT, "small_loop")
    drivers = {driver.name: driver for driver in found.drivers}
    assert found.p.p == pytest.approx(run.probability(*(EVENT.milestone, EVENT.by)).p, abs=2e-3)
    nothing = drivers["metr_scatter"]  # of measurements, which a run of the prior does not look at
    assert nothing.total is not None and (nothing.total.date.share, nothing.total.event.share) == (0.0, 0.0)
    assert abs(nothing.first.date.share) < 5.0 * (nothing.first.date.se or 0.0)
    growth = drivers["time_horizon_growth"]
    assert growth.total is not None and growth.first.date.share > 0.05
    assert growth.total.date.share > growth.first.date.share
    assert growth.high.p > found.p.p > growth.low.p
    assert found.noise_first is not None and found.noise_total is not None
    assert 0.0 < found.noise_first.date.share < found.noise_total.date.share < 1.0
    later = [year for _, year in growth.medians if year is not None]
    assert later == sorted(later, reverse=True)
    for driver in drivers.values():
        assert driver.moved is None or abs(driver.moved[0]) <= 5.0 * driver.moved[1] + 1e-3


def test_the_command(run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [tmp_path / "tornado.png", tmp_path / "drivers.png"]
    more = ["--quick", "-o", str(pictures[0]), "--drivers", str(pictures[1])]
    assert main(["sensitivity", str(run.folder), "--milestone", "coder", *more]) == 0
    assert "What coder hangs on" in capsys.readouterr().out
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in pictures)
    assert main(["sensitivity", str(run.folder), "--milestone", "all", "--quick", "--json", "--by", "2029"]) == 0
    document = json.loads(capsys.readouterr().out)
    coder = document["milestones"]["coder"]
    assert (document["schema"], coder["noise"]["first"]) == ("rsimc.sensitivity/1", None)
    assert 0.0 < coder["parameters"]["time_horizon_growth"]["first"]["date"]["share"] < 1.0


def test_what_cannot_be_answered_is_refused(run: Forecast, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        checking.sensitivity(run, [Question("codr", "2029-12-31")])
    with pytest.raises(UsageError, match="raise run"):
        checking.sensitivity(run, [Question("coder", "2050-12-31")])
    assert main(["sensitivity", str(run.folder), "-o", "x.gif"]) == 2
    alone = tmp_path / "alone"
    api.simulate("baseline", ["run.horizon=2032"], prior=True, draws=5, output=alone)
    (alone / "ensemble.parquet").unlink()
    with pytest.raises(RunError, match="give the command that made the run again"):
        checking.sensitivity(alone, [EVENT], totals=False)


def test_trajectories_exchange_their_noise_in_pairs_of_batches() -> None:
    """Everybody's noise is given to somebody else, of batch b to one of batch b + 32 and back."""
    assert sorted(MIXED.tolist()) == list(range(BATCHES * BLOCK))
    batch = MIXED // BLOCK
    assert np.array_equal(batch, (np.arange(BATCHES * BLOCK) // BLOCK + BATCHES // 2) % BATCHES)
    assert np.array_equal(MIXED[MIXED], np.arange(BATCHES * BLOCK))


def test_the_effect_of_noise_is_not_that_of_the_form() -> None:
    """Forms take turns by the trajectory's number: those of a pair must not be the same."""
    form = np.arange(BATCHES * BLOCK) % 12
    assert abs(np.corrcoef(form, form[MIXED])[0, 1]) < 0.02
    chance = np.random.default_rng(2)
    noise, own, again = chance.normal(size=(3, BATCHES * BLOCK))
    base = 2.0 * (form % 2) + 0.5 * noise + own
    rest = 2.0 * (form % 2) + 0.5 * noise[MIXED] + again
    pair = (np.arange(BATCHES * BLOCK) // BLOCK) % (BATCHES // 2)
    found = common_effect(base[MIXED], rest, pair)
    assert found.se is not None
    assert found.share == pytest.approx(0.25 / (1.0 + 0.25 + 1.0), abs=4 * found.se)


@pytest.mark.parametrize("rows", [40_000, 65_536])
def test_what_never_varies_hangs_on_nothing(rows: int) -> None:
    rank = np.full(rows, (rows + 1) / 2 / rows)
    batch = np.arange(rows) // 1024 % BATCHES
    x = np.random.default_rng(1).normal(size=rows)
    assert first_order(binned(places(x), rank, batch)).share == 0.0
    assert total_effect(rank, rank, batch).share == 0.0
