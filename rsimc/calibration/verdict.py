"""Whether a posterior can be trusted: R-hat, effective sample sizes, divergences, energy, and priors that the data
contradict; with advice when it cannot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from rsimc.calibration.settings import NUTS, Draws, Importance, Settings

MAX_RHAT = 1.01
MIN_ESS = 400.0
MAX_DIVERGENCE_RATE = 0.002
MIN_BFMI = 0.3
"""Betancourt 2016: below, momenta change the energy too slowly to reach the tails."""
MAX_KHAT = 0.7
"""Of importance weights: above, their means cannot be trusted (Vehtari et al. 2024)."""
INDEPENDENT = 2.0
"""The energy fraction of independent draws."""
MAX_CONFLICT = 3.0
"""Prior standard deviations between a parameter's prior mean and its posterior mean."""


@dataclass(frozen=True)
class Verdict:
    """Diagnostics over every parameter, every past innovation and the log posterior, in z-space.

    rhat: the largest rank-normalised split R-hat, nested where several chains began at one point (Margossian et al.
    2024); ess_bulk, ess_tail: the smallest effective sample sizes (Vehtari et al. 2021); *_worst: where. bfmi: the
    smallest fraction of the energy's variance that momenta renew. conflict: the largest distance of a posterior mean
    from its prior's, in prior standard deviations. problems is empty when the posterior is trusted; advice says what to
    try. khat: of weighted draws, None for chains.
    """

    draws: int
    rhat_max: float
    rhat_worst: str
    ess_bulk_min: float
    ess_tail_min: float
    ess_worst: str
    divergences: int
    divergence_rate: float
    longest_trees: float
    bfmi: float
    conflict: float
    conflict_worst: str
    problems: tuple[str, ...]
    advice: tuple[str, ...]
    khat: float | None = None

    @property
    def trusted(self) -> bool:
        """No problem was found."""
        return not self.problems

    def as_dict(self) -> dict[str, object]:
        """Plain data, with `trusted`."""
        return {**asdict(self), "trusted": self.trusted}


def scores(latent: xr.Dataset) -> np.ndarray:
    """Normal scores of the parameters, standard normal a priori: z itself where priors are independent."""
    return np.asarray(latent["scores" if "scores" in latent else "z"].values)


def flatten(dataset: xr.Dataset) -> tuple[list[str], np.ndarray]:
    """Scalar diagnostics of a dataset by flat name."""
    names, values = [], []
    for name, array in dataset.data_vars.items():
        flat = np.atleast_1d(array.values).ravel()
        labels = [str(name)] if array.ndim == 0 else [f"{name}[{index}]" for index in np.ndindex(array.shape)]
        if array.ndim == 1:
            labels = [f"{name}.{label}" for label in array[array.dims[0]].values]
        names += labels
        values.append(flat)
    return names, np.concatenate(values)


