"""Checks of what a model states about itself: nothing of its code runs."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from rsimc.errors import ScenarioError, nearest
from rsimc.models.base import (
    Duration,
    Milestone,
    Model,
    Observable,
    Parameter,
    Redraw,
    correlations_of,
    prior_set,
    redraw_of,
)
from rsimc.models.checks.trial import Check, Trial
from rsimc.models.guard import Problem, brief, place, unguarded
from rsimc.priors.quantiles import Quantile
from rsimc.priors.vector import PriorSet

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
ANY = Quantile("identity", "")
KEPT = 2
"""Observables are kept at quarter ends, or as many whole steps apart as a quarter has."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _tuple_of(kind: type, least: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, tuple) and len(value) >= least and all(isinstance(item, kind) for item in value)
    )


ATTRIBUTES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_text, "a text"),
    "version": (_text, "a text"),
    "epoch": (_number, "a finite number, the year that t counts from"),
    "start": (_number, "a finite number, the year at which trajectories start"),
    "steps_per_year": (_count, "a whole number of at least 1"),
    "steps_per_innovation": (_count, "a whole number of at least 1"),
    "innovations": (_tuple_of(str, 0), "a tuple of texts"),
    "anchor_innovations": (_count, "a whole number of at least 1"),
    "parameters": (_tuple_of(Parameter, 1), "a tuple of at least one Parameter"),
    "milestones": (_tuple_of(Milestone, 1), "a tuple of at least one Milestone"),
    "durations": (_tuple_of(Duration, 0), "a tuple of Duration"),
    "classes": (_tuple_of(str, 1), "a tuple of at least one text"),
    "observables": (_tuple_of(Observable, 1), "a tuple of at least one Observable"),
    "equations": (_tuple_of(str, 0), "a tuple of texts"),
}
METHODS = ("prepare", "init", "step", "observe", "clipped", "classify")
MISSING = object()


def attributes(trial: Trial) -> Problem | None:
    """Every attribute of the protocol is there and of its type."""
    model = unguarded(trial.model)
    for name, (right, words) in ATTRIBUTES.items():
        try:
            value = getattr(model, name, MISSING)
        except Exception as error:  # a property of the user's
            return Problem(place(model, name), words, brief(error), cause=error)
        if value is MISSING:
            return Problem(
                place(model, name), words, "no such attribute", "rsimc init --model FILE.py writes an example"
            )
        if not right(value):
            return Problem(place(model, name), words, _shown(value), _hint(value))
    return None


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list) and value:
        kinds = ", ".join(dict.fromkeys(type(item).__name__ for item in value))
        return f"a {type(value).__name__} of {kinds}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _hint(value: Any) -> str:
    if isinstance(value, list):
        return "write it in round brackets"
    return "a tuple of one ends in a comma: (x,)" if isinstance(value, str | Parameter | Milestone | Observable) else ""


def methods(trial: Trial) -> Problem | None:
    """Every method of the protocol is there and takes its arguments."""
    model = unguarded(trial.model)
    for name in METHODS:
        wanted = [key for key in inspect.signature(getattr(Model, name)).parameters if key != "self"]
        words = f"{name}({', '.join(wanted)})"
        method = getattr(model, name, None)
        if not callable(method):
            return Problem(place(model, name), words, "no such method", "rsimc init --model FILE.py writes an example")
        try:
            inspect.signature(method).bind(*wanted)
        except TypeError:
            return Problem(place(model, name), words, f"{name}{inspect.signature(method)}")
    return None


