"""A posterior without a fit: draws of the prior itself, so that what any re-weighting of it must give is known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from rsimc.calibration.verdict import Verdict
from rsimc.runs.posteriors import Posterior, cached_path, write_posterior
from rsimc.runs.study import Study

CHAINS, DRAWS = 8, 512


def stand_in(study: Study, problems: tuple[str, ...] = ()) -> Posterior:
    """Draws of the study's prior, with past noise, as a posterior of its identity. problems: of its verdict."""
    assert study.target is not None
    rng, shape, names = np.random.default_rng(7), (CHAINS, DRAWS), study.fitted.names
    z = rng.standard_normal((*shape, len(names)))
    innovations = rng.standard_normal((*shape, *study.target.innovations_shape))
    groups = {
        "posterior": _named(study, z),
        "latent": xr.Dataset(
            {
                "z": (("chain", "draw", "z_name"), z),
                "innovations": (("chain", "draw", "beat", "process"), innovations),
            },
            {"z_name": list(names)},
        ),
        "sample_stats": xr.Dataset({"kept": (("chain", "draw"), np.ones(shape))}),
    }
    tree = xr.DataTree.from_dict(groups)
    worst = {"rhat_worst": "log_posterior", "ess_worst": "z[0]", "conflict_worst": "time_horizon"}
    sizes = {"rhat_max": 1.001, "ess_bulk_min": 4000.0, "ess_tail_min": 4000.0, "bfmi": 1.0, "conflict": 0.1}
    steps = {"draws": CHAINS * DRAWS, "divergences": 0, "divergence_rate": 0.0, "longest_trees": 0.0}
    verdict = Verdict(**worst, **sizes, **steps, problems=problems, advice=())
    tree.attrs = {"id": study.posterior_id, "verdict": json.dumps(verdict.as_dict())}
    return Posterior(study.posterior_id, tree, fresh=True)


def cache(posterior: Posterior) -> None:
    """Keeps it where a fit would be kept."""
    write_posterior(cached_path(posterior.identity), posterior.tree)


def _named(study: Study, z: np.ndarray) -> xr.Dataset:
    values: dict[str, list[tuple[str | None, np.ndarray]]] = {}
    for n, (name, label, prior) in enumerate(study.fitted.entries):
        values.setdefault(name, []).append((label, prior.at(z[..., n])))
    out: dict[str, Any] = {}
    for name, parts in values.items():
        labels = [label for label, _ in parts]
        if labels[0] is None:
            out[name] = xr.DataArray(parts[0][1], dims=("chain", "draw"))
            continue
        dims, coords = ("chain", "draw", f"{name}_label"), {f"{name}_label": labels}
        out[name] = xr.DataArray(np.stack([part for _, part in parts], axis=-1), dims=dims, coords=coords)
    return xr.Dataset(out)
