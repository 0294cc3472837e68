"""The jagged frontier in the report: how far each kind of AI research is automated, by date."""

from __future__ import annotations

import altair as alt
import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.analysis.frontier import LEVELS, Frontier, frontier
from rsimc.dates import iso_date
from rsimc.publish import frames, words
from rsimc.publish.fans import LINE_ROLES
from rsimc.publish.layers import Chart, finished, line_layers, now_rule, saved, years_axis
from rsimc.publish.page import Html, Row, figure, joined, of_class, section, table
from rsimc.publish.prose import said, told
from rsimc.publish.sections.seeing import seen
from rsimc.publish.theme import DASHES

YEARS_BEFORE, YEARS_AHEAD = 2, 10
AHEAD = (0, 1, 2, 4)
"""Years after that of the forecast at whose ends the table reads shares."""
MIDDLE = LEVELS.index(0.5)


def last_year(forecast: Forecast) -> float:
    """The decimal year up to which the frontier is shown."""
    return float(min(forecast.study.scenario.as_of.year + YEARS_AHEAD, forecast.study.scenario.run.horizon))


def frontier_of(forecast: Forecast) -> Frontier | None:
    """What is shown; None for a model that tells no specialisms apart."""
    return frontier(forecast, last_year(forecast))


def jagged(forecast: Forecast, found: Frontier | None) -> Html | None:
    """The figure, and the shares at the ends of years."""
    if found is None:
        return None
    caption = [_seen(forecast, found), said("frontier.read", {"rows": f"{found.rows:,}"})]
    chart = figure("frontier", "Automated share of each kind of AI research by date", 420, *caption)
    first = forecast.study.scenario.as_of.year
    years = [first + n for n in AHEAD if first + n + 1 <= found.years[-1] + 0.01]
    rows: list[Row] = [[name, *(_share(found, n, year) for year in years)] for n, name in enumerate(_spoken(found))]
    listed = table(["", *(f"end of {year}" for year in years)], rows)
    return section("frontier", "The jagged frontier", told("frontier.note"), chart, listed)


def _spoken(found: Frontier) -> list[str]:
    return [name.replace("_", " ") for name in found.names]


def _place(found: Frontier, year: int) -> int:
    return int(np.argmin(np.abs(found.years - (year + 1))))


def _share(found: Frontier, n: int, year: int) -> Html:
    _, low, middle, high, _ = found.quantiles[:, n, _place(found, year)]
    return joined([words.percent(middle), of_class("span", "se", f" ({words.percent(low)} to {words.percent(high)})")])


def _seen(forecast: Forecast, found: Frontier) -> Html:
    """Which kind is automated furthest, and which least, two years from now."""
    year = forecast.study.scenario.as_of.year + 2
    middle = found.quantiles[MIDDLE, :, _place(found, year)]
    first, last = int(np.argmax(middle)), int(np.argmin(middle))
    names = _spoken(found)
    blanks = {
        "year": str(year),
        "first": names[first],
        "most": words.percent(float(middle[first])),
        "last": names[last],
        "least": words.percent(float(middle[last])),
    }
    return seen("frontier.seen", blanks)


def frontier_rows(found: Frontier, since: float) -> list[frames.Row]:
    """Quantiles from a year on, each a list with an entry a specialism."""
    inside = np.flatnonzero(found.years >= since - 0.01)
    levels = [f"q{round(100 * q):02d}" for q in LEVELS]
    rows = []
    for k, strip in zip(inside, frames.strips(found.years[inside]), strict=True):
        shares = {level: [round(float(x), 4) for x in found.quantiles[q, :, k]] for q, level in enumerate(levels)}
        rows.append({"date": words.long_date(iso_date(strip["year"] - 1e-3)), **strip, **shares})
    return rows


def roles(found: Frontier) -> list[str]:
    """A colour role a line; from the fifth on hues come again, with another dash."""
    return [LINE_ROLES[n % len(LINE_ROLES)] for n in range(len(found.names))]


def frontier_chart(forecast: Forecast, found: Frontier) -> Chart:
    """The median automated share of each specialism."""
    since = float(forecast.study.scenario.as_of.year - YEARS_BEFORE)
    names = _spoken(found)
    dashes = [list(DASHES[n // len(LINE_ROLES) % len(DASHES)]) for n in range(len(names))]
    x = years_axis(since, last_year(forecast))
    layers = line_layers(names, frontier_rows(found, since), x, dashes, bands=False)
    title, subtitle = "Automated share of each kind of AI research", "medians"
    return saved(
        finished(alt.layer(*layers, now_rule(forecast, x)), 360, title, subtitle, roles(found)),
        "forecast",
        series=names,
    )
