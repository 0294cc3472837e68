"""Which parameters of the Full Takeoff Model are drawn together: the original's rank correlations, by groups.

A sign says whether a parameter brings AI sooner as it grows; the original's table is of "sooner", so that a pair's rank
correlation has the product of both signs. Its matrix, 60 by 60, is of few numbers: what AI asks for and the ceiling of
software are one quantity (1, less 10^-6, or no distribution would have it), with the gaps 0.4, with the rest of what AI
asks for 0.6, with spending 0.4; within groups 0.8, 0.4 or 0.3, between groups 0.2.
"""

from __future__ import annotations

import math
from itertools import combinations, product

from rsimc.models.published.ftm.quantities import USES

Signed = dict[str, int]
ASKED: Signed = {"training_requirement": -1, "runtime_requirement": -1}
CEILING: Signed = {"software_ceiling": 1}
GAPS: Signed = {"training_gap": -1, "runtime_gap": -1}
EASE: Signed = {"training_ease_rnd": 1, "tradeoff_limit": 1}
COMPLEMENTS: Signed = {
    "task_complements_goods": -1,
    "task_complements_rnd": -1,
    "capital_complements_goods": -1,
    "capital_complements_rnd": -1,
}
PROGRESS: Signed = {
    "hardware_returns": 1,
    "software_returns": 1,
    "hardware_ceiling": 1,
    "parallel": 1,
    "hardware_delay": -1,
    "hardware_made": 1,
}
SPENDING: Signed = {f"{name}.{use}": 1 for name in ("share_growth_awake", "share_ceiling") for use in USES}
ALL_BUT_ONE = 1.0 - 1e-6


def _within(group: Signed, rho: float) -> list[tuple[str, str, float]]:
    return [(a, b, rho * group[a] * group[b]) for a, b in combinations(group, 2)]


def _between(one: Signed, other: Signed, rho: float) -> list[tuple[str, str, float]]:
    return [(a, b, rho * one[a] * other[b]) for a, b in product(one, other)]


SPEARMAN = (
    *_within(ASKED, ALL_BUT_ONE),
    *_between(ASKED, CEILING, -ALL_BUT_ONE),
    *_within(GAPS, ALL_BUT_ONE),
    *_between(ASKED, GAPS, 0.4),
    *_between(CEILING, GAPS, -0.4),
    *_within(EASE, 0.4),
    *_between(ASKED, EASE, -0.6),
    *_between(CEILING, EASE, 0.6),
    *_within(COMPLEMENTS, 0.4),
    *_within(PROGRESS, 0.3),
    *_within(SPENDING, 0.8),
    *_between(ASKED, SPENDING, 0.4),
    *_between(CEILING, SPENDING, -0.4),
    *_between(COMPLEMENTS, SPENDING, 0.2),
    *_between(PROGRESS, SPENDING, 0.2),
)
CORRELATIONS = tuple((a, b, 2.0 * math.sin(math.pi * rho / 6.0)) for a, b, rho in SPEARMAN)
"""Of normal scores, for a Gaussian copula."""
