"""Workload W: a small takeoff model of a known cost, written as any model of a user's would be.

Twenty parameters, four states, six specialisms, a CES of labour and compute, eight milestones on five quantities, Euler
steps of a month from 2024 to 2060 with two normals a step. It stands in for takeoff models where the engine is compared
with other programs: `stand_in.cpp` and `others` hold the same equations. All in nats, time t in years since 2024:

    e = c + s + x                    effective compute: compute, software, its noise (Ornstein-Uhlenbeck, a year)
    h = a + b e (1 + eps e)          log horizon;   M = exp(min(h/2, 60))
    p_k = 1 + f_k M,   f_k = 1/(1 + exp(min(slope_k (theta_k - h), 60)))
    A = log(sum_k w_k p_k^r)/r       labour;   R = -2 log(alpha e^{-(A + t/20)/2} + (1 - alpha) e^{-c/2})
    s' = exp(min(lambda R + pace - beta s, 10)) + noise;   c' = growth (1 - decline dt)^n;   s <= 80 log 2

Transcendental functions a step: 16 exponentials and 8 logarithms, and two logarithms of the noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.plan import Plan
from rsimc.engine.source import PriorSource, noise_keys
from rsimc.models.base import Duration, Milestone, Model, Observable, Parameter, Params, Quantities, prior_set

Array = jax.Array
WEIGHTS = (0.1, 0.15, 0.2, 0.2, 0.2, 0.15)
CEILING = 80.0 * math.log(2.0)
STEPS = 432
SEED = 1


def _normal(mean: float, sd: float) -> dict[str, list[float]]:
    return {"normal": [mean, sd]}


def _lognormal(median: float, sd: float) -> dict[str, list[float]]:
    return {"lognormal": [median, sd]}


# fmt: off
# ruff: noqa: E501
HERE = "made up: of the size that takeoff models have"
SPECIALISMS = ("algorithms", "coding", "systems", "data", "experiments", "direction")
PARAMETERS = (
    Parameter("theta", "log hours", tuple(_normal(m, 1.2) for m in (0.0, 2.0, 4.0, 5.5, 7.0, 9.0)), "horizon at which half is automated", HERE, SPECIALISMS),
    Parameter("slope", "1", _lognormal(0.5, 0.3), "logits per log hour of the first specialism", HERE),
    Parameter("tilt", "1", _normal(0.0, 0.05), "what each next one has more", HERE),
    Parameter("complementarity", "1", _lognormal(0.6, 0.4), "-r of the CES across specialisms", HERE),
    Parameter("labour_share", "share", {"uniform": [0.05, 0.95]}, "alpha, weight of labour against compute", HERE),
    Parameter("parallelisation", "1", {"uniform": [0.05, 1.0]}, "lambda", HERE),
    Parameter("hardness", "1", _lognormal(0.35, 0.35), "beta", HERE),
    Parameter("pace", "log 1/year", _normal(math.log(0.9), 0.25), "of software at first", HERE),
    Parameter("growth", "1/year", _lognormal(1.3, 0.2), "of compute at first", HERE),
    Parameter("decline", "1/year", {"uniform": [0.03, 0.13]}, "of that growth", HERE),
    Parameter("level", "log hours", _normal(-1.4, 0.3), "a", HERE),
    Parameter("per_compute", "1", _lognormal(0.42, 0.25), "b", HERE),
    Parameter("curvature", "1", _lognormal(0.003, 0.6), "eps", HERE),
    Parameter("software_noise", "nats", _lognormal(0.15, 0.3), "sd over a year", HERE),
    Parameter("compute_noise", "nats", _lognormal(0.15, 0.3), "sd over a year", HERE),
)
MILESTONES = (
    Milestone("month", "horizon", 5.075174, "tasks of a month"),
    Milestone("year", "horizon", 7.600902, "tasks of a year"),
    Milestone("decade", "horizon", 9.903488, "tasks of a decade"),
    Milestone("labour_2", "labour", 0.693147, "twice the labour"),
    Milestone("labour_10", "labour", 2.302585, "ten times the labour"),
    Milestone("software_100", "software", 4.605170, "a hundred times the software"),
    Milestone("pace_3", "pace", 3.0, "software grows by three nats a year"),
    Milestone("effective_22", "effective", 22.0, "22 nats of effective compute"),
)
# fmt: on


class State(NamedTuple):
    """Nats: software, compute, its noise; growth of compute in a step. Then what holds now."""

    software: Array
    compute: Array
    noise: Array
    growth: Array
    now: Now


class Now(NamedTuple):
    """Log horizon, log labour, pace of software and effective compute at the state's date."""

    horizon: Array
    labour: Array
    pace: Array
    effective: Array


