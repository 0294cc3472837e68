"""Laws of pauses, rivals and forms: what is not there changes nothing, and what slows never hastens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.document import document
from rsimc.engine.path import simulate_path
from rsimc.errors import ScenarioError
from rsimc.models.base import prior_set
from rsimc.models.checks.trial import SOON
from rsimc.models.takeoff import horizon
from rsimc.models.takeoff.forms import FORMS
from rsimc.models.takeoff.labs import Rival
from rsimc.models.takeoff.model import Takeoff
from rsimc.models.takeoff.policy import Pause
from rsimc.publish.report_page import report_html
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import drawn_weights, interleaved, turns

DRAWS, QUARTERS = 128, 72  # to 2037
PER_YEAR, START = 12, 2019.0
NAMES = tuple(
    dict.fromkeys(
        ["binding_logit", "log_horizon", "software", "log_multiplier", "coding_logit", "log_compute", "version_gain"]
        + [milestone.quantity for milestone in Takeoff.milestones]
    )
)
STILL = np.zeros((1 + QUARTERS, 3, DRAWS))
Paths = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def draws_of(model: Takeoff) -> dict[str, jax.Array]:
    """Prior draws; those of the parameters that all models have are the same."""
    priors = prior_set(model.parameters, {})
    z = np.random.default_rng(4).standard_normal((priors.size, DRAWS))
    return priors.named(priors.from_normal(jnp.asarray(z)))


def structure(model: Takeoff) -> Takeoff:
    """The model with the same pauses and rivals, but for the priors of what is a parameter of its program."""
    pauses = tuple(replace(p, text=p.name, lag=0.0, lasts=12.0, strength=1.0, compliance=1.0) for p in model.pauses)
    return replace(model, pauses=pauses, rivals=tuple(Rival(r.name, 0.5, 0.5) for r in model.rivals), diffusion=1.0)


@cache
def compiled(model: Takeoff) -> Callable[[Any, Any], dict[str, jax.Array]]:
    """Quantities of independent trajectories, one program for all that ask for models of the same structure."""
    every = jax.vmap(lambda p, u: simulate_path(model, p, u, NAMES), in_axes=-1, out_axes=-1)
    return jax.jit(every, compiler_options=SOON)


def paths(model: Takeoff, noise: np.ndarray = STILL, **changed: float) -> Paths:
    params = draws_of(model)
    params |= {name: jnp.full_like(params[name], value) for name, value in changed.items()}
    return {name: np.asarray(x) for name, x in compiled(structure(model))(params, jnp.asarray(noise)).items()}


NOISE = np.random.default_rng(5).standard_normal((1 + QUARTERS, 3, DRAWS))
PAUSE = Pause("pause_1", "2029-01-01", date=2029.0, lasts=24.0)
CHEAP = {"serving_demand": 1e-9}
STEADY = {"paradigm_step": 0.2, "curvature": 0.02, **CHEAP}


def at(year: float) -> int:
    return round((year - START) * PER_YEAR)


@pytest.fixture(scope="module")
def free() -> Paths:
    with jax.enable_x64(True):
        return paths(Takeoff(), NOISE)


@pytest.fixture(scope="module")
def calm() -> Paths:
    with jax.enable_x64(True):
        return paths(Takeoff(), **STEADY)


# Pauses


@pytest.mark.parametrize("changed", [{"strength": 0.0}, {"compliance": 0.0}, {"lasts": 0.0}, {"date": 2090.0}])
def test_a_pause_that_stops_nothing_is_no_pause_bit_for_bit(changed: dict[str, float], free: Paths) -> None:
    seen = paths(Takeoff(pauses=(replace(PAUSE, **changed),)), NOISE)  # type: ignore[arg-type]
    for name in NAMES:
        assert np.array_equal(seen[name], free[name]), name


def test_a_full_pause_stops_software_and_releases_but_not_hardware(calm: Paths) -> None:
    seen = paths(Takeoff(pauses=(PAUSE,)), **STEADY)
    begin, end = at(2029.0), at(2031.0)
    for name in NAMES:
        assert np.array_equal(seen[name][: begin + 1], calm[name][: begin + 1]), name
    assert np.ptp(seen["software"][begin : end + 1], axis=0).max() < 1e-6
    # What is seen at the end of a step is predicted; the last step before the pause is corrected with the first in it.
    assert np.ptp(seen["log_horizon"][begin + 1 : end + 1], axis=0).max() < 1e-6
    assert np.abs(seen["log_horizon"][begin + 1] - seen["log_horizon"][begin]).max() < 2e-3
    assert np.array_equal(seen["log_compute"], calm["log_compute"])
    gain = seen["version_gain"]
    assert np.median(gain[end + 4] / np.maximum(gain[begin - 1], 1e-6)) > 1.3  # the rush after it


FROZEN = ("log_horizon", "binding_logit", "coding_logit", "evaluation_logit", "small_loop_logit", "software")


def test_a_full_pause_freezes_what_the_released_model_can_do_noise_and_all(free: Paths) -> None:
    seen = paths(Takeoff(pauses=(PAUSE,)), NOISE)
    begin, end = at(2029.0), at(2031.0)
    for name in FROZEN:
        assert np.ptp(seen[name][begin + 1 : end + 1], axis=0).max() < 1e-6, name
    assert np.mean(np.abs(free["log_horizon"][end] - free["log_horizon"][begin])) > 0.5
    assert seen["log_multiplier"][begin + 1 : end + 1].max() < -1.0  # nothing moves, whatever research could do
    assert np.array_equal(seen["log_multiplier"][end + 1 :] > -1.0, np.ones_like(seen["log_multiplier"][end + 1 :]))


def milestone_dates(seen: Paths) -> np.ndarray:
    """Steps at which milestones are first met [milestones, draws]; beyond the end where they are not."""
    met = [np.concatenate([seen[m.quantity], np.full((1, DRAWS), np.inf)]) >= m.threshold for m in Takeoff.milestones]
    return np.array([np.argmax(one, axis=0) for one in met])


@pytest.mark.parametrize("noise", ["still", "noise"])
def test_a_full_pause_hastens_no_milestone_but_by_what_customers_leave(noise: str) -> None:
    innovations = {"still": STILL, "noise": NOISE}[noise]
    with_pause, without = (paths(Takeoff(pauses=p), innovations, **CHEAP) for p in ((PAUSE,), ()))
    gained = milestone_dates(without) - milestone_dates(with_pause)
    for n, milestone in enumerate(Takeoff.milestones):
        # A pause spares a lab its bad luck too: with noise it hastens some paths, by what chance would have cost them.
        assert np.mean(gained[n] > 0) <= (0.0 if noise == "still" else 0.1), milestone.name
    assert np.mean(gained < 0) > 0.2


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_pause_never_brings_anything_forward_that_it_slows(strength: float, calm: Paths) -> None:
    seen = paths(Takeoff(pauses=(replace(PAUSE, strength=strength),)), **STEADY)
    for name in ("binding_logit", "log_horizon", "software", "coding_logit"):
        assert np.max(seen[name] - calm[name]) < 1e-6, name
    assert np.max(calm["software"] - seen["software"]) > 0.3


def test_longer_and_stronger_pauses_delay_more() -> None:
    software = [
        paths(Takeoff(pauses=(replace(PAUSE, lasts=months, strength=strength),)), **STEADY)["software"][at(2032.0)]
        for months, strength in ((6.0, 0.5), (6.0, 1.0), (18.0, 1.0))
    ]
    assert np.all(software[0] >= software[1] - 1e-9)
    assert np.all(software[1] >= software[2] - 1e-9)
    assert np.mean(software[0] - software[2]) > 0.1


def test_thresholds_trigger_when_they_are_passed_and_not_before_the_forecast(calm: Paths) -> None:
    hours = np.log(200.0)
    pause = Pause("pause_1", "horizon_hours > 200", quantity="log_horizon", threshold=hours, lag=3.0, lasts=12.0)
    since = 2027.0
    seen = paths(Takeoff(pauses=(pause,), since=since), **STEADY)
    h = calm["log_horizon"]
    passed = np.argmax(h >= hours, axis=0)
    reached = h.max(axis=0) >= hours
    late = reached & (passed > at(since)) & (passed < at(2034.0))
    assert late.sum() > 10
    for j in np.flatnonzero(late):
        k = passed[j]
        crossing = START + (k - 1 + (hours - h[k - 1, j]) / (h[k, j] - h[k - 1, j])) / PER_YEAR
        stopped = np.flatnonzero(np.abs(seen["software"][:, j] - calm["software"][:, j]) > 1e-9)
        begins = START + (stopped[0] - 1) / PER_YEAR
        assert abs(begins - (crossing + 0.25)) < 1.01 / PER_YEAR
    early = reached & (passed <= at(since))
    for j in np.flatnonzero(early):
        stopped = np.flatnonzero(np.abs(seen["software"][:, j] - calm["software"][:, j]) > 1e-9)
        assert abs(START + (stopped[0] - 1) / PER_YEAR - (since + 0.25)) < 1.01 / PER_YEAR


def test_two_pauses_add_up() -> None:
    second = replace(PAUSE, name="pause_2", text="2032-01-01", date=2032.0, lasts=6.0)
    halves = tuple(replace(PAUSE, name=f"pause_{n}", text=f"half {n}", strength=0.5) for n in (1, 2))
    over = replace(PAUSE, name="pause_3", text="over", strength=0.8)
    whole, joined, more = (paths(Takeoff(pauses=p), **STEADY) for p in ((PAUSE,), halves, (*halves, over)))
    for name in NAMES:
        assert np.allclose(joined[name], whole[name], atol=1e-9), name
        assert np.allclose(more[name], whole[name], atol=1e-9), name
    both, first = (paths(Takeoff(pauses=p), **STEADY)["software"] for p in ((PAUSE, second), (PAUSE,)))
    assert np.array_equal(both[: at(2032.0)], first[: at(2032.0)])
    assert np.ptp(both[at(2032.0) : at(2032.5)], axis=0).max() < 1e-6
    assert np.mean(first[at(2033.0)] - both[at(2033.0)]) > 0.05


# Rivals


def test_a_rival_without_compute_changes_nothing(free: Paths) -> None:
    seen = paths(Takeoff(rivals=(Rival("second", 0.0, 0.0),)), NOISE)
    for name in NAMES:  # two labs are another program than one, which may round the last bits otherwise
        assert np.allclose(seen[name], free[name], rtol=1e-11, atol=1e-11), name


@pytest.mark.parametrize(("compute", "staff"), [(0.5, 0.5), (1.0, 0.3), (0.3, 1.0)])
def test_a_smaller_rival_does_not_lead_while_nobody_pauses(compute: float, staff: float, calm: Paths) -> None:
    seen = paths(Takeoff(rivals=(Rival("second", compute, staff),)), **STEADY)
    for name in ("software", "log_horizon", "binding_logit", "log_multiplier"):
        assert np.max(np.abs(seen[name] - calm[name])) < 1e-9, name


def test_a_pause_of_one_lab_is_not_a_pause_of_all(calm: Paths) -> None:
    rivals, of_leader = (Rival("second", 0.8, 0.8),), replace(PAUSE, labs=("leader",), lasts=48.0)
    alone = paths(Takeoff(rivals=rivals, pauses=(of_leader,)), **STEADY)["log_horizon"][at(2033.0)]
    everyone = paths(Takeoff(rivals=rivals, pauses=(replace(of_leader, labs=()),)), **STEADY)["log_horizon"][at(2033.0)]
    nobody = calm["log_horizon"][at(2033.0)]
    assert np.all(alone <= nobody + 1e-6) and np.all(everyone <= alone + 1e-6)
    assert np.mean(alone - everyone) > 0.5 and np.mean(nobody - alone) > 0.01


def test_faster_diffusion_brings_a_rival_nearer_to_who_leads() -> None:
    pause = replace(PAUSE, labs=("leader",), lasts=48.0)
    seen = [
        paths(Takeoff(rivals=(Rival("second", 0.3, 0.3),), pauses=(pause,), diffusion=rate), **STEADY)["log_horizon"]
        for rate in (0.01, 3.0)
    ]
    assert np.all(seen[1][at(2030.0)] >= seen[0][at(2030.0)] - 1e-9)
    assert np.mean(seen[1][at(2030.0)] - seen[0][at(2030.0)]) > 1e-3


# Forms


def test_forms_of_the_horizon_are_what_they_say() -> None:
    linear, curved, saturating = (
        paths(Takeoff(), horizon_form=form, curvature=0.05, paradigm_step=0.0, **CHEAP) for form in (0.0, 1.0, 2.0)
    )
    flat = paths(Takeoff(), horizon_form=1.0, curvature=0.0, paradigm_step=0.0, **CHEAP)
    for name in NAMES:
        assert np.allclose(linear[name], flat[name], atol=1e-9), name
    late = at(2032.0)
    assert np.all(curved["log_horizon"][late] >= saturating["log_horizon"][late] - 1e-6)
    assert np.mean(saturating["log_horizon"][late] - linear["log_horizon"][late]) > 0.05
    assert np.allclose(curved["log_horizon"][at(2024.0)], saturating["log_horizon"][at(2024.0)], atol=0.2)
    assert np.mean(curved["log_horizon"][late] - saturating["log_horizon"][late]) > 0.05


def test_forms_of_substitution_replace_the_open_prior() -> None:
    low, high = (paths(Takeoff(), substitution_form=form, **CHEAP) for form in (1.0, 2.0))
    anything = paths(Takeoff(), substitution_form=1.0, substitution=7.0, **CHEAP)
    assert np.array_equal(low["software"], anything["software"])
    assert np.mean(np.abs(high["log_multiplier"][-1] - low["log_multiplier"][-1])) > 0.2


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_has_its_parameter_and_its_defaults(form: Any) -> None:
    parameter = {p.name: p for p in Takeoff().parameters}[form.parameter]
    assert parameter.prior == form.options[form.default]
    assert set(form.mixed) <= set(form.options)


def test_a_mixture_takes_its_forms_in_turn_in_every_batch() -> None:
    forms, each = 12, 4096
    order = interleaved(forms * each, [1 / forms] * forms)
    assert sorted(order) == list(range(forms * each))
    for batch in np.split(order, 64):
        assert np.array_equal(np.bincount(batch // each), np.full(forms, each // 64))
        assert np.ptp(batch % each) < each // 64 + 1  # a segment of the chains of every form


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12), st.integers(1, 400))
def test_forms_take_turns_by_their_weights(raw: list[float], count: int) -> None:
    weights = np.array(raw) / np.sum(raw)
    form = turns(weights, count)
    for n, weight in enumerate(weights):
        taken = np.cumsum(form == n)
        assert np.all(np.abs(taken - weight * np.arange(1, count + 1)) <= 1.0 + 0.5 * len(weights) * weight)


def test_weights_share_the_draws_of_a_mixture_in_every_batch() -> None:
    each, weights = 4096, (0.7, 0.2, 0.1)
    order = interleaved(3 * each, weights)
    for batch in np.split(order, 64):
        assert np.bincount(batch // each, minlength=3) / len(batch) == pytest.approx(weights, abs=0.01)
        assert np.ptp(batch % each) < each // 64 + 2  # still the same segment of the chains of every form
    kept = [order[order // each == n] % each for n in range(3)]
    assert [len(np.unique(k)) == min(len(k), each) for k in kept] == [True] * 3  # none used twice while others wait


def test_forms_keep_their_weights_whatever_is_left_out_of_them() -> None:
    kept = np.ones((4, 100))
    kept[2:, 40:] = 0.0  # of the second form 40% are kept
    tree = xr.DataTree.from_dict({"sample_stats": xr.Dataset({"kept": (("chain", "draw"), kept)})})
    drawn = np.array(drawn_weights((0.5, 0.5), Posterior("x", tree, fresh=False)))
    assert drawn * [1.0, 0.4] / np.sum(drawn * [1.0, 0.4]) == pytest.approx([0.5, 0.5])


def test_the_saturating_form_is_straight_beyond_its_turn() -> None:
    priors = prior_set(Takeoff().parameters, {})
    params = priors.named(priors.from_normal(jnp.zeros(priors.size))) | {
        "horizon_form": jnp.asarray(2.0), "curvature": jnp.asarray(0.08), "paradigm_step": jnp.asarray(0.0)
    }  # fmt: skip
    full = horizon.anchor(params)
    far = float(full["reference_level"] + full["curved_until"]) + np.array([8.0, 9.0, 10.0, 20.0])
    h = [
        float(horizon.log_horizon(full, jnp.asarray(e), jnp.asarray(0.0), jnp.asarray(5.0), jnp.asarray(0.0)))
        for e in far
    ]
    slope = float(full["horizon_per_compute"] * full["slope_beyond"])
    assert np.diff(h) / np.diff(far) == pytest.approx([slope] * 3, rel=1e-3)
    assert slope > 1.05 * float(full["horizon_per_compute"])


def test_variants_choose_forms() -> None:
    def study(*overrides: str) -> Any:
        return api.load_study("baseline", ["as_of=2026-10-31", *overrides])

    alone, all_of_them, two = study(), study("variants=all"), study('variants.horizon=["linear", "curved"]')
    assert alone.parts == () and alone.form == "horizon curved, substitution open, adoption on"
    assert len(all_of_them.parts) == 12 and len({part.posterior_id for part in all_of_them.parts}) == 12
    assert [part.form.split(",")[0] for part in two.parts] == ["horizon linear", "horizon curved"]
    assert all_of_them.weights == pytest.approx([1 / 12] * 12)
    weighted = study("variants.horizon={linear = 3, curved = 1}", 'variants.substitution=["low", "high"]')
    assert weighted.weights == pytest.approx([3 / 8, 3 / 8, 1 / 8, 1 / 8])
    assert weighted.run_inputs("x", 1) != study(
        "variants.horizon={linear = 1, curved = 1}", 'variants.substitution=["low", "high"]'
    ).run_inputs("x", 1)
    assert study("variants.horizon=linear").parts == ()
    assert study("variants=none").posterior_id == alone.posterior_id == study("variants.horizon=curved").posterior_id
    for sampler, sizes, each in (
        ("hmc", [], (16, 384)),  # fewer chains, with more draws of each unless their number is given
        ("hmc", ["calibration.chains=64", "calibration.draws=100"], (16, 100)),
        ("nuts", [], (4, 1024)),
    ):
        parts = study("variants.adoption=all", f"calibration.sampler={sampler}", *sizes).parts
        assert {(part.settings.chains, part.settings.draws) for part in parts} == {each}


# The scenario


def test_pauses_and_rivals_leave_the_posterior_alone_and_are_part_of_the_run() -> None:
    def study(*overrides: str) -> Any:
        return api.load_study("baseline", ["as_of=2026-10-31", *overrides])

    pause = 'policy.pause=[{trigger = "closed_loop", lasts_months = "6 to 24"}]'
    plain, paused, rival = study(), study(pause), study("labs.rivals.second.compute=0.5")
    assert plain.posterior_id == paused.posterior_id == rival.posterior_id
    ids = [str(s.run_inputs(None, 1)) for s in (plain, paused, rival, study(pause.replace("closed_loop", "coder")))]
    assert len(set(ids)) == 4
    assert paused.priors.names[-4:] == tuple(
        f"pause_{what}.pause_1" for what in ("lag", "lasts", "strength", "compliance")
    )
    assert paused.priors.entries[: plain.priors.size] == plain.priors.entries
    assert study(pause, "priors.pause_lasts=9").priors.entries[-3][2].loc == 9.0


BAD = {
    "policy.pause=[{trigger='2026-01-01'}]": "after as_of",
    "policy.pause=[{trigger='closed_lop'}]": 'did you mean "closed_loop"',
    "policy.pause=[{trigger='horizon_hors > 3'}]": 'did you mean "horizon_hours"',
    "policy.pause=[{trigger='horizon_hours > -3'}]": "above 0",
    "policy.pause=[{trigger='coder', strength=1.5}]": "a share from 0 to 1",
    "policy.pause=[{trigger='coder', lasts_months=-1}]": "0 or more",
    "policy.pause=[{trigger='coder', labs=['other']}]": "the name of a lab",
    "policy.pause=[{trigger='coder'}, {trigger='coder'}]": "another trigger",
    "policy.pause=[{trigger='coder', stength=1}]": 'did you mean "strength"',
    "policy.pause=3": "a table",
    "labs.rivals.second.compute='0.4 to 0.9'": "a share from 0 to 1",
    "labs.rivals.leader.compute=0.5": "another name",
    "labs.rivals.second.researchers=0.5": "compute",
    "labs.diffusion=-1": "0 or more",
    "variants.horizn='linear'": 'did you mean "horizon"',
    "variants.horizon='lineer'": 'did you mean "linear"',
    "variants=some": '"all", "none"',
    "variants.horizon={linear = 0}": "a weight above 0",
    "variants.horizon={linear = 'much'}": "a weight above 0",
    "variants.horizon={lineer = 1}": 'did you mean "linear"',
    "variants.horizon={}": "a weight for at least one option",
}


@pytest.mark.parametrize(("override", "words"), BAD.items(), ids=BAD)
def test_what_cannot_be_is_named_before_any_work(override: str, words: str) -> None:
    with pytest.raises(ScenarioError) as error:
        api.load_study("baseline", [override])
    assert words in str(error.value)
    assert override.split("=")[0].split(".")[0] in str(error.value)


# A run


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small run of the prior: two forms, a rival, and a pause of the leader."""
    pause = 'policy.pause=[{trigger = "horizon_hours > 100", lasts_months = "6 to 24", labs = ["leader"]}]'
    forms = 'variants.horizon=["linear", "curved"]'
    overrides = ["run.horizon=2040", forms, pause, "labs.rivals.second.compute=0.6"]
    with jax.enable_x64(False):
        made = api.simulate(
            "baseline", overrides, prior=True, draws=20 * 1024, output=tmp_path_factory.mktemp("mixed") / "run"
        )
        yield made


