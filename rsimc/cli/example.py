"""The model that `rsimc init --model` writes."""

from __future__ import annotations

MODEL = '''\
"""A model of your own: the tasks that AI completes grow longer, faster once AI helps with its own research.

rsimc runs it as it runs its own. Every method is written for ONE trajectory and serves whole blocks of them: values
may be arrays, so compute with rsimc.maths, without `if` on a value. Times are years, logarithms natural.
"""

import math

from rsimc import maths
from rsimc.models.base import Duration, Milestone, Observable, Parameter

MONTH, YEAR = math.log(167.0), math.log(2000.0)  # log hours of a person's work


class MyModel:
    name, version = "my_model", "1"
    epoch, start = 2025.0, 2019.0  # the year that t counts from; the year at which trajectories start
    steps_per_year, steps_per_innovation = 12, 3  # monthly steps; the noise changes every quarter
    innovations, anchor_innovations = ("pace",), 1  # one noise process
    parameters = (  # name, unit, prior ("LOW to HIGH" is its 90% interval), meaning, source
        Parameter("horizon_2019", "seconds", "1 to 10", "50% time horizon at the start", "METR 2025: GPT-2, 2 seconds"),
        Parameter("pace", "nats/year", "1 to 2", "growth of the log horizon", "METR 2025: doubling in 4 to 7 months"),
        Parameter("feedback", "x", "0.2 to 5", "how much more AI adds to the pace in the end", "judgement"),
        Parameter("shock", "nats/year", {"lognormal": [0.5, 0.3]}, "quarterly noise of the pace", "judgement"),
    )
    milestones = (  # name, quantity, threshold, definition; seen: the world would know that it has happened
        Milestone("month_tasks", "log_horizon", MONTH, "AI completes half of the tasks of a month", seen=True),
        Milestone("year_tasks", "log_horizon", YEAR, "AI completes half of the tasks of a year", seen=True),
    )
    durations = (Duration("month_tasks", "year_tasks"),)
    classes = ("never", "fast", "slow")
    observables = (Observable("horizon_hours", "log_horizon", "hours", "50% time horizon", "log", 1e-4, 1e6),)
    equations = ("d log h/dt = pace (1 + feedback sigmoid(log h - log month)) + shock noise    time horizon",)

    def prepare(self, params, past):
        return params  # or {**params, "name": ...} with what follows from them once per trajectory

    def init(self, params, t, noise):
        return maths.log(params["horizon_2019"] / 3600.0)  # the state: a number, a tuple or a dict of them

    def step(self, state, params, t, dt, noise):
        pace = params["pace"] * (1.0 + params["feedback"] * maths.sigmoid(state - MONTH))
        return state + dt * (pace + params["shock"] * noise[0])

    def observe(self, state, params, t):
        return {"log_horizon": state}  # of this name, METR's data can calibrate it

    def clipped(self, state):
        return state > math.inf  # whether a fence in your arithmetic was touched: there is none here

    def classify(self, dates, horizon):  # years since the start, inf when not within the horizon
        took = dates["year_tasks"] - dates["month_tasks"]
        return maths.where(dates["year_tasks"] < math.inf, maths.where(took < 1.0, 1, 2), 0)
'''
