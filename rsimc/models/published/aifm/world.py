"""One draw of the AI Futures Model made ready: what its numbers of today mean in orders of magnitude, and the levels of
effective compute at which its milestones come.

Numbers "of today" (2025.6) are of a world of people alone, as in the original, though AI already adds to coding there:
E and its growth g then turn years of today's progress into orders of magnitude, and r is such that software efficiency
grew in 2024 as the draw says. Every milestone is a level of E: of the time horizon, of coding labour and of research on
today's resources, or of skill in standard deviations among people.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.base import Params
from rsimc.models.published.aifm import coding, effort, inputs, taste
from rsimc.models.published.aifm.quantities import FASTER
from rsimc.models.published.roots import root

Array = jax.Array
HORIZONS = (960.0, 1e11)
"""Bounds of the original, minutes."""
EVEN = 1e-4
"""|1 - growth of doublings| below which they are taken as even (0.3% off at most over 25 doublings)."""
COMPUTE, CODING, RESEARCH, SKILL = range(4)
"""Kinds of quantities that milestones are levels of."""
EARLIER, LATER, TURNS = 20.0, 300.0, 40
"""Orders of magnitude around today's in which levels are looked for, and evaluations for each."""
MANY_CODERS = (math.log(30.0), math.log(300.0))
"""AI 2027's superhuman coder: 30 times the coders; and 30 times as fast, with ten times to spare for what cannot run
side by side."""


class Training(NamedTuple):
    """Growth before and after; the knots that it changes between, years since 2012; whether the table is taken."""

    before: Array
    after: Array
    begun: Array
    ended: Array
    series: Array


class World(NamedTuple):
    """experiments, curve, skills, training: of those parts. returns: r/log 10; first: log R at the start; now: E today;
    coder: E of an automated coder; skill: in sd at `coder`; slope: of skill by E; doubling: orders of magnitude of the
    time horizon's doubling today; shortening: 1 - growth of doublings."""

    experiments: effort.Experiments
    curve: coding.Curve
    skills: taste.Taste
    training: Training
    returns: Array
    first: Array
    now: Array
    coder: Array
    skill: Array
    slope: Array
    doubling: Array
    shortening: Array


def world(params: Params) -> World:
    """Of one draw."""
    parallel = jnp.clip(params["parallel"], 0.02, 1.0)
    tenth = maths.minimum(1.0 + params["tenth_of_compute"], 10.0)
    labour = maths.minimum(1.0 + params["unlimited_labour"], 1e5)
    made = effort.experiments(labour, maths.minimum(1.0 + params["unlimited_compute"], 1e7), tenth, parallel)
    alone, training = effort.people_alone(made), _training(params)
    returns = params["software_progress"] / maths.exp(alone.reference)
    today = inputs.PRESENT - inputs.START + 0.0 * returns
    now = training_compute(training, today) + returns * (maths.log(alone.stock) - alone.begun)
    growth = returns / alone.stock + _growth(training, today)
    doubling, shortening = jnp.clip(params["doubling_time"], 0.01, 2.0) * growth, _shortening(params)
    coder = now + _to_coder(params, doubling, shortening, growth)
    curve = _curve(params, parallel, now, coder, growth)
    skills = taste.taste(
        jnp.clip(1.0 + params["best_researcher"], 1.01, 100.0),
        jnp.clip(params["taste_limit"], 0.01, 100.0),
        jnp.clip(params["taste_smoothing"], 0.001, 0.999),
    )
    compute, people = inputs.known(np.array([inputs.START]))
    machines, steeper = coding.early_labour(curve)
    growing = float(inputs.FIRST_GROWTH[0]) + steeper
    first = effort.steady_stock(made, float(compute[0]), float(people[0]) + machines, growing)
    slope = params["skill_growth"] / growth
    skill = params["skill_at_coder"]
    return World(made, curve, skills, training, returns, first, now, coder, skill, slope, doubling, shortening)


def _training(params: Params) -> Training:
    before, after = (jnp.clip(params[name], 0.0, 2.0) for name in ("compute_growth", "compute_growth_after"))
    return Training(before, after, *inputs.change(params["slowdown"]), params["training_form"])


def training_compute(of: Training, t: Array) -> Array:
    """Orders of magnitude since 2012, t years after."""
    drawn = inputs.drawn_training(t, of.before, of.after, (of.begun, of.ended))
    return jnp.where(of.series > 0.5, inputs.inputs(t).training, drawn)


def _growth(of: Training, t: Array) -> Array:
    """Of training compute, orders of magnitude a year."""
    part = jnp.clip((t - of.begun) / maths.maximum(of.ended - of.begun, 1e-6), 0.0, 1.0)
    return jnp.where(of.series > 0.5, inputs.GROWTH_NOW, of.before + (of.after - of.before) * part)


def _shortening(params: Params) -> Array:
    a = 1.0 - jnp.clip(params["doubling_growth"], 0.5, 1.5)
    return jnp.where(jnp.abs(a) < EVEN, EVEN, a)


