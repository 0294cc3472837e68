"""Answers to questions, from the trajectories that a run keeps, each with its standard error over batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import duckdb
import numpy as np
import pyarrow as pa

from rsimc.analysis.display import chance, table
from rsimc.analysis.estimates import MIN_BATCHES, Estimate
from rsimc.analysis.query.columns import Columns, columns_of
from rsimc.analysis.query.compile import Compiler
from rsimc.analysis.query.parse import QuestionError, parse
from rsimc.analysis.query.statistics import Met, Result, mean, probability, quantile
from rsimc.analysis.query.tree import Condition, Question, Value
from rsimc.dates import DAYS_PER_YEAR, iso_date
from rsimc.errors import RunError
from rsimc.runs.ensemble import ensemble_path, read_ensemble
from rsimc.runs.manifest import Manifest, scenario_of

ENOUGH = 400.0
"""Effective draws from which on a probability's standard error is at most 2.5 points."""
WANTED = 0.01
"""The standard error of a probability that people ask for."""
HANGING = 0.3
"""A standard error of a mean, over the mean, from which on a few large values make it."""
SPARED = 2.0
"""Variance, over that of as many independent trajectories, beyond which the posterior's draws limit an error."""
ALONE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""Settings of DuckDB: nothing is fetched."""


@dataclass(frozen=True)
class Size:
    """What a standard error of a probability takes: `times` the trajectories kept now. draws: whether it is the draws
    of the posterior that limit it, and must grow likewise."""

    se: float
    times: float
    trajectories: int
    draws: bool


@dataclass(frozen=True)
class Answer:
    """What a run says to a question.

    unit: "probability", "date" (decimal years), or that of the values. undecided: the share, of the trajectories that
    meet the condition, in which the horizon comes before the answer. given: the probability of the condition, None
    without one; unmet: the share in which the condition itself is not decided, which count as not meeting it. rows,
    draws: how many trajectories the answer is from, of how many draws of the parameters; of: how many there are.
    """

    question: str
    asks: Literal["probability", "classes", "mean", "quantiles"]
    unit: str
    results: tuple[Result, ...]
    undecided: Estimate
    given: Estimate | None
    unmet: float
    rows: int
    draws: int
    of: int
    needs: Size | None
    warnings: tuple[str, ...]

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        rows = [[one.label, *_shown(one, self.unit)] for one in self.results]
        given = "" if self.given is None else f"; the condition holds in {chance(self.given.p, self.given.se)}"
        told = f"{self.question}: {self.rows:,} trajectories{given}"
        return table("; ".join([told, *self.warnings]), ["", self.unit, "independent"], rows)

    @property
    def value(self) -> float | None:
        """The first number: the only one but of quantiles and classes."""
        return self.results[0].value

    @property
    def se(self) -> float | None:
        """Its standard error; None where fewer than 16 batches hold a trajectory that meets the condition."""
        return self.results[0].se


class Asker:
    """Trajectories to ask. No model runs.

    columns: what they have names for. read: columns of them, by names of columns. posterior: whether trajectories share
    its draws; independent: whether those of a batch are independent.
    """

    def __init__(
        self, columns: Columns, read: Callable[[Sequence[str]], pa.Table], posterior: bool, independent: bool = True
    ) -> None:
        self.columns, self._read, self._posterior, self._independent = columns, read, posterior, independent

    def ask(self, text: str) -> Answer:
        """The answer to one question. Raises QuestionError where it cannot be read, or names what the run has not."""
        question = parse(text)
        compiler = Compiler(text, self.columns)
        sql = {"met": "1::TINYINT" if question.given is None else _decided(compiler.condition(question.given))}
        unit = "probability"
        if question.asks == "probability":
            sql["low"] = _decided(compiler.condition(cast(Condition, question.target)))
        elif question.asks == "classes":
            sql["low"] = compiler.classes()
        else:
            value = compiler.value(cast(Value, question.target))
            unit, sql["low"], sql["high"] = value.unit, _number(value.low), _number(value.high)
        found = self._select(compiler, sql)
        draw = found["draw"] if self._posterior else None
        met = Met(found["batch"], draw, found["met"], self._independent)
        return self._answer(question, unit, met, found["low"][met.chosen], found.get("high", found["low"])[met.chosen])

    def _select(self, compiler: Compiler, what: dict[str, str]) -> dict[str, np.ndarray]:
        """Columns of SQL over the trajectories that are not conditioned out."""
        names = {**{name: name for name in ("batch", "draw", "finite", "conditioned_out")}, **compiler.used}
        kept = self._read(list(names))
        chosen = ", ".join(["batch", "draw", *(f"{sql} AS {name}" for name, sql in what.items())])
        try:
            with duckdb.connect(":memory:", config=ALONE) as connection:
                connection.register("kept", kept.rename_columns(list(names.values())))
                sql = f"SELECT {chosen} FROM kept WHERE NOT (finite AND conditioned_out)"
                found = connection.execute(sql, compiler.parameters).fetchnumpy()
        except duckdb.Error as error:
            reason = str(error).split("\n")[0]
            raise QuestionError(compiler.text, 0, "a question that can be computed", reason) from error
        return {name: np.asarray(column) for name, column in found.items()}

    def _answer(self, question: Question, unit: str, met: Met, low: np.ndarray, high: np.ndarray) -> Answer:
        results: tuple[Result, ...]
        if question.asks == "probability":
            results, open_ = (probability("p", met, low == 1),), low < 0
        elif question.asks == "classes":
            names = self.columns.classes
            results = tuple(probability(name, met, low == n) for n, name in enumerate(names))
            open_ = low < 0
        else:
            open_ = ~(low == high) | ~np.isfinite(low)
            ends = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
            if question.asks == "mean":
                results = (mean(met, low, open_),)
            else:
                results = tuple(quantile(met, *ends, level) for level in question.levels)
        given = None if question.given is None else met.condition
        needs = _size(met, results) if unit == "probability" else None
        warnings = tuple(_warnings(question, met, results, open_))
        undecided = met.estimate(open_)
        counts = int(met.chosen.sum()), met.draws, len(met.chosen)
        return Answer(
            question.text, question.asks, unit, results, undecided, given, met.unmet, *counts, needs, warnings
        )


def asker_of(manifest: Manifest) -> Asker:
    """A run to ask: its record and the trajectories that it keeps. Raises RunError where it keeps none, or they are
    damaged."""
    settings = scenario_of(manifest).run

    def read(names: Sequence[str]) -> pa.Table:
        kept = read_ensemble(manifest.folder, names, manifest.kept_chunks)
        if kept is None:
            place, expected = str(ensemble_path(manifest.folder)), f"{manifest.kept_chunks} files of trajectories"
            raise RunError(place, expected, "fewer", "give the command that made the run again to make them")
        return kept

    known = columns_of(manifest.folder, settings.horizon)
    posterior = manifest.posterior is not None
    return Asker(known, read, posterior, posterior or not settings.sobol)


def _shown(one: Result, unit: str) -> tuple[str, str]:
    """A number with its error, and how many independent trajectories it is worth, in words."""
    worth = "" if one.n_eff is None else f"{one.n_eff:,.0f}"
    if one.value is None:
        return "not known within the horizon", worth
    if unit == "probability":
        return chance(one.value, one.se), worth
    if unit == "date":
        return f"{iso_date(one.value)}{'' if one.se is None else f' ± {one.se * DAYS_PER_YEAR:.0f} days'}", worth
    return f"{one.value:.4g}{'' if one.se is None else f' ± {one.se:.2g}'}", worth


def _decided(sql: str) -> str:
    """1, 0, or -1 where it is null."""
    return f"coalesce(({sql})::TINYINT, -1::TINYINT)"


def _number(sql: str) -> str:
    return f"coalesce({sql}, 'NaN'::DOUBLE)"


def _size(met: Met, results: tuple[Result, ...]) -> Size | None:
    """What one point of standard error takes, of the result known worst; None where all have it."""
    known = [one for one in results if one.se is not None and one.value is not None and one.n_eff]
    if not known:
        return None
    worst = max(known, key=lambda one: one.se or 0.0)
    assert worst.se is not None and worst.n_eff is not None
    times = (worst.se / WANTED) ** 2
    if times <= 1.0:
        return None
    rows = float(met.sizes.sum())
    return Size(WANTED, times, math.ceil(times * len(met.chosen)), rows / worst.n_eff > SPARED)


def _warnings(question: Question, met: Met, results: tuple[Result, ...], open_: np.ndarray) -> list[str]:
    """What a reader must know before using the numbers."""
    rows, filled = int(met.sizes.sum()), int((met.sizes > 0).sum())
    if rows == 0:
        return ["no trajectory meets the condition: keep more with simulate --ensemble N, or ask for less"]
    told = []
    if filled < MIN_BATCHES:
        told.append(f"no standard error: it takes {MIN_BATCHES} batches with a trajectory, {filled} have one")
    least = min((one.n_eff for one in results if one.n_eff is not None), default=math.inf)
    if least < ENOUGH and filled >= MIN_BATCHES:
        what = "the condition is rare" if question.given is not None else "the run is small"
        told.append(f"{what}: its {rows:,} trajectories are worth {least:,.0f} independent ones")
    if question.asks == "mean" and open_.any():
        told.append(
            f"no mean: {open_.mean():.1%} of the values are unknown, beyond the horizon or none; ask for a median"
        )
    if any(one.value is None for one in results) and question.asks == "quantiles":
        told.append(f"the horizon leaves {open_.mean():.1%} of the values open: a condition can leave them out")
    if question.asks == "mean" and any((one.se or 0.0) > HANGING * abs(one.value or 0.0) > 0.0 for one in results):
        told.append("the mean hangs on few trajectories: ask for a median, or for mean(ln(...))")
    return told
