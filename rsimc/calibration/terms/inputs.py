"""What goes into research: compute, its division, people, and AI at work."""

from __future__ import annotations

import math

import jax.numpy as jnp

from rsimc.calibration.terms.base import LOG, LOGIT, OWN, Array, Measured, Params, Path, logit_of_log
from rsimc.models.base import Parameter

# fmt: off
# ruff: noqa: E501
LABS = ("openai", "anthropic", "google", "meta", "spacexai")
FIRMS = LABS[:2]


class ResearchShare(Measured):
    """The share of a lab's compute spending that goes to research and training: a flow, at mid-year."""

    series = "rd_share"
    scale = LOGIT
    quantities = ("log_research_share",)

    def mean(self, path: Path, params: Params) -> Array:
        """Logit of 1 - sigma."""
        return logit_of_log(path.at("log_research_share", self.years))


class LabCompute(Measured):
    """Compute of frontier labs at year ends, in H100-equivalents: c + level of the lab + its own growth (t - 2025).

    The entity of the model is the leading lab; each lab observes it with a level and a growth of its own.
    """

    series = "lab_compute"
    scale = LOG
    groups = ("OpenAI", "Anthropic", "Google DeepMind", "Meta Superintelligence Labs", "SpaceXAI")
    quantities = ("log_compute",)
    parameters = (
        Parameter("lab_compute_2025", "log H100e", {"normal": [12.6, 0.7]}, "compute of each lab at 2025.0", "Epoch AI, AI compute users (2026-09-03), width: " + OWN, LABS),
        Parameter("lab_growth", "1/year", {"normal": [0.0, 0.25]}, "growth of each lab's compute against the leading lab's", OWN, LABS),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log H100-equivalents."""
        own = params["lab_compute_2025"][self.group] + params["lab_growth"][self.group] * (self.years - 2025.0)
        return path.at("log_compute", self.years) + own


class Workforce(Measured):
    """Headcounts of labs: log N = log people(t)/people(2025) + level of the firm + (its own growth + dilution) (t - 2025),
    errors of the stated sd and a scatter of reports in quadrature.

    Firms grow by sales and product staff too, so that the share of researchers falls; growth of one firm is not that of
    the leading lab.
    """

    series = "workforce"
    scale = LOG
    groups = ("OpenAI", "Anthropic")
    quantities = ("log_people",)
    parameters = (
        Parameter("staff_2025", "log persons", {"normal": [round(math.log(1500.0), 4), 1.0]}, "headcount of each firm at 2025.0", OWN, FIRMS),
        Parameter("staff_growth", "1/year", {"normal": [0.0, 0.25]}, "growth of each firm's staff against the leading lab's", OWN, FIRMS),
        Parameter("staff_dilution", "1/year", {"lognormal": [0.1, 0.5]}, "fall of the share of researchers among staff", "Anthropic: 521 of 915 in research at end 2024; OpenAI plans of 2026: largely product and sales"),
        Parameter("staff_scatter", "log", {"lognormal": [0.15, 0.4]}, "scatter of reported headcounts", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log headcount."""
        growth = params["staff_growth"][self.group] + params["staff_dilution"]
        people = path.at("log_people", self.years) - path.at("log_people", jnp.asarray(2025.0))
        return people + params["staff_2025"][self.group] + growth * (self.years - 2025.0)

    def spread(self, params: Params) -> Array:
        """The stated sd and the scatter in quadrature."""
        return jnp.hypot(self.sd, params["staff_scatter"])


class AgentWorkdays(Measured):
    """Days that agents run for each day that people work: log days = log A - log quality.

    A counts AI workers as good as a person. Failures are already in the automated share, so that quality is not their
    rate. A row of a time when agents were being adopted is a lower bound of what the lab could run.
    """

    series = "agent_workdays"
    scale = LOG
    quantities = ("log_ai_labour",)
    parameters = (
        Parameter("agent_quality", "log", {"normal": [round(math.log(0.5), 4), 1.0]}, "work of an agent's day against a person's, in work that it can do", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log agent-days for each day of a person."""
        return path.at("log_ai_labour", self.years) - params["agent_quality"]
