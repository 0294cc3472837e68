"""What numbers of a setting may be called: of a posterior, re-weighted, of a prior, of single values, or not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rsimc.analysis.explore.weighing import LEAST_DRAWS, MAX_KHAT, MOST_BEYOND, Weights

Kind = Literal["posterior", "reweighted", "prior", "values", "unknown"]
TITLES: dict[Kind, str] = {
    "posterior": "Calibrated",
    "reweighted": "Re-weighted posterior",
    "prior": "Prior, not calibrated",
    "values": "Single values, not a forecast",
    "unknown": "Not known without a new calibration",
}


@dataclass(frozen=True)
class Standing:
    """kind: what the numbers are. why: in a sentence. calibrated: whether they may be called so. khat, effective: of
    weights, None without them."""

    kind: Kind
    why: str
    calibrated: bool = False
    khat: float | None = None
    effective: float | None = None

    @property
    def title(self) -> str:
        """What the numbers are, in a word or two."""
        if self.kind in ("posterior", "reweighted") and not self.calibrated:
            return "Posterior whose diagnostics failed"
        return TITLES[self.kind]

    @property
    def known(self) -> bool:
        """Whether there are numbers at all."""
        return self.kind != "unknown"


def calibrated(trusted: bool) -> Standing:
    """The posterior as it is. trusted: its verdict."""
    if not trusted:
        return Standing("posterior", "The posterior as it is, whose diagnostics were not all passed.")
    return Standing("posterior", "The posterior as it is, simulated anew.", calibrated=True)


def of_weights(weights: Weights, names: Sequence[str], trusted: bool) -> Standing:
    """The posterior with other priors for some parameters, if its draws can stand in for a new calibration."""
    quality = f"k-hat {weights.khat:.2f}, worth {weights.effective:,.0f} independent draws"
    if weights.beyond > MOST_BEYOND:
        where = f"{weights.beyond:.1%} of a new prior lies where the old one has no draws at all"
        return needs_calibration(where, weights)
    if not weights.trusted:
        asked = f"it takes k-hat below {MAX_KHAT:g} and {LEAST_DRAWS:.0f} independent draws"
        return needs_calibration(
            f"the posterior has too few draws where these priors want them ({quality}; {asked})", weights
        )
    some = names[0] if len(names) == 1 else f"{len(names)} parameters"
    why = f"The posterior re-weighted for the new prior of {some} ({quality}), simulated anew."
    why += "" if trusted else " Its diagnostics were not all passed."
    return Standing("reweighted", why, trusted, weights.khat, weights.effective)


def of_prior() -> Standing:
    """Draws of the prior."""
    return Standing("prior", "Not calibrated: draws of the prior, which no data inform.")


def of_values(posterior: bool) -> Standing:
    """One value for every parameter."""
    whose = "the posterior's medians where nothing else is set" if posterior else "the centres of the priors"
    return Standing(
        "values", f"Not a forecast: one value for every parameter ({whose}), so that only the noise differs."
    )


def needs_calibration(reason: str, weights: Weights | None = None) -> Standing:
    """No numbers: only a new calibration would tell."""
    khat, effective = (None, None) if weights is None else (weights.khat, weights.effective)
    return Standing("unknown", f"This takes a new calibration: {reason}.", khat=khat, effective=effective)
