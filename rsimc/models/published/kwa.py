"""Kwa's parsimonious model of takeoff (T. Kwa, February 2026; `tkwa/ai-takeoff-model`).

Software S grows by research, whose labour is freed from what AI does; f is the automated share of AI R&D:

    dS/dt = k (L/(1 - f))^alpha C^zeta S^(1 - beta),   f = sigmoid(v (log C S - log E_h)), at most 0.999999

S = C = L = 1 at 2026.0, k such that d log S/dt = log 5 there, E_h such that f is what the prior says. Compute C grows
2.6 times a year to 2029, 2.0 times in the year to 2030, then by a factor that falls in a straight line from 2.0 to 1.25
in 2058 and stays; labour L doubles each year to 2029 and grows 1.1 times a year from then on.

Ours: the years from 2024 to 2026, which data need, along the straight line that effective compute leaves 2026.0 on (the
equations run backwards come to no software at all within a year or two); the milestone f = 99% in a run whose software passes 10^12, which the original would have dated 2100 (it happens
in no draw of the default priors). Steps are of the classical Runge and Kutta.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.base import Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.published.base import Published

Array = jax.Array
SOURCE = "Kwa 2026 (tkwa/ai-takeoff-model)"
SOFTWARE_GROWTH = math.log(5.0)
LEAST_LOGIT = math.log(1e6)
"""Of 1 - f, which the original keeps at 1e-6 or more."""
BEFORE, LAST = -2.0, 174
"""Years around 2026.0: the start of trajectories, and 2200."""


def _log_inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Years since 2026.0, log compute and log labour at each."""
    years = np.arange(LAST + 1)
    falling = np.interp(years[:-1] + 2026, (2030, 2058), (2.0, 1.25))
    compute = np.log(np.where(years[:-1] < 3, 2.6, np.where(years[:-1] < 4, 2.0, falling)))
    labour = np.log(np.where(years[:-1] < 3, 2.0, 1.1))
    log_compute, log_labour = (np.concatenate([[0.0], np.cumsum(growth)]) for growth in (compute, labour))
    return years.astype(float), log_compute, log_labour


YEARS, LOG_COMPUTE, LOG_LABOUR = _log_inputs()


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _triangular(low: float, high: float) -> dict[str, list[float]]:
    return {"triangular": [low, (low + high) / 2.0, high]}


# fmt: off
# ruff: noqa: E501
PARAMETERS = (
    Parameter("automation_width", "nats per logit", _triangular(1.5, 4.2), "1/v: log effective compute in which the odds of automation grow e-fold", SOURCE),
    Parameter("automated_share_2026", "share", _triangular(0.25, 0.5), "f: automated share of AI R&D at 2026.0", SOURCE),
    Parameter("labour_share", "share", _triangular(0.12, 0.35), "alpha/(alpha + zeta): labour's share of what inputs return", SOURCE),
    Parameter("returns_to_scale", "elasticity", _triangular(0.8, 1.0), "alpha + zeta: what labour and compute together return", SOURCE),
    Parameter("difficulty_growth", "elasticity", _triangular(0.3, 1.0), "beta: how fast software gets harder to find", SOURCE),
)
MILESTONES = tuple(
    Milestone(f"automation_{name}", "automated_logit", _logit(share), f"{share:.0%} of AI R&D is automated", seen=name != "50", headline=name in ("90", "99"))
    for name, share in (("50", 0.5), ("90", 0.9), ("98", 0.98), ("99", 0.99))
)
OBSERVABLES = (
    Observable("automated_share", "automated_share", "share", "automated share of AI R&D", "linear", 0.0, 1.0),
    Observable("multiplier", "log_multiplier", "x", "pace of software progress against people alone", "log", 0.5, 100.0),
    Observable("software", "log_software", "nats", "log software against 2026.0", "linear", -10.0, 60.0),
)
EQUATIONS = (
    "dS/dt = k (L/(1-f))^alpha C^zeta S^(1-beta);  d log S/dt = log 5 at 2026.0     software",
    "f = sigmoid(v (log C S - log E_h)), at most 0.999999                           automated share of AI R&D",
    "C: x2.6 a year to 2029, x2.0 to 2030, factor falling to x1.25 in 2058;  L: x2 a year to 2029, then x1.1",
)
# fmt: on


