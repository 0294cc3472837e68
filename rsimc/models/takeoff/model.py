"""The flagship: compute and people in, software and capability out, the capability automates the research itself.

The entity is the leading lab, doing research with its last released model. One step of dt: the noise moves by its
exact law, software by Adams-Bashforth on the log of research effort (exact in software itself), the released
generation by its exact exponential along an extrapolated line, everything else is a closed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Duration, Milestone, Observable, Parameter, Params, Quantities
from rsimc.models.takeoff import compute, horizon, labour, noise, software, specialisms
from rsimc.models.takeoff import milestones as marks
from rsimc.models.takeoff.parameters import CODING, PARAMETERS

Array = jax.Array
DT = 1.0 / 12.0
STEPS = 3  # months in a quarter, the beat of the innovations
QUARTERS_TO_ANCHOR = 24


class Now(NamedTuple):
    """All that follows at one date from software, the released generation and the noise."""

    log_horizon: Array
    log_research_share: Array
    effective_compute: Array
    log_research: Array
    log_effort: Array
    binding_logit: Array
    coding_logit: Array
    log_automated: Array
    log_human_share: Array


class State(NamedTuple):
    """software s and the released generation's effective compute e_dep, in nats, now and at 2025.0; noise; what holds
    now; what the two-step scheme remembers (log research, log effort, effective compute a step ago); whether a fence
    was touched."""

    software: Array
    released: Array
    released_2025: Array
    noise: noise.Noise
    now: Now
    before: tuple[Array, Array, Array]
    clipped: Array


class Takeoff:
    """The flagship model `takeoff`."""

    name = "takeoff"
    version = "2"
    epoch = 2025.0
    start = 2019.0
    steps_per_year = 12
    steps_per_innovation = STEPS
    innovations: tuple[str, ...] = ("horizon", "software", "trend")
    anchor_innovations = 1 + QUARTERS_TO_ANCHOR
    parameters: tuple[Parameter, ...] = PARAMETERS
    milestones: tuple[Milestone, ...] = marks.MILESTONES
    durations: tuple[Duration, ...] = marks.DURATIONS
    classes: tuple[str, ...] = marks.CLASSES
    observables: tuple[Observable, ...] = marks.OBSERVABLES
    equations: tuple[str, ...] = (
        "ds/dt = g_s exp{lambda log R/R(2019) - (lambda/r) s + u_s} (1 - e^{s-S})          software",
        "e = s + log(research compute);  e_dep' = (e - e_dep)/tau;  tau = tau_run + tau_prep/E   generations",
        "h = a + b (e^{k x} - 1)/k + D_p(t) + u_h + W(t) - W(2025);  x = e_dep - reference      time horizon",
        "f_k = sigmoid(slope_k (h - (1 - v_k) delta u(h)^gamma - theta_k))                      automated share",
        "log A = l_A + log(q/4) + log compute + psi s - log people                              AI labour",
        "P_k = 1 + A_k, or [(1-f)^{1-rt} + f^{1-rt} A_k^rt]^{1/rt} beyond A_k = f/(1-f)         within a specialism",
        "L = (sum w_k P_k^rs)^{1/rs};  R = [alpha (people L)^rx + (1-alpha) compute^rx]^{1/rx}  bottlenecks",
        "E = R / R(L = 1);  M = E^lambda                                                        effort, multiplier",
    )

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds the anchors of the reference path, normalised weights and the noise coefficients."""
        weight = params["effort_weight"]
        full = {
            **params,
            **horizon.anchor(params),
            **noise.coefficients(params, DT, STEPS),
            "log_weight": weight - maths.logsumexp(weight),
            "threshold": specialisms.thresholds(params),
            "slope": specialisms.slopes(params),
        }
        return {**full, "trend_2025": noise.trend_at_anchor(full, past, DT, STEPS)}

    def init(self, params: Params, t: float, z: Array) -> State:
        """The lab in 2019: software 0, the released generation as far behind as the reference path has it."""
        drift = noise.start(params, z)
        _, chips = horizon.reference_inputs(params, t)
        lag = params["training_time"] + params["preparation_time"]
        released = chips - lag * params["pace_2019"]
        zero = jnp.zeros_like(released)
        now = self._now(params, zero, released, released, drift, jnp.asarray(t, released.dtype))
        before = (now.log_research, now.log_effort, now.effective_compute - DT * params["pace_2019"])
        return State(zero, released, released, drift, now, before, zero > 1.0)

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """Second-order steps; z [3, ...] is the quarter's innovation."""
        drift = noise.advance(state.noise, params, z, dt)
        log_research, log_effort, effective = (
            now + 0.5 * (now - before) for now, before in zip(_remembered(state.now), state.before, strict=True)
        )
        wobble = 0.5 * (state.noise.software + drift.software)
        pace = software.log_pace(params, log_research - params["research_2019"], state.software, wobble)
        s = software.advance(params, state.software, pace, dt)
        lag = params["training_time"] + params["preparation_time"] * maths.exp(-log_effort)
        slope = (effective - state.now.effective_compute) * (2.0 / dt)
        behind = state.released - state.now.effective_compute + slope * lag
        released = state.now.effective_compute + slope * (dt - lag) + behind * maths.exp(-dt / lag)
        released_2025 = maths.where(t + dt < horizon.SAME_TIME, released, state.released_2025)
        now = self._now(params, s, released, released_2025, drift, t + dt)
        below = state.software < params["software_ceiling"] - 1.0  # at the ceiling the pace decides nothing
        clipped = state.clipped | ((pace > software.LOG_RATE_FENCE) & below)
        return State(s, released, released_2025, drift, now, _remembered(state.now), clipped)

    def _now(
        self, params: Params, s: Array, released: Array, released_2025: Array, drift: noise.Noise, t: Array
    ) -> Now:
        """Everything that holds at t, in the order in which the model's rooms need each other."""
        deviation = drift.horizon + drift.trend - params["trend_2025"]
        h = horizon.log_horizon(params, released, released_2025, t, deviation)
        share = compute.log_research_share(params, h, t)
        chips = compute.log_compute(params, t) + share
        people = compute.log_researchers(params, t)
        logit = specialisms.automation_logit(params, h)
        work = labour.aggregate(params, logit, labour.log_ai_labour(params, chips, s, people))
        experiments, hands = chips - params["chips_2024"], people - params["people_2024"]
        research = software.log_research(params, hands + work.log_gain, experiments)
        effort = research - software.log_research(params, hands, experiments)
        return Now(
            h,
            share,
            s + chips,
            research,
            effort,
            jnp.min(logit, axis=0),
            logit[CODING],
            work.log_automated,
            work.log_human_share,
        )

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Quantities by name; logs natural, horizon in log hours."""
        now = state.now
        return {
            "log_horizon": now.log_horizon,
            "coding_logit": now.coding_logit,
            "binding_logit": now.binding_logit,
            "log_effort": now.log_effort,
            "log_multiplier": params["parallelisation"] * now.log_effort,
            "minus_log_human_share": -now.log_human_share,
            "human_share": maths.exp(now.log_human_share),
            "automated_share": maths.exp(now.log_automated),
            "research_share": maths.exp(now.log_research_share),
            "log_research_share": now.log_research_share,
            "log_compute": compute.log_compute(params, t),
            "software": state.software,
            "log_limit_share": state.software - params["software_ceiling"],
        }

    def clipped(self, state: State) -> Array:
        """Whether the fence on the pace of software was touched."""
        return state.clipped

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """See `milestones.classify`."""
        return marks.classify(dates, horizon)


def _remembered(now: Now) -> tuple[Array, Array, Array]:
    return now.log_research, now.log_effort, now.effective_compute