def mixing(latent: xr.Dataset, groups: int) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Names, R-hat, bulk and tail effective sample sizes of all scalars of a dataset of chains and draws.

    groups: of chains that began at one point, one after the other. R-hat compares groups, not chains, whose own draws
    may be too few for it: the larger of nested R-hat and of split R-hat over groups.
    """
    import arviz  # seconds to import: only those who calibrate pay

    chains = latent.sizes["chain"]
    names, rhat = flatten(arviz.rhat(_in_time(latent, groups)))
    if groups < chains:
        ids = np.repeat(np.arange(groups), chains // groups)
        rhat = np.maximum(rhat, flatten(arviz.rhat_nested(latent, superchain_ids=ids))[1])
    bulk, tail = (flatten(arviz.ess(latent, method=method))[1] for method in ("bulk", "tail"))
    return names, rhat, bulk, tail


def _in_time(latent: xr.Dataset, groups: int) -> xr.Dataset:
    """The draws of each group as one chain in the order of time: its halves are early and late, so that split R-hat
    sees a drift that all chains share, which nested R-hat does not."""
    chains, draws = latent.sizes["chain"], latent.sizes["draw"]
    each = chains // groups
    if each == 1:
        return latent

    def one(array: xr.DataArray) -> tuple[tuple[str, ...], np.ndarray]:
        moved = array.transpose("chain", "draw", ...)
        rest = moved.shape[2:]
        apart = np.moveaxis(moved.values.reshape(groups, each, draws, *rest), 1, 2)
        return tuple(str(d) for d in moved.dims), apart.reshape(groups, draws * each, *rest)

    labels = {str(name): values for name, values in latent.coords.items() if name not in ("chain", "draw")}
    return xr.Dataset({str(name): one(array) for name, array in latent.data_vars.items()}, labels)


class Mixing(NamedTuple):
    """Of one posterior: the largest R-hat, and the smallest bulk and tail effective sample sizes."""

    rhat: float
    ess_bulk: float
    ess_tail: float

    @property
    def enough(self) -> bool:
        """Whether more draws would not help."""
        return self.rhat < MAX_RHAT and min(self.ess_bulk, self.ess_tail) > MIN_ESS


def mixing_of(draws: Draws, groups: int) -> Mixing:
    """How far chains that are still in memory have mixed."""
    dims = ("chain", "draw")
    latent = xr.Dataset(
        {
            "z": ((*dims, "name"), draws.z),
            "innovations": ((*dims, "beat", "process"), draws.innovations),
            "log_posterior": (dims, draws.log_posterior),
        }
    )
    _, rhat, bulk, tail = mixing(latent, groups)
    return Mixing(float(rhat.max()), float(bulk.min()), float(tail.min()))


def mixed(draws: Draws, groups: int) -> bool:
    """Whether more draws would not help: R-hat and effective sample sizes suffice."""
    return mixing_of(draws, groups).enough


def bfmi(energy: np.ndarray, groups: int) -> float:
    """The smallest energy fraction of groups of chains: squared steps of the energy [chain, draw] over its variance."""
    grouped = energy.reshape(groups, -1, energy.shape[-1])
    steps = np.square(np.diff(grouped, axis=2)).mean(axis=(1, 2))
    return float(np.min(steps / np.maximum(grouped.var(axis=(1, 2)), 1e-300)))


def judge(tree: xr.DataTree, settings: Settings) -> Verdict:
    """The verdict on a tree with groups `latent` (z, innovations), and `sample_stats` (lp, diverging, energy,
    tree_steps)."""
    stats, latent = tree["sample_stats"], tree["latent"].to_dataset()
    names, rhat, bulk, tail = mixing(latent.assign(log_posterior=stats["lp"]), settings.groups)
    diverging, steps = np.asarray(stats["diverging"].values), np.asarray(stats["tree_steps"].values)
    shift = np.abs(scores(latent).mean(axis=(0, 1)))
    facts = {
        "rhat_max": float(rhat.max()),
        "ess_bulk_min": float(bulk.min()),
        "ess_tail_min": float(tail.min()),
        "divergence_rate": float(diverging.mean()),
        "bfmi": bfmi(np.asarray(stats["energy"].values), settings.groups),
        "conflict": float(shift.max(initial=0.0)),
    }
    if "importance" in tree.attrs:  # no chain moves, and copies of a draw are one
        worth = Importance(**json.loads(tree.attrs["importance"]))
        facts |= {name: min(facts[name], worth.ess) for name in ("ess_bulk_min", "ess_tail_min")}
        facts |= {"bfmi": INDEPENDENT, "khat": worth.khat}
    conflicting = str(latent["z_name"].values[shift.argmax()]) if len(shift) else ""
    problems, advice = _problems(facts, int(diverging.sum()), conflicting)
    return Verdict(
        draws=int(diverging.size),
        rhat_worst=names[int(rhat.argmax())],
        ess_worst=names[int(np.minimum(bulk, tail).argmin())],
        divergences=int(diverging.sum()),
        longest_trees=float(np.mean(steps >= 2**settings.max_tree_depth - 1)) if settings.sampler == NUTS else 0.0,
        conflict_worst=conflicting,
        problems=problems,
        advice=advice,
        **facts,
    )


def _problems(
    facts: Mapping[str, float], divergences: int, conflicting: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems, advice = [], []
    fewest = min(facts["ess_bulk_min"], facts["ess_tail_min"])
    weighted = "khat" in facts
    if weighted and not facts["khat"] < MAX_KHAT:
        problems.append(f"k-hat {facts['khat']:.2f} of the weights, must be below {MAX_KHAT}")
        advice.append("few prior draws agree with the data: widen the priors, or leave a series out")
    if not facts["rhat_max"] < MAX_RHAT:
        problems.append(f"R-hat {facts['rhat_max']:.3f}, must be below {MAX_RHAT}")
        more = "calibration.draws" if weighted else "calibration.warmup and calibration.draws"
        advice.append(f"the chains disagree: raise {more}")
    if not fewest > MIN_ESS:
        problems.append(f"effective sample size {fewest:.0f}, must be above {MIN_ESS:.0f}")
        advice.append("raise calibration.draws")
    if not facts["divergence_rate"] < MAX_DIVERGENCE_RATE:
        rate = facts["divergence_rate"]
        problems.append(f"{divergences} divergent transitions ({rate:.2%}), must be below {MAX_DIVERGENCE_RATE:.1%}")
        advice.append("raise calibration.target_accept towards 0.95")
    if not facts["bfmi"] > MIN_BFMI:
        problems.append(f"energy fraction {facts['bfmi']:.2f}, must be above {MIN_BFMI}")
        advice.append("heavy tails: raise calibration.warmup, or narrow the priors of scales")
    if not facts["conflict"] < MAX_CONFLICT:
        found = f"{conflicting} lies {facts['conflict']:.1f} prior standard deviations from its prior mean"
        problems.append(f"{found}, must be below {MAX_CONFLICT:.0f}")
        advice.append(f"data and prior contradict each other: widen the prior of {conflicting}, or leave a series out")
    return tuple(problems), tuple(advice)


def worst(verdicts: Sequence[Verdict], labels: Sequence[str]) -> Verdict:
    """The verdict on several posteriors together: the worst of each number, and every problem with whose it is."""
    rhat = max(range(len(verdicts)), key=lambda n: verdicts[n].rhat_max)
    ess = min(range(len(verdicts)), key=lambda n: min(verdicts[n].ess_bulk_min, verdicts[n].ess_tail_min))
    far = max(range(len(verdicts)), key=lambda n: verdicts[n].conflict)
    draws, divergences = sum(v.draws for v in verdicts), sum(v.divergences for v in verdicts)
    return Verdict(
        draws=draws,
        rhat_max=verdicts[rhat].rhat_max,
        rhat_worst=f"{verdicts[rhat].rhat_worst} ({labels[rhat]})",
        ess_bulk_min=min(v.ess_bulk_min for v in verdicts),
        ess_tail_min=min(v.ess_tail_min for v in verdicts),
        ess_worst=f"{verdicts[ess].ess_worst} ({labels[ess]})",
        divergences=divergences,
        divergence_rate=divergences / draws,
        longest_trees=max(v.longest_trees for v in verdicts),
        bfmi=min(v.bfmi for v in verdicts),
        conflict=verdicts[far].conflict,
        conflict_worst=f"{verdicts[far].conflict_worst} ({labels[far]})",
        problems=tuple(f"{name}: {p}" for v, name in zip(verdicts, labels, strict=True) for p in v.problems),
        advice=tuple(dict.fromkeys(a for v in verdicts for a in v.advice)),
        khat=max((v.khat for v in verdicts if v.khat is not None), default=None),
    )
