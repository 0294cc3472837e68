"""Statistical baselines that a forecast of time horizons has to beat: trends in the log horizon, with no model of AI.

Each is a pure function of the known points, their dates and a generator. years [n]: decimal years, in any order;
y [n]: log hours; sd [n]: sds of their measurement, log hours; targets [m]: decimal years, which may also lie among the
known ones. It returns samples [S, m] of the *observed* values at the targets, with what measurement and the scatter of
single models add; a row is one joint draw. A future point's measurement is taken to have the median sd of the known
ones. None when there are too few points.

All raise ValueError when the shapes do not fit, a number is not finite or an sd is negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from scipy.special import logsumexp

SAMPLES = 4000
SINCE = 2023.0
"""Where the shorter trend starts: METR states one from 2023 on, of 131 days a doubling (Time Horizon 1.1, 2026)."""
LAST = 5
REFERENCE = 2025.0
"""The decimal year at which priors state the level."""


class Baseline(Protocol):
    """What every baseline is: see the module."""

    def __call__(
        self,
        years: np.ndarray,
        y: np.ndarray,
        sd: np.ndarray,
        targets: np.ndarray,
        rng: np.random.Generator,
        samples: int = SAMPLES,
    ) -> np.ndarray | None:
        """Samples [samples, m], or None."""
        ...


@dataclass(frozen=True)
class Priors:
    """Priors of the Bayesian baselines, in log hours and years; all are rsimc's judgement.

    level: normal, of the log horizon at REFERENCE, around one hour, with 95% from 10 seconds to 360 hours. slope:
    normal, per year, around the median that rsimc's own model takes, with 95% from -0.4 to 3.6, that is from a slow
    fall to a doubling in 10 weeks. (METR's trend is 1.2 over 2019 to 2025, a doubling in 7 months, arXiv 2503.14499,
    and 1.9 from 2023 on, Time Horizon 1.1.) Both means are hindsight in a backtest, as much of rsimc's own
    priors is; the wide sds are there so that they matter little.

    The others are scales of half-normals. scatter: the sd of single models around the trend beyond measurement, 0.5
    being 1.6-fold. level_noise, slope_noise: those of the two random walks, per root year and per year per root year; a
    slope_noise of 0.5 moves a pace of 1.6 by 0.5 (sd) in a year. None was chosen by its score.
    """

    level: tuple[float, float] = (0.0, 3.0)
    slope: tuple[float, float] = (1.6, 1.0)
    scatter: float = 0.5
    level_noise: float = 0.3
    slope_noise: float = 0.5

    @property
    def mean(self) -> np.ndarray:
        """Mean [2] of level and slope at REFERENCE."""
        return np.array([self.level[0], self.slope[0]])

    @property
    def covariance(self) -> np.ndarray:
        """Covariance [2, 2] of level and slope at REFERENCE."""
        return np.diag([self.level[1] ** 2, self.slope[1] ** 2])


PRIORS = Priors()
LINEAR_GRID, TREND_GRID = 200, 16
"""Grid points of the scatter, and of each of the three scales of the local trend (so 4096). Measured against 40 on
METR's rows, 16 change the sd of the local trend's forecast by less than 0.1%; for rows with errors of hundredths
instead of tenths, by 5%."""
REACH = 4.0
"""Where grids of half-normals end, in their scales; 1 in 16,000 lies beyond."""


def log_linear(
    years: np.ndarray,
    y: np.ndarray,
    sd: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> np.ndarray | None:
    """Ordinary least squares on all points, with its exact predictive distribution; None below 3 points or 2 dates.

    The marginal at a target t is Student t with n - 2 degrees of freedom around the line and with squared scale
    s^2 (1 + 1/n + (t - mean)^2 / sum (t_i - mean)^2), s^2 the residual variance: the posterior predictive under
    p(a, b, log s) ~ 1 (Gelman et al., Bayesian Data Analysis, 3rd ed., sec. 14.2). It is drawn by way of s, the line
    and the residual, so that one row has one line. Residuals hold the measurement error already: sd is not used, since
    adding it would count it twice.

    3 points leave one degree of freedom, a Cauchy distribution: its expected CRPS is infinite, so that the CRPS of its
    samples never settles. From 4 points on it is finite.
    """
    _check(years, y, sd, targets)
    freedom = len(years) - 2
    if freedom < 1 or np.ptp(years) == 0.0:
        return None
    middle, x = years.mean(), years - years.mean()
    slope = (x * y).sum() / (x**2).sum()
    residual = y - y.mean() - slope * x
    s = np.sqrt((residual**2).sum() / rng.chisquare(freedom, (samples, 1)))
    level_draw = y.mean() + s * rng.standard_normal((samples, 1)) / np.sqrt(len(years))
    slope_draw = slope + s * rng.standard_normal((samples, 1)) / np.sqrt((x**2).sum())
    return level_draw + slope_draw * (targets - middle) + s * rng.standard_normal((samples, len(targets)))


def log_linear_last(
    years: np.ndarray,
    y: np.ndarray,
    sd: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> np.ndarray | None:
    """`log_linear` on the LAST points by date, or on all when there are fewer."""
    _check(years, y, sd, targets)
    kept = np.argsort(years, kind="stable")[-LAST:]
    return log_linear(years[kept], y[kept], sd[kept], targets, rng, samples)


def log_linear_since(
    years: np.ndarray,
    y: np.ndarray,
    sd: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> np.ndarray | None:
    """`log_linear` on the points from SINCE on."""
    _check(years, y, sd, targets)
    kept = years >= SINCE
    return log_linear(years[kept], y[kept], sd[kept], targets, rng, samples)


def bayesian_linear(
    years: np.ndarray,
    y: np.ndarray,
    sd: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    priors: Priors = PRIORS,
) -> np.ndarray | None:
    """A line with normal priors and errors of variance scatter^2 + sd_i^2; None without points.

    Given the scatter everything is conjugate (Gelman et al., Bayesian Data Analysis, 3rd ed., sec. 14.8); the scatter
    is integrated over a grid.
    """
    _check(years, y, sd, targets)
    if len(years) == 0:
        return None
    scatter, log_prior = half_normal(priors.scatter, LINEAR_GRID)
    mean, covariance, evidence = line_posterior(years, y, sd, scatter, priors)
    g = _grid_draws(log_prior + evidence, rng, samples)
    line = _normal_draws(mean[g], covariance[g], rng)
    noise = np.sqrt(scatter[g, None] ** 2 + np.median(sd) ** 2) * rng.standard_normal((samples, len(targets)))
    return line[:, :1] + line[:, 1:] * (targets - REFERENCE) + noise


def bayesian_local_trend(
    years: np.ndarray,
    y: np.ndarray,
    sd: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    priors: Priors = PRIORS,
) -> np.ndarray | None:
    """A level and its slope that both wander, observed as in `bayesian_linear`; None without points.

    d level = slope dt + level_noise dW, d slope = slope_noise dW', from the same prior line (Harvey 1989, Forecasting,
    Structural Time Series Models and the Kalman Filter, ch. 9 for irregular times). The two noises and the scatter
    are integrated over a grid; given these, samples are exact. Targets are times without
    a measurement, so that those among the known points are smoothed and not only filtered. The walks start at the
    earliest of all times.
    """
    _check(years, y, sd, targets)
    n = len(years)
    if n == 0:
        return None
    grid, log_prior = trend_grid(priors)
    order = np.argsort(np.concatenate([years, targets]), kind="stable")
    times = np.concatenate([years, targets])[order]
    values, errors = (np.concatenate([known, np.full(len(targets), np.nan)])[order] for known in (y, sd))
    means, covariances, evidence = kalman(times, values, errors, grid, priors)
    g = _grid_draws(log_prior + evidence, rng, samples)
    place = np.argsort(order)[n:]
    levels = _backward(times, means[:, g], covariances[:, g], grid[:, g], rng)[:, place]
    return levels + np.sqrt(grid[2, g, None] ** 2 + np.median(sd) ** 2) * rng.standard_normal((samples, len(targets)))


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "log-linear, all points": log_linear,
        "log-linear, last five": log_linear_last,
        "log-linear, since 2023": log_linear_since,
        "Bayesian linear": bayesian_linear,
        "Bayesian local trend": bayesian_local_trend,
    }
)
"""The baselines by their printable names, in the order of tables."""


def half_normal(scale: float, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Values [points] that stand for a half-normal, and their log probabilities [points].

    Midpoints of steps that are short near 0, where likelihoods are narrow, and reach far, for data in the prior's tail.
    """
    place = (np.arange(points) + 0.5) / points
    z = REACH * place**2
    log_weight = np.log(place) - 0.5 * z**2  # the spacing, then the density
    return scale * z, log_weight - logsumexp(log_weight)