class State(NamedTuple):
    """Log software, 0 at 2026.0."""

    log_software: Array


class Kwa(Published):
    """The model `kwa`."""

    name: ClassVar[str] = "kwa"
    assumes: ClassVar[str] = (
        "One share of AI R&D is automated along one S-curve of effective compute, freed labour moves at once to what is "
        "left, and software gets harder to find as it grows. No specialism binds, no training run takes time. Where it is "
        "calibrated to the share of code that AI writes, that automated share is read as coding's."
    )
    version: ClassVar[str] = "1"
    epoch: ClassVar[float] = 2026.0
    start: ClassVar[float] = 2026.0 + BEFORE
    observed_from: ClassVar[float] = 2026.0 + BEFORE
    steps_per_year: ClassVar[int] = 12
    steps_per_innovation: ClassVar[int] = 3
    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    milestones: ClassVar[tuple[Milestone, ...]] = MILESTONES
    observables: ClassVar[tuple[Observable, ...]] = OBSERVABLES
    equations: ClassVar[tuple[str, ...]] = EQUATIONS
    last: ClassVar[str] = "automation_99"

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds exponents and the logit of f at 2026.0."""
        share = params["automated_share_2026"]
        full = {
            "v": 1.0 / params["automation_width"],
            "logit": maths.log(share) - maths.log1p(-share),
            "rest": maths.log1p(-share),
            "alpha": params["labour_share"] * params["returns_to_scale"],
            "zeta": (1.0 - params["labour_share"]) * params["returns_to_scale"],
            "beta": params["difficulty_growth"],
        }
        return maths.fences(full)

    def init(self, params: Params, t: float, z: Array) -> State:
        """Nothing yet."""
        return State(0.0 * params["v"])

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """A step of the fourth order, from 2026.0 on."""
        after = _advance(state.log_software, params, maths.maximum(t, 0.0), dt)
        return State(jnp.where(t >= -0.5 * dt, after, state.log_software))

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Software, the automated share, and what data see of it: f is taken for the automated share of coding."""
        before = maths.minimum(t, 0.0)
        software = state.log_software + SOFTWARE_GROWTH * before
        logit = _automation(software, params, _at(LOG_COMPUTE, maths.maximum(t, 0.0)) + LOG_COMPUTE[1] * before)
        return {
            "automated_logit": logit,
            "coding_logit": logit,
            "automated_share": maths.sigmoid(logit),
            "log_multiplier": params["alpha"] * maths.minimum(maths.softplus(logit), LEAST_LOGIT),
            "log_software": software,
        }


def _at(table: np.ndarray, t: Array) -> Array:
    """A yearly table at t, by a straight line of logs: one number for all trajectories."""
    return jnp.interp(t, jnp.asarray(YEARS, t.dtype), jnp.asarray(table, t.dtype))


def _automation(log_software: Array, params: Params, log_compute: Array) -> Array:
    return params["logit"] + params["v"] * (log_software + log_compute)


def _pace(log_software: Array, params: Params, log_compute: Array, log_labour: Array) -> Array:
    """d log S/dt."""
    freed = maths.minimum(maths.softplus(_automation(log_software, params, log_compute)), LEAST_LOGIT)
    labour = log_labour + freed + params["rest"]
    log_pace = params["alpha"] * labour + params["zeta"] * log_compute - params["beta"] * log_software
    return SOFTWARE_GROWTH * maths.exp(log_pace)


def _advance(log_software: Array, params: Params, t: Array, dt: float) -> Array:
    inputs = [(_at(LOG_COMPUTE, t + part * dt), _at(LOG_LABOUR, t + part * dt)) for part in (0.0, 0.5, 1.0)]
    first = maths.fence(_pace(log_software, params, *inputs[0]))
    second = maths.fence(_pace(log_software + 0.5 * dt * first, params, *inputs[1]))
    third = maths.fence(_pace(log_software + 0.5 * dt * second, params, *inputs[1]))
    fourth = _pace(log_software + dt * third, params, *inputs[2])
    return log_software + dt / 6.0 * (first + 2.0 * (second + third) + fourth)
