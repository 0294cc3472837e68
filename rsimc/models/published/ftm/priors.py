"""Priors of the Full Takeoff Model: a low end, a median and a high end, each half uniform of logs, or of logits."""

from __future__ import annotations


def skewed(low: float, median: float, high: float) -> dict[str, object]:
    """Half below and half above the median, each half log-uniform to its end."""
    return {"skewed": [low, median, high]}


def skewed_share(low: float, median: float, high: float) -> dict[str, object]:
    """The same of the odds of a share."""
    return {"skewed": [low, median, high], "scale": "logit"}


# fmt: off
REQUIREMENT = (
    (23.96, 0), (24.12, 1e-05), (24.36, 0.00013), (24.44, 0.0002), (24.68, 0.00051), (25, 0.00122), (25.32, 0.00237),
    (25.72, 0.00447), (26.12, 0.00748), (26.6, 0.01251), (27.24, 0.02185), (27.72, 0.03147), (28.28, 0.04569),
    (28.68, 0.05826), (29.24, 0.07911), (29.88, 0.10601), (30.28, 0.12448), (30.76, 0.14821), (31.48, 0.18672),
    (32.12, 0.22396), (32.84, 0.26861), (33.96, 0.34312), (36.44, 0.51538), (37.32, 0.57327), (38.28, 0.63276),
    (38.84, 0.66488), (39.32, 0.6908), (40.44, 0.74663), (40.92, 0.76841), (41.4, 0.7888), (41.96, 0.8113),
    (42.36, 0.82611), (43.08, 0.85059), (44.04, 0.87878), (44.84, 0.89848), (45.64, 0.91454), (46.37, 0.92621),
    (47.25, 0.93713), (48.29, 0.94597), (49.17, 0.95091), (50.37, 0.95501), (51.09, 0.95656), (52.29, 0.95817),
    (53.33, 0.95891), (54.13, 0.95929), (54.85, 0.95952), (56.05, 0.95975), (58.13, 0.95992), (60.93, 0.95999),
    (100, 1),
)
# fmt: on
"""log10 FLOP of a training run that is enough for AGI with the algorithms of 2022, and the probability that it is less:
A. Cotra's distribution, as the original's table of 501 points has it, to 0.0007."""


def requirement() -> dict[str, object]:
    """Of `REQUIREMENT`: uniform from row to row."""
    return {"cdf": [list(row) for row in REQUIREMENT]}
