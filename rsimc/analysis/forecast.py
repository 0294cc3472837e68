"""A finished run as Python sees it: probabilities, dates, curves and fans, each with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from rsimc.analysis.display import chance, table
from rsimc.analysis.estimates import Curve, Estimate, curve, estimate
from rsimc.calibration.posterior import prior_driven
from rsimc.dates import end_of_day, iso_date, last_day
from rsimc.engine.counts import Counts
from rsimc.errors import RunError, UsageError, nearest
from rsimc.models.base import Milestone, Model
from rsimc.models.guard import Guarded, identified
from rsimc.runs.driver import Finished, merged
from rsimc.runs.manifest import Manifest, read_manifest, run_inputs, scenario_of
from rsimc.runs.posteriors import Posterior, open_posterior
from rsimc.runs.study import Study, resolve
from rsimc.scenario import identity

if TYPE_CHECKING:
    from rsimc.analysis.prior_sensitivity import PriorShift
    from rsimc.analysis.query.ask import Answer, Asker

SHOWN_YEARS = (2028, 2030, 2035)
FAN_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def year_of(by: str) -> float:
    """The decimal year at the end of a day, month or year that a user named. Raises UsageError when it is none."""
    try:
        return end_of_day(last_day(by))
    except ValueError as error:
        raise UsageError("by", "a date such as 2028-12-31, 2028-12 or 2028", f'"{by}"') from error


@dataclass(frozen=True, repr=False)
class Forecast:
    """A run folder, opened. seconds: how long each stage took when it was just made, else empty."""

    manifest: Manifest
    study: Study
    counts: Counts
    posterior: Posterior | None
    seconds: dict[str, float]

    def __repr__(self) -> str:
        name, n = self.study.scenario.name, self.counts.n
        return f"Forecast({name}, {n:,} trajectories, {str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the headline milestones."""
        first, horizon = self.study.scenario.as_of.year, self.study.scenario.run.horizon
        years = [year for year in SHOWN_YEARS if first <= year < horizon]
        rows = []
        for name in [m.name for m in self.milestones if m.headline] or [m.name for m in self.milestones]:
            dates = [self.quantile(name, q) or f"after {horizon}" for q in (0.1, 0.5, 0.9)]
            found = [self.probability(name, str(year)) for year in years]
            rows.append([name, *dates, *(chance(one.p, one.se) for one in found)])
        headings = ["milestone", "10%", "50%", "90%", *(f"by {year}" for year in years)]
        return table(repr(self), headings, rows)

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.manifest.folder

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The model's milestones, in order."""
        return self.study.model.milestones

    @property
    def independent(self) -> bool:
        """Whether trajectories of a batch are independent draws, or Sobol points."""
        return self.posterior is not None or not self.study.scenario.run.sobol

    @property
    def shared_draws(self) -> float:
        """Draws of the posterior, which trajectories share; infinite where each has parameters of its own."""
        if self.posterior is None:
            return math.inf
        sizes = self.posterior.tree["latent"].sizes
        return float(sizes["chain"] * sizes["draw"])

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """The distribution of each milestone's date, over decimal years."""
        edges = np.array(self.study.plan.grid.edges())
        parts = self.counts.milestones
        accounts = self.counts.accounts
        shared = self.independent, self.shared_draws
        return {m.name: curve(parts[:, n], accounts, edges, *shared) for n, m in enumerate(self.milestones)}

    @cached_property
    def durations(self) -> dict[str, Curve]:
        """The distribution of each duration, in years."""
        return self._passed(clocked=False)

    @cached_property
    def readings(self) -> dict[str, Curve]:
        """The distribution of what other clocks than time show, such as versions, in their units."""
        return self._passed(clocked=True)

    def _passed(self, clocked: bool) -> dict[str, Curve]:
        parts, scales = self.counts.durations, self.study.plan.duration_bins
        return {
            d.name: curve(parts[:, n], self.counts.accounts, scales[n].edges(), self.independent, self.shared_draws)
            for n, d in enumerate(self.study.model.durations)
            if bool(d.clock) == clocked
        }

    def curve(self, name: str) -> Curve:
        """The curve of one milestone. Raises UsageError with the nearest known name."""
        if name not in self.curves:
            raise UsageError("milestone", "the name of a milestone", f'"{name}"', nearest(name, self.curves))
        return self.curves[name]

    def probability(self, name: str, by: str) -> Estimate:
        """The probability of a milestone by the end of a day, month or year, such as `2028-12-31` or `2028`.

        Raises UsageError for an unknown milestone, or a date that is none or lies beyond the horizon.
        """
        found, year = self.curve(name), year_of(by)
        if year > self.study.plan.grid.end + 2 / 365.25:
            raise UsageError(
                "by", f"a date before the horizon {self.study.scenario.run.horizon}", by, "raise run.horizon"
            )
        return found.at(year)

    def quantile(self, name: str, q: float) -> str | None:
        """The ISO date by which a milestone has happened with probability q; None beyond the horizon."""
        if not 0.0 < q < 1.0:
            raise UsageError("q", "a probability between 0 and 1", f"{q:g}")
        year = self.curve(name).quantile(q)
        return None if year is None else iso_date(year)

    def cdf(self, name: str) -> xr.Dataset:
        """The distribution function of a milestone: p and se over decimal years, with ISO dates as a coordinate."""
        found = self.curve(name)
        coords = {"year": found.edges, "date": ("year", [iso_date(x) for x in found.edges])}
        return xr.Dataset(
            {"p": ("year", found.p), "se": ("year", found.se)}, coords, {"milestone": name, "run": self.manifest.id}
        )

    def fan(self, observable: str, quantiles: tuple[float, ...] = FAN_QUANTILES) -> xr.DataArray:
        """Quantiles of an observable at the stored dates [year, quantile], in its unit; inf or 0 beyond its bins."""
        names = [o.name for o in self.study.model.observables]
        if observable not in names:
            raise UsageError("observable", "the name of an observable", f'"{observable}"', nearest(observable, names))
        place = names.index(observable)
        edges = self.study.plan.fan_bins[place].edges()
        counts = self.counts.fans[:, place, : len(edges) + 1]
        cumulative = np.cumsum(counts[:, :-1], axis=1) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        values = np.array([[_crossing(row, edges, q) for q in quantiles] for row in cumulative])
        coords = {"year": self.study.plan.stored_years, "quantile": list(quantiles)}
        return xr.DataArray(values, coords, ("year", "quantile"), observable)

    def query(self, question: str) -> Answer:
        """The answer to a question such as `P(closed_loop <= 2030 given horizon_hours@2027-12 > 160)`, from the
        trajectories that the run keeps in full.

        Raises UsageError that says at which character the question cannot be read, RunError where none are kept.
        """
        return self._asker.ask(question)

    @cached_property
    def _asker(self) -> Asker:
        from rsimc.analysis.query.ask import asker_of  # DuckDB, which only questions need

        return asker_of(self.manifest)

    @cached_property
    def prior_driven(self) -> list[str] | None:
        """Parameters of which the data say next to nothing; None for a run from the prior."""
        return None if self.posterior is None else prior_driven(self.posterior.tree)

    @cached_property
    def prior_shifts(self) -> list[PriorShift]:
        """How much the headline moves with the prior of each parameter, those that matter most first."""
        from rsimc.analysis.prior_sensitivity import prior_sensitivity  # of forecasts, and so above them

        return prior_sensitivity(self)

    def classes(self) -> dict[str, Estimate]:
        """The probability of each kind of takeoff."""
        sizes = self.counts.accounts[:, :2].sum(axis=1).astype(np.float64)
        hits = self.counts.classes.astype(np.float64)
        shared, names = (self.independent, self.shared_draws), self.study.model.classes
        return {name: estimate(hits[:, n], sizes, *shared) for n, name in enumerate(names)}


