"""From a study and its posterior to what the engine samples from: the hand-over from float64 to float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.posterior import tables
from rsimc.engine import rng
from rsimc.engine.simulate import PosteriorSource, PriorSource, noise_keys
from rsimc.runs.posteriors import Posterior
from rsimc.runs.study import Study


def make_source(study: Study, posterior: Posterior | None, seed: int) -> PosteriorSource | PriorSource:
    """Draws of the posterior with their past noise, or of the prior when there is none."""
    noise, names = jnp.asarray(noise_keys(study.model, seed)), study.priors.names
    keys = jnp.asarray(rng.stream_keys(seed, [f"prior.{name}" for name in names]))
    if posterior is None:
        return _prior_source(study, noise, keys)
    table, past = tables(posterior.tree, study.fitted)
    order = interleaved(table.shape[1], max(len(study.parts), 1))
    return PosteriorSource(
        study.priors,
        noise,
        jnp.asarray(table.astype(np.float32)),
        jnp.asarray(past.astype(np.float32)),
        jnp.asarray(order),
        keys[table.shape[0] :],
    )


def _prior_source(study: Study, noise: jax.Array, keys: jax.Array) -> PriorSource:
    if not study.parts:
        return PriorSource(study.priors, noise, keys)
    names = tuple(study.choice)
    places = tuple(study.priors.names.index(name) for name in names)
    values = [[part.choice[name] for part in study.parts] for name in names]
    return PriorSource(study.priors, noise, keys, places, jnp.asarray(values, jnp.float32))


def interleaved(draws: int, forms: int) -> np.ndarray:
    """The order in which the draws of a mixture are used: one of every form in turn, each form in its own order.

    draws: of all forms together, form after form. Empty for one form, whose order is that of its chains.

    >>> interleaved(6, 2).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    if forms == 1:
        return np.zeros(0, np.int32)
    return np.arange(draws, dtype=np.int32).reshape(forms, -1).T.ravel()
