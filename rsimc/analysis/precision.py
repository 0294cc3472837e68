"""How sure the headline numbers are, and how many draws of the posterior a wanted standard error takes.

Most of the variance of a milestone's indicator lies between draws of the posterior, so that beyond some trajectories a
draw only more draws help: a probability p with standard error E takes p (1 - p)/E^2 effective draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.estimates import Estimate, estimate
from rsimc.analysis.headline import by_batch
from rsimc.dates import end_of_day, last_day
from rsimc.engine.dates import compile_dates
from rsimc.errors import UsageError
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

YEARS = (2030, 2035)
MARGIN = 1.15
"""More draws than asked for: the error is itself known to a tenth, from 64 batches."""
TRAJECTORIES = 10.0
"""Trajectories for each effective draw that would do if all were independent: they then add a tenth of the variance."""


@dataclass(frozen=True)
class Precision:
    """The headline probability that is known worst: of a milestone by the end of a year. draws: of each chain."""

    milestone: str
    by: str
    p: Estimate
    draws: int

    @property
    def se(self) -> float:
        """Its standard error; infinite where it is null."""
        return math.inf if self.p.se is None else self.p.se

    def needed(self, error: float) -> float:
        """Effective draws for a standard error."""
        return self.p.p * (1.0 - self.p.p) / error**2

    def draws_for(self, error: float) -> int:
        """Draws of each chain for a standard error, from how well those at hand do; a multiple of 4."""
        return 4 * math.ceil(self.draws * max((self.se / error) ** 2, 1.0) * MARGIN / 4.0)

    def trajectories_for(self, error: float) -> int:
        """Trajectories for a standard error, so many that they hardly add to it."""
        return math.ceil(round(TRAJECTORIES * self.needed(error), 6))

    def told(self, error: float) -> str:
        """What an error takes, in words."""
        n_eff = 0.0 if self.p.n_eff is None else self.p.n_eff
        return (
            f"P({self.milestone} by {self.by}) = {self.p.p:.3f} ± {self.se:.4f}: a standard error of {error:g} takes "
            f"about {self.needed(error):,.0f} effective draws of the posterior, {n_eff:,.0f} are there"
        )


def precision(study: Study, posterior: Posterior, seed: int) -> Precision:
    """The worst known headline probability, from a sample of 65,536 trajectories.

    Raises UsageError when the horizon comes before the years that are looked at.
    """
    names = tuple(m.name for m in study.model.milestones if m.headline)
    dates = compile_dates(study.plan, names)(make_source(study, posterior, seed))
    found = []
    for name in names:
        for year in (y for y in YEARS if y < study.scenario.run.horizon):
            hit = dates.kept & (dates.of(name) <= end_of_day(last_day(str(year))))
            sizes, hits = (by_batch(x.astype(np.float64)) for x in (dates.kept, hit))
            found.append(
                Precision(name, f"{year}-12-31", estimate(hits, sizes), posterior.tree["latent"].sizes["draw"])
            )
    if not found:
        years = " and ".join(str(year) for year in YEARS)
        advice = f"raise run.horizon: errors are those of probabilities by {years}"
        raise UsageError("error", f"a horizon after {YEARS[0]}", f"{study.scenario.run.horizon}", advice)
    return max(found, key=lambda one: one.se)
