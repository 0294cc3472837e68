"""The AI Futures Model of December 2025 (B. Halstead, E. Lifland, D. Kokotajlo and others; `ai-futures-calculator`).

Two unknowns, effective compute E and the stock of research R, from 2012 on: AI does more of coding as E grows
(`coding`), and chooses experiments better (`taste`); both speed research up (`effort`), on people and compute as given
(`inputs`).

Each trajectory takes steps of its own (`path`), and is known when it starts; the engine's steps only read it. So none
is lost where the original's solver gives up (7 of 10,000 draws of its published run), and dates are exact where the
original reads them off tenths of a year: `dates_form = tenths` does the same.

Its table of 4,096 tasks is left aside. Where q of `coding` is 64 or more (one draw in twelve), sums over the table are
less than a float can hold, and its dates are up to two decades from those of the equations. On the other draws 98% of
dates are within 0.05 years of the original's, with tenths 99%; on all of them 93% and 95%, and with `tasks_form =
table` as well, which does as its table does, 95.3%. What is left are draws for which the table knows no S-curve at all.

Ours: 600 draws of the original's own are in the tests; training compute after 2050; at most 60 orders of magnitude of
efficiency a year; parallel labour worth at least the power 0.02; and an 80% time horizon that data see through a ratio
to the 50% one.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Duration, Form, Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.published.aifm import coding, effort, path, quantities, taste, world
from rsimc.models.published.aifm.inputs import START, inputs
from rsimc.models.published.aifm.quantities import FASTER, MILESTONES
from rsimc.models.published.base import Published, since

Array = jax.Array
NEVER = 1e4
"""Years after which a milestone that never comes is dated: beyond every horizon."""
SKILLED = 7
"""The first milestone of skill."""


class State(NamedTuple):
    """Whether the steps of a trajectory have not been enough."""

    short: Array


class FuturesModel(Published):
    """The model `aifm`."""

    name: ClassVar[str] = "aifm"
    assumes: ClassVar[str] = (
        "Coding is automated along an S-curve of effective compute that ends where the time horizon is long enough; "
        "then AI's choice of experiments improves by so many standard deviations an order of magnitude. People and "
        "compute grow as scheduled, whatever happens; no training run takes time, and nobody pauses."
    )
    version: ClassVar[str] = "2"
    epoch: ClassVar[float] = START
    start: ClassVar[float] = 2019.0
    observed_from: ClassVar[float] = 2019.0
    steps_per_year: ClassVar[int] = 12
    steps_per_innovation: ClassVar[int] = 3
    parameters: ClassVar[tuple[Parameter, ...]] = quantities.PARAMETERS
    correlations: ClassVar[tuple[tuple[str, str, float], ...]] = quantities.CORRELATIONS
    forms: ClassVar[tuple[Form, ...]] = quantities.FORMS
    milestones: ClassVar[tuple[Milestone, ...]] = MILESTONES
    durations: ClassVar[tuple[Duration, ...]] = quantities.DURATIONS
    observables: ClassVar[tuple[Observable, ...]] = quantities.OBSERVABLES
    equations: ClassVar[tuple[str, ...]] = quantities.EQUATIONS
    last: ClassVar[str] = "automated_coder"

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds the draw made ready, effective compute on a calendar (`way` [times, ...]), when its steps end and the
        dates of its milestones, in years since 2012."""
        made = world.world(params)

        def compute(t: Array, y: Array) -> Array:
            return world.training_compute(made.training, t) + made.returns * (y - made.first)

        def log_rate(t: Array, y: Array) -> Array:
            given, level = inputs(t), maths.fence(compute(t, y))
            labour = given.labour + maths.fence(coding.log_labour(made.curve, level, given.inference))
            chosen = maths.fence(taste.log_mean_taste(made.skills, world.skill(made, level)))
            return chosen + effort.log_effort(made.experiments, given.experiments, labour) - y

        levels = world.levels(made, params["generality"])
        way, exact = path.travel(log_rate, compute, made.first, made.returns, levels)
        tenths = _tenths(made, way, exact, params["generality"])
        dates = maths.minimum(jnp.where(params["dates_form"] > 0.5, tenths, exact), NEVER)
        full = {f"date_{m.name}": dates[n] for n, m in enumerate(MILESTONES)}
        kept = {"ends": way.t[-1], "way": path.on_calendar(way)}
        return maths.fences({**params, **world.packed(made), **full, **kept})

    def init(self, params: Params, t: float, z: Array) -> State:
        """All is known."""
        return State(0.0 * params["doubling_time"])

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """Nothing is carried but whether the way ends before t + dt."""
        return State(jnp.where(t + dt > params["ends"], 1.0, state.short))

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Dates as what has passed since; the rest from effective compute."""
        of = world.unpacked(params)
        level = maths.fence(path.read_calendar(params["way"], t))
        given = inputs(t + 0.0 * level)
        minutes = world.log_horizon(of, level, params["present_horizon"])
        return {
            **{m.quantity: since(params[f"date_{m.name}"], t) for m in MILESTONES},
            "log_horizon": minutes + maths.log(params["reliability_ratio"]) - math.log(60.0),
            "log_coding": coding.log_labour(of.curve, level, given.inference),
            "log_multiplier": world.log_multiplier(of, level),
            "effective_compute": level - of.now,
        }

    def clipped(self, state: State) -> Array:
        """Whether steps have run out."""
        return state.short > 0.5


def _tenths(of: world.World, way: path.Way, exact: Array, generality: Array) -> Array:
    """Dates [milestones, ...] as the original reads them: where a straight line between tenths of a year comes to the
    level of an automated coder, a straight line of logs to those of the other quantities."""
    best, far, expert, beyond = world.skills_asked(of, generality)
    research = [jnp.full_like(best, math.log(n)) for n in FASTER]
    aims = jnp.stack([of.coder, world.superhuman_coding(of), *research, best, far, far, expert, beyond])
    kinds = [world.COMPUTE, world.CODING] + [world.RESEARCH] * len(FASTER) + [world.SKILL] * 5

    def read(one: tuple[Array, Array, Array]) -> Array:
        kind, date, aim = one
        come = jnp.isfinite(date)
        begun = jnp.floor(jnp.where(come, date, 0.0) * 10.0 + 1e-4) * 0.1

        def ends(later: Array) -> Array:
            return world.quantity(of, kind, path.compute_at(way, begun + later))

        low, high = jax.lax.map(ends, jnp.asarray([0.0, 0.1], date.dtype))
        logs = (kind == world.SKILL) & (low > 0.0)
        low, high, aim = (jnp.where(logs, maths.log(maths.maximum(x, 1e-6)), x) for x in (low, high, aim))
        part = jnp.clip((aim - low) / maths.maximum(high - low, 1e-9), 0.0, 1.0)
        return jnp.where(come, begun + 0.1 * part, date)

    found = list(jax.lax.map(read, (jnp.asarray(kinds), exact, aims)))
    for n in (SKILLED, SKILLED + 1):
        found[n] = maths.maximum(found[n], found[0])
    return jnp.stack(found)
