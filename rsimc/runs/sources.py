"""From a study and its posterior to what the engine samples from: the hand-over from float64 to float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import qmc

from rsimc.calibration.posterior import kept_shares, tables
from rsimc.engine import rng, sobol
from rsimc.engine.plan import BLOCK
from rsimc.engine.source import PosteriorSource, PriorSource, noise_keys
from rsimc.models.base import redraw_of
from rsimc.runs.posteriors import Posterior
from rsimc.runs.study import Study

LEAST_KEPT = 1e-3
"""A form of which less is kept is left its small share: hardly any of its draws suits what is known."""


def make_source(study: Study, posterior: Posterior | None, seed: int) -> PosteriorSource | PriorSource:
    """Draws of the posterior with their past noise, or of the prior when there is none."""
    if posterior is None:
        source = _prior_source(study, *_keys(study, seed))
        return spread(source, seed) if study.scenario.run.sobol else source
    table, past = tables(posterior.tree, study.fitted)
    order = interleaved(table.shape[1], drawn_weights(study.weights, posterior))
    return posterior_source(study, table, past, seed, order)


def posterior_source(
    study: Study, table: np.ndarray, past: np.ndarray, seed: int, order: np.ndarray | None = None
) -> PosteriorSource:
    """Draws as the engine takes them: parameter values [fitted, draws], past innovations [beats, processes, draws].

    order [draws]: in which draws are used, their own when None.
    """
    noise, keys = _keys(study, seed)
    return PosteriorSource(
        study.priors,
        noise,
        jnp.asarray(table.astype(np.float32)),
        jnp.asarray(past.astype(np.float32)),
        jnp.asarray(np.zeros(0, np.int32) if order is None else order),
        keys[table.shape[0] :],
    )


def _keys(study: Study, seed: int) -> tuple[jax.Array, jax.Array]:
    """Keys of the noise [processes, 2] and of the parameters [parameters, 2]."""
    names = [f"prior.{name}" for name in study.priors.names]
    return jnp.asarray(noise_keys(study.model, seed)), jnp.asarray(rng.stream_keys(seed, names))


def _prior_source(study: Study, noise: jax.Array, keys: jax.Array) -> PriorSource:
    redraw = redraw_of(study.model)
    if not study.parts:
        return PriorSource(study.priors, noise, keys, redraw=redraw)
    names = tuple(study.choice)
    places = tuple(study.priors.names.index(name) for name in names)
    forms = turns(study.weights, len(study.parts) if equal(study.weights) else BLOCK)
    values = [[study.parts[form].choice[name] for form in forms] for name in names]
    return PriorSource(study.priors, noise, keys, places, jnp.asarray(values, jnp.float32), redraw=redraw)


def directions(dimensions: int) -> np.ndarray:
    """Direction numbers of Joe & Kuo [dimensions, 26] uint32 as scipy has them; tests hold them against its points."""
    table = np.asarray(qmc.Sobol(dimensions, scramble=False, bits=32)._sv, dtype=np.uint64)
    return table[:, : sobol.BITS].astype(np.uint32)


def spread(source: PriorSource, seed: int) -> PriorSource:
    """The source with its parameters from scrambled Sobol points."""
    keys = sobol.scramble_keys(seed, source.priors.names)
    table = directions(source.priors.size)
    return replace(source, parameter_keys=jnp.asarray(keys), directions=jnp.asarray(table))


def drawn_weights(weights: tuple[float, ...], posterior: Posterior) -> tuple[float, ...]:
    """Shares of the draws that give the forms of a mixture their weights among the trajectories that are kept.

    Which trajectories the forecast leaves out, since a milestone has passed in them, is decided by the draw. A form of
    which more is left out takes more turns.
    """
    if not weights:
        return ()
    drawn = np.array(weights) / np.maximum(kept_shares(posterior.tree, len(weights)), LEAST_KEPT)
    return tuple(float(share) for share in drawn / drawn.sum())


def equal(weights: Sequence[float]) -> bool:
    """Whether all weights are the same."""
    return bool(np.ptp(weights) < 1e-12)


def turns(weights: Sequence[float], count: int) -> np.ndarray:
    """Which form takes each of `count` turns [count]: after any number of turns each has had its share, nearly.

    A turn goes to the form that has waited longest for its share (the apportionment of Webster).

    >>> turns([0.5, 0.25, 0.25], 8).tolist()
    [0, 1, 2, 0, 0, 1, 2, 0]
    """
    taken, out = np.zeros(len(weights)), []
    for _ in range(count):
        out.append(int(np.argmax(np.asarray(weights) / (2.0 * taken + 1.0))))
        taken[out[-1]] += 1.0
    return np.array(out, np.int32)


def interleaved(draws: int, weights: Sequence[float]) -> np.ndarray:
    """The order in which the draws of a mixture are used: forms take turns, each in its own order.

    draws: of all forms together, form after form, equally many. A form of a small weight skips draws, one of a large
    weight uses some twice. Empty for one form, whose order is that of its chains.

    >>> interleaved(6, [0.5, 0.5]).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    if not weights:
        return np.zeros(0, np.int32)
    each, form = draws // len(weights), turns(weights, draws)
    order = np.zeros(draws, np.int32)
    for n in range(len(weights)):
        places = np.flatnonzero(form == n)
        order[places] = n * each + np.arange(len(places)) * each // max(len(places), 1)
    return order
