"""Before long work: a model that is not shipped passes the conformance suite, and suits the data it is fitted to."""

from __future__ import annotations

import numpy as np

from rsimc.calibration.target import Target, nuisance_parameters
from rsimc.dates import decimal_year
from rsimc.errors import ScenarioError
from rsimc.models.checks.trial import Trial
from rsimc.models.conformance import require_conforming
from rsimc.models.guard import Guarded, place
from rsimc.models.registry import PUBLISHED
from rsimc.runs.study import Study


def try_out(study: Study, fitted: bool) -> None:
    """Seconds that save minutes; a shipped model is only held against its data, the flagship not at all. fitted: the
    model is to be calibrated.

    Raises ScenarioError with the first problem.
    """
    if not isinstance(study.model, Guarded):
        if study.model in PUBLISHED and study.target is not None and fitted:
            _refuse_other_data(study, study.target)
        return
    require_conforming(study.model, float(study.scenario.run.horizon))
    if study.target is not None and fitted:
        _refuse_other_names(study)
        _refuse_other_data(study, study.target)


def _refuse_other_names(study: Study) -> None:
    taken = {parameter.name for parameter in nuisance_parameters()}
    for parameter in study.model.parameters:
        if parameter.name in taken:
            where = place(study.model, "parameters", parameter.name)
            raise ScenarioError(where, "a name of its own", "that of a parameter of the likelihood", "rename it")


def _refuse_other_data(study: Study, target: Target) -> None:
    """Data speak of quantities by name, and of dates that the model must reach."""
    seen, name = Trial(study.model).shapes(np.float32).seen_first, study.model.name
    for term in target.terms:
        where, without = study.scenario.where("data", term.series), f"set data.{term.series} = false"
        for quantity in term.quantities:
            if quantity not in seen:
                advice = f"let observe give it, or {without}"
                raise ScenarioError(where, f'a model that observes "{quantity}"', name, advice)
        first = min(row.date for row in term.rows)
        if decimal_year(first) < study.model.start:
            advice = f"start the model earlier, or {without}"
            raise ScenarioError(where, f"data from {study.model.start:g} on, where {name} starts", f"{first}", advice)
