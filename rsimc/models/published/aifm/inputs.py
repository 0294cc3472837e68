"""What the AI Futures Model takes as given: people, compute for inference and for experiments, training compute.

Knots by year and straight lines of logs in between (of the growth itself for training compute). After 2050 growth stays
what it was: the published runs went on to 2200 with a table that is in no public copy.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
SOURCE = "AI Futures Model, December 2025 (ai-futures-calculator, input_data.csv)"
START, PRESENT, REFERENCE = 2012.0, 2025.6, 2024.0
"""The first knot; what the model calls the present day; the year of its rate of software progress."""
# year, human coding labour (people), inference compute for coding (H100 equivalents), experiment compute (the same),
# growth of training compute (orders of magnitude a year)
# fmt: off
TABLE = (
    (2012.0, 13.36587366, 0.001623671838, 0.002914771509, 0.6532125138),
    (2013.0, 17.37563576, 0.005717914825, 0.01165908604, 0.6532125138),
    (2014.0, 22.58832649, 0.02013618096, 0.04663634415, 0.6549976392),
    (2015.0, 29.36482443, 0.07071144352, 0.1872534481, 0.652557141),
    (2016.0, 38.17427176, 0.2496773592, 0.7479727289, 0.6533616623),
    (2017.0, 49.62655329, 0.8927676355, 2.9928381, 0.6568230617),
    (2018.0, 64.51451928, 2.514641481, 12.06343599, 0.6618888381),
    (2019.0, 83.86887506, 7.372574389, 49.15049593, 0.5687242272),
    (2020.0, 109.0295376, 24.11105106, 164.3296066, 0.5724755803),
    (2021.0, 141.7383989, 84.21052632, 553.8106649, 0.6099015913),
    (2022.0, 255.1291179, 310, 2020.700857, 0.6294267422),
    (2023.0, 459.2324123, 1268, 7684.91183, 0.6444259432),
    (2024.0, 826.6183421, 4964.735135, 30171.74155, 0.6517982691),
    (2025.0, 1487.913016, 24283.24622, 120325.278, 0.6433455603),
    (2026.0, 2678.243428, 103664.8207, 471327.2881, 0.5926277124),
    (2027.0, 4820.838171, 333498.3688, 1657838.112, 0.5147270595),
    (2028.0, 8677.508708, 785493.1847, 4942666.816, 0.4661298522),
    (2029.0, 14751.7648, 1803327.968, 13291957.72, 0.4434333988),
    (2029.5, 18659.67051, 3536566.745, 22146528.05, 0.3709446971),
    (2030.0, 23602.82369, 6435081.989, 36899658.78, 0.2984559955),
    (2031.0, 35404.23553, 10289492.92, 73363213.38, 0.2524165078),
    (2032.0, 49565.92974, 16036405.51, 131188224.2, 0.2370371701),
    (2033.0, 64435.70866, 24548316.33, 226428986.9, 0.2267244264),
    (2034.0, 83766.42126, 37068109.78, 381642251.9, 0.2191372696),
    (2035.0, 108896.3476, 55351548.4, 632111540.7, 0.2131084917),
    (2036.0, 141565.2519, 81858147.76, 1032528888, 0.2080071295),
    (2037.0, 169878.3023, 120004252.9, 1666899209, 0.203473869),
    (2038.0, 203853.9628, 174495087.6, 2663073847, 0.1992968314),
    (2039.0, 244624.7553, 251755778.5, 4213859402, 0.1953480094),
    (2040.0, 293549.7064, 360484747.1, 6607361225, 0.1915486953),
    (2041.0, 322904.6771, 498745092.7, 10270149030, 0.1875087015),
    (2042.0, 355195.1448, 674133008.3, 15815591794, 0.1729222549),
    (2043.0, 390714.6592, 895984131.6, 23550910504, 0.1627551717),
    (2044.0, 429786.1252, 1175716209, 34258068531, 0.1552127229),
    (2045.0, 472764.7377, 1527225164, 48975129915, 0.1493295767),
    (2046.0, 520041.2114, 1967339556, 69072499732, 0.14454261),
    (2047.0, 572045.3326, 2516338059, 96349126884, 0.1405035425),
    (2048.0, 629249.8658, 3198534030, 133153113482, 0.1369874279),
    (2049.0, 692174.8524, 4042930377, 182531891293, 0.1338441376),
    (2050.0, 761392.3377, 5083946709, 248417902954, 0.1309709174),
)
# fmt: on


class Inputs(NamedTuple):
    """At one time, against the present day: log human labour, log inference compute for each person, log experiment
    compute; and orders of magnitude of training compute since 2012."""

    labour: Array
    inference: Array
    experiments: Array
    training: Array


_COLUMNS = np.array(TABLE).T
KNOTS = _COLUMNS[0] - START
_LOGS = np.log(_COLUMNS[1:4])
_NOW = np.array([np.interp(PRESENT - START, KNOTS, row) for row in _LOGS])
_VALUES = np.stack([_LOGS[0] - _NOW[0], _LOGS[1] - _LOGS[0], _LOGS[2] - _NOW[2], _COLUMNS[4]])
INFERENCE_NOW = float(_NOW[1] - _NOW[0])
"""Log inference compute for each person at the present day, H100 equivalents."""
INFERENCE_FIRST = float(_VALUES[1, 0])
"""The same at the start."""
FIRST_GROWTH = np.diff(_VALUES[:, :2]).ravel() / (KNOTS[1] - KNOTS[0])
"""Of labour, of inference for each person and of experiments at the start, per year."""
GROWTH_NOW = float(np.interp(PRESENT - START, KNOTS, _COLUMNS[4]))
"""Of training compute at the present day, orders of magnitude a year."""
_CELL = 0.5
"""Years: the knots are all on a grid of half years."""
_GRID = np.arange(KNOTS[0], KNOTS[-1] + _CELL / 2, _CELL)


def _cells() -> np.ndarray:
    """What `inputs` reads at the start of each half year and how fast it rises there, [8, cells]; the last goes on."""
    at = np.stack([np.interp(_GRID, KNOTS, row) for row in _VALUES])
    rise = np.diff(at) / _CELL
    rise = np.concatenate([rise, rise[:, -1:]], axis=1)
    rise[3, -1] = 0.0  # growth stays
    trained = np.concatenate([[0.0], np.cumsum(0.5 * (at[3, 1:] + at[3, :-1]) * _CELL)])
    return np.concatenate([at, rise, trained[None]])


CELLS = _cells()


def column(values: np.ndarray, like: Array) -> Array:
    """Numbers that are the same for all trajectories along an axis of their own before those of `like`."""
    return jnp.asarray(values.reshape((-1,) + (1,) * like.ndim), like.dtype)


def known(years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log experiment compute and log human labour in decimal years, against the present day."""
    return np.interp(years - START, KNOTS, _VALUES[2]), np.interp(years - START, KNOTS, _VALUES[0])


