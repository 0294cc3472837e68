"""Checks of numbers: prior draws are run to the horizon."""

from __future__ import annotations

import numpy as np

from rsimc.dates import iso_date
from rsimc.models.checks.trial import MANY, SINGLES, Check, Trial
from rsimc.models.guard import Problem, place

AGREE = 1e-6
"""Relative difference, in float64, that is no difference: the compiler may round each shape in its own way."""
FINE = 1e-9
"""Relative difference, in float64, from which on a parameter counts as one that matters."""


def finite(trial: Trial) -> Problem | None:
    """No quantity is NaN or infinite in any prior draw."""
    for name, path in trial.forecast.items():
        bad = ~np.isfinite(path)
        if not bad.any():
            continue
        step = int(np.argmax(bad.any(axis=1)))
        draw = int(np.argmax(bad[step]))
        rest = int(bad.any(axis=0).sum())
        found = f"{path[step, draw]} on {_day(trial, step)} in draw {draw} ({rest} of {trial.draws} draws in all)"
        return Problem(place(trial.model, f'observe["{name}"]'), "finite numbers", found, _unusual(trial, draw))
    return None


def _day(trial: Trial, step: int) -> str:
    return iso_date(trial.model.start + step / trial.model.steps_per_year)


def _unusual(trial: Trial, draw: int) -> str:
    """The parameters of a draw that lie farthest out in their priors."""
    values = trial.inputs(trial.draws).values[:, draw]
    ends = [(prior.quantile(0.25), prior.quantile(0.5), prior.quantile(0.75)) for _, _, prior in trial.priors.entries]
    far = [abs(x - mid) / max(high - low, 1e-300) for x, (low, mid, high) in zip(values, ends, strict=True)]
    first = np.argsort(far)[::-1][:3]
    return "there " + ", ".join(f"{trial.priors.names[n]} = {values[n]:.4g}" for n in first)


def alike(trial: Trial) -> Problem | None:
    """A block of trajectories gives what each of them gives alone."""
    for name, alone in trial.singles.items():
        together = trial.block[name][:, :SINGLES]
        size = np.maximum(np.abs(alone), np.abs(together))
        differ = ~((np.abs(alone - together) <= AGREE * (1.0 + size)) | (np.isnan(alone) & np.isnan(together)))
        differ &= alone != together  # two infinities of one sign
        if differ.any():
            step = int(np.argmax(differ.any(axis=1)))
            draw = int(np.argmax(differ[step]))
            words = f"{alone[step, draw]:.6g} on {_day(trial, step)}, as for draw {draw} alone"
            found = f"{together[step, draw]:.6g} in a block of {trial.block[name].shape[1]}"
            advice = "trajectories are the last axis: let every operation be elementwise, and reduce over axis 0 only"
            return Problem(place(trial.model, f'observe["{name}"]'), words, found, advice)
    return None


def used(trial: Trial) -> Problem | None:
    """Every declared parameter changes some quantity, but those that choose forms: a likelihood may read them."""
    for n, name in enumerate(trial.parameter_names, start=1):
        if name in trial.choices:
            continue
        mine = slice(n * SINGLES, (n + 1) * SINGLES)
        if any(_differs(path[:, :SINGLES], path[:, mine]) for path in trial.block.values()):
            continue
        if not any(_differs(one, other) for one, other in trial.moved(name)):  # what decides seldom
            where = place(trial.model, "parameters", name)
            found = f"none that changes in {MANY} draws to {trial.horizon:g} when it is moved"
            return Problem(where, "a quantity that depends on it", found, "use it in prepare, init or step, or drop it")
    return None


def _differs(a: np.ndarray, b: np.ndarray) -> bool:
    same = np.abs(a - b) <= FINE * np.maximum(np.abs(a), np.abs(b))
    return bool(np.any(~(same | (a == b) | (np.isnan(a) & np.isnan(b)))))


CHECKS = (
    Check("finite", "prior draws stay finite to the horizon", finite),
    Check("blocks", "a block gives what each trajectory gives alone", alike),
    Check("used", "every parameter matters", used),
)
