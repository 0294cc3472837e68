"""A scenario resolved: its model, its data as known at `as_of`, its priors, what is counted, and the identities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from rsimc.calibration.settings import DEFAULTS, HMC, IMPORTANCE, NUTS, WEIGHTED, Settings
from rsimc.calibration.target import Target, make_target, nuisance_parameters
from rsimc.calibration.terms import TERMS
from rsimc.dates import DateGrid, decimal_year, end_of_day
from rsimc.engine.plan import Plan
from rsimc.errors import DataError, ScenarioError, nearest
from rsimc.models.base import Model, correlations_of, observed_from, prior_set, redraw_of
from rsimc.models.guard import identified
from rsimc.models.registry import get_model
from rsimc.observations import SERIES, Observation, select
from rsimc.priors.vector import PriorSet
from rsimc.runs.options import Choice, choices, configured, describe, label
from rsimc.scenario import Scenario, identity

IN_MIXTURE = {HMC: 16, NUTS: 4, IMPORTANCE: 16}
"""Chains of each form of a mixture, at most, by sampler: all forms are sampled at once."""
ACCEPT_IN_MIXTURE = 0.9
"""Of few chains one that strays into a neck decides a form's share of divergences, and one form that of the mixture:
at 0.8 one of twelve forms had 0.28% where 0.2% are allowed."""
FORMAT = 5
"""Raised when the meaning of a stored posterior or run changes."""


@dataclass(frozen=True)
class Study:
    """What a scenario asks for. `target` is None when no observation is known or wanted.

    priors: of all parameters; first those of the target, which the data inform, then those of pauses and rivals, which
    act after the data. choice: the form of the model; company: all forms of the mixture that it is of, which are
    sampled together. parts: the studies of single forms that a mixture consists of, weights: their shares of it; its
    own target and choice are those of the first.
    """

    scenario: Scenario
    model: Model
    priors: PriorSet
    target: Target | None
    rows: tuple[Observation, ...]
    choice: Choice
    company: tuple[Choice, ...] = ()
    parts: tuple[Study, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def settings(self) -> Settings:
        """How to sample the posterior; in a mixture a form gets fewer chains, with more draws of each."""
        given = {name: value for name, value in self.scenario.calibration.model_dump().items() if value is not None}
        asked = Settings(**{**DEFAULTS[self.scenario.calibration.sampler], **given})
        most = IN_MIXTURE[asked.sampler]
        if not self.company or asked.chains <= most:
            return asked
        longer = 1 if asked.sampler == NUTS or "draws" in given else 2
        careful = asked.target_accept if "target_accept" in given else max(asked.target_accept, ACCEPT_IN_MIXTURE)
        return replace(asked, chains=most, draws=longer * asked.draws, target_accept=careful)

    @cached_property
    def plan(self) -> Plan:
        """What is counted."""
        grid = DateGrid(start=self.model.start, end=float(self.scenario.run.horizon))
        not_yet = _not_yet(self.scenario)
        return Plan(self.model, grid, None if not_yet is None else not_yet - self.model.start)

    @cached_property
    def posterior_id(self) -> str:
        """SHA-256 of all that affects the posterior."""
        if self.parts:
            return identity({"parts": [part.posterior_id for part in self.parts]})
        rows = [asdict(row) for row in self.rows]
        not_yet = _not_yet(self.scenario)
        company = {"company": list(self.company)} if self.company else {}
        settings = asdict(self.settings)
        settings |= {"weighted": WEIGHTED} if self.settings.sampler == IMPORTANCE else {}
        return identity({**self._inputs(), "settings": settings, "rows": rows, "not_yet": not_yet, **company})

    @property
    def fitted(self) -> PriorSet:
        """Priors of the parameters that a posterior holds."""
        return self.priors if self.target is None else self.target.priors

    @property
    def form(self) -> str:
        """The form in words; empty for a mixture, and for a model that has one only."""
        return "" if self.parts else label(self.model, self.choice)

    def run_inputs(self, posterior_id: str | None, seed: int) -> dict[str, object]:
        """All that affects a run's counts, as plain data. The number of trajectories does not: more keep the first."""
        mixed = {"forms": [part.choice for part in self.parts], "weights": self.weights} if self.parts else {}
        evenly = {"sobol": True} if self.scenario.run.sobol and posterior_id is None else {}
        options = {**describe(self.model), **mixed, **evenly}
        every = {**self._inputs(), "priors": _plain(self.priors), "plan": self.plan.describe()}
        return {**every, "options": options, "posterior": posterior_id, "seed": seed}

    def _inputs(self) -> dict[str, object]:
        fitted = _plain(self.fitted)
        together = {"correlations": self.fitted.correlations} if self.fitted.correlations else {}
        named = {"model": identified(self.model), "version": self.model.version}
        return {"format": FORMAT, **named, "priors": fitted, **together}


