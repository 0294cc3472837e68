"""Numbers, dates and names as a reader meets them, in the page and in the terminal alike."""

from __future__ import annotations

import math
from datetime import date

from rsimc.dates import DAYS_PER_YEAR

NONE = "n/a"
LONGEST_TASK = 10_000.0
"""Hours above which a time horizon is longer than any task that anybody has timed."""

HORIZON_MARKS = (
    (1 / 3600, "1 second"),
    (1 / 60, "1 minute"),
    (1.0, "1 hour"),
    (8.0, "1 day (8 h)"),
    (40.0, "1 week (40 h)"),
    (167.0, "1 month (167 h)"),
    (2000.0, "1 year (2,000 h)"),
    (LONGEST_TASK, "10,000 h"),
)
"""Working time: a day of 8 hours, a week of 40, a month of 167, a year of 2,000."""


def percent(p: float | None) -> str:
    """A probability for a person.

    >>> percent(0.448888), percent(0.0), percent(0.99999), percent(None)
    ('44.9%', '<0.1%', '>99.9%', 'n/a')
    """
    if p is None or math.isnan(p):
        return NONE
    if p < 0.0005:
        return "<0.1%"
    return ">99.9%" if p > 0.9995 else f"{p:.1%}"


def points(se: float) -> str:
    """The standard error of a probability, in percentage points.

    >>> points(0.0103), points(0.00002)
    ('1.0', '<0.1')
    """
    return "<0.1" if se < 0.0005 else f"{100 * se:.1f}"


def chance(p: float | None, se: float | None) -> str:
    """A probability with its standard error, where there is one.

    >>> chance(0.448888, 0.0103), chance(0.448888, None)
    ('44.9% ± 1.0', '44.9%')
    """
    return percent(p) if se is None else f"{percent(p)} ± {points(se)}"


def signed(value: float, digits: int) -> str:
    """A difference with its sign; what rounds to nothing has none.

    >>> signed(-5.4, 2), signed(1234.0, 0), signed(-0.001, 2)
    ('−5.40', '+1,234', '0.00')
    """
    text = f"{value:+,.{digits}f}"
    return text.replace("-", "−") if any(letter in "123456789" for letter in text) else text[1:]


def change(size: float, se: float | None) -> str:
    """How much more probable something is, in percentage points, with its standard error, where there is one.

    >>> change(0.0142, 0.0103), change(0.0142, None)
    ('+1.4 ± 1.0', '+1.4')
    """
    shown = signed(100 * size, 1)
    return shown if se is None else f"{shown} ± {points(se)}"


def long_date(iso: str) -> str:
    """An ISO date in words.

    >>> long_date("2031-05-15")
    '15 May 2031'
    """
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def after(horizon: int) -> str:
    """What stands for a date beyond the horizon, the first day of that year.

    >>> after(2060)
    'after 2060'
    """
    return f"after {horizon}"


def within_days(days: float) -> str:
    """The standard error of a date.

    >>> within_days(29.7), within_days(1106.6)
    ('± 30 days', '± 3.0 years')
    """
    if days < 400:
        return f"± {max(days, 1):.0f} day{'' if round(days) <= 1 else 's'}"
    return f"± {days / DAYS_PER_YEAR:.1f} years"


def years(value: float | None) -> str:
    """A duration in years.

    >>> years(2.555), years(0.0), years(0.04)
    ('2.6 years', 'at once', '15 days')
    """
    if value is None:
        return NONE
    if value <= 0:
        return "at once"
    return f"{value * DAYS_PER_YEAR:.0f} days" if value < 0.1 else f"{value:.1f} years"


def number(value: float) -> str:
    """A number to three digits.

    >>> number(0.05378), number(102535.0), number(1.45), number(-0.0), number(3e9)
    ('0.0538', '102,535', '1.45', '0', '3.00e+09')
    """
    size = abs(float(f"{value:.3g}"))
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.2e}"
    return f"{value:,.0f}" if size >= 1000 else f"{value + 0.0:.3g}"


def task_length(hours: float) -> str:
    """The length of a task.

    >>> task_length(0.000663), task_length(0.34), task_length(11.98), task_length(2e4)
    ('2.4 s', '20 min', '12 h', 'beyond any task')
    """
    if hours >= LONGEST_TASK:
        return "beyond any task"
    if hours >= 1:
        return f"{float(f'{hours:.{2 if hours < 10 else 3}g}'):,g} h"
    minutes = 60 * hours
    return f"{minutes:.2g} min" if minutes >= 1 else f"{60 * minutes:.2g} s"


def measured(value: float, unit: str) -> str:
    """A value of an observed series in its unit, as a person would say it.

    >>> measured(719.0, "minutes"), measured(0.8, "fraction"), measured(386219.0, "H100e")
    ('12 h', '80%', '386,219')
    """
    if unit == "minutes":
        return task_length(value / 60.0)
    return f"{100 * value:.3g}%" if unit == "fraction" else number(value)


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "draw"), counted(4096, "draw")
    ('1 draw', '4,096 draws')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed(names: list[str]) -> str:
    """Names in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"
