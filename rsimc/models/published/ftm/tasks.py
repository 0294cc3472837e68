"""A hundred tasks that people do and AI comes to do: what each asks for, and who does it.

Requirements are a curve of the task's rank q = 0, 1/99, ..., 1: in orders of magnitude below the hardest task,

    log requirement = log hardest + e(q) log gap,   e = -10.5/7, -8.5/7, -7/7, -4/7, 0 at q = 0, 0.1, 0.2, 0.5, 1

with straight lines in between: four of them, as 5% (-9.5/7) lies on the first. A worker at task j is worth
r_j = max(1, R_j (F_j/T)^m) of compute, R_j the requirement at run time, F_j that of training, T the largest training
run, m the trade-off. Both requirements follow e, so log r_j = max(0, top + steep e_j) with two numbers a trajectory.

Tasks are of equal weight in a CES of exponent rho = 1 - 1/sigma; one more, done by compute alone, has r = 1. The most
is made of labour and compute when compute does tasks 1..m and labour the rest, the next task shared by both where their
prices meet on it. Sums of r^(1-sigma) over tasks are sums of geometric series, one a line, so that m is found by
halving, without a table of tasks.

Left out: labour at the task that is compute's alone, which pays only where compute is scarcer than people (the original
would allow it; in none of its draws is it).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths

Array = jax.Array
TASKS = 100
LAST = TASKS - 1.0
LOG_TASKS = math.log(TASKS)
HALVINGS = 7
"""Enough for 101 places."""
MOST = 60.0
"""Greatest log of a sum over tasks against that of the first: what is more is of tasks that no AI can do."""
WITHIN = 80.0
"""Log of a ratio of compute to labour that counts as all or nothing."""
PLACES = np.array([0.0, 0.1, 0.2, 0.5, 1.0])
LEVELS = np.array([-10.5, -8.5, -7.0, -4.0, 0.0]) / 7.0
"""e(q) at the ends of its lines: Epoch's quantiles of requirements, by the gap from 20% of tasks to all."""
SLOPES = np.diff(LEVELS) / np.diff(PLACES)
FIRST = np.ceil(PLACES[:-1] * LAST - 1e-9)
"""Number of the first task on each line: 0, 10, 20, 50."""
FIRST_LEVELS = LEVELS[:-1] + SLOPES * (FIRST / LAST - PLACES[:-1])
COUNTS = np.diff(FIRST)


class Tasks(NamedTuple):
    """The tasks of a sector, in a CES.

    steep: log of both gaps, the trade-off counted in. sigma: elasticity of substitution. ratio: log of compute over
    labour at the start. first: log of r^(1-sigma) summed, of the task that is compute's alone, in units of the others'
    weight. share: log of compute's share against labour's at the start. logs of sums of geometric series: `before` each
    line but the first [3, ...], and `ratios` of each [4, ...]; `scales`: first term over growth less one [4, ...].
    """

    steep: Array
    sigma: Array
    ratio: Array
    first: Array
    share: Array
    before: Array
    scales: Array
    ratios: Array


class Work(NamedTuple):
    """log_output: of the tasks together, against the start without any automated; automated: how many are."""

    log_output: Array
    automated: Array


def level(number: Array) -> Array:
    """e of task `number`, 0..99: the least of the lines, whose slopes fall."""
    lines = [
        float(e) + float(s) / LAST * (number - float(n)) for e, s, n in zip(FIRST_LEVELS, SLOPES, FIRST, strict=True)
    ]
    return maths.minimum(maths.minimum(lines[0], lines[1]), maths.minimum(lines[2], lines[3]))


def count_below(e: Array) -> Array:
    """How many tasks have a level below e."""
    lines = [LAST * (float(q) + (e - float(a)) / float(s)) for q, a, s in zip(PLACES, LEVELS, SLOPES, strict=False)]
    rank = maths.maximum(maths.maximum(lines[0], lines[1]), maths.maximum(lines[2], lines[3]))
    return jnp.clip(jnp.ceil(rank), 0.0, float(TASKS))


def able(hardest: Array, gap: Array, reach: Array) -> Array:
    """How many tasks a training run can do, `reach` the log of the greatest requirement that it meets."""
    return count_below((reach - hardest) / maths.maximum(gap, 1e-6))


def tasks(steep: Array, rho: Array, ratio: Array, share: Array) -> Tasks:
    """Ready to be worked on. ratio: log of compute over labour at the start, share: log of compute's share of income
    over labour's there."""
    sigma = 1.0 / (1.0 - rho)
    weight = (1.0 - sigma) * steep
    ratios = [maths.maximum(weight * float(s / LAST), 1e-6) for s in SLOPES]
    scales = [weight * float(e) - maths.log(maths.expm1(x)) for e, x in zip(FIRST_LEVELS, ratios, strict=True)]
    sums = [s + maths.log(maths.expm1(x * float(n))) for s, x, n in zip(scales[:-1], ratios[:-1], COUNTS, strict=True)]
    before = [sums[0]]
    for one in sums[1:]:
        before.append(maths.logaddexp(before[-1], one))
    first = sigma * (share - ratio) + ratio + maths.log(0.0 * sigma + TASKS)
    parts = [jnp.stack(rows) for rows in (before, scales, ratios)]
    return Tasks(*map(maths.fence, (steep, sigma, ratio, first, share, *parts)))


