"""The conformance suite finds nothing in any model of the registry, and each check finds what it is for."""

from __future__ import annotations

import pytest
from toy import BROKEN, OfJaxNumpy, Raises, Toy

from rsimc.errors import ScenarioError
from rsimc.models import get_model, model_names
from rsimc.models.conformance import CHECKS, examine, require_conforming

HORIZON, DRAWS = 2030.0, 64


@pytest.mark.parametrize("name", model_names())
def test_every_model_of_the_registry_conforms(name: str) -> None:
    outcomes = examine(get_model(name))
    assert [(o.check.name, o.problem) for o in outcomes if o.status != "ok"] == []
    assert tuple(o.check for o in outcomes) == CHECKS


def test_a_sound_model_conforms() -> None:
    assert {o.check.name: str(o.problem) for o in examine(Toy(), HORIZON, DRAWS) if o.status != "ok"} == {}
    require_conforming(Toy(), HORIZON)


@pytest.mark.parametrize(("check", "model", "words"), BROKEN, ids=[model.__name__ for _, model, _ in BROKEN])
def test_a_broken_model_is_refused_in_the_right_words(check: str, model: type[Toy], words: tuple[str, ...]) -> None:
    outcomes = examine(model(), HORIZON, DRAWS)
    found = {o.check.name: str(o.problem.error()) for o in outcomes if o.problem is not None}
    assert list(found) == [check]
    for word in words:
        assert word in found[check]
    assert "\n" not in found[check]
    with pytest.raises(ScenarioError) as caught:
        require_conforming(model(), HORIZON)
    assert str(caught.value).split(":")[:2] == found[check].split(":")[:2]


def test_a_line_in_a_file_beside_the_model_is_named_with_it() -> None:
    class Elsewhere(Raises):
        pass

    with pytest.raises(ScenarioError, match=r"test_conformance\.py: Elsewhere\.observe \(toy\.py, line \d+\)"):
        require_conforming(Elsewhere(), HORIZON)


def test_every_check_has_a_model_that_it_refuses() -> None:
    assert {name for name, _, _ in BROKEN} == {check.name for check in CHECKS if not check.advisory}


def test_advice_keeps_no_model_from_running() -> None:
    outcomes = examine(OfJaxNumpy(), HORIZON, DRAWS)
    assert {o.check.name: o.status for o in outcomes if o.status != "ok"} == {"fast": "advice"}
    told = next(str(o.problem.error()) for o in outcomes if o.problem is not None)
    assert "exp, tanh of jax.numpy" in told and "maths.exp, maths.sigmoid" in told
    require_conforming(OfJaxNumpy(), HORIZON)


def test_what_follows_a_problem_is_not_tried() -> None:
    broken = next(model for name, model, _ in BROKEN if name == "attributes")
    statuses = {o.check.name: o.status for o in examine(broken(), HORIZON, DRAWS)}
    assert statuses.pop("attributes") == "problem"
    assert set(statuses.values()) == {"not tried"}


def test_problems_of_one_stage_are_all_named() -> None:
    class Several(Toy):
        steps_per_year = 3
        durations = ()
        observables = (*Toy.observables, *Toy.observables)

    found = [o.check.name for o in examine(Several(), HORIZON, DRAWS) if o.problem is not None]
    assert found == ["steps", "names"]