def steps(trial: Trial) -> Problem | None:
    """Whole beats of innovations lead from the start to quarter ends and to the horizon."""
    model = trial.model
    year, beat = model.steps_per_year, model.steps_per_innovation
    if year % KEPT or year < 2 * KEPT:
        words = "an even number of 4 or more, since results are kept about four times a year"
        return Problem(place(model, "steps_per_year"), words, f"{year}")
    if year % beat:
        words = f"a divisor of steps_per_year = {year}"
        return Problem(place(model, "steps_per_innovation"), words, f"{beat}")
    if not model.start < trial.horizon:
        return Problem(place(model, "start"), f"a year before the horizon {trial.horizon:g}", f"{model.start:g}")
    beats = model.start * year / beat
    if abs(beats - round(beats)) > 1e-6:
        words = f"a whole number of beats of {beat}/{year} of a year"
        return Problem(place(model, "start"), words, f"{model.start!r}", "start at the beginning of a year")
    return None


def _named(model: Model) -> Iterator[tuple[str, tuple[str, ...]]]:
    for attribute in ("parameters", "milestones", "observables", "durations"):
        yield attribute, tuple(item.name for item in getattr(model, attribute))
    for parameter in model.parameters:
        yield f"parameters.{parameter.name}.labels", parameter.labels
    yield "innovations", model.innovations
    yield "classes", model.classes


def names(trial: Trial) -> Problem | None:
    """Names are words, and different among their kind."""
    for attribute, found in _named(trial.model):
        where = place(trial.model, attribute)
        for name in found:
            parts = re.split(r":|\.\.", name) if attribute == "durations" else [name]
            if not all(isinstance(part, str) and NAME.fullmatch(part) for part in parts):
                return Problem(where, "a name of letters, digits and _ that begins with a letter", repr(name))
        twice = next((name for name in found if found.count(name) > 1), None)
        if twice is not None:
            return Problem(where, "different names", f'"{twice}" twice')
    return None


def texts(trial: Trial) -> Problem | None:
    """Names, units, meanings, sources and definitions are texts, and labels are tuples of them."""
    model = trial.model
    for kind in ("parameters", "milestones", "durations", "observables"):
        for place_in, item in enumerate(getattr(model, kind)):
            where = place(model, f"{kind}[{place_in}]")
            for field in fields(item):
                value = getattr(item, field.name)
                if field.type == "str" and not isinstance(value, str):
                    return Problem(f"{where}.{field.name}", "a text", _shown(value))
                if field.type == "tuple[str, ...]" and not _tuple_of(str, 0)(value):
                    return Problem(f"{where}.{field.name}", "a tuple of texts", _shown(value), _hint(value))
    return None


def priors(trial: Trial) -> Problem | None:
    """Every parameter's prior can be read, one for each label where it has labels."""
    for parameter in trial.model.parameters:
        where = place(trial.model, "parameters", parameter.name)
        if isinstance(parameter.prior, tuple) and len(parameter.prior) != len(parameter.labels):
            found = f"{len(parameter.prior)} for {len(parameter.labels)} labels"
            return Problem(where, "a prior for each label", found)
        try:
            prior_set((parameter,), {}, lambda *path, where=where: ".".join((where, *path[2:])))
        except ScenarioError as error:
            return Problem.of(error)
        except Exception as error:  # whatever stands there in place of a prior
            return Problem(where, "a prior", brief(error))
    return None


def together(trial: Trial) -> Problem | None:
    """What is drawn together, and anew, names parameters, with correlations that a distribution has."""
    model, redraw, pairs = trial.model, redraw_of(trial.model), correlations_of(trial.model)
    plain = tuple(parameter.name for parameter in model.parameters)
    flat = tuple(f"{p.name}.{one}" if one else p.name for p in model.parameters for one in p.labels or ("",))
    named = [("correlations", name, flat) for a, b, _ in pairs for name in (a, b)]
    if redraw is not None:
        if (found := _no_redraw(model, redraw, pairs, flat)) is not None:
            return found
        named += [("redraw.kept", name, flat) for name in redraw.kept]
        named += [("redraw.needed", name, plain) for name in redraw.needed]
    for attribute, name, known in named:
        if name not in known:
            return Problem(place(model, attribute), "the name of a parameter", f'"{name}"', nearest(name, known))
    try:
        _ = PriorSet(tuple((name, None, ANY) for name in flat), pairs).mixing
    except ValueError as error:
        return Problem(place(model, "correlations"), "correlations of a distribution", str(error))
    return None


