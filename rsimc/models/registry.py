"""The models by name."""

from __future__ import annotations

from typing import cast

from rsimc.errors import ScenarioError, nearest
from rsimc.models import own
from rsimc.models.base import Model
from rsimc.models.guard import Guarded
from rsimc.models.published.ai2027.takeoff import After
from rsimc.models.published.ai2027.timelines import Timelines
from rsimc.models.published.aifm.model import FuturesModel
from rsimc.models.published.ftm.model import FullTakeoff
from rsimc.models.published.kwa import Kwa
from rsimc.models.published.sie import Sie
from rsimc.models.takeoff.model import Takeoff

PUBLISHED: tuple[Model, ...] = (
    Kwa(),
    Sie(),
    Timelines("ai2027-horizon"),
    Timelines("ai2027-horizon-april", april=True),
    Timelines("ai2027-gaps", gaps=True),
    Timelines("ai2027-gaps-april", gaps=True, april=True),
    After(),
    FuturesModel(),
    FullTakeoff(),
)
"""Models of others, written anew."""
MODELS: dict[str, Model] = {model.name: model for model in (Takeoff(), *PUBLISHED)}


def model_names() -> tuple[str, ...]:
    """Names of the models that are shipped, and of those that installed packages offer."""
    return tuple(sorted({*MODELS, *own.installed()}))


def get_model(name: str, where: str = "model", *, allow_code: bool = False) -> Model:
    """The model of that name, shipped or installed, or of a file, as `my_model.py:MyModel`. Shipped names come first.

    where: who asks, for messages; allow_code: whether a file may run. Raises ScenarioError for an unknown name, with
    the nearest known one, for code that may not run, and for a file or package whose model cannot be used.
    """
    found = find_model(name, where, allow_code=allow_code)
    if isinstance(found, Guarded):
        own.require_stated(found)
    return found


def find_model(name: str, where: str = "model", *, allow_code: bool = False) -> Model:
    """As `get_model`, but what the model states about itself is not checked yet."""
    if name in MODELS:
        return MODELS[name]
    found = own.find(name, where, allow_code)
    if found is None:
        raise ScenarioError(where, "the name of a model", f'"{name}"', nearest(name, model_names()))
    return cast(Model, found)
