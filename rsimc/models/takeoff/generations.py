"""Generations: research is done by the last model that was released inside the lab, and models come one after another.

    e_dep' = (e - e_dep)/tau,    tau = tau_run + tau_prep/E,    n' = 1/tau

e = s + log(training compute) is the effective compute that a model would have if it were trained now. A training run
takes its time whatever the effort; preparation shrinks with research effort E (`log_haste` in `lab`). n counts
versions; the gain of a version, tau e_dep', is how much more effective compute it has than the one before; a lab does
not release a model that is worse, however much compute its customers take. From loop closure on AI builds its
own successors.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
NEVER = 1e4
"""Stands for what the state holds of a loop closure that has not come: nothing can pass it."""
PAUSED = 1e-3
"""Share of a step below which the work in it does not show what a version gains."""


class Generations(NamedTuple):
    """The released generation's effective compute (nats) now and at 2025.0, versions since 2019 and the last version's
    gain (nats); effective compute at loop closure."""

    released: Array
    released_2025: Array
    versions: Array
    gain: Array
    closed_at: Array


def start(params: Params, effective: Array) -> Generations:
    """In 2019 the released generation is as far behind as the reference path has it."""
    lag = params["training_time"] + params["preparation_time"]
    gain = lag * params["pace_2019"]
    released = effective - gain
    never = NEVER + 0.0 * released
    return Generations(released, released, 0.0 * released, gain, never)


def advance(
    before: Generations, params: Params, now: Array, slope: Array, log_haste: Array, dt: float, runs: Array | float
) -> Generations:
    """After dt years in which e goes along a line from `now` with `slope`: exact for that line at constant tau.

    runs: the share of the step in which work on generations goes on.
    """
    lag = maths.fence(params["training_time"] + params["preparation_time"] * maths.exp(-log_haste))
    behind = before.released - now + slope * lag
    spent = dt * runs
    released = maths.fence(
        maths.maximum(now + slope * (spent - lag) + behind * maths.decay(spent / lag), before.released)
    )
    gain = lag * (released - before.released) * (1.0 / dt) / maths.maximum(runs, PAUSED)
    return before._replace(
        released=released,
        versions=before.versions + spent / lag,
        gain=maths.where(runs > PAUSED, gain, before.gain),
    )


def close(before: Generations, after: Generations, share: Array, is_closed: Array) -> Generations:
    """Keeps where the loop closed, a share of the step from `before` to `after`."""
    first = is_closed & (after.closed_at >= NEVER)
    at = before.released + share * (after.released - before.released)
    return after._replace(closed_at=maths.where(first, at, after.closed_at))
