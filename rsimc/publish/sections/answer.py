"""The top of the report: what was forecast, the answer, what it means and what to hold against it."""

from __future__ import annotations

from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.forms import weighting
from rsimc.engine.plan import BLOCK
from rsimc.publish import words
from rsimc.publish.drivers import DRIVERS, Driver
from rsimc.publish.evidence import uncertain
from rsimc.publish.frames import lead
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, bullets, code, joined, names, of_class, section, tag
from rsimc.publish.prose import said, told
from rsimc.publish.tables import ASKED_YEARS

TAKEOFF = "multiplier_10"
MULTIPLIERS = [TAKEOFF, "multiplier_100", "multiplier_1000"]
PHRASES = {
    "closed_loop": ("AI research closes its loop", "the loop is closed"),
    TAKEOFF: ("software progress ten times as fast as people alone would make it comes", "it comes"),
}


def asked_about(forecast: Forecast) -> list[str]:
    """The milestones of the answer: what the forecast is about, and take-off where the model has it."""
    first = lead(forecast)
    return [first, *(name for name in (TAKEOFF,) if name in forecast.curves and name != first)]


def heading(forecast: Forecast) -> Html:
    """The title and what identifies the run."""
    manifest, scenario = forecast.manifest, forecast.study.scenario
    facts = [
        joined(["As of ", words.long_date(scenario.as_of.isoformat())]),
        joined(["scenario ", code(scenario.name)]),
        joined(["model ", code(forecast.study.model.name), " ", forecast.study.model.version]),
        joined(["run ", tag("code", manifest.id[:8], attributes={"title": manifest.id})]),
        joined(["rsimc ", manifest.machine["versions"]["rsimc"]]),
    ]
    items = (tag("li", fact) for fact in facts)
    return tag(
        "header",
        of_class("p", "kicker", "Forecast of recursive self-improvement in AI"),
        tag("h1", scenario.title or scenario.name),
        of_class("ul", "facts", *items),
    )


def answer(forecast: Forecast, numbers: Numbers) -> Html:
    """The numbers in one or two sentences, then what they mean."""
    first, *others = asked_about(forecast)
    over = of_class("span", "form", " ", _over_forms(forecast, numbers))
    sentences = [joined([_capital(_sentence(forecast, numbers, first)), over])]
    sentences += [said("answer.takeoff", {"sentence": _sentence(forecast, numbers, name)}) for name in others]
    definition = next(m.definition for m in forecast.milestones if m.name == first)
    return section(
        "answer",
        "The answer",
        *(of_class("p", "answer", sentence) for sentence in sentences),
        told("answer.meaning", {"name": first, "definition": definition}),
        told("answer.two_events", {"names": names(MULTIPLIERS)}) if first == "closed_loop" and others else None,
        told("answer.errors"),
    )


def _sentence(forecast: Forecast, numbers: Numbers, name: str) -> Html:
    horizon, path = forecast.study.scenario.run.horizon, ("milestones", name)
    subject, short = PHRASES.get(name, (f"{name} comes", "it has come"))
    when = {"subject": subject, "day": tag("strong", numbers.day(horizon, *path, "quantiles", "0.5", spelled=True))}
    if numbers.at(*path, "quantiles", "0.5") is None:
        median = said("answer.median_beyond", when)
    else:
        error = numbers.days(*path, "quantile_se_days", "0.5")
        shown = "" if error is None else of_class("span", "se", " (", error, ")")
        median = said("answer.median", {**when, "error": shown})
    ends = [f"{year}-12-31" for year in ASKED_YEARS if f"{year}-12-31" in numbers.at(*path, "probability_by")]
    each = [joined([_strong(numbers, *path, "probability_by", end), f" by the end of {end[:4]}"]) for end in ends]
    chances = said("answer.chances", {"short": short, "chances": joined(each, " and ")}) if each else None
    blanks = {"p": _strong(numbers, *path, "not_within_horizon"), "short": short, "horizon": str(horizon)}
    return joined([median, chances, said("answer.never", blanks)])


def _strong(numbers: Numbers, *path: str) -> Html:
    return tag("strong", numbers.chance(*path))


