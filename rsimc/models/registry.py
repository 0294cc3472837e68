"""The models by name."""

from __future__ import annotations

from rsimc.errors import ScenarioError, nearest
from rsimc.models.base import Model
from rsimc.models.takeoff.model import Takeoff

MODELS: dict[str, Model] = {"takeoff": Takeoff()}


def model_names() -> tuple[str, ...]:
    """Names of the models that are shipped."""
    return tuple(sorted(MODELS))


def get_model(name: str, where: str = "model") -> Model:
    """The model of that name. Raises ScenarioError with the nearest known name."""
    if name not in MODELS:
        raise ScenarioError(where, "the name of a model", f'"{name}"', nearest(name, MODELS))
    return MODELS[name]
