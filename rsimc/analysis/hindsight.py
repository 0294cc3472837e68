"""An old run scored on what was published since: every later row of the series that its posterior knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.scores import Score, score
from rsimc.calibration.predictive import later_rows, not_yet, positions
from rsimc.calibration.target import Target
from rsimc.calibration.terms import Term
from rsimc.calibration.terms.horizon import METR_CEILING_HOURS, MetrHorizons
from rsimc.errors import UsageError
from rsimc.observations import load_series
from rsimc.observations.rows import Observation


@dataclass(frozen=True)
class LaterRow:
    """One row: the middle and the 90% interval of what was forecast, and what it read, on the term's scale; rank: the
    share of samples below it."""

    key: str
    low: float
    middle: float
    high: float
    observed: float
    rank: float


@dataclass(frozen=True)
class Hindsight:
    """A series of later rows and their score: in log units or logits, of shares of trials in shares."""

    series: str
    score: Score
    rows: tuple[LaterRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"series": self.series, "score": self.score.as_dict(), "rows": [vars(row) for row in self.rows]}


def hindsight(forecast: Forecast, added: Mapping[str, Sequence[Observation]]) -> list[Hindsight]:
    """Scores by series; added: rows of the user's, by series. Empty when nothing was published since.

    Raises UsageError for a run from the prior, or of several forms.
    """
    study = forecast.study
    if forecast.posterior is None or study.target is None or study.parts:
        found, advice = (
            "a run from the prior",
            "score a calibrated run, as rsimc forecast makes of a scenario with data",
        )
        if study.parts:
            found, advice = "a mixture of forms", "score the run of one form"
        raise UsageError("score", "a run of one model form with a posterior", found, advice)
    at = not_yet(study.target, positions(forecast.posterior.tree, study.target.choice))
    found_rows = {
        name: rows for name in _series(study.target) if (rows := later(study.target, name, study.scenario.as_of, added))
    }
    scored = [
        _scored(name, *later_rows(study.target, at, rows, forecast.manifest.seed)) for name, rows in found_rows.items()
    ]
    return [one for one in scored if one.rows]


def _series(target: Target) -> list[str]:
    return list(dict.fromkeys(row.series for row in target.rows))


def later(target: Target, name: str, as_of: Any, added: Mapping[str, Sequence[Observation]]) -> list[Observation]:
    """Rows of a series that were published after `as_of` and are not in the target: of the suite that was fitted, the
    newest vintage with such rows. Only points: a bound has no score that could be put beside theirs."""
    known = [row for row in target.rows if row.series == name]
    suites, keys = {row.suite for row in known}, {row.key for row in known}
    every = added[name] if name in added else load_series(name)
    points = [row for row in every if _is_point(row) and row.published > as_of and row.suite in suites]
    new = [row for row in points if row.key not in keys]
    newest = max(((row.published, row.vintage) for row in new), default=(None, ""))[1]
    return [row for row in new if row.vintage == newest]


def _is_point(row: Observation) -> bool:
    """Whether a row says what a value is, and not only on which side of a bound it lies."""
    return row.kind == "point" and not (row.series == MetrHorizons.series and row.value > 60.0 * METR_CEILING_HOURS)


def _scored(name: str, term: Term, samples: np.ndarray) -> Hindsight:
    observed = np.asarray(term.seen.y)
    low, middle, high = np.quantile(samples, (0.05, 0.5, 0.95), axis=0)
    ranks = np.mean(samples < observed, axis=0)
    columns = (low.tolist(), middle.tolist(), high.tolist(), observed.tolist(), ranks.tolist())
    rows = tuple(
        LaterRow(row.key, low=a, middle=b, high=c, observed=y, rank=r)
        for row, a, b, c, y, r in zip(term.rows, *columns, strict=True)
    )
    return Hindsight(name, score(samples, observed), rows)