class StandIn:
    """Workload W."""

    name, version = "stand-in", "1"
    epoch, start = 2024.0, 2024.0
    steps_per_year, steps_per_innovation = 12, 1
    innovations: tuple[str, ...] = ("compute", "software")
    anchor_innovations = 1
    parameters: tuple[Parameter, ...] = PARAMETERS
    milestones: tuple[Milestone, ...] = MILESTONES
    durations: tuple[Duration, ...] = ()
    classes: tuple[str, ...] = ("any",)
    observables: tuple[Observable, ...] = (
        Observable("horizon_hours", "horizon", "hours", "time horizon", "log", 1e-4, 1e6),
    )
    equations: tuple[str, ...] = ()

    def prepare(self, params: Params, past: Array) -> Params:
        """Slopes of all specialisms and what a step multiplies with."""
        steps = jnp.arange(len(SPECIALISMS), dtype=params["slope"].dtype)
        slopes = params["slope"] + steps.reshape((-1,) + (1,) * params["slope"].ndim) * params["tilt"]
        more = {
            "slopes": slopes,
            "inverse": -1.0 / params["complementarity"],
            "compute_step": params["compute_noise"] * math.sqrt(1.0 / 12.0),
            "software_step": params["software_noise"] * math.sqrt(1.0 / 12.0),
        }
        return {**params, **maths.fences(more)}

    def init(self, params: Params, t: float, noise: Array) -> State:
        """Nothing yet."""
        zero = jnp.zeros_like(params["slope"])
        return State(zero, zero, zero, params["growth"] / self.steps_per_year, _now(params, zero, zero, zero, t))

    def step(self, state: State, params: Params, t: Array, dt: float, noise: Array) -> State:
        """One step of Euler."""
        rise = maths.exp(state.now.pace) * dt + params["software_step"] * noise[1]
        software = maths.fence(maths.minimum(state.software + rise, CEILING))
        compute = maths.fence(state.compute + state.growth)
        noisy = maths.fence(state.noise * math.exp(-dt) + params["compute_step"] * noise[0])
        growth = state.growth * (1.0 - params["decline"] * dt)
        return State(software, compute, noisy, growth, _now(params, software, compute, noisy, t + dt))

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """By name."""
        now = state.now
        return {
            "horizon": now.horizon,
            "labour": now.labour,
            "software": state.software,
            "pace": maths.exp(now.pace),
            "effective": now.effective,
        }

    def clipped(self, state: State) -> Array:
        """Never."""
        return state.software > 2.0 * CEILING

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """One class."""
        return jnp.zeros(dates["month"].shape, jnp.int32)


def _now(params: Params, software: Array, compute: Array, noise: Array, t: Array | float) -> Now:
    effective = maths.fence(compute + software + noise)
    horizon = maths.fence(params["level"] + params["per_compute"] * effective * (1.0 + params["curvature"] * effective))
    better = maths.fence(maths.exp(maths.minimum(0.5 * horizon, 60.0)))
    e = maths.fence(maths.exp(maths.minimum(params["slopes"] * (params["theta"] - horizon), 60.0)))
    product = maths.fence(maths.log((1.0 + e + better) / (1.0 + e)))
    each = maths.exp(-params["complementarity"] * product)
    weights = np.array(WEIGHTS, np.float32).reshape((-1,) + (1,) * horizon.ndim)
    labour = maths.fence(params["inverse"] * maths.log(maths.dot(weights.astype(horizon.dtype), each)))
    human = maths.fence(params["labour_share"] * maths.exp(-0.5 * (labour + 0.05 * t)))
    chips = maths.fence((1.0 - params["labour_share"]) * maths.exp(-0.5 * compute))
    research = -2.0 * maths.log(human + chips)
    pace = params["parallelisation"] * research + params["pace"] - params["hardness"] * software
    return Now(horizon, labour, maths.fence(maths.minimum(pace, 10.0)), effective)


def source_of(model: Model) -> PriorSource:
    """Independent draws of a model's own priors."""
    priors = prior_set(model.parameters, {})
    names = [f"prior.{name}" for name in priors.names]
    return PriorSource(priors, jnp.asarray(noise_keys(model, SEED)), jnp.asarray(rng.stream_keys(SEED, names)))


def stand_in_plan(steps: int = STEPS) -> Plan:
    """W over its 432 months, or more or fewer."""
    return Plan(StandIn(), DateGrid(StandIn.start, StandIn.start + steps / StandIn.steps_per_year), None)
