"""Monte Carlo forecasts of recursive self-improvement in AI, calibrated on observed data.

    import rsimc
    run = rsimc.forecast("baseline")
    run.probability("closed_loop", by="2028-12-31")
    run.cdf("closed_loop")
    run.query("P(closed_loop <= 2030 given horizon_hours@2027-12 > 160)")

Names are imported when they are first used, so that `import rsimc` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsimc.analysis.estimates import Estimate
    from rsimc.analysis.forecast import Forecast, open_run
    from rsimc.analysis.headline import Question
    from rsimc.api import calibrate, forecast, simulate
    from rsimc.checking import backtest, influence, score, sensitivity, update, watch
    from rsimc.comparing import compare, explain, gallery, history, pool
    from rsimc.errors import RsimcError
    from rsimc.exploring import explorer
    from rsimc.models.base import Model
    from rsimc.publish.formats import export
    from rsimc.scenario import Scenario, load_scenario

__version__ = "0.1.0"
__all__ = [
    "Estimate",
    "Forecast",
    "Model",
    "Question",
    "RsimcError",
    "Scenario",
    "backtest",
    "calibrate",
    "compare",
    "explain",
    "explorer",
    "export",
    "forecast",
    "gallery",
    "history",
    "influence",
    "load_scenario",
    "open_run",
    "pool",
    "score",
    "sensitivity",
    "simulate",
    "update",
    "watch",
]

_HOMES = {
    "Estimate": "rsimc.analysis.estimates",
    "Forecast": "rsimc.analysis.forecast",
    "Model": "rsimc.models.base",
    "Question": "rsimc.analysis.headline",
    "RsimcError": "rsimc.errors",
    "Scenario": "rsimc.scenario",
    "backtest": "rsimc.checking",
    "calibrate": "rsimc.api",
    "compare": "rsimc.comparing",
    "explain": "rsimc.comparing",
    "explorer": "rsimc.exploring",
    "export": "rsimc.publish.formats",
    "forecast": "rsimc.api",
    "gallery": "rsimc.comparing",
    "history": "rsimc.comparing",
    "influence": "rsimc.checking",
    "load_scenario": "rsimc.scenario",
    "open_run": "rsimc.analysis.forecast",
    "pool": "rsimc.comparing",
    "score": "rsimc.checking",
    "sensitivity": "rsimc.checking",
    "simulate": "rsimc.api",
    "update": "rsimc.checking",
    "watch": "rsimc.checking",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'rsimc' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
