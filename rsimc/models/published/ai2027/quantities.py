"""What is uncertain in the timelines of AI 2027: Eli Lifland's priors of both editions, as 80% intervals."""

from __future__ import annotations

from rsimc.models.base import Parameter
from rsimc.models.published.base import interval80

# One row a parameter, as in a table: name, unit, prior, meaning, source.
# fmt: off
# ruff: noqa: E501
APRIL, MAY = "AI 2027 timelines forecast, April 2025 (uvafan/timelines-takeoff-ai-2027)", "AI 2027 timelines forecast, May 2025 (uvafan/timelines-takeoff-ai-2027)"
METR = "METR 2025: 50% and 80% horizons of one model differ four- to sixfold"
PIECES = ("early", "in_2028", "in_2029", "in_2030", "later")
STAGES = ("first", "second", "third", "fourth", "fifth")
GAPS = ("complex_engineering", "feedback_loops", "project_coordination", "specialisation", "cost_and_speed", "other")
GAP_INTERVALS = ((0.5, 18.0), (0.8, 45.0), (0.5, 4.0), (0.5, 6.0), (1.0, 48.0), (1.0, 30.0))
NORMAL_80 = 1.2815515655446004
RELATED = 0.7
"""Correlation of what the original draws together."""


def _months(years: float) -> float:
    return 12.0 * years


def _days(year: int, day_of_year: int) -> float:
    return year + day_of_year / 365.0


SATURATION = interval80(_months(_days(2025, 243) - 2025.25), _months(_days(2031, 0) - 2025.25))
"""Months from 2025.25 to 2025-09-01 and 2031-01-01."""


def _growth(edition: str, *, april: bool) -> tuple[Parameter, ...]:
    start, chances = (0.0014, 0.045, 1.0, 120.0, 12000.0), (0.25, 0.4, 0.6, 0.8, 0.85)
    schedule = (
        Parameter("superexponential_from", "months of work", start, "h*: horizons from which growth may be superexponential", edition, STAGES),
        Parameter("superexponential_by", "share", chances, "probability that it is by then", edition, STAGES),
    )
    always = (Parameter("superexponential_share", "share", 0.45, "probability that growth is superexponential, from the start", edition),)
    return (
        Parameter("growth_kind", "share", {"uniform": [0.0, 1.0]}, "u: super-, sub- or exponential growth of the time horizon", edition),
        *(always if april else schedule),
        Parameter("subexponential_share", "share", 0.1, "probability that growth is subexponential", edition),
        Parameter("doubling_decay", "share", 0.1 if april else interval80(0.03, 0.3), "d: how much less time each superexponential doubling takes", edition),
        Parameter("doubling_growth", "share", 0.1, "how much more time each subexponential doubling takes", edition),
    )


LABOUR = (
    Parameter("software_share", "share", {"normal": [0.525, round(0.65 / (2 * NORMAL_80), 6)]}, "w: software's part of progress, cut to 0.1..0.9", MAY),
    Parameter("labour", "researchers", 1000.0, "L at the start", MAY),
    Parameter("labour_power", "elasticity", 0.3, "of research on labour", MAY),
    Parameter("research_stock", "research-years", 50.0, "Q at the start", MAY),
    Parameter("labour_growth", "1/year", (0.5, 0.4, 0.2, 0.15, 0.1), "growth of L: until 2028, then year by year", MAY, PIECES),
    Parameter("compute_progress", "x", (1.0, 0.9, 0.5, 0.4, 0.3), "c: what compute adds: until 2028, then year by year", MAY, PIECES),
    Parameter("labour_days", "days", 250.0, "ticks of a day in what the original counts as a year of labour; 365 would be a calendar year", MAY),
)
DATA = (
    Parameter("reliability_ratio", "x", {"lognormal": [5.0, 0.2]}, "50% over 80% time horizon: only what data see hangs on it", METR),
)


def of_horizon(*, april: bool) -> tuple[Parameter, ...]:
    """Of the extension of the time horizon."""
    edition = APRIL if april else MAY
    first = 0.25 if april else 0.345
    return (
        Parameter("run_date", "years after 2025.0", first, "day of the forecast: the original takes the day on which it is run", edition),
        Parameter("announcement_delay", "months", interval80(0.25, 6.0), "from a capability to its announcement, 63 months at most", edition),
        Parameter("present_horizon", "minutes", 15.0, "h_0: 80% time horizon that has been announced", edition),
        Parameter("horizon_needed", "months of work", interval80(1.0, 14400.0), "80% time horizon of a superhuman coder", edition),
        Parameter("doubling_time", "months", interval80(2.5, 9.0), "T: of the time horizon", edition),
        Parameter("cost_and_speed", "months", interval80(0.5, 30.0), "from that horizon to a coder cheap and fast enough", edition),
        Parameter("multiplier_begin", "x - 1", interval80(0.03, 0.3), "m_0: speed-up of AI R&D by AI at the start", edition),
        Parameter("multiplier_end", "x - 1", interval80(1.5, 40.0), "m_1: the same with a superhuman coder", edition),
        *_growth(edition, april=april),
        *(() if april else LABOUR),
        *DATA,
    )


def of_gaps(*, april: bool) -> tuple[Parameter, ...]:
    """Of benchmarks and gaps."""
    edition = APRIL if april else MAY
    present = Parameter("multiplier_now", "x - 1", interval80(0.02, 0.1), "speed-up of AI R&D by AI at 2025.25", edition)
    return (
        Parameter("saturation", "months after 2025.25", SATURATION, "when RE-Bench is saturated", edition),
        Parameter("announcement_delay", "months", interval80(0.25, 6.0), "from a capability to its announcement, 63 months at most", edition),
        Parameter("saturation_horizon", "hours of work", interval80(0.5, 15.0), "time horizon when RE-Bench is saturated", edition),
        Parameter("hours_a_month", "hours", 720.0, "by which those hours become months: 24 times 30 in the original, whose other forecast has 167 of work", edition),
        Parameter("horizon_needed", "months of work", interval80(0.05, 6.0), "time horizon of a superhuman coder, the other gaps apart", edition),
        Parameter("doubling_time", "months", interval80(0.5, 18.0), "T: of the time horizon", edition),
        Parameter("gap", "months", tuple(interval80(*ends) for ends in GAP_INTERVALS), "what else separates RE-Bench from a superhuman coder", edition, GAPS),
        Parameter("multiplier_begin", "x - 1", interval80(0.05, 0.6), "speed-up of AI R&D by AI at saturation, at least the present one", edition),
        Parameter("multiplier_end", "x - 1", interval80(1.5, 40.0), "the same with a superhuman coder, at least that at saturation", edition),
        *(() if april else (present,)),
        *_growth(edition, april=april),
        *(() if april else LABOUR),
        *DATA,
    )
# fmt: on


def _pairs(names: tuple[str, ...]) -> tuple[tuple[str, str, float], ...]:
    return tuple((a, b, RELATED) for n, a in enumerate(names) for b in names[n + 1 :])


def related(*, gaps: bool, april: bool) -> tuple[tuple[str, str, float], ...]:
    """Correlations of normal scores."""
    kind = ("growth_kind",) if april else ()
    if not gaps:
        return _pairs(("doubling_time", "cost_and_speed", *kind)) + _pairs(("multiplier_begin", "multiplier_end"))
    speeds = (
        ("multiplier_begin", "multiplier_end") if april else ("multiplier_now", "multiplier_begin", "multiplier_end")
    )
    return _pairs(("doubling_time", "saturation", *kind, *(f"gap.{name}" for name in GAPS))) + _pairs(speeds)
