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


ROUNDS = 4
"""How often what is kept is drawn, at most."""


def redrawn(redraw: Redraw, priors: PriorSet, z: Array, again: Again) -> Array:
    """z [parameters, B], those of correlated parameters of the first attempt that can be used.

    Attempt 0 is z, and z stays where no attempt can be used. What is kept stays for `redraw.attempts`, and is then that
    of the last attempt that they divide. Only what decides is drawn on the way, so that attempts are cheap.
    """
    places, part = priors.part(redraw.needed)
    among = np.array(places)
    together = [n for n, name in enumerate(priors.names) if name in priors.together]
    kept = [n for n in together if priors.names[n] in redraw.kept]

    def drawn(rows: np.ndarray, of: Array, n: Array) -> Array:
        """Rows [rows, B] of an attempt, of all or of each trajectory; `of` [rows, B] are those of attempt 0."""
        number = jnp.where(np.isin(rows, kept)[:, None], n - n % redraw.attempts, n)
        return jnp.where(np.isin(rows, together)[:, None] & (number > 0), again(rows, number), of)

    def usable(n: Array) -> Array:
        return redraw.usable(part.named(part.from_normal(drawn(among, z[among], n))))

    def attempt(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        n, taken, waiting = carry
        good = waiting & usable(n)
        return n + 1, jnp.where(good, n, taken), waiting & ~good

    def unsettled(carry: tuple[Array, Array, Array]) -> Array:
        return (carry[0] < ROUNDS * redraw.attempts) & jnp.any(carry[2])

    none = jnp.zeros(z.shape[1:], jnp.int32)
    start = (jnp.asarray(1, jnp.int32), none, ~usable(jnp.asarray(0, jnp.int32)))
    _, taken, _ = jax.lax.while_loop(unsettled, attempt, start)
    rows = np.array(together)
    return z.at[rows].set(drawn(rows, z[rows], taken))
