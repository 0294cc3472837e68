"""Proper scores of predictive samples against what was then observed, smaller being better.

Samples are [S, m]: S draws of m observed values, a row being one draw of all of them. Everything is in the unit of the
samples (log hours for time horizons), densities in nats. Scores compare forecasts of the same points; how far a
difference is due to chance in so few and so dependent points, they do not say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

DEGREES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 15.0, 30.0, 1000.0)
"""Degrees of freedom that a fitted Student t may have; the last one is as good as normal."""
STEPS, TOLERANCE = 300, 1e-7
"""Most steps of that fit, and the change of location and scale, relative to the scale, at which it ends."""


@dataclass(frozen=True)
class Score:
    """How a forecast did on `points` observed values; all else is None when there is none.

    crps: mean continuous ranked probability score, in the samples' unit; crps_se: its standard error from the finite
    number of samples alone; log_score: mean negative log predictive density, in nats, None also where half of a point's
    samples or more are one value, which has no density; inside_50, inside_90: how many points lie in the central
    intervals.
    """

    points: int
    crps: float | None
    crps_se: float | None
    log_score: float | None
    inside_50: int | None
    inside_90: int | None

    def as_dict(self) -> dict[str, int | float | None]:
        """Plain data, rounded where digits mean nothing."""
        return {
            "points": self.points,
            "crps": None if self.crps is None else round(self.crps, 6),
            "crps_se": None if self.crps_se is None else float(f"{self.crps_se:.3g}"),
            "log_score": None if self.log_score is None else round(self.log_score, 6),
            "inside_50": self.inside_50,
            "inside_90": self.inside_90,
        }


def score(samples: np.ndarray, observed: np.ndarray) -> Score:
    """Scores of samples [S, m] against observed [m].

    Raises ValueError when the shapes do not fit, S < 2, or a number is not finite: an explosive trajectory has to be
    cut off, or counted otherwise, before it is scored.
    """
    _check(samples, observed)
    if len(observed) == 0:
        return Score(0, None, None, None, None, None)
    log_scores = [log_score(column, float(y)) for column, y in zip(samples.T, observed, strict=True)]
    dense = [one for one in log_scores if one is not None]
    return Score(
        points=len(observed),
        crps=float(crps(samples, observed).mean()),
        crps_se=crps_se(samples, observed),
        log_score=float(np.mean(dense)) if len(dense) == len(log_scores) else None,
        inside_50=inside(samples, observed, 0.5),
        inside_90=inside(samples, observed, 0.9),
    )


def paired_difference(a_samples: np.ndarray, b_samples: np.ndarray, observed: np.ndarray) -> float | None:
    """Mean CRPS of a less that of b, both [S, m] (S may differ), on the same observed [m]: negative where a is better.

    None when m = 0. No error comes with it: points of one series are few and share their surprises, so neither a test
    nor a bootstrap over points would mean what it says.

    Raises ValueError as `score` does.
    """
    _check(a_samples, observed)
    _check(b_samples, observed)
    if len(observed) == 0:
        return None
    return float((crps(a_samples, observed) - crps(b_samples, observed)).mean())


def crps(samples: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score [m] of samples [S, m], S > 1: E|X - y| - E|X - X'| / 2.

    (Gneiting & Raftery 2007, eq. 21.) The fair estimator, whose expectation does not depend on S (Ferro 2014): X' is
    another draw than X. scoringrules has it as "fair", with an array of m S^2, and in the equal form of probability
    weighted moments with one of m S: the latter is called. Its own default estimator is another one and has changed
    between versions, and its default backend depends on what else is installed, so both are named.
    """
    import scoringrules  # most of a second to import: only those who score pay

    found = scoringrules.crps_ensemble(observed, np.ascontiguousarray(samples.T), estimator="pwm", backend="numpy")
    return np.asarray(found, dtype=np.float64)


def crps_se(samples: np.ndarray, observed: np.ndarray) -> float:
    """Standard error of the mean CRPS over m > 0 points that S > 1 samples [S, m] have by being finite in number.

    The fair estimator is a U-statistic in the rows, so its error is, to first order, that of the mean of
    |x_i - y| - mean over j of |x_i - x_j| (Hoeffding 1948), averaged over the points within each row since these are
    drawn together. Rows are taken to be independent: chains that are not have a larger error. It says nothing of the
    chance in which points were observed.
    """
    size = len(samples)
    order = np.argsort(samples, axis=0)
    ranked = np.take_along_axis(samples, order, axis=0)
    below, rank = np.cumsum(ranked, axis=0), np.arange(size)[:, None]
    # sum over j of |x_i - x_j|: those up to i, and those above
    distance = ranked * (2 * rank + 2 - size) - 2 * below + below[-1]
    influence = np.abs(ranked - observed) - distance / (size - 1)
    rows = np.empty_like(influence)
    np.put_along_axis(rows, order, influence, axis=0)
    return float(rows.mean(axis=1).std(ddof=1)) / math.sqrt(size)


