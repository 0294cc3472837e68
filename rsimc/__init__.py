"""Monte Carlo forecasts of recursive self-improvement in AI, calibrated on observed data.

    import rsimc
    run = rsimc.forecast("baseline")
    run.probability("closed_loop", by="2028-12-31")
    run.cdf("closed_loop")

Names are imported when they are first used, so that `import rsimc` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsimc.analysis.estimates import Estimate
    from rsimc.analysis.forecast import Forecast, open_run
    from rsimc.api import calibrate, forecast, simulate
    from rsimc.checking import backtest, influence, score, update
    from rsimc.errors import RsimcError
    from rsimc.models.base import Model
    from rsimc.scenario import Scenario, load_scenario

__version__ = "0.1.0"
__all__ = [
    "Estimate",
    "Forecast",
    "Model",
    "RsimcError",
    "Scenario",
    "backtest",
    "calibrate",
    "forecast",
    "influence",
    "load_scenario",
    "open_run",
    "score",
    "simulate",
    "update",
]

_HOMES = {
    "Estimate": "rsimc.analysis.estimates",
    "Forecast": "rsimc.analysis.forecast",
    "Model": "rsimc.models.base",
    "RsimcError": "rsimc.errors",
    "Scenario": "rsimc.scenario",
    "backtest": "rsimc.checking",
    "calibrate": "rsimc.api",
    "forecast": "rsimc.api",
    "influence": "rsimc.checking",
    "load_scenario": "rsimc.scenario",
    "open_run": "rsimc.analysis.forecast",
    "score": "rsimc.checking",
    "simulate": "rsimc.api",
    "update": "rsimc.checking",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'rsimc' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
