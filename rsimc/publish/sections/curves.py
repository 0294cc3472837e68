"""The milestones by date in the report: distribution functions, a date cursor that reads them all, densities."""

from __future__ import annotations

from rsimc.analysis.forecast import Forecast
from rsimc.publish import words
from rsimc.publish.frames import in_order, read_days
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, code, figure, joined, of_class, section, tag
from rsimc.publish.prose import said
from rsimc.publish.sections import seeing

FIRST_READ = "2030-12-31"


def curves(forecast: Forecast, numbers: Numbers) -> Html:
    """Both figures and the cursor."""
    label, dense = "Probability of each headline milestone by date", "Density of each headline milestone's date"
    return section(
        "curves",
        "When the milestones come",
        figure("cdf", label, 420, seeing.cdf(forecast, numbers), said("curves.read")),
        _reader(forecast, numbers),
        figure("density", dense, 340, seeing.density(forecast, numbers), said("curves.density")),
    )


def _reader(forecast: Forecast, numbers: Numbers) -> Html | None:
    """A slider over the dates of the figure with all milestones at one of them; before it moves, at the end of a year
    that the document has."""
    known = sorted(numbers.at("milestones", in_order(forecast)[0], "probability_by"))
    dates = [day.isoformat() for day in read_days(forecast)]
    asked = [day for day in known if day in dates]
    if not asked:
        return None
    day = FIRST_READ if FIRST_READ in asked else asked[-1]
    place = dates.index(day)
    ends = {"min": "0", "max": str(len(dates) - 1), "step": "1", "value": str(place)}
    slider = tag("input", attributes={"type": "range", "id": "read-at", **ends})
    shown = tag("output", words.long_date(day), attributes={"for": "read-at"})
    label = tag("label", said("curves.slider"), " ", shown, attributes={"for": "read-at"})
    chances = (_read(name, numbers.chance("milestones", name, "probability_by", day)) for name in in_order(forecast))
    inside = [label, slider, of_class("dl", "read", *chances)]
    return tag("div", *inside, attributes={"class": "reader", "data-reader": "cdf"})


def _read(name: str, chance: Html) -> Html:
    return tag("div", joined([tag("dt", code(name)), tag("dd", chance, attributes={"data-milestone": name})]))
