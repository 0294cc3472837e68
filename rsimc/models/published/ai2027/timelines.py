"""The date of a superhuman coder: by extending the time horizon, or from benchmarks and gaps; April and May 2025.

A forecast begins at t_s: the day of the forecast less the delay of announcements; with gaps, the saturation of RE-Bench
less that delay (labour and research are those of the saturation itself). From there progress g grows at the pace of
`pace`, and the coder is there when g = G, the base months of `growth` and what comes on top:

    horizon: G = months(log2 h_SC/h_0) + cost and speed;   gaps: G = months(log2 h_SC/h_sat) + six gaps

The originals date what is not reached by their last year with that year, 2065 (May) or 2050 (April), 2100 with gaps;
here it is not within the horizon. Where the original with gaps turns the hours of h_sat into months it takes 720 to a
month, against 167 of work for h_SC, which makes two more doublings: kept (`hours_a_month`), since its published numbers
rest on it. In April it followed what happens from the saturation on, and took the delay off the date in the end. A gap
of less than nothing (0.3% of trajectories with gaps) is a coder at once, as there.

Ours: the time horizon on the way, for data, with doublings before what comes on top; and delays of at most 63 months
(one in 1,500 is longer), since trajectories start in 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.published.ai2027 import growth, pace, quantities
from rsimc.models.published.base import Published

Array = jax.Array
LONGEST_DELAY = 63.0
LEAST_GAP = 1e-3
BEGIN = 0.25
"""Years after 2025.0 at which the authors begin; of the time to the saturation of RE-Bench."""
PIECES = 48
"""Steps of the years before that saturation."""
MINUTES = 60.0 * growth.HOURS_A_MONTH
LN2 = maths.LN2

# fmt: off
# ruff: noqa: E501
MILESTONES = (
    Milestone("superhuman_coder", "remaining", 0.0, "an AI that does any coding of the leading lab's AI R&D faster and cheaper than the lab's best engineers", seen=True, headline=True),
)
OBSERVABLES = (
    Observable("horizon_hours", "log_horizon", "hours", "50% time horizon", "log", 1e-4, 1e8),
    Observable("multiplier", "log_multiplier", "x", "speed-up of software progress by AI", "log", 0.9, 1000.0),
    Observable("progress", "progress", "share", "share of the way to a superhuman coder", "linear", 0.0, 1.0),
)
# fmt: on


class State(NamedTuple):
    """Progress in base months, 0 at t_s; stock of research."""

    progress: Array
    stock: Array


@dataclass(frozen=True)
class Timelines(Published):
    """One of the four models. name: its own; gaps: from benchmarks and gaps; april: the edition of April 2025."""

    name: str
    gaps: bool = False
    april: bool = False

    version: ClassVar[str] = "1"
    assumes: ClassVar[str] = (
        "A superhuman coder is so many doublings of the time horizon away, and some months more. Each doubling takes the "
        "same time, or ever less, or more, by a draw; AI speeds up the way by how far it has come. Compute grows as "
        "scheduled, and nothing else binds."
    )
    epoch: ClassVar[float] = pace.EPOCH
    start: ClassVar[float] = 2020.0
    observed_from: ClassVar[float] = 2024.0  # the authors' doubling times are of the trend since then
    steps_per_year: ClassVar[int] = 24
    steps_per_innovation: ClassVar[int] = 6
    milestones: ClassVar[tuple[Milestone, ...]] = MILESTONES
    observables: ClassVar[tuple[Observable, ...]] = OBSERVABLES
    last: ClassVar[str] = "superhuman_coder"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of this model and edition."""
        return (quantities.of_gaps if self.gaps else quantities.of_horizon)(april=self.april)

    @property
    def correlations(self) -> tuple[tuple[str, str, float], ...]:
        """Of priors that the original draws together."""
        return quantities.related(gaps=self.gaps, april=self.april)

    @property
    def equations(self) -> tuple[str, ...]:
        """Of this model and edition."""
        on_top = "six gaps" if self.gaps else "cost and speed"
        return (
            f"G = months(doublings to the coder's horizon) + {on_top}                 base months to go",
            "exponential n T;  sub T (1.1^n - 1)/0.1;  super T n_b + T (1 - (1-d)^(n-n_b))/d",
            "v = (1+m_0) ((1+m_1)/(1+m_0))^(g/G)                                      speed-up by AI",
            *(
                ("g' = (v + c)/2 months a month;  c = 1, from 2029 on v = sqrt(v/2 (v-1/2)), c = 1/2",)
                if self.april
                else (
                    "Q' = ((L+1)^0.3 - 1) v;  gamma = log(1+a)/log(1+a_0), a growth of Q       research",
                    "g' = w gamma + (1-w) c months a month                                     progress",
                )
            ),
        )

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds when the forecast begins, how far it is, and what the pace starts from."""
        full = self._begun(params)
        kind = growth.kinds(params, full["first"], self.april)
        doublings = maths.log2(params["horizon_needed"]) - full["first"]
        wait = maths.total(params["gap"]) if self.gaps else params["cost_and_speed"]
        gap = growth.months(params, kind, full["first"], doublings) + wait
        end = params["multiplier_end"]
        end = maths.maximum(end, maths.expm1(full["log_begin"])) if self.gaps else end
        full |= {**kind, "doublings": doublings, "gap_months": maths.maximum(gap, LEAST_GAP)}
        full |= {"log_rise": maths.log1p(end) - full["log_begin"]}
        return maths.fences(full if self.april else {**full, **self._research(full)})

    def _begun(self, params: Params) -> dict[str, Array]:
        """begins: t_s; first: log2 of the horizon there in months; log_begin: log v there; shift: years by which the
        schedules of April are ahead of the dates."""
        delay = maths.minimum(params["announcement_delay"], LONGEST_DELAY) / 12.0
        if not self.gaps:
            return {
                **params,
                "begins": params["run_date"] - delay,
                "first": maths.log2(params["present_horizon"] / MINUTES),
                "log_begin": maths.log1p(params["multiplier_begin"]),
                "shift": 0.0 * delay,
            }
        now = params["multiplier_begin"] if self.april else params["multiplier_now"]
        saturated = BEGIN + params["saturation"] / 12.0
        return {
            **params,
            "begins": saturated - delay,
            "saturated": saturated,
            "first": maths.log2(params["saturation_horizon"] / params["hours_a_month"]),
            "log_begin": maths.log1p(maths.maximum(params["multiplier_begin"], now)),
            "shift": delay,
        }

    def _research(self, full: dict[str, Array]) -> dict[str, Array]:
        """log_labour: of the pool at t_s less its growth since 2025.0; stock at t_s; first_growth: log(1 + a_0)."""
        labour = maths.log(full["labour"])
        if not self.gaps:
            log_labour, stock = labour, full["research_stock"] + 0.0 * full["begins"]
        else:
            log_labour, stock = _until_saturation(full, labour)
        work = pace.effort(full, log_labour)
        first = pace.growth_of_stock(full, work, maths.exp(full["log_begin"]), stock)
        return {
            "log_labour": log_labour - pace.log_growth(full, full["begins"]),
            "stock": stock,
            "inverse_first_growth": 1.0 / first,
            "weight": jnp.clip(full["software_share"], 0.1, 0.9),
        }

    def init(self, params: Params, t: float, z: Array) -> State:
        """Before any progress."""
        nothing = 0.0 * params["begins"]
        return State(nothing, nothing + (1.0 if self.april else params["stock"]))

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """From t or t_s, whichever is later, to t + dt, by the midpoint."""
        length = jnp.clip(t + dt - params["begins"], 0.0, dt)
        middle = t + dt - 0.5 * length
        rate = self._rates(state, params, t + dt - length, t)
        half = State(*(x + 0.5 * length * r for x, r in zip(state, rate, strict=True)))
        rate = self._rates(half, params, middle, t)
        return State(*(x + length * r for x, r in zip(state, rate, strict=True)))

    def _rates(self, state: State, params: Params, t: Array, begun: Array) -> State:
        """Of both a year, at t of a step that began at `begun`: the schedules change between steps."""
        part = maths.minimum(state.progress / params["gap_months"], 1.0)
        multiplier = maths.exp(params["log_begin"] + params["log_rise"] * part)
        if self.april:
            seen = t + params["shift"]
            return State(pace.april(multiplier, seen, pace.MONTHS_A_YEAR if self.gaps else 12.0), 0.0 * multiplier)
        labour = pace.effort(params, params["log_labour"] + pace.log_growth(params, t))
        gamma = pace.growth_of_stock(params, labour, multiplier, state.stock) * params["inverse_first_growth"]
        weight = params["weight"]
        progress = weight * gamma + (1.0 - weight) * pace.from_compute(params, begun)
        return State(pace.MONTHS_A_YEAR * progress, pace.DAYS / params["labour_days"] * labour * multiplier)

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Before t_s progress is traced back at one base month a month."""
        progress = state.progress + pace.MONTHS_A_YEAR * maths.minimum(t - params["begins"], 0.0)
        part = progress / params["gap_months"]
        done = growth.doublings(params, params, params["first"], progress, params["doublings"])
        hours = params["hours_a_month"] if self.gaps else growth.HOURS_A_MONTH
        log_hours = LN2 * (params["first"] + done) + maths.log(hours * params["reliability_ratio"])
        inside = jnp.clip(part, 0.0, 1.0)
        return {
            "remaining": progress - params["gap_months"],
            "progress": inside,
            "log_multiplier": params["log_begin"] + params["log_rise"] * inside,
            "log_horizon": log_hours,
        }


def _until_saturation(full: dict[str, Array], labour: Array) -> tuple[Array, Array]:
    """Log labour and the stock of research at saturation; AI's speed-up rises to its value there in a straight line of
    logs from 2025.25."""
    now = maths.log1p(full["multiplier_now"])
    span = full["saturated"] - BEGIN
    ticks = pace.DAYS / full["labour_days"]
    since = pace.log_growth(full, jnp.asarray(BEGIN, labour.dtype))

    def one(n: Array, stock: Array) -> Array:
        part = (n.astype(span.dtype) + 0.5) / PIECES
        grown = labour + pace.log_growth(full, BEGIN + part * span) - since
        speed = maths.exp(now + (full["log_begin"] - now) * part)
        return stock + span / PIECES * ticks * pace.effort(full, grown) * speed

    stock = jax.lax.fori_loop(0, PIECES, one, full["research_stock"] + 0.0 * span)
    return labour + pace.log_growth(full, full["saturated"]) - since, stock
