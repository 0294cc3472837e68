"""The original's table of 4,096 tasks, as far as it shows in dates: `tasks_form = table`.

It sums the integral of `coding` from task to task on the scale of the last one, and a sum can hold no less than 1e-300
of that. Where q is 64 or more, the sums over the first tasks are less, and count as much too much: coding labour falls
below people's own, calibration looks for such an S-curve as makes good for it, and dates come out up to two decades
off. Before its first task nothing is automated, and what would pay for AIs before it pays at it.

All logs; odds are log(i/(1-i)), logits those of i/1.1, as in `coding`.
"""

from __future__ import annotations

import jax
import numpy as np

from rsimc import maths

Array = jax.Array
TASKS = 4095
FIRST = float(-np.log(TASKS - 1.0))
"""Odds of the first task."""
LEAST = float(np.log(1e-300) - np.log(TASKS))
"""What the least sum comes to, a task's share of it included."""
NONE = -1e30
"""The floor where no table is asked for."""
BEYOND = 60.0
"""A logit beyond that of every task."""
NEWTON = 6


def floor(power: Array, last_logit: Array) -> Array:
    """The least that sums hold, to be taken on the scale of a task at logit l: less q l."""
    return LEAST + power * last_logit


def worth(ratio: Array, power: Array, sums: Array, reach: Array, asymptote: float) -> Array:
    """Logit of the last task that pays for AIs where the floor `sums` is all that its sum holds:
    sums - q l - log(1-i) = reach - ratio l, where i = asymptote sigmoid(l); beyond all where all of them pay."""
    rise, end = ratio - power, -float(np.log(asymptote - 1.0))
    aim, most = reach - sums, end - 1e-6

    def step(_: Array, logit: Array) -> Array:
        share = maths.sigmoid(logit)
        left = maths.maximum(1.0 - asymptote * share, 1e-7)
        off = rise * logit - maths.log(left) - aim
        return maths.minimum(logit - off / (rise + asymptote * share * (1.0 - share) / left), most)

    logit = jax.lax.fori_loop(0, NEWTON, step, maths.minimum(aim / rise, most))
    return maths.where(logit < end - 1e-3, logit, BEYOND)
