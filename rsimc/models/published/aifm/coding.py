"""Coding labour in the AI Futures Model: people and AIs on the tasks where each does most (an optimal CES).

Tasks i in [0, 1] can be automated from effective compute E_i on, A(E_i) = i, where A is a logistic curve that ends at
1.1; from there on an AI's efficiency grows by eta_0 10^{theta (E - E_i)}. With compute for each person kappa, tasks up
to i are the AIs' and the rest the people's. In logits l = logit(i/1.1) and with q = -rho/(1 - rho) theta ln 10/k (k: of
the logistic curve), coding labour for each person is

    L^rho = (1-i)^{1-rho} + e^{rho Z} (i G)^{1-rho},   Z = log(kappa eta_0) + (theta ln 10/k) (l_E - l_i)
    G(u) = int_0^1 [s (1-u)/(1 - u s)]^q ds = (1-u)/(q+1) int_0^1 (1 - u + u w^{1/(q+1)})^{-2} dw,   u = i/1.1

and i is the least of: what can be automated (l_i = l_E); where another task would cost the AIs more than it saves,
e^Z = i G/(1-i); and 1 - eps, which bounds the serial multiplier by m: eps = m^{rho/(p (1-rho))}.

Ours: the integral by twelve points of Gauss and Legendre (1e-5 off) in place of a table of 4,096 tasks made anew for
every draw, in which steep efficiencies are coarse; the second bound by Newton's steps from below, where they cannot
overshoot. Where that table's sums run out of numbers, `table` does as it does, if asked for. The logistic curve itself
(`curve`) is such that coding is sped up today by what the draw says.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.published.aifm import table
from rsimc.models.published.aifm.inputs import FIRST_GROWTH, INFERENCE_FIRST, column
from rsimc.models.published.roots import root

Array = jax.Array
LN10 = float(np.log(10.0))
ASYMPTOTE = 1.1
LAST_LOGIT = float(np.log(1.0 / (ASYMPTOTE - 1.0)))
"""Logit of 1/1.1, where everything can be automated."""
EFFICIENCY = float(np.log(0.05))
"""log eta_0."""
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(12)
POINTS, WEIGHTS = (0.5 * (_POINTS + 1.0)) ** 3, 1.5 * (0.5 * (_POINTS + 1.0)) ** 2 * _WEIGHTS
"""Of w, by its cube root, in which the integrand is smooth for every q."""
NEWTON = 4
TURNS = 20
LEAST_LOGIT = -20.0
"""Of today's automated share (over 1.1)."""
NOWHERE = -100.0
"""log(i/(1-i)) of no task at all."""
FAR_BELOW = -300.0
"""Log of the least coding labour, for each person, that a table may come to."""
LONGEST_CAP = 69.0775527898214
"""log 10^30, bound of the multiplier of parallel labour."""


class Curve(NamedTuple):
    """slope: k, per order of magnitude of effective compute; middle: E at l = 0; ratio: theta ln 10/k, of efficiency by
    logit; power: q; points [12, ...]: w^{1/(q+1)}; rho; last: log(i/(1-i)) at 1 - eps;
    last_log_g: log G at i = 1; floor: of the sums of `table`."""

    slope: Array
    middle: Array
    ratio: Array
    power: Array
    points: Array
    rho: Array
    last: Array
    last_log_g: Array
    floor: Array


def last_odds(rho: Array, log_serial: Array, parallel: Array) -> Array:
    """log(i/(1-i)) of the last task that AIs may do."""
    cap = jnp.clip(log_serial / parallel, 0.0, LONGEST_CAP)
    left = jnp.clip(rho / (1.0 - rho) * cap, -41.4, -LN10)  # 1e-18 is added to what is left in the original
    return maths.log1p(-maths.exp(left)) - left


def curve(now: Array, coder: Array, logit: Array, efficiency: Array, rho: Array, last: Array, as_table: Array) -> Curve:
    """The logistic curve through `logit` at effective compute `now` and through 1 at `coder`; efficiency: theta;
    as_table: whether tasks are those of the original's table."""
    slope = maths.maximum((LAST_LOGIT - logit) / (coder - now), 1e-6)
    ratio = efficiency * LN10 / slope
    power = -rho / (1.0 - rho) * ratio
    points = maths.exp(column(np.log(POINTS), power) / (1.0 + power))
    bare = Curve(slope, now - logit / slope, ratio, power, points, rho, last, 0.0 * last, table.NONE + 0.0 * last)
    floor = jnp.where(as_table, table.floor(power, _gathered(bare, last)[2]), table.NONE)
    return bare._replace(last_log_g=_gathered(bare, 41.4 + 0.0 * last)[3], floor=floor)


def calibrated(
    now: Array,
    coder: Array,
    log_multiplier: Array,
    inference: float,
    efficiency: Array,
    rho: Array,
    last: Array,
    as_table: Array,
) -> Curve:
    """The logistic curve at which coding labour is `log_multiplier` times people's at effective compute `now`."""

    def off(logit: Array) -> Array:
        made = curve(now, coder, logit, efficiency, rho, last, as_table)
        # how far below people's own is no help to the search
        return maths.maximum(log_labour(made, now, inference + 0.0 * now), -0.1) - log_multiplier

    logit = root(off, LEAST_LOGIT + 0.0 * now, LAST_LOGIT - 1e-4 + 0.0 * now, TURNS)
    return curve(now, coder, logit, efficiency, rho, last, as_table)