def inputs(t: Array) -> Inputs:
    """At t years since 2012."""
    cell = jnp.clip((t * (1.0 / _CELL)).astype(jnp.int32), 0, len(_GRID) - 1)
    since = t - cell.astype(t.dtype) * _CELL
    at = [jnp.asarray(row, t.dtype)[cell] for row in CELLS]
    labour, inference, experiments = (at[n] + at[n + 4] * since for n in range(3))
    return Inputs(labour, inference, experiments, at[8] + since * (at[3] + 0.5 * at[7] * since))


def drawn_training(t: Array, first: Array, second: Array, changed: tuple[Array, Array]) -> Array:
    """Orders of magnitude of training compute since 2012 when its growth goes from `first` to `second` a year between
    two knots: at every knot before the year of the change it is the first, and straight lines join the knots."""
    begun, ended = changed
    part = jnp.clip((t - begun) / jnp.maximum(ended - begun, 1e-6), 0.0, 1.0)
    return first * t + (second - first) * (0.5 * (ended - begun) * part * part + jnp.maximum(t - ended, 0.0))


def change(year: Array) -> tuple[Array, Array]:
    """The knots around the year of a change, since 2012: the last before it, and the next."""
    knots, widths = column(KNOTS, year), column(np.diff(KNOTS), year)
    at = year - START
    begun = jnp.sum(jnp.where(knots[1:] < at, widths, 0.0), axis=0)
    return begun, jnp.sum(jnp.where(knots[:-1] < at, widths, 0.0), axis=0)
