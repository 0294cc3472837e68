"""One lab and one step of it: software by its research, releases behind it, and everything else as a closed form.

A step predicts what drives it at mid-step from the last two (Adams and Bashforth), evaluates everything at its end, and
corrects itself with the mean of both ends: one evaluation a step, a fifth of the error. Software is exact while log
research effort goes along a line, the released generation while effective compute does. A lab other than the leading
one differs in its compute and its staff; noise is common to all, and methods diffuse to those behind:
s' += rate (s_front - s).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params, Quantities
from rsimc.models.takeoff import compute, generations, horizon, labour, people, shares, software, specialisms
from rsimc.models.takeoff.generations import Generations
from rsimc.models.takeoff.measured import Shown, measured, shown
from rsimc.models.takeoff.parameters import CODING, EVALUATION

Array = jax.Array
CLOSED = 4.59511985013459
"""Logit of 99%: the loop is closed when every specialism is at least that much automated."""
STOPPED = 1e-6
"""Stands for the share of work that a full pause leaves, where its logarithm is wanted."""


class Scale(NamedTuple):
    """Logs of a lab's compute and research staff relative to the leading lab's."""

    log_compute: Array | float = 0.0
    log_people: Array | float = 0.0


class Now(NamedTuple):
    """All that follows at one date from software, synthetic data, the released generation and the noise.

    log_effort is research against that of the lab's own people alone, who would have the compute that AI labour takes
    for experiments. log_haste is research against what the leading lab's people alone would do on the reference path,
    and with the compute that there is: more staff does not slow the preparation of generations, nor less speed it.
    """

    log_horizon: Array
    log_research_share: Array
    log_left: Array
    log_chips: Array
    log_research: Array
    log_effort: Array
    log_haste: Array
    data_generation: Array
    binding_logit: Array
    coding_logit: Array
    evaluation_logit: Array
    small_loop_logit: Array
    automated: Array
    human_share: Array
    director_share: Array
    log_oversight: Array
    shown: Shown


class Drive(NamedTuple):
    """What moves a lab: see `Now`."""

    log_research: Array
    log_haste: Array
    log_chips: Array
    data_generation: Array


class Lab(NamedTuple):
    """Software s in nats; synthetic data D in years; what holds now; what moved it a step ago; the noise of the horizon
    that pauses withheld, log hours; log of the share of the last step's work that no pause stopped."""

    software: Array
    data: Array
    generations: Generations
    now: Now
    before: Drive
    withheld: Array
    log_running: Array


def start(params: Params, scale: Scale, t: Array, dt: float, deviation: Array) -> Lab:
    """The lab at the start: software 0, no synthetic data."""
    people, chips = horizon.reference_inputs(params, jnp.stack([t - dt, t]))
    gone = generations.start(params, chips[1] + scale.log_compute)
    zero = jnp.zeros_like(gone.released)
    now = _now(params, scale, zero, zero, gone, t, deviation)
    drive = _drive(now)  # no AI labour yet: the slopes are those of the reference path
    research = software.log_research(params, people - params["people_2024"], chips - params["chips_2024"])
    before = drive._replace(
        log_research=drive.log_research - (research[1] - research[0]), log_chips=drive.log_chips - (chips[1] - chips[0])
    )
    return Lab(zero, zero, gone, now, before, zero, zero)


def advance(
    lab: Lab,
    params: Params,
    scale: Scale,
    t: Array,
    dt: float,
    noise: tuple[Array, Array, Array],
    stopped: Array | float,
    leader: Lab | None,
    front: Array | None,
) -> tuple[Lab, Array]:
    """The lab after dt, and whether the fence on the pace of software was touched.

    noise: u_s over the step, and the horizon's deviation after it and before. stopped: share of the step's work that a
    pause stops, its releases and their noise among it. leader: the leading lab after the step, None for itself. front:
    software of the lab that is furthest, None for a lab alone.
    """
    wobble, deviation, earlier = noise
    paused = not isinstance(stopped, float)
    withheld = lab.withheld + stopped * (deviation - earlier) if paused else lab.withheld
    log_running = maths.log(maths.maximum(1.0 - stopped, STOPPED)) if paused else lab.log_running

    def moved(drive: Drive) -> tuple[Array, Array, Generations, Array]:
        # Fenced, so that the compiler rounds alike whatever else it computes beside.
        inside = jax.tree.map(maths.fence, drive)
        return jax.tree.map(maths.fence, _moved(lab, params, above, inside, t, dt, wobble, stopped, leader, front))

    past, above = _drive(lab.now), software.ceiling(params, lab.software)
    s, data, gone, _ = moved(jax.tree.map(lambda now, before: now + 0.5 * (now - before), past, lab.before))
    now = _now(params, scale, s, data, gone, t + dt, deviation - withheld)
    s, data, gone, pace = moved(jax.tree.map(lambda before, after: 0.5 * (before + after), past, _drive(now)))
    share = (CLOSED - lab.now.binding_logit) / maths.maximum(now.binding_logit - lab.now.binding_logit, 1e-6)
    share = maths.minimum(maths.maximum(share, 0.0), 1.0)
    gone = generations.close(lab.generations, gone, share, now.binding_logit >= CLOSED)
    below = lab.software < params["software_ceiling"] - 1.0  # at the ceiling the pace decides nothing
    return Lab(s, data, gone, now, past, withheld, log_running), (pace > software.LOG_RATE_FENCE) & below


