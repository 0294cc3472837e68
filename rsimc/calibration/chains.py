"""Hamiltonian Monte Carlo with many chains at once: the workhorse, of posteriors, of refits and of all model forms.

Chains share what they learn: the chains of one posterior have one step size and one diagonal mass, estimated over all
of them, so that a short warm-up does. All chains take the same number of leapfrog steps, a low-discrepancy sequence of
lengths, so that none waits for another; a chain costs a tenth of what it costs alone. NUTS (`fit`) is the reference
that it is tested against.

Hoffman & Sountsov, Tuning-free generalized HMC (2022)
for pooled adaptation and low-discrepancy lengths; Margossian et al., Nested R-hat (2024), for groups of chains that
start from one point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.chain_run import Run
from rsimc.calibration.hmc import Told, Transitions, compile_transitions
from rsimc.calibration.settings import Keeper, Progress, Settings, Standing
from rsimc.calibration.target import Data, Target

INITIAL_SD = 0.5  # of z around 0: prior draws far out have no finite gradient
FIRST_STEP = 0.02


@dataclass(frozen=True)
class Start:
    """Where the chains of a posterior begin: q [chains, size]; step and inverse mass [size] of an earlier fit."""

    q: np.ndarray
    step: float
    inverse_mass: np.ndarray


Choices = Sequence[Mapping[str, float]]


def many_chains(
    target: Target,
    settings: Settings,
    choices: Choices,
    progress: Progress,
    *,
    data: Sequence[Data] | None = None,
    start: Sequence[Start] | None = None,
    compiled: Transitions | None = None,
    keeper: Keeper | None = None,
) -> Run:
    """Chains of several posteriors at once, warmed up: of forms of the target's model, of data sets, or both.

    choices, data, start: one for each posterior; data of the target itself, and places around 0, when None.
    compiled: transitions of the target, to share one program between calls. keeper: of the same fit, unfinished, which
    then goes on from the end of a stage, to the same bytes. No posterior knows of the others; but bytes
    are the same only where the same are sampled together, since rounding differs with the number of chains.

    progress(stage, done, total) is called between pieces; an exception raised in it ends the fit.
    """
    told = _told(target, choices, data, settings.chains)
    run = Run(target, settings, told, progress, compiled or compile_transitions(target), keeper)
    if not run.resume(len(choices)):
        run.begin(_first(target, settings, start), len(choices))
    run.warm_up(start is not None)
    return run


def go_on(
    target: Target, settings: Settings, choices: Choices, standing: Sequence[Standing], progress: Progress
) -> Run:
    """Chains as they were when earlier fits ended: what they draw next is what they would have drawn."""
    told = _told(target, choices, None, settings.chains)
    run = Run(target, settings, told, progress, compile_transitions(target))
    run.begin(standing, len(choices))
    return run


def _first(target: Target, settings: Settings, start: Sequence[Start] | None) -> list[Standing]:
    if start is None:
        q = _scattered(np.random.default_rng(settings.seed), target, settings)
        start = [Start(q, FIRST_STEP, np.ones(q.shape[1]))]
    key = np.asarray(jax.random.key_data(jax.random.split(jax.random.key(settings.seed), settings.chains)))
    return [Standing(one.q, key, one.step, one.inverse_mass, 0) for one in start]


def _told(target: Target, choices: Choices, data: Sequence[Data] | None, chains: int) -> Told:
    values = np.array([[choice[name] for name in target.choice] for choice in choices], np.float64)
    stacked = data and jax.tree.map(lambda *parts: np.stack([np.asarray(p, np.float64) for p in parts]), *data)
    each = lambda x: jnp.asarray(np.repeat(x, chains, axis=0))  # noqa: E731
    return Told(each(values), jax.tree.map(each, stacked or None))


def _scattered(rng: np.random.Generator, target: Target, settings: Settings) -> np.ndarray:
    """First positions [chains, size]: the chains of a group begin at one point."""
    size = target.priors.size + int(np.prod(target.innovations_shape))
    points = INITIAL_SD * rng.standard_normal((settings.groups, size))
    return np.repeat(points, settings.chains // settings.groups, axis=0)
