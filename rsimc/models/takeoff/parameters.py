"""The flagship's uncertain quantities, with units, priors, meanings and sources. Logs are natural, rates per year."""

from __future__ import annotations

import math

from rsimc.models.base import Parameter

# One row a parameter, as in a table: name, unit, prior, meaning, source.
# fmt: off
# ruff: noqa: E501
SPECIALISMS = ("theory", "coding", "systems", "data_sourcing", "data_generation", "experiments", "evaluation", "direction")
THEORY, CODING, SYSTEMS, DATA_SOURCING, DATA_GENERATION, EXPERIMENTS, EVALUATION, DIRECTION = range(8)
CHECKABLE = SPECIALISMS[:-1]

OWN = "rsimc judgement"
ERDIL = "Erdil, Besiroglu & Ho 2024 (arXiv 2405.10494); Ho & Whitfill 2025 (Epoch Gradient Updates): lab estimate 0.93, 0.49 to 1.38"
WHITFILL = "Whitfill & Wu 2025 (arXiv 2507.23181): elasticity 2.6 or about 0, by specification"
METR = "METR, Measuring AI Ability to Complete Long Tasks (2025) and Time Horizon 1.1 (2026)"
SPLIT_SUBSTITUTION = {"mixture": [{"lognormal": [0.3, 0.5]}, {"lognormal": [2.0, 0.4]}], "weights": [0.5, 0.5]}


def _lognormal(median: float, sd: float) -> dict[str, list[float]]:
    return {"lognormal": [median, sd]}


def _normal(mean: float, sd: float) -> dict[str, list[float]]:
    return {"normal": [mean, sd]}


def _share(mean: float, sd: float, low: float = 0.0, high: float = 1.0) -> dict[str, object]:
    return {"logitnormal": [mean, sd], "low": low, "high": high}


def _likely(value: float, sd: float) -> dict[str, object]:
    return _share(round(math.log(value / (1 - value)), 4), sd)


COMPUTE = (
    Parameter("compute_growth", "1/year", _lognormal(1.45, 0.3), "growth of the lab's compute at 2025.0", OWN + ": wide, since the rows of lab_compute say it"),
    Parameter("world_compute_growth", "1/year", _lognormal(1.19, 0.12), "growth of the world's stock of AI compute until the slowdown", "Epoch AI, AI chip counts (2026-04-03): 1.11 in 2025, 1.41 in 2024"),
    Parameter("compute_growth_late", "1/year", _lognormal(0.45, 0.5), "growth of that stock after the slowdown", OWN),
    Parameter("lab_share_max", "share", _share(1.0, 0.7, 0.31, 1.0), "largest share of that stock that the leading labs can hold", OWN + ": five labs held 22% at end 2024, 31% at end 2025"),
    Parameter("power_ceiling", "nats above 2025", _lognormal(5.5, 0.3), "AI compute that the world's electricity can bear at 2025's efficiency", OWN + "; IEA 2025: data centres took 1.5% of electricity in 2024, AI a part of it"),
    Parameter("chip_ceiling", "nats above 2025", _lognormal(5.0, 0.3), "AI compute that the world's chip plants can bear at 2025's efficiency", OWN),
    Parameter("capital_ceiling", "nats above 2025", _lognormal(5.5, 0.3), "AI compute that the world's capital can bear at 2025's prices", OWN + ": 5% to 20% of world product, against 0.3% in 2025"),
    Parameter("efficiency_growth", "1/year", _lognormal(0.3, 0.3), "rise of the three ceilings as chips do more for the same power and money", OWN + "; chips' price-performance has doubled every 2 to 3 years"),
    Parameter("slowdown_delay", "years after 2026.5", _lognormal(4.0, 0.5), "when compute and hiring slow down", OWN),
    Parameter("researcher_growth_early", "1/year", _lognormal(0.35, 0.35), "growth of research staff until late 2022", OWN + ": wide, since the rows of workforce say it"),
    Parameter("researcher_growth", "1/year", _lognormal(0.6, 0.35), "growth of research staff until the slowdown", OWN + ": wide, since the rows of workforce say it"),
    Parameter("serving_level", "logit", _normal(-0.4, 0.8), "share of compute that serves customers, at 2025", "OpenAI compute spending 2024 (Epoch AI)"),
    Parameter("serving_demand", "logit per log hour", _lognormal(0.2, 0.7), "how much more is served as models grow more capable", OWN),
    Parameter("serving_trend", "logit/year", _normal(0.0, 0.3), "change of the served share not due to capability, until 2027", OWN),
    Parameter("serving_max", "share", _share(0.8, 0.7, 0.5, 0.98), "largest share of compute that customers can take", OWN),
    Parameter("training_part", "share", _likely(0.15, 0.5), "share of training runs in what is left for training and experiments", "Epoch AI (2025, 2026): final runs 10% of OpenAI's R&D compute, 10% to 30% elsewhere"),
    Parameter("ai_labour_max", "share", _likely(0.3, 0.7), "omega_max: share of research compute that AI labour takes once AI can do all the work", OWN),
)

