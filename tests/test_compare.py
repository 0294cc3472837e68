"""Laws of comparisons: errors of differences hold, pairing saves what is shared, shares of a difference add up."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc import api, comparing
from rsimc.analysis.compare.attribution import _copy
from rsimc.analysis.compare.comparison import Comparison
from rsimc.analysis.compare.paired import at_most, order, probability_difference, quantile_difference
from rsimc.analysis.estimates import Curve
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.cli.main import main
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.errors import UsageError
from rsimc.scenario import differing

HORIZON = 2034
DRAWS = 32 * BLOCK
EDGES = np.linspace(2026.0, 2034.0, 81)
PAUSED = """
schema = 1
extends = "baseline"
[run]
horizon = 2034
[[policy.pause]]
trigger = "small_loop"
lasts_months = "6 to 12"
strength = {strength}
"""


def made(folder: Path, scenario: str, *overrides: str, seed: int = 7, draws: int = DRAWS) -> Forecast:
    return api.simulate(
        scenario, [f"run.horizon={HORIZON}", *overrides], prior=True, draws=draws, seed=seed, output=folder
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Forecast:
    return made(folder / "plain", "baseline")


@pytest.fixture(scope="module")
def paused(folder: Path) -> Forecast:
    (folder / "paused.toml").write_text(PAUSED.format(strength=1.0))
    return made(folder / "paused", str(folder / "paused.toml"))


@pytest.fixture(scope="module")
def changed(folder: Path) -> Forecast:
    """Two sections differ."""
    (folder / "changed.toml").write_text(PAUSED.format(strength=0.5) + '[priors]\nreturns_to_research = "1 to 3"\n')
    return made(folder / "changed", str(folder / "changed.toml"))


def synthetic(common: np.ndarray, own: np.ndarray, shift: float = 0.0) -> Curve:
    """Dates of 200 trajectories a batch, moved by what all of the batch have in common."""
    dates = 2030.0 + shift + common[:, None] + own
    hits = np.array([np.searchsorted(np.sort(row), EDGES, side="right") for row in dates]).astype(float)
    return Curve(EDGES, hits, np.full(BATCHES, float(own.shape[1])))


def pairs(count: int, shift: float) -> list[tuple[Curve, Curve]]:
    chance = np.random.default_rng(11)
    found = []
    for _ in range(count):
        common, shared = chance.normal(0, 0.3, BATCHES), chance.normal(size=(BATCHES, 200))
        other = 0.9 * shared + math.sqrt(1 - 0.81) * chance.normal(size=(BATCHES, 200))
        found.append((synthetic(common, shared), synthetic(common, other, shift)))
    return found


def test_errors_of_differences_are_their_spread() -> None:
    """Over 300 pairs of runs that share most of what they hang on."""
    probability = [probability_difference(at_most(a, 2030.0), at_most(b, 2030.0)) for a, b in pairs(300, 0.1)]
    quantile = [quantile_difference(a, b, 0.5) for a, b in pairs(300, 0.1)]
    for found in (probability, quantile):
        differences_ = np.array([one.difference for one in found], float)
        errors = np.array([one.se for one in found], float)
        assert np.median(errors) == pytest.approx(differences_.std(), rel=0.15)
    assert np.mean([one.difference for one in quantile]) == pytest.approx(0.1, abs=0.01)
    ratios = np.array([one.ratio for one in probability], float)
    assert np.median([one.ratio_se for one in probability]) == pytest.approx(ratios.std(), rel=0.15)  # type: ignore[type-var]
    assert 0.6 < np.median([one.saved for one in probability]) < 0.999  # type: ignore[type-var]


def test_the_band_holds_at_all_dates_at_once() -> None:
    """Runs of one distribution are called different in one case of twenty; shifted ones are told from them."""
    verdicts = [order(a, b) for a, b in pairs(200, 0.0)]
    wrong = sum(one is not None and one.verdict != "alike" for one in verdicts)
    assert wrong <= 24  # 10 are expected; 24 has a chance of 5e-5
    assert all(one is not None and one.verdict == "later" for one in (order(a, b) for a, b in pairs(20, 0.2)))
    assert all(one is not None and one.verdict == "earlier" for one in (order(a, b) for a, b in pairs(20, -0.2)))


def test_distributions_that_cross_are_said_to_cross() -> None:
    chance = np.random.default_rng(3)
    own, nothing = chance.normal(size=(BATCHES, 200)), np.zeros(BATCHES)
    found = order(synthetic(nothing, own), synthetic(nothing, 2.0 * own))
    assert found is not None and found.verdict == "crossing"


def test_a_run_beside_itself_differs_in_nothing(plain: Forecast) -> None:
    found = comparing.compare([plain, plain])[0]
    assert (found.changed, found.shared) == ([], "noise and draws of the parameters")
    for name in found.headline:
        one, ordered = found.probability(name, "2030"), found.order(name)
        assert one.difference == 0.0 and one.se is not None and 0.0 < one.se <= 0.5 / (DRAWS / 2)
        assert ordered is not None and ordered.verdict == "alike"
    delay = found.delay("coder")
    assert delay is not None and (delay.same.p, delay.bought) == (1.0, None)


def test_pairing_saves_variance_and_other_seeds_do_not(plain: Forecast, paused: Forecast, folder: Path) -> None:
    one = comparing.compare([plain, paused])[0].probability("coder", "2029")
    assert one.saved is not None and one.saved > 0.3
    other = comparing.compare([plain, made(folder / "seed", "baseline", seed=8)])[0]
    assert other.shared.startswith("nothing")
    apart = other.probability("coder", "2029")
    a, b = plain.probability("coder", "2029"), other.second.probability("coder", "2029")
    assert a.se is not None and b.se is not None and apart.se is not None and apart.difference is not None
    assert apart.se == pytest.approx(math.hypot(a.se, b.se), rel=0.35)
    assert abs(apart.difference) < 4.0 * apart.se
    assert other.delay("coder") is None


def test_differences_are_those_of_the_forecasts(plain: Forecast, paused: Forecast) -> None:
    found = comparing.compare([plain, paused])[0]
    one = found.probability("closed_loop", "2031")
    assert one.first == plain.probability("closed_loop", "2031").p
    assert one.second == paused.probability("closed_loop", "2031").p
    assert one.ratio is not None and one.first is not None and one.second is not None
    assert one.ratio == pytest.approx(one.second / one.first)
    for name, kind in found.classes().items():
        assert (kind.first, kind.second) == pytest.approx((plain.classes()[name].p, paused.classes()[name].p))
    name = "closed_loop..multiplier_10"
    long = found.duration(name, 0.05)
    assert (long.first, long.second) == (plain.durations[name].quantile(0.05), paused.durations[name].quantile(0.05))
    date = found.quantile("coder", 0.25)
    assert (date.first, date.second) == (plain.curve("coder").quantile(0.25), paused.curve("coder").quantile(0.25))


def test_runs_that_draw_otherwise_share_no_draws(plain: Forecast, folder: Path) -> None:
    """Sobol points, or other forms in a mixture, give a trajectory other parameters under one seed."""
    sobol = made(folder / "sobol", "baseline", "run.sobol=true", draws=5)
    assert not Comparison(plain, sobol).same_draws
    assert Comparison(plain, sobol).delay("coder") is None
    assert "drawn otherwise" in Comparison(plain, sobol).shared


def test_what_lies_in_the_lowest_bin_is_no_quantile() -> None:
    """A duration that is often none, or the other way round, has no 5% quantile to take a difference of."""
    chance = np.random.default_rng(5)
    low, nothing = chance.normal(size=(BATCHES, 200)), np.zeros(BATCHES)
    one, other = synthetic(nothing, low, -5.0), synthetic(nothing, low, -4.9)
    assert one.p[0] > 0.1
    found = quantile_difference(one, other, 0.05)
    assert (found.first, found.difference, found.se) == (None, None, None)
    assert quantile_difference(one, other, 0.95).difference == pytest.approx(0.1, abs=0.01)


def test_of_several_pauses_none_is_given_the_credit(plain: Forecast, folder: Path) -> None:
    more = '[[policy.pause]]\ntrigger = "multiplier_1000"\n'
    (folder / "two.toml").write_text(PAUSED.format(strength=1.0) + more)
    delay = comparing.compare([plain, made(folder / "two", str(folder / "two.toml"))])[0].delay("coder")
    assert delay is not None and delay.bought is None and delay.later.p > 0.1


def test_a_pause_delays_and_one_without_strength_does_not(plain: Forecast, paused: Forecast, folder: Path) -> None:
    found = comparing.compare([plain, paused])[0]
    assert found.changed == ["policy.pause"]
    ordered, delay = found.order("coder"), found.delay("coder")
    assert ordered is not None and ordered.verdict == "later"
    assert delay is not None and delay.bought is not None
    assert delay.later.p + delay.earlier.p + delay.same.p == pytest.approx(1.0)
    assert delay.bought.triggers == ("small_loop",)
    assert 6.0 < delay.bought.months < 12.0 and 0.2 < delay.bought.per_month < 2.0
    (folder / "idle.toml").write_text(PAUSED.format(strength=0.0))
    idle = comparing.compare([plain, made(folder / "idle", str(folder / "idle.toml"))])[0]
    assert idle.delay("coder").same.p == 1.0  # type: ignore[union-attr]
    assert idle.order("coder").verdict == "alike"  # type: ignore[union-attr]


def test_shares_add_up_to_the_difference(plain: Forecast, changed: Forecast) -> None:
    found = comparing.compare([plain, changed])[0]
    shared = comparing.explain(found, Question("coder", "2029-12-31"))
    assert {share.name for share in shared.shares} == {"policy", "priors"}
    assert sum(share.change for share in shared.shares) == pytest.approx(shared.second.p - shared.first.p, abs=1e-12)
    assert shared.first.p == pytest.approx(plain.probability("coder", "2029-12-31").p, abs=0.01)
    pause, priors = sorted(shared.shares, key=lambda share: share.name)
    assert pause.change < -4.0 * (pause.se or math.inf)
    assert priors.change > 4.0 * (priors.se or math.inf)  # research returns more for what is put into it


def test_one_part_accounts_for_all(plain: Forecast, paused: Forecast) -> None:
    found = comparing.compare([plain, paused])[0]
    by_key = comparing.explain(found, Question("coder", "2029-12-31"), by_key=True)
    (share,) = by_key.shares
    assert share.name == "policy.pause"
    assert share.change == share.alone == pytest.approx(by_key.second.p - by_key.first.p, abs=1e-12)


def test_forecasters_of_one_published_model_are_explained(folder: Path) -> None:
    """Priors that differ in several keys, sampled by one program: as many parts as there are keys."""
    text = """schema = 1
