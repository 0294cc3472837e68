"""What the answer relies on: each datum and series, each prior; and how the model would have done on earlier dates."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rsimc.analysis.backtest import DAYS, usable
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.influence import MIXED_RHAT
from rsimc.models.own import is_file
from rsimc.models.registry import model_names
from rsimc.observations import SERIES
from rsimc.publish import words
from rsimc.publish.evidence import parameters
from rsimc.publish.numbers import NONE, Numbers
from rsimc.publish.page import Html, Row, code, joined, of_class, section, table, tag, text
from rsimc.publish.prose import said, told
from rsimc.publish.sections.origin import named

DATA_SHOWN = 12
CLEAR = 3.0
"""Standard errors of a change from which it is set in bold."""
KINDS = {"series": "Without a series", "datum": "Without a datum", "form": "Under another form of the model"}


def reliance(forecast: Forecast, numbers: Numbers) -> Html | None:
    """Influence of data and forms, sensitivity to priors; nothing for a run from the prior, or without either."""
    if forecast.posterior is None:
        return None
    parts = [*_influence(forecast, numbers), *_priors(forecast, numbers)]
    return section("relies", "What the answer relies on", *parts) if parts else None


def _influence(forecast: Forecast, numbers: Numbers) -> list[Html]:
    title, found = tag("h3", "Data and forms"), numbers.at("influence")
    if found is None and forecast.study.parts:
        return [title, told("relies.mixture")]
    if found is None:
        ask = influence_command(forecast, Question())
        return [] if ask is None else [title, told("relies.unknown"), tag("pre", ask)]
    blanks = {
        "what": joined([code(found["milestone"]), f" by {words.long_date(found['by'])}"]),
        "p": numbers.chance("influence", "all"),
    }
    parts = [title, told("relies.influence", blanks)]
    every = [("without", str(n), one) for n, one in enumerate(found["without"])]
    every += [("forms", str(n), one) for n, one in enumerate(found["forms"])]
    for kind, heading in KINDS.items():
        some = sorted((entry for entry in every if entry[2]["kind"] == kind), key=lambda e: -abs(_change(found, e[2])))
        shown = some[:DATA_SHOWN] if kind == "datum" else some
        if shown:
            heads = [heading, "probability", "change", "by"]
            parts.append(table(heads, [_influenced(forecast, numbers, found, *entry) for entry in shown], "words"))
        if len(some) > len(shown):
            parts.append(told("relies.more", {"rest": str(len(some) - len(shown))}))
    return parts


def _change(found: Mapping[str, Any], one: Mapping[str, Any]) -> float:
    return float(one["p"]["p"] - found["all"]["p"])


def _influenced(
    forecast: Forecast, numbers: Numbers, found: Mapping[str, Any], group: str, place: str, one: Mapping[str, Any]
) -> Row:
    path = ("influence", group, place)
    change, se, mixed = _change(found, one), one["change_se"], one["how"] != "refit" or one["rhat"] < MIXED_RHAT
    shown = text(words.signed(100 * change, 1))
    if se is not None:
        bold = tag("strong", shown) if mixed and abs(change) > CLEAR * se else shown
        shown = joined([bold, _error(numbers, se, *path, "change_se")])
    how = joined([_how(one), None if mixed else of_class("span", "flag", " not mixed")])
    return [_named(forecast, one), numbers.chance(*path, "p"), shown, how]


def _error(numbers: Numbers, se: float, *path: str) -> Html:
    return of_class("span", "se", " ± ", numbers.element(words.points(se), *path))


def _how(one: Mapping[str, Any]) -> str:
    if one["how"] == "refit":
        return f"a refit, R-hat {one['rhat']:.3f}, {one['ess']:,.0f} effective draws"
    return f"weights, k-hat {one['khat']:.2f}"


def _named(forecast: Forecast, one: Mapping[str, Any]) -> Html:
    name = one["name"]
    if one["kind"] == "series":
        return text(SERIES[name].title)
    if one["kind"] == "form":
        return text(name)
    labels = {f"{row.series}/{row.key}": row.label for row in forecast.study.rows}
    return joined([labels[name], of_class("span", "se below", SERIES[name.split("/")[0]].title)])


def _priors(forecast: Forecast, numbers: Numbers) -> list[Html]:
    found = numbers.at("prior_sensitivity")
    if found is None:
        return []
    meanings = parameters(forecast)
    rows: list[Row] = []
    for n, one in enumerate(found["parameters"]):
        cells = [
            _shift(numbers, "prior_sensitivity", "parameters", str(n), way) for way in ("half_sd_up", "quarter_wider")
        ]
        rows.append([code(one["parameter"]), *cells, meanings[one["parameter"].split(".")[0]].meaning])
    what = joined([code(found["milestone"]), f" by {words.long_date(found['by'])}"])
    heads: Row = ["parameter", "centre half a sd up", "a quarter wider", "meaning"]
    return [tag("h3", "Priors"), told("relies.priors", {"what": what}), table(heads, rows, "words")]


def _shift(numbers: Numbers, *path: str) -> Html:
    change, se = numbers.at(*path, "change"), numbers.at(*path, "se")
    shown = numbers.element(words.signed(100 * change, 1), *path, "change")
    bold = tag("strong", shown) if abs(change) > CLEAR * se else shown
    return joined([bold, _error(numbers, se, *path, "se")])


def hindsight(numbers: Numbers, ask: str | None) -> Html | None:
    """Backtests beside their baselines; where none were made, the command `ask` that makes them; nothing without it."""
    found, title = numbers.at("backtest"), "How it would have done"
    if not found:
        return None if ask is None else section("hindsight", title, told("hindsight.unknown"), tag("pre", ask))
    parts = [part for n in range(len(found)) for part in _of_date(numbers, "backtest", str(n))]
    return section("hindsight", title, told("hindsight.note"), *parts, told("hindsight.claim"))


def influence_command(forecast: Forecast, question: Question) -> str | None:
    """The command that finds what each datum does to an answer; None for a mixture, for a run from the prior and for a
    milestone that the model does not have."""
    known = any(one.name == question.milestone for one in forecast.milestones)
    if forecast.posterior is None or forecast.study.parts or not known:
        return None
    scenario = forecast.study.scenario
    asked = ["--milestone", question.milestone, "--by", question.by] if question != Question() else []
    allowed = ["--allow-code"] if is_file(scenario.model) else []
    accepted = ["--accept-untrusted"] if forecast.posterior.verdict.problems else []
    return shlex.join(["rsimc", "influence", *named(scenario), *asked, *allowed, *accepted])


def backtest_command(forecast: Forecast) -> str | None:
    """The command whose findings the page shows; None for a run from the prior, and for what cannot be backtested."""
    scenario = forecast.study.scenario
    if forecast.posterior is None or scenario.model not in model_names() or not usable(scenario):
        return None
    days = [day.isoformat() for day in DAYS if day < scenario.as_of]
    asked = [] if len(days) == len(DAYS) else [part for day in days for part in ("--as-of", day)]
    return shlex.join(["rsimc", "backtest", *named(scenario), *asked]) if days else None


def _of_date(numbers: Numbers, *path: str) -> list[Html]:
    one = numbers.at(*path)
    kind = said("hindsight.pseudo" if one["pseudo"] else "hindsight.vintage")
    blanks = {"known": words.counted(one["known"], "record"), "kind": kind, "rhat": f"{one['rhat']:.3f}"}
    parts = [tag("h3", f"As of {words.long_date(one['as_of'])}"), told("hindsight.known", blanks)]
    for suite, said_so in (("same_suite", "the same suite"), ("revised_suite", "a revised suite")):
        points = one["lines"][0][suite]["points"]
        if points:
            heads = [f"{words.counted(points, 'later point')} of {said_so}", "CRPS", "log score", "in 50%", "in 90%"]
            lines = (_scored(numbers, suite, *path, "lines", str(n)) for n in range(len(one["lines"])))
            parts.append(table(heads, lines))
    return parts


def _scored(numbers: Numbers, suite: str, *path: str) -> Row:
    line = numbers.at(*path)
    one, row = line[suite], [line["forecaster"]]
    for name in ("crps", "log_score"):
        row.append(numbers.element(NONE if one[name] is None else f"{one[name]:.2f}", *path, suite, name))
    for name in ("inside_50", "inside_90"):
        shown = NONE if one[name] is None else f"{one[name]} of {one['points']}"
        row.append(numbers.element(shown, *path, suite, name))
    return row