SOFTWARE = (
    Parameter("software_growth", "1/year", _lognormal(1.0, 0.6), "growth of software efficiency in 2019", OWN + ": wide, since the row of software_growth says it"),
    Parameter("parallelisation", "elasticity", _share(0.3, 0.8, 0.1, 1.0), "lambda: log pace of software per log research effort", "Davidson & Houlden 2025: 0.15 to 0.6 for labour alone"),
    Parameter("returns_to_research", "lambda/beta, all inputs", _lognormal(1.1, 0.45), "doublings of software per doubling of cumulative research", ERDIL),
    Parameter("software_limit", "nats above 2025", _lognormal(20.0, 0.35), "distance to the limits of software efficiency", "Davidson & Houlden 2025: 6 to 16 years of recent progress"),
    Parameter("labour_share", "share", _share(-0.91, 0.35, 0.1, 0.9), "weight of labour against compute in research", "Ho & Whitfill 2025: compute elasticity 0.59 to 0.75"),
    Parameter("substitution", "elasticity", SPLIT_SUBSTITUTION, "substitution between research labour and experiment compute", WHITFILL),
    Parameter("substitution_deviation", "sds", _normal(0.0, 1.0), "the same within the form low or high, where one is chosen", "standard normal by construction"),
    Parameter("training_time", "years", _lognormal(0.25, 0.4), "length of a training run, which research effort does not shorten", OWN),
    Parameter("preparation_time", "years", _lognormal(0.15, 0.5), "preparation and evaluation of a generation, which effort shortens", OWN),
)

