"""The jagged frontier as it is observed: what AI does of each kind of research work, and how far checking matters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from rsimc.calibration.terms.base import LOG, LOGIT, OWN, Array, Counted, Measured, Params, Path
from rsimc.models.base import Parameter
from rsimc.observations.rows import Observation

# fmt: off
# ruff: noqa: E501
JUDGED = {"GDPval": 0.25, "RLI": 0.25, "APEX-Agents": 0.4, "LMCA": 0.2}
"""Suites that people grade, and how far their work can be checked: labels of ours (0 not at all, 1 by a program)."""
OF_RESEARCH = {"research debugging": ("experiments_horizon", "evaluation_horizon"), "PaperBench-10": ("experiments_horizon",), "CoBench": ("evaluation_horizon",)}
"""Suites of AI research, and the specialisms whose horizon they follow."""

SUITES = ("debugging", "paperbench", "cobench", "gdpval", "rli", "apex", "lmca")


class ResearchDebugging(Counted):
    """Bugs in research that a model helped with, by the time that they take people: logit p = s (h_experiments - log t) + o.

    `Helpful` is more than solved, hence o.
    """

    series = "research_debugging"
    quantities = ("experiments_horizon",)
    parameters = (
        Parameter("debugging_slope", "logit per log hour", {"lognormal": [1.0, 0.3]}, "s: how success falls with the length of the task", "METR's tasks: 0.85"),
        Parameter("debugging_level", "logit", {"normal": [0.3, 0.5]}, "o: help counts as success", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of success."""
        h = path.at("experiments_horizon", self.years)
        return params["debugging_slope"] * (h - np.log(self.hours)) + params["debugging_level"]


class ResearchSuites(Measured):
    """Scores of suites of work over time, best so far: logit score = level of the suite + s h_suite(t).

    Levels say what a suite takes for success, so that only growth is evidence. h is the horizon of the specialism, or
    that of work checkable to the degree v of the suite. Rows of one suite share its tasks and judge: their sds grow so
    that a suite counts as three rows at most.
    """

    series = "research_suites"
    scale = LOGIT
    groups = (*OF_RESEARCH, *JUDGED)
    quantities = ("log_horizon", "verifiability_lag", "experiments_horizon", "evaluation_horizon")
    parameters = (
        Parameter("suite_level", "logit", {"normal": [0.0, 2.0]}, "score of each suite at a horizon of 4 hours", OWN + ": wide, the level is no evidence", SUITES),
        Parameter("suite_slope", "logit per log hour", {"lognormal": [0.85, 0.35]}, "s: growth of scores with the horizon", "METR's tasks: 0.85"),
    )
    AT, EFFECTIVE = math.log(4.0), 3.0

    def __init__(self, rows: Sequence[Observation]) -> None:
        super().__init__(rows)
        sizes = np.bincount(self.group, minlength=len(self.groups or ()))[self.group]
        self.sd = self.sd * np.sqrt(np.maximum(sizes / self.EFFECTIVE, 1.0))

    def takes(self, row: Observation) -> bool:
        """Records only."""
        return super().takes(row) and row.state_of_the_art

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the score."""
        unchecked = np.array([1.0 - JUDGED.get(row.group, 1.0) for row in self.rows])
        h = path.at("log_horizon", self.years) - unchecked * path.at("verifiability_lag", self.years)
        for suite, names in OF_RESEARCH.items():
            own = sum(path.at(name, self.years) for name in names) / len(names)
            h = jnp.where(self.of(suite) > 0, own, h)
        return params["suite_level"][self.group] + params["suite_slope"] * (h - self.AT)


class AutomatedWork(Measured):
    """The share of a lab's person-time that AI leads: logit F_observed = b + kappa log(F / (1 - F)), F = sum_k w_k f_k.

    The label is a threshold on delegation, not on success: it may rise faster than the automated share.
    """

    series = "automated_work"
    scale = LOGIT
    quantities = ("log_automated", "log_not_automated")
    parameters = (
        Parameter("delegation_level", "logit", {"normal": [0.3, 0.7]}, "b: what is delegated against what is automated", OWN),
        Parameter("delegation_slope", "logit/logit", {"lognormal": [1.5, 0.4]}, "kappa: delegation against automation", OWN + ": a threshold is steeper than a share"),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the share that AI leads."""
        odds = path.at("log_automated", self.years) - path.at("log_not_automated", self.years)
        return params["delegation_level"] + params["delegation_slope"] * odds


class Autonomy(Measured):
    """The share of completed tasks in which nobody had to step in: logit p = 0.85 (h - log t) + o, h the mean horizon of
    coding and experiments. 0.85 is the slope of METR's tasks."""

    series = "autonomy"
    scale = LOGIT
    quantities = ("coding_horizon", "experiments_horizon")
    parameters = (
        Parameter("autonomy_level", "logit", {"normal": [0.0, 0.7]}, "o: no step-in is stricter than success, completed is laxer than tried", OWN),
    )
    SLOPE = 0.85

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the share without intervention."""
        h = 0.5 * (path.at("coding_horizon", self.years) + path.at("experiments_horizon", self.years))
        hours = np.array([row.hours or np.nan for row in self.rows])
        return self.SLOPE * (h - np.log(hours)) + params["autonomy_level"]


class WholeJob(Counted):
    """Staff who say that a model replaces a junior researcher: logit p = c + logit of the least automated specialism.

    Answers of one lab's staff cluster: twice the binomial variance.
    """

    series = "whole_job"
    dispersion = 2.0
    quantities = ("binding_logit",)
    parameters = (
        Parameter("whole_job_level", "logit", {"normal": [0.0, 1.5]}, "c: a junior's job against the work of the least automated specialism", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the share of staff."""
        return path.at("binding_logit", self.years) + params["whole_job_level"]


class ResearchDirection(Measured):
    """What is known of AI that directs research: how often its choices are preferred to people's, and how little of its
    use is planning (an upper bound). Planning: logit share = logit f_direction. Judgement: the offset of the judge, who is
    AI with hindsight, on top.
    """

    series = "research_direction"
    scale = LOGIT
    groups = ("judgement", "planning")
    quantities = ("direction_logit",)
    parameters = (
        Parameter("judge_offset", "logit", {"normal": [0.0, 0.7]}, "preferred choices against automated work", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of the share."""
        return path.at("direction_logit", self.years) + self.of("judgement") * params["judge_offset"]


class ExpertCrossings(Measured):
    """When AI reached what an expert does in so many hours: log hours = h_k(t) + offset.

    The tasks can be climbed with a metric, and the best of many tries counts: such work runs ahead.
    """

    series = "expert_crossings"
    scale = LOG
    groups = ("theory", "systems", "experiments")
    quantities = ("theory_horizon", "systems_horizon", "experiments_horizon")
    parameters = (
        Parameter("crossing_offset", "log hours", {"normal": [0.7, 0.5]}, "best of many tries at a metric", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log hours."""
        each = jnp.stack([path.at(f"{name}_horizon", self.years) for name in self.groups or ()])
        return each[self.group, np.arange(len(self.rows))] + params["crossing_offset"]


class MergeGap(Measured):
    """The horizon under a program's grading over that under maintainers': log ratio = (1 - v_merge) delta u^gamma."""

    series = "merge_gap"
    scale = LOG
    quantities = ("verifiability_lag",)
    parameters = (
        Parameter("merge_verifiability", "share", {"logitnormal": [0.2, 0.5]}, "v: how far a program can check what maintainers want", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log ratio."""
        return (1.0 - params["merge_verifiability"]) * path.at("verifiability_lag", self.years)
