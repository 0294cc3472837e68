"""The benchmark's gate is shut when something is wrong: what is wrong is made here, and W is gated as it is."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import gate as checks
from benchmarks import others
from benchmarks.functions import functions_of_a_step
from benchmarks.gate import STEPS_APART, complaints, gate, known_answers, same, steps_against_numpy
from benchmarks.ready import Ready, make_ready
from benchmarks.stand_in import StandIn, stand_in_plan
from rsimc.engine import rng
from rsimc.engine.plan import CHUNK, Plan


class Faster(StandIn):
    """Software grows by a hundredth more than W says."""

    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        return super().step(state, params, t, 1.01 * dt, noise)


@pytest.fixture(scope="module")
def ready() -> Ready:
    return make_ready(stand_in_plan(), 16, (1, 2))


def by_rsimc(ready: Ready) -> Any:
    """Dates of another program that is right."""
    dates = ready.dates * 12.0
    noise = np.random.default_rng(1).normal(0.0, 0.1, dates.shape)
    return lambda values: np.where(np.isfinite(dates), dates + noise, 1e9)


@pytest.fixture(scope="module")
def passed(ready: Ready) -> dict[str, Any]:
    return gate({"w": ready}, {"C++": by_rsimc(ready)})


def test_w_passes(passed: dict[str, Any]) -> None:
    assert complaints(passed) == []
    assert passed["same"]["w"]["devices"] == [1, 2]
    assert passed["days_against_float64"]["p99_9"] < 0.3


def test_other_equations_than_numpys_are_told(ready: Ready) -> None:
    plan = stand_in_plan()
    other = make_ready(Plan(Faster(), plan.grid, None), 16)
    wrong = complaints(gate({"w": replace(other, runs={1: other.runs[max(other.runs)]})}, {"C++": by_rsimc(ready)}))
    assert len(wrong) == 2 and "float64" in wrong[0] and "C++" in wrong[1]


def test_another_program_than_the_one_timed_is_told(ready: Ready, passed: dict[str, Any]) -> None:
    other = replace(ready, work=lambda: (ready.work()[0] * (1.0 + 2.0**-20),), runs={2: ready.runs[2]})
    assert complaints(gate({"w": other}, {}))[0].startswith("w: what is timed gives other dates than the engine")


def test_counts_that_depend_on_the_devices_are_told(ready: Ready) -> None:
    one, two = ready.runs[1](0, CHUNK, ready.source), ready.runs[2](0, CHUNK, ready.source)
    off = replace(two, counts=replace(two.counts, fans=two.counts.fans[..., ::-1].copy()))
    other = replace(ready, runs={1: lambda *_: one, 2: lambda *_: off})
    assert same(ready)["counts_agree"] is True and same(other)["counts_agree"] is False
    assert same(replace(ready, runs={2: ready.runs[2]}))["counts_agree"] is None


def test_another_generator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rng.threefry
    monkeypatch.setattr(rng, "threefry", lambda *words: right(*words[:3], words[3] + np.uint32(1)))
    assert not known_answers()


def test_a_solver_that_is_wrong_or_gives_up_is_told(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps_against_numpy(ready) < STEPS_APART
    right = others.in_scipy
    monkeypatch.setattr(checks, "in_scipy", lambda values: 0.7 * right(values))
    assert STEPS_APART < steps_against_numpy(ready) < math.inf
    monkeypatch.setattr(checks, "in_scipy", lambda values: 0.0 * right(values))
    assert steps_against_numpy(ready) == math.inf


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("generator",), False, "threefry"),
        (("same", "w", "counts_agree"), False, "counts differ between [1, 2] devices"),
        (("days_against_float64", "flipped"), 0.01, "far from float64"),
        (("days_against_float64", "p99_9"), float("nan"), "far from float64"),
        (("errors_against_c", "C++"), 6.0, "C++ is 6.0 standard errors"),
        (("errors_against_c", "C++"), float("nan"), "C++ is nan standard errors"),
        (("scipy_steps_against_numpy",), 3.0, "scipy comes 3.0 steps"),
    ],
)
def test_whatever_is_wrong_is_told(passed: dict[str, Any], where: tuple[str, ...], value: Any, told: str) -> None:
    found = copy.deepcopy(passed)
    inner = found
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    assert len(complaints(found)) == 1 and told in complaints(found)[0]


def test_the_functions_of_w_are_those_that_its_page_counts() -> None:
    assert functions_of_a_step(StandIn()) == {"equations": 16 + 8 + 2, "program": 16 + 8 + 2}
