"""Runs beside each other: the document, rsimc.comparison/1, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from rsimc.analysis.compare.attribution import Attribution, Share
from rsimc.analysis.compare.comparison import QUANTILES, Comparison
from rsimc.analysis.compare.delays import Bought, Delay
from rsimc.analysis.compare.paired import Difference, Order, at_most, probability_difference
from rsimc.analysis.display import labels
from rsimc.analysis.estimates import Curve
from rsimc.analysis.forecast import Forecast
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.publish import frames, words
from rsimc.publish.layers import WIDTH, inline, legend, years_axis
from rsimc.publish.theme import DASHES, LIGHT, config

SCHEMA = "rsimc.comparison/1"
NONE = "–"
VERDICTS = {
    "later": "later at some dates and earlier at none, beyond the error",
    "earlier": "earlier at some dates and later at none, beyond the error",
    "crossing": "later at some dates and earlier at others",
    "alike": "no difference beyond the error at any date",
}
ROLES = ("blue-3", "orange-3", "green-3", "violet-3", "blue-1", "orange-1", "green-1", "violet-1")


def run_names(found: Sequence[Comparison]) -> list[str]:
    """What to call the runs, the first one first."""
    return labels([one.folder for one in (found[0].first, *(one.second for one in found))])


def document(found: Sequence[Comparison], explained: Attribution | None = None) -> dict[str, Any]:
    """All comparisons as plain data; explained: of the first of them."""
    names = run_names(found)
    return {
        "schema": SCHEMA,
        "first": {"run": names[0], "id": found[0].first.manifest.id},
        "comparisons": [comparison_document(one, name) for one, name in zip(found, names[1:], strict=True)],
        "explained": None if explained is None else attribution_document(explained),
    }


def comparison_document(found: Comparison, name: str) -> dict[str, Any]:
    """A run, called so, beside the first one as plain data."""
    return {
        "run": name,
        "id": found.second.manifest.id,
        "scenario_differs_in": found.changed,
        "shared": found.shared,
        "milestones": {milestone: _milestone(found, milestone) for milestone in found.milestones},
        "durations": {
            name: {f"{q:g}": _numbers(found.duration(name, q)) for q in QUANTILES} for name in found.durations
        },
        "classes": {name: _numbers(one) for name, one in found.classes().items()},
    }


def _milestone(found: Comparison, name: str) -> dict[str, Any]:
    order, delay = found.order(name), found.delay(name)
    return {
        "probability_by": {f"{y}-12-31": _numbers(found.probability(name, str(y))) for y in found.years},
        "quantiles": {f"{q:g}": _quantile(found.quantile(name, q)) for q in QUANTILES},
        "order": None if order is None else _order(order),
        "trajectories": None if delay is None else _delay(delay),
    }


def _short(value: float | None, digits: int = 6) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")


def _numbers(one: Difference) -> dict[str, Any]:
    numbers = {"first": one.first, "second": one.second, "difference": one.difference, "se": one.se}
    more = {"ratio": one.ratio, "ratio_se": one.ratio_se, "variance_saved": one.saved}
    return {name: _short(value) for name, value in (numbers | more).items()}


def _quantile(one: Difference) -> dict[str, Any]:
    days = {"difference_days": one.difference, "se_days": one.se}
    return {
        "first": None if one.first is None else iso_date(one.first),
        "second": None if one.second is None else iso_date(one.second),
        **{name: None if value is None else round(value * DAYS_PER_YEAR, 1) for name, value in days.items()},
        "variance_saved": _short(one.saved),
    }


def _order(order: Order) -> dict[str, Any]:
    ends = {"later": order.later, "earlier": order.earlier}
    most = {name: {"p": _short(p), "by": iso_date(year)} for name, (p, year) in ends.items()}
    return {"verdict": order.verdict, "most": most, "band_se": _short(order.band, 3)}


def _delay(delay: Delay) -> dict[str, Any]:
    bought = delay.bought
    return {
        "rows": delay.rows,
        "later": delay.later.as_dict(),
        "earlier": delay.earlier.as_dict(),
        "same": delay.same.as_dict(),
        "median_delay_years": _short(delay.median_years, 4),
        "pauses": None
        if bought is None
        else {
            "triggers": list(bought.triggers),
            "reached": bought.reached.as_dict(),
            "mean_months": _short(bought.months, 4),
            "mean_delay_months": _short(bought.delay_months, 4),
            "delay_per_month": _short(bought.per_month, 4),
            "se": _short(bought.se, 3),
            "at_least": bought.at_least,
        },
    }


def attribution_document(found: Attribution) -> dict[str, Any]:
    """Shares of a difference as plain data."""
    return {
        "milestone": found.question.milestone,
        "by": found.question.by,
        "first": found.first.as_dict(),
        "second": found.second.as_dict(),
        "shares": [
            {
                "part": s.name,
                "keys": list(s.keys),
                "change": _short(s.change),
                "se": _short(s.se, 3),
                "alone": _short(s.alone),
            }
            for s in found.shares
        ],
    }


def comparison_chart(found: Sequence[Comparison], milestone: str) -> alt.VConcatChart:
    """The probability that a milestone has come in each run, by date, and below it the difference from the first, with
    a band of two standard errors."""
    runs = [found[0].first, *(one.second for one in found)]
    names = run_names(found)
    x = years_axis(float(min(run.study.scenario.as_of.year for run in runs)), float(runs[0].study.scenario.run.horizon))
    dashes = [list(DASHES[n % len(DASHES)]) for n in range(len(names))]
    colour = alt.Color("run:N", scale=alt.Scale(domain=names), legend=legend())
    dash = alt.StrokeDash("run:N", scale=alt.Scale(domain=names, range=dashes), legend=legend())
    lines = [row for run, name in zip(runs, names, strict=True) for row in _curve(run, name, milestone)]
    y = alt.Y("p:Q", title="probability", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    above = alt.Chart(inline(lines)).mark_line(strokeWidth=2.2).encode(x, y, colour, dash)
    rows = [row for one, name in zip(found, names[1:], strict=True) for row in _difference(one, name, milestone)]
    below = alt.Chart(inline(rows)).encode(x, colour)
    apart = alt.Axis(format="+.1~%")
    band = below.mark_area(opacity=0.22).encode(alt.Y("low:Q", title="difference", axis=apart), alt.Y2("high:Q"))
    line = below.mark_line(strokeWidth=2.2).encode(alt.Y("d:Q", title="difference", axis=apart), dash)
    title = alt.Title(
        f"Probability that {milestone} has come, and the difference from {names[0]}",
        subtitle="by date; band: two standard errors of the paired difference",
    )
    parts = (above.properties(width=WIDTH, height=300), alt.layer(band, line).properties(width=WIDTH, height=160))
    chart = alt.vconcat(*parts, spacing=18).properties(title=title)
    roles = [ROLES[n % len(ROLES)] for n in range(len(names))]
    chart.config = alt.Config.from_dict(config(LIGHT, roles), validate=False)
    return chart


def difference_words(one: Difference) -> tuple[str, str, str, str, str]:
    """First, second, difference, ratio and what pairing saved, of a probability."""
    if one.difference is None:
        return words.percent(one.first), words.percent(one.second), NONE, NONE, NONE
    error = "" if one.se is None else f" ± {100 * one.se:.2f}"
    ratio = NONE if one.ratio is None else f"{one.ratio:.3f}"
    ratio += "" if one.ratio_se is None else f" ± {one.ratio_se:.3f}"
    return (
        words.percent(one.first),
        words.percent(one.second),
        f"{100 * one.difference:+.2f}{error}",
        ratio,
        _saved(one),
    )


def quantile_words(one: Difference, horizon: int) -> tuple[str, str, str, str, str]:
    """The same of a date."""
    ends = [words.after(horizon) if year is None else iso_date(year) for year in (one.first, one.second)]
    if one.difference is None:
        return ends[0], ends[1], NONE, "", NONE
    error = "" if one.se is None else f" ± {one.se * DAYS_PER_YEAR:.0f}"
    return ends[0], ends[1], f"{one.difference * DAYS_PER_YEAR:+.0f}{error} days", "", _saved(one)


def _saved(one: Difference) -> str:
    return NONE if one.saved is None else f"{max(one.saved, 0.0):.0%}"


def order_words(found: Comparison) -> list[str]:
    """Which run has the headline milestones later, in sentences; none where it cannot be told."""
    groups: dict[str, list[str]] = {}
    for name in found.headline:
        order = found.order(name)
        if order is None:
            continue
        later, earlier = (f"{100 * p:.1f} points by {iso_date(year)[:7]}" for p, year in (order.later, order.earlier))
        most = {"later": later, "earlier": earlier, "crossing": f"later {later}, earlier {earlier}", "alike": ""}
        groups.setdefault(order.verdict, []).append(f"{name} ({most[order.verdict]})".removesuffix(" ()"))
    return [f"{VERDICTS[verdict]}: {', '.join(names)}" for verdict, names in groups.items()]


def delay_words(name: str, delay: Delay | None) -> list[str]:
    """What happened trajectory by trajectory, in sentences."""
    if delay is None:
        return []
    kinds = ((delay.later, "later"), (delay.earlier, "earlier"), (delay.same, "at the same time"))
    shares = words.listed([f"{words.percent(p.p)} {how}" for p, how in kinds])
    middle = "" if delay.median_years is None else f"; the median delay is {12 * delay.median_years:.1f} months"
    said = [f"of {delay.rows:,} trajectories that reach {name} in the first, {shares}{middle}"]
    return said if delay.bought is None else [*said, _pause_words(delay.bought)]


def _pause_words(bought: Bought) -> str:
    error = "" if bought.se is None else f" ± {bought.se:.2f}"
    least = ", or more, since in some it went beyond the horizon" if bought.at_least else ""
    months = f"{bought.months:.1f} months on average buy {bought.delay_months:.1f} months of delay"
    return f"pause on {words.listed(list(bought.triggers))}: {months}, {bought.per_month:.2f}{error} a month{least}"


def share_words(share: Share) -> tuple[str, str]:
    """A share's change and what it does alone, in points."""
    error = "" if share.se is None else f" ± {100 * share.se:.2f}"
    return f"{100 * share.change:+.2f}{error}", f"{100 * share.alone:+.2f}"


def _curve(run: Forecast, name: str, milestone: str) -> list[frames.Row]:
    curve = run.curve(milestone)
    return [{"run": name, "year": round(year, 4), "p": round(curve.at(year).p, 6)} for year in _years(curve, run)]


def _years(curve: Curve, run: Forecast) -> list[float]:
    first = float(run.study.scenario.as_of.year)
    return [float(year) for year in np.arange(first, curve.edges[-1] + 1e-9, 0.125)]


def _difference(one: Comparison, name: str, milestone: str) -> list[frames.Row]:
    a, b = one.first.curve(milestone), one.second.curve(milestone)
    rows = []
    for year in _years(a, one.first):
        found = probability_difference(at_most(a, year), at_most(b, year))
        d, se = found.difference or 0.0, found.se or 0.0
        rows.append({"run": name, "year": round(year, 4), "d": d, "low": d - 2 * se, "high": d + 2 * se})
    return rows
