"""The scenario as data: pydantic models, frozen, strict, with no key beyond those named here."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from rsimc.dates import EPOCH
from rsimc.scenario.places import Origin, dotted, shown

SCHEMA = 1
SEEDS = 2**32
"""Seeds and trajectory indices are 32-bit words of the random generator."""

PriorText = float | int | str | dict[str, object]
"""A prior as the file gives it: a number (fixed), a text such as "0.5 to 2.3", or a table."""


def problem(expected: str, found: object, *path: str) -> PydanticCustomError:
    """A validation error in the words of the house: what was expected and what was found (at a path below)."""
    return PydanticCustomError("house", "{expected}", {"expected": expected, "found": shown(found), "path": path})


def _integral(value: object) -> object:
    """Turn 1e6 into 1000000: TOML reads it as a float, and people write it for a count."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _iso_day(value: object) -> object:
    """Accept a date in quotes too; anything else is left to the strict type."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-11-22") else value
    except ValueError:
        return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float) and math.isfinite(value)


def _prior(value: object) -> object:
    """Keep a prior raw; refuse what no prior can hold. Raises the house's validation error."""
    if not (_is_number(value) or isinstance(value, dict) or (isinstance(value, str) and value.strip())):
        raise problem('a finite number, a text such as "0.5 to 2.3", or a table', value)
    if isinstance(value, dict):
        _prior_table(value)
    return value


def _prior_table(table: dict[str, object], *path: str) -> None:
    for key, value in table.items():
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, dict):
                _prior_table(part, *path, key)
            elif not (_is_number(part) or isinstance(part, str)):
                raise problem("finite numbers, texts or tables", part, *path, key)


Options = tuple[str, ...] | dict[str, float]
"""Options of a form, or their weights."""


def _variants(value: object) -> object:
    """The texts "all" and "none", or a table of options, one or several for a form, or each with its weight. Raises the
    house's error."""
    if value in ("all", "none"):
        return {"all": ("all",)} if value == "all" else {}
    if not isinstance(value, dict):
        raise problem('"all", "none", or a table of forms such as { horizon = "linear" }', value)
    out: dict[str, Options] = {}
    for name, options in value.items():
        if isinstance(options, dict):
            out[name] = _weights(options, name)
            continue
        listed = (options,) if isinstance(options, str) else options
        if not (isinstance(listed, list | tuple) and listed and all(isinstance(one, str) for one in listed)):
            expected = (
                "the name of an option, a list of them, or a table of weights such as { linear = 0.6, curved = 0.4 }"
            )
            raise problem(expected, options, name)
        out[name] = tuple(listed)
    return out


def _weights(table: dict[str, object], form: str) -> dict[str, float]:
    if not table:
        raise problem("a weight for at least one option", table, form)
    for option, weight in table.items():
        if not (_is_number(weight) and isinstance(weight, int | float) and weight > 0):
            raise problem("a weight above 0", weight, form, option)
    return {option: float(str(weight)) for option, weight in table.items()}


def _one_part(name: str) -> str:
    """A name that a run's folder may be called after. Raises the house's error when it would lead elsewhere."""
    if "/" in name or "\\" in name:
        raise problem("a name without slashes", name)
    return name


