"""A run with new data, by re-weighting its stored trajectories where that can be trusted.

Each trajectory i of the ensemble has its own parameters, past and future; given new rows it weighs as much as their
likelihood along it, w_i ~ p(y | trajectory i), smoothed by Pareto (Vehtari et al. 2024). Nothing is simulated but the
paths up to the rows, so that it takes seconds. Above k-hat 0.7 or below a tenth of effective trajectories the weights
cannot be trusted and the posterior must be refitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.analysis.estimates import Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import form_numbers
from rsimc.analysis.headline import by_batch
from rsimc.analysis.new_rows import terms
from rsimc.calibration.terms import Path, Term
from rsimc.calibration.weights import smoothed
from rsimc.dates import decimal_year, end_of_day, iso_date, last_day
from rsimc.engine import rng
from rsimc.engine.dates import SAMPLE, compile_paths
from rsimc.engine.path import beats
from rsimc.errors import RunError
from rsimc.models.base import prior_set
from rsimc.observations.rows import Observation
from rsimc.runs.ensemble import ensemble_path, read_ensemble
from rsimc.runs.sources import make_source

MAX_KHAT, LEAST_SHARE = 0.7, 0.1
YEARS = (2028, 2030, 2035)


@dataclass(frozen=True)
class Change:
    """A milestone before and after: probabilities by the ends of years, and medians as ISO dates."""

    milestone: str
    before: dict[str, Estimate]
    after: dict[str, Estimate]
    median_before: str | None
    median_after: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        by = {day: {"before": p.as_dict(), "after": self.after[day].as_dict()} for day, p in self.before.items()}
        return {"probability_by": by, "median": {"before": self.median_before, "after": self.median_after}}


@dataclass(frozen=True)
class Update:
    """What new rows change. khat, effective: of the weights (a share of the trajectories); trusted: whether they do.

    others: `series/key` of rows that were published since the run and that a refit, which speaks from a later day, took
    up too.
    """

    rows: int
    khat: float
    effective: float
    changes: tuple[Change, ...]
    others: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether weights do, without a refit."""
        return self.khat < MAX_KHAT and self.effective > LEAST_SHARE

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        khat = round(self.khat, 3) if np.isfinite(self.khat) else None
        head = {"rows": self.rows, "khat": khat, "effective_share": round(self.effective, 4)}
        return {
            **head,
            "others": list(self.others),
            "trusted": self.trusted,
            "milestones": {c.milestone: c.as_dict() for c in self.changes},
        }


def update(forecast: Forecast, rows: Sequence[Observation]) -> Update:
    """Re-weight a run by new rows of one series, as `new_rows` gives them. A mixture keeps the shares of its forms.

    Raises DataError for rows that the likelihood has no use for.
    """
    with_new, without = terms(forecast, rows)
    dates, kept = _stored(forecast)
    ratios, forms = _log_ratios(forecast, with_new, without)
    weights, khat = np.zeros(SAMPLE), 0.0
    for form in range(forms.max() + 1):
        mine = kept & (forms == form)
        if mine.any():
            smooth, own = smoothed(ratios[mine])
            weights[mine], khat = smooth * mine.sum() / kept.sum(), max(khat, own)
    effective = 1.0 / float(np.sum(weights**2)) / max(int(kept.sum()), 1) if kept.any() else 0.0
    even = kept / max(int(kept.sum()), 1)
    years = [year for year in YEARS if year < forecast.study.scenario.run.horizon]
    changes = tuple(_change(name, when, even, weights, years) for name, when in dates.items())
    return Update(len(rows), khat, effective, changes)


def _stored(forecast: Forecast) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Dates of the headline milestones [SAMPLE] in decimal years, and which trajectories are kept [SAMPLE]."""
    names = [m.name for m in forecast.milestones if m.headline]
    columns = ["finite", "conditioned_out", *(f"date.{name}" for name in names)]
    table = read_ensemble(forecast.folder, columns)
    if table is None:
        place = str(ensemble_path(forecast.folder))
        raise RunError(
            place, "the stored trajectories of the run", "none", "give the command that made the run again to make it"
        )
    table = table.slice(0, SAMPLE)
    kept = np.zeros(SAMPLE, bool)
    kept[: len(table)] = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    dates = {name: np.full(SAMPLE, np.inf) for name in names}
    for name, years in dates.items():
        stored = table[f"date.{name}"].to_numpy()
        years[: len(table)] = np.where(np.isnan(stored), np.inf, stored)
    return dates, kept


def _log_ratios(forecast: Forecast, with_new: Term, without: Term) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of what is new along every trajectory [SAMPLE], and the number of its form [SAMPLE]."""
    study = forecast.study
    until = max(decimal_year(row.date) for row in with_new.rows)
    source = make_source(study, forecast.posterior, forecast.manifest.seed)
    run = compile_paths(study.plan, with_new.quantities, beats(study.model, until))
    sample = run(source)
    params = dict(study.priors.named(jnp.asarray(sample.values)))
    forms = form_numbers([np.asarray(params[name]) for name in study.choice], SAMPLE)
    missing = tuple(p for p in type(with_new).parameters if p.name not in params)
    if missing:  # a series that the posterior does not know: its own parameters come from their priors
        scenario = study.scenario
        given = {p.name: scenario.priors[p.name] for p in missing if p.name in scenario.priors}
        priors = prior_set(missing, given, scenario.where)
        keys = jnp.asarray(rng.stream_keys(forecast.manifest.seed, [f"prior.{name}" for name in priors.names]))
        drawn = priors.from_normal(rng.normals(keys, jnp.arange(SAMPLE, dtype=jnp.uint32), jnp.asarray(0)))
        params |= priors.named(drawn)
    model = study.model

    def one(values: dict[str, jax.Array], mine: dict[str, jax.Array]) -> jax.Array:
        path = Path(values, model.start, model.steps_per_year)
        terms = (term for term in (with_new, without) if term.rows)
        sums = [jnp.sum(term.log_likelihood(path, mine, term.seen)) for term in terms]
        return sums[0] - (sums[1] if len(sums) > 1 else 0.0)

    together = jax.jit(jax.vmap(one, in_axes=-1))(sample.quantities, params)
    return np.asarray(together, np.float64), forms


def _change(name: str, years: np.ndarray, before: np.ndarray, after: np.ndarray, ends: Sequence[int]) -> Change:
    by = {f"{year}-12-31": end_of_day(last_day(str(year))) for year in ends}
    then, now = ({day: _probability(years <= end, weights) for day, end in by.items()} for weights in (before, after))
    return Change(name, then, now, _median(years, before), _median(years, after))


def _probability(hit: np.ndarray, weights: np.ndarray) -> Estimate:
    """The weighted share, its error from batches; weights sum to 1."""
    w = weights * len(weights)
    return estimate(by_batch(w * hit), by_batch(w))


def _median(years: np.ndarray, weights: np.ndarray) -> str | None:
    order = np.argsort(years)
    place = int(np.searchsorted(np.cumsum(weights[order]), 0.5))
    middle = float(years[order[min(place, len(order) - 1)]])
    return iso_date(middle) if np.isfinite(middle) else None
