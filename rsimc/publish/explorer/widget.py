"""The page as a widget, which marimo and any Jupyter front end can show, and what it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import anywidget
import numpy as np
import traitlets

from rsimc.analysis.explore.bench import Bench
from rsimc.analysis.explore.drivers import drivers
from rsimc.analysis.explore.outcome import Outcome
from rsimc.analysis.explore.setting import FARTHEST, NARROWEST, WIDEST
from rsimc.models.base import Form, forms_of
from rsimc.publish.drawing import drawing_code
from rsimc.publish.evidence import parameters_of
from rsimc.publish.explorer import charts, rows
from rsimc.publish.explorer.session import Session
from rsimc.publish.frames import LOOP
from rsimc.publish.theme import DARK, LIGHT, css_variables
from rsimc.runs.study import Study
from rsimc.scenario import identity

MAIN = 8
"""Parameters with a slider from the beginning."""
UNTIL = (2035, 2040, 2045, 2060)
STEPS = 10
"""Of a slider to a prior standard deviation."""


def begin(bench: Bench, name: str) -> dict[str, Any]:
    """What the page begins with, as plain data; `lead` is the milestone in front. name: what was opened, in words."""
    import arviz_stats.base.array  # noqa: F401 (seconds, which the first change of a prior would have to wait for)

    found = bench.simulate(bench.start)
    assert isinstance(found, Outcome)  # the run or scenario itself takes no calibration that is not there
    known = [m.name for m in rows.headline(found)]
    lead = LOOP if LOOP in known else known[0]
    order = drivers(found, list(dict.fromkeys([lead, rows.partner(found, lead)])))
    scenario = bench.study.scenario
    return {
        "title": scenario.title or scenario.name,
        "opened": name,
        "identity": _identity(bench),
        "as_of": scenario.as_of.isoformat(),
        "trajectories": bench.count,
        "setting": bench.start.as_dict(),
        "sources": ["posterior", "prior", "values"] if bench.fitted else ["prior", "values"],
        "until": sorted({year for year in UNTIL if year > scenario.as_of.year + 3} | {bench.start.until}),
        "lead": lead,
        "main": order[:MAIN],
        "parameters": _parameters(bench.study, bench.middles),
        "forms": [_form(form) for form in forms_of(found.plan.model)],
        "triggers": [o.name for o in found.plan.model.observables] if bench.study.model.name == "takeoff" else [],
        "milestones": [m.name for m in found.plan.model.milestones],
        "fans": {one: charts.TITLES[one] for one in rows.fans(found)},
        "partner": rows.partner(found, lead),
        "limits": {"centre": FARTHEST, "narrowest": NARROWEST, "widest": WIDEST, "steps": STEPS},
        "charts": charts.specs(found, lead),
    }


def _identity(bench: Bench) -> str:
    """What an address says its setting is of: the same numbers would mean something else of other priors."""
    fitted = bench.study.posterior_id if bench.fitted else None
    return identity(bench.study.run_inputs(fitted, bench.seed))[:12]


def _form(form: Form) -> dict[str, Any]:
    return {"name": form.name, "options": list(form.options), "meaning": form.meaning}


def _parameters(study: Study, middles: Mapping[str, float]) -> dict[str, Any]:
    """Of every open parameter its meaning, its prior in words, its values along the slider, and the posterior's median
    where there is one."""
    z = np.arange(-FARTHEST * STEPS, FARTHEST * STEPS + 1) / STEPS
    about = parameters_of(study)
    out = {}
    for name, (entry, _, prior) in zip(study.priors.names, study.priors.entries, strict=True):
        if prior.kind != "fixed":
            one = about[entry]
            values = [float(f"{x:.4g}") for x in prior.at(z)]
            middle = {"middle": middles[name]} if name in middles else {}
            out[name] = {"unit": one.unit, "meaning": one.meaning, "prior": prior.text, "values": values, **middle}
    return out


def style() -> str:
    """The page's own style, in light and dark."""
    text = files("rsimc.publish.explorer").joinpath("explorer.css").read_text(encoding="utf-8")
    light, dark = (f".rsimc {{ {css_variables(palette)} }}" for palette in (LIGHT, DARK))
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n{text}"


def script() -> str:
    """Vega and the page's own code, as one module; in a block, for Vega's short names to stay its own."""
    own = files("rsimc.publish.explorer").joinpath("explorer.js").read_text(encoding="utf-8")
    return f"{{\n{drawing_code()}\n}}\n{own}"


class Explorer(anywidget.AnyWidget):
    """The explorer of a bench. `start` is what it begins with; `request` comes from the page, `answer` goes there."""

    _esm = traitlets.Unicode("").tag(sync=True)
    _css = traitlets.Unicode("").tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, bench: Bench, start: Mapping[str, Any]) -> None:
        super().__init__(start=dict(start), _esm=script(), _css=style())
        self._session = Session(bench, start["lead"])
        self.observe(self._asked, "request")

    def _asked(self, change: Mapping[str, Any]) -> None:
        self.answer = self._session.answer(change["new"])
