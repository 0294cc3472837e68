"""The end of the report: the scenario, its data with their sources, versions, and how to make it again."""

from __future__ import annotations

import shlex

from rsimc.analysis.forecast import Forecast
from rsimc.models.guard import identified
from rsimc.models.own import is_file
from rsimc.observations import SERIES, Observation
from rsimc.publish import words
from rsimc.publish.evidence import parameters, priors
from rsimc.publish.page import Html, Row, code, folded, joined, of_class, paragraph, section, table, tag
from rsimc.publish.prose import marked, said, told
from rsimc.publish.scenario_text import as_toml, changes
from rsimc.runs.manifest import scenario_of
from rsimc.scenario import Scenario


def scenario(forecast: Forecast) -> Html:
    """Why the scenario is as it is, where its priors differ from the model's, the data and the equations."""
    told_why = forecast.study.scenario.reasons.split("\n\n")
    reasons = [paragraph(" ".join(part.split())) for part in told_why if part.strip()]
    stated = forecast.study.model.equations
    equations = [folded("The model’s equations", tag("pre", "\n".join(stated)))] if stated else []
    parts = [*reasons, tag("h3", "Priors"), *_priors(forecast), tag("h3", "Data"), *_data(forecast), *equations]
    return section("scenario", "The scenario and its data", *parts)


def _priors(forecast: Forecast) -> list[Html]:
    asked, meanings = forecast.study.scenario.priors, parameters(forecast)
    if not asked:
        return [told("origin.own_priors", {"total": str(forecast.study.priors.size)})]
    rows: list[Row] = [
        [code(name), prior.text, meanings[entry].unit, meanings[entry].meaning]
        for name, (entry, _, prior) in priors(forecast).items()
        if entry in asked
    ]
    note = told("origin.priors", {"count": words.counted(len(asked), "prior")})
    return [note, table(["parameter", "prior", "unit", "meaning"], rows, "words")]


def _data(forecast: Forecast) -> list[Html]:
    rows = () if forecast.study.target is None else forecast.study.target.rows
    if not rows:
        return [told("origin.no_data")]
    if forecast.posterior is None:
        return [told("origin.data_ignored")]
    used = [name for name in SERIES if any(row.series == name for row in rows)]
    parts = [_series(name, [row for row in rows if row.series == name]) for name in used]
    return [told("origin.data", {"rows": words.counted(len(rows), "row")}), *parts]


def _series(name: str, rows: list[Observation]) -> Html:
    series, days = SERIES[name], sorted(row.published for row in rows)
    span = f"published {days[0]}" if days[0] == days[-1] else f"published {days[0]} to {days[-1]}"
    licences = words.listed(sorted({_licence(row) for row in rows}))
    blanks = {"rows": words.counted(len(rows), "row"), "span": span, "licences": licences}
    lines: list[Row] = [
        [
            row.label,
            row.date.isoformat(),
            words.measured(row.value, row.unit),
            _published(row),
            _licence(row),
            row.source,
        ]
        for row in rows
    ]
    return joined(
        [
            tag("h4", series.title),
            paragraph(marked(series.observes)),
            of_class("p", "small", said("origin.caveats", {"caveats": marked(series.caveats)})),
            folded(
                said("origin.rows", blanks),
                table(["", "date", "value", "published", "licence", "source"], lines, "words"),
            ),
        ]
    )


def _published(row: Observation) -> str:
    return row.published.isoformat() + (" (assumed)" if row.published_basis == "assumed" else "")


def _licence(row: Observation) -> str:
    return "not stated" if row.licence == "unknown" else row.licence


def command(forecast: Forecast) -> str:
    """The command line that makes this run again, from a bundled scenario or from the file that the report prints."""
    asked, manifest = forecast.study.scenario, forecast.manifest
    name, *options = named(asked)
    start = ["rsimc", "forecast", name] if forecast.posterior else ["rsimc", "simulate", name, "--prior"]
    options += ["--allow-code"] if is_file(asked.model) else []
    options += ["--accept-untrusted"] if forecast.posterior and forecast.posterior.verdict.problems else []
    return shlex.join([*start, *options, "--draws", str(manifest.draws), "--seed", str(manifest.seed)])


def named(asked: Scenario) -> list[str]:
    """How a command names a scenario: a bundled one with what is set in it, or the file that the report prints."""
    sets = changes(asked)
    name = f"{asked.name}.toml" if sets is None else asked.name
    return [name, *(part for pair in sets or [] for part in ("--set", pair))]


def reproduce(forecast: Forecast) -> Html:
    """How to make the run again and what made it."""
    asked = forecast.study.scenario
    need = "" if changes(asked) is not None else said("origin.need", {"file": f"{asked.name}.toml"})
    version = forecast.manifest.machine["versions"]["rsimc"]
    return section(
        "reproduce",
        "How to make it again",
        tag("pre", command(forecast)),
        told("origin.command", {"version": version, "need": need}),
        told("origin.same"),
        _facts(forecast),
        # As the record has it, whose keys are in order: the page of a run is the same when it is opened again.
        folded("The scenario as a file", tag("pre", as_toml(scenario_of(forecast.manifest)))),
        told("origin.embedded"),
    )


def _facts(forecast: Forecast) -> Html:
    manifest, machine = forecast.manifest, forecast.manifest.machine
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    devices = f"{words.counted(machine['devices'], 'device')} of kind {machine['device']} ({machine['platform']})"
    facts = {
        "identity": manifest.id,
        "model": identified(forecast.study.model),
        "posterior": manifest.posterior or "none",
        "versions": f"Python {machine['python']}, {versions}",
        "machine": f"{devices}, {machine['system']}",
        "XLA flags": machine["xla_flags"] or "none",
        "made": manifest.created,
    }
    return tag("dl", *(joined([tag("dt", name), tag("dd", fact)]) for name, fact in facts.items()))
