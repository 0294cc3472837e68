"""What is left for people: a share of research, its direction, and the oversight of what AI makes.

human share  = sum_k w_k max(1 - f_k, 1/(1 + A_k))          a lab leaves people what it cannot or need not automate
director     = the term of direction in that sum
oversight    = human hours of evaluation and safety per unit of software progress, against people alone:
               max(1 - f, 1/(1 + A)) of evaluation, divided by the multiplier M
"""

from __future__ import annotations

import jax

from rsimc.models.takeoff.labour import Labour

Array = jax.Array


def log_oversight(work: Labour, log_multiplier: Array) -> Array:
    """Log of the human hours of evaluation and safety per unit of software progress, 0 when people do everything."""
    return work.log_human_evaluation - log_multiplier
