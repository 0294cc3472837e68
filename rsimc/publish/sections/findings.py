"""What decides the answer, what the data changed, what they left alone, and how the fitted model reads the data."""

from __future__ import annotations

from itertools import groupby

from rsimc.analysis.forecast import Forecast
from rsimc.observations import SERIES
from rsimc.publish import words
from rsimc.publish.drivers import Driver
from rsimc.publish.evidence import Spread, parameters, uncertain
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, code, figure, grouped_table, joined, of_class, section, table, tag, text
from rsimc.publish.predictions import Prediction
from rsimc.publish.prose import said, told

SHOWN = 16
SPELLED = ("minutes", "fraction")
"""Units that the values of a series name themselves, as in 12 h or 80%."""


def decides(forecast: Forecast, numbers: Numbers, ranked: list[Driver], known: list[Spread]) -> Html:
    """Drivers, parameters before and after the data, and those that the data do not inform."""
    parts = [*_drivers(forecast, numbers, ranked), *_parameters(known), *_prior_driven(forecast, numbers)]
    return section("decides", "What decides the answer", *parts)


def _drivers(forecast: Forecast, numbers: Numbers, ranked: list[Driver]) -> list[Html]:
    if not ranked:
        return []
    marks, driven, meanings = list(ranked[0].correlation), numbers.at("prior_driven"), parameters(forecast)
    rows: list[Row] = []
    for driver in ranked[:SHOWN]:
        cells = [_correlation(driver.correlation[mark], driver.se[mark]) for mark in marks]
        informed = [] if driven is None else ["no" if driver.name in driven else "yes"]
        rows.append([code(driver.name), *cells, *informed, meanings[driver.name.split(".")[0]].meaning])
    heads: Row = ["parameter", *(joined(["date of", tag("br"), code(mark)]) for mark in marks)]
    heads += [] if driven is None else ["informed by data"]
    return [told("decides.drivers"), table([*heads, "meaning"], rows, "words")]


def _correlation(value: float, se: float | None) -> Html:
    sign = "−" if value <= -0.005 else "+" if value >= 0.005 else ""
    clear = se is not None and abs(value) > 3 * se
    error = "" if se is None else f" ± {se:.2f}"
    return joined([tag("strong" if clear else "span", f"{sign}{abs(value):.2f}"), of_class("span", "se", error)])


def _parameters(known: list[Spread]) -> list[Html]:
    if not known:
        return []
    first = known[0]
    stages = [said("decides.prior")]
    stages += [said("decides.posterior")] if first.posterior else []
    stages += [said("decides.conditioned")] if first.conditioned else []
    blanks = {
        "stages": Html(words.listed(list(stages))),
        "moved": said("decides.moved") if first.posterior else "",
        "contraction": said("decides.contraction") if first.posterior else "",
    }
    tiles = (_tile(place, spread) for place, spread in enumerate(known))
    title = "Parameters before and after the data" if first.posterior else "Parameters"
    return [tag("h3", title), told("decides.parameters", blanks), of_class("div", "tiles", *tiles)]


def _tile(place: int, spread: Spread) -> Html:
    moved = None if spread.contraction is None else f"contraction {max(spread.contraction, 0.0):.0%}"
    unit = f"{spread.parameter.meaning} ({spread.parameter.unit})"
    chart = figure(f"parameter-{place}", spread.told(), 110)
    facts = of_class("p", "small", unit, tag("br") if moved else None, moved)
    return of_class("div", "tile", tag("h4", code(spread.name)), chart, facts)


def _prior_driven(forecast: Forecast, numbers: Numbers) -> list[Html]:
    if forecast.posterior is None:
        return [told("decides.uncalibrated")]
    open_ones = uncertain(forecast)
    driven = [name for name in numbers.at("prior_driven") if name in open_ones]
    title = tag("h3", "Parameters that no datum informs")
    if not driven:
        return [title, told("decides.none_driven")]
    note = told("decides.driven", {"driven": str(len(driven)), "total": str(len(open_ones))})
    grouped: dict[str, list[str]] = {}
    for name in driven:
        grouped.setdefault(name.split(".")[0], []).append(name.partition(".")[2])
    shown = (joined([code(name), _labels(labels)]) for name, labels in grouped.items())
    return [title, note, of_class("p", "names", joined(shown, ", "), ".")]


def _labels(labels: list[str]) -> Html | None:
    return of_class("span", "se", f" ({words.listed(labels)})") if labels[0] else None


def fit(predicted: list[Prediction]) -> Html | None:
    """Every datum beside what the calibrated model would read there, by series."""
    if not predicted:
        return None
    apart = sum(prediction.apart for prediction in predicted)
    note = told("fit.note", {"apart": str(apart), "rows": words.counted(len(predicted), "row")})
    groups = [(name, list(found)) for name, found in groupby(predicted, key=lambda one: one.row.series)]
    listed = grouped_table(
        ["", "date", "observed", "model"],
        [(_series(name, found), map(_reading, found)) for name, found in groups],
        "lines",
    )
    return section("fit", "How the model reads the data", note, listed)


def _series(name: str, predicted: list[Prediction]) -> Html:
    apart = sum(prediction.apart for prediction in predicted)
    rows = words.counted(len(predicted), "row")
    unit = "" if SERIES[name].unit in SPELLED else f"{SERIES[name].unit}; "
    told_of = joined([unit, rows, f", {apart} apart" if apart else ""])
    return joined([SERIES[name].title, " ", of_class("span", "se", told_of)])


def _reading(prediction: Prediction) -> Row:
    row, (low, middle, high), observed = prediction.row, prediction.quantiles, prediction.observed
    bound = {"point": "", "upper_bound": "at most "}.get(row.kind, "at least ")
    span = observed if row.kind == "point" else None
    flag = of_class("span", "flag", " apart") if prediction.apart else None
    seen = joined([bound, _with_range(row.value, span, row.unit)])
    return [row.label, row.date.isoformat(), seen, joined([_with_range(middle, (low, high), row.unit), flag])]


def _with_range(value: float, span: tuple[float, float] | None, unit: str) -> Html:
    shown = words.measured(value, unit)
    if span is None or span[0] == span[1]:
        return text(shown)
    ends = " to ".join(words.measured(end, unit) for end in span)
    return joined([shown, " ", of_class("span", "se", f"({ends})")])
