"""A run made again from its record, and held against the first."""

from __future__ import annotations

from dataclasses import dataclass

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.verify import moved_share
from rsimc.engine.counts import Counts
from rsimc.errors import RunError
from rsimc.runs.driver import merged
from rsimc.runs.manifest import Manifest


@dataclass(frozen=True)
class Reproduced:
    """A run and the record that it was made from. before: the first run's counts; None where only run.json is there."""

    made: Forecast
    record: Manifest
    before: Counts | None

    @property
    def same_posterior(self) -> bool:
        """Whether the posterior's draws are the same numbers, or there is none in either."""
        return self.made.manifest.posterior_digest == self.record.posterior_digest

    @property
    def moved(self) -> float | None:
        """The largest share of trajectories in another bin than in the first run; None where that is not there."""
        return None if self.before is None else moved_share(self.made.counts, self.before)

    @property
    def verdict(self) -> str:
        """How the two runs compare, in words."""
        posterior = "" if self.same_posterior else "; its posterior was fitted anew, here, and rounds otherwise"
        if self.moved is None:
            return f"made again from its record, without the first run to hold it against{posterior}"
        if self.moved == 0.0:
            return "made again: the same counts to the last trajectory"
        return f"made again: at most {self.moved:.2%} of trajectories in another bin than in the first run{posterior}"


def reproduced(made: Forecast, record: Manifest) -> Reproduced:
    """The comparison, with the first run's counts where its folder is whole."""
    try:
        return Reproduced(made, record, merged(made.study, record))
    except RunError:
        return Reproduced(made, record, None)
