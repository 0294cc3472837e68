"""Published models here, in plain numpy, and as their authors run them: `uv run python -m benchmarks.published`.

CPU seconds for 1,000 trajectories on one core. Here: a chunk of 131,072 trajectories of the bundled scenario to its
horizon, dates, fans and all, compiled before, the median of `--repeats`, process time of a process with one device.
numpy: the same equations over arrays of all trajectories, in the steps that the authors take (below), in the same
process. The authors' own: measured in 2026-11 on one core of a two-core machine. Writes results/published.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from rsimc.engine.device import use_cpu_cores

use_cpu_cores(1)

import jax  # noqa: E402, after the devices are set
import numpy as np  # noqa: E402

from benchmarks.record import RESULTS, about  # noqa: E402
from rsimc.api import load_study  # noqa: E402
from rsimc.engine.device import compile_chunk  # noqa: E402
from rsimc.engine.plan import CHUNK  # noqa: E402
from rsimc.models.published.kwa import LOG_COMPUTE, LOG_LABOUR, YEARS  # noqa: E402
from rsimc.runs.sources import make_source  # noqa: E402

THEIRS = {
    "kwa-2026": 76.0,
    "forethought-sie": 0.16,
    "ai-2027-horizon": 10.1,
    "ai-2027-gaps": 27.2,
    "ai-2027-horizon-april": 2.38,
    "ai-2027-gaps-april": 2.93,
    "ai-2027-takeoff": 16.4,
    "aifm-2025-eli": 672.0,
    "ftm": 776.0,
}
"""CPU seconds for 1,000 trajectories of the authors' programs; N = 500 (kwa), 200,000 (sie), 40 (aifm), 400 (ftm, its
draws not counted), else 5,000."""
TIMES = {
    "kwa-2026": 500.0,
    "ai-2027-horizon": 50.0,
    "ai-2027-gaps": 50.0,
    "ai-2027-takeoff": 50.0,
    "aifm-2025-eli": 500.0,
    "ftm": 500.0,
}
"""How many times as fast as theirs it must be at least."""


def here(name: str, repeats: int) -> dict[str, Any]:
    """A chunk of a bundled scenario."""
    study = load_study(name)
    program, source = compile_chunk(study.plan), make_source(study, None, 1)
    begun = time.perf_counter()
    program(0, CHUNK, source)
    compiled = time.perf_counter() - begun
    seconds = []
    for n in range(1, repeats + 1):
        begun = time.process_time()
        jax.block_until_ready(program(n, (n + 1) * CHUNK, source).block)
        seconds.append(1000.0 * (time.process_time() - begun) / CHUNK)
    return {"cpu_s_per_1000": float(np.median(seconds)), "worst": max(seconds), "first_call_s": round(compiled, 1)}


def kwa(rng: np.random.Generator, count: int) -> np.ndarray:
    """Classical Runge and Kutta in steps of 0.02 years to 2060; the date of f = 99%."""
    low, high = np.array([[1.5, 0.25, 0.12, 0.8, 0.3], [4.2, 0.5, 0.35, 1.0, 1.0]])
    width, share, part, scale, beta = rng.triangular(low, (low + high) / 2, high, (count, 5)).T
    v, logit, alpha, zeta = 1 / width, np.log(share / (1 - share)), part * scale, (1 - part) * scale

    def slope(t: float, s: np.ndarray) -> np.ndarray:
        compute, labour = np.interp(t, YEARS, LOG_COMPUTE), np.interp(t, YEARS, LOG_LABOUR)
        free = np.minimum(np.logaddexp(0, logit + v * (s + compute)), np.log(1e6)) + np.log1p(-share)
        return np.log(5) * np.exp(alpha * (labour + free) + zeta * compute - beta * s)

    s, h, before, found = np.zeros(count), 0.02, logit, np.full(count, np.inf)
    aim = np.log(99.0)
    for step in range(1700):
        t = step * h
        a = slope(t, s)
        b = slope(t + h / 2, s + h / 2 * a)
        c = slope(t + h / 2, s + h / 2 * b)
        s = s + h / 6 * (a + 2 * b + 2 * c + slope(t + h, s + h * c))
        now = logit + v * (s + np.interp(t + h, YEARS, LOG_COMPUTE))
        new = (now >= aim) & (found == np.inf)
        found[new] = 2026 + t + h * ((aim - before) / (now - before))[new]
        before = now
    return found


def sie(rng: np.random.Generator, count: int) -> np.ndarray:
    """Doubling by doubling; the most of them within 12 months."""
    f, r = 2 * 16 ** rng.random(count), 0.4 * 9 ** rng.random(count)
    lam, most = 0.15 * 4 ** rng.random(count), 8 * rng.uniform(6, 16, count)
    drop, length, month, going = r / most, 3 / f, np.zeros(count), np.ones(count, bool)
    done = np.full((130, count), np.inf)
    done[0] = 0
    for n in range(129):
        ends = month + length
        going &= (ends <= 48) & (n < most) & (r > 0)
        done[n + 1] = np.where(going, ends, np.inf)
        month, r = np.where(going, ends, month), r - drop
        length = np.minimum(length, 1e6) * 2 ** (lam * (1 / np.maximum(r, 1e-6) - 1)).clip(max=30.0)
    best, first = np.zeros(count), np.zeros(count, int)
    every = np.arange(count)
    for n in range(1, 130):
        while (late := (done[n] - done[first, every] > 12) & (done[n] < np.inf)).any():
            first += late
        best = np.where(done[n] < np.inf, np.maximum(best, n - first), best)
    return best


def horizon(rng: np.random.Generator, count: int) -> np.ndarray:
    """Steps of a day to 2065; the date of a superhuman coder."""
    z = rng.standard_normal((9, count))
    z[1], z[3] = 0.7 * z[0] + np.sqrt(0.51) * z[1], 0.7 * z[2] + np.sqrt(0.51) * z[3]

    def interval(row: int, low: float, high: float) -> np.ndarray:
        return np.exp(np.log(low * high) / 2 + np.log(high / low) / 2.5631 * z[row])

    time_, cost, m_0, m_1 = interval(0, 2.5, 9), interval(1, 0.5, 30), interval(2, 0.03, 0.3), interval(3, 1.5, 40)
    needed, delay, decay = interval(4, 1, 14400), interval(5, 0.25, 6), interval(6, 0.03, 0.3).clip(max=0.999)
    weight, u, h_0 = (0.525 + 0.2536 * z[7]).clip(0.1, 0.9), rng.random(count), 15 / 10020
    turn = np.select([u < p for p in (0.25, 0.4, 0.6, 0.8, 0.85)], [0.0014, 0.045, 1, 120, 12000], np.nan)
    n = np.log2(needed / h_0)
    before = np.minimum(np.log2(turn / h_0), n)
    sup = time_ * (before + (1 - (1 - decay) ** (n - before)) / decay)
    gap = np.where(u > 0.9, time_ * (1.1**n - 1) / 0.1, np.where(np.isnan(turn), n * time_, sup)) + cost
    t, labour, stock = 2025.345 - delay / 12, np.full(count, 1000.0), np.full(count, 50.0)
    g, found, first = np.zeros(count), np.full(count, np.inf), None
    rise, day, live = np.log((1 + m_1) / (1 + m_0)), 0, np.arange(count)
    while (t < 2065).any() and day < 16_000:
        live = np.flatnonzero(found == np.inf) if day % 365 == 0 else live
        at = t[live]
        pieces = [at < year for year in (2028, 2029, 2030, 2031)]
        labour[live] *= np.exp(np.log1p(np.select(pieces, [0.5, 0.4, 0.2, 0.15], 0.1)) / 250)
        speed = (1 + m_0[live]) * np.exp(rise[live] * np.minimum(g[live] / gap[live], 1))
        work = ((labour[live] + 1) ** 0.3 - 1) * speed / 250
        growth = np.log1p(work / stock[live])
        if first is None:
            first = growth.copy()
        stock[live] += work
        gamma = growth / first[live]
        pace = weight[live] * gamma + (1 - weight[live]) * np.select(pieces, [1, 0.9, 0.5, 0.4], 0.3)
        g[live] += pace / 30.5
        t[live] += 1 / 365
        found[live] = np.where((g[live] >= gap[live]) & (found[live] == np.inf), t[live], found[live])
        day += 1
    return found


TWINS: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], int]] = {
    "kwa-2026": (kwa, 20_000),
    "forethought-sie": (sie, 100_000),
    "ai-2027-horizon": (horizon, 20_000),
}


def in_numpy(name: str) -> float | None:
    """CPU seconds for 1,000 trajectories of the twin; None where there is none."""
    if name not in TWINS:
        return None
    twin, count = TWINS[name]
    begun = time.process_time()
    twin(np.random.default_rng(1), count)
    return 1000.0 * (time.process_time() - begun) / count


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=THEIRS, help="measure this one again, and keep what is known of the others")
    options = parser.parse_args()
    file = RESULTS / "published.json"
    rows = (
        [row for row in json.loads(file.read_text())["rows"] if row["scenario"] != options.only] if options.only else []
    )
    print(f"{'scenario':24}{'here':>10}{'numpy':>10}{'theirs':>10}{'times':>9}   CPU seconds for 1,000 trajectories")
    for name, theirs in THEIRS.items():
        if options.only not in (None, name):
            continue
        own, twin = here(name, options.repeats), in_numpy(name)
        times = theirs / own["cpu_s_per_1000"]
        rows.append(
            {"scenario": name, **own, "numpy": twin, "theirs": theirs, "times": times, "least": TIMES.get(name)}
        )
        shown = "-" if twin is None else f"{twin:.4f}"
        print(f"{name:24}{own['cpu_s_per_1000']:10.5f}{shown:>10}{theirs:10.2f}{times:9,.0f}")
    document = {
        "what": str(__doc__).splitlines()[0],
        **about("numpy"),
        "repeats": options.repeats,
        "chunk": CHUNK,
        "rows": sorted(rows, key=lambda row: list(THEIRS).index(row["scenario"])),
    }
    slow = [row["scenario"] for row in rows if row["least"] is not None and row["times"] < row["least"]]
    slow += [row["scenario"] for row in rows if row["numpy"] is not None and row["cpu_s_per_1000"] > row["numpy"]]
    if slow:
        raise SystemExit(f"slower than they must be: {', '.join(slow)}")
    file.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
