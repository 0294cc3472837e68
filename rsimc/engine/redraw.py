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
Few = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(places [n], trajectories [m], attempt of each place and trajectory [n, m]) -> standard normals [n, m]."""
ROUNDS = 4
"""How often what is kept is drawn, at most."""


def redrawn(redraw: Redraw, priors: PriorSet, z: Array, again: Again) -> Array:
    """z [parameters, B], those of correlated parameters of the first attempt that can be used; NaN where none can, so
    that the trajectory counts as not finite.

    Attempt 0 is z. What is kept stays for `redraw.attempts`, and is then that of the last attempt that they divide.
    Only what decides is drawn on the way, so that attempts are cheap.
    """
    places, part = priors.part(redraw.needed)
    among, (together, kept) = np.array(places), _moving(redraw, priors)

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
    _, taken, waiting = jax.lax.while_loop(unsettled, attempt, start)
    settled = jnp.where(waiting, jnp.nan, drawn(together, z[together], taken))
    return z.at[together].set(settled)


def redrawn_few(redraw: Redraw, priors: PriorSet, z: np.ndarray, few: Few) -> np.ndarray:
    """The numpy twin of `redrawn`, for priors that change from call to call: nothing is compiled. z [parameters, B]."""
    places, part = priors.part(redraw.needed)
    among, (together, kept) = np.array(places), _moving(redraw, priors)

    def usable(own: np.ndarray) -> np.ndarray:
        values = part.named(jnp.asarray(part.at(own), jnp.float32))
        return np.broadcast_to(np.asarray(redraw.usable(values)), own.shape[1:])

    def drawn(rows: np.ndarray, its: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Rows [rows, m] of trajectories `its`, each of its attempt n [m]."""
        number = np.where(np.isin(rows, kept)[:, None], n - n % redraw.attempts, n)
        fresh = np.isin(rows, together)[:, None] & (number > 0)
        return np.where(fresh, few(rows, its, number), z[rows][:, its])

    taken = np.zeros(z.shape[1], np.int64)
    waiting = np.flatnonzero(~usable(z[among]))
    for turn in range(ROUNDS):
        attempts = turn * redraw.attempts + np.arange(redraw.attempts)
        its, n = np.repeat(waiting, redraw.attempts), np.tile(attempts, len(waiting))
        good = usable(drawn(among, its, n)).reshape(len(waiting), redraw.attempts)
        taken[waiting] = np.where(good.any(axis=1), attempts[good.argmax(axis=1)], 0)
        waiting = waiting[~good.any(axis=1)]
    every, made = np.arange(z.shape[1]), np.array(z)
    made[together] = drawn(together, every, taken)
    made[np.ix_(together, waiting)] = np.nan
    return made


def _moving(redraw: Redraw, priors: PriorSet) -> tuple[np.ndarray, np.ndarray]:
    """Places of the parameters that are drawn together, and of those that are kept among them."""
    together = [n for n, name in enumerate(priors.names) if name in priors.together]
    kept = [n for n in together if priors.names[n] in redraw.kept]
    return np.array(together, int), np.array(kept, int)
