"""Transitions of Hamiltonian Monte Carlo for many chains side by side, as one compiled program.

Neal, MCMC using Hamiltonian dynamics (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec

from rsimc.calibration.host import host_devices
from rsimc.calibration.target import Data, Target

Array = jax.Array
DIVERGENT = 1000.0


class State(NamedTuple):
    """All chains: position [chains, size], log density [chains], its gradient [chains, size], keys [chains]."""

    q: Array
    lp: Array
    gradient: Array
    key: Array


class Tuning(NamedTuple):
    """Per chain, the same within a posterior: step size [chains], inverse mass [chains, size]."""

    step: Array
    inverse_mass: Array


class Told(NamedTuple):
    """Per chain: the values that choose the model's form [chains, choices], and data (each [chains, ...]), None for the
    target's own, which are then constants of the program."""

    choice: Array
    data: Data | None


class Kept(NamedTuple):
    """What is kept of a transition, per chain."""

    q: Array
    lp: Array
    diverging: Array
    energy: Array
    accept: Array


def log_density(target: Target, q: Array, choice: Array, data: Data | None) -> Array:
    """Log posterior of one position [size], up to a constant: a scalar."""
    size = target.priors.size
    z, innovations = q[:size], q[size:].reshape(target.innovations_shape)
    return target.log_prior(z, innovations) + target.log_evidence(z, innovations, choice, data)


def transition(
    density: Callable[[Array], tuple[Array, Array]], state: State, tuning: Tuning, steps: Array
) -> tuple[State, Kept]:
    """One Hamiltonian transition of one chain. density(q): log density and gradient. Leaves the density invariant.

    From a state of density 0, whose gradient is not known yet, it always moves.
    """
    next_key, momentum_key, accept_key = jax.random.split(state.key, 3)
    step, inverse_mass = tuning
    p = jax.random.normal(momentum_key, state.q.shape) / jnp.sqrt(inverse_mass)
    energy = 0.5 * jnp.sum(p**2 * inverse_mass) - state.lp

    def leap(_: Array, moving: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        q, p, _lp, gradient = moving
        p = p + 0.5 * step * gradient
        q = q + step * inverse_mass * p
        lp, gradient = density(q)
        return q, p + 0.5 * step * gradient, lp, gradient

    q, p, lp, gradient = jax.lax.fori_loop(0, steps, leap, (state.q, p, state.lp, state.gradient))
    error = 0.5 * jnp.sum(p**2 * inverse_mass) - lp - energy
    accept = jnp.where(jnp.isfinite(error), jnp.minimum(1.0, jnp.exp(-error)), 0.0)
    taken = (jax.random.uniform(accept_key) < accept) | (state.lp == -jnp.inf)
    diverging = ~(error < DIVERGENT)
    q, lp, gradient = (
        jnp.where(taken, new, old) for new, old in ((q, state.q), (lp, state.lp), (gradient, state.gradient))
    )
    return State(q, lp, gradient, next_key), Kept(q, lp, diverging, energy, accept)


Transitions = Callable[[State, Tuning, Told, tuple[Array, Array]], tuple[State, Kept]]


def chain_mesh(chains: int) -> Mesh:
    """The largest number of the host's cores that divides the chains evenly."""
    devices = host_devices()
    count = max(n for n in range(1, len(devices) + 1) if chains % n == 0)
    return Mesh(np.array(devices[:count]), ("chain",), axis_types=(AxisType.Auto,))


def by_chain(chains: int) -> NamedSharding:
    """Chains spread over devices."""
    return NamedSharding(chain_mesh(chains), Spec("chain"))


def compile_transitions(target: Target) -> Transitions:
    """Transitions of all chains, spread over devices, a few in a call: one program for warm-up and sampling.

    A call takes the state, tuning and data of all chains, and of each transition the number of leapfrog steps
    [transitions, chains] and by how much they are shorter [transitions]; it is compiled for each number of chains at
    the first call. Chains that take fewer steps wait: numbers should be near each other.
    """

    def density(q: Array, told: Told) -> tuple[Array, Array]:
        return jax.value_and_grad(lambda at: log_density(target, at, told.choice, told.data))(q)

    def run(state: State, tuning: Tuning, told: Told, moves: tuple[Array, Array]) -> tuple[State, Kept]:
        def one(state: State, move: tuple[Array, Array]) -> tuple[State, Kept]:
            steps, shorter = move
            scaled = tuning._replace(step=tuning.step * shorter)
            go = lambda s, tune, mine, n: transition(lambda q: density(q, mine), s, tune, n)  # noqa: E731
            return jax.vmap(go)(state, scaled, told, steps)

        return jax.lax.scan(one, state, moves)

    chain = Spec("chain")
    into, out = (chain, chain, chain, (Spec(None, "chain"), Spec())), (chain, Spec(None, "chain"))

    @jax.jit
    def program(state: State, tuning: Tuning, told: Told, moves: tuple[Array, Array]) -> tuple[State, Kept]:
        mesh = chain_mesh(state.lp.shape[0])
        return jax.shard_map(run, mesh=mesh, in_specs=into, out_specs=out, check_vma=False)(state, tuning, told, moves)

    return program
