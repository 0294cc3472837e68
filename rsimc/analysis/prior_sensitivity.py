"""How much the headline moves with each prior, exactly to first order and without a refit.

Every parameter is a standard normal z a priori, mapped to its values. For an event A, and a prior of z with mean m and
sd s,

    dP(A)/dm = Cov(1_A, z),    dP(A)/dlog s = Cov(1_A, z^2)    under the posterior at m = 0, s = 1

(the score of the prior; Kallioinen, Paananen, Bürkner & Vehtari 2024 scale the whole prior, which in hundreds of
dimensions has no finite weights). A datum enters neither formula but through the posterior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from rsimc.analysis.forecast import Forecast
from rsimc.dates import end_of_day, last_day

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

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"parameter": self.parameter, "half_sd_up": round(self.up, 4), "quarter_wider": round(self.wider, 4)}


def prior_sensitivity(forecast: Forecast, milestone: str = MILESTONE, by: str = BY) -> list[PriorShift]:
    """All free parameters, those that matter most first; empty for a run from the prior, or without the milestone."""
    path = forecast.folder / "ensemble.parquet"
    if forecast.posterior is None or milestone not in [m.name for m in forecast.milestones] or not path.exists():
        return []
    table = pq.read_table(path, columns=["draw", "finite", "conditioned_out", f"date.{milestone}"])
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    hit = table[f"date.{milestone}"].to_numpy()[kept] <= end_of_day(last_day(by))
    latent = forecast.posterior.tree["latent"]["z"].transpose("chain", "draw", ...)
    z = np.asarray(latent.values).reshape(-1, latent.shape[-1])[table["draw"].to_numpy()[kept]]
    names = [str(name) for name in latent["z_name"].values]
    fixed = {name for name, entry in zip(names, forecast.study.fitted.entries, strict=True) if entry[2].kind == "fixed"}
    centred = hit - hit.mean()
    up, wider = HALF * (centred @ z) / len(z), WIDER * (centred @ z**2) / len(z)
    found = [PriorShift(name, float(up[n]), float(wider[n])) for n, name in enumerate(names) if name not in fixed]
    return sorted(found, key=lambda one: -max(abs(one.up), abs(one.wider)))
