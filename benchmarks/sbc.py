"""Simulation-based calibration of the flagship: baseline priors, all series of observations, nothing made smaller.

    uv run python -m benchmarks.sbc [--exact 1000] [--transitions 63] [--sets 32] [--chains 16] ...

1. Exact ranks (`rsimc.calibration.sbc`) by longer chains than the tests have: of the log posterior and likelihood, of
   every parameter and past innovation, and of the future. The main part: ranks are exact whatever the chains do, and a
   replicate costs one chain that starts where it should, a hundredth of a fit, so that there can be many. It says
   whether priors, model, likelihoods, gradients and transitions fit together. The same with two planted errors: rows
   that the likelihood misdates by a quarter of a year, and a likelihood that knows no process noise.
2. Real posteriors, as many as time allows: the sampler of forecasts with its adaptation, from its usual start, on data
   of the same kind. What they add is whether it finds those posteriors. Ranks are uniform as far as chains have
   converged; whether they have is seen without a look at the draw, so that ranks of the sets where they have must be
   uniform by themselves.

Prints a table and writes benchmarks/results/sbc.json and benchmarks/results/sbc.png: the ranks' ECDF less the diagonal,
with simultaneous bands (Säilynoja, Bürkner & Vehtari, Graphical test for discrete uniformity, 2022).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import binom

from benchmarks.record import RESULTS, about
from rsimc.api import load_study, prepare_devices
from rsimc.calibration.chain_run import Run
from rsimc.calibration.chains import FIRST_STEP, INITIAL_SD
from rsimc.calibration.hmc import Told, Transitions, compile_transitions
from rsimc.calibration.sbc import (
    INFORMED,
    LOG_LIKELIHOOD,
    LOG_POSTERIOR,
    Check,
    Moves,
    coordinates,
    holm,
    prepare,
    ranks,
    smooth_p,
)
from rsimc.calibration.settings import Draws, Settings, Standing
from rsimc.calibration.target import Data, Target
from rsimc.calibration.verdict import mixing_of
from rsimc.publish.figures import save_png
from rsimc.publish.layers import inline

SHOWN = (LOG_POSTERIOR, LOG_LIKELIHOOD, *INFORMED, "log_horizon later", "log_multiplier later")
BUGS: dict[str, dict[str, Any]] = {"rows misdated by 0.25 years": {"late": 0.25}, "no process noise": {"noise": 0.0}}
CONVERGED = 1.05
"""Largest R-hat of a set that counts as converged; 1.01, which forecasts ask for, asks too much of few chains."""
NAMES = {"exact": "exact ranks", "posteriors": "real posteriors that converged"}
COLOURS = ["#1a6bb0", "#b25107"]
GRID = np.arange(0.025, 0.99, 0.025)

Ranks = dict[str, np.ndarray]


def free(target: Target) -> tuple[str, ...]:
    """Names of what the posterior leaves open: parameters that are not fixed, and innovations."""
    fixed = {target.priors.names[n] for n, (_, _, prior) in enumerate(target.priors.entries) if prior.kind == "fixed"}
    return tuple(name for name in coordinates(target) if name not in fixed)


def judged(found: Ranks) -> dict[str, Any]:
    """p values: of all statistics together, corrected for their number; by themselves, of those shown and the worst."""
    single = {name: smooth_p(u) for name, u in found.items()}
    worst = sorted(single, key=lambda name: single[name])[:5]
    low, high = band(len(found[LOG_POSTERIOR]))
    outside = [name for name, u in found.items() if ((ecdf(u) < low) | (ecdf(u) > high)).any()]
    return {
        "replicates": len(found[LOG_POSTERIOR]),
        "statistics": len(found),
        "p_all": short(min(holm(single).values())),
        "p": {name: short(single[name]) for name in SHOWN},
        "worst": {name: short(single[name]) for name in worst},
        "share_outside_95_band": round(len(outside) / len(found), 4),
    }


def short(p: float) -> float:
    """Two digits."""
    return float(f"{p:.2g}")


def exact(check: Check, runs: int, seed: int) -> tuple[dict[str, Any], Ranks]:
    """Part 1."""
    begun, names = time.monotonic(), free(check.target)
    outcomes = [check.run(seed + n, parameters=names) for n in range(runs)]
    found = {name: np.concatenate([one.ranks[name] for one in outcomes]) for name in outcomes[0].ranks}
    accept = np.concatenate([one.accept for one in outcomes])
    seconds = time.monotonic() - begun
    planted = {name: check.run(seed, **bug).p_values for name, bug in BUGS.items()}
    result = {
        **judged(found),
        "not_finite": sum(one.left_out for one in outcomes),
        "acceptance": {f"{level:.0%}": round(float(np.quantile(accept, level)), 3) for level in (0.0, 0.05, 0.5)},
        "planted": {name: {key: short(p) for key, p in found.items()} for name, found in planted.items()},
        "seconds": round(seconds, 1),
    }
    return result, found


def posteriors(
    check: Check, sets: int, group: int, settings: Settings, keep: int, seed: int
) -> tuple[dict[str, Any], Ranks]:
    """Part 2. group: sets that are fitted at once; keep: draws of a chain among which the exact one is ranked."""
    begun, advance = time.monotonic(), compile_transitions(check.target)
    values: list[Ranks] = []
    rhat: list[float] = []
    while len(rhat) < sets:
        exact_q, exact_lp, data = _replicates(check, seed + len(values), sets - len(rhat))
        kept: list[tuple[np.ndarray, np.ndarray]] = []
        for first in range(0, len(data), group):
            draws = _fitted(check.target, settings, data[first : first + group], seed + len(rhat), advance)
            kept += [_thinned(one, keep) for one in draws]
            rhat += [mixing_of(one, settings.groups).rhat for one in draws]
            print(f"{len(rhat)} sets, {time.monotonic() - begun:.0f} s, R-hat {np.median(rhat):.3f}", flush=True)
        q = np.stack([np.concatenate([mine[None], theirs]) for mine, (theirs, _) in zip(exact_q, kept, strict=True)])
        lp = np.stack([np.append(mine, theirs) for mine, (_, theirs) in zip(exact_lp, kept, strict=True)])
        with jax.enable_x64(True):
            values.append(check.statistics(q, lp, free(check.target)))
    random = np.random.default_rng(seed)
    every = {name: ranks(np.concatenate([one[name] for one in values]), random) for name in values[0]}
    converged = np.array(rhat) < CONVERGED
    good = {name: u[converged] for name, u in every.items()} if converged.any() else {}
    result = {
        "all": judged(every),
        "converged": judged(good) if good else None,
        "rhat": {f"{level:.0%}": round(float(np.quantile(rhat, level)), 3) for level in (0.5, 0.95, 1.0)},
        "seconds": round(time.monotonic() - begun, 1),
    }
    return result, good


def _replicates(check: Check, seed: int, most: int) -> tuple[np.ndarray, np.ndarray, list[Data]]:
    """At most `most` exact draws [replicates, size], their log posteriors [replicates], and the data of each."""
    with jax.enable_x64(True):
        draw_key, chain_key = jax.random.split(jax.random.key(seed))
        q, data = check.draw(draw_key)
        lp = replace(check, moves=Moves(leapfrogs=0)).chains(chain_key, q, data).lp[:, 0]
        parts = [jax.tree.map(lambda x, n=n: np.asarray(x[n]), (data.seen, data.weight)) for n in range(len(lp))]
    return np.asarray(q)[:most], np.asarray(lp)[:most], [Data(*part) for part in parts[:most]]


def _fitted(target: Target, settings: Settings, data: list[Data], seed: int, advance: Transitions) -> list[Draws]:
    """Posteriors of data sets as `many_chains` finds them, but each with random numbers of its own.

    With the same ones the errors of sets would be alike, and so the errors of their ranks.
    """
    chains, size = settings.chains, len(coordinates(target))
    choice = np.tile(np.array(list(target.choice.values())), (chains * len(data), 1))
    told = jax.tree.map(lambda *sets: np.repeat(np.stack(sets), chains, axis=0), *data)
    standing = []
    for n in range(len(data)):
        points = INITIAL_SD * np.random.default_rng([seed, n]).standard_normal((settings.groups, size))
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), n), chains)
        q = np.repeat(points, chains // settings.groups, axis=0)
        standing.append(Standing(q, np.asarray(jax.random.key_data(keys)), FIRST_STEP, np.ones(size), 0))
    with jax.enable_x64(True):
        every = Told(jnp.asarray(choice), jax.tree.map(jnp.asarray, told))
        run = Run(target, settings, every, lambda *what: None, advance)
        run.begin(standing, len(data))
        run.warm_up(False)
        return run.draws(settings.draws)


def _thinned(draws: Draws, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions [chains x keep, size] and log posteriors [chains x keep], `keep` of each chain."""
    chains, count = draws.log_posterior.shape
    which = np.arange(1, keep + 1) * count // keep - 1
    q = np.concatenate([draws.z, draws.innovations.reshape(chains, count, -1)], axis=-1)[:, which]
    return q.reshape(-1, q.shape[-1]), draws.log_posterior[:, which].reshape(-1)


