"""What AI could have done in 2022, and which draws have it do too much: the original draws those anew."""

from __future__ import annotations

import jax

from rsimc import maths
from rsimc.models.base import Params, Redraw
from rsimc.models.published.ftm import economy, tasks
from rsimc.models.published.ftm.economy import GOODS, HARDWARE

Array = jax.Array
SPARE = 5.0
"""Tasks in R&D that AI may do in 2022 where the original keeps a draw."""
ATTEMPTS = 64
"""The original goes on until it has a draw that it keeps, and draws a requirement anew that none suits: 0.7% of them,
below 10^25.98 FLOP. With so many those are drawn anew, too, of which hardly any suits: 0.03%, up to 10^26.1."""


def too_able(params: Params) -> Array:
    """Above 0 where AI could have done more in 2022 than the original lets pass."""
    hardest, limit, gap = economy.training(params)
    able = tasks.able(hardest[: HARDWARE + 1], gap, maths.log(params["largest_run"]) + limit)
    return maths.maximum(able[GOODS] - 0.5, able[HARDWARE] - SPARE - 0.5)


def usable(params: Params) -> Array:
    """Whether the original keeps a draw."""
    return too_able(params) < 0.0


REDRAW = Redraw(("training_requirement",), (*economy.TRAINING, "largest_run"), usable, ATTEMPTS)
