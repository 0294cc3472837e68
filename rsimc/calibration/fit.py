"""NumPyro's No-U-Turn sampler on a target, in float64, in short compiled pieces so that a caller can show progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec
from numpyro.infer.hmc import hmc
from numpyro.infer.util import log_density

from rsimc.calibration.target import Target

Progress = Callable[[str, int, int], None]
INITIAL_SD = 0.5  # of z around 0: prior draws far out have no finite gradient
PIECE = 16  # transitions between two reports of progress
WARMUP_DEPTH = 6
"""Trees grow no deeper while step sizes are found: at first they would all be as deep as allowed, to no use."""


@dataclass(frozen=True)
class Settings:
    """How long and how carefully to sample. draws: per chain, after warm-up."""

    chains: int = 8
    warmup: int = 320
    draws: int = 1024
    target_accept: float = 0.8
    max_tree_depth: int = 8
    seed: int = 1


@dataclass(frozen=True)
class Draws:
    """Posterior draws [chains, draws, ...], float64, and the sampler's own record."""

    z: np.ndarray
    innovations: np.ndarray
    log_posterior: np.ndarray
    diverging: np.ndarray
    energy: np.ndarray
    tree_steps: np.ndarray
    accept_prob: np.ndarray
    step_size: np.ndarray


def numpyro_model(target: Target, choice: jax.Array) -> None:
    """The target as a NumPyro model: standard normal sites and one factor. choice: the model's form."""
    z = numpyro.sample("z", dist.Normal(0.0, 1.0).expand([target.priors.size]).to_event(1))
    innovations = numpyro.sample(
        "innovations", dist.Normal(0.0, 1.0).expand(list(target.innovations_shape)).to_event(2)
    )
    numpyro.factor("log_evidence", target.log_evidence(z, innovations, choice))


Choice = Mapping[str, float]
Sampler = Callable[[Sequence[Choice], Progress], list[Draws]]
Enough = Callable[[Draws], bool]


def fit(target: Target, settings: Settings, progress: Progress) -> Draws:
    """Sample the posterior of a target; see `sampler`."""
    return sampler(target, settings)([target.choice], progress)[0]


def sampler(target: Target, settings: Settings, enough: Enough | None = None) -> Sampler:
    """A sampler of the posteriors of several forms of the target's model at once.

    It is called with the values of the parameters that choose each form, and progress(stage, done, total), which is
    called between pieces, `stage` being `compile`, `warm-up` or `sampling`; an exception raised in it (such as an
    interrupt) ends the fit. Every form has its own `settings.chains` chains, which know nothing of the others: the form
    is an argument of one compiled program, and side by side chains cost little more than alone, since most of the time
    goes into starting operations on a few numbers.

    enough: whether the draws of a form do. A form of which they do not gets half as many more, and again, up to twice
    `settings.draws`; without it `settings.draws` are all.
    """

    def potential(choice: jax.Array) -> Callable[[Any], jax.Array]:
        # A potential spares NumPyro's own search for a start, which would compile the simulator four more times.
        return lambda sites: -log_density(numpyro_model, (target, choice), {}, sites)[0]

    begin, transition = hmc(potential_fn_gen=potential, algo="NUTS")

    def sample(choices: Sequence[Choice], progress: Progress) -> list[Draws]:
        chains = len(choices) * settings.chains
        with jax.enable_x64(True):
            values = np.array([[choice[name] for name in target.choice] for choice in choices], np.float64)
            each = jnp.asarray(np.repeat(values, settings.chains, axis=0))
            mesh = Mesh(np.array(jax.devices()[: _devices(chains)]), ("chain",), axis_types=(AxisType.Auto,))
            progress("compile", 0, settings.warmup + settings.draws)
            by_chain = NamedSharding(mesh, Spec("chain"))
            state, each = jax.device_put((_initial(begin, target, settings)(each), each), by_chain)
            advance = _piece(transition, mesh)
            run = _Run(lambda state: advance(state, each), state, settings, progress)
            return _enough_for_each(run, len(choices), settings, enough)

    return sample


def _enough_for_each(run: _Run, forms: int, settings: Settings, enough: Enough | None) -> list[Draws]:
    """The draws of every form, of each as many as it needs, whatever the others do."""
    chains, asked = settings.chains, settings.draws
    most = asked if enough is None else 2 * asked
    found: dict[int, Draws] = {}
    for count in dict.fromkeys((asked, min(asked + asked // 2, most), most)):
        every = run.draws(count)
        for form in (n for n in range(forms) if n not in found):
            mine = _of_chains(every, slice(form * chains, (form + 1) * chains))
            if count == most or enough is None or enough(mine):
                found[form] = mine
        if len(found) == forms:
            break
    return [found[form] for form in range(forms)]


def _of_chains(draws: Draws, chains: slice) -> Draws:
    return Draws(*(getattr(draws, field.name)[chains] for field in fields(draws)))


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


def _devices(chains: int) -> int:
    """The largest number of devices that divides the chains evenly."""
    return max(n for n in range(1, len(jax.devices()) + 1) if chains % n == 0)


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
