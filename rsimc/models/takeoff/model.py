"""The flagship: compute and people in, software and capability out, the capability automates the research itself.

The entity is the leading lab, doing research with its last released model. Other labs and pauses are options of the
scenario. Each mechanism has a room of its own: `compute`, `shares`, `software`, `generations`, `horizon`,
`specialisms`, `labour`, `people`, `policy`, `noise`; `lab` puts them together, this module puts labs together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Duration, Form, Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.takeoff import horizon, labour, labs, noise, policy, specialisms
from rsimc.models.takeoff import lab as one
from rsimc.models.takeoff import milestones as marks
from rsimc.models.takeoff.equations import EQUATIONS, STATES
from rsimc.models.takeoff.forms import FORMS, chosen
from rsimc.models.takeoff.labs import Rival
from rsimc.models.takeoff.parameters import PARAMETERS, SPECIALISMS
from rsimc.models.takeoff.policy import Pause

Array = jax.Array
QUARTERS_TO_ANCHOR = 24


class State(NamedTuple):
    """Noise common to all; the labs, the leading one first; when each pause was triggered (years since 2025.0);
    whether a fence was touched."""

    noise: noise.Noise
    labs: tuple[one.Lab, ...]
    triggered: tuple[Array, ...]
    clipped: Array


@dataclass(frozen=True)
class Takeoff:
    """The flagship model `takeoff`.

    rivals, pauses: options of the scenario. diffusion: prior of the rate at which labs learn from the furthest, 1/year.
    since: decimal year from which thresholds can trigger a pause.
    """

    rivals: tuple[Rival, ...] = ()
    diffusion: object = 1.0
    pauses: tuple[Pause, ...] = ()
    since: float = 2025.0

    name: ClassVar[str] = "takeoff"
    version: ClassVar[str] = "7"
    assumes: ClassVar[str] = (
        "Eight specialisms are automated one by one as the time horizon of models grows, the less checkable the later; "
        "the least automated binds. Research takes compute, which customers and limits of supply compete for, training "
        "runs take their time, and people remain where AI cannot judge."
    )
    epoch: ClassVar[float] = 2025.0
    start: ClassVar[float] = 2019.0
    steps_per_year: ClassVar[int] = 12
    steps_per_innovation: ClassVar[int] = 3
    innovations: ClassVar[tuple[str, ...]] = ("horizon", "software", "trend")
    anchor_innovations: ClassVar[int] = 1 + QUARTERS_TO_ANCHOR
    milestones: ClassVar[tuple[Milestone, ...]] = marks.MILESTONES
    durations: ClassVar[tuple[Duration, ...]] = marks.DURATIONS
    classes: ClassVar[tuple[str, ...]] = marks.CLASSES
    observables: ClassVar[tuple[Observable, ...]] = marks.OBSERVABLES
    forms: ClassVar[tuple[Form, ...]] = FORMS
    specialisms: ClassVar[Mapping[str, str]] = MappingProxyType({name: f"{name}_logit" for name in SPECIALISMS})
    equations: ClassVar[tuple[str, ...]] = EQUATIONS
    states: ClassVar[tuple[tuple[str, str, str], ...]] = STATES

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the leading lab, then those of rivals and pauses."""
        return PARAMETERS + self.options

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Uncertain quantities of rivals and pauses: they act after the data, which do not inform them."""
        return labs.parameters(self.rivals, self.diffusion) + policy.parameters(self.pauses)

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds the anchors of the reference path, normalised weights and the noise coefficients."""
        dt, steps = 1.0 / self.steps_per_year, self.steps_per_innovation
        params = chosen(params)
        full = {
            **maths.fences(horizon.anchor(params), known=params),
            **maths.fences(noise.coefficients(params, dt, steps)),
            **maths.fences(specialisms.anchor(params)),
        }
        full = {**full, **maths.fences(labour.anchor(full))}
        return {**full, "trend_2025": noise.trend_at_anchor(full, past, dt, steps)}

    def init(self, params: Params, t: float, z: Array) -> State:
        """All labs at the start."""
        drift = noise.start(params, z)
        begins, dt = t + 0.0 * drift.horizon, 1.0 / self.steps_per_year
        deviation = _deviation(drift, params)
        every = tuple(one.start(params, scale, begins, dt, deviation) for scale in labs.scales(self.rivals, params))
        triggered = policy.start(self.pauses, self.epoch, deviation)
        return State(drift, every, triggered, deviation > deviation)

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """Second-order steps; z [3, ...] is the quarter's innovation."""
        drift = noise.advance(state.noise, params, z, dt)
        # Fenced: computed once, and rounded alike in every program.
        wobble = maths.fence(0.5 * (state.noise.software + drift.software))
        moving = wobble, maths.fence(_deviation(drift, params)), maths.fence(_deviation(state.noise, params))
        front = labs.furthest(state.labs)
        every: list[one.Lab] = []
        clipped = state.clipped
        for lab, name, scale in zip(state.labs, labs.names(self.rivals), labs.scales(self.rivals, params), strict=True):
            stopped = policy.stopped(self.pauses, state.triggered, params, name, t, dt)
            leader = every[0] if every else None
            after, touched = one.advance(lab, params, scale, t, dt, moving, stopped, leader, front)
            every.append(after)
            clipped = clipped | touched
        new = State(drift, tuple(every), state.triggered, clipped)
        if not self.pauses:
            return new
        seen = self.observe(state, params, t), self.observe(new, params, t + dt)
        return new._replace(triggered=policy.watch(self.pauses, state.triggered, *seen, self.since - self.epoch, t, dt))

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Quantities by name, those of the lab whose released model is the most capable."""
        scales = labs.scales(self.rivals, params)
        seen = [one.observe(lab, params, scale, t) for lab, scale in zip(state.labs, scales, strict=True)]
        return labs.foremost(seen, state.labs)

    def clipped(self, state: State) -> Array:
        """Whether the fence on the pace of software was touched."""
        return state.clipped

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """See `milestones.classify`."""
        return marks.classify(dates, horizon)


def _deviation(drift: noise.Noise, params: Params) -> Array:
    return drift.horizon + drift.trend - params["trend_2025"]
