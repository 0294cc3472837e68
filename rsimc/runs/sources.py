"""From a study and its posterior to what the engine samples from: the hand-over from float64 to float32."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from rsimc.calibration.posterior import tables
from rsimc.engine import rng
from rsimc.engine.simulate import PosteriorSource, PriorSource, noise_keys
from rsimc.runs.posteriors import Posterior
from rsimc.runs.study import Study


def make_source(study: Study, posterior: Posterior | None, seed: int) -> PosteriorSource | PriorSource:
    """Draws of the posterior with their past noise, or of the prior when there is none."""
    noise = jnp.asarray(noise_keys(study.model, seed))
    if posterior is None:
        keys = rng.stream_keys(seed, [f"prior.{name}" for name in study.priors.names])
        return PriorSource(study.priors, noise, jnp.asarray(keys))
    table, past = tables(posterior.tree, study.priors)
    return PosteriorSource(
        study.priors, noise, jnp.asarray(table.astype(np.float32)), jnp.asarray(past.astype(np.float32))
    )
