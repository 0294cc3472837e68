"""The gate that has to open before a time is printed: what is timed, and what it is compared with, gives right numbers.

`gate` gives what it found, `complaints` says what of it is wrong; with `opened` a program ends there.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.others import Dates, in_numpy, in_scipy
from benchmarks.ready import Ready, rows_of
from benchmarks.stand_in import MILESTONES, STEPS
from rsimc.engine import rng
from rsimc.engine.counts import COUNT_FIELDS
from rsimc.engine.plan import CHUNK
from rsimc.runs.machine import refuse_fast_maths

WORDS = (  # of Random123, kat_vectors, threefry 2x32 20: key, counter, result
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
)
DAYS_A_STEP = 365.25 / 12.0
DAYS, FLIPPED = 1.0, 1e-3
"""Of any milestone: most days between a date and that of float64 for 99.9 % of trajectories, and the largest share of
trajectories for which one of the two has a date alone."""
ERRORS = 5.0
"""Most standard errors between the mean dates of two programs with noise of their own."""
STEPS_APART = 1.0
"""Most steps between a date by a step a month and by scipy's solver, in the mean."""


def gate(ready: dict[str, Ready], by_hand: dict[str, Dates]) -> dict[str, Any]:
    """All that is checked, of W and the flagship and of the programs in other languages; numbers only."""
    w = ready["w"]
    with ThreadPoolExecutor() as pool:
        agreeing = dict(zip(ready, pool.map(same, ready.values()), strict=True))
    found: dict[str, Any] = {
        "device": jax.default_backend(),
        "generator": known_answers(),
        "same": agreeing,
        "days_against_float64": days_against_float64(w),
        "scipy_steps_against_numpy": steps_against_numpy(w),
    }
    return found | {"errors_against_c": {name: errors_against(w, run) for name, run in by_hand.items()}}


def opened(ready: dict[str, Ready], by_hand: dict[str, Dates]) -> dict[str, Any]:
    """What `gate` found; where no time may be printed, SystemExit with what is wrong or UsageError for fast maths."""
    refuse_fast_maths()
    found = gate(ready, by_hand)
    if wrong := complaints(found):
        raise SystemExit("wrong, so no times:\n  " + "\n  ".join(wrong))
    return found


def complaints(found: dict[str, Any]) -> list[str]:
    """What is wrong, in words; nothing where times may be printed."""
    wrong = [] if found["generator"] else ["threefry gives other words than Random123"]
    for name, each in found["same"].items():
        if not _near(each["dates_of_the_engine"], found["device"] == "cpu"):
            wrong.append(f"{name}: what is timed gives other dates than the engine: {each['dates_of_the_engine']}")
        if each["counts_agree"] is False:
            wrong.append(f"{name}: counts differ between {each['devices']} devices")
    if not _near(found["days_against_float64"], exactly=False):
        wrong.append(f"W is far from float64: {found['days_against_float64']}")
    wrong += [
        f"W in {name} is {errors} standard errors from rsimc's (at most {ERRORS})"
        for name, errors in found["errors_against_c"].items()
        if not errors <= ERRORS
    ]
    steps = found["scipy_steps_against_numpy"]
    if not steps <= STEPS_APART:
        wrong.append(f"W by scipy comes {steps} steps from numpy's (at most {STEPS_APART})")
    return wrong


def _near(days: dict[str, float], exactly: bool) -> bool:
    """Byte for byte on CPUs, where no program rounds otherwise than another."""
    most = (0.0, 0.0) if exactly else (DAYS, FLIPPED)
    return days["p99_9"] <= most[0] and days["mean"] <= most[0] and days["flipped"] <= most[1]


def known_answers() -> bool:
    """Whether the generator, compiled, gives the published words."""
    threefry = jax.jit(rng.threefry)
    given = ((jnp.asarray(word, jnp.uint32) for word in (*key, *counter)) for key, counter, _ in WORDS)
    return all(
        tuple(int(word) for word in threefry(*words)) == right[2] for words, right in zip(given, WORDS, strict=True)
    )


def same(ready: Ready) -> dict[str, Any]:
    """How far the dates of the program that is timed are from those of the engine's own, which works on other widths
    elsewhere than on CPUs; and whether every number of devices gives the same counts, None where there is one alone."""
    chunks = [run(0, CHUNK, ready.source) for run in ready.runs.values()]
    timed = ready.dates
    made = rows_of(np.asarray(chunks[-1].block.dates))[:, : timed.shape[1]]
    agree = all(
        np.array_equal(getattr(chunk.counts, name), getattr(chunks[0].counts, name))
        for chunk in chunks[1:]
        for name in COUNT_FIELDS
    )
    return {
        "dates_of_the_engine": apart(made * 12.0, timed * 12.0),
        "devices": list(ready.runs),
        "counts_agree": agree if len(chunks) > 1 else None,
    }


def apart(mine: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Days between dates [milestones, trajectories] in steps, mean and 99.9 %, and the share of trajectories for which
    one has a date alone: each of the worst milestone. NaN where no date is to be compared."""
    both = np.isfinite(mine) & np.isfinite(theirs)
    rows = [
        np.abs(one[come].astype(np.float64) - other[come]) * DAYS_A_STEP
        for one, other, come in zip(mine, theirs, both, strict=True)
        if come.any()
    ]
    return {
        "mean": max((float(days.mean()) for days in rows), default=math.nan),
        "p99_9": max((float(np.quantile(days, 0.999)) for days in rows), default=math.nan),
        "flipped": float(np.mean(np.isfinite(mine) != np.isfinite(theirs), axis=1).max()),
    }


def days_against_float64(w: Ready, count: int = 4096) -> dict[str, float]:
    """Days by which dates of the program that is timed differ from numpy's, with the same parameters and noise."""
    mine, ids = w.dates[:, :count].astype(np.float64) * 12.0, jnp.arange(count, dtype=jnp.uint32)
    draw = jax.jit(lambda step: rng.normals(w.source.noise, ids, step))
    theirs = in_numpy(w.values[:, :count], lambda step: np.asarray(draw(np.int32(step)), np.float64))
    return apart(mine, theirs)


def errors_against(w: Ready, other: Dates) -> float:
    """Standard errors between the mean dates (at most the horizon) of W here and in another program with the same
    parameters and noise of its own: the largest over milestones."""
    last = STEPS - 1.0  # the other one looks at the state before a step, not after
    mine, theirs = np.minimum(w.dates * 12.0, last), np.minimum(other(w.values), last)
    later = (mine - theirs).astype(np.float64)
    spread = later.std(axis=1) / np.sqrt(later.shape[1])
    return round(float(np.max(np.abs(later.mean(axis=1)) / spread)), 2)


def steps_against_numpy(w: Ready, count: int = 8) -> float:
    """Steps between the dates of a hundredfold software by scipy's solver and by a step a month, both without noise:
    the mean over the trajectories that come there; infinite where one comes there by one of the two alone."""
    milestone = [m.name for m in MILESTONES].index("software_100")
    by_step = in_numpy(w.values[:, :count], lambda _: np.zeros((2, count)))[milestone]
    level, solved = MILESTONES[milestone].threshold, []
    for path in in_scipy(w.values[:, :count]):
        there = path >= level
        solved.append(float(np.interp(level, path, np.arange(len(path)))) if there.any() else np.inf)
    come = np.isfinite(by_step)
    if not come.any() or np.any(come != np.isfinite(solved)):
        return math.inf
    return round(float(np.mean(np.abs(by_step[come] - np.array(solved)[come]))), 3)
