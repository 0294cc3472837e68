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

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.hmc import Kept, State, Told, Transitions, Tuning, by_chain, compile_transitions
from rsimc.calibration.settings import Draws, Progress, Settings, Standing
from rsimc.calibration.target import Data, Target

INITIAL_SD = 0.5  # of z around 0: prior draws far out have no finite gradient
PIECE = 4  # transitions between two reports of progress, and two looks at the step size
FIRST_STEP = 0.02
FIRST_PATH = 1.0  # while the chains find the posterior
PATH = 4.0
"""Longest path, in units of the pooled standard deviations: half a period of the widest directions is 3.1."""
MOST_STEPS = 128
FROZEN_ACCEPTANCE, FROZEN_DEPTH = 0.1, 50.0
GAIN = 0.6  # of log step per missed acceptance
ADAPTED = 80  # transitions of a warm-up from an earlier fit in which its masses are learned anew
SHORTER = (1.0, 0.9, 1.0, 0.35)
"""Of the step size, in turn: a chain in a narrow place, where the common step is too long, gets out by a short one."""


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
) -> Run:
    """Chains of several posteriors at once, warmed up: of forms of the target's model, of data sets, or both.

    choices, data, start: one for each posterior; data of the target itself, and places around 0, when None.
    compiled: transitions of the target, to share one program between calls. No posterior knows of the others; but bytes
    are the same only where the same are sampled together, since rounding differs with the number of chains.

    progress(stage, done, total) is called between pieces; an exception raised in it ends the fit.
    """
    told = _told(target, choices, data, settings.chains)
    run = Run(target, settings, told, progress, compiled or compile_transitions(target))
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


