"""What every term of the likelihood shares: a path to read, densities, and rows that are measured on a scale."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, log_ndtr

from rsimc.dates import decimal_year
from rsimc.models.base import Parameter
from rsimc.observations.rows import Observation

Array = jax.Array
Params = Mapping[str, Array]
DEGREES_OF_FREEDOM = 5.0
INTERVAL_95 = 1.959964
INTERVAL_90 = 3.289707  # width of a 90% interval in standard deviations
OWN = "rsimc judgement"


@dataclass(frozen=True)
class Path:
    """Quantities of one trajectory at every step, read at decimal years in between by straight lines."""

    values: Mapping[str, Array]
    start: float | Array
    steps_per_year: int

    def at(self, name: str, year: Array | np.ndarray) -> Array:
        """The quantity at decimal years, any shape; the ends hold beyond the path."""
        return self.along(self.values[name], year)

    def along(self, series: Array, year: Array | np.ndarray) -> Array:
        """A series [steps + 1] that was made from quantities, at decimal years."""
        place = jnp.clip((year - self.start) * self.steps_per_year, 0.0, series.shape[0] - 1.0)
        index = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, series.shape[0] - 2)
        share = place - index
        return series[index] * (1.0 - share) + series[index + 1] * share


class Seen(NamedTuple):
    """What the rows of a term say [rows].

    y: the value on the term's scale; of a bound, the bound. sign: of a bound, 1 when the row says that it holds and -1
    when it says that it does not (which no table does, but simulated data can); unused where a row has a value.
    """

    y: Array | np.ndarray
    sign: Array | np.ndarray


class Term(ABC):
    """One series of the likelihood. `parameters` are its own: offsets, lags, adoption."""

    series: ClassVar[str]
    quantities: ClassVar[tuple[str, ...]]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    kinds: ClassVar[tuple[str, ...]] = ("point",)
    """The kinds of rows that it has a density for."""
    rows: tuple[Observation, ...]
    seen: Seen

    @abstractmethod
    def __init__(self, rows: Sequence[Observation]) -> None: ...

    @abstractmethod
    def log_likelihood(self, path: Path, params: Params, seen: Seen) -> Array:
        """Log density, or log probability, of each row [rows]."""

    @abstractmethod
    def predict(self, path: Path, params: Params) -> Array:
        """What each row would read without its measurement error [rows], in the row's own unit."""

    @abstractmethod
    def draw(self, path: Path, params: Params, key: Array) -> Seen:
        """Rows as the likelihood says that they come, given the path."""

    def as_taken(self) -> tuple[Observation, ...]:
        """The rows with the sd or the trials that the likelihood gives them, its parameters aside."""
        return self.rows


class Scale(NamedTuple):
    """A scale on which errors are normal, and back from it."""

    to: Callable[[np.ndarray], np.ndarray]
    back: Callable[[Array], Array]


def normal_log_density(x: Array, scale: Array | np.ndarray) -> Array:
    """Log density of N(0, scale) at x."""
    return -0.5 * (x / scale) ** 2 - jnp.log(jnp.asarray(scale)) - 0.5 * math.log(2 * math.pi)


def student_log_density(x: Array, below: Array, above: Array, df: float = DEGREES_OF_FREEDOM) -> Array:
    """Log density at x = y - mean of a Student t split at 0: scale `below` for x < 0, `above` for x >= 0."""
    scale = jnp.where(x < 0, below, above)
    norm = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * math.log(df * math.pi) + jnp.log(2.0 / (below + above))
    return norm - (df + 1) / 2 * jnp.log1p((x / scale) ** 2 / df)


def logit(share: np.ndarray) -> np.ndarray:
    """log(p / (1 - p))."""
    return np.log(share) - np.log1p(-share)


def logit_of_log(log_share: Array) -> Array:
    """log(p / (1 - p)) from log p."""
    return log_share - jnp.log(-jnp.expm1(log_share))


LOG = Scale(np.log, jnp.exp)
LOGIT = Scale(logit, jax.nn.sigmoid)


def column(rows: Sequence[Observation], read: Callable[[Observation], float | None]) -> np.ndarray:
    """A number of every row [rows], nan where it has none."""
    return np.array([read(row) for row in rows], dtype=np.float64)


def years(rows: Sequence[Observation]) -> np.ndarray:
    """Decimal years that the rows speak of [rows]."""
    return column(rows, lambda row: decimal_year(row.date))


def sds(rows: Sequence[Observation], scale: Scale) -> np.ndarray:
    """Stated sds on the scale, or those of a 90% interval on it [rows]."""
    spread = [
        np.nan if row.low is None or row.high is None else np.ptp(scale.to(np.array([row.low, row.high])))
        for row in rows
    ]
    return np.array([row.sd or width / INTERVAL_90 for row, width in zip(rows, spread, strict=True)])


