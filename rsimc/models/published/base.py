"""What published models have in common: none has process noise, and most are of two kinds of trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from rsimc.models.base import Duration, Milestone, Observable

Array = jax.Array


def interval80(low: float, high: float) -> dict[str, float]:
    """A lognormal by its 10% and 90%, as most published models state their priors."""
    return {"p10": low, "p90": high}


def since(date: Array, t: Array) -> Array:
    """A quantity that crosses 0 at a date known beforehand: with straight lines between steps, the date is exact."""
    return t - date


class Published:
    """A model without noise, whose trajectories are told apart by whether `last` comes within the horizon."""

    innovations: ClassVar[tuple[str, ...]] = ()
    anchor_innovations: ClassVar[int] = 1
    durations: ClassVar[tuple[Duration, ...]] = ()
    classes: ClassVar[tuple[str, ...]] = ("within_horizon", "beyond_horizon")
    milestones: ClassVar[tuple[Milestone, ...]]
    observables: ClassVar[tuple[Observable, ...]]
    last: ClassVar[str]

    def clipped(self, state: Any) -> Array:
        """No fence can be touched."""
        first = jax.tree.leaves(state)[0]
        return jnp.zeros(first.shape, bool)

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """0 when the last milestone comes within the horizon, else 1."""
        return jnp.where(jnp.isfinite(dates[self.last]), 0, 1).astype(jnp.int32)
