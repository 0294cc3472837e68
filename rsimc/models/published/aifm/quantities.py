"""What is uncertain in the AI Futures Model of December 2025, what it dates and what is kept: Eli Lifland's priors."""

from __future__ import annotations

import math

from rsimc.models.base import Duration, Form, Milestone, Observable, Parameter
from rsimc.models.published.base import interval80

# One row a parameter, as in a table: name, unit, prior, meaning, source.
# fmt: off
# ruff: noqa: E501
SOURCE = "AI Futures Model, December 2025 (ai-futures-calculator, sampling_config.yaml)"
METR = "METR 2025: 50% and 80% horizons of one model differ four- to sixfold"
NORMAL_80 = 1.2815515655446004
KINDS = ("strict", "middle", "loose")


def normal80(low: float, high: float) -> dict[str, list[float]]:
    """A normal by its 10% and 90%."""
    return {"normal": [round(0.5 * (low + high), 9), (high - low) / (2.0 * NORMAL_80)]}


PARAMETERS = (
    Parameter("coder_horizon", "minutes", interval80(1.2e4, 1.2e10), "80% time horizon of an automated coder where no gap follows, 960 to 1e11", SOURCE),
    Parameter("gap_drawn", "share", {"uniform": [0.0, 1.0]}, "below `gap_share`: a gap follows the time horizon", SOURCE),
    Parameter("gap_share", "share", 0.45, "probability of that", SOURCE),
    Parameter("gap_horizon", "minutes", interval80(12456.0, 1245600.0), "80% time horizon before the gap, 960 to 1e11", SOURCE),
    Parameter("gap", "years of today's progress", interval80(0.3, 7.5), "from that horizon to an automated coder", SOURCE),
    Parameter("present_horizon", "minutes", 26.0, "80% time horizon in 2025.6", SOURCE),
    Parameter("doubling_time", "years", interval80(0.29, 0.717), "of the time horizon in 2025.6", SOURCE),
    Parameter("doubling_growth", "x", normal80(0.82, 1.02), "time of each doubling against the one before, 0.5 to 1.5", SOURCE),
    Parameter("coding_kind", "share", {"uniform": [0.0, 1.0]}, "which of the exponents below coding has", SOURCE),
    Parameter("coding_exponent", "exponent", (-5.0, -2.0, -1.0), "rho: how well tasks of coding stand in for each other", SOURCE, KINDS),
    Parameter("coding_by", "share", (0.25, 0.75, 1.0), "probability that it is this one or one before", SOURCE, KINDS),
    Parameter("unlimited_compute", "x - 1", interval80(25.0, 4e4), "what unlimited compute would add to the pace of experiments", SOURCE),
    Parameter("unlimited_labour", "x - 1", interval80(1.0, 200.0), "what unlimited coding labour would add to it", SOURCE),
    Parameter("tenth_of_compute", "x - 1", interval80(0.7, 4.6), "by how much a tenth of the compute slows experiments, x 10 at most", SOURCE),
    Parameter("parallel", "elasticity", {"beta": [3.0, 3.0]}, "p: what more coders at once are worth", SOURCE),
    Parameter("coding_multiplier", "x - 1", interval80(0.18, 2.0), "what AI adds to coding labour in 2025.6, x 10 at most", SOURCE),
    Parameter("efficiency_growth", "orders of magnitude/year", interval80(1.0, 9.0), "of an AI at a task that it can do, by years of today's progress, 10 at most", SOURCE),
    Parameter("coding_cap", "x", interval80(1e4, 1e12), "by which AI can multiply serial coding labour at most", SOURCE),
    Parameter("skill_at_coder", "sd", normal80(-2.5, 3.5), "choosing experiments: AI against people when it is an automated coder", SOURCE),
    Parameter("skill_growth", "sd/year", interval80(0.7, 6.9), "of that skill, by years of today's progress", SOURCE),
    Parameter("best_researcher", "x - 1", interval80(0.7, 10.4), "by how much the best researcher (99.9%) chooses better than the median", SOURCE),
    Parameter("taste_limit", "steps", interval80(2.0, 32.0), "best possible choice beyond the best researcher's, in steps from the median to the best", SOURCE),
    Parameter("taste_smoothing", "share", {"beta": [2.0, 2.0]}, "how smoothly that limit is approached", SOURCE),
    Parameter("software_progress", "orders of magnitude/year", interval80(0.4, 2.5), "growth of software efficiency in 2024", SOURCE),
    Parameter("generality", "steps", interval80(1.0, 9.0), "skill at research beyond the best when AI surpasses the best experts at all else", SOURCE),
    Parameter("compute_growth", "orders of magnitude/year", normal80(0.55, 0.65), "of training compute", SOURCE),
    Parameter("slowdown", "year", {"uniform": [2026.0, 2030.0]}, "when that growth slows", SOURCE),
    Parameter("compute_growth_after", "orders of magnitude/year", normal80(0.15, 0.35), "of training compute after that", SOURCE),
    Parameter("training_form", "choice", 0.0, "0 drawn, 1 series", "see the forms"),
    Parameter("dates_form", "choice", 0.0, "0 exact, 1 tenths", "see the forms"),
    Parameter("reliability_ratio", "x", {"lognormal": [5.0, 0.2]}, "50% over 80% time horizon: only what data see hangs on it", METR),
    Parameter("tasks_form", "choice", 0.0, "0 continuous, 1 table", "see the forms"),
)
FORMS = (
    Form("training", {"drawn": 0.0, "series": 1.0}, "drawn", ("drawn",), "growth of training compute by the draw, or along the original's table", SOURCE),
    Form("dates", {"exact": 0.0, "tenths": 1.0}, "exact", ("exact",), "dates as they are, or by lines of logs between tenths of a year, as the original reads them", SOURCE),
    Form("tasks", {"continuous": 0.0, "table": 1.0}, "continuous", ("continuous",), "tasks of coding by an integral, or as the original's table has them where its sums run out of numbers", SOURCE),
)
SPEARMAN = (
    ("doubling_time", "doubling_growth", 0.6),
    ("doubling_time", "skill_growth", -0.3),
    ("doubling_growth", "skill_growth", -0.3),
    ("skill_growth", "skill_at_coder", 0.3),
    ("doubling_growth", "gap", 0.3),
    ("doubling_growth", "gap_horizon", -0.5),
    ("doubling_growth", "coder_horizon", -0.5),
    ("gap", "gap_horizon", -0.7),
    ("doubling_time", "slowdown", -0.3),
    ("gap", "slowdown", -0.3),
    ("coder_horizon", "slowdown", -0.3),
    ("doubling_time", "efficiency_growth", -0.15),
    ("doubling_growth", "efficiency_growth", -0.1),
    ("tenth_of_compute", "unlimited_compute", 0.5),
)
"""Rank correlations of the original."""
CORRELATIONS = tuple((a, b, 2.0 * math.sin(math.pi * rho / 6.0)) for a, b, rho in SPEARMAN)
"""Of normal scores: 2 sin(pi rho/6) of a rank correlation, for a Gaussian copula."""
FASTER = (5, 25, 250, 2000, 10_000)
MILESTONES = (
    Milestone("automated_coder", "since_automated_coder", 0.0, "AC: an AI that does all coding of the leading project, its people doing none", seen=True, headline=True),
    Milestone("superhuman_coder", "since_superhuman_coder", 0.0, "as in AI 2027: coding labour as of 30 times the coders, each 30 times as fast, on the compute of 2025.6", seen=True),
    *(Milestone(f"research_{n}x", f"since_research_{n}x", 0.0, f"AIR-{n}x: AI alone makes software progress {n:,} times as fast as people alone, on the resources of 2025.6", headline=n in (25, 2000)) for n in FASTER),
    Milestone("superhuman_researcher", "since_superhuman_researcher", 0.0, "SAR: an automated coder that chooses experiments as well as the best researcher (99.9%)", headline=True),
    Milestone("superintelligent_researcher", "since_superintelligent_researcher", 0.0, "SIAR: the same at three times the best researcher's distance from the median"),
    Milestone("strategic_ai", "since_strategic_ai", 0.0, "STRAT-AI: that skill, an automated coder or not"),
    Milestone("top_expert_ai", "since_top_expert_ai", 0.0, "TED-AI: at least as good as the best human experts at all that is done at a computer"),
    Milestone("superintelligence", "since_superintelligence", 0.0, "ASI: beyond them by twice the step from the median expert to the best", headline=True),
)
DURATIONS = (
    Duration("automated_coder", "superhuman_researcher"),
    Duration("automated_coder", "top_expert_ai"),
    Duration("automated_coder", "superintelligence"),
)
OBSERVABLES = (
    Observable("horizon_hours", "log_horizon", "hours", "50% time horizon", "log", 1e-4, 1e12),
    Observable("coding_multiplier", "log_coding", "x", "coding labour against people alone", "log", 1.0, 1e12),
    Observable("multiplier", "log_multiplier", "x", "software progress on the resources of 2025.6, against people alone", "log", 1.0, 1e5),
    Observable("effective_compute", "effective_compute", "orders of magnitude", "training compute and software, against 2025.6", "linear", -15.0, 85.0),
)
EQUATIONS = (
    "R' = E max(T, T_AI) [a_L^rho C^{zeta rho} + a_C^rho L^{p rho}]^{1/rho}            research",
    "E = training compute + r log10 R                                                  effective compute",
    "L: AI does tasks below A(E) = 1.1 sigmoid(k (E - E_0)), where it saves most        coding labour",
    "T_AI = T(mu + sigma z),  z = z_AC + slope (E - E_AC)                               research taste",
    "H = H_0 [1 - a (E - E_now)/T]^{log 2/log(1-a)}                                     80% time horizon",
)
# fmt: on