def trend_grid(priors: Priors) -> tuple[np.ndarray, np.ndarray]:
    """(level_noise, slope_noise, scatter) [3, TREND_GRID^3] and their log prior probabilities."""
    axes = [half_normal(scale, TREND_GRID) for scale in (priors.level_noise, priors.slope_noise, priors.scatter)]
    values, logs = (np.meshgrid(*part, indexing="ij") for part in zip(*axes, strict=True))
    return np.stack([value.ravel() for value in values]), np.sum(logs, axis=0).ravel()


def line_posterior(
    years: np.ndarray, y: np.ndarray, sd: np.ndarray, scatter: np.ndarray, priors: Priors
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means [G, 2], covariances [G, 2, 2] of level and slope at REFERENCE, and log evidences [G], for scatters [G].

    Evidences leave out the factor (2 pi)^(-n/2).
    """
    x = np.stack([np.ones_like(years), years - REFERENCE], axis=1)
    weight = 1.0 / (scatter[:, None] ** 2 + sd**2)
    residual = y - x @ priors.mean
    precision = np.linalg.inv(priors.covariance) + np.einsum("gi,ij,ik->gjk", weight, x, x)
    covariance = np.linalg.inv(precision)
    pull = (weight * residual) @ x
    shift = np.einsum("gjk,gk->gj", covariance, pull)
    determinants = np.linalg.slogdet(precision)[1] + np.linalg.slogdet(priors.covariance)[1]
    misfit = weight @ residual**2 - (pull * shift).sum(axis=1)
    return priors.mean + shift, covariance, 0.5 * (np.log(weight).sum(axis=1) - determinants - misfit)


def kalman(
    times: np.ndarray, values: np.ndarray, errors: np.ndarray, grid: np.ndarray, priors: Priors
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Filtered means [T, G, 2] and covariances [T, G, 2, 2] of level and slope, and log evidences [G].

    times [T]: increasing; values [T]: NaN where nothing was measured; errors [T]: sds of measurement; grid [3, G] as
    of `trend_grid`. Evidences leave out the factor (2 pi)^(-n/2). (Harvey 1989, ch. 3.)
    """
    to_start = np.array([[1.0, times[0] - REFERENCE], [0.0, 1.0]])
    mean = np.tile(to_start @ priors.mean, (grid.shape[1], 1))
    covariance = np.tile(to_start @ priors.covariance @ to_start.T, (grid.shape[1], 1, 1))
    means, covariances, evidence = [], [], np.zeros(grid.shape[1])
    for step, value, error in zip(np.diff(times, prepend=times[0]), values, errors, strict=True):
        move, noise = _transition(step, grid)
        mean, covariance = mean @ move.T, move @ covariance @ move.T + noise
        if not np.isnan(value):
            variance = covariance[:, 0, 0] + grid[2] ** 2 + error**2
            miss, gain = value - mean[:, 0], covariance[:, :, 0] / variance[:, None]
            evidence = evidence - 0.5 * (np.log(variance) + miss**2 / variance)
            mean = mean + gain * miss[:, None]
            covariance = covariance - gain[:, :, None] * gain[:, None, :] * variance[:, None, None]
        means.append(mean)
        covariances.append(covariance)
    return np.stack(means), np.stack(covariances), evidence


def _transition(step: float, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matrix [2, 2] and noise covariances [G, 2, 2] over a step in years (Harvey 1989, ch. 9)."""
    level, slope = grid[0] ** 2, grid[1] ** 2
    cross = slope * step**2 / 2.0
    noise = np.array([[level * step + slope * step**3 / 3.0, cross], [cross, slope * step]])
    return np.array([[1.0, step], [0.0, 1.0]]), np.moveaxis(noise, -1, 0)


def _backward(
    times: np.ndarray, means: np.ndarray, covariances: np.ndarray, grid: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Joint draws [S, T] of the levels at all times, from the last one backward (Carter & Kohn 1994).

    means [T, S, 2], covariances [T, S, 2, 2] and grid [3, S] are those of each draw's own hyperparameters.
    """
    state = _normal_draws(means[-1], covariances[-1], rng)
    levels = [state[:, 0]]
    for k in range(len(times) - 2, -1, -1):
        move, noise = _transition(times[k + 1] - times[k], grid)
        ahead = move @ covariances[k]  # covariance of the next state with this one
        gain = np.swapaxes(np.linalg.solve(ahead @ move.T + noise, ahead), 1, 2)
        miss = state - means[k] @ move.T
        mean = means[k] + (gain @ miss[..., None])[..., 0]
        state = _normal_draws(mean, covariances[k] - gain @ ahead, rng)
        levels.append(state[:, 0])
    return np.stack(levels[::-1], axis=1)


def _grid_draws(log_weight: np.ndarray, rng: np.random.Generator, samples: int) -> np.ndarray:
    """Indices [samples] of grid points drawn in proportion to exp(log_weight [G])."""
    return rng.choice(len(log_weight), size=samples, p=np.exp(log_weight - logsumexp(log_weight)))


def _normal_draws(mean: np.ndarray, covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One draw [S, 2] from each normal; covariances [S, 2, 2] may be singular, up to rounding."""
    first, second = rng.standard_normal((2, len(mean)))
    root = np.sqrt(np.maximum(covariance[:, 0, 0], 0.0))
    slant = np.divide(covariance[:, 1, 0], root, out=np.zeros_like(root), where=root > 0)
    rest = np.sqrt(np.maximum(covariance[:, 1, 1] - slant**2, 0.0))
    return mean + np.stack([root * first, slant * first + rest * second], axis=1)


def _check(years: np.ndarray, y: np.ndarray, sd: np.ndarray, targets: np.ndarray) -> None:
    if years.ndim != 1 or targets.ndim != 1 or not years.shape == y.shape == sd.shape:
        raise ValueError(f"points: expected three arrays [n] and [m], got {[a.shape for a in (years, y, sd, targets)]}")
    if not all(np.isfinite(array).all() for array in (years, y, sd, targets)) or (sd < 0).any():
        raise ValueError("points: expected finite numbers, and sds that are not negative")
