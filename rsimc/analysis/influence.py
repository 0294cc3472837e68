"""How much of a forecast hangs on each datum, each series and each model form: the headline without it.

Without a series: a real refit, always. Without a datum: Pareto-smoothed importance sampling of the full posterior
(Vehtari, Simpson, Gelman, Yao & Gabry 2024) where its k-hat is below 0.5, else a real refit. Another form: a refit.
Refits begin at draws of the full posterior and share the noise of the forecast, but have draws of their own: the error
of their change is that of both probabilities. Weights are of the same draws, and the error of their change is paired.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import batched
from typing import Any

import numpy as np

from rsimc.analysis.estimates import Estimate
from rsimc.analysis.forecast import year_of
from rsimc.analysis.headline import Headline, Question
from rsimc.calibration.predictive import positions
from rsimc.calibration.refits import CHAINS, DRAWS, Refit, Refitter
from rsimc.calibration.target import Data
from rsimc.calibration.weights import smoothed
from rsimc.dates import end_of_day
from rsimc.engine.dates import SAMPLE, Dates
from rsimc.errors import UsageError, nearest
from rsimc.observations.rows import Observation
from rsimc.runs.posteriors import Posterior
from rsimc.runs.stages import Stages
from rsimc.runs.study import Study
from rsimc.scenario import identity

Progress = Callable[[str, int, int], None]
MAX_KHAT = 0.5
"""Above it, leaving a datum out by weights got even the sign wrong (k-hat 1.2): it is refitted."""
AT_ONCE = 7
"""Refits side by side: 224 chains keep two cores busy, and 20 series and 12 forms waste little of it."""
MIXED_RHAT = 1.05
"""From which a refit is marked as not mixed; its error is stated and larger than that of the full posterior."""


@dataclass(frozen=True)
class Influence:
    """The headline without a thing, or under another form. kind: all, series, datum or form; how: refit or psis.

    change_se: standard error of how much more probable it is than with all data; None for all. rhat, ess: of a refit;
    khat: of the weights.
    """

    kind: str
    name: str
    p: Estimate
    how: str
    change_se: float | None = None
    rhat: float | None = None
    ess: float | None = None
    khat: float | None = None

    @property
    def mixed(self) -> bool:
        """Whether a refit mixed as far as its stated error needs; true of what is no refit."""
        return self.rhat is None or self.rhat < MIXED_RHAT

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        se = None if self.change_se is None else float(f"{self.change_se:.3g}")
        return {**asdict(self), "p": self.p.as_dict(), "change_se": se}


def influence(
    study: Study, posterior: Posterior, question: Question, progress: Progress, forms: Sequence[Study] = ()
) -> list[Influence]:
    """All influences, the full posterior first; kept on disk as they are found, so that a second call goes on.

    forms: studies of other forms of the model, over the same data. Raises UsageError for a mixture, or a question that
    the model cannot answer.
    """
    require_answerable(study, question)
    assert study.target is not None
    stages = Stages("influence", _inputs(study, posterior, question))
    work = _Work(study, posterior, question, stages, progress)
    work.full()
    rows = study.target.rows
    work.data([row for row in rows if f"datum {label(row)}" not in stages])
    names = list(dict.fromkeys(row.series for row in rows))
    work.refit("series", [(name, study.target.leaving_out(lambda row, n=name: row.series == n)) for name in names])  # type: ignore[misc]
    todo = [row for row in rows if not stages[f"datum {label(row)}"]["khat"] < MAX_KHAT]
    for row in (row for row in todo if sum(other.series == row.series for other in rows) == 1):
        of_series = stages[f"series {row.series}"]  # the same refit
        stages.put({f"refitted {label(row)}": {**of_series, "kind": "datum", "name": label(row)}})
    left_out = [(label(row), study.target.leaving_out(lambda other, r=row: other is r)) for row in todo]  # type: ignore[misc]
    work.refit("refitted", left_out)
    work.forms(forms)
    return [_read(stages, key) for key in _keys(stages, names, rows)]


def kept(study: Study, posterior: Posterior, question: Question) -> list[Influence]:
    """What has been found so far, the full posterior first; empty where nothing has. A datum whose weights cannot be
    trusted is left out until it is refitted."""
    assert study.target is not None
    stages = Stages("influence", _inputs(study, posterior, question))
    rows = study.target.rows
    keys = _keys(stages, list(dict.fromkeys(row.series for row in rows)), rows)
    found = [_read(stages, key) for key in keys if key in stages]
    return [one for one in found if one.how != "psis" or (one.khat is not None and one.khat < MAX_KHAT)]


def as_document(found: Sequence[Influence], question: Question) -> dict[str, Any]:
    """All influences as plain data."""
    return {
        "milestone": question.milestone,
        "by": question.by,
        "all": found[0].p.as_dict(),
        "without": [one.as_dict() for one in found[1:] if one.kind != "form"],
        "forms": [one.as_dict() for one in found[1:] if one.kind == "form"],
    }


def label(row: Observation) -> str:
    """`series/key` of a row."""
    return f"{row.series}/{row.key}"


def require_answerable(study: Study, question: Question) -> None:
    """Raises UsageError for a mixture, and for a question that the study's model cannot answer."""
    names = [m.name for m in study.model.milestones]
    if study.parts:
        advice = "remove variants, or name one option of each; the other forms are compared with it"
        raise UsageError("variants", "one model form", f"a mixture of {len(study.parts)}", advice)
    if question.milestone not in names:
        found = f'"{question.milestone}"'
        raise UsageError("milestone", "the name of a milestone", found, nearest(question.milestone, names))
    now, horizon = study.scenario.as_of, study.scenario.run.horizon
    if not end_of_day(now) < year_of(question.by) <= horizon + 1e-3:
        raise UsageError("by", f"a date after {now} and before the horizon {horizon}", f'"{question.by}"')


