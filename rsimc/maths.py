"""Elementary functions that models are written with, and how to write a model that runs fast.

Models call these and never choose a platform or a precision: each works in the precision of its arguments, is finite
with a finite gradient over the whole range that a takeoff can reach, and is elementwise. Natural logarithms throughout.
On CPUs float32 takes the polynomials of `rsimc.polynomials`; float64, and other devices, take the compiler's functions.

A model is right without any of the following, and three to five times as fast with it (the flagship, 2026-11):

1. These functions, not those of jax.numpy: on a CPU they merge into the loops around them.
2. What does not change from step to step belongs into `prepare`, behind `fences`: logs of parameters, constants of a
   closed form, what divides. The compiler does not move it out of the loop. What `prepare` leaves as it was drawn it
   hands on as it is, without a fence: it is then not kept twice, which takes a fifth longer to compile.
3. A value that is read in several places goes through `fence`, or a CPU's compiler computes it anew in each; above all
   a scalar before it meets the model's own axis, where it would be computed once for each row. Two exponentials or
   logarithms in a row are better with a fence in between: short loops overlap, long ones wait for themselves. A cheap
   sum needs none: each fence costs a trip through the cache.
4. The same subexpression behind two fences is computed twice: compute it once and hand it on.
5. Shares and logarithms of one logit come from one exponential: `logistic`, `choose`. `decay` and `softplus` know their
   argument's sign; `dot`, `total` and `smallest` are four times as fast as reductions of jax.numpy.
6. What only observables need belongs into `observe`: it is then computed where they are stored, not at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jax.typing import ArrayLike

from rsimc import polynomials

Array = jax.Array
LN2 = 0.6931471805599453


def _function(
    fast: Callable[[Array], Array], plain: Callable[[Array], Array], rise: Callable[[Array, Array, Array], Array]
) -> Callable[[Array], Array]:
    """`fast` for float32 on a CPU, else `plain`; with a derivative in closed form: rise(tangent, value, x).

    A primitive, whose side is chosen when a program is lowered for its device, and lowered once for each shape: with
    `platform_dependent` both sides would be traced anew at each of hundreds of places. Other precisions than float32
    take `plain` with the same derivative.
    """
    primitive = Primitive(f"maths_{fast.__name__}")
    primitive.def_impl(jax.jit(primitive.bind))
    primitive.def_abstract_eval(lambda x: x)
    ad.defjvp2(primitive, rise)
    batching.defvectorized(primitive)
    for side, platform in ((plain, None), (fast, "cpu")):
        mlir.register_lowering(primitive, mlir.lower_fun(side, multiple_results=False), platform, inline=False)

    other = jax.custom_jvp(plain)
    other.defjvps(rise)

    def function(x: Array) -> Array:
        out: Array = primitive.bind(x) if x.dtype == jnp.float32 else other(x)
        return out

    return function


_exp = _function(polynomials.exp, jnp.exp, lambda t, y, x: y * t)
_exp_below = _function(polynomials.exp_of_negative, jnp.exp, lambda t, y, x: y * t)
"""e^x for x <= 0."""
_expm1 = _function(polynomials.expm1, jnp.expm1, lambda t, y, x: (y + 1.0) * t)
_log = _function(polynomials.log, jnp.log, lambda t, y, x: t / x)
_log1p = _function(polynomials.log1p, jnp.log1p, lambda t, y, x: t / (1.0 + x))
_log1p_unit = _function(polynomials.log1p_unit, jnp.log1p, lambda t, y, x: t / (1.0 + x))
"""log(1 + x) for 0 <= x <= 1."""


class Logistic(NamedTuple):
    """What one exponential says of a logit: e^-|logit| and log(1 + e^logit). Selects as a whole: see `choose`."""

    logit: Array
    small: Array
    softplus: Array

    @property
    def share(self) -> Array:
        """1/(1 + e^-logit), to its own last digits."""
        return _share(self.logit, self.small)

    @property
    def rest(self) -> Array:
        """1/(1 + e^logit), to its own last digits."""
        return _share(-self.logit, self.small)


@jax.custom_jvp
def _share(logit: Array, small: Array) -> Array:
    return jax.lax.div(where(logit < 0.0, small, 1.0), 1.0 + small)


@_share.defjvp
def _share_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    share = _share(*primals)
    return share, share * _share(-primals[0], primals[1]) * tangents[0]  # `small` follows from the logit


@jax.custom_jvp
def _softplus(x: Array) -> Array:
    return jax.lax.add(maximum(x, 0.0), _log1p_unit(_exp_below(_minus_size(x))))


@_softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    small, softplus = _logistic(primals[0])
    return softplus, _share(primals[0], small) * tangents[0]


@jax.custom_jvp
def _logistic(x: Array) -> tuple[Array, Array]:
    small = fence(_exp_below(_minus_size(x)))
    return small, fence(jax.lax.add(maximum(x, 0.0), _log1p_unit(small)))


@_logistic.defjvp
def _logistic_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    small, softplus = _logistic(primals[0])
    slope = _share(primals[0], small) * tangents[0]
    return (small, softplus), (-jnp.sign(primals[0]) * small * tangents[0], slope)


def _minus_size(x: Array) -> Array:
    return jax.lax.neg(jax.lax.abs(x))


def _real(x: ArrayLike) -> Array:
    """x, with whole numbers as fractions."""
    y = jnp.asarray(x)
    return y if jnp.issubdtype(y.dtype, jnp.floating) else y * 1.0


def logistic(x: ArrayLike) -> Logistic:
    """Both shares and the logarithm that follow from one logit, at the price of one exponential."""
    logit = _real(x)
    return Logistic(logit, *_logistic(logit))


def choose(condition: Array, a: Logistic, b: Logistic) -> Logistic:
    """a where the condition holds, else b."""
    return Logistic(*(where(condition, x, y) for x, y in zip(a, b, strict=True)))


def exp2(x: ArrayLike) -> Array:
    """2 to the power x."""
    return _exp(jnp.asarray(x) * LN2)


def log2(x: ArrayLike) -> Array:
    """Logarithm to base 2, x > 0."""
    return _log(jnp.asarray(x)) / LN2


def exp(x: ArrayLike) -> Array:
    """e to the power x."""
    return _exp(jnp.asarray(x))


def decay(x: ArrayLike) -> Array:
    """e to the power -x, x >= 0."""
    return _exp_below(jax.lax.neg(jnp.asarray(x)))


def log(x: ArrayLike) -> Array:
    """Natural logarithm, x > 0."""
    return _log(jnp.asarray(x))


def log1p(x: ArrayLike) -> Array:
    """log(1 + x)."""
    return _log1p(jnp.asarray(x))


def expm1(x: ArrayLike) -> Array:
    """e^x - 1."""
    return _expm1(jnp.asarray(x))


def minimum(a: ArrayLike, b: ArrayLike) -> Array:
    """The smaller of the two; NaN where either is, and a number counts as none."""
    x = jnp.asarray(a)
    bound = _bound(x, b)
    return jnp.minimum(x, b) if bound is None else jax.lax.select(jax.lax.gt(x, bound), bound, x)


def maximum(a: ArrayLike, b: ArrayLike) -> Array:
    """The larger of the two."""
    x = jnp.asarray(a)
    bound = _bound(x, b)
    return jnp.maximum(x, b) if bound is None else jax.lax.select(jax.lax.lt(x, bound), bound, x)


def _bound(x: Array, b: ArrayLike) -> Array | None:
    """A constant as a bound of x; None for what is none. To select by it is one instruction on x86, not three."""
    constant = isinstance(b, float) and jnp.issubdtype(x.dtype, jnp.floating)
    return jax.lax.full_like(x, b) if constant else None


def where(condition: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """a where the condition holds, else b."""
    chosen = jnp.asarray(condition)
    like = a if isinstance(a, Array) else b
    if isinstance(like, Array) and jnp.issubdtype(like.dtype, jnp.floating):
        first, second = (jax.lax.full_like(like, x) if isinstance(x, float) else x for x in (a, b))
        same = chosen.shape, like.dtype
        if all(isinstance(x, Array) and (x.shape, x.dtype) == same for x in (first, second)):
            return jax.lax.select(chosen, first, second)  # jnp.where is a function of its own to compile
    return jnp.where(chosen, a, b)


def _rows(x: Array) -> list[Array]:
    """The rows of axis 0, the model's own axis."""
    return [jax.lax.index_in_dim(x, k, keepdims=False) for k in range(x.shape[0])]


