"""Diagnostics, accounts and errors: why a number may be believed as far as it may."""

from __future__ import annotations

from rsimc.analysis.estimates import MIN_BATCHES
from rsimc.analysis.forecast import Forecast
from rsimc.calibration.posterior import weighted
from rsimc.calibration.settings import NUTS
from rsimc.calibration.verdict import MAX_CONFLICT, MAX_DIVERGENCE_RATE, MAX_KHAT, MAX_RHAT, MIN_BFMI, MIN_ESS, Verdict
from rsimc.publish import words
from rsimc.publish.frames import lead
from rsimc.publish.numbers import Numbers
from rsimc.publish.page import Html, Row, bullets, code, joined, names, paragraph, section, table, tag
from rsimc.publish.prose import said, told

MOST_CENSORED = 3


def trust(forecast: Forecast, numbers: Numbers, seen: dict[str, float]) -> Html:
    """The sampler's diagnostics, where every trajectory went, and what the errors hold."""
    diagnosed = _diagnostics(forecast, numbers) if forecast.posterior else [told("trust.no_posterior")]
    return section(
        "accounts",
        "Diagnostics and accounts",
        tag("h3", "Calibration"),
        *diagnosed,
        tag("h3", "Accounts"),
        _accounts(forecast, numbers),
        _censored(forecast, numbers),
        tag("h3", "What the conditioning does"),
        *_conditioning(forecast, seen),
        tag("h3", "What is in the standard errors"),
        *_errors(forecast, numbers),
    )


def _diagnostics(forecast: Forecast, numbers: Numbers) -> list[Html]:
    assert forecast.posterior is not None
    verdict, settings = forecast.posterior.verdict, forecast.study.settings
    blanks = {
        "draws": words.counted(verdict.draws, "posterior draw"),
        "chains": words.counted(forecast.posterior.tree["posterior"].sizes["chain"], "chain"),
        "sampler": said(f"trust.{settings.sampler}"),
        "warmup": words.counted(settings.warmup, "iteration"),
    }
    worth = weighted(forecast.posterior.tree)
    if worth is None:
        how = said("trust.drawn", blanks)
    else:
        how = said("trust.weighted", {**blanks, "pool": f"{worth.pool:,}"})
    drawn = {"drawn": how, "problems": "; ".join(verdict.problems)}
    result = told("trust.trusted" if verdict.trusted else "trust.untrusted", drawn)
    checks = _checks(verdict, numbers)
    if verdict.khat is not None:
        checks.append(["k-hat of the weights", f"{verdict.khat:.2f}", f"below {MAX_KHAT}", ""])
    if settings.sampler == NUTS:
        checks.append(["transitions at the longest length", f"{verdict.longest_trees:.1%}", "", ""])
    return [result, told("trust.checks"), table(["check", "found", "required", "where"], checks, "words")]


def _checks(verdict: Verdict, numbers: Numbers) -> list[Row]:
    rhat = numbers.element(f"{verdict.rhat_max:.4f}", "diagnostics", "rhat_max")
    rate = numbers.element(f"{verdict.divergence_rate:.2%}", "diagnostics", "divergence_rate")
    bulk, tail, enough = f"{verdict.ess_bulk_min:,.0f}", f"{verdict.ess_tail_min:,.0f}", f"above {MIN_ESS:.0f}"
    divergent = joined([f"{verdict.divergences:,} (", rate, ")"])
    energy = numbers.element(f"{verdict.bfmi:.2f}", "diagnostics", "energy_fraction_min")
    conflict = numbers.element(f"{verdict.conflict:.2f}", "diagnostics", "prior_conflict_max", "sds")
    return [
        ["R-hat, largest", rhat, f"below {MAX_RHAT}", code(verdict.rhat_worst)],
        ["effective sample size, bulk, smallest", bulk, enough, ""],
        ["effective sample size, tail, smallest", tail, enough, code(verdict.ess_worst)],
        ["divergent transitions", divergent, f"below {MAX_DIVERGENCE_RATE:.1%}", ""],
        ["energy fraction, smallest", energy, f"above {MIN_BFMI}", ""],
        ["prior conflict, largest", conflict, f"below {MAX_CONFLICT:.0f} prior sds", code(verdict.conflict_worst)],
    ]


def _accounts(forecast: Forecast, numbers: Numbers) -> Html:
    kept = numbers.at("counts", "n") - numbers.at("counts", "conditioned_out")
    origin = "trust.simulated_posterior" if forecast.posterior else "trust.simulated_prior"
    rows: list[Row] = [
        ["simulated", numbers.count("counts", "n"), said(origin)],
        ["left out", numbers.count("counts", "conditioned_out"), said("trust.conditioned_out")],
        ["counted in the probabilities", f"{kept:,}", "all others"],
        ["of these not finite", numbers.count("counts", "nonfinite"), said("trust.nonfinite")],
        ["of these clipped", numbers.count("counts", "clipped"), said("trust.clipped")],
    ]
    return table(["trajectories", "number", "meaning"], rows, "words")


def _censored(forecast: Forecast, numbers: Numbers) -> Html:
    """What the end of the trajectories cuts off."""
    horizon = forecast.study.scenario.run.horizon

    def beyond(name: str) -> float:
        return float(numbers.at("milestones", name, "not_within_horizon", "p") or 0.0)

    most = sorted(forecast.curves, key=lambda name: -beyond(name))[:MOST_CENSORED]
    share = {name: numbers.chance("milestones", name, "not_within_horizon") for name in most}
    told_of = [joined([code(name), " (", p, ")"]) for name, p in share.items()]
    blanks = {
        "horizon": str(horizon),
        "after": words.after(horizon),
        "lead": code(lead(forecast)),
        "p": numbers.chance("milestones", lead(forecast), "not_within_horizon"),
        "most": Html(words.listed(list(told_of))),
    }
    return told("trust.censored", blanks)


def _conditioning(forecast: Forecast, seen: dict[str, float]) -> list[Html]:
    if not forecast.study.scenario.condition_on_not_yet:
        return [told("trust.unconditioned")]
    if not any(m.seen for m in forecast.milestones):
        return [told("trust.unseen")]
    blanks = {
        "names": names([m.name for m in forecast.milestones if m.seen]),
        "day": words.long_date(forecast.study.scenario.as_of.isoformat()),
        "ranges": said("trust.ranges") if seen and forecast.posterior is None else "",
        "fitted": said("trust.fitted") if forecast.posterior else "",
    }
    shares = [joined([code(name), f": {words.percent(share)}"]) for name, share in seen.items()]
    return [told("trust.conditioning", blanks), *([told("trust.shares"), bullets(shares)] if shares else [])]


def _errors(forecast: Forecast, numbers: Numbers) -> list[Html]:
    fitted = forecast.posterior is not None
    blanks = {"batch": said("trust.segment" if fitted else "trust.part"), "least": str(MIN_BATCHES)}
    shared = said("trust.shared") if fitted else None
    held = paragraph(said("trust.source", blanks), shared, said("trust.held"))
    return [held, told("trust.form", {"forms": numbers.at("forms")})]
