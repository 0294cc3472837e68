"""A random walk as a model and one datum of it: the posterior has a closed form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.terms import Path as Course
from rsimc.calibration.terms import Seen as Read
from rsimc.calibration.terms.base import normal_log_density
from rsimc.models.base import Milestone, Observable, Parameter


class Walk:
    """x(0) = level, then a random walk in quarters: all normal, so that the posterior given one x has a closed form."""

    name, version = "walk", "1"
    epoch = start = 2020.0
    steps_per_year, steps_per_innovation = 4, 1
    innovations, anchor_innovations = ("walk",), 1
    parameters = (
        Parameter("level", "", {"normal": [1.0, 2.0]}, "x at the start", "test"),
        Parameter("unseen", "", {"lognormal": [3.0, 0.5]}, "in no equation", "test"),
    )
    milestones = (Milestone("high", "x", 9.0, "x is high"),)
    durations = ()
    classes = ("any",)
    observables = (Observable("x", "x", "", "", "linear", -10.0, 10.0),)
    equations = ()
    STEP = 0.5

    def prepare(self, params: Mapping[str, Any], past: Any) -> Mapping[str, Any]:
        return params

    def init(self, params: Mapping[str, Any], t: float, noise: Any) -> Any:
        return params["level"]

    def step(self, state: Any, params: Mapping[str, Any], t: Any, dt: float, noise: Any) -> Any:
        return state + self.STEP * noise[0]

    def observe(self, state: Any, params: Mapping[str, Any], t: Any) -> dict[str, Any]:
        return {"x": state}

    def clipped(self, state: Any) -> Any:
        return state < -1e9

    def classify(self, dates: Mapping[str, Any], horizon: Any) -> Any:
        return jnp.zeros(dates["high"].shape, jnp.int32)


class Seen:
    """One value of x after three quarters, with a normal error."""

    series, quantities, parameters = "seen", ("x",), ()
    rows: Any = (SimpleNamespace(series="seen", key="one", value=4.0, date=date(2020, 9, 30)),)
    AT, ERROR = 2020.75, 0.5
    seen = Read(np.array([4.0]), np.ones(1))

    def predict(self, path: Course, params: Mapping[str, Any]) -> Any:
        return path.at("x", np.array([self.AT]))

    def log_likelihood(self, path: Course, params: Mapping[str, Any], seen: Read) -> Any:
        return normal_log_density(self.predict(path, params) - seen.y, np.array([self.ERROR]))

    def draw(self, path: Course, params: Mapping[str, Any], key: Any) -> Read:
        return Read(self.predict(path, params) + self.ERROR * jax.random.normal(key, (1,)), np.ones(1))
