"""Elementary functions that models are written with.

Models call these and never choose a platform or a precision: each works in the precision of its arguments, is finite
with a finite gradient over the whole range that a takeoff can reach, and is elementwise. Natural logarithms throughout.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

Array = jax.Array


def exp2(x: ArrayLike) -> Array:
    """2 to the power x."""
    return jnp.exp2(jnp.asarray(x))


def log2(x: ArrayLike) -> Array:
    """Logarithm to base 2, x > 0."""
    return jnp.log2(jnp.asarray(x))


def exp(x: ArrayLike) -> Array:
    """e to the power x."""
    return jnp.exp(jnp.asarray(x))


def log(x: ArrayLike) -> Array:
    """Natural logarithm, x > 0."""
    return jnp.log(jnp.asarray(x))


def log1p(x: ArrayLike) -> Array:
    """log(1 + x)."""
    return jnp.log1p(jnp.asarray(x))


def expm1(x: ArrayLike) -> Array:
    """e^x - 1."""
    return jnp.expm1(jnp.asarray(x))


def minimum(a: ArrayLike, b: ArrayLike) -> Array:
    """The smaller of the two."""
    return jnp.minimum(jnp.asarray(a), b)


def maximum(a: ArrayLike, b: ArrayLike) -> Array:
    """The larger of the two."""
    return jnp.maximum(jnp.asarray(a), b)


def where(condition: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """a where the condition holds, else b."""
    return jnp.where(jnp.asarray(condition), a, b)


def total(x: ArrayLike) -> Array:
    """Sum over axis 0, the model's own axis.

    Fenced: whether the compiler merges a product into the sum's additions would decide its last bit.
    """
    return jnp.sum(fence(jnp.asarray(x)), axis=0)


@jax.custom_jvp
def _softplus(x: Array) -> Array:
    return jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@_softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    # The derivative in closed form: differentiating through max, abs and log1p costs three times the operations.
    return _softplus(primals[0]), jax.nn.sigmoid(primals[0]) * tangents[0]


def softplus(x: ArrayLike, width: float = 1.0) -> Array:
    """A smooth max(x, 0): width * log(1 + exp(x / width))."""
    return width * _softplus(jnp.asarray(x) / width)


def log_sigmoid(x: ArrayLike) -> Array:
    """log(1 / (1 + exp(-x))), exact in both tails."""
    return -softplus(-jnp.asarray(x))


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x))."""
    return jax.nn.sigmoid(jnp.asarray(x))


def logaddexp(a: ArrayLike, b: ArrayLike) -> Array:
    """log(exp(a) + exp(b))."""
    y = jnp.asarray(b)
    return y + _softplus(jnp.asarray(a) - y)


def logsumexp(x: ArrayLike) -> Array:
    """log of the sum of exponentials over axis 0, the model's own axis."""
    y = jnp.asarray(x)
    top = jax.lax.stop_gradient(jnp.max(y, axis=0))
    return top + jnp.log(jnp.sum(jnp.exp(y - top), axis=0))


def log_ces(a: ArrayLike, b: ArrayLike, share: ArrayLike, exponent: ArrayLike) -> Array:
    """Log of a constant-elasticity aggregate of exp(a) and exp(b), `share` being the weight of the first.

    [share e^{r a} + (1 - share) e^{r b}]^{1/r}; the elasticity of substitution is 1 / (1 - r). Within 0.001 of
    r = 0, where the formula is 0/0, r = 0.001 stands in for Cobb-Douglas (relative error below 0.001 |a - b|^2 / 8).
    """
    r = jnp.asarray(exponent)
    safe = jnp.where(jnp.abs(r) < 1e-3, 1e-3, r)
    w = jnp.asarray(share)
    return logaddexp(jnp.log(w) + safe * a, jnp.log1p(-w) + safe * b) / safe


def expm1_ratio(x: ArrayLike) -> Array:
    """(e^x - 1) / x, 1 at x = 0."""
    y = jnp.asarray(x)
    small = jnp.abs(y) < 1e-3
    safe = jnp.where(small, 1.0, y)
    return jnp.where(small, 1.0 + y * (0.5 + y / 6.0), jnp.expm1(safe) / safe)


def fence(x: Array) -> Array:
    """A barrier that stops the compiler from recomputing x in each of its consumers."""
    return jax.lax.optimization_barrier(x)