def _to_coder(params: Params, doubling: Array, shortening: Array, growth: Array) -> Array:
    """Orders of magnitude from today to an automated coder."""
    with_gap = params["gap_drawn"] < params["gap_share"]
    horizon = jnp.where(with_gap, params["gap_horizon"], params["coder_horizon"])
    doublings = maths.log2(jnp.clip(horizon, *HORIZONS) / params["present_horizon"])
    extended = -doubling * maths.expm1(doublings * maths.log1p(-shortening)) / shortening
    return extended + jnp.where(with_gap, params["gap"] * growth, 0.0)


def _curve(params: Params, parallel: Array, now: Array, coder: Array, growth: Array) -> coding.Curve:
    kind, by = params["coding_kind"], params["coding_by"]
    exponents = params["coding_exponent"]
    rho = jnp.where(kind < by[0], exponents[0], jnp.where(kind < by[1], exponents[1], exponents[2]))
    log_growth = maths.log(jnp.clip(params["efficiency_growth"], 0.01, 10.0))
    efficiency = maths.exp(maths.minimum(0.5 / parallel * log_growth, 60.0)) / growth
    last = coding.last_odds(rho, maths.log(maths.maximum(params["coding_cap"], 1.0)), parallel)
    multiplier = maths.log(maths.minimum(1.0 + params["coding_multiplier"], 10.0))
    as_table = params["tasks_form"] > 0.5
    return coding.calibrated(now, coder, multiplier, inputs.INFERENCE_NOW, efficiency, rho, last, as_table)


def skill(of: World, compute: Array) -> Array:
    """Of AI at choosing experiments, in sd above the median researcher."""
    return of.skill + of.slope * (compute - of.coder)


def log_coding_today(of: World, compute: Array) -> Array:
    """Log coding labour on today's resources, against people alone."""
    return coding.log_labour(of.curve, compute, inputs.INFERENCE_NOW + 0.0 * compute)


def log_multiplier(of: World, compute: Array) -> Array:
    """Log pace of software progress on today's resources, against people alone."""
    return quantity(of, jnp.asarray(RESEARCH), compute)


def superhuman_coding(of: World) -> Array:
    """Log coding labour of AI 2027's superhuman coder."""
    return MANY_CODERS[0] + MANY_CODERS[1] / of.experiments.parallel


def skills_asked(of: World, generality: Array) -> tuple[Array, ...]:
    """Of a superhuman and a superintelligent researcher, of a top expert at everything and of superintelligence."""
    base = maths.maximum(of.skill, taste.BEST)
    return (
        0.0 * base + taste.BEST,
        0.0 * base + 3.0 * taste.BEST,
        base * (1.0 + generality),
        base * (3.0 + generality),
    )


def levels(of: World, generality: Array) -> Array:
    """Effective compute at which each milestone comes [milestones, ...], in their order; inf where it never does."""
    low, high = of.now - EARLIER, of.now + LATER
    research = [0.0 * of.now + math.log(n) for n in FASTER]
    aims = jnp.stack([superhuman_coding(of), *research])

    def reached(one: tuple[Array, Array]) -> Array:
        kind, aim = one
        found = root(lambda e: quantity(of, kind, e) - aim, low, high, TURNS)
        return jnp.where(found < high, found, jnp.inf)

    coder, *research = jax.lax.map(reached, (jnp.asarray([CODING] + [RESEARCH] * len(FASTER)), aims))
    best, far, expert, beyond = (of.coder + (s - of.skill) / of.slope for s in skills_asked(of, generality))
    skilled = (maths.maximum(best, of.coder), maths.maximum(far, of.coder), far, expert, beyond)
    return jnp.stack([of.coder, coder, *research, *skilled])


def quantity(of: World, kind: Array, compute: Array) -> Array:
    """At effective compute E: E itself, log coding labour or log pace of research on today's resources, or skill."""
    coding_today = log_coding_today(of, compute)
    chosen = taste.log_mean_taste(of.skills, skill(of, compute))
    research = chosen + effort.log_effort(of.experiments, 0.0 * compute, coding_today)
    return jnp.where(
        kind == CODING,
        coding_today,
        jnp.where(kind == RESEARCH, research, jnp.where(kind == SKILL, skill(of, compute), compute)),
    )


def log_horizon(of: World, compute: Array, minutes: Array) -> Array:
    """Log of the 80% time horizon, with `minutes` today; what grows without bound ends a thousandth before it would."""
    left = maths.maximum(1.0 - of.shortening * (compute - of.now) / of.doubling, 1e-3)
    return maths.log(minutes) + maths.LN2 * maths.log(left) / maths.log1p(-of.shortening)


_PARTS = (effort.Experiments, coding.Curve, taste.Taste, Training)
_SIZES = tuple(len(part._fields) for part in _PARTS)


def packed(of: World) -> dict[str, Array]:
    """As parameters of a model."""
    return {f"world_{n}": leaf for n, leaf in enumerate(jax.tree.leaves(of))}


def unpacked(params: Params) -> World:
    """What `packed` put there."""
    rest = [params[f"world_{n}"] for n in range(sum(_SIZES) + len(World._fields) - len(_SIZES))]
    parts: list[Any] = []
    for part, size in zip(_PARTS, _SIZES, strict=True):
        parts.append(part(*rest[:size]))
        rest = rest[size:]
    return World(*parts, *rest)
