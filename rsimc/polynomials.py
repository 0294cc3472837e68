"""Elementary functions in float32 for CPUs, as polynomials that the compiler can merge into loops of vectors.

XLA's own are exact to a last bit but cost two to four times as much. Here relative errors are at most 2e-7 (`exp`),
and absolute or relative ones, whichever are smaller, 1.3e-7 (logarithms). Arguments out of range give what cannot be
mistaken for a number: inf for `exp` from 88.4 on, -inf for logarithms of 0 and below, NaN for those of inf and NaN.
What is below 1.2e-38 counts as 0, and `exp` gives nothing below it. Coefficients are minimax fits in float64 by
reweighted least squares (Lawson 1961), rounded; tests measure errors over the whole range. `rsimc.maths` gives
derivatives.

Functions of jax.lax are the compiler's own operations. Operators and functions of jax.numpy are compiled functions,
each of which is traced, and a model reads these thousands of operations at every cold start.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import add, eq, full_like, gt, lt, mul, select, shift_left, shift_right_arithmetic, sub
from jax.lax import bitcast_convert_type as bits_of

Array = jax.Array

f32, i32, u32 = np.float32, np.int32, np.uint32
ROUND = f32(1.5 * 2**23 + 127)
"""Added and taken away, it rounds to an integer n; the sum's low bits then hold n + 127, the exponent of 2^n."""
LOG2_E = f32(1.4426950408889634)
LN2_HIGH, LN2_LOW = f32(0.693359375), f32(-2.12194440e-4)
"""ln 2 in two parts (Cody & Waite 1980): products of the first with exponents are exact."""
LOWEST, HIGHEST = f32(-87.33654), f32(89.0)
"""Where e^x leaves the normal numbers, and where 2^n is infinite."""
SMALLEST = u32(0x00800000)
INFINITE = u32(0x7F800000)
ROOT_HALF = i32(0x3F3504F3)
"""Bits of the square root of 1/2: mantissas are taken from there to its double."""

EXP = (0.4999923, 0.16667116, 0.04189033, 0.008312501)
EXPM1 = (0.49999994, 0.16666532, 0.04166839, 0.008368745, 0.0013814541)
LOG = (-0.4999999, 0.3333395, -0.25001755, 0.19962072, -0.16570508, 0.14917974, -0.14307521, 0.08734843)
LOG1P = (
    0.99999994,
    -0.49999493,
    0.33319098,
    -0.2484298,
    0.19105999,
    -0.13663232,
    0.078225814,
    -0.029505157,
    0.005232675,
)
"""(e^r - 1 - r)/r^2 for |r| <= ln(2)/2, exact enough for e^r and for e^r - 1; (log(1 + f) - f)/f^2 for
sqrt(1/2) <= 1 + f <= sqrt(2); log(1 + e)/e for 0 <= e <= 1. Ascending."""
SINE = (3.1415927, -5.16771, 2.55007, -0.5982421, 0.07756039)
"""sin(pi t)/t in t^2 for |t| <= 1/2. Ascending."""


def _at_least(x: Array, low: np.float32) -> Array:
    """max(x, low), NaN for NaN, in the one form that is one instruction on x86."""
    return select(lt(x, low), full_like(x, low), x)


def _at_most(x: Array, high: np.float32) -> Array:
    return select(gt(x, high), full_like(x, high), x)


def _horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    out = full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out = add(mul(out, x), f32(c))
    return out


def _reduced(x: Array, coefficients: tuple[float, ...] = EXP) -> tuple[Array, Array]:
    """(e^r - 1, 2^n) with x = n ln 2 + r."""
    shifted = add(mul(x, LOG2_E), ROUND)
    minus_n = sub(ROUND, shifted)  # the compilers of jax 0.11 take `(a + ROUND) - ROUND` for a
    r = add(add(x, mul(minus_n, LN2_HIGH)), mul(minus_n, LN2_LOW))
    bits = shift_left(bits_of(shifted, i32), full_like(x, i32(23), i32))
    scale = bits_of(bits, f32)
    return add(r, mul(mul(r, r), _horner(r, coefficients))), scale


def exp_of_negative(x: Array) -> Array:
    """e^x for x <= 0."""
    rest, scale = _reduced(_at_least(x, LOWEST))
    return add(mul(rest, scale), scale)


def exp(x: Array) -> Array:
    """e^x; inf from 88.4 on."""
    rest, scale = _reduced(_at_most(_at_least(x, LOWEST), HIGHEST))
    return mul(add(f32(1.0), rest), scale)


def expm1(x: Array) -> Array:
    """e^x - 1, relative accuracy near 0; held at 1.7e38 from 88 on."""
    rest, scale = _reduced(_at_most(_at_least(x, LOWEST), f32(88.0)), EXPM1)
    return add(mul(rest, scale), sub(scale, f32(1.0)))


def cos_pi(x: Array) -> Array:
    """cos(pi x) for |x| <= 1; absolute error 2e-7."""
    t = f32(0.5) - jnp.abs(x)
    return t * _horner(t * t, SINE)


def _log(x: Array, rest: Array | None) -> Array:
    """log x; rest: x - 1 where that is known better than x holds it."""
    bits = bits_of(x, i32)
    digits = full_like(bits, i32(23))
    exponent = shift_right_arithmetic(sub(bits, ROOT_HALF), digits)
    mantissa = bits_of(sub(bits, shift_left(exponent, digits)), f32)
    f = sub(mantissa, f32(1.0))
    if rest is not None:
        f = select(eq(exponent, i32(0)), rest, f)
    n = jax.lax.convert_element_type(exponent, f32)
    near = add(f, mul(mul(f, f), _horner(f, LOG)))
    value = add(add(near, mul(n, LN2_LOW)), mul(n, LN2_HIGH))
    normal = lt(sub(bits_of(x, u32), SMALLEST), INFINITE - SMALLEST)
    return select(normal, value, sub(x, f32(np.inf)))  # -inf for 0 and below, NaN for NaN and inf


def log(x: Array) -> Array:
    """Natural logarithm of x > 0."""
    return _log(x, None)


def log1p(x: Array) -> Array:
    """log(1 + x), relative accuracy near 0."""
    return _log(add(f32(1.0), x), x)


def log1p_unit(x: Array) -> Array:
    """log(1 + x) for 0 <= x <= 1, relative accuracy near 0."""
    return mul(x, _horner(x, LOG1P))
