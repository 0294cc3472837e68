"""Doublings of the time horizon in base months, that is months at the pace of the day of the forecast.

Of three kinds: exponential, each doubling takes T months; subexponential, each takes a tenth more than the one before;
superexponential from a horizon h* on, each takes the part d less. The kind follows from u, uniform: super from the
first h* of a schedule whose cumulative probability exceeds u, and sub where u is above 1 - p_sub; in April 2025 super
from the start where u is below p_super, and sub within p_sub above that; exponential otherwise.

    exponential n T;   sub T (1.1^n - 1)/0.1;   super T n_b + T (1 - (1-d)^(n - n_b))/d,  n_b = log2(h*/h_0)

with n_b below 0 where h* lies before the present horizon h_0, as in the original: T is then the doubling time at h*.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params

Array = jax.Array
LN2 = maths.LN2
HOURS_A_MONTH = 167.0
"""Of work, by which the authors turn months of a time horizon into hours."""


def kinds(params: Params, first: Array, april: bool) -> dict[str, Array]:
    """What follows from u: `sub`, `super` (1 or 0), and `turn`, log2 of the horizon h* in months: that of the
    start, `first`, in April 2025, when superexponential growth was so from there."""
    u = params["growth_kind"]
    if april:
        low = params["superexponential_share"]
        turn, taken = first + 0.0 * u, (u < low).astype(u.dtype)
    else:
        low, after = 1.0 - params["subexponential_share"], params["superexponential_from"]
        turn, taken = 0.0 * u, 0.0 * u
        for n in range(after.shape[0]):
            now = (u < params["superexponential_by"][n]).astype(u.dtype) * (1.0 - taken)
            turn, taken = turn + now * maths.log2(after[n]), taken + now
    sub = ((u > low) & (u <= low + params["subexponential_share"])).astype(u.dtype)
    return {"sub": sub, "super": taken * (1.0 - sub), "turn": turn}


def months(params: Params, kind: Params, first: Array, doublings: Array) -> Array:
    """Base months that so many doublings take, from log2 of the present horizon in months."""
    time, decay, growth = params["doubling_time"], _decay(params), maths.log1p(params["doubling_growth"])
    sub = time * maths.expm1(growth * doublings) / params["doubling_growth"]
    before = _before(kind, first, doublings)
    sup = time * (before + -maths.expm1((doublings - before) * maths.log1p(-decay)) / decay)
    return _pick(kind, time * doublings, sub, sup)


def doublings(params: Params, kind: Params, first: Array, passed: Array, most: Array) -> Array:
    """Doublings after so many base months, at most all that are needed: the inverse of `months`."""
    time, decay, growth = params["doubling_time"], _decay(params), params["doubling_growth"]
    units = passed / time
    sub = maths.log1p(maths.maximum(growth * units, -0.9)) / maths.log1p(growth)
    before = _before(kind, first, most)
    left = maths.log1p(-maths.minimum(decay * maths.maximum(units - before, 0.0), 1.0 - 1e-6)) / maths.log1p(-decay)
    sup = maths.minimum(units, before) + left
    return maths.minimum(_pick(kind, units, sub, sup), most)


def _before(kind: Params, first: Array, most: Array) -> Array:
    """Doublings up to h*."""
    return maths.minimum(kind["turn"] - first, most)


def _decay(params: Params) -> Array:
    """d, which the original cuts to 0..1; all but 1 here, where no doubling would be left to take time."""
    return jnp.clip(params["doubling_decay"], 1e-4, 0.999)


def _pick(kind: Params, plain: Array, sub: Array, sup: Array) -> Array:
    return maths.where(kind["sub"] > 0.5, sub, maths.where(kind["super"] > 0.5, sup, plain))
