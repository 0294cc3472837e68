"""What the model would have said then: refits to what was known on a date, scored on METR's later points.

A date on which METR's suite of today was published is a true vintage: its rows as they then stood. Before, the rows of
the older suite up to the date stand for what would have been known, although METR published them later: pseudo-out-of-
sample, and labelled so. Other series are taken as published. Later points of the same suite and of a revised suite are
scored apart: the second also holds what a change of tasks does. Points above 16 hours, which METR calls unreliable, are
not scored. Beside the model stand five statistical baselines on the same rows. For all, a later point is measured as
well as the known ones are in the median: how well it was measured was not known then.

What hindsight remains: the model's equations and priors are of 2026, with all of these points in view (the level of
`time_horizon`, the step of April 2024, and `trend_noise`, set so wide because narrower noise had forecast badly), and a
new suite's offset and tilt have priors from the two suites that are compared. The baselines' priors are as wide as
judgement goes and allow nothing for a new suite.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from rsimc.analysis.baselines import BASELINES
from rsimc.analysis.scores import Score, score
from rsimc.calibration.predictive import Positions, later_rows, not_yet
from rsimc.calibration.settings import Draws, Settings
from rsimc.calibration.target import Target
from rsimc.calibration.terms import TERMS
from rsimc.calibration.terms.base import INTERVAL_95
from rsimc.calibration.terms.base import years as years_of
from rsimc.calibration.terms.horizon import SHARED_TASKS
from rsimc.calibration.verdict import mixing_of
from rsimc.errors import DataError
from rsimc.observations import load_series, select
from rsimc.observations.metr import CEILING_MINUTES
from rsimc.observations.rows import Observation
from rsimc.runs.stages import Stages
from rsimc.runs.study import Study, resolve
from rsimc.scenario import Scenario

Progress = Callable[[str, int, int], None]
SERIES, OLD, NEW = "metr_horizons", "TH1.0", "TH1.1"
FEWEST = 4
"""Rows on which a straight line has two degrees of freedom left."""
MODEL = "rsimc"
DAYS = (date(2024, 7, 1), date(2025, 1, 1), date(2025, 7, 1))
"""Dates where none are named."""


@dataclass(frozen=True)
class Known:
    """METR's rows on a date and those to come. pseudo: they were published later."""

    as_of: date
    pseudo: bool
    rows: tuple[Observation, ...]
    same_suite: tuple[Observation, ...]
    revised_suite: tuple[Observation, ...]


@dataclass(frozen=True)
class Line:
    """One forecaster on one date: scores on later points of the same and of a revised suite."""

    forecaster: str
    same_suite: Score
    revised_suite: Score


@dataclass(frozen=True)
class Backtest:
    """One date: every forecaster, and how far the model's refit mixed."""

    as_of: date
    pseudo: bool
    known: int
    lines: tuple[Line, ...]
    rhat: float
    ess: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        lines = [
            {
                "forecaster": line.forecaster,
                "same_suite": line.same_suite.as_dict(),
                "revised_suite": line.revised_suite.as_dict(),
            }
            for line in self.lines
        ]
        head = {"as_of": self.as_of.isoformat(), "pseudo": self.pseudo, "known": self.known}
        return {**head, "lines": lines, "rhat": self.rhat, "ess": self.ess}


def known_on(day: date, where: str) -> Known:
    """METR's record rows that a forecaster had on a day, or would have had, and those to come.

    Raises DataError when there are too few.
    """
    every = [row for row in load_series(SERIES) if row.state_of_the_art and row.kind != "excluded"]
    vintage = select(SERIES, day, NEW)
    final = select(SERIES, date.max, NEW)
    points = [row for row in final if row.state_of_the_art and row.value <= CEILING_MINUTES]
    later = tuple(row for row in points if row.date > day)
    if vintage:
        read = {row.key for row in vintage}  # a model that was out on the day may have been measured later
        unread = tuple(row for row in points if row.key not in read)
        known = Known(day, False, tuple(row for row in vintage if row.state_of_the_art), unread, ())
    else:
        old = [row for row in every if row.suite == OLD]
        so_far = tuple(row for row in old if row.date <= day)
        known = Known(day, True, so_far, tuple(row for row in old if row.date > day), later)
    if len(known.rows) < FEWEST:
        expected = f"a date by which METR's suites hold {FEWEST} records"
        raise DataError(where, expected, f"{len(known.rows)} by {day}", "choose a later date")
    return known


def backtest(
    scenario: Scenario,
    days: Sequence[date],
    fit: Callable[[Target, Settings, Progress], Draws],
    progress: Progress,
    *,
    allow_code: bool = False,
) -> list[Backtest]:
    """Refit and score on every day; each is kept on disk as it is found, so that a second call goes on.

    fit(target, settings, progress): samples a posterior. Raises DataError before any work when a day has too few rows,
    or the scenario does without METR's, or has a table of its own for them.
    """
    if not usable(scenario):
        own = scenario.data[SERIES].file if SERIES in scenario.data else None
        advice = "its later points are what forecasts are scored on: " + ("remove `file`" if own else "switch it on")
        raise DataError(scenario.where("data", SERIES), "the bundled data of METR", own or "none", advice)
    every = [known_on(day, scenario.where("as_of")) for day in sorted(days)]
    return [_one(_then(scenario, known, allow_code=allow_code), known, fit, progress) for known in every]


