"""What a posterior says that later rows of a series will read, errors of measurement included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from rsimc.calibration.host import on_host
from rsimc.calibration.target import Target
from rsimc.calibration.terms import TERMS, Path, Term
from rsimc.dates import decimal_year
from rsimc.engine.path import beats, simulate_path
from rsimc.observations.rows import Observation

Array = jax.Array
BATCH = 256
SUITE = ("metr_level", "metr_tilt")
"""What a new suite draws anew."""


@dataclass(frozen=True)
class Positions:
    """Draws of a posterior: z [draws, z], past innovations [draws, beats, processes]; choice: the model's form."""

    z: np.ndarray
    past: np.ndarray
    choice: Mapping[str, float]

    def only(self, some: np.ndarray) -> Positions:
        """Those of a mask [draws]."""
        return Positions(self.z[some], self.past[some], self.choice)


def not_yet(target: Target, at: Positions) -> Positions:
    """The draws that a forecast keeps: in their past nothing has happened that the world would have seen."""

    def one(point: tuple[Array, Array]) -> Array:
        return target.log_not_yet(target.simulate(*point, choice)[0]) == 0.0

    with on_host():
        choice = jnp.asarray([at.choice[name] for name in target.choice], jnp.float64)
        program = jax.jit(lambda z, past: jax.lax.map(one, (z, past), batch_size=BATCH))
        return at.only(np.asarray(program(jnp.asarray(at.z), jnp.asarray(at.past))))


def positions(tree: xr.DataTree, choice: Mapping[str, float]) -> Positions:
    """All draws of a posterior of one form, in chain order."""
    latent = tree["latent"].to_dataset().transpose("chain", "draw", ...)
    z = np.asarray(latent["z"].values).reshape(-1, latent["z"].shape[-1])
    past = np.asarray(latent["innovations"].values)
    return Positions(z, past.reshape(len(z), *past.shape[2:]), choice)


def later_rows(
    target: Target, at: Positions, rows: Sequence[Observation], seed: int, *, new_suite: bool = False
) -> tuple[Term, np.ndarray]:
    """The term of the rows that can be forecast, and samples of what they will read on its scale [draws, rows].

    rows: of one series that the target knows. The past goes on with fresh noise. new_suite: METR's offset and tilt are
    drawn from their priors, as for tasks that the posterior has not seen.
    """
    term = TERMS[rows[0].series](rows)
    steps = max([beats(target.model, decimal_year(row.date)) for row in term.rows], default=0)
    fresh = max(steps - (at.past.shape[1] - 1), 1)
    names = target.priors.names
    redrawn = np.array([names.index(name) for name in SUITE if new_suite and name in names], np.int32)

    def one(z: Array, past: Array, key: Array) -> Array:
        again, ahead, error = jax.random.split(key, 3)
        z = z.at[redrawn].set(jax.random.normal(again, (len(redrawn),)))
        noise = jnp.concatenate([past, jax.random.normal(ahead, (fresh, past.shape[1]))])
        params = {
            **target.priors.named(target.priors.from_normal(z)),
            **{k: jnp.asarray(v) for k, v in at.choice.items()},
        }
        values = simulate_path(target.model, params, noise, term.quantities)
        path = Path(values, target.model.start, target.model.steps_per_year)
        seen = term.draw(path, params, error)
        return jnp.stack([jnp.asarray(seen.y), jnp.asarray(seen.sign)])

    with on_host():
        keys = jax.random.split(jax.random.key(seed), len(at.z))
        program = jax.jit(lambda *points: jax.lax.map(lambda point: one(*point), points, batch_size=BATCH))
        drawn = np.asarray(program(jnp.asarray(at.z), jnp.asarray(at.past), keys))
    return term, drawn[:, 0]
