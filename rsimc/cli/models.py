"""`rsimc models`: the models, or all that one of them states about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
from rich.console import Console

from rsimc.cli.options import console, emit_json, json_option, messages
from rsimc.cli.tables import heading, prior_grid, prior_headings, prior_row, quantiles, say, table
from rsimc.errors import ScenarioError, UsageError, nearest

if TYPE_CHECKING:
    from rsimc.models import Form, Model, Parameter
    from rsimc.priors.quantiles import Quantile


@click.command("models")
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the models or, with a NAME, show one: parameters with priors and sources, milestones, equations.

    FILE.py:CLASS shows a model of your own; the file then runs.
    """
    # jax: seconds that the help of a command need not cost
    from rsimc.models import get_model, model_names
    from rsimc.models.own import is_file

    if name is None:
        _list(_usable(model_names()), as_json)
        return
    if name not in model_names() and not is_file(name):
        raise UsageError("models", "the name of a model", f'"{name}"', nearest(name, model_names()))
    model = get_model(name, "models", allow_code=True)
    if as_json:
        emit_json(document(model))
    else:
        _show(model, console())


def _usable(names: Iterable[str]) -> list[Model]:
    """The models of these names; one of an installed package that cannot be used is a message instead."""
    from rsimc.models import get_model

    found = []
    for name in names:
        try:
            found.append(get_model(name, "models"))
        except ScenarioError as error:
            messages().print(f"warning: {error}", soft_wrap=True)
    return found


def _list(models: list[Model], as_json: bool) -> None:
    if as_json:
        emit_json({"schema": "rsimc.models/1", "models": [_summary(model) for model in models]})
        return
    out = table("Model", "Version", "Parameters", "From", "Milestones", right=("Parameters",), wrap=("Milestones",))
    for model in models:
        names = ", ".join(milestone.name for milestone in model.milestones if milestone.headline)
        out.add_row(model.name, model.version, str(len(model.parameters)), f"{model.start:g}", names)
    console().print(out)
    console().print("\nrsimc models NAME shows one in full.")


def _summary(model: Model) -> dict[str, object]:
    return {
        "name": model.name,
        "version": model.version,
        "parameters": len(model.parameters),
        "milestones": [milestone.name for milestone in model.milestones],
    }


def priors_of(parameter: Parameter) -> dict[str | None, Quantile]:
    """A parameter's own priors by label; the label is None where it has no axis."""
    from rsimc.models.base import prior_set

    return {label: prior for _, label, prior in prior_set((parameter,), {}).entries}


def document(model: Model) -> dict[str, object]:
    """A model as JSON."""
    from rsimc.models.base import assumptions_of, correlations_of, forms_of, redraw_of

    redraw = redraw_of(model)
    return {
        "schema": "rsimc.model/1",
        "name": model.name,
        "version": model.version,
        "parameters": [_parameter(parameter) for parameter in model.parameters],
        "milestones": [{"name": m.name, "definition": m.definition} for m in model.milestones],
        "observables": [{"name": o.name, "unit": o.unit, "meaning": o.meaning} for o in model.observables],
        "states": [dict(zip(("name", "unit", "meaning"), state, strict=True)) for state in states(model)],
        "variants": [_form(form) for form in forms_of(model)],
        "correlations": [{"a": a, "b": b, "rho": rho} for a, b, rho in correlations_of(model)],
        "redraw": redraw and {"kept": list(redraw.kept), "attempts": redraw.attempts},
        "assumes": assumptions_of(model) or None,
        "equations": list(model.equations),
        "durations": [duration.name for duration in model.durations],
        "classes": list(model.classes),
    }


def states(model: Model) -> tuple[tuple[str, str, str], ...]:
    """(name, unit, meaning) of what a model carries along, where it says so."""
    return tuple(getattr(model, "states", ()))


def _form(form: Form) -> dict[str, object]:
    return {
        "name": form.name,
        "options": list(form.options),
        "default": form.default,
        "mixture": list(form.mixed),
        "meaning": form.meaning,
        "source": form.source,
    }


def _parameter(parameter: Parameter) -> dict[str, object]:
    """With labels, `prior` and `quantiles` are tables by label."""
    priors = priors_of(parameter)
    texts = {label: prior.text for label, prior in priors.items()}
    numbers = {label: quantiles(prior) for label, prior in priors.items()}
    return {
        "name": parameter.name,
        "unit": parameter.unit,
        "prior": texts if parameter.labels else texts[None],
        "meaning": parameter.meaning,
        "source": parameter.source,
        "quantiles": numbers if parameter.labels else numbers[None],
    }


