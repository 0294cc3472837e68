"""The log posterior of a scenario in z-space: one standard normal vector for parameters, one array for past noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp

from rsimc.calibration.terms import TERMS, Path, Term
from rsimc.dates import decimal_year
from rsimc.engine.path import beats, simulate_path
from rsimc.errors import DataError, ScenarioError
from rsimc.models.base import Model, prior_set
from rsimc.observations.rows import Observation
from rsimc.priors.vector import PriorSet

Array = jax.Array


@dataclass(frozen=True)
class Target:
    """A model, its likelihood terms, and the priors of both.

    `latent_beats` innovations after the first lie in the past: they belong to the posterior, and the forecast goes on
    from them.
    """

    model: Model
    terms: tuple[Term, ...]
    priors: PriorSet

    @cached_property
    def latent_beats(self) -> int:
        """Innovation beats up to the last observation, at least up to the model's anchor."""
        last = max(decimal_year(row.date) for term in self.terms for row in term.rows)
        return max(beats(self.model, last), self.model.anchor_innovations - 1)

    @property
    def innovations_shape(self) -> tuple[int, int]:
        """Shape [1 + latent_beats, processes] of the latent noise."""
        return 1 + self.latent_beats, len(self.model.innovations)

    @property
    def rows(self) -> tuple[Observation, ...]:
        """All observations, in the order of the terms."""
        return tuple(row for term in self.terms for row in term.rows)

    def simulate(self, z: Array, innovations: Array) -> tuple[Path, dict[str, Array]]:
        """The path and the parameters at one point."""
        names = tuple(dict.fromkeys(name for term in self.terms for name in term.quantities))
        params = self.priors.named(self.priors.from_normal(z))
        values = simulate_path(self.model, params, innovations, names)
        return Path(values, self.model.start, self.model.steps_per_year), params

    def log_likelihood(self, z: Array, innovations: Array) -> Array:
        """Log density of every row [rows]."""
        path, params = self.simulate(z, innovations)
        return jnp.concatenate([term.log_likelihood(path, params) for term in self.terms])

    def predict(self, z: Array, innovations: Array) -> Array:
        """What every row would read without its measurement error [rows], in the rows' units."""
        path, params = self.simulate(z, innovations)
        return jnp.concatenate([term.predict(path, params) for term in self.terms])

    def log_prior(self, z: Array, innovations: Array) -> Array:
        """Standard normal in every direction."""
        size = z.size + innovations.size
        return -0.5 * (jnp.sum(z**2) + jnp.sum(innovations**2)) - 0.5 * size * math.log(2 * math.pi)


def make_target(model: Model, rows: Mapping[str, tuple[Observation, ...]], overrides: Mapping[str, object], where: str) -> Target:
    """The target of a model on rows by series.

    Raises DataError when nothing is known, ScenarioError for a series without a likelihood or an unknown prior.
    """
    terms = []
    for series, known in rows.items():
        if series not in TERMS:
            raise ScenarioError(f"{where}: data.{series}", "a series with a likelihood", series, f"known: {', '.join(TERMS)}")
        term = TERMS[series](known)
        if term.rows:
            terms.append(term)
    if not terms:
        raise DataError(f"{where}: data", "at least one observation published by as_of", "none", "set a later as_of, or use --prior")
    nuisance = tuple(parameter for term in terms for parameter in term.parameters)
    return Target(model, tuple(terms), prior_set(model.parameters + nuisance, overrides, f"{where}: priors"))
