"""`rsimc check`: whether a scenario can be forecast, and what it comes to."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from rich.console import Console

from rsimc.cli.options import allow_code_option, console, emit_json, json_option, scenario_argument, set_option
from rsimc.cli.tables import heading, prior_grid, prior_headings, prior_row, quantiles, say, table
from rsimc.errors import UsageError
from rsimc.observations import SERIES, Observation, later_keys, select
from rsimc.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from rsimc.priors.quantiles import Quantile
    from rsimc.runs.study import Study


@click.command("check")
@scenario_argument
@set_option
@click.option("--model", metavar="MODEL", help="Check a model instead: a name, or FILE.py:CLASS, which then runs.")
@allow_code_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    overrides: tuple[str, ...],
    model: str | None,
    allow_code: bool,
    as_json: bool,
) -> None:
    """Validate a SCENARIO (a bundled name or a file) without running it: its model, its priors, its data.

    Shows the priors that differ from the model's own, the observations known by its date, and how it will be run. With
    --model, runs the conformance suite on a model. Exit code 3 when something is wrong.
    """
    # jax: seconds that the help of a command need not cost
    from rsimc.cli.conformance import check_model
    from rsimc.runs.study import resolve
    from rsimc.runs.trial import try_out

    if model is not None:
        if overrides or context.get_parameter_source("scenario") is not click.core.ParameterSource.DEFAULT:
            raise UsageError("--model", "either a scenario or a model", "both")
        check_model(model, as_json)
        return
    study = resolve(load_scenario(scenario, overrides), allow_code=allow_code)
    try_out(study, fitted=True)
    if as_json:
        emit_json(document(study))
    else:
        _show(study, console())


def document(study: Study) -> dict[str, object]:
    """What a scenario comes to, as JSON."""
    scenario = study.scenario
    return {
        "schema": "rsimc.check/1",
        "ok": True,
        "scenario": scenario.name,
        "title": scenario.title,
        "model": study.model.name,
        "version": study.model.version,
        "as_of": scenario.as_of.isoformat(),
        "parameters": study.priors.size,
        "priors": [_prior(name, *pair) for name, pair in changed_priors(study).items()],
        "data": [_series(study, name) for name in _wanted(scenario)],
        "calibration": asdict(study.settings),
        "run": scenario.run.model_dump(),
        "condition_on_not_yet": scenario.condition_on_not_yet,
        "forms": [part.form for part in study.parts or (study,) if part.form],
        "pauses": [str(pause.trigger) for pause in scenario.policy.pause],
        "rivals": list(scenario.labs.rivals),
    }


def changed_priors(study: Study) -> dict[str, tuple[Quantile, Quantile]]:
    """The priors that differ from those of the model and of its likelihoods, by flat name, each with the latter."""
    from rsimc.calibration.target import nuisance_parameters
    from rsimc.models.base import prior_set

    terms = study.target.terms if study.target else ()
    own = prior_set(study.model.parameters + nuisance_parameters(term.series for term in terms), {})
    pairs = zip(study.priors.names, study.priors.entries, own.entries, strict=True)
    return {name: (mine[2], theirs[2]) for name, mine, theirs in pairs if mine[2] != theirs[2]}


def _prior(name: str, mine: Quantile, own: Quantile) -> dict[str, object]:
    return {
        "name": name,
        "prior": mine.text,
        "quantiles": quantiles(mine),
        "default": own.text,
        "default_quantiles": quantiles(own),
    }


def _wanted(scenario: Scenario) -> list[str]:
    return [name for name, choice in scenario.data.items() if choice.use]


def _known(scenario: Scenario, name: str) -> tuple[Observation, ...]:
    choice = scenario.data[name]
    return select(name, scenario.as_of, choice.suite, choice.vintage, Path(choice.file) if choice.file else None)


def _later(scenario: Scenario, name: str) -> tuple[str, ...]:
    choice = scenario.data[name]
    return later_keys(name, scenario.as_of, choice.suite, Path(choice.file) if choice.file else None)


def _series(study: Study, name: str) -> dict[str, object]:
    """A series as the scenario uses it. used: rows of `known` that its likelihood reads; later: keys of those that were
    published after its date, which are left out."""
    known = _known(study.scenario, name)
    used = [row for row in study.rows if row.series == name]
    return {
        "series": name,
        "suite": next((row.suite for row in known), "") or None,
        "vintage": next((row.vintage for row in known), "") or None,
        "known": len(known),
        "used": len(used),
        "later": list(_later(study.scenario, name)),
        "first": min((row.date.isoformat() for row in used), default=None),
        "last": max((row.date.isoformat() for row in used), default=None),
        "last_published": max((row.published.isoformat() for row in used), default=None),
    }


def _show(study: Study, out: Console) -> None:
    scenario = study.scenario
    out.print(heading(scenario.name), f"({study.model.name}, as of {scenario.as_of})")
    say(out, scenario.title)
    out.print()
    _show_priors(study, out)
    out.print()
    _show_data(study, out)
    out.print()
    _show_settings(study, out)
    _show_options(study, out)
    out.print()
    out.print("ok")


def _show_priors(study: Study, out: Console) -> None:
    changed = changed_priors(study)
    if not changed:
        out.print(f"Priors: all {study.priors.size} are the model's own")
        return
    out.print(f"Priors: {len(changed)} of {study.priors.size} differ from the model's own")
    grid = prior_headings(prior_grid([*changed, "  instead of"], out.width), "Name", "Prior")
    for name, (mine, own) in changed.items():
        prior_row(grid, name, mine)
        prior_row(grid, "  instead of", own, "dim")
    out.print(grid)


def _show_data(study: Study, out: Console) -> None:
    listed = [_series(study, name) for name in _wanted(study.scenario)]
    if not listed:
        out.print("Data: none, so that there is nothing to calibrate on")
        return
    numbers = ("Used", "Known", "Later")
    grid = table("Data", *numbers, "First", "Last", "Published", right=numbers)
    for series in listed:
        dates = (str(series[key] or "-") for key in ("first", "last", "last_published"))
        later = cast(list[str], series["later"])
        grid.add_row(str(series["series"]), str(series["used"]), str(series["known"]), str(len(later)), *dates)
    out.print(grid)
    for series in listed:
        if series["later"] and study.scenario.data[str(series["series"])].file:
            names = ", ".join(cast(list[str], series["later"]))
            say(out, f"{series['series']}: published after {study.scenario.as_of} and so not used: {names}")
    for series in listed:
        if series["suite"]:
            out.print(f"{series['series']}: suite {series['suite']}, vintage {series['vintage']}", soft_wrap=True)
    left_out = [name for name in SERIES if name not in _wanted(study.scenario)]
    if left_out:
        out.print(f"Left out: {', '.join(left_out)}")


def _show_options(study: Study, out: Console) -> None:
    from rsimc.analysis.forms import weighting

    if study.parts:
        mixed = f"a mixture of {len(study.parts)} with {weighting(study)}, {study.parts[0].settings.chains} chains each"
        say(out, f"Forms: {mixed}")
    elif study.form:
        say(out, f"Form: {study.form}")
    for pause in study.scenario.policy.pause:
        who = f" of {', '.join(pause.labs)}" if pause.labs else ""
        say(out, f"Pause{who}: {pause.trigger}, for {pause.lasts_months} months")
    if study.scenario.labs.rivals:
        say(out, f"Rivals: {', '.join(study.scenario.labs.rivals)}")


def _show_settings(study: Study, out: Console) -> None:
    scenario, fit, run = study.scenario, study.settings, study.scenario.run
    weighted = fit.sampler == "importance"
    steps = f"{'' if weighted else f'{fit.warmup:,} warm-up and '}{fit.draws:,} kept iterations each"
    out.print(f"Calibration: {fit.sampler}, {fit.chains} chains, {steps}, seed {fit.seed}", soft_wrap=True)
    out.print(f"Run: {run.draws:,} trajectories to {run.horizon}, seed {run.seed}")
    if not scenario.condition_on_not_yet:
        out.print("Trajectories that are ahead of the world at the scenario's date are kept")
