"""A run or scenario taken apart into draws, noise and programs, so that any setting of it is simulated at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from threading import Lock
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.analysis.explore.outcome import Outcome
from rsimc.analysis.explore.setting import Setting, scenario_of, specs, variants
from rsimc.analysis.explore.standing import Standing, calibrated, needs_calibration, of_prior, of_values, of_weights
from rsimc.analysis.explore.weighing import Draws, Weights, even, only, reweighted, taken
from rsimc.calibration.posterior import tables
from rsimc.calibration.verdict import Verdict
from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.device import LANE
from rsimc.engine.given import (
    Handed,
    PlanOf,
    compile_given,
    compile_given_path,
    fresh_noise,
    fresh_normals,
    whole_lanes,
)
from rsimc.engine.plan import BATCHES, BLOCK, Plan
from rsimc.engine.redraw import redrawn_few
from rsimc.engine.simulate import Block
from rsimc.engine.source import noise_keys
from rsimc.errors import UsageError
from rsimc.models.base import forms_of, redraw_of
from rsimc.models.takeoff.model import Takeoff
from rsimc.priors import Quantile, parse_prior
from rsimc.priors.vector import PriorSet
from rsimc.runs.options import Choice, choices
from rsimc.runs.posteriors import Posterior, cached
from rsimc.runs.sources import drawn_weights, equal, interleaved, turns
from rsimc.runs.study import Study, resolve
from rsimc.scenario.changed import changed

TRAJECTORIES = 10_240
"""Of one setting: standard errors of half a point, in a third of a second."""
MOST_PROGRAMS = 8
"""That are remembered: each takes seconds to compile, and memory."""
UNTIL = 2045
"""Where trajectories end if nobody says otherwise: far enough for most of what is decided, half the work of 2060."""


@dataclass(frozen=True)
class Fitted:
    """A posterior as the bench uses it. draws: in the order in which a run takes them; table [parameters, draws] and
    past [beats, processes, draws], float32, of the draws themselves; trusted: its verdict."""

    study: Study
    table: np.ndarray
    past: np.ndarray
    draws: Draws
    trusted: bool


@dataclass(frozen=True)
class Structure:
    """What takes a program of its own: the forms of pauses and rivals, and the horizon."""

    study: Study
    plan: Plan
    simulate: Callable[[Handed], Block]
    path: Callable[[Handed], dict[str, np.ndarray]]


class Bench:
    """A study and its posterior, where it has one, to be simulated under any setting.

    Trajectories share their noise between settings: a difference between two of them is one of the settings.
    """

    def __init__(
        self,
        study: Study,
        posterior: Posterior | None,
        seed: int,
        count: int = TRAJECTORIES,
        *,
        allow_code: bool = False,
    ) -> None:
        self.study, self.seed, self.count = study, seed, whole_lanes(count)
        self.fitted = None if posterior is None else _fitted(study, posterior)
        self._allow_code = allow_code
        self._structures: dict[object, Structure] = {}
        self._paused: tuple[str, Study] = ("", study)
        self._lock = Lock()  # pages of one process share a bench
        self._normals: tuple[object, np.ndarray] = (None, np.zeros(0))
        self._others: dict[str, Fitted] = {}

    @property
    def start(self) -> Setting:
        """The setting that is the run or scenario itself."""
        until = min(UNTIL, self.study.scenario.run.horizon)
        return Setting("posterior" if self.fitted else "prior", max(until, self.study.scenario.as_of.year + 4))

    def simulate(self, setting: Setting) -> Outcome | Standing:
        """Trajectories of a setting, or why there are none: what it asks for takes a new calibration.

        Raises UsageError or ScenarioError for a setting that cannot be.
        """
        with self._lock:
            structure = self.structure(setting)
            found = self._handed(setting, structure)
            if isinstance(found, Standing):
                return found
            handed, draw, standing = found
            block = structure.simulate(handed)
        return Outcome(setting, standing, structure.study, structure.plan, handed.ids, draw, block)

    def path(self, setting: Setting, place: int) -> dict[str, np.ndarray]:
        """Quantities [steps + 1] of the trajectory at a place of a setting's outcome."""
        with self._lock:
            structure = self.structure(setting)
            found = self._handed(setting, structure)
            if isinstance(found, Standing):
                return {}
            handed, chosen = found[0], np.full(LANE, place)
            past = np.ascontiguousarray(handed.past[..., chosen])
            return structure.path(handed._replace(ids=handed.ids[chosen], values=handed.values[:, chosen], past=past))

    def structure(self, setting: Setting) -> Structure:
        """The programs that a setting takes, compiled when they are first used; the last MOST_PROGRAMS are remembered.

        Raises UsageError where trajectories would end before the forecast begins.
        """
        if not setting.until > self.study.scenario.as_of.year + 1:
            raise UsageError("setting.until", f"a year after {self.study.scenario.as_of.year + 1}", f"{setting.until}")
        study = self._with_pauses(setting)
        model = study.model
        pauses = [[p.quantity, p.date is None, p.labs] for p in model.pauses] if isinstance(model, Takeoff) else []
        key = repr([pauses, setting.until])
        if key not in self._structures:
            grid = DateGrid(start=model.start, end=float(setting.until))
            plan = Plan(model, grid, study.plan.as_of)
            of = plan_of(plan)
            self._structures[key] = Structure(
                study, plan, compile_given(of, study.priors), compile_given_path(of, study.priors)
            )
        kept = self._structures[key] = self._structures.pop(key)  # the one used last comes last
        for old in list(self._structures)[:-MOST_PROGRAMS]:
            del self._structures[old]
        return replace(kept, study=study, plan=replace(kept.plan, model=model))

    def _with_pauses(self, setting: Setting) -> Study:
        """The study with a setting's pauses: everything but its priors, which take no new program."""
        if setting.pauses is None:
            return self.study
        key = repr([dict(pause) for pause in setting.pauses])
        if self._paused[0] != key:
            alone = replace(setting, moved={}, typed={}, forms={})
            self._paused = key, resolve(scenario_of(alone, self.study), allow_code=self._allow_code)
        return self._paused[1]

    def priors(self, setting: Setting, study: Study) -> dict[str, Quantile]:
        """Every prior of a setting by flat name. Raises ScenarioError for one that cannot be read."""
        own = {name: entry[2] for name, entry in zip(study.priors.names, study.priors.entries, strict=True)}
        given = specs(setting, self.study)
        return own | {name: parse_prior(spec, f"priors.{name}") for name, spec in given.items()}

    def _handed(self, setting: Setting, structure: Structure) -> tuple[Handed, np.ndarray, Standing] | Standing:
        priors = self.priors(setting, structure.study)
        if setting.source != "posterior":
            return self._free(setting, structure, priors)
        fitted = self._posterior(setting)
        if isinstance(fitted, Standing):
            return fitted
        names, draws = structure.study.fitted.names, fitted.draws
        chosen = {form.parameter for form in forms_of(self.study.model)}  # by the posterior that was taken
        changes = {
            name: (old, priors[name], fitted.table[n][draws.draw].astype(np.float64))
            for n, (name, old) in enumerate(zip(names, _quantiles(fitted.study), strict=True))
            if priors[name] != old and name not in chosen
        }
        fixed = [name for name, (old, new, _) in changes.items() if "fixed" in (old.kind, new.kind)]
        if fixed:
            return needs_calibration(f"a fixed value of {fixed[0]} says what no draw of the posterior does")
        tied = [name for name in changes if name in structure.study.priors.together]
        if tied:
            return needs_calibration(f"{tied[0]} is drawn together with others, whose weights would change too")
        weights, standing = self._weights(setting, fitted), calibrated(fitted.trusted)
        if weights is None or not weights.trusted:
            return needs_calibration("the posterior has too few draws of these equations", weights)
        if changes:
            weights = reweighted(draws, weights, changes)
            standing = of_weights(weights, list(changes), fitted.trusted)
            if not standing.known:
                return standing
        place, ids = taken(weights.shares, self.count)
        draw = draws.draw[place]
        fresh = self._drawn(priors, structure.study.priors.names[len(names) :], ids)
        rows = np.concatenate([fitted.table[:, draw], *(row[None] for row in fresh)])
        return self._hand(structure, ids, rows, fitted.past[..., draw]), draw, standing

    def _weights(self, setting: Setting, fitted: Fitted) -> Weights | None:
        """Of the places; in a mixture only the draws of the forms that are asked for have any."""
        weights, parts = even(fitted.draws), fitted.study.parts
        if not parts or not setting.forms:
            return weights
        asked = [choice for choice, _ in self._choices(setting)]
        return only(fitted.draws, weights, [n for n, part in enumerate(parts) if part.choice in asked])

    def _choices(self, setting: Setting) -> list[tuple[Choice, float]]:
        """The forms of a setting, with their weights."""
        return choices(changed(self.study.scenario, {"variants": variants(setting, self.study)}), self.study.model)

    def _posterior(self, setting: Setting) -> Fitted | Standing:
        """The posterior of a setting's forms: the run's own, or one that the cache keeps."""
        if self.fitted is None:
            return needs_calibration("this scenario has not been calibrated yet")
        if not setting.forms or self.study.parts:
            return self.fitted
        asked = changed(self.study.scenario, {"variants": variants(setting, self.study)})
        study = resolve(asked, allow_code=self._allow_code)
        if study.posterior_id == self.study.posterior_id:
            return self.fitted
        if study.posterior_id not in self._others:
            found = cached(study)
            if found is None:
                return needs_calibration(f"another form of the model ({study.form}) has a posterior of its own")
            self._others[study.posterior_id] = _fitted(study, found)
        return self._others[study.posterior_id]

    def _free(
        self, setting: Setting, structure: Structure, priors: dict[str, Quantile]
    ) -> tuple[Handed, np.ndarray, Standing]:
        """Draws of the prior, or one value for every parameter: the centre of its prior, and where there is a posterior
        and the prior was left alone, the posterior's."""
        ids, names = self._ids, structure.study.priors.names
        if setting.source == "prior":
            rows = np.stack(self._drawn(priors, names, ids))
            standing = of_prior()
        else:
            known = self.middles
            given = {*setting.moved, *setting.typed}
            one = [known[n] if n in known and n not in given else float(priors[n].at(np.zeros(()))) for n in names]
            rows = np.repeat(np.array(one)[:, None], len(ids), axis=1)
            standing = of_values(bool(known))
        rows = self._formed(setting, structure.study, ids, rows)
        return self._hand(structure, ids, rows, self._fresh_past), np.zeros(len(ids), np.int64), standing

    def _formed(self, setting: Setting, study: Study, ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Rows with the values of the parameters that choose forms; those of a mixture take turns."""
        wanted = self._choices(setting)
        weights = [weight for _, weight in wanted]
        order = turns(weights, len(wanted) if equal(weights) else BLOCK)
        turn = order[ids % len(order)]
        for name in wanted[0][0]:
            rows[study.priors.names.index(name)] = np.array([choice[name] for choice, _ in wanted])[turn]
        return rows

    def _hand(self, structure: Structure, ids: np.ndarray, values: np.ndarray, past: np.ndarray) -> Handed:
        noise = noise_keys(structure.study.model, self.seed)
        return Handed(ids, values.astype(np.float32, copy=False), past, noise, levels(structure.plan))

    def _drawn(self, priors: Mapping[str, Quantile], names: Sequence[str], ids: np.ndarray) -> list[np.ndarray]:
        """Parameters [n] each, drawn from their priors as a run with this seed draws those of trajectories ids [n]."""
        if not names:
            return []
        key = (tuple(names), ids.tobytes())
        if self._normals[0] != key:  # they stay the same while priors change
            keys = rng.stream_keys(self.seed, [f"prior.{name}" for name in names])
            self._normals = key, fresh_normals(keys, ids).astype(np.float64)
        pairs = tuple(pair for pair in self.study.priors.correlations if pair[0] in names and pair[1] in names)
        drawn, z, redraw = PriorSet(_entries(names, priors), pairs), self._normals[1], redraw_of(self.study.model)
        if redraw is not None and pairs:
            keys = rng.stream_keys(self.seed, [f"prior.{name}" for name in names])
            few = partial(_again, jnp.asarray(keys), jnp.asarray(ids))
            z = redrawn_few(redraw, drawn, z, few)
        return list(drawn.at(z))

    @cached_property
    def _ids(self) -> np.ndarray:
        """Trajectories of a prior: as many of every batch."""
        return taken(np.full(BATCHES, 1.0 / BATCHES), self.count)[1]

    @cached_property
    def _fresh_past(self) -> np.ndarray:
        known = 0 if self.fitted is None else self.fitted.past.shape[0]
        return fresh_noise(noise_keys(self.study.model, self.seed), self._ids, known)

    @cached_property
    def middles(self) -> dict[str, float]:
        """The posterior's median of every parameter, on no account a draw of it; in a mixture over all of its forms."""
        if self.fitted is None:
            return {}
        medians = np.median(self.fitted.table[:, self.fitted.draws.draw], axis=1).tolist()
        return dict(zip(self.fitted.study.fitted.names, medians, strict=True))


def _entries(names: Sequence[str], priors: Mapping[str, Quantile]) -> tuple[tuple[str, str | None, Quantile], ...]:
    """As a set of priors has them, by parameter and label."""
    parts = [name.partition(".") for name in names]
    return tuple((name, label or None, priors[f"{name}{dot}{label}"]) for name, dot, label in parts)


def _again(keys: jax.Array, ids: jax.Array, rows: np.ndarray, its: np.ndarray, attempts: np.ndarray) -> np.ndarray:
    """Normals [rows, m] of other attempts."""
    return np.asarray(rng.normals(keys[rows], ids[its], jnp.asarray(attempts)))


def _fitted(study: Study, posterior: Posterior) -> Fitted:
    table, past = tables(posterior.tree, study.fitted)
    count, parts = table.shape[1], max(len(study.parts), 1)
    order = interleaved(count, drawn_weights(study.weights, posterior))
    draw = order if len(order) else np.arange(count)
    kept = np.asarray(posterior.tree["sample_stats"]["kept"].values, bool).ravel()
    verdict = posterior.verdict
    draws = Draws(draw, draw // (count // parts), kept[draw], study.weights or (1.0,), worth_of_a_draw(verdict, parts))
    return Fitted(study, table.astype(np.float32), past.astype(np.float32), draws, verdict.trusted)


def worth_of_a_draw(verdict: Verdict, forms: int) -> float:
    """Independent draws, at most 1. A mixture's verdict has the effective sample size of its worst form alone, and the
    draws of all of them."""
    return min(1.0, verdict.ess_bulk_min / (verdict.draws / forms))


def _quantiles(study: Study) -> list[Quantile]:
    return [entry[2] for entry in study.fitted.entries]


def plan_of(plan: Plan) -> PlanOf:
    """The plan with the levels that trigger its pauses in place of its own."""

    def at(found: jnp.ndarray) -> Plan:
        model = plan.model
        if not isinstance(model, Takeoff) or not model.pauses:
            return plan
        pauses = tuple(
            replace(pause, threshold=level) if pause.date is None else replace(pause, date=level)
            for pause, level in zip(model.pauses, cast(list[float], list(found)), strict=True)
        )
        return replace(plan, model=replace(model, pauses=pauses))

    return at


def levels(plan: Plan) -> np.ndarray:
    """The levels [pauses] that trigger a plan's pauses: dates, or thresholds on their quantities' own scales."""
    model = plan.model
    pauses = model.pauses if isinstance(model, Takeoff) else ()
    return np.array([pause.threshold if pause.date is None else pause.date for pause in pauses], np.float32)
