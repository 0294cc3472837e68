"""How exact the flagship's numbers are, and whether its prior is sane, tails included.

    uv run python -m benchmarks.numerics [--draws 4096] [--prior 1000000]

1. Monthly steps against float64 with steps twelve times as fine, noise off, over prior draws: errors of dates.
2. float32 against float64 at equal steps, on milestones whose quantity only rises: errors of dates.
3. With noise: how far dates move when the step is halved.
4. Draws of the prior to the horizon: not finite, clipped, shares that leave [0, 1] or do not sum to one.
5. What the prior predicts for the horizon, the research share and the dates: benchmarks/results/prior_predictive.png.

Prints a table and writes benchmarks/results/numerics.json.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from benchmarks.record import RESULTS, about
from rsimc.api import prepare_devices
from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.device import compile_chunk
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK, Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import PosteriorSource, PriorSource, noise_keys
from rsimc.models.base import prior_set
from rsimc.models.takeoff.model import Takeoff
from rsimc.publish.figures import save_png

MODEL = Takeoff()
PRIORS = prior_set(MODEL.parameters, {})
END, SEED, DAYS = 2060.0, 7, 365.25
EACH = 8  # draws of a batch
MONOTONE = ("software_limit", "three_orders")
USES = ("training_share", "experiment_share", "ai_labour_share")
SHARES = (*USES, "research_share", "human_share", "director_share", "automated_share")


class Half(Takeoff):
    """Steps of half a month."""

    steps_per_year, steps_per_innovation = 24, 6


class Fine(Takeoff):
    """Steps of a twelfth of a month."""

    steps_per_year, steps_per_innovation = 144, 36


def dates(model: Takeoff, z: np.ndarray, noise: np.ndarray, dtype: Any) -> np.ndarray:
    """Milestone dates [milestones, draws] in years since the start, inf beyond the horizon."""
    plan = Plan(model, DateGrid(end=END), as_of=None)
    program = jax.jit(lambda source, ids: simulate_block(plan, source, ids).dates)
    ids = jnp.asarray([b * BLOCK + n for b in range(BATCHES) for n in range(EACH)], jnp.uint32)  # each draw once
    with jax.enable_x64(dtype == np.float64):
        found = []
        for first in range(0, z.shape[1], BATCHES * EACH):
            part = slice(first, first + BATCHES * EACH)
            table = PRIORS.from_normal(jnp.asarray(z[:, part], dtype))
            past = jnp.asarray(noise[:, :, part], dtype)
            source = PosteriorSource(PRIORS, jnp.asarray(noise_keys(model, SEED)), table, past)
            found.append(np.asarray(program(source, ids), np.float64))
    return np.concatenate(found, axis=1)


def errors(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Days between dates that both have, and the share of dates that only one has."""
    both = np.isfinite(a) & np.isfinite(b)
    days = DAYS * np.abs(a[both] - b[both])
    return {
        "dates": int(both.sum()),
        "mean_days": round(float(days.mean()), 4),
        "p99_days": round(float(np.quantile(days, 0.99)), 3),
        "p999_days": round(float(np.quantile(days, 0.999)), 3),
        "max_days": round(float(days.max()), 2),
        "under_1_day": round(float((days < 1).mean()), 5),
        "only_one": round(float((np.isfinite(a) != np.isfinite(b)).mean()), 6),
        "shift_days": round(float(np.mean(DAYS * (a[both] - b[both]))), 4),
    }


def steps(draws: int) -> dict[str, Any]:
    """Parts 1 to 3."""
    random = np.random.default_rng(SEED)
    beats = Plan(MODEL, DateGrid(end=END), as_of=None).beats
    z = random.standard_normal((PRIORS.size, draws))
    still, loud = np.zeros((1 + beats, 3, draws)), random.standard_normal((1 + beats, 3, draws))
    monthly, single = (dates(MODEL, z, still, dtype) for dtype in (np.float64, np.float32))
    half = dates(Half(), z, loud, np.float64)
    rising = [n for n, m in enumerate(MODEL.milestones) if m.name in MONOTONE]
    return {
        "monthly against fine steps": errors(monthly, dates(Fine(), z, still, np.float64)),
        "float32 against float64": errors(single, monthly),
        "float32 against float64, rising": errors(single[rising], monthly[rising]),
        "with noise, monthly against half": errors(dates(MODEL, z, loud, np.float64), half),
    }


