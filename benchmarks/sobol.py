"""What Sobol points save: `uv run python -m benchmarks.sobol [--points 16384]`.

As many trajectories of workload W and of the flagship's prior with independent parameters and with scrambled Sobol
points, in 64 replicates each (batches, scrambles). The ratio of their variances says how many independent trajectories
a Sobol trajectory is worth, for means, medians and probabilities of milestone dates; process noise is independent in
both. Writes benchmarks/results/sobol.json.
"""

from __future__ import annotations

import argparse
import json
from functools import reduce
from typing import Any

from rsimc.engine.device import use_cpu_cores

use_cpu_cores()

import numpy as np  # noqa: E402, after the devices are set

from benchmarks.record import RESULTS, about  # noqa: E402
from benchmarks.stand_in import SEED, source_of, stand_in_plan  # noqa: E402
from rsimc.api import load_study  # noqa: E402
from rsimc.engine.counts import Counts  # noqa: E402
from rsimc.engine.device import compile_chunk  # noqa: E402
from rsimc.engine.plan import BATCHES, CHUNK, Plan  # noqa: E402
from rsimc.runs.sources import spread  # noqa: E402


def counted(plan: Plan, even: bool, points: int) -> Counts:
    """64 batches of `points` trajectories of the model's prior."""
    source = source_of(plan.model)
    if even:
        source = spread(source, SEED)
    run, total = compile_chunk(plan), points * BATCHES
    return reduce(lambda a, b: a + b, (run(n, total, source).counts for n in range(total // CHUNK)))


def statistics(plan: Plan, counts: Counts) -> dict[str, dict[str, np.ndarray]]:
    """By kind and milestone, a number for each batch: mean of the date (at most the horizon), median, chance by the
    date at which a quarter of all have come."""
    edges = np.array(plan.grid.edges())
    middles = np.concatenate([edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:]])
    out: dict[str, dict[str, np.ndarray]] = {"mean": {}, "median": {}, "probability": {}}
    for n, milestone in enumerate(plan.model.milestones):
        bins = counts.milestones[:, n].astype(np.float64)
        share = np.cumsum(bins, axis=1)[:, :-1] / bins.sum(axis=1, keepdims=True)
        pooled = share.mean(axis=0)
        if pooled[-1] < 0.2 or pooled[0] > 0.5:
            continue  # hardly ever comes, or has come: no distribution to speak of
        out["mean"][milestone.name] = bins @ middles / bins.sum(axis=1)
        out["probability"][milestone.name] = share[:, int(np.searchsorted(pooled, 0.25 * pooled[-1]))]
        if share[:, -1].min() > 0.55:
            out["median"][milestone.name] = np.array([np.interp(0.5, row, edges) for row in share])
    return out


def saved(plan: Plan, points: int) -> dict[str, Any]:
    """Ratios of variances, plain over Sobol: the median and the range over milestones, and each."""
    plain, even = (statistics(plan, counted(plan, kind, points)) for kind in (False, True))
    out: dict[str, Any] = {}
    for kind in plain:
        each = {name: round(float(np.var(plain[kind][name]) / np.var(even[kind][name])), 1) for name in plain[kind]}
        out[kind] = {"median": float(np.median(list(each.values()))), "each": each}
    return out


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=16_384, help="of a scramble, a multiple of 2,048")
    options = parser.parse_args()
    plans = {"stand-in": stand_in_plan(), "flagship": load_study("baseline").plan}
    document = {
        "what": "trajectories with independent parameters that one with Sobol points is worth",
        **about("scipy"),
        "replicates": BATCHES,
        "points": options.points,
        **{name: saved(plan, options.points) for name, plan in plans.items()},
    }
    for name in plans:
        for kind, found in document[name].items():  # type: ignore[attr-defined]
            print(f"{name:<10}{kind:<13}median {found['median']:>6.1f}   {found['each']}")
    (RESULTS / "sobol.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
