"""The option to pause: research and training stop, in whole or in part, for a time; hardware goes on being built.

A pause is triggered on a date, when a milestone comes, or when an observable passes a threshold, the latter two only
from the day of the forecast on. After a lag a share a = strength x compliance of research and of training stops for its
duration: software moves at 1 - a of its pace, and so do the releases of new generations, the noise of their horizon,
synthetic data and the multiplier (the pace against people alone). Effort, what research would do if it went on, is not
stopped: while releases rest customers ask for no more, so that chips gather and effort may come sooner. The share of a
step that lies in the pause counts. Chips, staff and the methods of others do not wait: when it ends, the trained models
are behind what the hardware would bear, and the releases that follow are larger. Several pauses add up to at most all.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Parameter, Params, Quantities

Array = jax.Array
NEVER = 1e4  # years


@dataclass(frozen=True)
class Pause:
    """A pause: on a date (decimal year), or once `quantity` >= threshold (on the quantity's own scale).

    labs: names of those that stop, empty for all. lag, lasts: priors in months; strength, compliance: in shares.
    text: the trigger as the scenario writes it.
    """

    name: str
    text: str
    date: float | None = None
    quantity: str = ""
    threshold: float = 0.0
    labs: tuple[str, ...] = ()
    lag: object = 0.0
    lasts: object = 12.0
    strength: object = 1.0
    compliance: object = 1.0


def parameters(pauses: tuple[Pause, ...]) -> tuple[Parameter, ...]:
    """The uncertain quantities of pauses, one label each; none without pauses."""
    if not pauses:
        return ()
    labels = tuple(pause.name for pause in pauses)
    own = "the scenario's policy"
    return (
        Parameter("pause_lag", "months", tuple(p.lag for p in pauses), "from trigger to stop", own, labels),
        Parameter("pause_lasts", "months", tuple(p.lasts for p in pauses), "length of the pause", own, labels),
        Parameter("pause_strength", "share", tuple(p.strength for p in pauses), "research that stops", own, labels),
        Parameter("pause_compliance", "share", tuple(p.compliance for p in pauses), "of labs that obey", own, labels),
    )


def start(pauses: tuple[Pause, ...], epoch: float, like: Array) -> tuple[Array, ...]:
    """When each pause is triggered, in years since the epoch: known for dates, NEVER for the rest."""
    return tuple(jnp.full_like(like, NEVER if p.date is None else p.date - epoch) for p in pauses)


def stopped(
    pauses: tuple[Pause, ...], triggered: tuple[Array, ...], params: Params, lab: str, t: Array, dt: float
) -> Array | float:
    """Share of a lab's research and training in [t, t + dt] that is stopped: 0 (exactly) without a pause."""
    total: Array | float = 0.0
    for n, pause in enumerate(pauses):
        if pause.labs and lab not in pause.labs:
            continue
        begins = triggered[n] + params["pause_lag"][n] / 12.0
        ends = begins + params["pause_lasts"][n] / 12.0
        overlap = maths.minimum(t + dt, ends) - maths.maximum(t, begins)
        share = maths.maximum(overlap, 0.0) / dt
        total = total + maths.minimum(share, 1.0) * params["pause_strength"][n] * params["pause_compliance"][n]
    return total if isinstance(total, float) else maths.minimum(total, 1.0)


def watch(
    pauses: tuple[Pause, ...],
    triggered: tuple[Array, ...],
    before: Quantities,
    after: Quantities,
    since: float,
    t: Array,
    dt: float,
) -> tuple[Array, ...]:
    """Trigger dates after a step: the first moment from `since` on at which a watched quantity is at its threshold."""
    out = []
    for pause, when in zip(pauses, triggered, strict=True):
        if pause.date is None:
            low, high = before[pause.quantity], after[pause.quantity]
            rise = maths.where(high > low, high - low, 1.0)
            share = maths.minimum(maths.maximum((pause.threshold - low) / rise, 0.0), 1.0)
            here = maths.where(low >= pause.threshold, t, t + share * dt)
            now = (when >= NEVER) & (high >= pause.threshold) & (t + dt > since)
            when = maths.where(now, maths.maximum(here, since), when)
        out.append(when)
    return tuple(out)
