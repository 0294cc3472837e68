"""Whether a posterior can be trusted: R-hat, effective sample sizes and divergences, with advice when it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import xarray as xr

MAX_RHAT = 1.01
MIN_ESS = 400.0
MAX_DIVERGENCE_RATE = 0.002


@dataclass(frozen=True)
class Verdict:
    """Diagnostics over every parameter, every past innovation and the log posterior, in z-space.

    rhat: the largest rank-normalised split R-hat; ess_bulk, ess_tail: the smallest effective sample sizes (Vehtari et
    al. 2021); *_worst: where. problems is empty when the posterior is trusted; advice says what to try.
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
    problems: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """No problem was found."""
        return not self.problems

    def as_dict(self) -> dict[str, object]:
        """Plain data, with `trusted`."""
        return {**asdict(self), "trusted": self.trusted}


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


def mixing(latent: xr.Dataset) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Names, R-hat, bulk and tail effective sample sizes of all scalars of a dataset of chains and draws."""
    import arviz  # seconds to import: only those who calibrate pay

    names, rhat = flatten(arviz.rhat(latent))
    bulk, tail = (flatten(arviz.ess(latent, method=method))[1] for method in ("bulk", "tail"))
    return names, rhat, bulk, tail


def mixed(z: np.ndarray, innovations: np.ndarray, log_posterior: np.ndarray) -> bool:
    """Whether more draws would not help: R-hat and effective sample sizes of chains [chain, draw, ...] suffice."""
    dims = ("chain", "draw")
    latent = xr.Dataset(
        {
            "z": ((*dims, "name"), z),
            "innovations": ((*dims, "beat", "process"), innovations),
            "log_posterior": (dims, log_posterior),
        }
    )
    _, rhat, bulk, tail = mixing(latent)
    return bool(rhat.max() < MAX_RHAT and min(bulk.min(), tail.min()) > MIN_ESS)


def judge(tree: xr.DataTree, max_tree_depth: int) -> Verdict:
    """The verdict on a tree with groups `latent` (z, innovations), and `sample_stats` (lp, diverging, tree_steps)."""
    latent = tree["latent"].to_dataset().assign(log_posterior=tree["sample_stats"]["lp"])
    names, rhat, bulk, tail = mixing(latent)
    diverging = np.asarray(tree["sample_stats"]["diverging"].values)
    steps = np.asarray(tree["sample_stats"]["tree_steps"].values)
    facts = (float(rhat.max()), float(bulk.min()), float(tail.min()), int(diverging.sum()), float(diverging.mean()))
    worst = int(np.minimum(bulk, tail).argmin())
    problems, advice = _problems(*facts)
    return Verdict(
        draws=int(diverging.size),
        rhat_max=facts[0],
        rhat_worst=names[int(rhat.argmax())],
        ess_bulk_min=facts[1],
        ess_tail_min=facts[2],
        ess_worst=names[worst],
        divergences=facts[3],
        divergence_rate=facts[4],
        longest_trees=float(np.mean(steps >= 2**max_tree_depth - 1)),
        problems=problems,
        advice=advice,
    )


def _problems(
    rhat: float, bulk: float, tail: float, divergences: int, rate: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems, advice = [], []
    if not rhat < MAX_RHAT:
        problems.append(f"R-hat {rhat:.3f}, must be below {MAX_RHAT}")
        advice.append("the chains disagree: raise calibration.warmup and calibration.draws")
    if not min(bulk, tail) > MIN_ESS:
        problems.append(f"effective sample size {min(bulk, tail):.0f}, must be above {MIN_ESS:.0f}")
        advice.append("raise calibration.draws")
    if not rate < MAX_DIVERGENCE_RATE:
        problems.append(f"{divergences} divergent transitions ({rate:.2%}), must be below {MAX_DIVERGENCE_RATE:.1%}")
        advice.append("raise calibration.target_accept towards 0.95")
    return tuple(problems), tuple(advice)


def worst(verdicts: Sequence[Verdict], labels: Sequence[str]) -> Verdict:
    """The verdict on several posteriors together: the worst of each number, and every problem with whose it is."""
    rhat = max(range(len(verdicts)), key=lambda n: verdicts[n].rhat_max)
    ess = min(range(len(verdicts)), key=lambda n: min(verdicts[n].ess_bulk_min, verdicts[n].ess_tail_min))
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
        problems=tuple(f"{name}: {p}" for v, name in zip(verdicts, labels, strict=True) for p in v.problems),
        advice=tuple(dict.fromkeys(a for v in verdicts for a in v.advice)),
    )