def _inputs(study: Study, posterior: Posterior, question: Question) -> dict[str, object]:
    shape = {"chains": CHAINS, "draws": DRAWS, "sample": SAMPLE, "khat": MAX_KHAT, "changes": "with errors"}
    # all of the run: pauses and rivals move the headline of one posterior
    run = identity(study.run_inputs(posterior.identity, study.scenario.run.seed))
    return {"run": run, "question": asdict(question), **shape}


def _keys(stages: Stages, names: Sequence[str], rows: Sequence[Observation]) -> list[str]:
    """The keys of everything, a refitted datum in place of the weighted one; forms as far as they are known."""
    of_rows = [f"refitted {label(row)}" for row in rows]
    data = [key if key in stages else key.replace("refitted", "datum", 1) for key in of_rows]
    return ["all", *(f"series {name}" for name in names), *data, *stages.keys("form ")]


def _read(stages: Stages, key: str) -> Influence:
    stored = stages[key]
    p = stored["p"]
    return Influence(**{**stored, "p": Estimate(float("nan") if p["p"] is None else p["p"], p["se"], p["n_eff"])})


class _Work:
    """The stages, one after the other."""

    def __init__(
        self, study: Study, posterior: Posterior, question: Question, stages: Stages, progress: Progress
    ) -> None:
        self.study, self.posterior, self.question = study, posterior, question
        self.stages, self.progress, self.seed = stages, progress, study.scenario.run.seed
        self._refitter: Refitter | None = None
        self._full: Dates | None = None
        self._headline = Headline(study, question, self.seed)

    def full(self) -> None:
        """The headline of the full posterior."""
        if "all" not in self.stages:
            p = self._headline.estimate(self._of_full())
            self.stages.put({"all": Influence("all", "all data", p, "posterior").as_dict()})

    def data(self, rows: Sequence[Observation]) -> None:
        """The headline without each row, by weights."""
        if not rows:
            return
        dates = self._of_full()
        table = self.posterior.tree["log_likelihood"]["value"].transpose("row", "chain", "draw")
        found = {}
        for n, row in enumerate(rows):
            log_density = np.asarray(table.sel(row=label(row)).values).reshape(-1)
            weights, khat = smoothed(-log_density)
            p = self._headline.estimate(dates, weights)
            paired = self._headline.change_se(dates, weights)
            found[f"datum {label(row)}"] = Influence("datum", label(row), p, "psis", paired, khat=khat).as_dict()
            self.progress("data by weights", n + 1, len(rows))
        self.stages.put(found)

    def refit(self, kind: str, todo: Sequence[tuple[str, Data]]) -> None:
        """The headline of refits to less data; those that did not mix are made again, with a longer warm-up."""
        named = "datum" if kind == "refitted" else kind
        choice = self._target.choice
        open_ = [(name, data) for name, data in todo if f"{kind} {name}" not in self.stages]
        again = [(name, data) for name, data in open_ if f"unmixed {kind} {name}" in self.stages]
        left = [(name, data) for name, data in open_ if f"unmixed {kind} {name}" not in self.stages]
        done = len(todo) - len(left)
        for group in batched(left, AT_ONCE):
            what = f"{kind}, {done + 1} to {done + len(group)} of {len(todo)}"
            for entry, refit in zip(group, self._fit_group(what, group, False), strict=False):
                if refit.mixing.rhat < MIXED_RHAT:
                    self.stages.put({f"{kind} {entry[0]}": self._found(named, entry[0], refit, choice)})
                else:
                    self.stages.put({f"unmixed {kind} {entry[0]}": {"rhat": refit.mixing.rhat}})
                    again.append(entry)
            done += len(group)
        for group in batched(again, AT_ONCE):
            what = f"{kind}, {len(again)} again and longer"
            for entry, refit in zip(group, self._fit_group(what, group, True), strict=False):
                self.stages.put({f"{kind} {entry[0]}": self._found(named, entry[0], refit, choice)})

    def forms(self, forms: Sequence[Study]) -> None:
        """The headline under other forms."""
        left = [form for form in forms if f"form {form.form}" not in self.stages]
        for group in batched(left, AT_ONCE):
            choices = [form.choice for form in group] + [group[0].choice] * (AT_ONCE - len(group))
            found = self._fit(f"{len(group)} forms", [self._target.data] * AT_ONCE, choices, changed=True)
            for form, refit in zip(group, found, strict=False):
                self.stages.put({f"form {form.form}": self._found("form", form.form, refit, form.choice)})

    def _fit_group(self, what: str, group: Sequence[tuple[str, Data]], longer: bool) -> list[Refit]:
        """Refits of AT_ONCE sets, the last of them of all data where there are fewer."""
        padded = [data for _, data in group] + [self._target.data] * (AT_ONCE - len(group))
        return self._fit(what, padded, [self._target.choice] * AT_ONCE, longer)

    @property
    def _target(self) -> Any:
        return self.study.target

    def _fit(self, what: str, data: Sequence[Data], choices: Sequence[Any], changed: bool = False) -> list[Refit]:
        self._refitter = self._refitter or Refitter(self._target, self.posterior.tree, self.seed)
        return self._refitter(
            data, choices, lambda stage, n, total: self.progress(f"{what}: {stage}", n, total), changed
        )

    def _found(self, kind: str, name: str, refit: Refit, choice: dict[str, float]) -> dict[str, Any]:
        p = self._headline.of(refit.draws, choice)
        ess = min(refit.mixing.ess_bulk, refit.mixing.ess_tail)
        of_both = of_independent(p.se, self.stages["all"]["p"]["se"])
        return Influence(kind, name, p, "refit", of_both, rhat=refit.mixing.rhat, ess=ess).as_dict()

    def _of_full(self) -> Dates:
        if self._full is None:
            at = positions(self.posterior.tree, self._target.choice)
            self._full = self._headline.dates(at.z, at.past, at.choice)
        return self._full


def of_independent(*errors: float | None) -> float | None:
    """Standard error of a difference of independent numbers; None where one of theirs is not known."""
    known = [error for error in errors if error is not None]
    return math.hypot(*known) if len(known) == len(errors) else None


def most_influential(found: Iterable[Influence]) -> list[Influence]:
    """All but the full posterior, the largest change first."""
    every = list(found)
    base = every[0].p.p
    return sorted(every[1:], key=lambda one: -abs(one.p.p - base))
