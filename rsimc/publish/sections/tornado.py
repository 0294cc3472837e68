"""What the probability of the answer hangs on, in the report: the tornado of the run's own trajectories."""

from __future__ import annotations

from collections.abc import Sequence

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.sensitivity.hanging import Sensitivity, sensitivity
from rsimc.publish import words
from rsimc.publish.drivers import Driver
from rsimc.publish.frames import lead
from rsimc.publish.page import Html, code, figure, section
from rsimc.publish.prose import said, told
from rsimc.publish.sections.seeing import seen
from rsimc.publish.sensitivity import BARS, by_width

CANDIDATES = 32
"""Parameters with the strongest rank correlations, among which the widest bars are looked for."""
ASKED = "2030-12-31"


def hanging(forecast: Forecast, ranked: Sequence[Driver]) -> Sensitivity | None:
    """Effects on the probability of the answer by the end of 2030, or of the last year of the horizon; None where too
    few trajectories are stored."""
    if not ranked:
        return None
    start, until = forecast.study.scenario.as_of, forecast.study.scenario.run.horizon
    by = ASKED if start.isoformat() < ASKED and until > int(ASKED[:4]) else f"{until - 1}-12-31"
    if by <= start.isoformat():
        return None
    names = [driver.name for driver in ranked[:CANDIDATES]]
    return sensitivity(forecast, [Question(lead(forecast), by)], lambda *_: None, totals=False, only=names)[0]


def tornado(forecast: Forecast, found: Sensitivity | None) -> Html | None:
    """The figure with what it shows."""
    if found is None or not found.drivers:
        return None
    widest = by_width(found)[0]
    asked = f"{words.long_date(found.question.by)}"
    blanks = {
        "name": code(found.question.milestone),
        "day": asked,
        "p": words.chance(found.p.p, found.p.se),
        "parameter": code(widest.name),
        "low": words.chance(widest.low.p, widest.low.se),
        "high": words.chance(widest.high.p, widest.high.se),
    }
    label = f"Probability of {found.question.milestone} by {asked} in the lowest and highest fifth of each parameter"
    height = 26 * min(len(found.drivers), BARS) + 90
    chart = figure("tornado", label, height, seen("sensitivity.seen", blanks), said("sensitivity.read"))
    fitted = "sensitivity.fitted" if forecast.posterior else "sensitivity.prior"
    return section("sensitivity", "What it hangs on", told("sensitivity.note"), chart, told(fitted))
