"""A model on trial: its prior draws, and the few runs that the checks share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.models.base import Model, Params, Quantities, correlations_of, forms_of, prior_set
from rsimc.models.guard import Problem, guarded
from rsimc.priors.vector import PriorSet

Array = jax.Array
SOON: dict[str, Any] = {"xla_backend_optimization_level": 0}
"""Compiler options for programs that run once, on few trajectories."""
HORIZON = 2060.0
DRAWS = 256
SINGLES = 8
"""Trajectories that are run one by one and side by side."""
MANY = 64
"""Trajectories in which a parameter is moved that changed nothing in those."""
NUDGE = 1.5
"""Standard deviations by which a parameter is moved to see whether it matters."""


class Inputs(NamedTuple):
    """values [parameters, B] and innovations [beats, processes, B], numpy float64."""

    values: np.ndarray
    innovations: np.ndarray


class Stages(NamedTuple):
    """What every method returns, as shapes and dtypes, or as values."""

    prepared: Any
    first: Any
    after: Any
    seen_first: Any
    seen_after: Any
    clipped: Any


@dataclass(frozen=True)
class Trial:
    """A model, the decimal year to which it is run, and how many prior draws are run to it."""

    model: Model
    horizon: float = HORIZON
    draws: int = DRAWS

    @cached_property
    def guarded(self) -> Model:
        """The model with errors of its own code as messages."""
        return guarded(self.model)

    @cached_property
    def priors(self) -> PriorSet:
        """The model's own priors."""
        return prior_set(self.model.parameters, {}, correlations=correlations_of(self.model))

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names that `observe` must give."""
        named = [m.quantity for m in self.model.milestones] + [o.quantity for o in self.model.observables]
        return tuple(dict.fromkeys(named + [d.clock for d in self.model.durations if d.clock]))

    @property
    def choices(self) -> dict[str, tuple[float, ...]]:
        """Values of the parameters that choose the model's forms, where it has any."""
        return {form.parameter: tuple(form.options.values()) for form in forms_of(self.model)}

    @property
    def steps(self) -> int:
        """Steps from the start to the horizon."""
        return round((self.horizon - self.model.start) * self.model.steps_per_year)

    def stages(self, values: Array, innovations: Array) -> Stages:
        """Every method once, on parameters [parameters, ...] and innovations [beats, processes, ...]."""
        model = self.guarded
        prepared, state, seen = begin(model, self.priors.named(values), innovations)
        t, dt = years(model, innovations.dtype)
        after = model.step(state, prepared, t, dt, innovations[1])
        return Stages(prepared, state, after, seen, model.observe(after, prepared, t + dt), model.clipped(after))

    def shapes(self, dtype: Any, *size: int) -> Stages:
        """The stages as shapes and dtypes, for single trajectories (no size) or blocks. Costs no computing.

        float32 as forecasts run, without the 64 bits of jax; float64 as calibration does, with them.
        """
        noise = (max(2, self.model.anchor_innovations), len(self.model.innovations))
        with jax.enable_x64(dtype == np.float64):
            like = [jax.ShapeDtypeStruct((*s, *size), dtype) for s in ((self.priors.size,), noise)]
            found: Stages = jax.eval_shape(self.stages, *like)
        return found

    def inputs(self, count: int, seed: int = 0) -> Inputs:
        """Prior draws and noise to the horizon of `count` trajectories, which take the model's forms in turn."""
        rng = np.random.default_rng(seed)
        beats = max(1 + self.steps // self.model.steps_per_innovation, self.model.anchor_innovations)
        z = rng.standard_normal((self.priors.size, count))
        values = self.priors.at(z)
        for name, options in self.choices.items():
            values[self.priors.names.index(name)] = np.resize(options, count)
        return Inputs(values, rng.standard_normal((beats, len(self.model.innovations), count)))

    def run(self, values: Array, innovations: Array) -> tuple[dict[str, Array], Array]:
        """Quantities [steps + 1, ...] and whether a fence was touched [...]."""
        model = self.guarded
        prepared, state, first = begin(model, self.priors.named(values), innovations)

        def one(state: Any, n: Array) -> tuple[Any, dict[str, Array]]:
            t, dt = years(model, innovations.dtype, n)
            state = model.step(state, prepared, t, dt, innovations[n // model.steps_per_innovation + 1])
            seen = model.observe(state, prepared, t + dt)
            return state, {name: seen[name] for name in self.quantities}

        state, later = jax.lax.scan(one, state, jnp.arange(self.steps, dtype=jnp.int32))
        return {name: jnp.concatenate([first[name][None], later[name]]) for name in self.quantities}, model.clipped(
            state
        )

    @cached_property
    def forecast(self) -> dict[str, np.ndarray]:
        """Quantities [steps + 1, draws] of prior draws in float32, as a forecast computes them."""
        inputs = self.inputs(self.draws)
        with jax.enable_x64(False):
            found = jax.jit(self.run)(*(jnp.asarray(part, jnp.float32) for part in inputs))[0]
            return {name: np.asarray(path) for name, path in found.items()}

    @cached_property
    def block(self) -> dict[str, np.ndarray]:
        """Quantities in float64 of `SINGLES` draws, then of the same with each parameter in turn moved."""
        inputs = self.inputs(SINGLES)
        moved = [self._moved(inputs.values, name) for name in self.parameter_names]
        values = np.concatenate([inputs.values, *moved], axis=-1)
        return _double(self.run, values, np.tile(inputs.innovations, len(moved) + 1))

    @cached_property
    def singles(self) -> dict[str, np.ndarray]:
        """Quantities in float64 of the same draws, each run as a trajectory of its own."""
        return _double(jax.vmap(self.run, in_axes=-1, out_axes=-1), *self.inputs(SINGLES))

    def moved(self, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Quantities in float64 of `MANY` draws, and of the same with a parameter moved."""
        inputs = self.inputs(MANY)
        values = np.concatenate([inputs.values, self._moved(inputs.values, name)], axis=-1)
        found = _double(self.run, values, np.tile(inputs.innovations, 2))
        return [(path[:, :MANY], path[:, MANY:]) for path in found.values()]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the declared parameters."""
        return tuple(parameter.name for parameter in self.model.parameters)

    def _moved(self, values: np.ndarray, name: str) -> np.ndarray:
        """The values with one parameter moved along its prior, or by a tenth where the prior is fixed."""
        z = np.random.default_rng(0).standard_normal(values.shape)
        out = values.copy()
        for row, (parameter, _, prior) in enumerate(self.priors.entries):
            if parameter == name:
                out[row] = 1.1 * out[row] + 0.1 if prior.kind == "fixed" else prior.at(z[row] + NUDGE)
        return out


@dataclass(frozen=True)
class Check:
    """One check of the suite. says: what holds when it finds nothing; gate: what follows makes no sense otherwise;
    advisory: what it finds keeps no model from running."""

    name: str
    says: str
    find: Callable[[Trial], Problem | None]
    gate: bool = False
    advisory: bool = False


def begin(model: Model, params: Params, innovations: Array) -> tuple[Params, Any, Quantities]:
    """Prepared parameters, state and quantities at the start, as the engine makes them."""
    prepared = model.prepare(params, innovations[: model.anchor_innovations])
    t = model.start - model.epoch
    state = model.init(prepared, t, innovations[0])
    return prepared, state, model.observe(state, prepared, jnp.asarray(t, innovations.dtype))


def years(model: Model, dtype: Any, step: Array | int = 0) -> tuple[Array, float]:
    """Time at a step, and the length of one."""
    dt = 1.0 / model.steps_per_year
    return jnp.asarray(model.start - model.epoch, dtype) + jnp.asarray(step, dtype) * jnp.asarray(dt, dtype), dt


def _double(run: Callable[..., Any], values: np.ndarray, innovations: np.ndarray) -> dict[str, np.ndarray]:
    with jax.enable_x64(True):
        program = jax.jit(run, compiler_options=SOON)
        found: Mapping[str, Array] = program(jnp.asarray(values), jnp.asarray(innovations))[0]
        return {name: np.asarray(path) for name, path in found.items()}