def _show(model: Model, out: Console) -> None:
    from rsimc.models.base import assumptions_of

    out.print(heading(f"{model.name}, version {model.version}"))
    if assumptions_of(model):
        say(out, assumptions_of(model))
        out.print()
    say(out, "Each with its prior and its 5%, 50% and 95% points; below, its meaning, unit and source.")
    _show_parameters(model, out)
    _show_correlations(model, out)
    _show_states(model, out)
    _show_forms(model, out)
    _show_outcomes(model, out)
    out.print()
    out.print(heading("Equations"))
    for equation in model.equations:
        _show_equation(equation, out)


def _show_correlations(model: Model, out: Console) -> None:
    from rsimc.models.base import correlations_of, redraw_of

    pairs = correlations_of(model)
    if not pairs:
        return
    out.print()
    out.print(heading("Drawn together"))
    say(out, "Correlations of normal scores (a Gaussian copula); each prior stays as it is.")
    grid = table("Quantity", "With", "Correlation", right=("Correlation",))
    for a, b, rho in pairs:
        grid.add_row(a, b, f"{rho:g}")
    out.print(grid)
    redraw = redraw_of(model)
    if redraw is not None:
        names = ", ".join(redraw.kept)
        kept, then = (f" but {names}", f"; where none can be used, with {names}") if names else ("", "")
        times = f"{redraw.attempts} times at most"
        say(out, f"A draw that the model cannot use is taken anew, all of these{kept}, {times}{then}.")


def _show_states(model: Model, out: Console) -> None:
    grid = table("State", "Unit", "Meaning", wrap=("Meaning",))
    for state in states(model):
        grid.add_row(*state)
    if states(model):
        out.print()
        out.print(grid)


def _show_forms(model: Model, out: Console) -> None:
    from rsimc.models import forms_of

    if not forms_of(model):
        return
    out.print()
    out.print(heading("Forms"))
    say(out, "Chosen by `variants`, such as --set variants.horizon=linear; --set variants=all mixes all of them.")
    for form in forms_of(model):
        options = ", ".join(f"{name} (default)" if name == form.default else name for name in form.options)
        out.print(f"{form.name}: {options}")
        say(out, f"{form.meaning}; {form.source}", indent=4, style="dim")


def _show_outcomes(model: Model, out: Console) -> None:
    milestones = table("Milestone", "Reached when", wrap=("Reached when",))
    for milestone in model.milestones:
        milestones.add_row(milestone.name, milestone.definition)
    durations = table("Duration: from", "to", "measured in")
    for duration in model.durations:
        durations.add_row(duration.start or "(value at)", duration.end, duration.clock or duration.unit)
    observables = table("Observable", "Unit", "Meaning", wrap=("Meaning",))
    for observable in model.observables:
        observables.add_row(observable.name, observable.unit, observable.meaning)
    for block in (milestones, durations, observables, heading("Classes of trajectories")):
        out.print()
        out.print(block)
    say(out, ", ".join(model.classes))


def _rows(parameter: Parameter) -> Iterator[tuple[str, Quantile]]:
    """Names and priors as they are listed: one row when all labels share a prior."""
    priors = priors_of(parameter)
    same = len(set(priors.values())) == 1
    if same or not parameter.labels:
        yield parameter.name, next(iter(priors.values()))
        return
    for label, prior in priors.items():
        yield f"  .{label}", prior


def _show_parameters(model: Model, out: Console) -> None:
    names = [name for parameter in model.parameters for name, _ in _rows(parameter)]
    names += [parameter.name for parameter in model.parameters]
    out.print(prior_headings(prior_grid(names, out.width), "", "Prior"))
    for parameter in model.parameters:
        grid = prior_grid(names, out.width)
        rows = list(_rows(parameter))
        if rows[0][0] != parameter.name:
            grid.add_row(heading(parameter.name))
        for name, prior in rows:
            prior_row(grid, name, prior, "bold" if name == parameter.name else "")
        out.print(grid)
        each = f"; the same for {', '.join(parameter.labels)}" if len(rows) == 1 and parameter.labels else ""
        say(out, f"{parameter.meaning} ({parameter.unit}{each}); {parameter.source}", indent=4, style="dim")


def _show_equation(equation: str, out: Console) -> None:
    """`FORMULA; FORMULA    what it is about`: the subject first, then a formula a line."""
    formulas, _, subject = equation.rpartition("  ")
    if subject.strip() and formulas.strip():
        say(out, subject.strip())
    for formula in (formulas.strip() or equation).split(";  "):
        say(out, formula.strip(), indent=4, hang=4)
