"""Posteriors by importance: draws kept in proportion to their weights. For priors that are not smooth.

Draws come from q = DEFENCE prior + (1 - DEFENCE) normal, in z-space, where the normal is that of the weighted draws of
rounds before, widened, over the directions that the data moved, narrowed or tied; the others keep their prior (adaptive
importance sampling with a defensive mixture: Hesterberg 1995; Owen & Zhou 2000). The first round is the prior itself.

Of `POOL` draws for each that is kept, systematic resampling keeps as many as their weights say, in their order: copies
of one draw stand side by side, and a chain is what a stretch of the pool comes to, of the same total weight for each.
Given q, chains share no draw but at their ends: what differs between them is the error of the method, which R-hat
compares and the batches of a forecast carry on. k-hat (Vehtari, Simpson, Gelman, Yao & Gabry 2024) says whether the
weights can be trusted at all, and their squares how many draws they are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.settings import Draws, Importance, Progress, Settings
from rsimc.calibration.target import Target
from rsimc.calibration.weights import smoothed

POOL = 4
PILOT = 32_768
ROUNDS = 4
"""Of pilot draws: the first from the prior."""
ENOUGH = 500.0
"""Draws that the weights of a round are worth at least, for means and covariances: else the likelihood is tempered."""
BATCH = 4096
"""Draws of one call of the compiled program."""
DEFENCE = 0.1
WIDER = 1.5
"""Of the normal's covariance, against that of the weighted draws."""
MOVED, NARROWED, TIED = 0.1, 0.1, 0.15
"""Prior standard deviations, part of the prior variance, and correlation with another of them, from which on a
direction is of those that q follows."""
WORST = 99.0
"""k-hat where nothing can be made of the weights, as a number that JSON has."""

Evidence = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Proposal:
    """q: places of the directions that it follows, mean [places] and lower root of the covariance; none: the prior."""

    places: np.ndarray
    mean: np.ndarray
    root: np.ndarray

    def draw(self, rng: np.random.Generator, rows: int, size: int) -> np.ndarray:
        """z [rows, size]."""
        z = rng.standard_normal((rows, size))
        if len(self.places):
            follows = rng.random(rows) >= DEFENCE
            z[np.ix_(follows, self.places)] = self.mean + z[np.ix_(follows, self.places)] @ self.root.T
        return z

    def log_ratio(self, z: np.ndarray) -> np.ndarray:
        """Log of the prior's density over that of q [rows]."""
        if not len(self.places):
            return np.zeros(len(z))
        own = z[:, self.places]
        away = np.linalg.solve(self.root, (own - self.mean).T)
        log_normal = -0.5 * np.square(away).sum(axis=0) - np.log(np.diag(self.root)).sum()
        log_prior = -0.5 * np.square(own).sum(axis=1)
        return -np.logaddexp(np.log(DEFENCE), np.log1p(-DEFENCE) + log_normal - log_prior)


PRIOR = Proposal(np.zeros(0, int), np.zeros(0), np.zeros((0, 0)))


def importance(
    target: Target, settings: Settings, choices: Sequence[Mapping[str, float]], progress: Progress
) -> Callable[[int], list[Draws]]:
    """Weighted draws of several forms of the target's model: calls with a count give that many a chain."""
    program = jax.jit(jax.vmap(target.log_evidence, in_axes=(0, 0, None)))
    total = len(choices) * (ROUNDS * PILOT + settings.chains * settings.draws * POOL)
    done = [0]

    def evidence_of(choice: Mapping[str, float]) -> Evidence:
        values = jnp.asarray([choice[name] for name in target.choice], jnp.float64)

        def evidence(z: np.ndarray, innovations: np.ndarray) -> np.ndarray:
            parts = [slice(first, first + BATCH) for first in range(0, len(z), BATCH)]
            logs = [np.asarray(program(jnp.asarray(z[p]), jnp.asarray(innovations[p]), values)) for p in parts]
            done[0] = min(done[0] + len(z), total)
            progress("sampling", done[0], total)
            found = np.concatenate(logs)
            return np.where(np.isfinite(found), found, -np.inf)

        return evidence

    every = [evidence_of(choice) for choice in choices]
    proposals = [_proposal(target, settings, form, evidence) for form, evidence in enumerate(every)]

    def drawn(count: int) -> list[Draws]:
        both = enumerate(zip(proposals, every, strict=True))
        return [_of_form(target, settings, form, count, *pair) for form, pair in both]

    return drawn