def _no_redraw(
    model: Model, redraw: object, pairs: tuple[tuple[str, str, float], ...], flat: tuple[str, ...]
) -> Problem | None:
    """What keeps a redraw from being one."""
    if not isinstance(redraw, Redraw):
        return Problem(place(model, "redraw"), "a Redraw of rsimc.models.base", f"a {type(redraw).__name__}")
    for attribute in ("kept", "needed"):
        if not _tuple_of(str, int(attribute == "needed"))(getattr(redraw, attribute)):
            value = getattr(redraw, attribute)
            return Problem(place(model, f"redraw.{attribute}"), "a tuple of texts", _shown(value), _hint(value))
    if not _count(redraw.attempts) or redraw.attempts < 2:
        return Problem(place(model, "redraw.attempts"), "a whole number of at least 2", repr(redraw.attempts))
    together = [name for name in flat if any(name in pair[:2] for pair in pairs)]
    if not together:
        return Problem(place(model, "redraw"), "correlations: what is drawn together is drawn anew", "none")
    last = max((together.index(name) for name in redraw.kept if name in together), default=-1)
    before = [name for name in together[: last + 1] if name not in redraw.kept]
    if before:
        words = "parameters that are kept before all others that are correlated"
        return Problem(place(model, "redraw.kept"), words, f'"{before[0]}" before "{together[last]}"')
    return None


def thresholds(trial: Trial) -> Problem | None:
    """Every milestone has a finite threshold."""
    for milestone in trial.model.milestones:
        if not _number(milestone.threshold):
            where = place(trial.model, "milestones", milestone.name)
            return Problem(where, "a finite number as threshold", repr(milestone.threshold))
    return None


def durations(trial: Trial) -> Problem | None:
    """Durations lead from one milestone of the model to another; with a clock, one may be its value at a milestone."""
    known = [milestone.name for milestone in trial.model.milestones]
    for duration in trial.model.durations:
        where = place(trial.model, "durations", duration.name)
        for end in (duration.start, duration.end):
            value_at_end = not end and end is duration.start and bool(duration.clock)
            if end not in known and not value_at_end:
                return Problem(where, "the name of a milestone", f'"{end}"', nearest(end, known))
        if duration.start == duration.end:
            return Problem(where, "two milestones", f'"{duration.start}" twice')
        if (found := _no_range(where, duration.low, duration.high, duration.log)) is not None:
            return found
    return None


def ranges(trial: Trial) -> Problem | None:
    """The range of every observable's fan is one: low < high, and low > 0 on a log scale."""
    for observable in trial.model.observables:
        where = place(trial.model, "observables", observable.name)
        if observable.scale not in ("log", "linear"):
            return Problem(where, 'scale "log" or "linear"', repr(observable.scale))
        if (found := _no_range(where, observable.low, observable.high, observable.scale == "log")) is not None:
            return found
    return None


def _no_range(where: str, low: Any, high: Any, log: bool) -> Problem | None:
    if not (_number(low) and _number(high) and low < high):
        return Problem(where, "low < high", f"{low!r} and {high!r}")
    if log and low <= 0:
        return Problem(where, "low > 0 on a log scale", f"{low!r}", "low and high are in the unit, before logarithms")
    return None


CHECKS = (
    Check("attributes", "every attribute is there and of its type", attributes, gate=True),
    Check("methods", "every method is there and takes its arguments", methods, gate=True),
    Check("texts", "names, units, meanings and sources are texts", texts, gate=True),
    Check("steps", "steps and beats divide the year", steps),
    Check("names", "names are words, each used once", names),
    Check("priors", "every prior can be read", priors),
    Check("together", "what is drawn together names parameters", together, gate=True),
    Check("thresholds", "milestones have finite thresholds", thresholds),
    Check("durations", "durations lead from milestone to milestone", durations),
    Check("ranges", "observables have a range to draw", ranges),
)
