"""What a scenario asks of its model beyond priors: pauses, rivals, and the forms of its equations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import product

from rsimc.dates import end_of_day
from rsimc.errors import ScenarioError, nearest
from rsimc.models.base import Model, forms_of
from rsimc.models.takeoff.labs import LEADER, Rival
from rsimc.models.takeoff.model import Takeoff
from rsimc.models.takeoff.policy import Pause
from rsimc.priors.quantiles import Quantile
from rsimc.priors.text import parse_prior
from rsimc.scenario import Scenario
from rsimc.scenario.schema import Options, PauseChoice

Choice = dict[str, float]
"""Values of the parameters that choose forms."""
COMPARISON = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*>=?\s*(?P<value>[-+0-9.eE_]+)\s*")
ALL = "all"


def configured(scenario: Scenario, model: Model) -> Model:
    """The model with the scenario's pauses and rivals. Raises ScenarioError naming the place of what cannot be."""
    pauses, rivals = scenario.policy.pause, scenario.labs.rivals
    _positive(parse_prior(scenario.labs.diffusion, scenario.where("labs", "diffusion")), scenario, "labs", "diffusion")
    if not pauses and not rivals:
        return model
    if not isinstance(model, Takeoff):
        what = "policy" if pauses else "labs"
        raise ScenarioError(scenario.where(what), f"nothing: the model {model.name} has none", "a table", "remove it")
    if LEADER in rivals:
        raise ScenarioError(scenario.where("labs", "rivals", LEADER), "another name", LEADER, "it is the leading lab's")
    labs = tuple(
        Rival(name, _share(scenario, one.compute, "labs", "rivals", name, "compute"), _researchers(scenario, name))
        for name, one in rivals.items()
    )
    names = {rival.name for rival in labs} | {LEADER}
    made = tuple(_pause(scenario, model, n, pause, names) for n, pause in enumerate(pauses))
    _no_contradiction(scenario, made)
    since = end_of_day(scenario.as_of)
    return replace(model, rivals=labs, pauses=made, diffusion=scenario.labs.diffusion, since=since)


def describe(model: Model) -> dict[str, object]:
    """What distinguishes a configured model beyond its priors, for identities."""
    if not isinstance(model, Takeoff) or not (model.pauses or model.rivals):
        return {}
    pauses = [[p.name, p.text, list(p.labs)] for p in model.pauses]
    return {"pauses": pauses, "rivals": [r.name for r in model.rivals], "since": model.since}


def _researchers(scenario: Scenario, name: str) -> object:
    one = scenario.labs.rivals[name]
    prior, key = (one.compute, "compute") if one.researchers is None else (one.researchers, "researchers")
    return _share(scenario, prior, "labs", "rivals", name, key)


def _pause(scenario: Scenario, model: Takeoff, n: int, pause: PauseChoice, labs: set[str]) -> Pause:
    path = ("policy", "pause", str(n))
    for lab in pause.labs:
        if lab not in labs:
            raise ScenarioError(scenario.where(*path, "labs"), "the name of a lab", f'"{lab}"', nearest(lab, labs))
    for key in ("lag_months", "lasts_months"):
        _positive(parse_prior(getattr(pause, key), scenario.where(*path, key)), scenario, *path, key)
    when, quantity, threshold = _trigger(scenario, model, pause.trigger, *path, "trigger")
    return Pause(
        f"pause_{n + 1}",
        str(pause.trigger),
        when,
        quantity,
        threshold,
        pause.labs,
        pause.lag_months,
        pause.lasts_months,
        _share(scenario, pause.strength, *path, "strength"),
        _share(scenario, pause.compliance, *path, "compliance"),
    )


