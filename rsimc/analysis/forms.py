"""The forms of a mixture one by one, from the trajectories that a run stores in full, and the range over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rsimc.analysis.estimates import estimate
from rsimc.analysis.forecast import Forecast
from rsimc.dates import end_of_day, iso_date, last_day
from rsimc.engine.plan import BATCHES
from rsimc.runs.ensemble import read_ensemble
from rsimc.runs.study import Study

YEARS = (2028, 2030, 2035)
Columns = dict[str, np.ndarray]


def described(forecast: Forecast) -> str:
    """The form or forms of a forecast, in a sentence without a full stop."""
    study = forecast.study
    if study.parts:
        return f"a mixture of {len(study.parts)} model forms with {weighting(study)}"
    if not study.form:
        return "the one set of equations that the model has"
    return f"one model form ({study.form}); what other forms would say is not in these numbers"


def weighting(study: Study) -> str:
    """How a mixture weighs its forms, in words."""
    given = {name: options for name, options in study.scenario.variants.items() if isinstance(options, dict)}
    if not given:
        return "equal weights"
    said = [f"{name}: {', '.join(f'{o} {w:g}' for o, w in options.items())}" for name, options in given.items()]
    return f"the scenario's weights ({'; '.join(said)})"


def form_numbers(switches: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Which form each of `count` trajectories is of, numbered from 0; switches: values [count] of what chooses it."""
    if not switches:
        return np.zeros(count, np.int64)
    return np.unique(np.stack(switches), axis=1, return_inverse=True)[1].ravel()


def structural_range(forecast: Forecast) -> dict[str, Any] | None:
    """What each form of a mixture says of the headline milestones, and the range over forms; None for a single form.

    weight: that of the scenario; share: of the stored trajectories that were not left out. Probabilities by the ends of
    YEARS and medians are over the stored trajectories of the form, with errors from the spread over batches: they are
    rougher than those of the mixture.
    """
    parts = forecast.study.parts
    if not parts:
        return None
    names = [m.name for m in forecast.milestones if m.headline]
    switches = list(forecast.study.choice)
    columns = [*(f"date.{name}" for name in names), *(f"parameter.{name}" for name in switches)]
    table = read_ensemble(forecast.folder, ["batch", "conditioned_out", *columns])
    if table is None:
        return None
    stored = {name: table[name].to_numpy() for name in table.column_names}
    forms = {}
    for part, weight in zip(parts, forecast.study.weights, strict=True):
        mine = np.all([stored[f"parameter.{n}"] == np.float32(part.choice[n]) for n in switches], axis=0)
        mine &= ~stored["conditioned_out"]
        share = float(mine.sum() / max((~stored["conditioned_out"]).sum(), 1))
        milestones = _milestones(forecast, stored, mine, names)
        forms[part.form] = {"weight": weight, "n": int(mine.sum()), "share": round(share, 4), "milestones": milestones}
    return {"forms": forms, "range": {name: _range(forms, name) for name in names}}


def _milestones(forecast: Forecast, stored: Columns, mine: np.ndarray, names: list[str]) -> dict[str, Any]:
    sizes = np.bincount(stored["batch"][mine], minlength=BATCHES).astype(np.float64)
    until = forecast.study.scenario.run.horizon
    out = {}
    for name in names:
        when = stored[f"date.{name}"]
        by = {}
        for year in (y for y in YEARS if y < until):
            hit = mine & (when <= end_of_day(last_day(str(year))))
            hits = np.bincount(stored["batch"][hit], minlength=BATCHES).astype(np.float64)
            by[f"{year}-12-31"] = estimate(hits, sizes).as_dict()
        out[name] = {"median": _median(when[mine]), "probability_by": by}
    return out


def _median(when: np.ndarray) -> str | None:
    """The ISO date by which half have come; None when fewer than half come."""
    if not len(when):
        return None
    middle = float(np.median(np.where(np.isfinite(when), when, np.inf)))
    return iso_date(middle) if np.isfinite(middle) else None


def _range(forms: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    found = [(label, form["milestones"][name]) for label, form in forms.items() if form["n"]]
    late = sorted(((one["median"] or "9999", form) for form, one in found))
    out: dict[str, Any] = {
        "earliest_median": {"date": _known(late[0][0]), "form": late[0][1]},
        "latest_median": {"date": _known(late[-1][0]), "form": late[-1][1]},
        "probability_by": {},
    }
    for day in found[0][1]["probability_by"]:
        ranked = sorted((one["probability_by"][day]["p"], form) for form, one in found)
        out["probability_by"][day] = {
            "low": ranked[0][0], "low_form": ranked[0][1], "high": ranked[-1][0], "high_form": ranked[-1][1]
        }  # fmt: skip
    return out


def _known(day: str) -> str | None:
    return None if day == "9999" else day
