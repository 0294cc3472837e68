"""The forms of the model: equations that the literature leaves open. A fixed parameter chooses, `NAME_form`."""

from __future__ import annotations

from rsimc import maths
from rsimc.models.base import Form, Params
from rsimc.models.takeoff.horizon import CURVED, LINEAR, SATURATING

OPEN, LOW, HIGH = 0.0, 1.0, 2.0
LOW_SUBSTITUTION, HIGH_SUBSTITUTION = (0.3, 0.5), (2.0, 0.4)
"""Median and log-sd of the elasticity between research labour and compute: the two readings of the same 27 lab-years in
Whitfill & Wu 2025 (arXiv 2507.23181)."""

FORMS = (
    Form(
        "horizon",
        {"linear": LINEAR, "curved": CURVED, "saturating": SATURATING},
        "curved",
        ("linear", "curved", "saturating"),
        "how much effective compute each doubling of the time horizon takes",
        "METR's trend since 2024 fits all three; AI 2027 (2025) and AI Futures (2025) assume curvature",
    ),
    Form(
        "substitution",
        {"open": OPEN, "low": LOW, "high": HIGH},
        "open",
        ("low", "high"),
        "whether compute binds when research labour is plentiful (open: its prior decides)",
        "Whitfill & Wu 2025 (arXiv 2507.23181): about 0 or 2.6, by specification",
    ),
    Form(
        "adoption",
        {"on": 1.0, "off": 0.0},
        "on",
        ("on", "off"),
        "whether the share of code written by AI was held back by adoption before February 2025",
        "Anthropic's share rose with the launch of its coding agent",
    ),
)


def chosen(params: Params) -> Params:
    """Parameters with the elasticity of substitution of the chosen form."""
    form, z = params["substitution_form"], params["substitution_deviation"]
    low, high = (median * maths.exp(sd * z) for median, sd in (LOW_SUBSTITUTION, HIGH_SUBSTITUTION))
    elasticity = maths.where(form == LOW, low, maths.where(form == HIGH, high, params["substitution"]))
    return {**params, "substitution": elasticity}