def _moved(
    lab: Lab,
    params: Params,
    above: software.Ceiling,
    drive: Drive,
    t: Array,
    dt: float,
    wobble: Array,
    stopped: Array | float,
    leader: Lab | None,
    front: Array | None,
) -> tuple[Array, Array, Generations, Array]:
    """Software, synthetic data and generations after dt, and the log pace of software; drive: at mid-step."""
    runs = 1.0 - stopped
    pace = software.log_pace(params, drive.log_research - params["research_2019"], lab.software, wobble)
    pace = pace + software.log_mean(2.0 * params["parallelisation"] * (drive.log_research - lab.now.log_research))
    pace = pace if isinstance(stopped, float) else pace + maths.log(maths.maximum(runs, 1e-30))
    s = software.advance(lab.software, pace, dt, above)
    if front is not None:
        s = s - maths.maximum(front - lab.software, 0.0) * maths.expm1(-params["diffusion"] * dt * runs)
    chips = lab.now.log_chips
    slope = (s - lab.software + 2.0 * (drive.log_chips - chips)) / dt
    gone = generations.advance(lab.generations, params, lab.software + chips, slope, drive.log_haste, dt, runs)
    early = t + dt < horizon.SAME_TIME
    origin = gone.released if leader is None else leader.generations.released  # labs share the methods of 2025
    gone = gone._replace(released_2025=maths.where(early, origin, gone.released_2025))
    made = maths.where(early, 0.0, maths.minimum(maths.maximum(drive.data_generation, 0.0), 1.0) * (dt * runs))
    return s, lab.data + made, gone, pace


def _drive(now: Now) -> Drive:
    return Drive(now.log_research, now.log_haste, now.log_chips, now.data_generation)


def _now(params: Params, scale: Scale, s: Array, data: Array, gone: Generations, t: Array, deviation: Array) -> Now:
    """Everything that holds at t, in the order in which the model's rooms need each other."""
    h = horizon.log_horizon(params, gone.released, gone.released_2025, t, deviation)
    share = shares.log_research_share(params, h, t)
    early = compute.before_slowdown(params, t)
    chips = compute.log_compute(params, t, early) + share + scale.log_compute
    hands = compute.log_researchers(params, t, early) + scale.log_people
    logit = maths.fence(specialisms.automation_logit(params, h, data))  # read in many places, computed once
    workers = labour.log_ai_labour(params, chips, s, hands)
    f = maths.logistic(logit)
    work = labour.aggregate(params, f, workers)
    left = shares.log_left_by_ai(params, t)
    experiments, staff = chips + left - params["chips_2024"], hands - params["people_2024"]
    research = software.log_research(params, staff + work.log_gain, experiments)
    effort = research - software.log_research(params, staff, experiments - left)
    planned = compute.log_researchers(params, t, early, "reference_staff_growth") - params["people_2024"]
    haste = research - software.log_research(params, planned, experiments)
    return Now(
        h,
        share,
        left,
        chips + left,
        research,
        effort,
        haste,
        specialisms.data_generation(f.share),
        maths.smallest(logit),
        logit[CODING],
        logit[EVALUATION],
        specialisms.small_loop_logit(params, logit),
        work.automated,
        work.human_share,
        work.director_share,
        people.log_oversight(work, params["parallelisation"] * effort),
        shown(logit, work, workers, hands),
    )


def observe(lab: Lab, params: Params, scale: Scale, t: Array) -> Quantities:
    """A lab's quantities by name; logs natural, horizon in log hours, effective compute in nats."""
    now, gone = lab.now, lab.generations
    use = shares.split(params, now.log_research_share, now.log_left)
    human, director = now.human_share, now.director_share
    return {
        "log_horizon": now.log_horizon,
        "coding_logit": now.coding_logit,
        "binding_logit": now.binding_logit,
        "evaluation_logit": now.evaluation_logit,
        "small_loop_logit": now.small_loop_logit,
        "log_effort": now.log_effort,
        "log_multiplier": params["parallelisation"] * now.log_effort + lab.log_running,
        "minus_log_human_share": -maths.log(maths.maximum(human, 1e-12)),
        "minus_log_hands": -maths.log(maths.maximum(human - director, 1e-12)),
        "minus_log_oversight": -now.log_oversight,
        "human_share": human,
        "director_share": director,
        "log_oversight": now.log_oversight,
        "automated_share": now.automated,
        "research_share": maths.exp(now.log_research_share),
        "serving_share": use.serving,
        "ai_labour_share": use.ai_labour,
        "training_share": use.training,
        "experiment_share": use.experiments,
        "log_research_share": now.log_research_share,
        "log_compute": compute.log_compute(params, t, compute.before_slowdown(params, t)) + scale.log_compute,
        "software": lab.software,
        "minus_log_room": -maths.log(maths.maximum(params["software_ceiling"] - lab.software, 1e-6)),
        "since_closure": gone.released - gone.closed_at,
        "versions": gone.versions,
        "version_gain": gone.gain,
        "log_version_gain": maths.log(maths.maximum(gone.gain, 1e-3)),
        **measured(params, now.shown, now.log_horizon, now.coding_logit, now.evaluation_logit),
    }
