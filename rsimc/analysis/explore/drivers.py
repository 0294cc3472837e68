"""Which parameters a setting's dates hang on most: those that deserve a slider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from rsimc.analysis.explore.outcome import Outcome
from rsimc.runs.ensemble import joined_field


def drivers(outcome: Outcome, milestones: Sequence[str]) -> list[str]:
    """Flat names of parameters by the rank correlation with the dates of milestones, whichever is larger, first the
    largest. What does not vary is left out."""
    values = joined_field(outcome.block.values)[:, outcome.kept]
    names = [m.name for m in outcome.plan.model.milestones]
    dates = np.stack([_ranks(outcome.dates[names.index(name)]) for name in milestones])
    found = {
        name: float(np.abs(dates @ _ranks(row)).max())
        for name, row in zip(outcome.study.priors.names, values, strict=True)
        if np.ptp(row) > 0
    }
    return sorted(found, key=lambda name: -found[name])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with mean 0 and length 1; all zero when nothing varies."""
    ranks = rankdata(values)
    ranks -= ranks.mean()
    length = float(np.sqrt((ranks**2).sum()))
    return ranks / length if length > 0 else ranks
