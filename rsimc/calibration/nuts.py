"""NumPyro's No-U-Turn sampler, the reference, in short compiled pieces so that a caller can show progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as Spec
from numpyro.infer.hmc import hmc
from numpyro.infer.util import log_density

from rsimc.calibration.hmc import by_chain, chain_mesh
from rsimc.calibration.settings import Draws, Progress, Settings
from rsimc.calibration.target import Target

INITIAL_SD = 0.5  # of z around 0: prior draws far out have no finite gradient
PIECE = 16  # transitions between two reports of progress
WARMUP_DEPTH = 6
"""Trees grow no deeper while step sizes are found: at first they would all be as deep as allowed, to no use."""


def numpyro_model(target: Target, choice: jax.Array) -> None:
    """The target as a NumPyro model: standard normal sites and one factor. choice: the model's form."""
    z = numpyro.sample("z", dist.Normal(0.0, 1.0).expand([target.priors.size]).to_event(1))
    innovations = numpyro.sample(
        "innovations", dist.Normal(0.0, 1.0).expand(list(target.innovations_shape)).to_event(2)
    )
    numpyro.factor("log_evidence", target.log_evidence(z, innovations, choice))


def nuts(
    target: Target, settings: Settings, choices: Sequence[Mapping[str, float]], progress: Progress
) -> Callable[[int], list[Draws]]:
    """Chains of several forms of the target's model at once, begun: calls with a count give that many draws of each.

    Every form has its own `settings.chains` chains, which know nothing of the others: the form is an argument of one
    compiled program, and side by side chains cost little more than alone, since most of the time goes into starting
    operations on a few numbers.
    """

    def potential(choice: jax.Array) -> Callable[[Any], jax.Array]:
        # A potential spares NumPyro's own search for a start, which would compile the simulator four more times.
        return lambda sites: -log_density(numpyro_model, (target, choice), {}, sites)[0]

    begin, transition = hmc(potential_fn_gen=potential, algo="NUTS")
    chains = len(choices) * settings.chains
    values = np.array([[choice[name] for name in target.choice] for choice in choices], np.float64)
    each = jnp.asarray(np.repeat(values, settings.chains, axis=0))
    progress("compile", 0, settings.warmup + settings.draws)
    state, each = jax.device_put((_initial(begin, target, settings)(each), each), by_chain(chains))
    advance = _piece(transition, chain_mesh(chains))
    run = _Run(lambda state: advance(state, each), state, settings, progress)

    def every(count: int) -> list[Draws]:
        together = run.draws(count)
        return [_of_chains(together, settings.chains, form) for form in range(len(choices))]

    return every


def _of_chains(draws: Draws, chains: int, form: int) -> Draws:
    """Those of one form, whose chains follow each other."""
    its = slice(form * chains, (form + 1) * chains)
    return Draws(*(getattr(draws, field.name)[its] for field in fields(draws)[:-3]))


def _initial(begin: Any, target: Target, settings: Settings) -> Callable[[jax.Array], Any]:
    """The state of all chains before the first transition, given their forms [chains, choices]; forms start alike."""

    def one(start: Any, key: jax.Array, choice: jax.Array) -> Any:
        return begin(
            start,
            settings.warmup,
            target_accept_prob=settings.target_accept,
            max_tree_depth=(min(settings.max_tree_depth, WARMUP_DEPTH), settings.max_tree_depth),
            model_args=(choice,),
            rng_key=key,
        )

    def all_chains(choices: jax.Array) -> Any:
        key = jax.random.key(settings.seed)
        keys = jax.random.split(jax.random.fold_in(key, 0), settings.chains)
        where = jax.random.split(jax.random.fold_in(key, 1))
        start = {
            "z": INITIAL_SD * jax.random.normal(where[0], (settings.chains, target.priors.size)),
            "innovations": INITIAL_SD * jax.random.normal(where[1], (settings.chains, *target.innovations_shape)),
        }
        forms = choices.shape[0] // settings.chains
        start, keys = jax.tree.map(lambda x: jnp.concatenate([x] * forms), (start, keys))
        return jax.vmap(one)(start, keys, choices)

    return jax.jit(all_chains)


def _piece(transition: Any, mesh: Mesh) -> Callable[[Any, jax.Array], tuple[Any, Any]]:
    """PIECE transitions of all chains, chains spread over devices: one compiled program for warm-up and sampling."""

    def run(state: Any, choices: jax.Array) -> tuple[Any, Any]:
        def one(state: Any, _: None) -> tuple[Any, Any]:
            new = jax.vmap(lambda chain, choice: transition(chain, model_args=(choice,)))(state, choices)
            return new, (new.z, new.potential_energy, new.diverging, new.energy, new.num_steps, new.accept_prob)

        return jax.lax.scan(one, state, None, length=PIECE)

    specs = (Spec("chain"), Spec(None, "chain"))
    return jax.jit(
        jax.shard_map(run, mesh=mesh, in_specs=(Spec("chain"), Spec("chain")), out_specs=specs, check_vma=False)
    )


class _Run:
    """Chains as they go on: warm-up, then as many draws as are asked for."""

    def __init__(
        self, advance: Callable[[Any], tuple[Any, Any]], state: Any, settings: Settings, progress: Progress
    ) -> None:
        self.advance, self.state, self.warmup, self.progress = advance, state, settings.warmup, progress
        self.done, self.kept = 0, list[Any]()

    def draws(self, count: int) -> Draws:
        """The first `count` draws of every chain after the warm-up; those that were made before are not made again."""
        total = self.warmup + count
        while self.done < total:
            self.state, seen = self.advance(self.state)
            seen = jax.tree.map(np.asarray, seen)  # waits for the piece
            self.done += PIECE
            if self.done > self.warmup:
                self.kept.append(seen)
            self.progress("warm-up" if self.done <= self.warmup else "sampling", min(self.done, total), total)
        last = self.warmup % PIECE  # the first kept piece may begin with the end of warm-up
        place, potential, diverging, energy, steps, accept = jax.tree.map(
            lambda *pieces: np.moveaxis(np.concatenate(pieces)[last : last + count], 0, 1), *self.kept
        )
        step_size = np.asarray(self.state.adapt_state.step_size)
        return Draws(place["z"], place["innovations"], -potential, diverging, energy, steps, accept, step_size)
