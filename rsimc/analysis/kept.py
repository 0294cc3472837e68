"""What `rsimc influence` and `rsimc backtest` have found of a forecast's calibration, where the cache keeps it."""

from __future__ import annotations

from rsimc.analysis.backtest import DAYS, Backtest, usable
from rsimc.analysis.backtest import kept as kept_backtests
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.influence import Influence
from rsimc.analysis.influence import kept as kept_influences
from rsimc.models.registry import model_names


def influences(forecast: Forecast) -> list[Influence]:
    """Influences on the headline, the full posterior first; none of a mixture, of the prior, or where none are kept."""
    if forecast.posterior is None or forecast.study.parts:
        return []
    return kept_influences(forecast.study, forecast.posterior, Question())


def backtests(forecast: Forecast) -> list[Backtest]:
    """Backtests on the dates that are taken where none is named, of a mixture those of its plain
    form; none of a model of the user's."""
    scenario = forecast.study.scenario
    if forecast.posterior is None or scenario.model not in model_names() or not usable(scenario):
        return []
    return kept_backtests(scenario, [day for day in DAYS if day < scenario.as_of])