CAPABILITY = (
    Parameter("time_horizon", "hours", _lognormal(0.7, 1.0), "50% time horizon of the leading released model at 2025.0", METR),
    Parameter("time_horizon_growth", "1/year", _lognormal(1.6, 0.4), "pace of the log time horizon at 2025.0, before the step of 2024", METR),
    Parameter("curvature", "1/nat", _normal(0.02, 0.03), "k: later doublings of the horizon need less effective compute", OWN + "; 0 is a straight line"),
    Parameter("paradigm_step", "1/year", _normal(0.0, 0.8), "change of the horizon's pace with reasoning models, April 2024", "own fit to METR; Epoch AI finds the same month"),
    Parameter("threshold_median", "log hours", _normal(round(math.log(40), 4), 1.2), "horizon at which half of a typical specialism's work is automated", OWN),
    Parameter("threshold_offset", "log hours", (0.5, -1.0, 0.0, 0.5, 0.0, -0.5, 0.5, 1.0), "where specialisms stand around that median", OWN, SPECIALISMS),
    Parameter("threshold_spread", "log hours", _lognormal(0.8, 0.45), "spread of specialisms around their offsets", OWN),
    Parameter("threshold_deviation", "spreads", _normal(0.0, 1.0), "each specialism's own deviation", "standard normal by construction", SPECIALISMS),
    Parameter("automation_slope", "logit per log hour", _lognormal(1.0, 0.35), "how fast a checkable specialism is automated", "METR's tasks: 0.85"),
    Parameter("direction_slope", "logit per log hour", _lognormal(0.5, 0.6), "how fast research direction is automated", "human-judged work: MIT FutureTech 0.14 to 0.5 (arXiv 2604.01363)"),
    Parameter("slope_spread", "log", _lognormal(0.3, 0.5), "spread of the checkable specialisms' slopes", OWN),
    Parameter("slope_deviation", "spreads", _normal(0.0, 1.0), "each specialism's own deviation", "standard normal by construction", CHECKABLE),
    Parameter(
        "verifiability",
        "share",
        (_likely(0.5, 0.9), _likely(0.88, 0.5), _likely(0.92, 0.5), _likely(0.35, 0.9), _likely(0.5, 0.9), _likely(0.7, 0.7), _likely(0.4, 0.7), _likely(0.15, 0.7)),
        "how far results can be checked, so that the horizon carries over",
        OWN + ": labels, of which only the product with the gap is identified; coding and direction anchor it",
        SPECIALISMS,
    ),
    Parameter("verifiability_gap", "log hours", {"normal": [2.0, 1.1], "low": 0.0, "high": 4.9}, "lag of wholly unverifiable work at a 12-hour horizon", "pool of the seven contrasts that no series holds (PostTrainBench, LMCA, APEX, RLI, FrontierScience, Economic Index, GDPval in level): 2.1 +- 1.0"),
    Parameter("synthetic_data", "1/year", _lognormal(0.3, 0.8), "rho: pace at which a year of automated data generation narrows the gap where results can be checked", OWN),
    Parameter("gap_exponent", "exponent", {"kumaraswamy": [1.0, 1.5]}, "gamma: the gap is a constant lag (0) or grows with the horizon (1)", "rates of human-judged suites: 0.93 of METR's"),
)

LABOUR = (
    Parameter("effort_weight", "log share", tuple(_normal(round(math.log(w), 4), 0.5) for w in (0.15, 0.2, 0.15, 0.1, 0.1, 0.15, 0.08, 0.07)), "human research time by specialism, before normalising", OWN, SPECIALISMS),
    Parameter("ai_labour", "log workers per researcher", _normal(0.0, 1.2), "AI labour that the lab could run at 2026.0 if AI could do all the work", OWN + ": wide, since the rows of agent_workdays say it"),
    Parameter("serial_speed", "x human", _lognormal(4.0, 0.5), "speed of an AI worker against a person", "selected tasks: hours in 30 minutes (CSET 2026)"),
    Parameter("compute_saving", "share", _share(0.0, 0.8), "psi: how much of software progress makes AI labour cheaper", OWN),
    Parameter("sourcing_limit", "x human", _lognormal(3000.0, 3.0), "how much faster data from the real world can be had with any AI labour", OWN + ": unmeasured, so that it may bind or not"),
    Parameter("complementarity_specialisms", "-exponent", _lognormal(0.7, 0.5), "minus the CES exponent across specialisms", OWN),
    Parameter("complementarity_tasks", "-exponent", _lognormal(2.0, 0.5), "minus the CES exponent within a specialism", OWN),
)

NOISE = (
    Parameter("horizon_noise", "log hours", _lognormal(0.2, 0.5), "sd of releases around the trend of the horizon", METR),
    Parameter("software_noise", "log", _lognormal(0.3, 0.4), "sd of the pace of software", OWN),
    Parameter("noise_length", "years", _lognormal(1.0, 0.4), "correlation time of both", OWN),
    Parameter("trend_noise", "log hours/year", _lognormal(0.8, 0.5), "sd of the pace of the horizon itself", "backtests on METR rows: wide trend noise forecasts best"),
    Parameter("trend_length", "years", _lognormal(1.5, 0.4), "correlation time of that pace", OWN),
)

CHOICES = (
    Parameter("horizon_form", "choice", 1.0, "0 linear, 1 curved, 2 saturating", "see the forms"),
    Parameter("substitution_form", "choice", 0.0, "0 open, 1 low, 2 high", "see the forms"),
    Parameter("adoption_form", "choice", 1.0, "1 on, 0 off", "see the forms"),
)

PARAMETERS = COMPUTE + SOFTWARE + CAPABILITY + LABOUR + NOISE + CHOICES
