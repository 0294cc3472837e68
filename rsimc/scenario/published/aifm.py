"""The sampling files of the AI Futures Model (`sampling_config.yaml` and its kin, December 2025) as scenarios.

A file may have a `parent` beside it, whose parameters it overrides one by one. What a file does not name is fixed at
the default of the original program. Intervals are of 80%. `min` and `max` of a distribution are left aside where the
original does not read them (it does for uniform and beta ones).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rsimc.errors import DataError, UsageError
from rsimc.scenario.published.files import NORMAL_80, Imported, Reader, yaml_of

EXTENDS = "aifm-2025-eli"
LARGEST_LOG = 80
"""Of a median: trajectories are of numbers of 32 bits."""
GENERATIONS = 8
"""Parents of parents at most."""
NAMES = {
    "ac_time_horizon_minutes": "coder_horizon",
    "pre_gap_ac_time_horizon": "gap_horizon",
    "gap_years": "gap",
    "present_horizon": "present_horizon",
    "present_doubling_time": "doubling_time",
    "doubling_difficulty_growth_factor": "doubling_growth",
    "inf_compute_asymptote": "unlimited_compute",
    "inf_labor_asymptote": "unlimited_labour",
    "inv_compute_anchor_exp_cap": "tenth_of_compute",
    "parallel_penalty": "parallel",
    "swe_multiplier_at_present_day": "coding_multiplier",
    "coding_automation_efficiency_slope": "efficiency_growth",
    "max_serial_coding_labor_multiplier": "coding_cap",
    "ai_research_taste_at_coding_automation_anchor_sd": "skill_at_coder",
    "ai_research_taste_slope": "skill_growth",
    "median_to_top_taste_multiplier": "best_researcher",
    "taste_limit": "taste_limit",
    "taste_limit_smoothing": "taste_smoothing",
    "software_progress_rate_at_reference_year": "software_progress",
    "ted_ai_m2b": "generality",
    "constant_training_compute_growth_rate": "compute_growth",
    "slowdown_year": "slowdown",
    "post_slowdown_training_compute_growth_rate": "compute_growth_after",
}
LESS_ONE = ("unlimited_compute", "unlimited_labour", "tenth_of_compute", "coding_multiplier", "best_researcher")
"""Parameters that are what is beyond 1 here."""
DEFAULTS = {
    "coder_horizon": 1.2e7,
    "gap_horizon": 124_600.0,
    "gap": 1.5,
    "present_horizon": 26.0,
    "doubling_time": 0.458,
    "doubling_growth": 0.92,
    "unlimited_compute": 999.0,
    "unlimited_labour": 14.0,
    "tenth_of_compute": 1.8,
    "parallel": 0.5,
    "coding_multiplier": 0.6,
    "efficiency_growth": 3.0,
    "coding_cap": 1e8,
    "skill_at_coder": 0.5,
    "skill_growth": 2.2,
    "best_researcher": 2.7,
    "taste_limit": 8.0,
    "taste_smoothing": 0.51,
    "software_progress": 1.0,
    "generality": 3.0,
    "compute_growth": 0.6,
    "slowdown": 2028.0,
    "compute_growth_after": 0.25,
    "gap_share": 0.0,
}
"""Of the original program (model_config.py)."""
ONLY: dict[str, str | float] = {
    "present_day": 2025.6,
    "horizon_extrapolation_type": "decaying doubling time",
    "automation_interp_type": "logistic",
    "taste_schedule_type": "SDs per progress-year",
    "strat_ai_m2b": 2.0,
}
"""What this model has of each, and nothing else."""
KINDS = ("strict", "middle", "loose")
CORRELATIONS = (
    ("doubling_time", "doubling_growth", 0.6),
    ("doubling_time", "skill_growth", -0.3),
    ("doubling_growth", "skill_growth", -0.3),
    ("skill_growth", "skill_at_coder", 0.3),
    ("doubling_growth", "gap", 0.3),
    ("doubling_growth", "gap_horizon", -0.5),
    ("doubling_growth", "coder_horizon", -0.5),
    ("gap", "gap_horizon", -0.7),
    ("doubling_time", "slowdown", -0.3),
    ("gap", "slowdown", -0.3),
    ("coder_horizon", "slowdown", -0.3),
    ("doubling_time", "efficiency_growth", -0.15),
    ("doubling_growth", "efficiency_growth", -0.1),
    ("tenth_of_compute", "unlimited_compute", 0.5),
)
"""Of ranks, December 2025, by our names: those of the model (tests hold them to be the same)."""


def read(path: Path, forecaster: str | None = None) -> Imported:
    """A sampling file as a scenario.

    Raises DataError naming file and key for what cannot be read, or what this model has not; UsageError for a
    forecaster, since a file is of one.
    """
    if forecaster is not None:
        raise UsageError("--forecaster", "none: a file of this model is of one forecaster", f'"{forecaster}"')
    return _Reader(path, _with_parents(path, GENERATIONS)).scenario()


def _with_parents(path: Path, left: int) -> dict[str, Any]:
    own = dict(yaml_of(path, "the AI Futures Model"))
    parent = own.pop("parent", None)
    if parent is None:
        return own
    if not isinstance(parent, str) or not left:
        raise DataError(f"{path}: parent", "the name of a file beside it, without a circle", str(parent)[:60])
    whole = _with_parents(path.parent / parent, left - 1)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(whole.get(key), Mapping)
        whole[key] = {**whole[key], **value} if both and key != "correlation_matrix" else value
    return whole


class _Reader(Reader):
    """One sampling file of the AI Futures Model, its parents' keys included."""

    def scenario(self) -> Imported:
        for section in ("parameters", "time_series_parameters"):
            every = self.table(self.document, section, section) if section in self.document else {}
            for key, spec in every.items():
                self._one(key, spec, f"{section}.{key}")
        if not self.priors:
            raise self.wrong("parameters", f"parameters such as {next(iter(NAMES))}", None)
        self._correlations()
        self.priors = {**{name: value for name, value in DEFAULTS.items() if name not in self.priors}, **self.priors}
        read = ("parameters", "time_series_parameters", "correlation_matrix", "time_range")
        self.left += [str(key) for key in self.document if key not in read]
        return self.written(EXTENDS, "", self._end())

    def _end(self) -> float | None:
        if "time_range" not in self.document:
            return None
        return self.number(self.two(self.document["time_range"], "time_range")[1], "time_range")

    def _one(self, key: str, spec: Any, where: str) -> None:
        if not isinstance(spec, Mapping):
            raise self.wrong(where, "a table with the key dist", spec)
        if key in ONLY:
            if not self._is(spec, ONLY[key], where):
                raise self.wrong(where, f"{ONLY[key]}, all that this model has", spec.get("value", spec))
        elif key == "include_gap":
            self.priors["gap_share"] = self._gap(spec, where)
        elif key == "rho_coding_labor":
            self._exponents(spec, where)
        elif key in NAMES:
            self.priors[NAMES[key]] = self._prior(spec, where, NAMES[key] in LESS_ONE)
        else:
            self.left.append(where)

    def _is(self, spec: Mapping[str, Any], only: str | float, where: str) -> bool:
        if spec.get("dist", "fixed") != "fixed":
            return False
        value = spec.get("value")
        return bool(value == only if isinstance(only, str) else self.number(value, where) == only)

    def _prior(self, spec: Mapping[str, Any], where: str, less_one: bool) -> Any:
        kind = spec.get("dist", "fixed")
        if spec.get("clip_to_bounds") is True:
            raise self.wrong(where, "clip_to_bounds: false, all that this model has", "true")
        if kind == "fixed":
            return self.number(spec.get("value"), where) - float(less_one)
        if kind == "shifted_lognormal" and less_one and self.number(spec.get("shift"), where) == 1.0:
            return self._lognormal(spec, where)
        if kind == "lognormal" and not less_one:
            return self._lognormal(spec, where)
        if kind == "normal" and not less_one:
            return self._normal(spec, where)
        if kind == "uniform" and not less_one:
            return {"uniform": [self.number(spec.get(end), where) for end in ("min", "max")]}
        if kind == "beta" and not less_one and (spec.get("min", 0), spec.get("max", 1)) == (0, 1):
            return {"beta": [self.number(spec.get(key), where) for key in ("alpha", "beta")]}
        known = "fixed or shifted_lognormal with shift: 1" if less_one else "fixed, normal, lognormal, uniform or beta"
        raise self.wrong(f"{where}.dist", known, kind)

    def _lognormal(self, spec: Mapping[str, Any], where: str) -> Any:
        if "ci80" in spec:
            return self.interval(spec["ci80"], where)
        mu, sigma = (self.number(spec.get(key), where) for key in ("mu", "sigma"))
        if not abs(mu) < LARGEST_LOG:
            raise self.wrong(where, f"mu between -{LARGEST_LOG} and {LARGEST_LOG}", mu)
        return {"lognormal": [math.exp(mu), sigma]}

    def _normal(self, spec: Mapping[str, Any], where: str) -> Any:
        if "ci80" not in spec:
            return {"normal": [self.number(spec.get(key), where) for key in ("mean", "sd")]}
        low, high = (self.number(end, where) for end in self.two(spec["ci80"], where))
        if not low < high:
            raise self.wrong(where, "an 80% interval [low, high] with low < high", spec["ci80"])
        return {"normal": [(low + high) / 2.0, (high - low) / (2.0 * NORMAL_80)]}

    def _gap(self, spec: Mapping[str, Any], where: str) -> float:
        chances = self._chances(spec, where)
        if set(chances) - {"gap", "no gap"}:
            raise self.wrong(where, '"gap" or "no gap"', ", ".join(map(str, chances)))
        return chances.get("gap", 0.0)

    def _exponents(self, spec: Mapping[str, Any], where: str) -> None:
        chances = sorted((self.number(value, where), share) for value, share in self._chances(spec, where).items())
        if not 1 <= len(chances) <= len(KINDS) or chances[-1][0] >= 0.0:
            raise self.wrong(where, f"1 to {len(KINDS)} exponents below 0", spec)
        filled = [*chances, *[(chances[-1][0], 0.0)] * (len(KINDS) - len(chances))]
        self.priors["coding_exponent"] = {kind: value for kind, (value, _) in zip(KINDS, filled, strict=True)}
        by = [sum(share for _, share in filled[: n + 1]) for n in range(len(KINDS))]
        self.priors["coding_by"] = dict(zip(KINDS, by, strict=True))

    def _chances(self, spec: Mapping[str, Any], where: str) -> dict[Any, float]:
        if spec.get("dist", "fixed") == "fixed":
            return {self._one_value(spec.get("value"), where): 1.0}
        values, shares = spec.get("values"), spec.get("p")
        if not isinstance(values, Sequence) or not isinstance(shares, Sequence) or len(values) != len(shares):
            raise self.wrong(where, "dist: choice with values and as many p", spec)
        chances: dict[Any, float] = {}
        for value, share in zip(values, shares, strict=True):
            own, chance = self._one_value(value, where), self.number(share, where)
            if chance < 0.0:
                raise self.wrong(where, "probabilities of at least 0", shares)
            chances[own] = chances.get(own, 0.0) + chance
        if abs(sum(chances.values()) - 1.0) > 1e-6:
            raise self.wrong(where, "probabilities that sum to one", shares)
        return chances

    def _one_value(self, value: Any, where: str) -> str | float:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(where, "a number or a text", value)
        return value

    def _correlations(self) -> None:
        where, whole = "correlation_matrix", self.document.get("correlation_matrix")
        if whole is None:
            raise self.wrong(where, "the correlations of December 2025, which this model always has", None)
        table = self.table(self.document, where, where)
        names, rows = table.get("parameters"), table.get("correlation_matrix")
        lists = isinstance(names, list) and isinstance(rows, list)
        names, rows = (names or [], rows or []) if lists else ([], [[]])
        if len(rows) != len(names) or any(not isinstance(row, list) or len(row) != len(names) for row in rows):
            raise self.wrong(where, "parameters, and a correlation_matrix with a row and a column for each", whole)
        own = [NAMES.get(str(name), str(name)) for name in names]
        values = [[self.number(value, where) for value in row] for row in rows]
        pairs = [(a, b) for a in range(len(own)) for b in range(a)]
        if any(values[a][b] != values[b][a] for a, b in pairs):
            raise self.wrong(where, "a symmetric matrix", "one that is not")
        found = {frozenset((own[a], own[b])): values[a][b] for a, b in pairs if values[a][b]}
        if found != {frozenset((a, b)): rho for a, b, rho in CORRELATIONS}:
            raise self.wrong(where, "the correlations of December 2025, all that this model has", "others")

    def number(self, value: Any, where: str) -> float:
        """YAML takes 1e30 for a text, the original for a number."""
        try:
            return super().number(float(value) if isinstance(value, str) else value, where)
        except ValueError as error:
            raise self.wrong(where, "a finite number", value) from error
