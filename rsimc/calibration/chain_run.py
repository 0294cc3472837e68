"""Chains as they go on: warm-up, draws, and where they stand when an unfinished fit is kept.

The warm-up pools what all chains of a posterior see (Hoffman & Sountsov, Tuning-free generalized HMC, 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.hmc import Kept, State, Told, Transitions, Tuning, by_chain
from rsimc.calibration.settings import Draws, Keeper, Progress, Settings, Standing
from rsimc.calibration.target import Target

STAGE = 48  # transitions of sampling after which an unfinished fit is kept
PIECE = 4  # transitions between two reports of progress, and two looks at the step size
FIRST_PATH = 1.0  # while the chains find the posterior
PATH = 4.0
"""Longest path, in units of the pooled standard deviations: half a period of the widest directions is 3.1."""
MOST_STEPS = 128
FROZEN_ACCEPTANCE, FROZEN_DEPTH = 0.1, 50.0
GAIN = 0.6  # of log step per missed acceptance
ADAPTED = 80  # transitions of a warm-up from an earlier fit in which its masses are learned anew
SHORTER = (1.0, 0.9, 1.0, 0.35)
"""Of the step size, in turn: a chain in a narrow place, where the common step is too long, gets out by a short one."""


class Run:
    """Chains as they go on, those of one posterior after those of another."""

    def __init__(
        self,
        target: Target,
        settings: Settings,
        told: Told,
        progress: Progress,
        advance: Transitions,
        keeper: Keeper | None = None,
    ) -> None:
        self.target, self.settings, self.progress = target, settings, progress
        self._told, self._advance, self._keeper = told, advance, keeper
        self.total = settings.warmup + settings.draws
        self.reseeded = self._window = self._done = 0
        self._kept: list[Kept] = []
        self._lengths: list[np.ndarray] = []
        progress("compile", 0, self.total)

    def begin(self, standing: Sequence[Standing], sets: int) -> None:
        """Put all chains where they stand; one standing for all sets, or one for each."""
        every = list(standing) * (sets // len(standing))
        self.sets, self._count = sets, every[0].count
        self.step = np.array([one.step for one in every])
        self.inverse_mass = np.stack([one.inverse_mass for one in every])
        q, key = (np.concatenate([getattr(one, name) for one in every]) for name in ("q", "key"))
        self._place(q, np.full(len(q), -np.inf), np.zeros(q.shape), key)
        self._evaluate()

    def _place(self, q: np.ndarray, lp: np.ndarray, gradient: np.ndarray, key: np.ndarray) -> None:
        """The chains on their devices. From numpy, whose numbers have a type of their own: of -inf as Python has it
        jax would trace and compile the whole program once more, for half a minute."""
        self._by_chain = by_chain(len(q))
        state = State(
            jnp.asarray(q), jnp.asarray(lp), jnp.asarray(gradient), jax.random.wrap_key_data(jnp.asarray(key))
        )
        self._told, self.state = jax.device_put((self._told, state), self._by_chain)

    def resume(self, sets: int) -> bool:
        """Put all chains where an unfinished fit was when it was last kept; whether there is one."""
        kept = self._keeper.load() if self._keeper is not None else None
        if kept is None:
            return False
        self.sets, self.step, self.inverse_mass = sets, kept["step"], kept["inverse_mass"]
        self._count, self._window, self._done, self.reseeded = (int(n) for n in kept["counts"])
        self._place(kept["q"], kept["lp"], kept["gradient"], kept["key"])
        if len(kept["lengths"]):
            self._kept = [Kept._make(kept[f"kept_{name}"] for name in Kept._fields)]
            self._lengths = [kept["lengths"]]
        return True

    def _keep(self) -> None:
        """Keep all that the chains need to go on."""
        if self._keeper is None:
            return
        q, lp, gradient, key = self.state
        counts = np.array([self._count, self._window, self._done, self.reseeded])
        here = {"q": q, "lp": lp, "gradient": gradient, "key": jax.random.key_data(key), "counts": counts}
        here |= {"step": self.step, "inverse_mass": self.inverse_mass, "lengths": np.zeros((0, self.sets), np.int32)}
        if self._kept:
            every = jax.tree.map(lambda *parts: np.concatenate(parts), *self._kept)
            here |= {f"kept_{name}": part for name, part in every._asdict().items()}
            here["lengths"] = np.concatenate(self._lengths)
        self._keeper.save({name: np.asarray(part) for name, part in here.items()})

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
        for window, end in list(enumerate(ends))[self._window :]:
            seen = []
            while self._done < end:
                path = FIRST_PATH if window == 0 and not warm else PATH
                kept = self._piece(path)
                seen.append(kept)
                self._done += PIECE
                self._adapt_step(kept, (self._done - (ends[window - 1] if window else 0)) / PIECE)
                self.progress("warm-up", min(self._done, length), self.total)
            if end != length and (window or warm) and seen:
                self._adapt_mass(seen[len(seen) // 3 :])
            if end != length and seen:  # a window of a very short warm-up may be over before it begins
                self._reseed(seen)
            self._window = window + 1
            self._keep()

    def draws(self, count: int) -> list[Draws]:
        """The first `count` draws of every chain after the warm-up, of each posterior."""
        total = self.settings.warmup + count
        while (done := sum(len(part) for part in self._lengths)) < count:
            self._kept.append(self._piece(PATH))
            self._lengths.append(self._last_lengths)
            done += PIECE
            if done % STAGE == 0 and done < count:
                self._keep()
            self.progress("sampling", min(self.settings.warmup + done, total), total)
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


def _van_der_corput(n: int) -> float:
    """The n-th of a sequence that fills (0, 1] evenly, n from 1, in base 2."""
    value, unit = 0.0, 0.5
    while n:
        value, n, unit = value + unit * (n & 1), n >> 1, unit / 2
    return value
