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
    (23.96, 0.0), (25.72, 0.0045), (27.0, 0.0179), (28.04, 0.0392), (28.92, 0.0668), (30.12, 0.117), (31.4, 0.1824),
    (32.84, 0.2688), (35.0, 0.4154), (36.84, 0.5421), (38.36, 0.6376), (39.64, 0.7075), (41.0, 0.7721),
    (42.44, 0.8291), (43.88, 0.8745), (45.24, 0.907), (46.77, 0.9315), (48.53, 0.9475), (51.25, 0.9568),
    (60.45, 0.96), (100.0, 1.0),
)
# fmt: on
"""log10 FLOP of a training run that is enough for AGI with the algorithms of 2022, and the probability that it is less:
A. Cotra's distribution, as the original's table of 501 points has it, to 0.0015."""


def requirement() -> dict[str, object]:
    """Of `REQUIREMENT`: uniform from row to row."""
    ends, below = [x for x, _ in REQUIREMENT], [p for _, p in REQUIREMENT]
    parts = [{"uniform": [a, b]} for a, b in zip(ends, ends[1:], strict=False)]
    return {"mixture": parts, "weights": [b - a for a, b in zip(below, below[1:], strict=False)]}
