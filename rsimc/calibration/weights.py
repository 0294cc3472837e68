"""Importance weights, smoothed by Pareto (Vehtari, Simpson, Gelman, Yao & Gabry 2024), and how far to trust them."""

from __future__ import annotations

import numpy as np

EVEN = 10.0
"""Weights of which none is larger than this times their mean are averaged as they are: a tenth of the draws or more
counts, and of thousands of draws with a tail of k-hat 0.5 the largest would be a hundred times the mean."""


def smoothed(log_ratios: np.ndarray) -> tuple[np.ndarray, float]:
    """Pareto-smoothed weights [draws], which sum to 1, of log importance ratios, and their k-hat.

    Weights of which none exceeds EVEN times their mean (those of a bound that most draws keep, of a datum that says
    little) stay as they are, k-hat 0: a Pareto tail cannot be fitted to ties. k-hat is infinite where nothing can be
    made of the ratios.
    """
    from arviz_stats.base.array import array_stats  # arviz, seconds to import

    top = np.max(log_ratios, initial=-np.inf)
    if not np.isfinite(top):  # none, all impossible, or no number
        return np.full(len(log_ratios), 1.0 / max(len(log_ratios), 1)), np.inf
    raw = np.exp(log_ratios - top)
    weights = raw / raw.sum()
    if weights.max() * len(weights) <= EVEN:
        return weights, 0.0
    try:
        # it takes log likelihoods of what is left out; exp(-700) is as good as none, and finite
        log_weights, khat = array_stats.psislw(-np.maximum(log_ratios, log_ratios.max() - 700.0))
    except ValueError:  # a tail of ties, or too few draws for one
        return weights, np.inf
    return np.exp(log_weights), float(khat) if np.isfinite(khat) else np.inf
