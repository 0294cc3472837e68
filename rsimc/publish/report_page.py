"""The report as one HTML page that holds its charts, their code and its numbers, and asks the network for nothing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from altair.utils.schemapi import debug_mode

from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.frontier import Frontier
from rsimc.analysis.sensitivity.hanging import Sensitivity
from rsimc.publish import drivers, evidence, figures
from rsimc.publish.drawing import drawing_code
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, joined, page_spec, tag, whole_page
from rsimc.publish.predictions import predictions
from rsimc.publish.sections import (
    answer,
    curves,
    experts,
    findings,
    forms,
    jagged,
    milestones,
    origin,
    outlook,
    reliance,
    resources,
    tornado,
    trust,
)
from rsimc.publish.sensitivity import ENDS, tornado_chart

CONTENTS = {
    "answer": "Answer",
    "milestones": "Milestones",
    "curves": "By date",
    "experts": "Others’ forecasts",
    "horizon": "Time horizon",
    "frontier": "Jagged frontier",
    "speed": "Speed",
    "compute": "Compute",
    "people": "People",
    "decides": "What decides it",
    "relies": "What it relies on",
    "fit": "Fit to the data",
    "forms": "Model forms",
    "sensitivity": "What it hangs on",
    "hindsight": "How it would have done",
    "accounts": "Diagnostics",
    "scenario": "Scenario and data",
    "reproduce": "Make it again",
}


def report_html(forecast: Forecast) -> str:
    """The report of a forecast as one HTML page."""
    # Charts are not held against Altair's schema piece by piece, which takes a sixth of the time: they are ours.
    with debug_mode(False), ThreadPoolExecutor(2) as pool:  # compilers work on both while the rest is made
        pool.submit(drawing_code)
        return _page(forecast, pool.submit(jagged.frontier_of, forecast))


def _page(forecast: Forecast, waiting: Future[Frontier | None]) -> str:
    found = {**document(forecast), "seconds": {}}  # the same run gives the same page
    numbers = Numbers(found)
    ranked = drivers.drivers(forecast, answer.asked_about(forecast))
    known = evidence.spreads(forecast, drivers.notable(forecast, ranked))
    hung = tornado.hanging(forecast, ranked)
    parts = [
        answer.answer(forecast, numbers),
        answer.cautions(forecast, numbers, ranked),
        milestones.milestones(forecast, numbers),
        curves.curves(forecast, numbers),
        experts.experts(forecast, numbers),
        outlook.horizon(forecast),
        jagged.jagged(forecast, waiting.result()),
        outlook.speed(forecast, numbers),
        resources.compute(forecast),
        resources.people(forecast),
        findings.decides(forecast, numbers, ranked, known),
        reliance.reliance(forecast, numbers),
        findings.fit(predictions(forecast)),
        forms.forms(forecast, numbers),
        tornado.tornado(forecast, hung),
        reliance.hindsight(numbers, reliance.backtest_command(forecast)),
        trust.trust(forecast, numbers, evidence.seen_shares(forecast)),
        origin.scenario(forecast),
        origin.reproduce(forecast),
    ]
    inside = joined([part for part in parts if part])
    charts = _charts(forecast, known) | _made(forecast, numbers, waiting.result(), hung)
    body = joined([_contents(inside), tag("main", answer.heading(forecast), inside)])
    title = f"{forecast.study.scenario.title or forecast.study.scenario.name}: rsimc forecast as of {found['as_of']}"
    return whole_page(title, body, charts, found)


def _charts(forecast: Forecast, known: list[evidence.Spread]) -> dict[str, Any]:
    stages = list(figures.STAGES.values())
    drawn = figures.charts(forecast)
    specs = {name: page_spec(chart, figures.roles(forecast, name)) for name, chart in drawn.items()}
    return specs | {
        f"parameter-{n}": page_spec(figures.parameter_chart(spread), stages) for n, spread in enumerate(known)
    }


def _made(forecast: Forecast, numbers: Numbers, front: Frontier | None, hung: Sensitivity | None) -> dict[str, Any]:
    """Charts of what was found for the page alone."""
    specs: dict[str, Any] = {}
    if front is not None:
        specs["frontier"] = page_spec(jagged.frontier_chart(forecast, front), jagged.roles(front))
    if hung is not None and hung.drivers:
        specs["tornado"] = page_spec(tornado_chart(hung), list(ENDS))
    of_forms = forms.forms_chart(forecast, numbers)
    return specs if of_forms is None else {**specs, "forms": page_spec(of_forms)}


def _contents(inside: Html) -> Html:
    links = (
        tag("a", shown, attributes={"href": f"#{name}"}) for name, shown in CONTENTS.items() if f'id="{name}"' in inside
    )
    return tag("nav", *links, attributes={"aria-label": "Contents"})
