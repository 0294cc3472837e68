"""Simulation-based calibration by exact ranks: do priors, model, likelihood, gradients and sampler fit together?

A replicate draws parameters and noise from the prior, and data from those: the draw then comes from the posterior that
the data have. It is put at a random place k, from 0 to L, of a chain of L + 1 states: L - k transitions of Hamiltonian
Monte Carlo lead on from it, k lead back. A transition leaves the posterior as it is and is reversible (fresh momentum,
a fixed number of leapfrog steps, their size drawn without a look at the state), so that going back is going on, and for
every k the chain has one law, that of a stationary chain. So the chain does not tell k, and among its states the draw
ranks as any other: the rank is exactly uniform on 0..L, of whatever is computed from a state and the data, however
badly the chain mixes. A chain that hardly moves costs power and nothing else. States repeat where a move is rejected;
ties are broken at random.

A replicate whose density is not finite where it was drawn is left out. That keeps ranks exact: no transition enters
such places, so that the chains have the posterior without them, and the draws that are kept come from it.

Gandy & Scott, Unit testing for MCMC and other Monte Carlo methods (2020), algorithm 2; Modrák et al., Simulation-based
calibration checking (2023), for ranks of the density itself, which see what ranks of parameters do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec as Spec
from scipy.stats import chi2

from rsimc.calibration.hmc import State, Tuning, chain_mesh, log_density, transition
from rsimc.calibration.host import on_host
from rsimc.calibration.target import Data, Target
from rsimc.calibration.terms.base import Seen

Array = jax.Array
Density = Callable[[Array, Any], Array]
LOG_POSTERIOR, LOG_LIKELIHOOD = "log_posterior", "log_likelihood"
INFORMED = ("time_horizon_growth", "trend_noise", "verifiability_gap", "metr_lag")
"""Parameters that most series speak of: the trend of the horizon, its noise, the frontier, and the lag of the data."""
FUTURE = ("log_horizon", "log_multiplier")
LATER = 2.0
"""Years after the last observation at which the future is read, with no noise of its own."""
PILOT, RUN = 1, 2  # streams of random numbers


class Moves(NamedTuple):
    """Transitions: leapfrog steps of each; their size is `size` times a power of `shortest` uniform from 0 to 1.

    Draws whose data pin them down get on by the short ones; lengths of all sorts keep trajectories from closing.
    """

    leapfrogs: int = 16
    size: float = 0.2
    shortest: float = 0.3


MOVES = Moves()


class Chain(NamedTuple):
    """A replicate's states q [L + 1, size], the exact draw first; their log densities [L + 1]; chances of acceptance of
    the transitions [L]; gradient at the exact draw [size]."""

    q: Array
    lp: Array
    accept: Array
    gradient: Array


class Outcome(NamedTuple):
    """ranks: of each statistic, in (0, 1) [replicates]; accept: mean acceptance [replicates]; left_out: how many
    replicates had no finite density."""

    ranks: dict[str, np.ndarray]
    accept: np.ndarray
    left_out: int

    @property
    def p_values(self) -> dict[str, float]:
        """Of each statistic, corrected for their number."""
        return holm({name: smooth_p(u) for name, u in self.ranks.items()})


def walk(
    density: Density,
    transitions: int,
    q: Array,
    told: Any,
    place: Array,
    key: Array,
    inverse_mass: Array,
    moves: Moves,
) -> Chain:
    """One replicate's chain through the exact draw q [size], which has `place` states on its other side."""
    chain_key, size_key = jax.random.split(key)
    sizes = moves.size * moves.shortest ** jax.random.uniform(size_key, (transitions,))
    first = (0, jnp.zeros(()), 1)  # a transition of no size, which evaluates the density at the draw
    rest = (1 + jnp.arange(transitions), sizes, jnp.full(transitions, moves.leapfrogs))
    plan = jax.tree.map(lambda a, b: jnp.concatenate([jnp.full(1, a, b.dtype), b]), first, rest)
    valued = jax.value_and_grad(density)

    def one(carry: tuple[State, State], move: tuple[Array, Array, Array]) -> tuple[tuple[State, State], Any]:
        state, drawn = carry
        n, size, length = move
        after, kept = transition(lambda at: valued(at, told), state, Tuning(size, inverse_mass), length)
        drawn = jax.tree.map(partial(jnp.where, n == 0), after, drawn)
        turned = jax.tree.map(partial(jnp.where, n == transitions - place), drawn._replace(key=after.key), after)
        return (turned, drawn), (kept.q, kept.lp, kept.accept)

    unknown = State(q, jnp.asarray(-jnp.inf, q.dtype), jnp.zeros_like(q), chain_key)
    (_, drawn), (states, lp, accept) = jax.lax.scan(one, (unknown, unknown), plan)
    return Chain(states, lp, accept[1:], drawn.gradient)