def _plain(priors: PriorSet) -> dict[str, object]:
    return {name: asdict(entry[2]) for name, entry in zip(priors.names, priors.entries, strict=True)}


def _not_yet(scenario: Scenario) -> float | None:
    """The decimal year by which no milestone that would have been seen has come; None when that is not asked for."""
    return end_of_day(scenario.as_of) if scenario.condition_on_not_yet else None


def resolve(
    scenario: Scenario, *, allow_code: bool = False, replaced: Mapping[str, tuple[Observation, ...]] | None = None
) -> Study:
    """Resolve a scenario; allow_code: its model may be a file that then runs. replaced: rows of series that stand in
    place of what was known of them.

    Raises ScenarioError or DataError naming the place, before any long work starts.
    """
    model = get_model(scenario.model, scenario.where("model"), allow_code=allow_code)
    full = configured(scenario, model)
    # In the order of the likelihoods, not of the file: run.json sorts its keys, and identities must not care.
    names = sorted(scenario.data, key=lambda name: (list(TERMS).index(name) if name in TERMS else -1, name))
    given = replaced or {}
    every = {name: given[name] if name in given else _known(scenario, name) for name in names}
    rows = {name: kept for name, known in every.items() if (kept := _within(known, model))}
    _check_names(scenario, full)
    picked = choices(scenario, model)
    company = tuple(one for one, _ in picked) if len(picked) > 1 else ()
    parts = tuple(replace(_of_one_form(scenario, model, full, rows, one), company=company) for one, _ in picked)
    return parts[0] if len(parts) == 1 else replace(parts[0], parts=parts, weights=tuple(w for _, w in picked))


def _of_one_form(
    scenario: Scenario, model: Model, full: Model, rows: Mapping[str, tuple[Observation, ...]], choice: Choice
) -> Study:
    """The study of one form. The posterior is that of the model without pauses and rivals: the data know none."""
    specs: dict[str, object] = {**choice, **_applicable(scenario, model, rows)}
    own = tuple(p for p in full.parameters if p.name not in {q.name for q in model.parameters})
    extra = prior_set(own, {p.name: scenario.priors[p.name] for p in own if p.name in scenario.priors}, scenario.where)
    if rows and redraw_of(model) is not None:
        advice = f"{model.name} draws anew what it cannot use, and no density is known of that to weigh data with"
        raise ScenarioError(scenario.where("data"), "no observations", ", ".join(rows), advice)
    if not rows:
        priors = prior_set(model.parameters, specs, scenario.where, correlations_of(model))
        return Study(scenario, full, _and(priors, extra), None, (), choice)
    target = make_target(model, rows, specs, scenario.where, _not_yet(scenario))
    return Study(scenario, full, _and(target.priors, extra), target, target.rows, choice)


def _and(priors: PriorSet, extra: PriorSet) -> PriorSet:
    return PriorSet(priors.entries + extra.entries, priors.correlations)


def _check_names(scenario: Scenario, model: Model) -> None:
    """Refuses a prior for a parameter that neither the model nor any likelihood has."""
    known = {parameter.name for parameter in model.parameters + nuisance_parameters()}
    for name in scenario.priors:
        if name not in known:
            raise ScenarioError(
                scenario.where("priors", name), "a parameter of the model", f'"{name}"', nearest(name, known)
            )


def _applicable(scenario: Scenario, model: Model, series: Iterable[str]) -> dict[str, object]:
    """The scenario's priors without those of likelihoods that are switched off."""
    names = {parameter.name for parameter in model.parameters + nuisance_parameters(series)}
    return {name: spec for name, spec in scenario.priors.items() if name in names}


def _within(rows: tuple[Observation, ...], model: Model) -> tuple[Observation, ...]:
    """Rows of days that the model's trajectories are about: published models begin later than the data."""
    first = observed_from(model)
    return rows if first is None else tuple(row for row in rows if decimal_year(row.date) >= first)


def _known(scenario: Scenario, name: str) -> tuple[Observation, ...]:
    choice = scenario.data[name]
    place = scenario.where("data", name)
    if name not in SERIES or name not in TERMS:
        raise ScenarioError(place, "a series of observations", f'"{name}"', nearest(name, TERMS))
    if not choice.use:
        return ()
    try:
        return select(name, scenario.as_of, choice.suite, choice.vintage, Path(choice.file) if choice.file else None)
    except DataError as error:
        if choice.file:
            raise  # the message names the file and the row
        raise DataError(f"{place}: {error.where}", error.expected, error.found, error.advice) from error
