"""The forecast as one JSON document, schema rsimc.forecast/1."""

from __future__ import annotations

from typing import Any

from rsimc.analysis.estimates import Curve
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import described, structural_range
from rsimc.analysis.headline import Question
from rsimc.analysis.influence import as_document
from rsimc.analysis.kept import backtests, influences
from rsimc.analysis.prior_sensitivity import BY, MILESTONE, SHOWN
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.models.base import Duration

SCHEMA = "rsimc.forecast/1"
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
YEARS = (*range(2026, 2041), 2045, 2050, 2055)


ERRORS = "batch means over 64 segments of the chains, never below binomial; null below 16 segments"
ERRORS_OF_SOBOL = "batch means over 64 scrambles of a Sobol sequence; null below 16 scrambles"


def document(forecast: Forecast) -> dict[str, Any]:
    """Everything that is published, as plain data."""
    manifest, counts = forecast.manifest, forecast.counts
    return {
        "schema": SCHEMA,
        "id": manifest.id,
        "scenario": manifest.scenario["name"],
        "model": forecast.study.model.name,
        "as_of": manifest.scenario["as_of"],
        "seed": manifest.seed,
        "n": counts.n,
        "horizon": f"{forecast.study.scenario.run.horizon}-01-01",
        "milestones": {
            m.name: {"definition": m.definition, **_milestone(forecast, m.name)} for m in forecast.milestones
        },
        "durations": {name: _duration(found) for name, found in forecast.durations.items()},
        "readings": {d.name: _reading(d, forecast.readings[d.name]) for d in forecast.study.model.durations if d.clock},
        "classes": {name: found.as_dict() for name, found in forecast.classes().items()},
        "counts": {
            "n": counts.n,
            **{name: counts.account(name) for name in ("nonfinite", "clipped", "conditioned_out")},
        },
        "diagnostics": _diagnostics(forecast),
        "prior_driven": forecast.prior_driven,
        "prior_sensitivity": _sensitivity(forecast),
        "influence": as_document(found, Question()) if (found := influences(forecast)) else None,
        "backtest": [one.as_dict() for one in backtests(forecast)],
        "forms": described(forecast),
        "structural_range": structural_range(forecast),
        "errors": ERRORS if forecast.independent else ERRORS_OF_SOBOL,
        "files": {"run": str(forecast.folder), "report": str(forecast.folder / "report.html")},
        "seconds": forecast.seconds,
    }


def _milestone(forecast: Forecast, name: str) -> dict[str, Any]:
    found = forecast.curve(name)
    until = forecast.study.scenario.run.horizon
    return {
        "quantiles": {f"{q:g}": _date(found.quantile(q)) for q in QUANTILES},
        "quantile_se_days": {f"{q:g}": _days(found.quantile_se(q)) for q in QUANTILES},
        "probability_by": {f"{y}-12-31": forecast.probability(name, str(y)).as_dict() for y in YEARS if y < until},
        "not_within_horizon": found.beyond().as_dict(),
    }


def _duration(found: Curve) -> dict[str, Any]:
    values = {f"{q:g}": found.quantile(q) for q in QUANTILES}
    shortest = float(found.edges[0])  # what lies below it is at once, or in the other order
    return {
        "quantiles_years": {
            q: None if x is None else 0.0 if x <= shortest else float(f"{x:.4g}") for q, x in values.items()
        },
        "not_within_horizon": found.beyond().as_dict(),
    }


def _reading(duration: Duration, found: Curve) -> dict[str, Any]:
    """What a clock shows where its milestones come, and how often they do not; where it can go back, also the
    probability that it went on. null where they never come."""
    reached, shortest = found.within(), float(found.edges[0])
    values = {f"{q:g}": reached.quantile(q) if reached.sizes.sum() else None for q in QUANTILES}
    told = {
        "unit": duration.unit,
        "quantiles": {
            q: None if x is None else 0.0 if duration.log and x <= shortest else float(f"{x:.4g}")
            for q, x in values.items()
        },
        "not_within_horizon": found.beyond().as_dict(),
    }
    return told if duration.log else {**told, "positive": reached.above(0.0).as_dict()}


def _sensitivity(forecast: Forecast) -> dict[str, Any] | None:
    if not forecast.prior_shifts:
        return None
    parameters = [one.as_dict() for one in forecast.prior_shifts[:SHOWN]]
    return {"milestone": MILESTONE, "by": BY, "parameters": parameters}


def _diagnostics(forecast: Forecast) -> dict[str, Any] | None:
    if forecast.posterior is None:
        return None
    verdict = forecast.posterior.verdict
    return {
        "rhat_max": round(verdict.rhat_max, 4),
        "ess_min": round(min(verdict.ess_bulk_min, verdict.ess_tail_min), 1),
        "divergence_rate": verdict.divergence_rate,
        "energy_fraction_min": round(verdict.bfmi, 3),
        "prior_conflict_max": {"sds": round(verdict.conflict, 2), "parameter": verdict.conflict_worst},
        "trusted": verdict.trusted,
        "draws": verdict.draws,
        "problems": list(verdict.problems),
    }


def _date(year: float | None) -> str | None:
    return None if year is None else iso_date(year)


def _days(years: float | None) -> float | None:
    return None if years is None else round(years * DAYS_PER_YEAR, 1)
