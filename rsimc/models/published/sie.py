"""The software intelligence explosion of Davidson and Houlden (Forethought, August 2025).

AI that fully automates AI R&D (called ASARA there) makes software progress f times faster. Software doubles again and
again; doubling j takes tau_j months,

    tau_0 = 3/f;   r_{j+1} = r_j - r_0/D;   tau_{j+1} = tau_j 2^{lambda (1/r_{j+1} - 1)} (1 + f_j)/(1 + f_{j+1})

until software has come the distance D to its limits, r is used up, or 48 months are over. A year of recent progress is
4/share doublings of software, share being software's part of progress, and D = (4/share) times the distance in years.
The outcome is the most years of progress in any 12, or 4, months. Forms: f grows from 0.1 to its value over five years
(boost gradual); each version is trained anew, so that the exponent x becomes x/|x + 1| (retraining cost); r stays
(returns constant).

The paper knows no dates: the explosion starts at 2026.0 plus `onset`, which is 0 unless a scenario says when AI R&D is
automated. Artefacts kept, since the published numbers rest on them: outcomes count whole doublings, `3.33 years in 4
months` is int(26.67) = 26 of them; the exponent of retraining has |x + 1|, which makes -1 < x < 0 faster. What is
unfinished after 48 months stays as it is: none is dropped.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Duration, Form, Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.published.base import Published, since

Array = jax.Array
SOURCE = "Davidson & Houlden 2025 (Forethought)"
MONTHS, FIRST_DOUBLING, GRADUAL_BOOST, GRADUAL_MONTHS = 48.0, 3.0, 0.1, 60.0
DOUBLINGS_A_YEAR = 4.0
"""Of software in a year of recent progress, if software is all of it."""
MOST = 130
"""Doublings at most: 8 a year times 16 years, and the one under way when the limit is reached."""
NEVER = 1e4
LN2 = maths.LN2
WINDOWS = {"12": (12.0, (3.0, 10.0)), "4": (4.0, (10.0 / 3.0, 10.0))}
"""Months in which progress is counted, and years of progress that are milestones."""


def _milestone(years: float, months: str) -> str:
    return f"years_{years:.0f}_in_{months}_months"


# fmt: off
# ruff: noqa: E501
PARAMETERS = (
    Parameter("onset", "years after 2026.0", 0.0, "when AI R&D is fully automated; the paper has no dates", "rsimc: year zero of the paper"),
    Parameter("initial_speedup", "x", {"loguniform": [2.0, 32.0]}, "f: how much faster software progress is once AI R&D is automated", SOURCE),
    Parameter("returns_to_research", "doublings per doubling", {"loguniform": [0.4, 3.6]}, "r_0: doublings of software per doubling of cumulative research", SOURCE),
    Parameter("parallelisation", "elasticity", {"loguniform": [0.15, 0.6]}, "lambda: log pace of software per log research effort", SOURCE),
    Parameter("distance_to_limits", "years of progress", {"uniform": [6.0, 16.0]}, "years of recent progress to the limits of software", SOURCE + ": uniform in the code, log-uniform in the text"),
    Parameter("software_share", "share", 0.5, "software's part of recent progress", SOURCE),
    Parameter("boost_form", "choice", 0.0, "0 immediate, 1 gradual", "see the forms"),
    Parameter("retraining_form", "choice", 0.0, "0 free, 1 cost", "see the forms"),
    Parameter("returns_form", "choice", 0.0, "0 falling, 1 constant", "see the forms"),
)
FORMS = (
    Form("boost", {"immediate": 0.0, "gradual": 1.0}, "immediate", ("immediate", "gradual"), "whether AI's boost is there at once or grows over five years", SOURCE),
    Form("retraining", {"free": 0.0, "cost": 1.0}, "free", ("free", "cost"), "whether each version has to be trained anew", SOURCE),
    Form("returns", {"falling": 0.0, "constant": 1.0}, "falling", ("falling", "constant"), "whether returns fall towards the limits", SOURCE),
)
MILESTONES = (
    *(Milestone(
        _milestone(years, months),
        _milestone(years, months),
        0.0,
        f"{years:.3g} years of recent progress within {months} months (in whole doublings, {int(8 * years)} where software is half of progress)",
        headline=months == "12",
    )
    for months, (_, every) in WINDOWS.items()
    for years in every),
    Milestone("month_48", "month_48", 0.0, "48 months since AI R&D was automated"),
)
DURATIONS = tuple(
    Duration("", "month_48", f"most_years_in_{months}_months", "years of progress", 0.0, 16.25, log=False) for months in WINDOWS
)
OBSERVABLES = (
    Observable("progress", "progress", "years of progress", "software progress since AI R&D was automated, in years of recent progress", "linear", 0.0, 17.0),
    Observable("recent_progress", "recent_progress", "years of progress", "software progress in the last 12 months", "linear", 0.0, 17.0),
)
EQUATIONS = (
    "tau_0 = 3/f months;  r_{j+1} = r_j - r_0/D;  D = (4/share) years to the limits",
    "tau_{j+1} = tau_j 2^{lambda (1/r_{j+1} - 1)} (1 + f_j)/(1 + f_{j+1})            until D, r = 0 or 48 months",
)
# fmt: on


class State(NamedTuple):
    """All follows from the parameters: nothing is carried but their shape, and whether doublings were cut off."""

    shape: Array
    cut: Array


class Sie(Published):
    """The model `sie`."""

    name: ClassVar[str] = "sie"
    assumes: ClassVar[str] = (
        "AI R&D is fully automated from the start, on fixed compute; what follows hangs on the returns to research, how "
        "well research runs side by side, and how far the limits of software are. It says how fast, not when."
    )
    version: ClassVar[str] = "1"
    epoch: ClassVar[float] = 2026.0
    start: ClassVar[float] = 2026.0
    steps_per_year: ClassVar[int] = 4
    steps_per_innovation: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    forms: ClassVar[tuple[Form, ...]] = FORMS
    milestones: ClassVar[tuple[Milestone, ...]] = MILESTONES
    durations: ClassVar[tuple[Duration, ...]] = DURATIONS
    observables: ClassVar[tuple[Observable, ...]] = OBSERVABLES
    equations: ClassVar[tuple[str, ...]] = EQUATIONS
    last: ClassVar[str] = _milestone(3.0, "12")

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds when each doubling is done, `done` [doublings + 1, ...] in months, and what comes of it."""
        each = DOUBLINGS_A_YEAR / params["software_share"]
        done = _doublings(params, each)
        full = {**params, "each": each, "done": done}
        for months, (window, thresholds) in WINDOWS.items():
            count, dates = _windows(done, window, [jnp.floor(years * each + 1e-4) for years in thresholds])
            full[f"most_years_in_{months}_months"] = count / each
            for years, date in zip(thresholds, dates, strict=True):
                full[_milestone(years, months)] = params["onset"] + date / 12.0
        return full

    def init(self, params: Params, t: float, z: Array) -> State:
        """Nothing but the shape."""
        most = params["each"] * params["distance_to_limits"]
        return State(0.0 * params["onset"], (params["done"][-1] < NEVER) & (most > MOST))

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """Nothing changes."""
        return state

    def clipped(self, state: State) -> Array:
        """Whether more doublings were to come than are counted."""
        return state.cut

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Dates as what has passed since; progress in doublings that are done."""
        month = 12.0 * (t - params["onset"])
        progress = _count(params["done"], month)
        seen = {m.name: since(params[m.name], t) + state.shape for m in MILESTONES if m.name != "month_48"}
        return {
            **seen,
            "month_48": (month - MONTHS) / 12.0 + state.shape,
            **{d.clock: params[d.clock] for d in DURATIONS},
            "progress": progress / params["each"],
            "recent_progress": (progress - _count(params["done"], month - 12.0)) / params["each"],
        }


def _count(done: Array, month: Array) -> Array:
    """Doublings that are done by a month."""
    return maths.total((done[1:] <= month).astype(done.dtype))


def _boost(params: Params, month: Array) -> Array:
    full = params["initial_speedup"]
    rate = maths.log(full / GRADUAL_BOOST) / GRADUAL_MONTHS
    gradual = maths.minimum(GRADUAL_BOOST * maths.exp(rate * maths.minimum(month, GRADUAL_MONTHS)), full)
    return maths.where(params["boost_form"] == 1.0, gradual, full)


def _doublings(params: Params, each: Array) -> Array:
    """Months by which each doubling is done [MOST + 1, ...]; NEVER where it is not within the 48 months."""
    most = each * params["distance_to_limits"]
    step = maths.where(params["returns_form"] == 1.0, 0.0, params["returns_to_research"] / most)

    def one(carry: tuple[Array, ...], n: Array) -> tuple[tuple[Array, ...], Array]:
        going, month, log_length, r, boost = carry
        ends = month + maths.exp(log_length)
        going = going & (ends <= MONTHS) & (n.astype(month.dtype) < most) & (r > 0.0)
        r = r - step
        exponent = params["parallelisation"] * (1.0 / maths.maximum(r, 1e-6) - 1.0)
        heavy = exponent / maths.maximum(jnp.abs(exponent + 1.0), 1e-6)
        exponent = maths.where(params["retraining_form"] == 1.0, heavy, exponent)
        later = _boost(params, ends)
        log_length = maths.minimum(log_length + LN2 * exponent + maths.log((1.0 + boost) / (1.0 + later)), 20.0)
        return (going, maths.where(going, ends, month), log_length, r, later), maths.where(going, ends, NEVER)

    boost = _boost(params, 0.0 * most)
    gradual = FIRST_DOUBLING / (1.0 + GRADUAL_BOOST)
    length = maths.where(params["boost_form"] == 1.0, gradual, FIRST_DOUBLING / params["initial_speedup"])
    begin: tuple[Array, ...] = (
        most > 0.0,
        0.0 * most,
        maths.log(length),
        params["returns_to_research"] + 0.0 * most,
        boost,
    )
    _, done = jax.lax.scan(one, begin, jnp.arange(MOST, dtype=jnp.int32))
    return jnp.concatenate([jnp.zeros_like(done[:1]), done])


def _windows(done: Array, window: float, thresholds: list[Array]) -> tuple[Array, list[Array]]:
    """The most doublings within so many months, and the months by which as many as each threshold first were.

    A window over doublings that never shrinks: it grows by one where that many lie within the months, else moves on.
    """

    def one(carry: tuple[Array, ...], n: Array) -> tuple[tuple[Array, ...], None]:
        size, *dates = carry
        month = done[n]
        begin = jnp.take_along_axis(done, (n - 1 - size)[None], axis=0)[0]
        size = size + ((month - begin <= window) & (month < NEVER)).astype(jnp.int32)
        found = [
            maths.where((size.astype(month.dtype) >= threshold) & (date == NEVER), month, date)
            for threshold, date in zip(thresholds, dates, strict=True)
        ]
        return (size, *found), None

    nothing = 0.0 * done[0]
    begin: tuple[Array, ...] = (nothing.astype(jnp.int32), *(nothing + NEVER for _ in thresholds))
    (most, *dates), _ = jax.lax.scan(one, begin, jnp.arange(1, MOST + 1, dtype=jnp.int32))
    return most.astype(done.dtype), dates
