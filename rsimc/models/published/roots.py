"""Roots of increasing functions between two ends, for as many trajectories as there are: always the same work."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

Array = jax.Array


def root(f: Callable[[Array], Array], low: Array, high: Array, turns: int) -> Array:
    """Where an increasing f crosses 0 between low and high, by `turns` evaluations after those of both ends.

    The straight line between the ends of the bracket, the end that stays twice counted half (the Illinois rule), which
    converges faster than any bisection on a function that is nearly a line, and never leaves the bracket. An end where
    f has no change of sign is the answer itself.
    """

    def between(bracket: tuple[Array, ...]) -> Array:
        a, b, at_a, at_b = bracket
        return a + jnp.clip(at_a / jnp.where(at_a == at_b, -1.0, at_a - at_b), 0.0, 1.0) * (b - a)

    def turn(n: Array, bracket: tuple[Array, ...]) -> tuple[Array, ...]:
        a, b, at_a, at_b = bracket
        inside = jnp.clip(between(bracket), a + 0.01 * (b - a), b - 0.01 * (b - a))
        x = jnp.where(n == 0, low, jnp.where(n == 1, high, inside))
        y = f(x)  # the only place: what f is made of is compiled once
        first, second, left = n == 0, n == 1, y < 0.0
        kept_a, kept_b = jnp.where(second, at_a, 0.5 * at_a), jnp.where(second, at_b, 0.5 * at_b)
        return (
            jnp.where(first | second | ~left, a, x),
            jnp.where(first | second | left, b, x),
            jnp.where(first | (left & ~second), y, kept_a),
            jnp.where(second | (~left & ~first), y, jnp.where(first, at_b, kept_b)),
        )

    bracket = jax.lax.fori_loop(0, turns + 2, turn, (low, high, -1.0 + 0.0 * low, 1.0 + 0.0 * high))
    return between(bracket)
