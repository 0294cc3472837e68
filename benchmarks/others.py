"""Workload W in other programs: C++ compiled here, numpy in float64, scipy one trajectory after the other."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.integrate import odeint

from benchmarks.stand_in import CEILING, MILESTONES, STEPS, WEIGHTS

SOURCE = Path(__file__).with_name("stand_in.cpp")
FLAGS = "-std=c++17 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -Wno-psabi -fPIC -shared"
DT = 1.0 / 12.0
LEVELS = np.array([m.threshold for m in MILESTONES])
OF = np.array([("horizon", "labour", "software", "pace", "effective").index(m.quantity) for m in MILESTONES])

Values = np.ndarray
"""Parameter values [20, n] in the order of `stand_in.PARAMETERS`."""
Dates = Callable[[Values], np.ndarray]
"""Dates [8, n] in steps, 1e9 where none within the horizon; n a multiple of 64."""


def compiled(every: bool = True) -> dict[str, Dates]:
    """W in C++ by the floats of its vectors: 16 with AVX-512, else 8; or both, since wider ones are not faster
    everywhere; nothing without g++."""
    if shutil.which("g++") is None:
        return {}
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    widths = (8, 16) if every else (16,) if "avx512f" in flags else (8,)
    with ThreadPoolExecutor() as pool:
        return {f"C++ in {n} floats": run for n, run in zip(widths, pool.map(_compiled, widths), strict=True)}


def _compiled(floats: int) -> Dates:
    with tempfile.TemporaryDirectory(prefix="rsimc-bench-") as folder:  # the library stays loaded
        library = Path(folder) / "stand_in.so"
        subprocess.run(["g++", *FLAGS.split(), f"-DFLOATS={floats}", "-o", str(library), str(SOURCE)], check=True)
        run = ctypes.CDLL(str(library)).stand_in

    def dates(values: Values) -> np.ndarray:
        given = np.ascontiguousarray(values, np.float32)
        out = np.empty((len(MILESTONES), given.shape[1]), np.float32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (given, out)]
        run(pointers[0], ctypes.c_long(given.shape[1]), STEPS, ctypes.c_uint32(1), pointers[1])
        return out

    return dates


def _now(values: Values, software: np.ndarray, compute: np.ndarray, noise: np.ndarray, t: float) -> list[np.ndarray]:
    """Horizon, labour, software, pace and effective compute."""
    theta, (slope, tilt, complementarity, share, scale, hardness, pace) = values[:6], values[6:13]
    slopes = slope + np.arange(6)[:, None] * tilt
    effective = compute + software + noise
    horizon = values[15] + values[16] * effective * (1 + values[17] * effective)
    e = 1 + np.exp(np.minimum(slopes * (theta - horizon), 60))
    product = (e + np.exp(np.minimum(0.5 * horizon, 60))) / e
    labour = -np.log(np.array(WEIGHTS) @ product**-complementarity) / complementarity
    human, chips = share * np.exp(-0.5 * (labour + 0.05 * t)), (1 - share) * np.exp(-0.5 * compute)
    research = -2 * np.log(human + chips)
    return [horizon, labour, software, np.exp(np.minimum(scale * research + pace - hardness * software, 10)), effective]


def in_numpy(values: Values, normals: Callable[[int], np.ndarray]) -> np.ndarray:
    """W in numpy, float64: dates [8, n] in steps, inf where none; normals(step) [2, n] of compute and software."""
    values = values.astype(np.float64)
    zero = np.zeros(values.shape[1])
    software, compute, noise, growth = zero, zero, zero, values[13] * DT
    before = _now(values, software, compute, noise, 0.0)
    dates = np.where(np.array(before)[OF] >= LEVELS[:, None], 0.0, np.inf)
    for step in range(1, STEPS + 1):
        z = normals(step)
        software = np.minimum(software + before[3] * DT + values[18] * np.sqrt(DT) * z[1], CEILING)
        compute, noise = compute + growth, noise * np.exp(-DT) + values[19] * np.sqrt(DT) * z[0]
        growth = growth * (1 - values[14] * DT)
        now = _now(values, software, compute, noise, step * DT)
        low, high = np.array(before)[OF], np.array(now)[OF]
        new = (high >= LEVELS[:, None]) & np.isinf(dates)
        share = (LEVELS[:, None] - low) / np.where(high > low, high - low, 1.0)
        dates = np.where(new, step - 1 + np.maximum(share, 0.0), dates)
        before = now
    return dates


def in_scipy(values: Values) -> np.ndarray:
    """W without noise, a trajectory at a time: what many scripts do. Software [n, steps + 1]."""
    times, out = np.arange(STEPS + 1) * DT, []
    for n in range(values.shape[1]):
        one = values[:, n : n + 1].astype(np.float64)

        def slope(y: np.ndarray, t: float, one: np.ndarray = one) -> list[float]:
            now = _now(one, y[:1], y[1:], np.zeros(1), t)
            return [float(now[3][0]), float(one[13, 0] * np.exp(-one[14, 0] * t))]

        out.append(odeint(slope, [0.0, 0.0], times)[:, 0])
    return np.array(out)