class Measured(Term):
    """A term whose rows have normal errors of known sd on a scale, or are bounds read with that sd.

    A subclass says what the rows should read on the scale: `mean`. groups: those that it takes; rows of others are left
    out. None: all.
    """

    kinds = ("point", "lower_bound", "upper_bound")
    scale: ClassVar[Scale]
    groups: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(row for row in rows if self.takes(row))
        self.years = years(self.rows)
        self.sd = sds(self.rows, self.scale)
        self.below = np.array([row.kind == "lower_bound" for row in self.rows], dtype=bool)
        self.above = np.array([row.kind == "upper_bound" for row in self.rows], dtype=bool)
        self.group = np.array([self.groups.index(row.group) for row in self.rows] if self.groups else [], np.int32)
        self.seen = Seen(self.scale.to(column(self.rows, lambda row: row.value)), np.ones(len(self.rows)))

    def takes(self, row: Observation) -> bool:
        """Whether the term has a use for a row."""
        return self.groups is None or row.group in self.groups

    def of(self, group: str) -> np.ndarray:
        """1 for rows of a group, else 0 [rows]."""
        return np.array([row.group == group for row in self.rows], np.float64)

    def as_taken(self) -> tuple[Observation, ...]:
        """With the sd on the scale."""
        on = "logit" if self.scale is LOGIT else "log"
        return tuple(replace(row, sd=float(sd), sd_scale=on) for row, sd in zip(self.rows, self.sd, strict=True))

    def mean(self, path: Path, params: Params) -> Array:
        """What the rows would read on the scale without error [rows]."""
        raise NotImplementedError

    def spread(self, params: Params) -> Array | np.ndarray:
        """The sd of each row's error on the scale [rows]."""
        return self.sd

    def log_likelihood(self, path: Path, params: Params, seen: Seen) -> Array:
        """Log density of each row [rows]; log probability for bounds."""
        miss, spread = self.mean(path, params) - seen.y, self.spread(params)
        density = normal_log_density(miss, spread)
        if not (self.below | self.above).any():
            return density
        tail = log_ndtr(jnp.where(self.below, 1.0, -1.0) * seen.sign * miss / spread)
        return jnp.where(self.below | self.above, tail, density)

    def predict(self, path: Path, params: Params) -> Array:
        """In the rows' unit."""
        return self.scale.back(self.mean(path, params))

    def draw(self, path: Path, params: Params, key: Array) -> Seen:
        """Values with their errors; for a bound, whether it holds."""
        read = self.mean(path, params) + self.spread(params) * jax.random.normal(key, (len(self.rows),))
        bound = self.below | self.above
        holds = jnp.where(self.below, read > self.seen.y, read < self.seen.y)
        return Seen(jnp.where(bound, self.seen.y, read), jnp.where(bound & ~holds, -1.0, 1.0))


class Counted(Term):
    """A term whose rows are shares of a number of trials: quasi-binomial, `dispersion` times the binomial variance,
    that is so many times fewer effective trials, rounded."""

    dispersion: ClassVar[float] = 1.0

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(rows)
        self.years = years(self.rows)
        # Whole, so that the likelihood is a density over what `draw` draws.
        self.trials = np.maximum(np.round(column(self.rows, lambda row: row.trials) / self.dispersion), 1.0)
        self.hours = column(self.rows, lambda row: row.hours)
        self.seen = Seen(column(self.rows, lambda row: row.value), np.ones(len(self.rows)))

    def as_taken(self) -> tuple[Observation, ...]:
        """With the effective trials."""
        return tuple(replace(row, trials=float(n)) for row, n in zip(self.rows, self.trials, strict=True))

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the probability of a success [rows]."""
        raise NotImplementedError

    def log_likelihood(self, path: Path, params: Params, seen: Seen) -> Array:
        """Log of p^k (1 - p)^(n - k) and the number of ways, k = n times the share, n the effective trials [rows]."""
        at, n = self.mean(path, params), self.trials
        k = n * seen.y
        ways = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
        return ways + k * jax.nn.log_sigmoid(at) + (n - k) * jax.nn.log_sigmoid(-at)

    def predict(self, path: Path, params: Params) -> Array:
        """The probability of a success."""
        return jax.nn.sigmoid(self.mean(path, params))

    def draw(self, path: Path, params: Params, key: Array) -> Seen:
        """Shares of the effective trials."""
        return Seen(jax.random.binomial(key, self.trials, self.predict(path, params)) / self.trials, self.seen.sign)
