"""Posteriors of the same target with other data or other forms, from where the full posterior stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from rsimc.calibration.chains import Start, many_chains
from rsimc.calibration.hmc import compile_transitions
from rsimc.calibration.host import on_host
from rsimc.calibration.settings import Draws, Progress, Settings
from rsimc.calibration.target import Data, Target
from rsimc.calibration.verdict import Mixing, mixing_of

CHAINS, WARMUP, DRAWS = 32, 40, 80
"""Of a refit. A refit begins at draws of the full posterior, whose step and masses nearly suit it."""
CHANGED_WARMUP = 120
"""Of another form of the model, and of data without which a posterior is another: long enough to learn masses anew."""


@dataclass(frozen=True)
class Refit:
    """A posterior of other data or another form; mixing: how far to trust it."""

    draws: Draws
    mixing: Mixing


def start_from(tree: xr.DataTree, chains: int, seed: int) -> Start:
    """Chains at draws of a posterior, spread evenly over it, with its step and its variances."""
    latent = tree["latent"].to_dataset().transpose("chain", "draw", ...)
    z, innovations = np.asarray(latent["z"].values), np.asarray(latent["innovations"].values)
    q = np.concatenate([z, innovations.reshape(*z.shape[:2], -1)], axis=-1)
    q = q.reshape(-1, q.shape[-1])
    places = np.random.default_rng(seed).choice(len(q), chains, replace=len(q) < chains)
    return Start(q[places], float(tree.attrs["typical_step"]), q.var(axis=0))


class Refitter:
    """Refits of one target from its full posterior, with one compiled program for all that have as many sets."""

    def __init__(self, target: Target, tree: xr.DataTree, seed: int) -> None:
        self.target, self.seed = target, seed
        self.start = start_from(tree, CHAINS, seed)
        self.compiled = compile_transitions(target)

    def __call__(
        self,
        data: Sequence[Data],
        choices: Sequence[Mapping[str, float]],
        progress: Progress,
        changed: bool = False,
    ) -> list[Refit]:
        """One refit for each data set and choice of form, all at once; changed: they lie further away."""
        warmup = CHANGED_WARMUP if changed else WARMUP
        settings = Settings(chains=CHAINS, warmup=warmup, draws=DRAWS, seed=self.seed)
        start = [self._start_of(one) for one in data]
        with on_host():
            run = many_chains(self.target, settings, choices, progress, data=data, start=start, compiled=self.compiled)
            found = [replace(draws, reseeded=run.reseeded) for draws in run.draws(DRAWS)]
        return [Refit(draws, mixing_of(draws, settings.groups)) for draws in found]

    def _start_of(self, data: Data) -> Start:
        """Where the full posterior stands; what no row informs any more is as its prior has it."""
        free = uninformed(self.target, data)
        q, inverse_mass = self.start.q.copy(), self.start.inverse_mass.copy()
        q[:, free] = np.random.default_rng([self.seed, 1]).standard_normal((len(q), len(free)))
        inverse_mass[free] = 1.0
        return Start(q, self.start.step, inverse_mass)


def uninformed(target: Target, data: Data) -> list[int]:
    """Places in z of the parameters of likelihoods of which all rows are left out: their posterior is their prior."""
    used, left, begin = set[str](), set[str](), 0
    for term in target.terms:
        weight = np.asarray(data.weight)[begin : begin + len(term.rows)]
        (used if weight.any() else left).update(parameter.name for parameter in term.parameters)
        begin += len(term.rows)
    used |= {parameter.name for parameter in target.model.parameters}
    return [n for n, (name, _, _) in enumerate(target.priors.entries) if name in left - used]
