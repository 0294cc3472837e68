"""Who does the research in the report: how compute is split, what people still do, how much they oversee."""

from __future__ import annotations

from rsimc.analysis.forecast import Forecast
from rsimc.publish.fans import COMPUTE, PEOPLE
from rsimc.publish.frames import OVERSIGHT
from rsimc.publish.page import Html, figure, section
from rsimc.publish.prose import said, told
from rsimc.publish.sections import seeing


def compute(forecast: Forecast) -> Html | None:
    """The split of compute; nothing for a model without it."""
    if not _known(forecast) >= set(COMPUTE):
        return None
    caption = [seeing.compute(forecast), said("resources.lines"), said("resources.parts")]
    chart = figure("compute", "Shares of the leading lab's compute by date", 380, *caption)
    return section("compute", "What the compute does", told("resources.compute"), chart)


def people(forecast: Forecast) -> Html | None:
    """The share of people and their oversight; nothing for a model without either."""
    parts: list[Html] = []
    if _known(forecast) >= set(PEOPLE):
        caption = [seeing.shares(forecast, "human_share", "resources.seen_people"), said("resources.lines")]
        chart = figure("people", "Share of AI research that people do, by date", 380, *caption)
        parts += [told("resources.people"), chart]
    if OVERSIGHT in _known(forecast):
        caption = [seeing.shares(forecast, OVERSIGHT, "resources.seen_oversight"), said("speed.bands")]
        chart = figure("oversight", "Human hours of evaluation and safety by date", 380, *caption)
        parts += [told("resources.oversight"), chart]
    return section("people", "What people still do", *parts) if parts else None


def _known(forecast: Forecast) -> set[str]:
    return {observable.name for observable in forecast.study.model.observables}