def _proposal(target: Target, settings: Settings, form: int, evidence: Evidence) -> Proposal:
    found = PRIOR
    for turn in range(ROUNDS):
        z, innovations = _draws(target, found, [settings.seed, form, turn], PILOT)
        found = _fitted(z, _tempered(evidence(z, innovations), found.log_ratio(z)))
    return found


def _tempered(logs: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Weights of the likelihood to the power of at most 1 at which they are worth ENOUGH draws."""
    low, high = 0.0, 1.0

    def weights(power: float) -> np.ndarray:
        return smoothed(np.where(logs > -np.inf, power * logs, -np.inf) + ratios)[0]

    found = weights(1.0)
    if 1.0 / np.square(found).sum() >= ENOUGH:
        return found
    for _ in range(12):
        middle = 0.5 * (low + high)
        found = weights(middle)
        low, high = (middle, high) if 1.0 / np.square(found).sum() >= ENOUGH else (low, middle)
    return weights(low)


def _fitted(z: np.ndarray, weights: np.ndarray) -> Proposal:
    """The normal of weighted draws, widened, over the directions in which it is another than the prior."""
    mean = weights @ z
    covariance = ((z - mean) * weights[:, None]).T @ (z - mean) + 1e-4 * np.eye(len(mean))
    error = np.sqrt(np.square(weights).sum())  # of a mean of as many draws as the weights are worth
    sd = np.sqrt(np.diag(covariance))
    changed = (np.abs(mean) > max(MOVED, 4.0 * error)) | (sd**2 < 1.0 - max(NARROWED, 6.0 * error))
    tied = np.abs(covariance[:, changed] / np.outer(sd, sd[changed])) > max(TIED, 4.0 * error)
    places = np.flatnonzero(changed | tied.any(axis=1))
    if not len(places):
        return PRIOR
    return Proposal(places, mean[places], np.linalg.cholesky(WIDER * covariance[np.ix_(places, places)]))


def _of_form(
    target: Target, settings: Settings, form: int, count: int, proposal: Proposal, evidence: Evidence
) -> Draws:
    rows = POOL * count
    pools = [[settings.seed, form, ROUNDS + chain] for chain in range(settings.chains)]
    logs, ratios = np.empty((2, settings.chains, rows))
    for chain, pool in enumerate(pools):
        z, innovations = _draws(target, proposal, pool, rows)
        logs[chain], ratios[chain] = evidence(z, innovations), proposal.log_ratio(z)
    weights, khat = smoothed((logs + ratios).reshape(-1))
    weights = weights.reshape(logs.shape)
    places = resampled(weights.reshape(-1), settings.chains * count, np.random.default_rng([*pools[0], 1]))
    kept_z = np.empty((len(places), target.priors.size))
    kept_u = np.empty((len(places), *target.innovations_shape))
    for n, pool in enumerate(pools):
        mine = np.flatnonzero(places // rows == n)
        if len(mine):
            z, innovations = _draws(target, proposal, pool, rows)  # again: all at once would fill the memory
            kept_z[mine], kept_u[mine] = z[places[mine] % rows], innovations[places[mine] % rows]
    kept_log = logs.reshape(-1)[places].reshape(settings.chains, count)
    kept_z = kept_z.reshape(*kept_log.shape, -1)
    kept_u = kept_u.reshape(*kept_log.shape, *target.innovations_shape)
    prior = 0.5 * (np.square(kept_z).sum(axis=-1) + np.square(kept_u).sum(axis=(-2, -1)))
    worth = Importance(min(khat, WORST), float(1.0 / np.square(weights).sum()), settings.chains * rows)
    nothing = np.zeros(kept_log.shape)
    return Draws(
        z=kept_z,
        innovations=kept_u,
        log_posterior=kept_log - prior,
        diverging=nothing.astype(bool),
        energy=prior - kept_log,
        tree_steps=nothing.astype(int),
        accept_prob=nothing + worth.ess / worth.pool,
        step_size=np.ones(settings.chains),
        importance=worth,
    )


def _draws(target: Target, proposal: Proposal, seed: list[int], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The draws of a pool, the same each time: z [rows, size] and innovations [rows, beats, processes]."""
    rng = np.random.default_rng([*seed, 0])
    return proposal.draw(rng, rows, target.priors.size), rng.standard_normal((rows, *target.innovations_shape))


def resampled(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Places of `count` draws in proportion to weights, which need not sum to 1, in order: systematic resampling, in
    which each place is taken within one of its share."""
    edges = np.cumsum(weights)
    if not edges[-1] > 0.0:
        return np.sort(rng.integers(0, len(weights), count))
    points = (rng.random() + np.arange(count)) / count * edges[-1]
    return np.minimum(np.searchsorted(edges, points, side="right"), len(weights) - 1)
