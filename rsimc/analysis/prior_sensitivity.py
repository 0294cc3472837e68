"""How much the headline moves with each prior, to first order and without a refit.

Every parameter is a standard normal z a priori, mapped to its values. For an event A, and a prior of z with mean m and
sd s,

    dP(A)/dm = Cov(1_A, z),    dP(A)/dlog s = Cov(1_A, z^2)    under the posterior at m = 0, s = 1

(the score of the prior; Kallioinen, Paananen, Bürkner & Vehtari 2024 scale the whole prior, which in hundreds of
dimensions has no finite weights). A datum enters neither formula but through the posterior. In a mixture the scenario
weighs the forms, whatever their priors: covariances are those within the forms. Errors come from the spread over
batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import form_numbers
from rsimc.dates import end_of_day, last_day
from rsimc.engine.plan import BATCHES
from rsimc.runs.ensemble import read_ensemble

MILESTONE, BY = "closed_loop", "2030-12-31"
HALF = 0.5
"""Prior standard deviations by which a centre is moved: a difference that two careful people may well have."""
WIDER = 0.25
"""Of the log of a prior's width."""
SHOWN = 12


@dataclass(frozen=True)
class PriorShift:
    """Change of the headline probability when the prior of a parameter moves half a standard deviation up, and when it
    gets a quarter wider (in its logarithm)."""

    parameter: str
    up: float
    wider: float
    up_se: float
    wider_se: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data, each change with its standard error."""
        changes = {"half_sd_up": (self.up, self.up_se), "quarter_wider": (self.wider, self.wider_se)}
        told = {name: {"change": round(change, 5), "se": round(se, 5)} for name, (change, se) in changes.items()}
        return {"parameter": self.parameter, **told}


def prior_sensitivity(forecast: Forecast, milestone: str = MILESTONE, by: str = BY) -> list[PriorShift]:
    """All free parameters, those that matter most first; empty for a run from the prior, without the milestone, or to a
    horizon before the date."""
    if forecast.posterior is None or milestone not in [m.name for m in forecast.milestones]:
        return []
    if end_of_day(last_day(by)) > forecast.study.scenario.run.horizon + 1e-3:
        return []
    switches = [f"parameter.{name}" for name in forecast.study.choice] if forecast.study.parts else []
    columns = ["draw", "batch", "finite", "conditioned_out", f"date.{milestone}", *switches]
    table = read_ensemble(forecast.folder, columns)
    if table is None:
        return []
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    hit = table[f"date.{milestone}"].to_numpy()[kept] <= end_of_day(last_day(by))
    latent = forecast.posterior.tree["latent"]["z"].transpose("chain", "draw", ...)
    z = np.asarray(latent.values).reshape(-1, latent.shape[-1])[table["draw"].to_numpy()[kept]]
    names = [str(name) for name in latent["z_name"].values]
    fixed = {name for name, entry in zip(names, forecast.study.fitted.entries, strict=True) if entry[2].kind == "fixed"}
    fixed |= forecast.study.priors.together
    forms = form_numbers([table[name].to_numpy()[kept] for name in switches], len(hit))
    centred = centred_by(hit[:, None], forms)[:, 0]
    batch = table["batch"].to_numpy()[kept]
    (up, up_se), (wider, wider_se) = (
        slopes(centred, centred_by(power, forms), batch, scale) for power, scale in ((z, HALF), (z**2, WIDER))
    )
    found = [
        PriorShift(name, *(float(part[n]) for part in (up, wider, up_se, wider_se)))
        for n, name in enumerate(names)
        if name not in fixed
    ]
    return sorted(found, key=lambda one: -max(abs(one.up), abs(one.wider)))


def centred_by(values: np.ndarray, forms: np.ndarray) -> np.ndarray:
    """Values [n, columns] less their mean over the form [n] that each is of."""
    out = np.array(values, np.float64)
    for form in np.unique(forms):
        out[forms == form] -= out[forms == form].mean(axis=0)
    return out


def slopes(centred: np.ndarray, powers: np.ndarray, batch: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Scaled means [parameters] of centred [n] times centred powers [n, parameters], and their errors from batches [n].

    The mean would be the same with powers as they are; its error would not, since the mean of the first was estimated.
    """
    sizes = np.bincount(batch, minlength=BATCHES)[:, None]
    sums = np.zeros((BATCHES, powers.shape[1]))
    for b in np.flatnonzero(sizes[:, 0]):
        mine = batch == b
        sums[b] = centred[mine] @ powers[mine]
    mean, used = sums.sum(axis=0) / sizes.sum(), int((sizes > 0).sum())
    spread = ((sums - mean * sizes) ** 2).sum(axis=0) / max(used - 1, 1) * used
    return scale * mean, scale * np.sqrt(spread) / sizes.sum()
