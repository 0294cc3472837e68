"""Draws that a model takes anew until it can use them."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.models.base import Redraw
from rsimc.priors.vector import PriorSet

Array = jax.Array
Again = Callable[[np.ndarray, Array], Array]
"""(places [n], attempt, of all or of each trajectory [B]) -> standard normals [n, B]."""


def redrawn(redraw: Redraw, priors: PriorSet, z: Array, again: Again) -> Array:
    """z [parameters, B], those of correlated parameters but the kept ones of the first attempt that can be used.

    Attempt 0 is z; z stays where no attempt can be used. Only what decides is drawn on the way, so that attempts are
    cheap.
    """
    places, part = priors.part(redraw.needed)
    movable = np.array([name in priors.together and name not in redraw.kept for name in priors.names])
    moves = movable[np.array(places)][:, None]
    first = z[np.array(places)]

    def usable(own: Array) -> Array:
        return redraw.usable(part.named(part.from_normal(own)))

    def attempt(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        n, taken, waiting = carry
        good = waiting & usable(jnp.where(moves, again(np.array(places), n), first))
        return n + 1, jnp.where(good, n, taken), waiting & ~good

    def open_(carry: tuple[Array, Array, Array]) -> Array:
        return (carry[0] < redraw.attempts) & jnp.any(carry[2])

    waiting = ~usable(first)
    start = (jnp.asarray(1, jnp.int32), jnp.zeros(waiting.shape, jnp.int32), waiting)
    _, taken, _ = jax.lax.while_loop(open_, attempt, start)
    rows = np.flatnonzero(movable)
    return z.at[rows].set(jnp.where(taken > 0, again(rows, taken), z[rows]))
