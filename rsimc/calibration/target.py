"""The log posterior of a scenario in z-space: one standard normal vector for parameters, one array for past noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.calibration.not_yet import log_guide, seen_milestones
from rsimc.calibration.terms import TERMS, Path, Seen, Term
from rsimc.calibration.terms.base import Counted, Measured
from rsimc.dates import decimal_year
from rsimc.engine.path import beats, simulate_path
from rsimc.errors import DataError
from rsimc.models.base import Model, Parameter, correlations_of, forms_of, prior_set, written_at
from rsimc.observations.rows import Observation
from rsimc.priors.vector import PriorSet

Array = jax.Array
BY_LENGTH = ("research_debugging", "autonomy")
"""Series whose rows are read at the length of their tasks."""


class Data(NamedTuple):
    """What a target is told, as arguments of its compiled program.

    seen: what every row says (each [rows]); weight [rows]: 1, or 0 for a row that is left out. late, noise: None; in
    checks of the checks, years by which the likelihood misdates its rows and the share of process noise that it knows.
    """

    seen: Seen
    weight: Array | np.ndarray
    late: Array | float | None = None
    noise: Array | float | None = None


@dataclass(frozen=True)
class Target:
    """A model, its likelihood terms, and the priors of both.

    `latent_beats` innovations after the first lie in the past: they belong to the posterior, and the forecast goes on
    from them. as_of: decimal year by which no milestone that would have been seen has come; None: it is not asked.
    """

    model: Model
    terms: tuple[Term, ...]
    priors: PriorSet
    as_of: float | None = None

    @cached_property
    def latent_beats(self) -> int:
        """Innovation beats up to the last observation or `as_of`, at least up to the model's anchor."""
        last = max(decimal_year(row.date) for term in self.terms for row in term.rows)
        known = last if self.as_of is None else max(last, self.as_of)
        return max(beats(self.model, known), self.model.anchor_innovations - 1)

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """What is read from a path."""
        watched = [] if self.as_of is None else [milestone.quantity for milestone in seen_milestones(self.model)]
        return tuple(dict.fromkeys([name for term in self.terms for name in term.quantities] + watched))

    @property
    def innovations_shape(self) -> tuple[int, int]:
        """Shape [1 + latent_beats, processes] of the latent noise."""
        return 1 + self.latent_beats, len(self.model.innovations)

    @property
    def rows(self) -> tuple[Observation, ...]:
        """All observations, in the order of the terms."""
        return tuple(row for term in self.terms for row in term.rows)

    @cached_property
    def choice(self) -> dict[str, float]:
        """Values of the parameters that choose the model's form; those that the scenario leaves uncertain are none."""
        names = {form.parameter for form in forms_of(self.model)}
        fixed = {name: prior for name, _, prior in self.priors.entries if prior.kind == "fixed"}
        return {name: float(prior.loc) for name, prior in fixed.items() if name in names}

    @cached_property
    def data(self) -> Data:
        """What its own rows say, all of them."""
        seen = [term.seen for term in self.terms]
        y, sign = (np.concatenate([getattr(one, name) for one in seen]) for name in ("y", "sign"))
        return Data(Seen(y, sign), np.ones(len(y)))

    def leaving_out(self, left_out: Callable[[Observation], bool]) -> Data:
        """Its data without some of its rows."""
        return self.data._replace(weight=np.array([0.0 if left_out(row) else 1.0 for row in self.rows]))

    def simulate(self, z: Array, innovations: Array, choice: Array | None = None) -> tuple[Path, dict[str, Array]]:
        """The path and the parameters at one point.

        choice [choices]: values that stand in place of the target's own, so that one compiled program serves all forms.
        """
        params = self.priors.named(self.priors.from_normal(z))
        if choice is not None:
            params = {**params, **dict(zip(self.choice, choice.astype(z.dtype), strict=True))}
        values = simulate_path(self.model, params, innovations, self.quantities)
        return Path(values, self.model.start, self.model.steps_per_year), params

    def log_likelihood(self, z: Array, innovations: Array) -> Array:
        """Log density of every row [rows]."""
        return self.rows_of(*self.simulate(z, innovations), self.data)

    def log_evidence(
        self, z: Array, innovations: Array, choice: Array | None = None, data: Data | None = None
    ) -> Array:
        """Log density of all rows together, and the guide of what has not happened yet: a scalar."""
        told = self.data if data is None else data
        path, params = self.simulate(z, innovations if told.noise is None else told.noise * innovations, choice)
        dated = path if told.late is None else Path(path.values, path.start - told.late, path.steps_per_year)
        return jnp.sum(told.weight * self.rows_of(dated, params, told)) + self.log_not_yet(path)

    def log_not_yet(self, path: Path) -> Array:
        """Log of the guide of what has not happened by `as_of`: 0 exactly where nothing has, or it is not asked."""
        return jnp.zeros(()) if self.as_of is None else log_guide(self.model, path.values, self.as_of)

    def rows_of(self, path: Path, params: dict[str, Array], data: Data) -> Array:
        """Log density of every row [rows], whatever its weight."""
        parts, first = [], 0
        for term in self.terms:
            its = slice(first, first + len(term.rows))
            parts.append(term.log_likelihood(path, params, Seen(data.seen.y[its], data.seen.sign[its])))
            first = its.stop
        return jnp.concatenate(parts)

    def predict(self, z: Array, innovations: Array) -> Array:
        """What every row would read without its measurement error [rows], in the rows' units."""
        path, params = self.simulate(z, innovations)
        return jnp.concatenate([term.predict(path, params) for term in self.terms])

    def draw(self, path: Path, params: dict[str, Array], key: Array) -> Seen:
        """Rows as the likelihood says that they come, given the path: each [rows]."""
        keys = jax.random.split(key, len(self.terms))
        seen = [term.draw(path, params, one) for term, one in zip(self.terms, keys, strict=True)]
        return Seen(jnp.concatenate([one.y for one in seen]), jnp.concatenate([one.sign for one in seen]))

    def log_prior(self, z: Array, innovations: Array) -> Array:
        """Standard normal in every direction."""
        size = z.size + innovations.size
        return -0.5 * (jnp.sum(z**2) + jnp.sum(innovations**2)) - 0.5 * size * math.log(2 * math.pi)