def _trigger(scenario: Scenario, model: Model, trigger: date | str, *path: str) -> tuple[float | None, str, float]:
    """The date, or the quantity and its threshold on the quantity's own scale."""
    where = scenario.where(*path)
    if isinstance(trigger, date):
        if trigger <= scenario.as_of:
            raise ScenarioError(
                where, f"a date after as_of {scenario.as_of}", trigger.isoformat(), "no pause began yet"
            )
        return end_of_day(trigger), "", 0.0
    milestones = {m.name: m for m in model.milestones}
    if trigger in milestones:
        return None, milestones[trigger].quantity, milestones[trigger].threshold
    found = COMPARISON.fullmatch(trigger)
    observables = {o.name: o for o in model.observables}
    if found is None:
        expected = 'a date, a milestone, or a comparison such as "horizon_hours > 160"'
        raise ScenarioError(where, expected, f'"{trigger}"', nearest(trigger, milestones))
    if found["name"] not in observables:
        advice = nearest(found["name"], observables)
        raise ScenarioError(where, "the name of an observable", f'"{found["name"]}"', advice)
    observable = observables[found["name"]]
    try:
        value = float(found["value"])
    except ValueError:
        raise ScenarioError(where, "a number after >", f'"{found["value"]}"') from None
    if observable.scale == "linear":
        return None, observable.quantity, value
    if value <= 0:
        raise ScenarioError(where, f"a threshold above 0 for {observable.name}", found["value"])
    return None, observable.quantity, math.log(value)


def _share(scenario: Scenario, prior: object, *path: str) -> object:
    """A prior that lies within 0 and 1. Raises ScenarioError else, saying how to write one."""
    read = parse_prior(prior, scenario.where(*path))
    low, high = read.quantile(1e-4), read.quantile(1.0 - 1e-4)
    if not (low >= 0.0 and high <= 1.0):
        advice = "a number such as 0.8, or a prior of a share such as { logitnormal = [1, 0.8] }"
        raise ScenarioError(scenario.where(*path), "a share from 0 to 1", f"{low:.3g} to {high:.3g}", advice)
    return prior


def _positive(prior: Quantile, scenario: Scenario, *path: str) -> None:
    if prior.quantile(1e-4) < 0.0:
        found = f"values from {prior.quantile(1e-4):.3g}"
        raise ScenarioError(scenario.where(*path), "0 or more", found)


def _no_contradiction(scenario: Scenario, pauses: tuple[Pause, ...]) -> None:
    """Refuses two pauses of the same labs on the same trigger: which of them holds would be anybody's guess."""
    for n, one in enumerate(pauses):
        for k, other in enumerate(pauses[:n]):
            common = not one.labs or not other.labs or set(one.labs) & set(other.labs)
            if common and one.text == other.text:
                where = scenario.where("policy", "pause", str(n), "trigger")
                advice = "give them different triggers or different labs, or join them"
                raise ScenarioError(where, f"another trigger than that of pause {k + 1}", f'"{one.text}"', advice)


def choices(scenario: Scenario, model: Model) -> list[tuple[Choice, float]]:
    """The forms that a scenario takes, with their weights, which sum to one: products of those of each form's options,
    which are equal where the scenario gives none.

    Raises ScenarioError for a form or an option that the model does not have, with the nearest one.
    """
    wanted = scenario.variants
    known = {form.name: form for form in forms_of(model)}
    everything = wanted.get(ALL) == (ALL,)
    for name in wanted if not everything else ():
        if name not in known:
            place = scenario.where("variants", name)
            raise ScenarioError(place, f"a form of the model {model.name}", f'"{name}"', nearest(name, known))
        for option in wanted[name]:
            if option != ALL and option not in known[name].options:
                place, near = scenario.where("variants", name), nearest(option, known[name].options)
                raise ScenarioError(place, f"an option of the form {name}", f'"{option}"', near)
    picked = []
    for name, form in known.items():
        options = (ALL,) if everything else wanted.get(name, (form.default,))
        weights = _weighted(form.mixed if options == (ALL,) else options)
        picked.append([(form.parameter, form.options[option], weight) for option, weight in weights.items()])
    return [
        ({parameter: value for parameter, value, _ in combination}, math.prod(weight for *_, weight in combination))
        for combination in product(*picked)
    ]


def _weighted(options: Options) -> dict[str, float]:
    """Weights that sum to one."""
    weights = options if isinstance(options, dict) else dict.fromkeys(options, 1.0)
    return {option: weight / math.fsum(weights.values()) for option, weight in weights.items()}


def label(model: Model, choice: Mapping[str, float]) -> str:
    """A choice in words, such as `horizon linear, substitution low`."""
    words = []
    for form in forms_of(model):
        value = choice.get(form.parameter, form.options[form.default])
        words += [f"{form.name} {option}" for option, number in form.options.items() if number == value]
    return ", ".join(words)