def _capital(sentence: Html) -> Html:
    return Html(sentence[0].upper() + sentence[1:])


def cautions(forecast: Forecast, numbers: Numbers, ranked: list[Driver]) -> Html:
    """What a reader must know before quoting a number."""
    calibrated = _calibrated(forecast, numbers, ranked) if forecast.posterior else [said("caution.uncalibrated")]
    notes = [*calibrated, *_not_yet(forecast, numbers), *_few(forecast, numbers), _forms(forecast, numbers)]
    return tag("aside", tag("h2", "Before you quote it"), bullets(notes))


def _over_forms(forecast: Forecast, numbers: Numbers) -> Html:
    """That the answer is of one form, or its range over the forms that are mixed."""
    found = numbers.at("structural_range")
    if found is None:
        return said("answer.form" if forecast.study.form else "answer.only_form")
    blanks = {"many": str(len(found["forms"])), "name": code(lead(forecast)), "ranges": _ranges(forecast, numbers)}
    return said("answer.range", blanks)


def _forms(forecast: Forecast, numbers: Numbers) -> Html:
    """That it is one form, or how far the forms of a mixture lie apart."""
    found, first = numbers.at("structural_range"), lead(forecast)
    if found is None:
        return (
            said("caution.form", {"forms": numbers.at("forms")}) if forecast.study.form else said("caution.only_form")
        )
    blanks = {
        "many": str(len(found["forms"])),
        "weighting": weighting(forecast.study),
        "name": code(first),
        "ranges": _ranges(forecast, numbers),
        "link": _link("forms", "forms"),
    }
    return said("caution.forms", blanks)


def _ranges(forecast: Forecast, numbers: Numbers) -> Html:
    """From the lowest to the highest probability of a form, by the ends of years."""
    found, first = numbers.at("structural_range"), lead(forecast)
    days = [day for day in found["range"][first]["probability_by"] if day[:4] in {str(year) for year in ASKED_YEARS}]
    path = ("structural_range", "range", first, "probability_by")
    each = [
        joined(
            [
                "from ",
                numbers.element(words.percent(numbers.at(*path, day, "low")), *path, day, "low"),
                " to ",
                numbers.element(words.percent(numbers.at(*path, day, "high")), *path, day, "high"),
                f" by the end of {day[:4]}",
            ]
        )
        for day in days
    ]
    return joined(each, ", ")


def _few(forecast: Forecast, numbers: Numbers) -> list[Html]:
    if numbers.at("milestones", lead(forecast), "not_within_horizon", "se") is not None:
        return []
    return [said("caution.few", {"least": str(MIN_BATCHES), "block": f"{BLOCK:,}"})]


def _calibrated(forecast: Forecast, numbers: Numbers, ranked: list[Driver]) -> list[Html]:
    open_ones = uncertain(forecast)
    driven, total = [name for name in numbers.at("prior_driven") if name in open_ones], len(open_ones)
    problems, deciding = numbers.at("diagnostics", "problems"), ranked[:DRIVERS]
    blind = sum(driver.name in driven for driver in deciding)
    blanks = {
        "degree": "Mostly" if len(driven) > total / 2 else "Partly",
        "driven": str(len(driven)),
        "total": str(total),
        "among": said("caution.among", {"blind": str(blind), "deciding": str(len(deciding))}) if deciding else "",
        "link": _link("decides", "which ones"),
    }
    notes = [said("caution.untrusted", {"problems": "; ".join(problems)})] if problems else []
    return [*notes, said("caution.judgement", blanks)]


def _not_yet(forecast: Forecast, numbers: Numbers) -> list[Html]:
    n, out = numbers.at("counts", "n"), numbers.at("counts", "conditioned_out")
    if out == 0:
        return []
    blanks = {
        "share": words.percent(out / n),
        "day": words.long_date(numbers.at("as_of")),
        "surprise": said("caution.surprise") if out > n / 3 and forecast.posterior is None else "",
        "link": _link("accounts", "accounts"),
    }
    return [said("caution.not_yet_fitted" if forecast.posterior else "caution.not_yet", blanks)]


def _link(place: str, shown: str) -> Html:
    return tag("a", shown, attributes={"href": f"#{place}"})
