"""A scenario with some of its tables replaced, checked as a file would be."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from rsimc.scenario.places import Origin
from rsimc.scenario.problems import scenario_error
from rsimc.scenario.schema import Scenario


def changed(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """The scenario with top-level keys replaced: `priors`, `policy`, `variants`, `run` and so on.

    Raises ScenarioError that names the key, what was expected and what was found.
    """
    raw = {**scenario.model_dump(by_alias=True), **values}
    try:
        return Scenario.model_validate(raw, context=Origin())
    except ValidationError as error:
        raise scenario_error(error, Origin()) from None
