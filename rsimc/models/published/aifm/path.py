"""The way of effective compute in the AI Futures Model, each trajectory along steps of its own.

    R' = taste(E) X(E, t),   E = training(t) + r log10(R/R_0)

R and E are one unknown: y = log R, y' = e^{log effort - y}. When AI speeds up AI, y' grows a thousandfold within days:
no step of time is short enough for that and long enough for the rest. A step of Runge and Kutta here is one of length
along the way, time in units of `_longest(t)` years and y in units of `_speed`, so that it ends by whichever comes
first. A takeoff takes some tens of the STEPS; of 131,072 draws of the published priors none runs out before 2050.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths

Array = jax.Array
STEPS = 320
CALENDAR = np.concatenate([np.arange(7.0, 28.0, 0.25), np.arange(28.0, 49.0, 1.0), np.arange(52.0, 189.0, 4.0)])
"""Years since 2012 at which effective compute is kept: quarters from 2019 to 2040, years to 2060, then every fourth."""
PARTS, WEIGHTS = np.array([0.0, 0.5, 0.5, 1.0]), np.array([1.0, 2.0, 2.0, 1.0]) / 6.0
"""Of the classical Runge and Kutta: how far along the last stage's slope a stage is, and what its own weighs."""


class Way(NamedTuple):
    """Of each step its start in years since 2012, [STEPS + 1, ...], and effective compute there."""

    t: Array
    compute: Array


def _longest(t: Array) -> Array:
    """Years of a step in which little research is done."""
    early = jnp.where(t < 12.0, 0.5, 0.2)
    return jnp.where(t < 28.0, early, jnp.where(t < 38.0, 0.4, 3.0))


def _speed(log_rate: Array, t: Array) -> tuple[Array, Array]:
    """dt/ds and dy/ds from log y'."""
    rate = maths.exp(jnp.clip(log_rate, -60.0, 80.0))
    wide = 0.4 + 3.0 * rate / (rate + 20.0)
    dt = 1.0 / (1.0 / _longest(t) + rate / wide)
    return dt, rate * dt


def travel(
    log_rate: Callable[[Array, Array], Array],
    compute: Callable[[Array, Array], Array],
    first: Array,
    returns: Array,
    levels: Array,
) -> tuple[Way, Array]:
    """The way from 2012 on, and when it comes to levels [M, ...] of effective compute, years since 2012, inf if never.

    log_rate(t, y): log y'; compute(t, y): E; first: y at the start; returns: orders of magnitude of E for each of y.
    """
    nothing = 0.0 * first

    def rates(t: Array, y: Array) -> tuple[Array, Array]:
        return _speed(log_rate(t, y), t)

    def step(carry: tuple[Any, ...], _: None) -> tuple[tuple[Any, ...], tuple[Array, Array]]:
        before, t, y, level, dates = carry

        def stage(n: Array, at: tuple[Array, ...]) -> tuple[Array, ...]:
            dt, dy, *sums = at
            dt, dy = rates(t + jnp.asarray(PARTS, t.dtype)[n] * dt, y + jnp.asarray(PARTS, t.dtype)[n] * dy)
            weight = jnp.asarray(WEIGHTS, t.dtype)[n]
            first = [jnp.where(n == 0, new, old) for new, old in zip((dt, dy), sums[2:], strict=True)]
            return dt, dy, sums[0] + weight * dt, sums[1] + weight * dy, *first

        _, _, years, rise, *here = jax.lax.fori_loop(0, 4, stage, (nothing,) * 6)
        place = (t, y, level, (here[0], here[1]))
        dates = jnp.minimum(dates, _crossed(levels, before, place, returns))
        later, higher = maths.fence(t + years), maths.fence(y + rise)
        return (place, later, higher, maths.fence(compute(later, higher)), dates), (t, level)

    begun = compute(nothing, first)
    dates = jnp.where(levels <= begun, 0.0, jnp.inf) + nothing
    nowhere = (nothing, first, begun, (nothing + 1.0, nothing + 1.0))
    start = (nowhere, nothing, first, begun, dates)
    carry, way = jax.lax.scan(step, start, None, length=STEPS + 1)
    return Way(*way), carry[-1]


def compute_at(way: Way, t: Array) -> Array:
    """Effective compute at t years since 2012, by a straight line within a step; after the last what it comes to."""

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) // 2
        later = _row(way.t, middle) > t
        return jnp.where(later, low, middle), jnp.where(later, middle, high)

    ends = (jnp.zeros(t.shape, jnp.int32), jnp.full(t.shape, STEPS, jnp.int32))
    step = jax.lax.fori_loop(0, STEPS.bit_length(), halve, ends)[0]
    before, after, low, high = (_row(part, step + later) for part in way for later in (0, 1))
    return low + (high - low) * jnp.clip((t - before) / maths.maximum(after - before, 1e-9), 0.0, 1.0)


def _row(rows: Array, place: Array) -> Array:
    return jnp.take_along_axis(rows, place[None], axis=0)[0]


def on_calendar(way: Way) -> Array:
    """Effective compute at the times of CALENDAR [times, ...]."""
    shape = way.t.shape[1:]
    times = jnp.asarray(CALENDAR, way.t.dtype)
    return jax.lax.map(lambda t: compute_at(way, jnp.broadcast_to(t, shape)), times)


def read_calendar(rows: Array, t: Array) -> Array:
    """Effective compute at t years since 2012, one t for all, by straight lines between the times of CALENDAR."""
    times = jnp.asarray(CALENDAR, rows.dtype)
    place = jnp.clip(jnp.searchsorted(times, t, side="right") - 1, 0, len(CALENDAR) - 2)
    part = jnp.clip((t - times[place]) / (times[place + 1] - times[place]), 0.0, 1.0)
    return rows[place] + part * (rows[place + 1] - rows[place])


Place = tuple[Array, Array, Array, tuple[Array, Array]]
"""t, y, E, and dt/ds and dy/ds."""


def _crossed(levels: Array, begun: Place, ended: Place, returns: Array) -> Array:
    """When a step comes to each level, inf if it does not: the cubic of t by E with the slopes at both ends, where what
    training compute adds to E is even over the step."""
    (t, y, low, a), (later, higher, high, b) = begun, ended
    years, rise = later - t, maths.maximum(high - low, 1e-30)
    given = maths.maximum(rise - returns * (higher - y), 0.0) / maths.maximum(years, 1e-30)
    slopes = [jnp.clip(rise * dt / (given * dt + returns * dy), 0.0, 3.0 * years) for dt, dy in (a, b)]
    part = (levels - low) / rise
    rest = 1.0 - part
    after = years * part * part * (3.0 - 2.0 * part) + part * rest * (slopes[0] * rest - slopes[1] * part)
    return jnp.where((levels > low) & (levels <= high), t + after, jnp.inf)
