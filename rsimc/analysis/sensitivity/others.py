"""Sources that differ from a run's in one thing: the same trajectories with one parameter, or the noise, drawn anew.

In a run of the prior a parameter is drawn anew from its prior, which the others do not inform. In a calibrated one it
is drawn given all else: given the other parameters and the past noise of its draw, by the normal distribution that has
the posterior's means and covariances (each form's own) in the space where priors are standard normal. How far that is
from the posterior shows in the answers, whose mean must stay: `Driver.moved` of `hanging.py`. Parameters whose priors
are drawn together are not drawn anew: what one of them does, the others given, is not what z_n does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine import rng
from rsimc.engine.dates import SAMPLE
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.engine.source import Innovations, PosteriorSource, PriorSource, noise_keys
from rsimc.models.base import Model
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

RIDGE = 1e-6
"""Added to the variances, of about 1, so that a covariance of few draws can be inverted."""


def _mixed() -> np.ndarray:
    """Trajectory by trajectory another one [SAMPLE]: batches b and b + 32 exchange theirs, in a random order, so that
    neither draw, form nor anything else is the same but by chance."""
    places = np.arange(SAMPLE).reshape(BATCHES, BLOCK)
    chance, half = np.random.default_rng(1), BATCHES // 2
    found = np.empty_like(places)
    for b in range(half):
        order = chance.permutation(BLOCK)
        found[b], found[b + half] = places[b + half][order], places[b][np.argsort(order)]
    return found.reshape(-1).astype(np.uint32)


MIXED = _mixed()


@partial(jax.tree_util.register_dataclass, data_fields=["base", "places"], meta_fields=[])
@dataclass(frozen=True)
class WithNoiseOf:
    """A source whose trajectories have the future noise of others: places [SAMPLE] uint32."""

    base: PosteriorSource | PriorSource
    places: jax.Array

    def draw(self, ids: jax.Array) -> jax.Array:
        """As the base."""
        return self.base.draw(ids)

    def values(self, ids: jax.Array) -> jax.Array:
        """As the base."""
        return self.base.values(ids)

    def innovations(self, model: Model, ids: jax.Array) -> Innovations:
        """The past of the base, the future of the others."""
        return self.base.innovations(model, ids)._replace(ids=self.places[ids])

    def named(self, values: jax.Array) -> dict[str, jax.Array]:
        """Parameters by name."""
        return self.base.named(values)


Source = PosteriorSource | PriorSource | WithNoiseOf


@dataclass(frozen=True)
class Others:
    """base: the run's own trajectories; of a run of Sobol points independent ones. names: parameters that are not fixed
    and not drawn together with others; anew: the source in which one of them is drawn anew. noise: new noise of the
    future, all else kept. rest: all else kept, the future noise that of trajectory MIXED[i]: another draw, form and
    pause."""

    base: Source
    names: tuple[str, ...]
    anew: Callable[[str], Source]
    noise: Source
    rest: Source


def others(study: Study, posterior: Posterior | None, seed: int) -> Others:
    """The sources of a run of a seed; new draws are those of the next seed."""
    plain = study.scenario.run.model_copy(update={"sobol": False})
    study = replace(study, scenario=study.scenario.model_copy(update={"run": plain}))
    base = make_source(study, posterior, seed)
    names = study.priors.names
    fixed = {name for name, entry in zip(names, study.priors.entries, strict=True) if entry[2].kind == "fixed"}
    free = tuple(name for name in names if name not in fixed | study.priors.together and name not in study.choice)
    noise = replace(base, noise=jnp.asarray(noise_keys(study.model, (seed + 1) % 2**32)))
    if isinstance(base, PriorSource):
        keys = jnp.asarray(rng.stream_keys((seed + 1) % 2**32, [f"prior.{name}" for name in names]))

        def fresh(name: str) -> Source:
            n = names.index(name)
            return replace(base, parameter_keys=base.parameter_keys.at[n].set(keys[n]))

        return Others(base, free, fresh, noise, WithNoiseOf(base, jnp.asarray(MIXED)))
    assert posterior is not None
    return Others(base, free, _redrawn(study, posterior, base, seed), noise, WithNoiseOf(base, jnp.asarray(MIXED)))


def _redrawn(study: Study, posterior: Posterior, base: PosteriorSource, seed: int) -> Callable[[str], Source]:
    fitted = study.fitted
    latent = posterior.tree["latent"].to_dataset()
    z = np.asarray(latent["z"].transpose("chain", "draw", "z_name").values)
    past = np.asarray(latent["innovations"].transpose("chain", "draw", "beat", "process").values)
    forms = max(len(study.parts), 1)
    rows = np.concatenate([z, past.reshape(*past.shape[:2], -1)], axis=-1).reshape(
        forms, -1, z.shape[-1] + past[0, 0].size
    )
    centres = rows.mean(axis=1, keepdims=True)
    precisions = [np.linalg.inv(np.cov(part, rowvar=False) + RIDGE * np.eye(part.shape[1])) for part in rows]
    chance = np.random.default_rng((seed, 1))

    def redrawn(name: str) -> Source:
        if name not in fitted.names:  # of a pause or a rival, which no datum informs
            n = study.priors.names.index(name) - len(fitted.names)
            key = jnp.asarray(rng.stream_keys((seed + 1) % 2**32, [f"prior.{name}"]))[0]
            return replace(base, fresh_keys=base.fresh_keys.at[n].set(key))
        n = fitted.names.index(name)
        new = np.concatenate(
            [
                _given(part - centre, centre[0, n], p, n, chance)
                for part, centre, p in zip(rows, centres, precisions, strict=True)
            ]
        )
        every = rows.reshape(-1, rows.shape[-1])[:, : z.shape[-1]].T.copy()
        every[n] = new
        with jax.enable_x64(True):
            value = np.asarray(fitted.from_normal(jnp.asarray(every))[n])
        return replace(base, table=base.table.at[n].set(jnp.asarray(value.astype(np.float32))))

    return redrawn


def _given(apart: np.ndarray, centre: float, precision: np.ndarray, n: int, chance: np.random.Generator) -> np.ndarray:
    """z number n drawn anew given the rest: apart [draws, z] from their means."""
    rest = apart @ precision[:, n] - apart[:, n] * precision[n, n]
    drawn: np.ndarray = centre - rest / precision[n, n] + chance.normal(size=len(apart)) / np.sqrt(precision[n, n])
    return drawn
