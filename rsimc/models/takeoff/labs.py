"""Rivals of the leading lab: less compute, fewer people, the same physics; methods diffuse to those who are behind.

The data observe the leading lab, so that a rival has at most its compute and its staff. All labs share the noise of the
horizon and of software. What the world sees at a date is the lab whose released model is the most capable then, so that
a pause of one lab and a pause of all are different scenarios. Versions are those of that lab: what passes between
two milestones counts another lab's where the lead has changed hands.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax

from rsimc import maths
from rsimc.models.base import Parameter, Params, Quantities
from rsimc.models.takeoff.lab import Lab, Scale

Array = jax.Array
LEADER = "leader"
SMALLEST = 1e-12


@dataclass(frozen=True)
class Rival:
    """compute, researchers: priors of the lab's shares of what the leading lab has."""

    name: str
    compute: object
    researchers: object


def parameters(rivals: tuple[Rival, ...], diffusion: object) -> tuple[Parameter, ...]:
    """The uncertain quantities of rivals, one label each, and the rate of diffusion; none for one lab."""
    if not rivals:
        return ()
    labels = tuple(rival.name for rival in rivals)
    sizes = {"rival_compute": "compute", "rival_researchers": "researchers"}
    return (
        *(
            Parameter(
                name,
                "share of the leading lab's",
                tuple(getattr(rival, what) for rival in rivals),
                f"{what} of a rival",
                "the scenario's labs",
                labels,
            )
            for name, what in sizes.items()
        ),
        Parameter(
            "diffusion", "1/year", diffusion, "rate at which labs learn from the furthest", "the scenario's labs"
        ),
    )


def names(rivals: tuple[Rival, ...]) -> tuple[str, ...]:
    """All labs, the leading one first."""
    return (LEADER, *(rival.name for rival in rivals))


def scales(rivals: tuple[Rival, ...], params: Params) -> list[Scale]:
    """The size of every lab relative to the leading one; at most 1."""
    out = [Scale()]
    for n in range(len(rivals)):
        both = (params["rival_compute"][n], params["rival_researchers"][n])
        out.append(Scale(*(maths.log(maths.minimum(maths.maximum(share, SMALLEST), 1.0)) for share in both)))
    return out


def furthest(labs: tuple[Lab, ...]) -> Array | None:
    """The greatest software efficiency of all labs; None for a lab alone."""
    if len(labs) == 1:
        return None
    top = labs[0].software
    for lab in labs[1:]:
        top = maths.maximum(top, lab.software)
    return top


def foremost(seen: list[Quantities], labs: tuple[Lab, ...]) -> Quantities:
    """The quantities of the lab whose released model has the most effective compute, and so the longest horizon: labs
    share the methods of 2025."""
    best, top = seen[0], labs[0].generations.released
    for quantities, lab in zip(seen[1:], labs[1:], strict=True):
        ahead = lab.generations.released > top
        best = {name: maths.where(ahead, quantities[name], value) for name, value in best.items()}
        top = maths.maximum(top, lab.generations.released)
    return best