def _gathered(of: Curve, odds: Array) -> tuple[Array, Array, Array, Array]:
    """At log(i/(1-i)) = odds: log i, log(1-i), the logit l, and log G."""
    log_done, log_left = maths.log_sigmoid(odds), maths.log_sigmoid(-odds)
    left = maths.exp(log_left)
    rest = (ASYMPTOTE - 1.0 + left) * (1.0 / ASYMPTOTE)  # 1 - u
    log_rest = maths.log(rest)
    share = maths.fence(1.0 - rest)
    terms = share * of.points + rest
    sums = maths.total(column(WEIGHTS, odds) / (terms * terms))
    log_g = log_rest + maths.log(sums) - maths.log1p(of.power)
    return log_done, log_left, log_done - np.log(ASYMPTOTE) - log_rest, log_g


def _odds(logit: Array) -> Array:
    """log(i/(1-i)) at logit(i/1.1); beyond any bound where everything can be automated."""
    share = ASYMPTOTE * maths.sigmoid(logit)
    return maths.where(logit < LAST_LOGIT, maths.log(share) - maths.log(maths.maximum(1.0 - share, 1e-18)), 60.0)


def _worth(of: Curve, base: Array, able: Array) -> Array:
    """log(i/(1-i)) where log(i G/(1-i)) = base + ratio (able - l), able: the logit of what can be automated. The left
    side less the right rises ever less steeply, so that Newton's steps from below, where its lines of both ends come to
    0, come ever closer and never too far."""
    left = (base + maths.log1p(of.power) + of.ratio * (able + np.log(ASYMPTOTE))) / (1.0 + of.ratio)
    right = base - of.last_log_g + of.ratio * (able - LAST_LOGIT)

    def step(_: Array, odds: Array) -> Array:
        log_done, log_left, own, log_g = _gathered(of, odds)
        off = base - (log_done - log_left + log_g) + of.ratio * (able - own)
        return odds + off / _steepness(of, log_done, log_left)

    return jax.lax.fori_loop(0, NEWTON, step, maths.maximum(left, right))


def _steepness(of: Curve, log_done: Array, log_left: Array) -> Array:
    """Of log(i G/(1-i)) + ratio l by log(i/(1-i))."""
    done, left = maths.exp(log_done), maths.exp(log_left)
    rest = (ASYMPTOTE - 1.0 + left) * (1.0 / ASYMPTOTE)
    terms = 1.0 / ((1.0 - rest) * of.points + rest)
    weights = column(WEIGHTS, done) * terms * terms
    bend = 2.0 * maths.total(weights * terms * (1.0 - of.points)) / maths.total(weights)
    return 1.0 + left * (of.ratio - done / ASYMPTOTE) / rest + done * left / ASYMPTOTE * bend


def _bounds(of: Curve, base: Array, able: Array) -> tuple[Array, Array, Array]:
    """log(i/(1-i)) up to which tasks can be automated, and up to which that pays; and whether it would pay only before
    the first task of the original's table."""
    possible, worth = _odds(able), _worth(of, base, able)
    as_table, reach = of.floor > table.NONE, base + of.ratio * able
    held = jax.lax.cond(
        jnp.any(as_table),
        lambda: _odds(table.worth(of.ratio, of.power, of.floor, reach, ASYMPTOTE)),
        lambda: jnp.full_like(worth, table.BEYOND),
    )
    least = jnp.where(as_table, table.FIRST, NOWHERE)
    worth = maths.minimum(worth, held)
    possible = jnp.where(possible < least, NOWHERE, possible)
    return possible, maths.maximum(worth, least), worth < least


def log_labour(of: Curve, compute: Array, inference: Array) -> Array:
    """Log coding labour for each person at effective compute E and log inference compute for each person."""
    able, base = of.slope * (compute - of.middle), inference + EFFICIENCY
    possible, worth, before = _bounds(of, base, able)
    odds = maths.minimum(maths.minimum(possible, worth), of.last)
    log_done, log_left, own, log_g = _gathered(of, odds)
    log_g = maths.maximum(log_g, of.floor - of.power * own - log_done)
    # Z without differences of large numbers: at what pays it follows from what pays, at what is possible it is `base`.
    beyond = base + maths.where(possible > of.last, of.ratio * maths.maximum(able - own, 0.0), 0.0)
    z = maths.where((worth < possible) & (worth < of.last), log_done + log_g - log_left, beyond)
    people, machines = (1.0 - of.rho) * log_left, of.rho * z + (1.0 - of.rho) * (log_done + log_g)
    machines = jnp.where(before, base + of.ratio * (able - own) + people, machines)
    machines = jnp.where(possible > NOWHERE, machines, -1e30)
    return maths.maximum(maths.logaddexp(people, machines) / of.rho, jnp.where(of.floor > table.NONE, FAR_BELOW, 0.0))


def early_labour(of: Curve) -> tuple[Array, Array]:
    """At the start (E = 0): log coding labour for each person, and how much faster than people's it grows a year, with
    a fixed share of tasks for AIs, by which the original works out the stock of research that it starts from."""
    share = jnp.clip(ASYMPTOTE * maths.sigmoid(-of.slope * of.middle), 1e-9, 1.0 - 1e-9)
    machines = (1.0 - of.rho) * maths.log(share) + of.rho * INFERENCE_FIRST
    people = (1.0 - of.rho) * maths.log1p(-share)
    return maths.logaddexp(machines, people) / of.rho, maths.sigmoid(machines - people) * float(FIRST_GROWTH[1])
