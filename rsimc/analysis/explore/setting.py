"""A setting of the explorer, as the page, an address and a scenario file have it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import numpy as np
from scipy.special import ndtri

from rsimc.errors import UsageError, nearest
from rsimc.models.base import forms_of
from rsimc.priors import Quantile
from rsimc.runs.options import ALL
from rsimc.runs.study import Study
from rsimc.scenario import Scenario
from rsimc.scenario.changed import changed

Source = Literal["posterior", "prior", "values"]
LEVELS = (0.01, 0.1, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)
"""Percentiles by which a prior without a closed form is written; the outer ones keep it within its ends."""
FARTHEST, NARROWEST, WIDEST = 4.0, 0.1, 3.0
"""Prior standard deviations that a centre may be moved by, and how much narrower or wider a prior may become."""
LONGEST = 400
"""Letters of a prior as people type it."""


@dataclass(frozen=True)
class Setting:
    """What differs from the run or scenario that was opened.

    source: where parameters come from: the posterior, the prior, or one value each. moved: by flat name of a parameter,
    its prior's centre in prior standard deviations and its width as a factor; typed: its prior as a scenario writes it.
    forms: option of a form of the model by name. pauses: tables of `[[policy.pause]]`; None leaves the scenario's own.
    until: the calendar year at whose start trajectories end.
    """

    source: Source
    until: int
    moved: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    pauses: tuple[Mapping[str, object], ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, which `read` reads again."""
        out: dict[str, Any] = {"source": self.source, "until": self.until}
        out |= {"moved": {name: list(pair) for name, pair in self.moved.items()}} if self.moved else {}
        out |= {"typed": dict(self.typed)} if self.typed else {}
        out |= {"forms": dict(self.forms)} if self.forms else {}
        return out | ({"pauses": [dict(pause) for pause in self.pauses]} if self.pauses is not None else {})


def read(found: object) -> Setting:
    """A setting from plain data of anybody's, such as an address. Raises UsageError that says what is wrong with it."""
    table = _table(found, "setting")
    known = ("source", "until", "moved", "typed", "forms", "pauses")
    for key in table:
        if key not in known:
            raise UsageError(f"setting.{key}"[:80], "a known key", f'"{key[:40]}"', nearest(key, known))
    source, until = table.get("source"), table.get("until")
    if source not in get_args(Source):
        raise UsageError("setting.source", " or ".join(get_args(Source)), repr(source)[:40])
    if not isinstance(until, int) or isinstance(until, bool) or not 2030 <= until <= 2200:
        raise UsageError("setting.until", "a year from 2030 to 2200", repr(until)[:40])
    pauses = table.get("pauses")
    if pauses is not None and not (isinstance(pauses, list) and len(pauses) <= 4):
        raise UsageError("setting.pauses", "at most 4 tables", repr(pauses)[:40])
    return Setting(
        cast(Source, source),
        until,
        {name: _moved(pair, name) for name, pair in _table(table.get("moved", {}), "setting.moved").items()},
        _texts(table.get("typed", {}), "setting.typed"),
        _texts(table.get("forms", {}), "setting.forms"),
        None if pauses is None else tuple(_table(pause, "setting.pauses") for pause in pauses),
    )


def _table(found: object, where: str) -> dict[str, Any]:
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UsageError(where, "a table", repr(found)[:40])
    return found


def _texts(found: object, where: str) -> dict[str, str]:
    table = _table(found, where)
    for name, text in table.items():
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
            raise UsageError(f"{where}.{name}"[:80], f"a text of at most {LONGEST} letters", repr(text)[:40])
    return table


def _moved(pair: object, name: str) -> tuple[float, float]:
    numbers = list(pair) if isinstance(pair, list | tuple) else []
    real = all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in numbers)
    if len(numbers) != 2 or not real or abs(numbers[0]) > FARTHEST or not NARROWEST <= numbers[1] <= WIDEST:
        expected = f"[centre from -{FARTHEST:g} to {FARTHEST:g}, width from {NARROWEST:g} to {WIDEST:g}]"
        raise UsageError(f"setting.moved.{name}"[:80], expected, repr(pair)[:60])
    return float(numbers[0]), float(numbers[1])


def written(prior: Quantile, centre: float, width: float) -> object:
    """A prior moved by `centre` of its standard deviations and made `width` times as wide, as a scenario writes it.

    Both on the scale on which it is normal. A prior without a closed form is written by percentiles, and smooth between
    them.
    """
    loc, scale = prior.loc + prior.scale * centre, prior.scale * width
    if prior.kind == "fixed":
        return prior.loc
    if prior.kind == "identity":
        return {"normal": [_short(loc), _short(scale)]}
    if prior.kind == "exp":
        return {"lognormal": [_short(math.exp(loc)), _short(scale)]}
    if prior.kind == "logistic":
        return {"logitnormal": [_short(loc), _short(scale)], "low": prior.low, "high": prior.high}
    values = prior.at(centre + width * ndtri(np.array(LEVELS) / 100.0))
    return {f"p{level:g}": _short(float(x)) for level, x in zip(LEVELS, values, strict=True)}


def _short(value: float) -> float:
    return float(f"{value:.7g}")


def specs(setting: Setting, study: Study) -> dict[str, object]:
    """Priors of a setting by flat name, as a scenario writes them. Raises UsageError for an unknown parameter."""
    entries = dict(zip(study.priors.names, study.priors.entries, strict=True))
    for name in (*setting.moved, *setting.typed):
        if name not in entries:
            raise UsageError("setting", "a parameter", f'"{name[:60]}"', nearest(name, entries))
    moved = {name: written(entries[name][2], *pair) for name, pair in setting.moved.items()}
    return moved | {name: _toml(text) for name, text in setting.typed.items()}


def _toml(text: str) -> object:
    """A prior as a person types it: TOML, or a text such as 2 to 5 without its quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if set(table) == {"value"} else text


def scenario_of(setting: Setting, study: Study) -> Scenario:
    """The scenario that a setting stands for. Raises UsageError or ScenarioError where there is none.

    study: of the run or scenario that was opened. One value for every parameter is no scenario: its priors are kept.
    """
    base = study.scenario
    priors: dict[str, object] = dict(base.priors)
    for name, spec in specs(setting, study).items():
        entry, _, label = name.partition(".")
        priors[entry] = _labelled(study, priors.get(entry), entry, label, spec) if label else spec
    values: dict[str, object] = {"priors": priors}
    if setting.forms:
        values["variants"] = variants(setting, study)
    if setting.pauses is not None:
        values["policy"] = {"pause": [dict(pause) for pause in setting.pauses]}
    return changed(base, values)


def variants(setting: Setting, study: Study) -> dict[str, object]:
    """The forms of a setting as a scenario writes them: those that are chosen, of the others what the scenario has."""
    own: dict[str, object] = study.scenario.model_dump()["variants"]
    if not setting.forms:
        return own
    every = {form.name: form.mixed for form in forms_of(study.model)} if own.get(ALL) == (ALL,) else own
    return {**every, **{name: (option,) for name, option in setting.forms.items()}}


def _labelled(study: Study, before: object, entry: str, label: str, spec: object) -> dict[str, object]:
    """The table of a labelled parameter with one label's prior replaced."""
    labels = [own for name, own, _ in study.priors.entries if name == entry and own is not None]
    if isinstance(before, dict) and any(key in labels for key in before):
        return {**before, label: spec}
    return {label: spec} if before is None else {**dict.fromkeys(labels, before), label: spec}
