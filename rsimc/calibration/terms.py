"""The likelihood, one term a data series. Each reads its predictions from one simulated path.

A term has its own nuisance parameters (offsets, lags, adoption), declared like a model's parameters, so that a scenario
can change their priors too. Rows are numpy arrays fixed at construction; `log_likelihood` is pure and differentiable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, log_ndtr

from rsimc import maths
from rsimc.dates import decimal_year
from rsimc.models.base import Parameter
from rsimc.observations.rows import Observation

Array = jax.Array
Params = Mapping[str, Array]
METR_CEILING_HOURS = 16.0
CENSORED_SCALE = 0.3
DEGREES_OF_FREEDOM = 5.0
INTERVAL_95 = 1.959964
INTERVAL_90 = 3.289707  # width of a 90% interval in standard deviations
SHARED_TASKS = 0.7  # METR's intervals share tasks: rows scatter 0.7 of them around a line
OWN = "rsimc judgement"


@dataclass(frozen=True)
class Path:
    """Quantities of one trajectory at every step, read at decimal years in between by straight lines."""

    values: Mapping[str, Array]
    start: float
    steps_per_year: int

    def at(self, name: str, year: Array | np.ndarray) -> Array:
        """The quantity at decimal years, any shape; the ends hold beyond the path."""
        series = self.values[name]
        place = jnp.clip((year - self.start) * self.steps_per_year, 0.0, series.shape[0] - 1.0)
        index = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, series.shape[0] - 2)
        share = place - index
        return series[index] * (1.0 - share) + series[index + 1] * share


class Term(Protocol):
    """One series of the likelihood."""

    series: str
    rows: tuple[Observation, ...]
    quantities: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]."""
        ...

    def predict(self, path: Path, params: Params) -> Array:
        """What each row would read without its measurement error [rows], in the row's own unit."""
        ...


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


def _column(rows: Sequence[Observation], read: Callable[[Observation], float | None]) -> np.ndarray:
    return np.array([read(row) for row in rows], dtype=np.float64)


def _sd(rows: Sequence[Observation], scale: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Stated sds on the term's scale, or those of a 90% interval on it."""
    spread = [
        np.nan if row.low is None or row.high is None else np.ptp(scale(np.array([row.low, row.high]))) for row in rows
    ]
    return np.array([row.sd or width / INTERVAL_90 for row, width in zip(rows, spread, strict=True)])


def _years(rows: Sequence[Observation]) -> np.ndarray:
    return _column(rows, lambda row: decimal_year(row.date))


class MetrHorizons:
    """METR's 50% time horizons of state-of-the-art models, one vintage.

    y = h(t - lag) + a' + b' (t - 2025) + split Student-t error of 0.7 times METR's interval and tau in quadrature.
    Above 16 hours METR calls its measure unreliable: such a row says only that h lies above.
    """

    series = "metr_horizons"
    quantities: tuple[str, ...] = ("log_horizon",)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "metr_level",
            "log hours",
            {"normal": [0.0, 0.35]},
            "offset a' of METR's suite",
            "TH1.0 against TH1.1: sd 0.48 log2",
        ),
        Parameter(
            "metr_tilt",
            "log hours/year",
            {"normal": [0.0, 0.24]},
            "tilt b' of METR's suite",
            "TH1.0 against TH1.1: 0.48 log2 a year",
        ),
        Parameter(
            "metr_scatter",
            "log hours",
            {"lognormal": [0.12, 0.6]},
            "tau, scatter of releases beyond METR's interval",
            OWN,
        ),
        Parameter(
            "metr_lag",
            "years",
            {"lognormal": [0.15, 0.5]},
            "internal use before public release",
            "METR, May 2026: 66 days",
        ),
    )

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(row for row in rows if row.state_of_the_art)
        self.years = _years(self.rows)
        hours = _column(self.rows, lambda row: row.value / 60.0)
        self.y = np.log(hours)
        self.below = (
            SHARED_TASKS
            * (self.y - np.log(_column(self.rows, lambda row: (row.low or row.value) / 60.0)))
            / INTERVAL_95
        )
        self.above = (
            SHARED_TASKS
            * (np.log(_column(self.rows, lambda row: (row.high or row.value) / 60.0)) - self.y)
            / INTERVAL_95
        )
        self.censored = hours > METR_CEILING_HOURS

    def mean(self, path: Path, params: Params) -> Array:
        """Expected log hours of each row."""
        horizon = path.at("log_horizon", self.years - params["metr_lag"])
        return horizon + params["metr_level"] + params["metr_tilt"] * (self.years - 2025.0)

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]; log probability for those above 16 hours."""
        mean, scatter = self.mean(path, params), params["metr_scatter"]
        below, above = jnp.hypot(self.below, scatter), jnp.hypot(self.above, scatter)
        tail = log_ndtr((mean - math.log(METR_CEILING_HOURS)) / jnp.hypot(CENSORED_SCALE, scatter))
        return jnp.where(self.censored, tail, student_log_density(jnp.asarray(self.y) - mean, below, above))

    def predict(self, path: Path, params: Params) -> Array:
        """Minutes."""
        return 60.0 * jnp.exp(self.mean(path, params))


class CodeShare:
    """Anthropic's share of merged code written by AI, a biased view of the automated share of coding.

    logit share = a_firm + kappa logit f_coding(t - lag) - Delta, Delta only before its coding agent was launched in
    February 2025 and adopted; 0 in the form without adoption. `more than` is a lower bound. Other firms report other
    shares of other things: one slope for all is contradicted by the data, so that this term reads one firm.
    """

    series = "ai_code_share"
    firm = "Anthropic"
    quantities: tuple[str, ...] = ("coding_logit",)
    parameters: tuple[Parameter, ...] = (
        Parameter("code_level", "logit", {"normal": [0.5, 0.7]}, "AI code is longer and of less value a line", OWN),
        Parameter(
            "code_slope", "logit/logit", {"lognormal": [1.0, 0.4]}, "kappa: share of code against share of work", OWN
        ),
        Parameter(
            "code_adoption", "logit", {"lognormal": [1.5, 0.6]}, "Delta: not yet adopted before February 2025", OWN
        ),
        Parameter("code_lag", "years", {"lognormal": [0.15, 0.5]}, "from a released model to merged code", OWN),
    )
    ADOPTED_AT, ADOPTION_WIDTH = 2025.4, 0.15

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(row for row in rows if row.group == self.firm)
        self.years = _years(self.rows)
        self.y = logit(_column(self.rows, lambda row: row.value))
        self.sd = _sd(self.rows, logit)
        self.bound = np.array([row.kind == "lower_bound" for row in self.rows], dtype=bool)

    def mean(self, path: Path, params: Params) -> Array:
        """Expected logit of each row."""
        late = params["code_adoption"] * params.get("adoption_form", 1.0)
        before = late * jax.nn.sigmoid((self.ADOPTED_AT - self.years) / self.ADOPTION_WIDTH)
        coding = path.at("coding_logit", self.years - params["code_lag"])
        return params["code_level"] + params["code_slope"] * coding - before

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]; log probability for lower bounds."""
        miss = self.mean(path, params) - self.y
        return jnp.where(self.bound, log_ndtr(miss / self.sd), normal_log_density(miss, self.sd))

    def predict(self, path: Path, params: Params) -> Array:
        """Share of code."""
        return jax.nn.sigmoid(self.mean(path, params))


