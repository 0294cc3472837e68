"""Sources that differ from a run's in one thing: the same trajectories with one parameter, or the noise, drawn anew.

In a run of the prior a parameter is drawn anew from its prior, which the others do not inform. In a calibrated one it
is drawn given all else: given the other parameters and the past noise of its draw, by the normal distribution that has
the posterior's means and covariances (each form's own) in the space where priors are standard normal. How far that is
from the posterior shows in the answers, whose mean must stay: `Driver.moved` of `hanging.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine import rng
from rsimc.engine.source import PosteriorSource, PriorSource, noise_keys
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

Source = PosteriorSource | PriorSource
RIDGE = 1e-6
"""Added to the variances, of about 1, so that a covariance of few draws can be inverted."""


@dataclass(frozen=True)
class Others:
    """base: the run's own trajectories. names: parameters that are not fixed; anew: the source in which one of them is
    drawn anew. noise: new noise of the future, all else kept. rest: the same future noise, all else of other draws."""

    base: Source
    names: tuple[str, ...]
    anew: Callable[[str], Source]
    noise: Source
    rest: Source


def others(study: Study, posterior: Posterior | None, seed: int) -> Others:
    """The sources of a run of a seed; new draws are those of the next seed."""
    plain = study.scenario.run.model_copy(update={"sobol": False})
    study = replace(study, scenario=study.scenario.model_copy(update={"run": plain}))
    base, another = (make_source(study, posterior, key) for key in (seed, (seed + 1) % 2**32))
    names = study.priors.names
    fixed = {name for name, entry in zip(names, study.priors.entries, strict=True) if entry[2].kind == "fixed"}
    free = tuple(name for name in names if name not in fixed and name not in study.choice)
    noise = replace(base, noise=jnp.asarray(noise_keys(study.model, (seed + 1) % 2**32)))
    if isinstance(base, PriorSource):
        keys = jnp.asarray(rng.stream_keys((seed + 1) % 2**32, [f"prior.{name}" for name in names]))

        def fresh(name: str) -> Source:
            n = names.index(name)
            return replace(base, parameter_keys=base.parameter_keys.at[n].set(keys[n]))

        return Others(base, free, fresh, noise, replace(another, noise=base.noise))
    assert posterior is not None
    return Others(base, free, _redrawn(study, posterior, base, seed), noise, _shifted(base))


def _shifted(base: PosteriorSource) -> PosteriorSource:
    """Each trajectory with another draw: the one half of all draws away, of the same form."""
    draws = base.table.shape[1]
    order = base.order if base.order.shape[0] else jnp.arange(draws, dtype=jnp.int32)
    return replace(base, order=jnp.roll(order, draws // 2))


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