def nuisance_parameters(series: Iterable[str] = tuple(TERMS)) -> tuple[Parameter, ...]:
    """The parameters of the likelihood terms of some series, by default of all."""
    return tuple(parameter for name in series for parameter in TERMS[name].parameters)


def make_target(
    model: Model,
    rows: Mapping[str, tuple[Observation, ...]],
    overrides: Mapping[str, object],
    where: Callable[..., str] = written_at,
    as_of: float | None = None,
) -> Target:
    """The target of a model on rows by series, priors overridden by name; as_of: see Target.

    Raises DataError when no row is left to fit and for a row that has no density, ScenarioError for an unknown prior.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a row without a logarithm is refused below, by its name
        terms = tuple(term for term in (TERMS[series](known) for series, known in rows.items()) if term.rows)
    if not terms:
        raise DataError(where("data"), "at least one observation published by as_of", "none", "set a later as_of")
    for term in terms:
        refuse_rows_without_density(term, where("data", term.series))
    parameters = model.parameters + nuisance_parameters(term.series for term in terms)
    return Target(model, terms, prior_set(parameters, overrides, where, correlations_of(model)), as_of)


def refuse_rows_without_density(term: Term, where: str) -> None:
    """Raises DataError for the first row whose density would be no number, whatever the path.

    Tables allow such rows, since whether an sd or trials are needed is known to the likelihood alone.
    """
    for n, row in enumerate(term.rows):
        place, lacks = f"{where}: row {row.key}", 'or make the kind "excluded"'
        if row.kind not in term.kinds:
            advice = f"{term.series} has no density for another kind: correct it, {lacks}"
            raise DataError(place, "a kind among " + ", ".join(term.kinds), row.kind, advice)
        if not np.isfinite(term.seen.y[n]):
            advice = f"{term.series} cannot read none or all of some trials: write the nearest fraction, {lacks}"
            raise DataError(place, "a value between 0 and 1, both excluded", f"{row.value:g}", advice)
        if isinstance(term, Measured) and not 0.0 < term.sd[n] < np.inf:
            advice = f"{term.series} has no use for trials: fill in one of the two, {lacks}"
            raise DataError(place, "sd, or low and high between which the value lies", "neither", advice)
        if isinstance(term, Counted) and not term.trials[n] > 0.0:
            raise DataError(place, "trials", "none", f"fill in how many trials are behind the fraction, {lacks}")
        if term.series in BY_LENGTH and row.hours is None:
            raise DataError(place, "hours", "none", f"fill in how long the tasks take people, {lacks}")