def _crossing(cumulative: np.ndarray, edges: np.ndarray, q: float) -> float:
    if q <= cumulative[0]:
        return float(edges[0])
    if q > cumulative[-1]:
        return float(edges[-1])
    k = int(np.searchsorted(cumulative, q, side="left"))
    share = (q - cumulative[k - 1]) / (cumulative[k] - cumulative[k - 1])
    return float(edges[k - 1] + share * (edges[k] - edges[k - 1]))


def opened(finished: Finished, study: Study, posterior: Posterior | None, seconds: dict[str, float]) -> Forecast:
    """The forecast of a run that has just finished."""
    return Forecast(finished.manifest, study, finished.counts, posterior, seconds)


def open_run(folder: str | Path, *, allow_code: bool = False) -> Forecast:
    """Open a run folder; allow_code: its model may be a file, which runs again.

    Raises RunError when it is incomplete, damaged, of another version of rsimc, or when the file of its model has
    changed; ScenarioError when that file may not run or is not there.
    """
    manifest = read_manifest(Path(folder))
    study = study_of(manifest, allow_code=allow_code)
    posterior = open_posterior(manifest.folder / "posterior.nc", study) if manifest.posterior else None
    return Forecast(manifest, study, merged(study, manifest), posterior, {})


def study_of(manifest: Manifest, *, allow_code: bool = False) -> Study:
    """What a run was made from, resolved again. Raises as `open_run` does."""
    study = resolve(scenario_of(manifest), allow_code=allow_code)
    _require_same_code(manifest, study.model)
    if identity(run_inputs(study, manifest.posterior, manifest.seed)) != manifest.id:
        found = f"one made by rsimc {manifest.machine['versions']['rsimc']} from other inputs"
        advice = "open it with that version"
        raise RunError(str(manifest.folder), "a run that this version of rsimc can read", found, advice)
    return study


def _require_same_code(manifest: Manifest, model: Model) -> None:
    """Refuses a model whose file or package is another than when the run was made."""
    then, now = manifest.inputs.get("model"), identified(model)
    if isinstance(model, Guarded) and then != now:
        advice = "put the file or the package back as it was, or make the run again in another folder"
        raise RunError(str(manifest.folder), f"its model as it was, {then}", now, advice)
