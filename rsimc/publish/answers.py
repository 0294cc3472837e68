"""Answers to questions, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from rsimc.analysis.query.ask import Answer, Size
from rsimc.analysis.query.statistics import Result
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.publish import words
from rsimc.runs.manifest import Manifest

SCHEMA = "rsimc.answers/1"
DIGITS = 7
NEGLIGIBLE = 5e-5


def document(answers: Mapping[str, Answer], manifest: Manifest) -> dict[str, Any]:
    """All answers of a run as plain data, by name."""
    return {
        "schema": SCHEMA,
        "id": manifest.id,
        "scenario": manifest.scenario["name"],
        "answers": {name: as_dict(answer) for name, answer in answers.items()},
    }


def as_dict(answer: Answer) -> dict[str, Any]:
    """One answer as plain data; dates as ISO, their errors in days."""
    needs = answer.needs
    return {
        "question": answer.question,
        "asks": answer.asks,
        "unit": answer.unit,
        "results": {one.label: _result(one, answer.unit) for one in answer.results},
        "undecided": answer.undecided.as_dict(),
        "condition": None if answer.given is None else {**answer.given.as_dict(), "undecided": answer.unmet},
        "rows": answer.rows,
        "draws": answer.draws,
        "of": answer.of,
        "needs": None if needs is None else {"se": needs.se, "times": _short(needs.times), "what": _what(needs)},
        "warnings": list(answer.warnings),
    }


def _what(needs: Size) -> str:
    return "draws of the posterior and trajectories" if needs.draws else "trajectories"


def _result(one: Result, unit: str) -> dict[str, Any]:
    n_eff = None if one.n_eff is None else round(one.n_eff, 1)
    if unit == "date":
        day = None if one.value is None else iso_date(one.value)
        return {"value": day, "se_days": None if one.se is None else round(one.se * DAYS_PER_YEAR, 1), "n_eff": n_eff}
    bounds = {"low": one.low, "high": one.high} if one.value is None else {}
    known = {name: _short(end) for name, end in bounds.items() if isfinite(end)}
    return {
        "value": _short(one.value),
        **known,
        "se": None if one.se is None else float(f"{one.se:.3g}"),
        "n_eff": n_eff,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def shown(answer: Answer, horizon: int) -> Iterator[str]:
    """Lines for a person: what was found, of what, and what to know of it."""
    for one in answer.results:
        label = "" if len(answer.results) == 1 else f"{_label(one, answer):>12}  "
        yield f"{label}{_found(one, answer, horizon)}"
    if answer.rows:
        yield _basis(answer)
    if answer.rows and answer.undecided.p > NEGLIGIBLE and answer.asks in ("probability", "classes"):
        yield f"not decided within the horizon: {words.percent(answer.undecided.p)}"
    if answer.unmet > NEGLIGIBLE:
        yield f"the condition is not decided within the horizon in {words.percent(answer.unmet)}, left out"
    if answer.needs is not None:
        yield _needed(answer.needs)
    yield from (f"warning: {text}" for text in answer.warnings)


def _label(one: Result, answer: Answer) -> str:
    return f"{float(one.label):.4g}" if answer.asks == "quantiles" else one.label


def _found(one: Result, answer: Answer, horizon: int) -> str:
    if answer.unit == "probability":
        return "no probability" if one.value is None else words.chance(one.value, one.se)
    if one.value is None:
        return _between(one, answer.unit, horizon) if answer.asks == "quantiles" and answer.rows else "none"
    if answer.unit == "date":
        return f"{iso_date(one.value)}{'' if one.se is None else f' {words.within_days(one.se * DAYS_PER_YEAR)}'}"
    error = "" if not one.se else f" ± {words.number(one.se)}"
    return f"{words.number(one.value)}{error} {answer.unit}".rstrip()


def _between(one: Result, unit: str, horizon: int) -> str:
    """What is known of a quantile that the horizon leaves open."""
    if unit == "date":
        return words.after(horizon) if one.low >= horizon else "not decided within the horizon"
    ends = [
        f"{word} {words.number(end)}" for word, end in (("at least", one.low), ("at most", one.high)) if isfinite(end)
    ]
    return f"{' and '.join(ends)} {unit}".rstrip() if ends else "not decided within the horizon"


def _basis(answer: Answer) -> str:
    n_eff = answer.results[0].n_eff
    worth = f", worth {n_eff:,.0f} independent ones" if n_eff is not None and len(answer.results) == 1 else ""
    draws = "" if answer.draws == answer.rows else f" of {answer.draws:,} draws"
    if answer.given is None:
        return f"{answer.of:,} trajectories{draws}{worth}"
    met = words.chance(answer.given.p, answer.given.se)
    return f"the condition holds in {met}: {answer.rows:,} trajectories{draws}{worth}"


def _needed(needs: Size) -> str:
    size = f"{needs.times:,.1f} times as many trajectories"
    if needs.draws:
        return f"one point of error takes about {needs.times:,.1f} times the draws of the posterior, and {size}"
    return f"one point of error takes about {size}: simulate --ensemble {needs.trajectories:,}".replace(",", "_")
