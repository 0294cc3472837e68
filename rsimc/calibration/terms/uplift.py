"""Speed-ups of people by AI: trials, surveys, and the share of code that AI writes."""

from __future__ import annotations

import jax

from rsimc.calibration.terms.base import LOG, LOGIT, OWN, Array, Measured, Params, Path
from rsimc.models.base import Parameter

# fmt: off
# ruff: noqa: E501
FIRMS = ("anthropic", "google")


class CodeShare(Measured):
    """A firm's share of new or merged code written by AI: a biased view of the automated share of coding.

    logit share = a_firm + kappa_firm logit f_coding(t - lag) - Delta, Delta for Anthropic only, before its coding agent
    was launched in February 2025 and adopted; 0 in the form without adoption. `more than` is a lower bound. Firms count
    other shares of other things, and their slopes differ: one slope for all is contradicted by the data. Two firms
    only: the others published too few comparable shares to tell a level and a slope from.
    """

    series = "ai_code_share"
    scale = LOGIT
    groups = ("Anthropic", "Google")
    quantities = ("coding_logit",)
    parameters = (
        Parameter("code_level", "logit", {"normal": [0.5, 0.7]}, "a_firm: AI code is longer and of less value a line", OWN, FIRMS),
        Parameter("code_slope", "logit/logit", {"lognormal": [1.0, 0.4]}, "kappa_firm: share of code against share of work", OWN, FIRMS),
        Parameter("code_adoption", "logit", {"lognormal": [1.5, 0.6]}, "Delta: not yet adopted before February 2025", OWN),
        Parameter("code_lag", "years", {"lognormal": [0.15, 0.5]}, "from a released model to merged code", OWN),
    )
    ADOPTER, ADOPTED_AT, ADOPTION_WIDTH = "Anthropic", 2025.4, 0.15

    def mean(self, path: Path, params: Params) -> Array:
        """Expected logit of each row."""
        late = params["code_adoption"] * params.get("adoption_form", 1.0) * self.of(self.ADOPTER)
        before = late * jax.nn.sigmoid((self.ADOPTED_AT - self.years) / self.ADOPTION_WIDTH)
        coding = path.at("coding_logit", self.years - params["code_lag"])
        return params["code_level"][self.group] + params["code_slope"][self.group] * coding - before


SELECTED, EXPERIENCED = "selected", "experienced"


class UpliftTrials(Measured):
    """Trials of developers with and without AI: log factor = log P of coding - population - selection.

    Experienced people in code that they know gain less than a lab's staff does; people who would not do some tasks
    without AI keep them out of a trial.
    """

    series = "uplift_trials"
    scale = LOG
    groups = (EXPERIENCED, SELECTED)
    quantities = ("log_coding_speed",)
    parameters = (
        Parameter("trial_population", "log", {"normal": [0.2, 0.3]}, "what a lab's staff gain in coding beyond the developers of the trials", OWN),
        Parameter("trial_selection", "log", {"lognormal": [0.15, 0.7]}, "gain that a trial misses where people withhold tasks", "METR 2026-02-24: 30% to 50% withheld tasks; size: " + OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log factor of speed."""
        withheld = self.of(SELECTED) * params["trial_selection"]
        return path.at("log_coding_speed", self.years) - params["trial_population"] - withheld


class UpliftSurveys(Measured):
    """What staff say that AI multiplies their work by: log factor = log L + bias, more where they are asked of speed or
    output rather than value.
    """

    series = "uplift_surveys"
    scale = LOG
    quantities = ("log_labour",)
    parameters = (
        Parameter("survey_bias", "log", {"normal": [0.34, 0.15]}, "people think that they gain more than they do", "METR 2025: perceived 1.20, measured 0.84 (arXiv 2507.09089)"),
        Parameter("survey_wording", "log", {"normal": [0.4, 0.3]}, "speed or output in place of value", OWN),
    )

    def mean(self, path: Path, params: Params) -> Array:
        """Log factor."""
        return path.at("log_labour", self.years) + params["survey_bias"] + (1.0 - self.of("value")) * params["survey_wording"]