def total(x: ArrayLike) -> Array:
    """Sum over axis 0, the model's own axis.

    Fenced: whether the compiler merges a product into the sum's additions would decide its last bit. Term by term,
    which CPUs do four times as fast as a reduction.
    """
    return reduce(jax.lax.add, _rows(fence(jnp.asarray(x))))


def dot(weights: ArrayLike, x: ArrayLike) -> Array:
    """Sum of products over axis 0, the model's own axis."""
    w, y = (_rows(fence(jnp.asarray(one))) for one in (weights, x))
    return fence(reduce(jnp.add, map(jnp.multiply, w, y)))


def smallest(x: ArrayLike) -> Array:
    """The smallest over axis 0, the model's own axis."""
    return reduce(jax.lax.min, _rows(fence(jnp.asarray(x))))


def softplus(x: ArrayLike, width: float = 1.0) -> Array:
    """A smooth max(x, 0): width * log(1 + exp(x / width))."""
    y = _real(x)
    return _softplus(y) if isinstance(width, float) and width == 1.0 else width * _softplus(y * (1.0 / width))


def log_sigmoid(x: ArrayLike) -> Array:
    """log(1 / (1 + exp(-x))), exact in both tails."""
    return -softplus(-jnp.asarray(x))


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x))."""
    logit = _real(x)
    return _share(logit, _exp_below(_minus_size(logit)))


def logaddexp(a: ArrayLike, b: ArrayLike) -> Array:
    """log(exp(a) + exp(b))."""
    y = jnp.asarray(b)
    return y + softplus(jnp.asarray(a) - y)


def logsumexp(x: ArrayLike) -> Array:
    """log of the sum of exponentials over axis 0, the model's own axis."""
    y = jnp.asarray(x)
    rows = _rows(fence(y))
    top = fence(jax.lax.stop_gradient(reduce(lambda a, b: where(jax.lax.lt(a, b), b, a), rows)))
    return top + log(total(_exp_below(y - top)))


