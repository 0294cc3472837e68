"""Several runs against the first as one HTML page that holds its charts, their code and its numbers."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rsimc.analysis.forecast import Forecast
from rsimc.publish import words
from rsimc.publish.comparing import answer as top
from rsimc.publish.comparing import tables as middle
from rsimc.publish.comparing.beside import Beside, beside, document
from rsimc.publish.comparing.differences import Differences, said, told
from rsimc.publish.comparing.figures import curve_data, specs
from rsimc.publish.comparing.models import models
from rsimc.publish.drawing import drawing_code
from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import Html, Row, asset, code, folded, joined, page_with, section, table, tag
from rsimc.publish.pages import write_page
from rsimc.publish.scenario_text import as_toml, changes
from rsimc.publish.sections.origin import command
from rsimc.runs.manifest import scenario_of

MAKER = "rsimc comparison"
FILE = "comparison.html"
CONTENTS = {
    "answer": "What differs",
    "models": "Models",
    "differs": "Scenarios",
    "curves": "Date by date",
    "milestones": "Milestones",
    "order": "Which is later",
    "paths": "Trajectories",
    "kinds": "How fast",
    "trust": "Diagnostics",
    "again": "Make it again",
}


def comparison_html(runs: Sequence[Forecast]) -> str:
    """The page. Raises UsageError for fewer than two runs, or more than it has room for."""
    found = beside(runs)
    whole = document(found)
    numbers = Numbers(whole)
    apart = Differences(numbers)
    apart_models = models(found, numbers)
    parts = [
        top.heading(found, numbers),
        top.answer(found, numbers, apart),
        *([apart_models] if apart_models else []),
        top.differs(found, numbers),
        top.curves(found, numbers),
        middle.milestones(found, numbers, apart),
        middle.order(found, numbers),
        middle.paths(found, numbers),
        middle.kinds(found, numbers, apart),
        trust(found, numbers),
        again(found),
    ]
    there = [name for name in CONTENTS if name != "models" or apart_models]
    links = (tag("a", CONTENTS[name], attributes={"href": f"#{name}"}) for name in there)
    body = joined([tag("nav", *links, attributes={"aria-label": "Contents"}), tag("main", *parts)])
    curves = curve_data(found)
    data = {
        "comparison": whole,
        "curve-data": curves,
        "charts": specs(found, curves),
        "said": {"labels": top.LABELS, "milestones": top.summaries(found, numbers)},
    }
    title = f"{words.listed(list(found.names[1:]))} against {found.names[0]}: rsimc comparison"
    scripts = [drawing_code(), asset("shared.js"), asset("comparing/comparison.js")]
    return page_with(title, body, data, scripts, ["report.css", "pages.css"], MAKER)


def write_comparison(runs: Sequence[Forecast], path: Path) -> Path:
    """Write the page to a file. Raises as `comparison_html` does, and OutputError for a place that cannot be taken."""
    return write_page(path, lambda: comparison_html(runs), MAKER)


def trust(found: Beside, numbers: Numbers) -> Html:
    """Each run's verdict, its accounts and its form."""
    every = [str(n) for n in range(len(found.names))]
    rows: list[Row] = [
        ["calibration", *(_verdict(numbers, n) for n in every)],
        ["R-hat, largest", *(_diagnosed(numbers, n, "rhat_max", ".4f") for n in every)],
        ["effective sample size, smallest", *(_diagnosed(numbers, n, "ess_min", ",.0f") for n in every)],
        ["divergent transitions", *(_diagnosed(numbers, n, "divergence_rate", ".2%") for n in every)],
        ["trajectories", *(numbers.count("runs", n, "counts", "n") for n in every)],
        ["left out", *(numbers.count("runs", n, "counts", "conditioned_out") for n in every)],
        ["not finite", *(numbers.count("runs", n, "counts", "nonfinite") for n in every)],
        ["clipped", *(numbers.count("runs", n, "counts", "clipped") for n in every)],
        ["form", *(numbers.at("runs", n, "forms") for n in every)],
    ]
    heads = ["", *(code(name) for name in found.names)]
    return section("trust", "Diagnostics and accounts", told("trust.meaning"), table(heads, rows, "sides"))


def _verdict(numbers: Numbers, n: str) -> str:
    found = numbers.at("runs", n, "diagnostics")
    if found is None:
        return "none: draws of the prior"
    return "trusted" if found["trusted"] else f"not to be trusted: {'; '.join(found['problems'])}"


def _diagnosed(numbers: Numbers, n: str, name: str, digits: str) -> str:
    if numbers.at("runs", n, "diagnostics") is None:
        return NONE
    return numbers.element(f"{numbers.at('runs', n, 'diagnostics', name):{digits}}", "runs", n, "diagnostics", name)


def again(found: Beside) -> Html:
    """The commands that make the page and its runs again."""
    page = shlex.join(["rsimc", "report", *(run.folder.name for run in found.runs), "-o", FILE])
    runs = [part for name, run in zip(found.names, found.runs, strict=True) for part in _run_again(name, run)]
    parts = [told("again.page"), tag("pre", page), told("again.runs"), *runs, told("again.held")]
    return section("again", "How to make it again", *parts)


def _run_again(name: str, run: Forecast) -> list[Html]:
    # As the record has it: a scenario in memory may have its keys in another order.
    asked, version = scenario_of(run.manifest), run.manifest.machine["versions"]["rsimc"]
    file = said("again.file", {"file": code(f"{asked.name}.toml")})
    need = joined([", ", file]) if changes(asked) is None else None
    head = joined([code(name), f": rsimc {version}, identity ", code(run.manifest.id), need])
    return [tag("p", head), tag("pre", command(run)), folded("The scenario as a file", tag("pre", as_toml(asked)))]
