"""What a policy did to a milestone in each trajectory, of two runs that share their draws and their noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rsimc.analysis.estimates import MIN_BATCHES, Estimate, estimate
from rsimc.analysis.forecast import Forecast
from rsimc.engine.plan import BATCHES
from rsimc.runs.ensemble import read_ensemble

SAME = 0.5 / 365.25
"""Years within which two dates are one: single precision rounds them to an hour or so."""
SEEN = 4.0
"""Lengths of a long pause between a milestone and the horizon, so that its delay is seen."""

LENGTH = ("lasts", "strength", "compliance")
"""Parameters whose product is the months of research that a pause stops."""


@dataclass(frozen=True)
class Bought:
    """What a pause bought: months by which a milestone came later for a month of research stopped.

    Of trajectories in which they moved the milestone, later or earlier (what is not trained meanwhile gathers chips),
    and in which it would have come early enough for the move to be seen. triggers: as the scenario writes them.
    reached: the share so moved. months: mean length as drawn, times strength and compliance. se: of per_month.
    at_least: whether in some the milestone went beyond the horizon all the same.
    """

    triggers: tuple[str, ...]
    reached: Estimate
    months: float
    delay_months: float
    per_month: float
    se: float | None
    at_least: bool


@dataclass(frozen=True)
class Delay:
    """Of trajectories that reach the milestone in the first run: shares in which the second reaches it later (or not
    within the horizon), earlier, and at the same time. median_years: of the delays, None beyond the horizon. bought: of
    a run with one pause, beside one without."""

    rows: int
    later: Estimate
    earlier: Estimate
    same: Estimate
    median_years: float | None
    bought: Bought | None


def delay(first: Forecast, second: Forecast, name: str) -> Delay | None:
    """The delays of a milestone in the second run, trajectory by trajectory; None where a run keeps none."""
    horizon = first.study.plan.grid.end
    pauses = _pauses(second)
    pause = pauses[0] if len(pauses) == 1 and not _pauses(first) else None  # of several, who knows which came
    columns = ["batch", "finite", "conditioned_out", f"date.{name}"]
    parameters = [f"parameter.pause_{what}.{pause[0]}" for what in LENGTH] if pause else []
    one, other = read_ensemble(first.folder, columns), read_ensemble(second.folder, [*columns, *parameters])
    if one is None or other is None:
        return None
    rows = min(len(one), len(other))  # trajectory i is row i
    a, b = ({key: table[key].to_numpy()[:rows] for key in table.column_names} for table in (one, other))
    there = np.isfinite(a[f"date.{name}"]) & ~a["conditioned_out"] & ~b["conditioned_out"] & a["finite"] & b["finite"]
    if not there.any():
        return None
    gone = np.isnan(b[f"date.{name}"])[there]
    late = np.where(gone, horizon, b[f"date.{name}"][there]) - a[f"date.{name}"][there]
    batch, known = a["batch"][there], np.where(gone, np.inf, late)
    middle = float(np.median(known))
    later = gone | (late > SAME)
    bought = None
    if pause:
        months = np.prod([b[parameter][there] for parameter in parameters], axis=0)
        early = a[f"date.{name}"][there] <= horizon - SEEN * float(np.quantile(months, 0.95)) / 12.0
        bought = _bought(pause[1], batch, late, gone, early & (later | (late < -SAME)), months)
    return Delay(
        rows=int(there.sum()),
        later=_share(later, batch),
        earlier=_share(late < -SAME, batch),
        same=_share(~later & (late >= -SAME), batch),
        median_years=middle if math.isfinite(middle) else None,
        bought=bought,
    )


def _pauses(run: Forecast) -> tuple[tuple[str, str], ...]:
    """Names of a run's pauses as their parameters are labelled, and their triggers."""
    labels = [name.rpartition(".")[2] for name in run.study.priors.names if name.startswith("pause_lasts.")]
    return tuple(zip(labels, [str(pause.trigger) for pause in run.study.scenario.policy.pause], strict=True))


def _share(hits: np.ndarray, batch: np.ndarray) -> Estimate:
    return estimate(_sums(hits.astype(np.float64), batch), _sums(np.ones(len(batch)), batch))


def _sums(values: np.ndarray, batch: np.ndarray) -> np.ndarray:
    return np.bincount(batch, values, BATCHES)


def _bought(
    trigger: str,
    batch: np.ndarray,
    late: np.ndarray,
    gone: np.ndarray,
    moved: np.ndarray,
    months: np.ndarray,
) -> Bought | None:
    """A pause that was over before the milestone, or under way, moved it; one that came after it did not."""
    length = float(months[moved].sum())
    if length <= 0.0:
        return None
    delays, lengths = _sums(12.0 * late * moved, batch), _sums(months * moved, batch)
    ratio, filled = float(delays.sum() / length), int((lengths > 0).sum())
    residual = (delays - ratio * lengths) / length
    se = math.sqrt(filled / (filled - 1) * float((residual**2).sum())) if filled >= MIN_BATCHES else None
    count = max(int(moved.sum()), 1)
    return Bought(
        triggers=(trigger,),
        reached=_share(moved, batch),
        months=length / count,
        delay_months=float(delays.sum()) / count,
        per_month=ratio,
        se=se,
        at_least=bool(gone[moved].any()),
    )
