"""What has not happened by the day of the forecast, as a guide that keeps the sampler where nothing has.

The forecast leaves out every trajectory in which a milestone that the world would have seen came before `as_of`. Were
the posterior not told, most of its draws could be thrown away. So the sampler's target has the factor

    log g = -1/2 sum_m ( max(0, top_m - threshold_m) / WIDTH )^2

with top_m the largest value that the quantity of milestone m takes up to `as_of`. g is exactly 1 wherever nothing has
happened, so that the forecast of a form, after its own exact rejection, is the same with the guide and without; the
guide only spares draws. A hard wall would do the same but has no gradient. (Between the forms of a mixture it is the
scenario that decides: a form takes as many turns as give it its weight after the rejection, `runs.sources`.)

It is taken that the world would know at once, although the data see models with a lag.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.models.base import Milestone, Model

Array = jax.Array
WIDTH = 0.15
"""In the quantity's own scale, a logit or a natural logarithm. Narrower loses fewer draws and takes smaller steps."""


def seen_milestones(model: Model) -> tuple[Milestone, ...]:
    """The milestones that the world would have noticed."""
    return tuple(milestone for milestone in model.milestones if milestone.seen)


def log_guide(model: Model, values: Mapping[str, Array], as_of: float) -> Array:
    """log g of one path, a scalar; values: quantities [steps + 1] from the model's start, as_of a decimal year."""
    place = (as_of - model.start) * model.steps_per_year
    whole = int(np.floor(place))
    excess = jnp.zeros(())
    for milestone in seen_milestones(model):
        series = values[milestone.quantity]
        after = min(whole + 1, series.shape[0] - 1)
        last = series[whole] + (place - whole) * (series[after] - series[whole])
        top = jnp.maximum(jnp.max(series[: whole + 1]), last)
        excess = excess + jnp.square(jnp.maximum(top - milestone.threshold, 0.0) / WIDTH)
    return -0.5 * excess
