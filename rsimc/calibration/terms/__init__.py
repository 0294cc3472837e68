"""The likelihood, one term a data series. Each reads its predictions from one simulated path.

A term has its own nuisance parameters (offsets, lags, adoption), declared like a model's parameters, so that a scenario
can change their priors too. Rows are numpy arrays fixed at construction; `log_likelihood` is pure and differentiable,
and takes what the rows say as an argument, so that one compiled program serves simulated data too.
"""

from __future__ import annotations

from rsimc.calibration.terms.base import Path, Seen, Term, student_log_density
from rsimc.calibration.terms.horizon import MetrHorizons
from rsimc.calibration.terms.inputs import AgentWorkdays, LabCompute, ResearchShare, Workforce
from rsimc.calibration.terms.software import AiGains, Nanochat, SoftwareGrowth, SpeedRun
from rsimc.calibration.terms.specialisms import (
    AutomatedWork,
    Autonomy,
    ExpertCrossings,
    MergeGap,
    ResearchDebugging,
    ResearchDirection,
    ResearchSuites,
    WholeJob,
)
from rsimc.calibration.terms.uplift import CodeShare, UpliftSurveys, UpliftTrials

__all__ = ["TERMS", "Path", "Seen", "Term", "student_log_density"]

_ALL: tuple[type[Term], ...] = (
    MetrHorizons,
    CodeShare,
    ResearchShare,
    LabCompute,
    SoftwareGrowth,
    Workforce,
    AgentWorkdays,
    UpliftTrials,
    UpliftSurveys,
    Nanochat,
    SpeedRun,
    AiGains,
    ResearchDebugging,
    ResearchSuites,
    AutomatedWork,
    Autonomy,
    WholeJob,
    ResearchDirection,
    ExpertCrossings,
    MergeGap,
)
TERMS: dict[str, type[Term]] = {term.series: term for term in _ALL}
"""The terms by series, in the order in which the target has them."""
