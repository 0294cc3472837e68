"""Laws of what to look out for: information of known size, odds that turn where they should, crossings in between."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.query.columns import Columns
from rsimc.analysis.sensitivity.effects import binned, places
from rsimc.analysis.watch.information import _reading, _turning, gained, information
from rsimc.analysis.watch.warning import crossed, warning_times
from rsimc.cli.main import main
from rsimc.engine.plan import BATCHES
from rsimc.errors import UsageError

ROWS = BATCHES * 500


def bits(p: float) -> float:
    return -sum(q * math.log2(q) for q in (p, 1 - p) if q > 0)


def batches() -> np.ndarray:
    return np.arange(ROWS) // 500


def test_the_gain_is_that_of_a_channel() -> None:
    """An event of even odds, read through a channel that errs one time in ten: 1 - H(0.1) bits."""
    found = []
    for seed in range(30):
        chance = np.random.default_rng(seed)
        event = chance.random(ROWS) < 0.5
        read = np.where(chance.random(ROWS) < 0.1, ~event, event).astype(float)
        found.append(gained(binned(places(read), event.astype(float), batches())))
    gains, errors = np.array(found, float).T
    assert gains.mean() == pytest.approx(1 - bits(0.1), abs=3 * gains.std() / math.sqrt(30))
    assert np.median(errors) == pytest.approx(gains.std(ddof=1), rel=0.35)


@pytest.mark.parametrize("each", [1, 50])
def test_a_reading_that_knows_nothing_gains_nothing(each: int) -> None:
    """Also where rows share a draw, of which twenty bins would seem to tell something by chance."""
    gains, plain = [], []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        read = np.repeat(chance.normal(size=ROWS // each), each)
        event = np.repeat(chance.random(ROWS // each) < 0.3, each).astype(float)
        table = binned(places(read), event, batches())
        gains.append(gained(table)[0])
        inside = table.means
        counts = table.counts.sum(axis=0)
        plain.append(bits(event.mean()) - float((counts * [bits(p) for p in inside]).sum()) / ROWS)
    assert abs(np.mean(gains)) < 4 * np.std(gains) / math.sqrt(40) + 1e-5
    assert np.mean(plain) > 4 * abs(np.mean(gains))


def test_the_odds_turn_where_a_logistic_curve_says() -> None:
    x = np.linspace(-4.0, 4.0, 41)
    p = 1.0 / (1.0 + np.exp(-x))
    assert _turning(-x[::-1], p[::-1], 0.5, 2.0) == pytest.approx(-math.log(2.0), abs=1e-2)
    assert _turning(x, p, 0.5, 2.0) == pytest.approx(math.log(2.0), abs=1e-2)
    assert _turning(x, p, 0.5, 0.5) == pytest.approx(-math.log(2.0), abs=1e-2)
    assert _turning(x, np.full(41, 0.5), 0.5, 2.0) is None
    assert _turning(x, p, 0.0, 2.0) is None


@pytest.mark.parametrize("p", [3e-4, 2e-3, 0.2])
def test_chance_is_no_threshold(p: float) -> None:
    """A reading that knows nothing of a rare event turns no odds, whatever its bins happen to hold."""
    known = Columns({"date": {}, "duration": {}, "parameter": {}}, {}, frozenset(), {"x": ""}, (), 2060.0)
    turned = 0
    for seed in range(30):
        chance = np.random.default_rng(seed)
        event = (chance.random(ROWS) < p).astype(float)
        found = _reading(known, "x", 2028.0, chance.normal(size=ROWS), event, batches())
        turned += found.halves is not None or found.doubles is not None or found.moves is not None
    assert turned <= 2


def test_ties_are_no_trouble() -> None:
    known = Columns({"date": {}, "duration": {}, "parameter": {}}, {}, frozenset(), {"x": ""}, (), 2060.0)
    chance = np.random.default_rng(1)
    values = np.where(chance.random(ROWS) < 0.4, 1.0, chance.random(ROWS))
    event = (chance.random(ROWS) < 0.1 + 0.5 * (values == 1.0)).astype(float)
    found = _reading(known, "x", 2028.0, values, event, batches())
    numbers = [found.gain, found.moves, found.low, found.middle, found.high, found.halves, found.doubles]
    assert all(number is None or math.isfinite(number) for number in numbers)


@given(start=st.floats(0.1, 10.0), growth=st.floats(0.05, 3.0), level=st.floats(0.2, 1e4))
def test_an_exponential_crosses_when_it_should(start: float, growth: float, level: float) -> None:
    years = np.arange(2027.0, 2040.0, 0.25)
    values = start * np.exp(growth * (years - 2027.0))
    found = float(crossed(years, values[:, None], level, log=True)[0])
    exact = 2027.0 + max(math.log(level / start) / growth, 0.0)
    if exact <= years[-1] - 1e-6:
        assert found == pytest.approx(exact, abs=1e-6)
    elif exact > years[-1] + 1e-6:
        assert math.isnan(found)


def test_a_quantity_that_never_gets_there_has_no_date() -> None:
    years, values = np.array([2027.0, 2028.0]), np.array([[0.0, 2.0, 0.5], [0.5, 3.0, 1.5]])
    found = crossed(years, values, 1.0, log=False)
    assert np.isnan(found[0]) and found[1] == 2027.0 and found[2] == pytest.approx(2027.5)


# Of a run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("watch") / "run"
    return api.simulate("baseline", ["run.horizon=2034"], prior=True, draws=40_000, output=folder)


def test_later_readings_of_the_automated_share_tell_more(run: Forecast) -> None:
    found = information(run, Question("coder", "2030-12-31"))
    assert found.p.p == pytest.approx(run.probability("coder", "2030").p, abs=0.005)
    shares = [one for one in found.readings if one.observable == "horizon_hours"]
    assert [one.day for one in shares] == sorted(one.day for one in shares)
    assert all(one.day <= "2030-12-31" for one in found.readings)
    assert 0.05 < shares[0].share < shares[4].share < 1.0
    early = shares[1]
    assert early.doubles is None or early.halves is None or early.halves < early.doubles
    for one in found.readings:
        assert -3 * (one.se or 0.0) <= one.gain <= found.entropy + 3 * (one.se or 0.0)
        assert one.moves is None or 0.0 < one.moves <= 1.0
    assert any(one.moves for one in found.readings)


def test_halving_readings_halve(run: Forecast) -> None:
    """Of trajectories near the reading that halves the odds, about so many have the event."""
    found = information(run, Question("coder", "2029-12-31"))
    reading = next(one for one in found.readings if one.observable == "horizon_hours" and one.day.startswith("2027-12"))
    assert reading.halves is not None
    low, high = 0.9 * reading.halves, 1.1 * reading.halves
    near = run.query(f"P(coder <= 2029 given {low!r} < horizon_hours@2027-12-31 < {high!r})")
    assert near.value is not None and near.se is not None
    odds, now = near.value / (1 - near.value), found.p.p / (1 - found.p.p)
    assert odds == pytest.approx(now / 2.0, rel=0.25)


def test_warning_times_are_those_of_the_trajectories(run: Forecast) -> None:
    times = {one.indicator: one for one in warning_times(run, "closed_loop", ["horizon_hours > 160"])}
    median = run.query("median(closed_loop - closed_loop_90 given closed_loop <= 2033)").value
    assert times["closed_loop_90"].years[0.5] == pytest.approx(median, abs=0.01)
    before = run.query("P(coder < closed_loop given closed_loop <= 2033)")
    assert times["coder"].before.p == pytest.approx(before.value, abs=1e-9)
    assert times["horizon_hours > 160"].before.p > 0.9
    assert times["closed_loop_999"].before.p == 0.0
    middles = [one.years[0.5] for one in warning_times(run, "closed_loop") if one.years[0.5] is not None]
    assert middles == sorted(middles, reverse=True)


def test_the_command(run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "watch.png"
    asked = ["watch", str(run.folder), "--milestone", "coder", "--by", "2029", "--indicator", "horizon_hours > 8"]
    assert main([*asked, "-o", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "Readings that would tell whether coder comes by 2029" in out and "horizon_hours > 8" in out
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.watch/1"
    assert {one["observable"] for one in document["readings"]} == {o.name for o in run.study.model.observables}
    assert document["warning"][0]["rows"] > 0


def test_what_cannot_be_watched_is_refused(run: Forecast) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        information(run, Question("codr", "2030"))
    with pytest.raises(UsageError, match="the first that is stored"):
        information(run, Question("coder", "2026-11-30"))
    for wrong in ("horizon_hour > 3", "horizon_hours", "horizon_hours < 3", "__import__('os')"):
        with pytest.raises(UsageError, match="indicator"):
            warning_times(run, "closed_loop", [wrong])