def usable(scenario: Scenario) -> bool:
    """Whether a scenario has METR's data as they are bundled, in all their vintages."""
    return SERIES in scenario.data and scenario.data[SERIES].use and scenario.data[SERIES].file is None


def kept(scenario: Scenario, days: Sequence[date]) -> list[Backtest]:
    """What has been found so far on those days. Raises DataError when a day has too few rows."""
    every = [_then(scenario, known_on(day, scenario.where("as_of"))) for day in sorted(days)]
    return [_read(stages["scores"]) for _, stages in every if "scores" in stages]


def _then(scenario: Scenario, known: Known, *, allow_code: bool = False) -> tuple[Study, Stages]:
    """The plain form of the scenario as it would have been on a day, and what was found of it."""
    then = scenario.model_copy(update={"as_of": known.as_of, "variants": {}})
    study = resolve(then, allow_code=allow_code, replaced={SERIES: known.rows})
    return study, Stages("backtest", {"posterior": study.posterior_id, "later": _keys(known)})


def _one(
    then: tuple[Study, Stages], known: Known, fit: Callable[[Target, Settings, Progress], Draws], progress: Progress
) -> Backtest:
    study, stages = then
    if "scores" not in stages:
        assert study.target is not None
        draws = fit(study.target, study.settings, lambda stage, n, total: progress(f"{known.as_of}: {stage}", n, total))
        stages.put({"scores": _scores(study, known, draws).as_dict()})
    return _read(stages["scores"])


def _keys(known: Known) -> list[str]:
    return [f"{row.suite} {row.vintage} {row.key} {row.value}" for row in (*known.same_suite, *known.revised_suite)]


def _scores(study: Study, known: Known, draws: Draws) -> Backtest:
    target, settings = study.target, study.settings
    assert target is not None
    z = draws.z.reshape(-1, draws.z.shape[-1])
    past = draws.innovations.reshape(len(z), *draws.innovations.shape[2:])
    at = not_yet(target, Positions(z, past, target.choice))
    lines = [_model_line(target, at, known, settings.seed)]
    lines += [_baseline_line(name, known, settings.seed) for name in BASELINES]
    mixing = mixing_of(draws, settings.groups)
    return Backtest(
        known.as_of, known.pseudo, len(known.rows), tuple(lines), mixing.rhat, min(mixing.ess_bulk, mixing.ess_tail)
    )


def _model_line(target: Target, at: Positions, known: Known, seed: int) -> Line:
    scores = []
    for rows, new_suite in ((known.same_suite, False), (known.revised_suite, True)):
        if rows:
            term, samples = later_rows(target, at, _as_measured(rows, known.rows), seed, new_suite=new_suite)
            scores.append(score(samples, np.asarray(term.seen.y)))
        else:
            scores.append(score(np.zeros((2, 0)), np.zeros(0)))
    return Line(MODEL, *scores)


def _as_measured(rows: Sequence[Observation], known: Sequence[Observation]) -> list[Observation]:
    """Rows with the median relative interval of the known ones in place of their own."""
    below, above = (
        float(np.median([abs(np.log((getattr(row, end) or row.value) / row.value)) for row in known]))
        for end in ("low", "high")
    )
    return [replace(row, low=row.value * float(np.exp(-below)), high=row.value * float(np.exp(above))) for row in rows]


def _baseline_line(name: str, known: Known, seed: int) -> Line:
    term = TERMS[SERIES](known.rows)
    years, y = years_of(term.rows), np.log([row.value / 60.0 for row in term.rows])
    low, high = (np.log([(getattr(row, end) or row.value) / 60.0 for row in term.rows]) for end in ("low", "high"))
    sd = SHARED_TASKS * np.maximum((high - low) / (2.0 * INTERVAL_95), 0.05)  # as the likelihood takes them
    scores = []
    for rows in (known.same_suite, known.revised_suite):
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        samples = BASELINES[name](years, y, sd, years_of(rows), rng, 4000) if rows else np.zeros((2, 0))
        observed = np.log([row.value / 60.0 for row in rows])
        scores.append(score(samples, observed) if samples is not None else Score(len(rows), *[None] * 5))
    return Line(name, *scores)


def _read(stored: dict[str, Any]) -> Backtest:
    lines = tuple(
        Line(one["forecaster"], Score(**one["same_suite"]), Score(**one["revised_suite"])) for one in stored["lines"]
    )
    when = date.fromisoformat(stored["as_of"])
    return Backtest(when, stored["pseudo"], stored["known"], lines, stored["rhat"], stored["ess"])
