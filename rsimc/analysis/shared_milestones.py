"""Milestones of different models that stand for the same thing, and how far they do.

No two models define a milestone alike. Where runs of different models are pooled or laid beside each other, a milestone
of one is read as that of its row here in another, and what differs is said with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rsimc.models.base import Model

HORIZON = ("ai2027-horizon", "ai2027-horizon-april", "ai2027-gaps", "ai2027-gaps-april")
TAKEOFF, FUTURES = "ai2027-takeoff", "aifm"


@dataclass(frozen=True)
class Shared:
    """One thing that several models date. milestones: its name in each; differs: what is not the same in them."""

    name: str
    means: str
    milestones: Mapping[str, str]
    differs: str


SHARED = (
    Shared(
        "automated coder",
        "AI does the coding of AI R&D",
        {"takeoff": "coder", **dict.fromkeys((*HORIZON, TAKEOFF), "superhuman_coder"), FUTURES: "automated_coder"},
        "takeoff asks for 95% of the work, aifm for all of one project's; AI 2027 for all of it, faster and cheaper "
        "than the best engineers: later (as does aifm's own superhuman_coder). In ai2027-takeoff its date is an "
        "assumption.",
    ),
    Shared(
        "nine tenths of AI R&D",
        "AI does 90% of AI R&D",
        {"takeoff": "closed_loop_90", "kwa": "automation_90"},
        "takeoff asks it of the least automated specialism, kwa of the whole: earlier.",
    ),
    Shared(
        "automated AI R&D",
        "AI builds its own successor with no human involvement",
        {
            "takeoff": "closed_loop",
            "kwa": "automation_99",
            TAKEOFF: "superhuman_researcher",
            FUTURES: "superhuman_researcher",
            "ftm": "rnd_100",
        },
        "takeoff asks for 99% of every specialism, kwa for 99% of the whole; AI 2027 for an AI as good as the best "
        "researchers, and cheap enough to run many; aifm for an automated coder that chooses experiments as well as "
        "they do; ftm for every task in R&D of hardware, done more than ten times over by compute.",
    ),
    Shared(
        "ten years in one",
        "software progress ten times as fast as people alone",
        {"takeoff": "multiplier_10", "sie": "years_10_in_12_months"},
        "takeoff means the pace of a moment, sie ten years of progress within twelve months: later. The dates of sie "
        "count from the automation of AI R&D, which it does not date.",
    ),
    Shared(
        "far beyond people",
        "AI R&D a thousand times as fast as people alone, or more",
        {"takeoff": "multiplier_1000", TAKEOFF: "superintelligence", FUTURES: "superintelligence"},
        "takeoff dates the pace of software; AI 2027 and aifm an AI far beyond the best people at every cognitive "
        "task, with which research is 2,000 times as fast in the one and as fast as it happens to be in the other.",
    ),
)


def differs(asked: str) -> str:
    """What is not the same in the milestones that stand for one; empty for one that stands alone."""
    return next((one.differs for one in SHARED if asked in one.milestones.values()), "")


def milestone_in(model: Model, asked: str) -> str:
    """The name in a model of a milestone that is asked for by its own name, or by that of another model; as it was
    asked where the model has none that stands for it."""
    if any(milestone.name == asked for milestone in model.milestones):
        return asked
    rows = (one.milestones for one in SHARED if asked in one.milestones.values())
    return next((row[model.name] for row in rows if model.name in row), asked)