extends = "kwa-2026"
[priors]
automation_width = { triangular = [1.0, 2.0, 3.0] }
labour_share = 0.3
returns_to_scale = 0.95
difficulty_growth = { triangular = [0.3, 0.5, 1.0] }
automated_share_2026 = 0.4
[run]
horizon = 2060
"""
    (folder / "other.toml").write_text(text)
    runs = [
        api.simulate(name, ["run.horizon=2060"], prior=True, draws=131_072, output=folder / f"of_{n}")
        for n, name in enumerate(("kwa-2026", str(folder / "other.toml")))
    ]
    found = comparing.compare(runs)[0]
    shared = comparing.explain(found, Question("automation_99", "2032-12-31"), by_key=True)
    assert len(shared.shares) == 5 and shared.trajectories == 16_384
    for end, run in zip((shared.first, shared.second), runs, strict=True):
        whole = run.probability("automation_99", "2032-12-31")
        assert end.p == pytest.approx(whole.p, abs=4.0 * end.se + 1e-3)
    assert sum(share.change for share in shared.shares) == pytest.approx(shared.second.p - shared.first.p, abs=1e-12)


VALUES = st.recursive(
    st.integers(0, 2), lambda v: st.dictionaries(st.sampled_from(["a", "b.c", "d e"]), v, max_size=3), max_leaves=6
)
TABLES = st.dictionaries(st.sampled_from(["a", "b.c", "d e"]), VALUES, max_size=3)


@given(first=TABLES, second=TABLES)
def test_all_keys_together_turn_one_scenario_into_the_other(
    first: dict[str, object], second: dict[str, object]
) -> None:
    mixed = json.loads(json.dumps(first))
    for path in differing(first, second):
        _copy(mixed, second, path)
    assert mixed == second


def test_what_cannot_be_compared_is_refused(plain: Forecast, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = api.simulate("baseline", ["run.horizon=2035"], prior=True, draws=5, output=folder / "longer")
    with pytest.raises(UsageError, match=r"expected a run to 2034, .*got one to 2035"):
        comparing.compare([plain, other])
    with pytest.raises(UsageError, match="two runs or more"):
        comparing.compare([plain])
    with pytest.raises(UsageError, match="scenarios that differ"):
        comparing.explain(Comparison(plain, plain))
    with pytest.raises(UsageError, match="did you mean"):
        comparing.explain(Comparison(plain, plain), Question("codr", "2030-12-31"))
    for wrong in (["-o", "x.gif"], ["--explain"], ["--milestone", "codr"]):
        assert main(["compare", str(plain.folder), str(plain.folder), str(plain.folder), *wrong]) == 2
    assert main(["compare", str(plain.folder), str(folder / "none")]) == 5
    assert all(line.startswith("error: ") for line in capsys.readouterr().err.splitlines())


def changed_model(run: Forecast, **fields: object) -> Forecast:
    """The run as if its model said otherwise."""
    model = copy.copy(run.study.model)
    for name, value in fields.items():
        object.__setattr__(model, name, value)
    return replace(run, study=replace(run.study, model=model))


def test_models_of_other_weeks_are_not_compared(plain: Forecast) -> None:
    other = changed_model(plain, start=2018.0)
    with pytest.raises(UsageError, match="a run of the same weeks"):
        comparing.compare([plain, other])


def test_a_model_without_a_headline_shows_all_its_milestones(plain: Forecast) -> None:
    flat = changed_model(plain, milestones=tuple(replace(m, headline=False) for m in plain.milestones))
    assert Comparison(flat, plain).headline == [m.name for m in plain.milestones]


def test_the_command_prints_draws_and_documents(
    plain: Forecast, paused: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "both.png"
    assert main(["compare", str(plain.folder), str(paused.folder), "-o", str(picture), "--milestone", "coder"]) == 0
    out = capsys.readouterr().out
    assert "paused against plain" in out and "pause on small_loop" in out and "by 2030" in out
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert main(["compare", str(plain.folder), str(paused.folder), "-o", str(picture)]) == 1  # it is there
    capsys.readouterr()
    assert main(["compare", str(plain.folder), str(paused.folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.comparison/1"
    coder = document["comparisons"][0]["milestones"]["coder"]
    one = comparing.compare([plain, paused])[0].probability("coder", "2029")
    assert coder["probability_by"]["2029-12-31"]["difference"] == pytest.approx(one.difference, rel=1e-5)
    assert coder["trajectories"]["pauses"]["triggers"] == ["small_loop"]