Whole = Annotated[int, BeforeValidator(_integral)]
Prior = Annotated[PriorText, PlainValidator(_prior)]
Variants = Annotated[dict[str, Options], BeforeValidator(_variants)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SeriesChoice(_Table):
    """Whether and how a series of observations is used. In a file, `true` and `false` stand for `{ use = ... }`.

    suite, vintage: which version of the series, its newest when None. file: the user's own table, an absolute path once
    loaded from a scenario file.
    """

    use: bool = True
    suite: str | None = None
    vintage: str | None = None
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_bool(cls, value: object) -> object:
        return {"use": value} if isinstance(value, bool) else value


class PauseChoice(_Table):
    """A pause of research and training.

    trigger: a date, the name of a milestone, or a comparison such as "horizon_hours > 160". lag_months, lasts_months:
    priors in months; strength, compliance: priors of shares. labs: names of those that pause, empty for all.
    """

    trigger: Annotated[date | str, BeforeValidator(_iso_day)]
    lag_months: Prior = 0.0
    lasts_months: Prior = 12.0
    strength: Prior = 1.0
    compliance: Prior = 1.0
    labs: tuple[str, ...] = Field(default=(), strict=False)


class Policy(_Table):
    """What is done about it: pauses, each as it is triggered."""

    pause: tuple[PauseChoice, ...] = Field(default=(), strict=False)


class LabChoice(_Table):
    """A rival of the leading lab. compute, researchers: priors of its shares of what the leading lab has."""

    compute: Prior
    researchers: Prior | None = None


class Labs(_Table):
    """Rivals by name, and how fast labs learn from the one that is furthest (a prior, 1/year)."""

    diffusion: Prior = "0.3 to 3"
    rivals: dict[str, LabChoice] = Field(default_factory=dict)


class CalibrationSettings(_Table):
    """How the posterior is sampled. sampler: `hmc`, many short chains that learn together, `nuts`, a few long ones, the
    reference, or `importance`, prior draws by their weights, where a prior is not smooth. warmup, draws: iterations per
    chain; up to twice the draws where they do not do. chains, warmup and draws are the sampler's own when None;
    target_accept then is 0.8, and 0.9 in a mixture. max_tree_depth: of `nuts`.
    """

    sampler: Literal["hmc", "nuts", "importance"] = "hmc"
    chains: Whole | None = Field(default=None, ge=1, le=1024)
    warmup: Whole | None = Field(default=None, ge=50, le=100_000)
    draws: Whole | None = Field(default=None, ge=16, le=1_000_000)
    target_accept: float | None = Field(default=None, ge=0.5, le=0.999)
    max_tree_depth: Whole = Field(default=8, ge=3, le=12)
    seed: Whole = Field(default=1, ge=0, le=SEEDS - 1)


class RunSettings(_Table):
    """How the forecast is sampled. draws is the number of trajectories, horizon the calendar year where they end.

    sobol: parameters of a prior run from scrambled Sobol points instead of independent draws.
    """

    seed: Whole = Field(default=20261122, ge=0, le=SEEDS - 1)
    draws: Whole = Field(default=1_000_000, ge=1, le=SEEDS)
    horizon: Whole = Field(default=2060, ge=2030, le=2200)
    sobol: bool = False


class Scenario(_Table):
    """A model, its priors, its data and the day it speaks from.

    name: the bundled name or the file's name without `.toml`. priors: raw, only those that differ from the model's own.
    as_of: the forecast knows nothing after this day. condition_on_not_yet: leave out trajectories in which a milestone
    that the world would have seen by as_of has passed. policy, labs: pauses and rivals, after as_of. variants: forms of
    the model by name, one option or several; "all" for the mixture over all of them.
    """

    schema_version: Whole = Field(alias="schema", ge=SCHEMA, le=SCHEMA)
    name: Annotated[str, AfterValidator(_one_part)] = Field(min_length=1)
    title: str = ""
    reasons: str = ""
    model: str = Field(min_length=1)
    as_of: Annotated[date, BeforeValidator(_iso_day)]
    priors: dict[str, Prior] = Field(default_factory=dict)
    data: dict[str, SeriesChoice] = Field(default_factory=dict)
    calibration: CalibrationSettings = CalibrationSettings()
    run: RunSettings = RunSettings()
    condition_on_not_yet: bool = True
    policy: Policy = Policy()
    labs: Labs = Labs()
    variants: Variants = Field(default_factory=dict)
    _origin: Origin = PrivateAttr(default_factory=Origin)

    @model_validator(mode="after")
    def _as_of_within(self) -> Self:
        if not EPOCH <= self.as_of < date(self.run.horizon, 1, 1):
            raise problem(f"a date from {EPOCH} to before the horizon {self.run.horizon}", self.as_of, "as_of")
        return self

    def model_post_init(self, context: object) -> None:
        """Remember the files it came from, given by the loader as the validation context."""
        if isinstance(context, Origin):
            self._origin = context

    def where(self, *path: str) -> str:
        """Where the value at a key path was written, for messages: `FILE: key.path (line N)` or `--set KEY`."""
        return self._origin.where(path) if self._origin.layers else f"{self.name}: {dotted(path)}"


ONE_OF_MANY: dict[tuple[object, ...], type[BaseModel]] = {
    ("policy", "pause"): PauseChoice,
    ("labs", "rivals"): LabChoice,
}


def table_at(path: Sequence[object]) -> type[BaseModel] | None:
    """The model of the table at a key path, None where keys are free (priors, data, rivals, variants)."""
    if len(path) == 2 and path[0] == "data":
        return SeriesChoice
    if len(path) == 3 and tuple(path[:2]) in ONE_OF_MANY:
        return ONE_OF_MANY[tuple(path[:2])]
    tables: dict[tuple[object, ...], type[BaseModel]] = {
        (): Scenario,
        ("calibration",): CalibrationSettings,
        ("run",): RunSettings,
        ("policy",): Policy,
        ("labs",): Labs,
    }
    return tables.get(tuple(path))


def known_keys(path: Sequence[object] = ()) -> tuple[str, ...]:
    """Keys that a file may write in the table at a path; empty where they are free.

    >>> known_keys(("run",))
    ('seed', 'draws', 'horizon', 'sobol')
    """
    table = table_at(path)
    if table is None:
        return ()
    keys = tuple(field.alias or name for name, field in table.model_fields.items())
    return keys if path else ("extends", *(key for key in keys if key != "name"))
