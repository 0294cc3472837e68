"""METR's time horizons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import log_ndtr

from rsimc.calibration.terms.base import (
    DEGREES_OF_FREEDOM,
    INTERVAL_90,
    INTERVAL_95,
    OWN,
    Array,
    Params,
    Path,
    Seen,
    Term,
    column,
    student_log_density,
    years,
)
from rsimc.models.base import Parameter
from rsimc.observations.metr import CEILING_MINUTES
from rsimc.observations.rows import Observation

METR_CEILING_HOURS = CEILING_MINUTES / 60.0
CENSORED_SCALE = 0.3
SHARED_TASKS = 0.7  # METR's intervals share tasks: rows scatter 0.7 of them around a line
SUITES = "TH1.0 against TH1.1: sd 0.48 log2, tilt 0.48 log2 a year"

# fmt: off
# ruff: noqa: E501


def _sd(row: Observation, end: str) -> float:
    """Sd of the log on one side: the stated one, else that of the end of the 95% interval there."""
    limit = getattr(row, end)
    return row.sd or (abs(math.log(limit / row.value)) / INTERVAL_95 if limit else np.nan)


class MetrHorizons(Term):
    """METR's 50% time horizons of state-of-the-art models, one vintage.

    y = h(t - lag) + a' + b' (t - 2025) + split Student-t error of 0.7 times METR's interval, or a row's sd of the log, and
    tau in quadrature. Above 16 hours METR calls its measure unreliable: such a row says only that y lies above, up to a
    normal error of 0.3 and tau in quadrature; so does a lower bound of its value.
    """

    series: ClassVar[str] = "metr_horizons"
    kinds = ("point", "censored_above", "lower_bound")
    quantities: ClassVar[tuple[str, ...]] = ("log_horizon",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("metr_level", "log hours", {"normal": [0.0, 0.35]}, "offset a' of METR's suite", SUITES),
        Parameter("metr_tilt", "log hours/year", {"normal": [0.0, 0.24]}, "tilt b' of METR's suite", SUITES),
        Parameter("metr_scatter", "log hours", {"lognormal": [0.12, 0.6]}, "tau, scatter of releases beyond METR's interval", OWN),
        Parameter("metr_lag", "years", {"lognormal": [0.15, 0.5]}, "internal use before public release", "METR, May 2026: 66 days"),
    )
    # fmt: on

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(row for row in rows if row.state_of_the_art)
        self.years = years(self.rows)
        hours = column(self.rows, lambda row: row.value / 60.0)
        self.below, self.above = (SHARED_TASKS * np.array([_sd(row, end) for row in self.rows]) for end in ("low", "high"))
        self.censored = np.array([row.kind != "point" for row in self.rows], dtype=bool) | (hours > METR_CEILING_HOURS)
        self.seen = Seen(np.log(np.minimum(hours, METR_CEILING_HOURS)), np.ones(len(hours)))

    def as_taken(self) -> tuple[Observation, ...]:
        """With the 5% to 95% that their own errors leave open in place of METR's intervals."""
        ends = (np.exp(sign * INTERVAL_90 / 2.0 * sd) for sign, sd in ((-1.0, self.below), (1.0, self.above)))
        return tuple(
            replace(row, low=float(row.value * low), high=float(row.value * high), sd=None, sd_scale="", interval="90%")
            for row, low, high in zip(self.rows, *ends, strict=True)
        )

    def mean(self, path: Path, params: Params) -> Array:
        """Expected log hours of each row."""
        horizon = path.at("log_horizon", self.years - params["metr_lag"])
        return horizon + params["metr_level"] + params["metr_tilt"] * (self.years - 2025.0)

    def log_likelihood(self, path: Path, params: Params, seen: Seen) -> Array:
        """Log density of each row [rows]; log probability for those above 16 hours."""
        mean, scatter = self.mean(path, params), params["metr_scatter"]
        below, above = jnp.hypot(self.below, scatter), jnp.hypot(self.above, scatter)
        tail = log_ndtr(seen.sign * (mean - seen.y) / jnp.hypot(CENSORED_SCALE, scatter))
        return jnp.where(self.censored, tail, student_log_density(jnp.asarray(seen.y) - mean, below, above))

    def predict(self, path: Path, params: Params) -> Array:
        """Minutes."""
        return 60.0 * jnp.exp(self.mean(path, params))

    def draw(self, path: Path, params: Params, key: Array) -> Seen:
        """Log hours with their split error; for rows above 16 hours, whether they are."""
        mean, scatter = self.mean(path, params), params["metr_scatter"]
        below, above = jnp.hypot(self.below, scatter), jnp.hypot(self.above, scatter)
        sides, sizes, normal = jax.random.split(key, 3)
        up = jax.random.uniform(sides, mean.shape) < above / (below + above)
        size = jnp.abs(jax.random.t(sizes, DEGREES_OF_FREEDOM, mean.shape))
        read = mean + jnp.where(up, above, -below) * size
        over = mean + jnp.hypot(CENSORED_SCALE, scatter) * jax.random.normal(normal, mean.shape) > self.seen.y
        return Seen(
            jnp.where(self.censored, self.seen.y, read), jnp.where(self.censored & ~over, -1.0, 1.0)
        )
