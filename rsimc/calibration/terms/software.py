"""Progress of software: its growth, small models trained ever faster, records, and gains that AI made on its own."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from rsimc.calibration.terms.base import LOG, OWN, Array, Measured, Params, Path
from rsimc.models.base import Parameter

# fmt: off
# ruff: noqa: E501


class SoftwareGrowth(Measured):
    """Average growth of software efficiency from 2019.0 to 2024.0, a factor a year."""

    series = "software_growth"
    scale = LOG
    quantities = ("software",)
    FROM, TO = 2019.0, 2024.0

    def mean(self, path: Path, params: Params) -> Array:
        """Log factor a year."""
        ends = path.at("software", np.array([self.FROM, self.TO]))
        return jnp.repeat((ends[1] - ends[0]) / (self.TO - self.FROM), len(self.rows))


class Nanochat(Measured):
    """A small model trained to GPT-2's quality: how much less compute it takes than in 2019, and how fast agents improve
    it beside people.

    software: log gain = phi [s(t) - s(2019.12)]. agents: log pace = mean of log P of experiments and coding + bias.
    """

    series = "nanochat"
    scale = LOG
    groups = ("software", "agents")
    quantities = ("software", "log_experiment_speed", "log_coding_speed")
    parameters = (
        Parameter("small_model_share", "share", {"lognormal": [0.5, 0.5]}, "phi: part of software progress that shows on a small model of fixed quality", OWN + ": gains that come with scale do not show"),
        Parameter("agent_pace_bias", "log", {"normal": [0.0, 0.5]}, "agents on one small metric against research as a whole", OWN),
    )
    FIRST = 2019.12  # GPT-2 was announced on 14 February 2019

    def mean(self, path: Path, params: Params) -> Array:
        """Log gain, or log pace of agents against people."""
        gain = path.at("software", self.years) - path.at("software", jnp.asarray(self.FIRST))
        pace = 0.5 * (path.at("log_experiment_speed", self.years) + path.at("log_coding_speed", self.years))
        return jnp.where(self.of("software") > 0, params["small_model_share"] * gain, pace + params["agent_pace_bias"])


class SpeedRun(Measured):
    """Records of training a small model as fast as possible, mostly by people: doublings of speed per doubling of
    records, read as the returns to research of one more field.

    Records are what research puts out, not what it takes, and fields differ by a factor of 1.5 (the sd of their logs in
    Erdil, Besiroglu & Ho 2024), both in the row's own sd.
    """

    series = "speedrun"
    scale = LOG
    quantities = ()

    def mean(self, path: Path, params: Params) -> Array:
        """Log r."""
        return jnp.log(params["returns_to_research"]) + jnp.zeros(len(self.rows))


class AiGains(Measured):
    """Gains in efficiency that AI made on its own: log of the integral of max(1 - 1/M, 0) ds up to the date + FLOOR.

    Gains gross of the compute that AI labour takes: where AI costs research more than it adds (M < 1), it adds none.
    Only gains that a lab disclosed are counted, and only one lab's, hence the row's sd of a factor of e.
    """

    series = "ai_gains"
    scale = LOG
    quantities = ("software", "log_multiplier")
    FLOOR = 1e-4  # nats; keeps the logarithm finite where AI adds nothing yet, 5 sds below the one row

    def mean(self, path: Path, params: Params) -> Array:
        """Log nats."""
        s, m = path.values["software"], path.values["log_multiplier"]
        share = jnp.maximum(-jnp.expm1(-0.5 * (m[1:] + m[:-1])), 0.0)
        made = jnp.concatenate([jnp.zeros(1), jnp.cumsum(share * jnp.diff(s))])
        return jnp.log(path.along(made, self.years) + self.FLOOR)
