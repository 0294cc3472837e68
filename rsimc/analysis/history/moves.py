"""From one edition to the next: by how much the answer moved, and what moved it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rsimc.analysis.compare.attribution import Attribution
from rsimc.analysis.compare.comparison import Comparison, changed_keys
from rsimc.analysis.estimates import Estimate
from rsimc.analysis.forecast import year_of
from rsimc.analysis.headline import Question
from rsimc.analysis.history.editions import Edition
from rsimc.dates import decimal_year, iso_date, last_day
from rsimc.errors import UsageError

CAUSES = {"as_of": "data", "data": "data", "priors": "priors"}
"""Sections of a scenario by what they are; all others are the model: its forms, policy, labs, how it was calibrated."""


@dataclass(frozen=True)
class Move:
    """From `first` to `second`. p: change of the probability with its error, paired where both runs could be opened.
    median_days: change of the median date, None where one lies beyond the horizon. changed: keys of the scenario.
    shares: of the change by cause, None where it was not worked out; rest: what they leave: software, and the chance of
    both runs."""

    first: Edition
    second: Edition
    p: float
    se: float | None
    median_days: float | None
    changed: tuple[str, ...]
    shares: Attribution | None
    rest: float | None

    @property
    def software(self) -> bool:
        """Whether another version of rsimc, or of the model, made the second."""
        return (self.first.version, self.first.model) != (self.second.version, self.second.model)


@dataclass(frozen=True)
class History:
    """Editions in the order of their dates, and the moves between them."""

    question: Question
    editions: tuple[Edition, ...]
    moves: tuple[Move, ...]


def cause(key: str) -> str:
    """What a key of the scenario is: data, priors or model."""
    return CAUSES.get(key.split(".")[0], "model structure")


def probability(edition: Edition, question: Question) -> Estimate:
    """Of the question in an edition: from its counts, or as it was published by the ends of years.

    Raises UsageError where it was not published for that day.
    """
    if edition.forecast is not None:
        return edition.forecast.probability(question.milestone, question.by)
    by = edition.milestone(question.milestone)["probability_by"]
    day = iso_date(year_of(question.by) - 1e-3)
    if day not in by:
        advice = f"{edition.name} is of rsimc {edition.version} and can no longer be opened: ask for the end of a year"
        raise UsageError("by", f"one of {', '.join(sorted(by)[:5])} and so on", day, advice)
    found = by[day]
    return Estimate(math.nan if found["p"] is None else found["p"], found["se"], found["n_eff"])


def moves(
    editions: Sequence[Edition], question: Question, share: Callable[[Edition, Edition], Attribution] | None
) -> tuple[Move, ...]:
    """Moves between neighbours; share: works out the causes of one."""
    return tuple(_move(a, b, question, share) for a, b in zip(editions, editions[1:], strict=False))


def _move(
    first: Edition, second: Edition, question: Question, share: Callable[[Edition, Edition], Attribution] | None
) -> Move:
    a, b = probability(first, question), probability(second, question)
    se = None if a.se is None or b.se is None else math.hypot(a.se, b.se)
    if first.forecast is not None and second.forecast is not None:
        se = Comparison(first.forecast, second.forecast).probability(question.milestone, question.by).se
    keys = tuple(changed_keys(first.manifest.scenario, second.manifest.scenario))
    shares = share(first, second) if share is not None and _says_more(keys) else None
    rest = None if shares is None else (b.p - a.p) - sum(one.change for one in shares.shares)
    return Move(first, second, b.p - a.p, se, _days(first, second, question.milestone), keys, shares, rest)


def _says_more(keys: Sequence[str]) -> bool:
    """Whether scenarios differ in more than seed and horizon."""
    return any(key not in ("run.seed", "run.horizon") for key in keys)


def _days(first: Edition, second: Edition, milestone: str) -> float | None:
    days = [one.milestone(milestone)["quantiles"]["0.5"] for one in (first, second)]
    if days[0] is None or days[1] is None:
        return None
    return round((decimal_year(last_day(days[1])) - decimal_year(last_day(days[0]))) * 365.25)