def ecdf(u: np.ndarray) -> np.ndarray:
    """Counts of ranks up to the points of the grid."""
    return (u[:, None] <= GRID).sum(axis=0)


def band(n: int, level: float = 0.95, simulations: int = 10_000) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest counts at the points of the grid that n uniform ranks keep to, at all points at once.

    Pointwise binomial intervals, all of the probability at which `level` of simulated samples stay within.
    """
    samples = np.random.default_rng(0).multinomial(n, np.diff(GRID, prepend=0.0, append=1.0), simulations)
    counts = samples.cumsum(axis=1)[:, :-1]
    tails = np.minimum(binom.cdf(counts, n, GRID), binom.sf(counts - 1, n, GRID)).min(axis=1)
    tail = np.quantile(tails, 1.0 - level)
    return binom.ppf(tail, n, GRID), binom.isf(tail, n, GRID)


def picture(parts: dict[str, Ranks]) -> alt.VConcatChart:
    """Differences of ECDFs from the diagonal: of each shown statistic, and of all coordinates over each other."""
    parts = {part: found for part, found in parts.items() if found}
    shown = [_panel(name, {part: [found[name]] for part, found in parts.items()}) for name in SHOWN]
    rest = {part: [u for name, u in found.items() if name not in SHOWN] for part, found in parts.items()}
    many = [
        _panel(f"{len(curves)} other parameters and innovations: {NAMES[part]}", {part: curves}, 530, 0.25)
        for part, curves in rest.items()
    ]
    rows = [alt.hconcat(*shown[:4]), alt.hconcat(*shown[4:]), alt.hconcat(*many)]
    title = alt.Title("ECDF of the ranks less the diagonal", subtitle="shaded: 95% of uniform ranks stay within")
    return alt.vconcat(*rows, title=title)


def _panel(title: str, curves: dict[str, list[np.ndarray]], width: int = 240, opacity: float = 1.0) -> alt.Chart:
    """ECDFs less the diagonal, by part, over their bands."""
    lines, bands = [], []
    for part, ranks_of_part in curves.items():
        n = len(ranks_of_part[0])
        low, high = band(n)
        edges = zip(GRID, low / n - GRID, high / n - GRID, strict=True)
        bands += [{"part": NAMES[part], "x": x, "low": a, "high": b} for x, a, b in edges]
        for curve, u in enumerate(ranks_of_part):
            points = [(0.0, 0.0), *zip(GRID, ecdf(u) / n - GRID, strict=True), (1.0, 0.0)]
            lines += [{"part": NAMES[part], "curve": f"{part} {curve}", "x": x, "y": y} for x, y in points]
    x = alt.X("x:Q", title=None, axis=alt.Axis(format=".1f", values=[0, 0.5, 1]))
    colour = alt.Color(
        "part:N",
        title=None,
        scale=alt.Scale(domain=list(NAMES.values()), range=COLOURS),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )
    limits = (
        alt.Chart(inline(bands)).mark_area(opacity=0.15).encode(x, alt.Y("low:Q", title=None), alt.Y2("high:Q"), colour)
    )
    drawn = alt.Chart(inline(lines)).mark_line(opacity=opacity, strokeWidth=1.5 if opacity == 1.0 else 0.7)
    found = drawn.encode(x, alt.Y("y:Q", title=None), colour, detail="curve:N")
    return alt.layer(limits, found, title=title).properties(width=width, height=170)


def head(check: Check, options: argparse.Namespace) -> dict[str, Any]:
    """What was run on what."""
    model = check.target.model
    return {
        "what": f"simulation-based calibration of {model.name} {model.version}, baseline",
        **about("numpy"),
        "rows": len(check.target.rows),
        "parameters_and_innovations": len(free(check.target)),
        "sizes": {name: size for name, size in vars(options).items() if name != "output"},
    }


def sizes() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--replicates", type=int, default=100, help="of one call of the program; part 1 takes whole calls"
    )
    parser.add_argument("--exact", type=int, default=1000, help="replicates of part 1")
    parser.add_argument("--transitions", type=int, default=63, help="of a chain of part 1")
    parser.add_argument("--leapfrogs", type=int, default=32, help="of a transition of part 1")
    parser.add_argument("--sets", type=int, default=32, help="data sets of part 2; 0 leaves it out")
    parser.add_argument("--group", type=int, default=16, help="data sets fitted at once")
    parser.add_argument("--chains", type=int, default=16, help="of each data set")
    parser.add_argument("--warmup", type=int, default=160)
    parser.add_argument("--draws", type=int, default=64, help="of each chain after its warm-up")
    parser.add_argument("--keep", type=int, default=16, help="draws of a chain that are ranked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the files")
    return parser.parse_args()


def main() -> None:
    """Measure, print, write; part 1 is written before part 2 begins."""
    options = sizes()
    prepare_devices()
    target = load_study("baseline").target
    if target is None:
        raise SystemExit("the baseline has no observations")
    begun = time.monotonic()
    moves = Moves(leapfrogs=options.leapfrogs)
    check = prepare(replace(target, as_of=None), 0, options.transitions, options.replicates, moves)
    document = {**head(check, options), "compile_seconds": round(time.monotonic() - begun, 1)}
    found: dict[str, Ranks] = {}
    document["exact"], found["exact"] = exact(check, -(-options.exact // options.replicates), options.seed)
    write(document, found, options.output)
    if options.sets:
        settings = Settings(chains=options.chains, warmup=options.warmup, draws=options.draws, seed=options.seed)
        sizes_of_part = (options.sets, options.group, settings, options.keep)
        document["posteriors"], found["posteriors"] = posteriors(check, *sizes_of_part, options.seed)
        write(document, found, options.output)


def write(document: dict[str, Any], found: dict[str, Ranks], folder: Path) -> None:
    """The files, and a table."""
    (folder / "sbc.json").write_text(json.dumps(document, indent=2) + "\n")
    save_png(picture(found), folder / "sbc.png", 1.5)
    judgements = {"exact": document["exact"], **document.get("posteriors", {})}
    shown = {name: one for name, one in judgements.items() if isinstance(one, dict) and "p" in one}
    print(f"{'p values':<26}" + "".join(f"{name:>12}" for name in shown))
    print(f"{'all together':<26}" + "".join(f"{one['p_all']:>12}" for one in shown.values()))
    for name in SHOWN:
        print(f"{name:<26}" + "".join(f"{one['p'][name]:>12}" for one in shown.values()))


if __name__ == "__main__":
    main()
