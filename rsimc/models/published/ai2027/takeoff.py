"""What AI 2027's takeoff forecast says comes after a superhuman coder (SC), April 2025.

Years that people alone would need for each step: SC to a superhuman AI researcher (SAR) x_1 = 0 with probability 0.15,
else lognormal; SAR to a superintelligent one (SIAR) x_2 = x (x/10)^2 - x with x = 10 + lognormal; SIAR to
superintelligence (ASI) x_3 = y (y/x)^J - y with y = x + x_2. AI research runs s_0 times as fast at the start of a step
and s_1 times at its end (5, 25, 250, 2000), in between by straight lines of logs over progress, so that a step takes

    x (1 - s_0/s_1)/(s_0 log(s_1/s_0)) years

The original steps by whole days, at the speed that a day begins with: `days_form = whole` does the same for steps of up
to 80 days, and adds the half log(s_1/s_0) days by which that is late, and what is left of the last day, to longer ones.
Its published quantiles are of such days. Steps beyond 1,000 years are cut there, as in the original.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Duration, Form, Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.published.base import Published, interval80, since

Array = jax.Array
SOURCE = "AI 2027 takeoff forecast, April 2025 (uvafan/timelines-takeoff-ai-2027)"
SPEEDS = ("coder", "researcher", "superintelligent_researcher", "superintelligence")
LONGEST = 1000.0
DAYS = 365.0
START = 2027.0
RELATED = 0.8
COUNTED_DAYS, MOST_DAYS = 80.0, 120

# fmt: off
# ruff: noqa: E501
PARAMETERS = (
    Parameter("coder", "years after 2027.0", round(89.0 / 365.0, 6), "when the superhuman coder is there: 2027-03-31, by assumption", SOURCE),
    Parameter("skipped", "share", {"uniform": [0.0, 1.0]}, "below `skipped_share`: the coder is a superhuman researcher at once", SOURCE),
    Parameter("skipped_share", "share", 0.15, "probability of that", SOURCE),
    Parameter("researcher_gap", "years", interval80(1.5, 10.0), "years of people alone from the coder to the researcher", SOURCE),
    Parameter("researcher_spread", "years", interval80(1.0, 25.0), "x - 10: the step beyond the best human researcher", SOURCE),
    Parameter("difficulty", "exponent", interval80(0.3, 7.5), "J: how much harder the last step is", SOURCE),
    Parameter("speed", "x", (5.0, 25.0, 250.0, 2000.0), "speed of AI R&D with each, against people alone", SOURCE, SPEEDS),
    Parameter("days_form", "choice", 0.0, "0 exact, 1 whole", "see the forms"),
)
MILESTONES = (
    Milestone("superhuman_coder", "since_coder", 0.0, "an AI that does any coding of the leading lab's AI R&D faster and cheaper than the lab's best engineers"),
    Milestone("superhuman_researcher", "since_researcher", 0.0, "the same for all of AI research", headline=True),
    Milestone("superintelligent_researcher", "since_superintelligent_researcher", 0.0, "an AI as far beyond the best human AI researcher as that one is beyond the median of the field", headline=True),
    Milestone("superintelligence", "since_superintelligence", 0.0, "an AI as far beyond the best people at every cognitive task", headline=True),
)
STEPS = tuple(zip(MILESTONES[:-1], MILESTONES[1:], strict=True))
DURATIONS = tuple(Duration(a.name, b.name, low=0.5 / DAYS, high=LONGEST) for a, b in (*STEPS, (MILESTONES[0], MILESTONES[-1])))
OBSERVABLES = (
    Observable("multiplier", "log_multiplier", "x", "speed of AI R&D against people alone", "log", 1.0, 10_000.0),
)
FORMS = (
    Form("days", {"exact": 0.0, "whole": 1.0}, "exact", ("exact",), "whether steps take whole days, as the original counts them", SOURCE),
)
EQUATIONS = (
    "x_1 = LN or 0;  x_2 = x (x/10)^2 - x, x = 10 + LN;  x_3 = y (y/x)^J - y, y = x + x_2        years of people alone",
    "a step takes x (1 - s_0/s_1)/(s_0 log(s_1/s_0));  s = 5, 25, 250, 2000                       years",
)
# fmt: on


class State(NamedTuple):
    """All follows from the parameters: nothing is carried but their shape."""

    shape: Array


class After(Published):
    """The model `ai2027-takeoff`."""

    name: ClassVar[str] = "ai2027-takeoff"
    assumes: ClassVar[str] = (
        "A superhuman coder on a given day. Each further step would take people alone so many years, and takes AI that "
        "number over its speed-up, which is set at each step: 5, 25, 250 and 2,000 times. Compute does not bind beyond "
        "what these numbers hold."
    )
    version: ClassVar[str] = "1"
    epoch: ClassVar[float] = START
    start: ClassVar[float] = START
    steps_per_year: ClassVar[int] = 4
    steps_per_innovation: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    correlations: ClassVar[tuple[tuple[str, str, float], ...]] = (("researcher_gap", "researcher_spread", RELATED),)
    forms: ClassVar[tuple[Form, ...]] = FORMS
    milestones: ClassVar[tuple[Milestone, ...]] = MILESTONES
    durations: ClassVar[tuple[Duration, ...]] = DURATIONS
    observables: ClassVar[tuple[Observable, ...]] = OBSERVABLES
    equations: ClassVar[tuple[str, ...]] = EQUATIONS
    last: ClassVar[str] = "superintelligence"

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds the date of each milestone, years since 2027.0."""
        none = params["skipped"] < params["skipped_share"]
        x = 10.0 + params["researcher_spread"]
        second = x * ((0.1 * x) * (0.1 * x) - 1.0)
        y = x + second
        third = y * maths.expm1(maths.minimum(params["difficulty"] * maths.log(y / x), 60.0))
        gaps = (maths.where(none, 0.0, params["researcher_gap"]), second, third)
        speed, date = params["speed"], params["coder"] + 0.0 * x
        dates = [date]
        for n, gap in enumerate(gaps):
            ratio = speed[n + 1] / speed[n]
            rise = maths.log(ratio)
            even = jnp.abs(rise) < 1e-4  # one speed throughout
            years = gap / speed[n] * maths.where(even, 1.0, (1.0 - 1.0 / ratio) / maths.where(even, 1.0, rise))
            years = maths.where(params["days_form"] == 1.0, _whole_days(gap, speed[n], ratio, years) / DAYS, years)
            dates.append(dates[-1] + maths.minimum(years, LONGEST))
        return {**params, **{m.quantity: d for m, d in zip(MILESTONES, dates, strict=True)}}

    def init(self, params: Params, t: float, z: Array) -> State:
        """Nothing but the shape."""
        return State(0.0 * params["since_superintelligence"])

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """Nothing changes."""
        return state

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Dates as what has passed since; the speed between them by straight lines of logs over time."""
        dates = [params[m.quantity] for m in MILESTONES]
        log_speed = [maths.log(params["speed"][n]) for n in range(len(SPEEDS))]
        value = log_speed[0] + state.shape
        for n in range(len(STEPS)):
            part = jnp.clip((t - dates[n]) / maths.maximum(dates[n + 1] - dates[n], 1e-6), 0.0, 1.0)
            value = value + part * (log_speed[n + 1] - log_speed[n])
        return {**{m.quantity: since(d, t) for m, d in zip(MILESTONES, dates, strict=True)}, "log_multiplier": value}


def _whole_days(gap: Array, speed: Array, ratio: Array, years: Array) -> Array:
    """Days after which progress, at each day's first speed, is complete."""
    rise, a_day = maths.log(ratio), speed / (DAYS * maths.maximum(gap, 1e-9))

    def one(n: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        part, days = carry
        going = part < 1.0
        on = part + a_day * maths.exp(rise * maths.minimum(part, 1.0))
        return maths.where(going, on, part), days + going.astype(part.dtype)

    nothing = 0.0 * years
    _, days = jax.lax.fori_loop(0, MOST_DAYS, one, (nothing, nothing))
    late = jnp.ceil(years * DAYS + 0.5 * rise)
    return maths.where(gap > 0.0, maths.where(late < COUNTED_DAYS, days, late), 0.0)