class ResearchShare:
    """The share of a lab's compute spending that goes to research and training: a flow, at mid-year."""

    series = "rd_share"
    quantities: tuple[str, ...] = ("log_research_share",)
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(rows)
        self.years = _years(self.rows)
        self.y = logit(_column(self.rows, lambda row: row.value))
        self.sd = _sd(self.rows, logit)

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]."""
        log_share = path.at("log_research_share", self.years)
        return normal_log_density(log_share - jnp.log(-jnp.expm1(log_share)) - self.y, self.sd)

    def predict(self, path: Path, params: Params) -> Array:
        """Share of compute."""
        return jnp.exp(path.at("log_research_share", self.years))


class LabCompute:
    """Compute of a leading lab at year ends, in H100-equivalents, with a free level."""

    series = "lab_compute"
    lab = "OpenAI"
    quantities: tuple[str, ...] = ("log_compute",)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "lab_compute_2025",
            "H100e",
            {"lognormal": [386000.0, 0.6]},
            "the lab's compute at 2025.0",
            "Epoch AI, AI compute users (2026-09-03)",
        ),
    )

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(row for row in rows if row.group == self.lab)
        self.years = np.array([decimal_year(row.date) for row in self.rows])
        self.y = np.log(_column(self.rows, lambda row: row.value))
        self.sd = _sd(self.rows, np.log)

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]."""
        return normal_log_density(jnp.log(self.predict(path, params)) - self.y, self.sd)

    def predict(self, path: Path, params: Params) -> Array:
        """H100-equivalents."""
        return params["lab_compute_2025"] * jnp.exp(path.at("log_compute", self.years))


class SoftwareGrowth:
    """Average growth of software efficiency from 2019.0 to 2024.0, in log per year."""

    series = "software_growth"
    quantities: tuple[str, ...] = ("software",)
    parameters: tuple[Parameter, ...] = ()
    FROM, TO = 2019.0, 2024.0

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.rows = tuple(rows)
        self.y = np.log(_column(self.rows, lambda row: row.value))
        self.sd = _sd(self.rows, np.log)

    def log_likelihood(self, path: Path, params: Params) -> Array:
        """Log density of each row [rows]."""
        return normal_log_density(jnp.log(self.predict(path, params)) - self.y, self.sd)

    def predict(self, path: Path, params: Params) -> Array:
        """Factor a year."""
        ends = path.at("software", np.array([self.FROM, self.TO]))
        return jnp.exp((ends[1] - ends[0]) / (self.TO - self.FROM)) * maths.exp(jnp.zeros(len(self.rows)))


TermType = type[MetrHorizons] | type[CodeShare] | type[ResearchShare] | type[LabCompute] | type[SoftwareGrowth]
TERMS: dict[str, TermType] = {
    term.series: term for term in (MetrHorizons, CodeShare, ResearchShare, LabCompute, SoftwareGrowth)
}