def tails(draws: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Part 4, and what the first chunk predicts."""
    plan = Plan(MODEL, DateGrid(end=END), as_of=None)
    keys = rng.stream_keys(SEED, [f"prior.{name}" for name in PRIORS.names])
    source = PriorSource(PRIORS, jnp.asarray(noise_keys(MODEL, SEED)), jnp.asarray(keys))
    run, names = compile_chunk(plan), [o.name for o in MODEL.observables]
    found = {"draws": 0, "not_finite": 0, "clipped": 0, "outside": 0, "sum_error": 0.0, "classes": 0}
    first: dict[str, np.ndarray] = {}
    for index in range(-(-draws // CHUNK)):
        chunk = run(index, draws, source)
        seen = {name: np.asarray(chunk.block.observables)[:, :, n] for n, name in enumerate(names)}
        total = sum(seen[name] for name in USES)
        shares = np.stack(
            [seen[n] for n in (*USES, "research_share", "human_share", "director_share", "automated_share")]
        )
        found["draws"] += chunk.counts.n
        found["not_finite"] += chunk.counts.account("nonfinite")
        found["clipped"] += chunk.counts.account("clipped")
        found["outside"] += int(((shares < 0) | (shares > 1 + 1e-6)).sum())
        found["sum_error"] = max(found["sum_error"], float(np.abs(total - seen["research_share"]).max()))
        found["classes"] += int(chunk.counts.classes.sum())
        if not first:
            years = plan.stored_years
            first = {"years": years, "horizon": seen["horizon_hours"], "share": seen["research_share"]}
            first |= {"dates": np.moveaxis(np.asarray(chunk.block.dates), 0, 1).reshape(len(MODEL.milestones), -1)}
    return found, first


def picture(first: dict[str, np.ndarray]) -> alt.Chart:
    """Bands of the horizon and the research share to 2027, and the dates of the headline milestones."""
    levels = {"5%": 0.05, "25%": 0.25, "50%": 0.5, "75%": 0.75, "95%": 0.95}
    until = first["years"] < 2027.1

    def band(values: np.ndarray, title: str, log: bool) -> alt.Chart:
        flat = np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])[:, until]
        table = pd.DataFrame(np.quantile(flat, list(levels.values()), axis=0).T, columns=list(levels))
        table["year"] = first["years"][until]
        long = table.melt("year", var_name="quantile", value_name="value")
        scale = alt.Scale(type="log") if log else alt.Scale(zero=True)
        return (
            alt.Chart(long, title=title, width=300, height=220)
            .mark_line()
            .encode(x=alt.X("year:Q", axis=alt.Axis(format="d")), y=alt.Y("value:Q", scale=scale), color="quantile:N")
        )

    rows = []
    for n, milestone in enumerate(MODEL.milestones):
        if milestone.headline:
            years = 2019 + np.sort(first["dates"][n])
            grid = np.arange(2020, 2060, 0.25)
            rows += [(milestone.name, year, np.searchsorted(years, year) / len(years)) for year in grid]
    table = pd.DataFrame(rows, columns=["milestone", "year", "probability"])
    chart = (
        alt.Chart(table, title="Dates (prior, not conditioned)", width=300, height=220)
        .mark_line()
        .encode(x=alt.X("year:Q", axis=alt.Axis(format="d")), y="probability:Q", color="milestone:N")
    )
    parts = (
        band(np.exp(np.minimum(first["horizon"], 30.0)), "Time horizon, hours (prior)", log=True),
        band(first["share"], "Share of compute for research (prior)", log=False),
        chart,
    )
    return alt.hconcat(*parts).resolve_scale(color="independent")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4096)
    parser.add_argument("--prior", type=int, default=1_000_000)
    options = parser.parse_args()
    prepare_devices()
    begun = time.monotonic()
    compared = steps(options.draws)
    found, first = tails(options.prior)
    save_png(picture(first), RESULTS / "prior_predictive.png", 1.5)
    document = {
        "what": f"numerics of {MODEL.name} {MODEL.version}",
        **about(),
        "prior_draws_compared": options.draws,
        "dates": compared,
        "prior": found,
        "seconds": round(time.monotonic() - begun, 1),
    }
    (RESULTS / "numerics.json").write_text(json.dumps(document, indent=2) + "\n")
    print(f"{'dates':<36}{'mean d':>9}{'99% d':>9}{'99.9% d':>9}{'max d':>9}{'<1 day':>9}{'one only':>9}{'shift d':>9}")
    for name, row in compared.items():
        shown = [row[key] for key in ("mean_days", "p99_days", "p999_days", "max_days", "under_1_day", "only_one")]
        print(f"{name:<36}" + "".join(f"{x:>9}" for x in (*shown, row["shift_days"])))
    print("prior: " + ", ".join(f"{key} {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