class _Sums(NamedTuple):
    """Sums of r^(1-sigma) at one moment: tasks with r = 1, what they would sum to else, the series, all against the
    task that is compute's alone."""

    flat: Array
    flat_sum: Array
    before: tuple[Array, ...]
    scales: tuple[Array, ...]
    one: Array


def _series(of: Tasks, sums: _Sums, n: Array) -> Array:
    """Sum over tasks 0..n-1 as if all were above the floor."""
    before, scale, ratio, start = sums.before[0], sums.scales[0], of.ratios[0], 0.0 * n
    for k in range(1, len(FIRST)):
        beyond = n > float(FIRST[k])
        before = jnp.where(beyond, sums.before[k], before)
        scale = jnp.where(beyond, sums.scales[k], scale)
        ratio = jnp.where(beyond, of.ratios[k], ratio)
        start = jnp.where(beyond, float(FIRST[k]), start)
    return before + scale * maths.expm1(maths.minimum(ratio * (n - start), 25.0))


def _sums(of: Tasks, top: Array) -> _Sums:
    """top: log r of the hardest task, were there no floor."""
    shift = (1.0 - of.sigma) * top - of.first
    before = (0.0 * shift, *(maths.exp(maths.minimum(of.before[k] + shift, MOST)) for k in range(3)))
    scales = tuple(maths.exp(maths.minimum(of.scales[k] + shift, MOST)) for k in range(4))
    flat = maths.fence(count_below(-top / maths.maximum(of.steep, 1e-6)))
    sums = _Sums(
        flat, 0.0 * flat, tuple(map(maths.fence, before)), tuple(map(maths.fence, scales)), maths.exp(-of.first)
    )
    return sums._replace(one=maths.fence(sums.one), flat_sum=maths.fence(_series(of, sums, flat)))


def _log_sum(of: Tasks, sums: _Sums, n: Array) -> Array:
    """Log of the sum over the task of compute alone and tasks 0..n-1, against the former."""
    above = maths.maximum(_series(of, sums, n) - sums.flat_sum, 0.0)
    return maths.log1p(sums.one * maths.minimum(n, sums.flat) + above)


def alone(of: Tasks, rho: Array, labour: Array, compute: Array) -> Array:
    """Log output where nothing is automated; labour and compute as logs against the start."""
    return (rho * labour + maths.softplus(of.share + rho * (compute - labour)) - maths.softplus(of.share)) / rho


def work(of: Tasks, rho: Array, top: Array, able: Array, labour: Array, compute: Array) -> Work:
    """The most that labour and compute (logs against the start) make, `able` tasks automatable, `top` the log of
    compute that does as much as one worker at the hardest task."""
    sums = _sums(of, top)
    ratio = maths.fence(of.ratio + compute - labour)

    def log_price(n: Array) -> Array:
        """Log r of task n, 1..100."""
        return maths.maximum(top + of.steep * level(n - 1.0), 0.0)

    def halve(bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = jnp.floor(0.5 * (low + high))
        excess = of.first + _log_sum(of, sums, middle) + of.sigma * log_price(middle) - ratio
        enough = (excess >= maths.log(maths.maximum(TASKS - middle, 0.5))) | (middle > LAST)
        enough = enough & (middle > low)
        return maths.fence(jnp.where(enough, low, middle)), maths.fence(jnp.where(enough, middle, high))

    bounds = (0.0 * able, able + 1.0)
    for _ in range(HALVINGS):
        bounds = halve(bounds)
    critical = bounds[1]
    found = critical <= able
    done = maths.fence(jnp.where(found, critical - 1.0, able))
    return _output(of, rho, sums, ratio, labour, done, found, log_price(done + 1.0))


def _output(
    of: Tasks, rho: Array, sums: _Sums, ratio: Array, labour: Array, done: Array, found: Array, price: Array
) -> Work:
    """Compute does tasks 1..done; where `found`, perhaps a part of the next, at `price`."""
    log_sum = maths.fence(_log_sum(of, sums, done))
    left = TASKS - done
    rest = maths.fence(maths.log(maths.maximum(left, 1.0)))
    compute_there = maths.fence(ratio - price)
    others = maths.fence(of.first + log_sum - (1.0 - of.sigma) * price - rest)
    shared = found & (compute_there >= others)
    split = maths.softplus(of.share + rho * (ratio - of.ratio) + (1.0 - rho) * (log_sum - rest + LOG_TASKS))
    both = rho * maths.softplus(compute_there) + (1.0 - rho) * maths.softplus(others)
    power = rho * labour + (1.0 - rho) * (rest - LOG_TASKS) - maths.softplus(of.share)
    here, there = (maths.exp(jnp.clip(x, -WITHIN, WITHIN)) for x in (compute_there, others))
    mostly = here * (11.0 - 10.0 / maths.maximum(left, 1.0)) > 11.0 * there + 10.0 / maths.maximum(left, 1.0)
    return Work((power + jnp.where(shared, both, split)) / rho, done + (shared & mostly).astype(done.dtype))