def compile_walks(density: Density, transitions: int, replicates: int) -> Callable[..., Chain]:
    """Chains of all replicates, spread over devices.

    The program takes q, told, place and keys, each [replicates, ...], the inverse mass [size] and moves.
    density(q, told): a scalar; told: any tree, so that one program serves true and false densities.
    """
    every = jax.vmap(partial(walk, density, transitions), in_axes=(0, 0, 0, 0, None, None))
    mine, mesh = Spec("chain"), chain_mesh(replicates)
    into = (mine, mine, mine, mine, Spec(), Spec())
    return jax.jit(jax.shard_map(every, mesh=mesh, in_specs=into, out_specs=mine, check_vma=False))


def ranks(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ranks of the first states of chains, values [replicates, L + 1], in (0, 1): uniform if ranks on 0..L are.

    Each of the L + 1 ranks is spread over its part of (0, 1), those of equal states over theirs together.
    """
    if np.isnan(values).any():
        raise ValueError("a statistic that is not a number has no rank")
    exact = values[:, :1]
    below, equal = (values < exact).sum(axis=1), (values == exact).sum(axis=1)
    return (below + equal * random.uniform(size=len(values))) / values.shape[1]


def smooth_p(u: np.ndarray) -> float:
    """p value of u [n] being uniform on (0, 1): Neyman's smooth test (1937), Legendre polynomials of degree 1 and 2.

    They are a slope (draws too high or too low) and a bulge (posteriors too wide or too narrow), what a miscalibrated
    posterior shows; a chi-square test over bins spends its power on all other shapes too. With 64 ranks the chi-square
    law of the statistic holds to within a third down to p = 1e-4.
    """
    x = 2.0 * u - 1.0
    scores = np.stack([math.sqrt(3.0) * x, math.sqrt(5.0) * (1.5 * x**2 - 0.5)])
    return float(chi2.sf((scores.sum(axis=1) ** 2).sum() / len(u), 2))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p values corrected for their number (Holm 1979), whatever the dependence between them."""
    worst, found = 0.0, {}
    for n, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        worst = max(worst, min(1.0, (len(p_values) - n) * p_values[name]))
        found[name] = worst
    return found


@dataclass(frozen=True)
class Check:
    """Compiled programs of a target's check, and the inverse mass [size] of its transitions. See `prepare`."""

    target: Target
    transitions: int
    replicates: int
    moves: Moves
    inverse_mass: np.ndarray
    walks: Callable[..., Chain]
    world: Callable[[Array, Array], tuple[Seen, dict[str, Array]]]

    def draw(self, key: Array, late: float = 0.0, noise: float = 1.0) -> tuple[Array, Data]:
        """Exact draws [replicates, size] and data [replicates, ...]; late, noise: of a false likelihood, see `Data`."""
        prior_key, data_key = jax.random.split(key)
        q = jax.random.normal(prior_key, (self.replicates, len(self.inverse_mass)))
        seen = self.world(q, jax.random.split(data_key, self.replicates))[0]
        every = jnp.ones(self.replicates)
        return q, Data(seen, jnp.ones(seen.y.shape), late * every, noise * every)

    def chains(self, key: Array, q: Array, data: Data) -> Chain:
        """A chain through each exact draw."""
        place_key, walk_key = jax.random.split(key)
        place = jax.random.randint(place_key, (self.replicates,), 0, self.transitions + 1)
        keys = jax.random.split(walk_key, self.replicates)
        return self.walks(q, data, place, keys, jnp.asarray(self.inverse_mass), self.moves)

    def statistics(self, q: np.ndarray, lp: np.ndarray, parameters: Sequence[str] = INFORMED) -> dict[str, np.ndarray]:
        """What is ranked of states q [replicates, states, size] with log posteriors lp: each [replicates, states].

        The density of the posterior that is sampled, false or not, and of its likelihood; parameters; the future.
        """
        unused = jax.random.split(jax.random.key(0), len(q))
        later = [self.world(jnp.asarray(q[:, n]), unused)[1] for n in range(q.shape[1])]
        names = coordinates(self.target)
        found = {LOG_POSTERIOR: lp, LOG_LIKELIHOOD: lp + 0.5 * (q**2).sum(axis=-1)}
        found |= {name: q[..., names.index(name)] for name in parameters}
        return found | {
            f"{name} later": np.stack([np.asarray(one[name]) for one in later], axis=1) for name in later[0]
        }

    def run(self, seed: int, *, late: float = 0.0, noise: float = 1.0, parameters: Sequence[str] = INFORMED) -> Outcome:
        """Ranks of fresh replicates."""
        with on_host():
            draw_key, chain_key = jax.random.split(jax.random.fold_in(jax.random.key(seed), RUN))
            chain = self.chains(chain_key, *self.draw(draw_key, late, noise))
            q, lp, accept = (np.asarray(x) for x in (chain.q, chain.lp, chain.accept))
            values = self.statistics(q, lp, parameters)
        usable = np.isfinite(lp[:, 0])
        random = np.random.default_rng(seed)
        found = {name: ranks(value[usable], random) for name, value in values.items()}
        return Outcome(found, accept[usable].mean(axis=1), int((~usable).sum()))


def coordinates(target: Target) -> tuple[str, ...]:
    """Names of the entries of q: parameters, then innovations beat by beat."""
    beats, processes = target.innovations_shape
    return (
        *target.priors.names,
        *(f"{target.model.innovations[m]} {n}" for n in range(beats) for m in range(processes)),
    )


def prepare(
    target: Target, seed: int, transitions: int = 31, replicates: int = 64, moves: Moves = MOVES, pilots: int = 4
) -> Check:
    """Compile a check of a target whose guide of what has not happened is off (`as_of` None): draws of the prior
    violate it.

    The mass is one for all replicates, so that it does not depend on their draws: the mean square of the gradient over
    other draws, `pilots` times as many, which is the mean curvature of the posteriors that data of the prior give.
    """
    if target.as_of is not None:
        raise ValueError("as_of must be None: prior draws violate the guide of what has not happened")
    choice = jnp.asarray(np.array(list(target.choice.values())))
    walks = compile_walks(lambda q, data: log_density(target, q, choice, data), transitions, replicates)
    size = len(coordinates(target))
    world = _compile_world(target)
    still = Check(target, transitions, replicates, Moves(leapfrogs=0), np.ones(size), walks, world)
    with on_host():
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), PILOT), pilots)
        gradients = [np.asarray(still.chains(key, *still.draw(key)).gradient) for key in keys]
    known = [gradient[np.isfinite(gradient).all(axis=1)] for gradient in gradients]
    curvature = np.mean(np.concatenate(known) ** 2, axis=0)
    return replace(still, moves=moves, inverse_mass=1.0 / np.maximum(curvature, 1.0))


def _compile_world(target: Target) -> Callable[[Array, Array], tuple[Seen, dict[str, Array]]]:
    """(q [n, size], keys [n]): what rows say in the world of each point, and the quantities of its future."""
    more = round(LATER * target.model.steps_per_year / target.model.steps_per_innovation)
    shown = [name for name in FUTURE if name in target.quantities]

    def one(q: Array, key: Array) -> tuple[Seen, dict[str, Array]]:
        z, innovations = q[: target.priors.size], q[target.priors.size :].reshape(target.innovations_shape)
        path, params = target.simulate(z, jnp.pad(innovations, ((0, more), (0, 0))))
        return target.draw(path, params, key), {name: path.values[name][-1] for name in shown}

    return jax.jit(jax.vmap(one))