class Run:
    """Chains as they go on, those of one posterior after those of another."""

    def __init__(
        self, target: Target, settings: Settings, told: Told, progress: Progress, advance: Transitions
    ) -> None:
        self.target, self.settings, self.progress = target, settings, progress
        self._told, self._advance = told, advance
        self.total = settings.warmup + settings.draws
        self.reseeded = 0
        self._kept: list[Kept] = []
        self._lengths: list[np.ndarray] = []
        progress("compile", 0, self.total)

    def begin(self, standing: Sequence[Standing], sets: int) -> None:
        """Put all chains where they stand; one standing for all sets, or one for each."""
        every = list(standing) * (sets // len(standing))
        self.sets, self._count = sets, every[0].count
        self.step = np.array([one.step for one in every])
        self.inverse_mass = np.stack([one.inverse_mass for one in every])
        q = jnp.asarray(np.concatenate([one.q for one in every]))
        key = jax.random.wrap_key_data(jnp.asarray(np.concatenate([one.key for one in every])))
        self._by_chain = by_chain(len(q))
        # With its type, or the whole program would be traced and compiled twice, for half a minute.
        unknown = State(q, jnp.full(len(q), -jnp.inf, q.dtype), jnp.zeros(q.shape), key)
        self._told = jax.device_put(self._told, self._by_chain)
        self.state = jax.device_put(unknown, self._by_chain)
        self._evaluate()

    def _evaluate(self) -> None:
        """Density and gradient where the chains stand: transitions of no size, which spare a program of its own."""
        step, count, key = self.step, self._count, self.state.key
        self.step = np.zeros(self.sets)
        self._piece(0.0)
        self.step, self._count, self.state = step, count, self.state._replace(key=key)

    def warm_up(self, warm: bool) -> None:
        """Find step sizes and masses; `warm`: the place is nearly right, and in a short warm-up the masses are kept."""
        length = self.settings.warmup
        cold = [length // 8, length * 3 // 8, length * 3 // 4, length]
        ends = cold if not warm else [length // 2, length] if length >= ADAPTED else [length]
        done = 0
        for window, end in enumerate(ends):
            seen = []
            while done < end:
                path = FIRST_PATH if window == 0 and not warm else PATH
                kept = self._piece(path)
                seen.append(kept)
                done += PIECE
                self._adapt_step(kept, (done - (ends[window - 1] if window else 0)) / PIECE)
                self.progress("warm-up", min(done, length), self.total)
            if end != length and (window or warm) and seen:
                self._adapt_mass(seen[len(seen) // 3 :])
            if end != length and seen:  # a window of a very short warm-up may be over before it begins
                self._reseed(seen)

    def draws(self, count: int) -> list[Draws]:
        """The first `count` draws of every chain after the warm-up, of each posterior."""
        total = self.settings.warmup + count
        while PIECE * len(self._kept) < count:
            self._kept.append(self._piece(PATH))
            self._lengths.append(self._last_lengths)
            self.progress("sampling", min(self.settings.warmup + PIECE * len(self._kept), total), total)
        every = jax.tree.map(lambda *parts: np.moveaxis(np.concatenate(parts)[:count], 0, 1), *self._kept)
        return [self._draws_of(every, n, count) for n in range(self.sets)]

    def _chains(self, which: int) -> slice:
        return slice(which * self.settings.chains, (which + 1) * self.settings.chains)

    def _draws_of(self, every: Kept, which: int, count: int) -> Draws:
        its = self._chains(which)
        mine = jax.tree.map(lambda x: x[its], every)
        z, innovations = split(self.target, mine.q)
        steps = np.broadcast_to(np.concatenate(self._lengths)[:count, which], mine.lp.shape)
        sizes = np.full(self.settings.chains, self.step[which])
        q, key = np.asarray(self.state.q)[its], np.asarray(jax.random.key_data(self.state.key))[its]
        standing = Standing(q, key, float(self.step[which]), self.inverse_mass[which], self._count)
        shown = (mine.diverging, mine.energy, steps, mine.accept, sizes)
        return Draws(z, innovations, mine.lp, *shown, standing=standing)

    def _piece(self, path: float) -> Kept:
        """PIECE transitions of every chain. Each set has lengths by its own step: those of a set must not hang on which
        others are sampled with it."""
        fractions = np.array([_van_der_corput(self._count + n + 1) for n in range(PIECE)])
        wanted = np.ceil(path * fractions[:, None] / np.maximum(self.step, 1e-9))
        lengths = np.clip(wanted, 1, MOST_STEPS).astype(np.int32)
        self._count += PIECE
        self._last_lengths = lengths
        each = (np.repeat(x, self.settings.chains, axis=0) for x in (self.step, self.inverse_mass))
        tuning = Tuning(*(jax.device_put(jnp.asarray(x), self._by_chain) for x in each))
        moves = (jnp.asarray(np.repeat(lengths, self.settings.chains, axis=1)), jnp.asarray(SHORTER))
        self.state, kept = self._advance(self.state, tuning, self._told, moves)
        return jax.tree.map(np.asarray, kept)  # waits for the piece

    def _adapt_step(self, kept: Kept, place: float) -> None:
        accept = np.nan_to_num(kept.accept)[:-1].reshape(PIECE - 1, self.sets, -1).mean(axis=(0, 2))
        gain = 2.0 * GAIN / math.sqrt(max(place, 1.0))
        self.step = self.step * np.exp(gain * (accept - self.settings.target_accept))

    def _adapt_mass(self, seen: list[Kept]) -> None:
        """Pooled variances over chains and a window; shrunk towards 1, the prior's, as if by five draws."""
        q = np.concatenate([kept.q for kept in seen])
        for n in range(self.sets):
            mine = q[:, self._chains(n)].reshape(-1, q.shape[-1])
            count = len(mine)
            new = (count * mine.var(axis=0) + 5.0) / (count + 5.0)
            self.step[n] *= math.exp(-0.5 * float(np.mean(np.log(new / self.inverse_mass[n]))) * 0.5)
            self.inverse_mass[n] = new

    def _reseed(self, seen: list[Kept]) -> None:
        """Chains that do not move, or lie far below the others, go on from one that does well."""
        accept = np.concatenate([kept.accept for kept in seen[-len(seen) // 2 :]]).mean(axis=0)
        lp = np.asarray(self.state.lp)
        place = np.arange(len(lp))
        for n in range(self.sets):
            mine = place[self._chains(n)]
            bad = (accept[mine] < FROZEN_ACCEPTANCE) | ~(lp[mine] > np.nanmedian(lp[mine]) - FROZEN_DEPTH)
            if bad.any() and not bad.all():
                rng = np.random.default_rng([self.settings.seed, self._count])  # alike, whatever the other sets
                place[mine[bad]] = rng.choice(mine[~bad], bad.sum())
                self.reseeded += int(bad.sum())
        if (place != np.arange(len(lp))).any():
            q, density, gradient, key = self.state
            self.state = jax.device_put(State(q[place], density[place], gradient[place], key), self._by_chain)


def split(target: Target, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """z [..., z] and innovations [..., beats, processes] of positions [..., size]."""
    size = target.priors.size
    return q[..., :size], q[..., size:].reshape(*q.shape[:-1], *target.innovations_shape)


def _scattered(rng: np.random.Generator, target: Target, settings: Settings) -> np.ndarray:
    """First positions [chains, size]: the chains of a group begin at one point."""
    size = target.priors.size + int(np.prod(target.innovations_shape))
    points = INITIAL_SD * rng.standard_normal((settings.groups, size))
    return np.repeat(points, settings.chains // settings.groups, axis=0)


def _van_der_corput(n: int) -> float:
    """The n-th of a sequence that fills (0, 1] evenly, n from 1, in base 2."""
    value, unit = 0.0, 0.5
    while n:
        value, n, unit = value + unit * (n & 1), n >> 1, unit / 2
    return value