class Ces(NamedTuple):
    """What a constant-elasticity aggregate needs once: logs of both weights, the exponent r and 1/r."""

    log_first: Array
    log_second: Array
    exponent: Array
    inverse: Array


def ces(share: ArrayLike, exponent: ArrayLike) -> Ces:
    """`share` is the weight of the first; the elasticity of substitution is 1 / (1 - r). Within 0.001 of r = 0, where
    the formula is 0/0, r = 0.001 stands in for Cobb-Douglas (relative error below 0.001 |a - b|^2 / 8)."""
    r, first = jnp.asarray(exponent), jnp.asarray(share)
    safe = jnp.where(jnp.abs(r) < 1e-3, 1e-3, r)
    return Ces(log(first), log1p(-first), safe, 1.0 / safe)


def log_ces(a: ArrayLike, b: ArrayLike, by: Ces) -> Array:
    """Log of [share e^{r a} + (1 - share) e^{r b}]^{1/r}."""
    return logaddexp(by.log_first + by.exponent * a, by.log_second + by.exponent * b) * by.inverse


def expm1_ratio(x: ArrayLike) -> Array:
    """(e^x - 1) / x, 1 at x = 0."""
    y = jnp.asarray(x)
    small = jnp.abs(y) < 1e-3
    safe = jnp.where(small, 1.0, y)
    return jnp.where(small, 1.0 + y * (0.5 + y / 6.0), expm1(safe) / safe)


def fences(values: Mapping[str, Array], known: Mapping[str, Array] = MappingProxyType({})) -> dict[str, Array]:
    """Each behind a fence of its own, but in single precision for the very arrays of `known`: they lie in memory.

    In double precision these are fenced as well: posteriors are drawn in it, and a fence less moves the last digits of
    an evaluation, which a chain soon makes its first.
    """
    in_memory = {id(value) for value in known.values() if value.dtype == jnp.float32}
    return {name: value if id(value) in in_memory else fence(value) for name, value in values.items()}


def fence(x: Array) -> Array:
    """A barrier that stops a CPU's compiler from recomputing x in each of its consumers."""
    out: Array = _fence.bind(x)
    return out


# A primitive of its own: `platform_dependent` would trace both its sides anew for each of two thousand fences.
_fence = Primitive("fence")
_fence.def_impl(lambda x: x)
_fence.def_abstract_eval(lambda x: x)
ad.deflinear2(_fence, lambda cotangent, _: [_fence.bind(cotangent)])
batching.defvectorized(_fence)
mlir.register_lowering(_fence, lambda context, x: [x])
mlir.register_lowering(_fence, mlir.lower_fun(jax.lax.optimization_barrier, multiple_results=False), platform="cpu")