def test_a_mixture_of_the_prior_takes_its_forms_in_turn_and_reports_each(mixed: Any) -> None:
    with jax.enable_x64(False):
        found = document(mixed)
    rows = pq.read_table(mixed.folder / "ensemble.parquet").to_pydict()
    assert rows["parameter.horizon_form"][:4] == [0.0, 1.0, 0.0, 1.0]
    assert len(set(rows["parameter.pause_lasts.pause_1"])) > 20_000
    told = found["structural_range"]
    assert list(told["forms"]) == [part.form for part in mixed.study.parts]
    kept = found["n"] - found["counts"]["conditioned_out"]
    assert sum(form["n"] for form in told["forms"].values()) == kept
    for name in told["range"]:
        day = "2035-12-31"
        parts = [(form["n"], form["milestones"][name]["probability_by"][day]["p"]) for form in told["forms"].values()]
        whole = found["milestones"][name]["probability_by"][day]["p"]
        assert sum(n * p for n, p in parts) / kept == pytest.approx(whole, abs=2e-3), name
        ends = told["range"][name]["probability_by"][day]
        assert ends["low"] <= whole <= ends["high"]
    assert "mixture of 2 model forms" in found["forms"]


def test_the_report_shows_the_forms_side_by_side(mixed: Any) -> None:
    with jax.enable_x64(False):
        page = report_html(mixed)
    assert 'id="forms"' in page
    for part in mixed.study.parts:
        assert part.form in page
    assert "From version to version" in page