def log_score(sample: np.ndarray, y: float) -> float | None:
    """Negative log density, in nats, at y of the Student t that is nearest to a sample [S]; None if there is none.

    Nearest is most likely, over location, scale and DEGREES. Why not a kernel estimate: its tails are the kernel's, so
    that the score of a surprise, which is what counts, hangs on the few extreme samples. With S = 4,000 the score at 4
    sds of a normal errs by 0.4 nats (sd over repeats) here, by 2.7 and a bias of 1.5 with normal kernels of Silverman's
    width; at 8 scales of a t with 3 degrees of freedom by 0.05 against 1.7 (tests/test_scores.py). Why not moments: a
    regression on 3 or 4 points predicts a t with 1 or 2 degrees of freedom, which has no variance.

    The fit by likelihood keeps the score proper, as the normal of equal moments does (Dawid & Sebastiani 1999): in
    expectation no t scores better than the one fitted to the true distribution. It is not strictly proper: skewness
    and several modes are not seen. The CRPS sees them.
    """
    found = nearest_t(sample)
    if found is None:
        return None
    location, scale, degrees = found
    return -float(log_density_t(np.array([(y - location) / scale]), np.array([degrees]))[0] - math.log(scale))


def nearest_t(sample: np.ndarray) -> tuple[float, float, float] | None:
    """Location, scale and degrees of freedom of the most likely Student t of a sample [S].

    None when one value is half of the sample or more: the likelihood of a t with one degree of freedom then grows
    without bound as its scale shrinks (Kent & Tyler 1991).

    For all degrees of freedom at once by EM with weights w = (d + 1) / (d + z^2), the squared scale being the weighted
    mean square over the weights' own sum, which makes it fast (Kent, Tyler & Vardi 1994).
    """
    if 2 * np.unique(sample, return_counts=True)[1].max() >= len(sample):
        return None
    low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75))
    unit = float(high - low)  # first to a scale of 1; quartiles have one where moments do not, and it is not 0 here
    x, degrees = (sample - middle) / unit, np.array(DEGREES)[:, None]
    location, square = np.zeros_like(degrees), np.full_like(degrees, 0.5)
    for _ in range(STEPS):
        before = location, square
        weight = (degrees + 1.0) / (degrees + (x - location) ** 2 / square)
        total = weight.sum(axis=1, keepdims=True)
        location = (weight * x).sum(axis=1, keepdims=True) / total
        square = (weight * (x - location) ** 2).sum(axis=1, keepdims=True) / total
        moved = np.abs(location - before[0]) / np.sqrt(square) + np.abs(np.log(square / before[1]))
        if moved.max() < TOLERANCE:
            break
    likelihood = log_density_t((x - location) / np.sqrt(square), degrees).mean(axis=1) - 0.5 * np.log(square[:, 0])
    best = int(np.argmax(likelihood))
    return float(middle + unit * location[best, 0]), unit * math.sqrt(square[best, 0]), DEGREES[best]


def log_density_t(z: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Log density of the standard Student t at z, elementwise (Johnson, Kotz & Balakrishnan 1995, ch. 28)."""
    constant = gammaln((degrees + 1.0) / 2.0) - gammaln(degrees / 2.0) - 0.5 * np.log(degrees * math.pi)
    return constant - 0.5 * (degrees + 1.0) * np.log1p(z**2 / degrees)


def inside(samples: np.ndarray, observed: np.ndarray, share: float) -> int:
    """How many of observed [m] lie in the central interval of a share of samples [S, m], its ends included.

    The k-th smallest of S samples stands at k / (S + 1) of the distribution (Weibull): an exact forecast then covers
    the share on average, whatever S, as long as the interval is not cut off at the extreme samples (S > 18 for 90%).
    """
    low, high = np.quantile(samples, (0.5 - share / 2, 0.5 + share / 2), axis=0, method="weibull")
    return int(((low <= observed) & (observed <= high)).sum())


def _check(samples: np.ndarray, observed: np.ndarray) -> None:
    if samples.ndim != 2 or observed.shape != samples.shape[1:] or len(samples) < 2:
        raise ValueError(f"samples: expected [S > 1, m] for observed [m], got {samples.shape} for {observed.shape}")
    if not (np.isfinite(samples).all() and np.isfinite(observed).all()):
        raise ValueError("samples, observed: expected finite numbers")
