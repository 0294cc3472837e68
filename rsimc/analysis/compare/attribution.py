"""How much of the difference between two scenarios each part of what they differ in accounts for.

A probability is worked out for every mixture of the two, part by part from one or the other, through real calibrations
and simulations on shared random numbers; a part's share is the mean of what it adds over all orders in which the parts
could be exchanged (Shapley 1953), so that the shares add up to the difference whatever the parts do to each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import jax.numpy as jnp
import numpy as np

from rsimc.analysis.compare.comparison import changed_keys
from rsimc.analysis.estimates import MIN_BATCHES, Estimate, estimate
from rsimc.analysis.headline import Question, by_batch
from rsimc.dates import DateGrid
from rsimc.engine.dates import Dates, compile_dates
from rsimc.engine.plan import BATCHES, BLOCK, Plan
from rsimc.engine.source import PosteriorSource, Source
from rsimc.errors import RunError, UsageError
from rsimc.priors.vector import PriorSet
from rsimc.runs.manifest import Manifest
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study, resolve
from rsimc.scenario import Scenario, dotted

MOST, MOST_OF_PRIORS = 5, 7
"""Parts of calibrated runs, and of such of the prior: each doubles the number of mixtures."""
FEW = 256
"""Trajectories of every batch where the prior is sampled."""
SILENT = ("run.seed", "run.horizon")
"""Keys that change no answer here: all use the first run's seed, and the horizon is the question's."""
Fit = Callable[[Study], Posterior | None]
Progress = Callable[[str, int, int], None]
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Share:
    """What one part accounts for. keys: of the scenario, dotted. change: of the probability; alone: what it does to the
    first scenario by itself."""

    name: str
    keys: tuple[str, ...]
    change: float
    se: float | None
    alone: float


@dataclass(frozen=True)
class Attribution:
    """The difference between two scenarios, shared out. first, second: the probability in each; trajectories: of each
    mixture of both."""

    question: Question
    first: Estimate
    second: Estimate
    shares: tuple[Share, ...]
    trajectories: int


def attribution(
    first: Manifest,
    second: Manifest,
    question: Question,
    fit: Fit,
    progress: Progress,
    part_of: Callable[[str], str],
    *,
    allow_code: bool = False,
) -> Attribution:
    """Share out the difference of two runs; fit: the posterior of a study, None to sample its prior; part_of: the part
    that a key of the scenario belongs to, see `section`.

    Raises UsageError for more parts than five (seven of the prior), for runs that differ in nothing, for such of
    different models, and for a calibrated one beside one of the prior.
    """
    if (first.posterior is None) != (second.posterior is None):
        raise UsageError("explain", "two calibrated runs, or two of the prior", "one of each")
    paths = {key: path for key, path in changed_keys(first.scenario, second.scenario).items() if key not in SILENT}
    parts = _parts(list(paths), part_of, MOST if first.posterior else MOST_OF_PRIORS)
    count, hits, sizes = _Counter(question, first.seed), {}, {}
    coalitions = [frozenset(names) for n in range(len(parts) + 1) for names in combinations(parts, n)]
    for place, chosen in enumerate(coalitions):
        progress("attribute", place, len(coalitions))
        taken = [paths[key] for name in chosen for key in parts[name]]
        study = resolve(_mixed(first.scenario, second.scenario, taken), allow_code=allow_code)
        hits[chosen], sizes[chosen] = count(study, fit(study))
    progress("attribute", len(coalitions), len(coalitions))
    ends = [estimate(hits[chosen], sizes[chosen]) for chosen in (coalitions[0], coalitions[-1])]
    values = {chosen: hits[chosen].sum() / max(sizes[chosen].sum(), 1.0) for chosen in coalitions}
    errors = {c: (hits[c] - values[c] * sizes[c]) / max(sizes[c].sum(), 1.0) for c in coalitions}
    shares = [_share(name, tuple(parts[name]), values, errors, frozenset(parts)) for name in parts]
    shares.sort(key=lambda share: -abs(share.change))
    return Attribution(question, ends[0], ends[1], tuple(shares), count.trajectories)


def section(key: str) -> str:
    """The section of the scenario that a key is in: priors, data, variants, policy and so on."""
    return key.split(".")[0]


def _parts(keys: Sequence[str], part_of: Callable[[str], str], most: int) -> dict[str, list[str]]:
    """Keys by the name of their part, `most` parts at most."""
    parts: dict[str, list[str]] = {}
    for key in keys:
        parts.setdefault(part_of(key), []).append(key)
    if not parts:
        raise UsageError("explain", "runs of scenarios that differ", "two of one scenario")
    if "model" in keys:
        raise UsageError("explain", "runs of one model", "two models, which share no parts")
    if len(parts) > most:
        advice = "leave out --by-key, or compare with a scenario in between"
        raise UsageError("explain", f"at most {most} parts", f"{len(parts)}: {', '.join(parts)}", advice)
    return parts


def _mixed(first: Table, second: Table, paths: Sequence[Sequence[str]]) -> Scenario:
    """The first scenario with some keys as the second has them. Raises RunError where that is no scenario."""
    table = dict(first)
    for path in paths:
        _copy(table, second, path)
    try:
        return Scenario.model_validate(table)
    except ValueError as error:
        advice = "the parts do not go together: compare with a scenario in between"
        raise RunError(
            "explain", "parts that can be combined", f"a contradiction with {', '.join(map(dotted, paths))}", advice
        ) from error


def _copy(table: dict[str, Any], source: Table, path: Sequence[str]) -> None:
    """Set what lies at a path as the source has it, or remove it."""
    key = path[0]
    if len(path) == 1:
        if key in source:
            table[key] = source[key]
        else:
            table.pop(key, None)
        return
    table[key] = dict(table.get(key) or {})
    _copy(table[key], source.get(key) or {}, path[1:])


class _Counter:
    """Counts trajectories of one study after another that have the milestone by the date, and all that count, by batch.
    Priors are sampled by one program for all of them: what they draw is its data."""

    def __init__(self, question: Question, seed: int) -> None:
        self.question, self.seed, self.trajectories = question, seed, BLOCK * BATCHES
        self._of_priors: tuple[Plan, PriorSet, Callable[[Source], Dates]] | None = None

    def __call__(self, study: Study, posterior: Posterior | None) -> tuple[np.ndarray, np.ndarray]:
        ahead = DateGrid(study.model.start, float(math.ceil(self.question.year)) + 1.0)
        plan = replace(study.plan, grid=ahead)
        if posterior is not None or study.parts:
            dates = compile_dates(plan, (self.question.milestone,))(make_source(study, posterior, self.seed))
        else:
            dates = self._drawn(study, plan)
        hit = dates.kept & (dates.of(self.question.milestone) <= self.question.year)
        return by_batch(hit.astype(np.float64)), by_batch(dates.kept.astype(np.float64))

    def _drawn(self, study: Study, plan: Plan) -> Dates:
        """Of the prior."""
        if self._of_priors is None or self._of_priors[0] != plan:
            run = compile_dates(plan, (self.question.milestone,), FEW)
            self._of_priors, self.trajectories = (plan, study.priors, run), FEW * BATCHES
        _, named, run = self._of_priors
        source, ids = make_source(study, None, self.seed), np.arange(BLOCK * BATCHES, dtype=np.uint32)
        table = np.asarray(source.values(jnp.asarray(ids)))  # trajectory i has column i
        none = np.zeros((0, len(study.model.innovations), len(ids)), np.float32)
        return run(PosteriorSource(named, source.noise, jnp.asarray(table), jnp.asarray(none)))


def _share(
    name: str,
    keys: tuple[str, ...],
    values: Mapping[frozenset[str], float],
    errors: Mapping[frozenset[str], np.ndarray],
    parts: frozenset[str],
) -> Share:
    count, change, residual = len(parts), 0.0, np.zeros_like(errors[frozenset()])
    for chosen in values:
        if name in chosen:
            continue
        orders = math.factorial(len(chosen)) * math.factorial(count - len(chosen) - 1) / math.factorial(count)
        more = chosen | {name}
        change += orders * (values[more] - values[chosen])
        residual = residual + orders * (errors[more] - errors[chosen])
    filled = len(residual)
    se = math.sqrt(filled / (filled - 1) * float((residual**2).sum())) if filled >= MIN_BATCHES else None
    return Share(name, keys, float(change), se, float(values[frozenset({name})] - values[frozenset()]))
