"""The parameter files of the Full Takeoff Model (epoch-research/ftm; takeoffspeeds.com) as scenarios.

A table (.csv) is its sheet of parameters, with a conservative, a best-guess and an aggressive value a row: they become
the two ends and the median of priors, and what has a best guess only is fixed, as in its Monte Carlo runs. Of the
training requirement those runs take A. Cotra's distribution, and so does the scenario. `--forecaster` names a column to
have its values alone. A scenario (.json), as the site exports it, is of fixed values; a file may have several by name.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rsimc.errors import DataError, UsageError, nearest
from rsimc.scenario.published.files import Imported, Reader, json_of, text_of

ENDS = ("Conservative", "Best guess", "Aggressive")
LOW, MIDDLE, HIGH = ENDS
YEAR = 365.0 * 86400.0
LONGEST = 5.0
"""Years that the model remembers price-performance for."""
LEAST_RUNTIME = 1e13
"""FLOP/s: a hundredth of the least that anybody takes a brain for."""
FLOOR = 1e-8
"""What the original takes for a ratio of 1, less 1."""
REQUIREMENT, RUNTIME = "full_automation_requirements_training", "full_automation_requirements_runtime"
ENABLED = "runtime_training_tradeoff_enabled"
ONLY = {"training_requirements_steepness": 0.0, "runtime_requirements_steepness": 0.0}
"""What this model has of each, and nothing else."""
USES = {
    "frac_capital_hardware_rnd": ("capital_hardware", "fraction capital hardware R&D"),
    "frac_labour_hardware_rnd": ("labour_hardware", "fraction labour hardware R&D"),
    "frac_compute_hardware_rnd": ("compute_hardware", "fraction compute hardware R&D"),
    "frac_labour_software_rnd": ("labour_software", "fraction labour software R&D"),
    "frac_compute_software_rnd": ("compute_software", "fraction compute software R&D"),
    "frac_gwp_compute": ("gwp_compute", "fraction GWP compute"),
    "frac_compute_training": ("training", "fraction compute training"),
}
# fmt: off
# ruff: noqa: E501
ROWS = (
    (REQUIREMENT, "training_requirement", "log10", "AGI training requirements (FLOP with 2022 algorithms)"),
    ("flop_gap_training", "training_gap", "ratio", "Effective FLOP gap (training)"),
    ("goods_vs_rnd_requirements_training", "training_ease_rnd", "less one", "Training goods vs R&D"),
    (RUNTIME, "runtime_requirement", "", "AGI runtime requirements"),
    ("flop_gap_runtime", "runtime_gap", "less one", "Effective FLOP gap (runtime)"),
    ("goods_vs_rnd_requirements_runtime", "runtime_ease_rnd", "ratio", "Runtime goods vs R&D"),
    ("runtime_training_tradeoff", "tradeoff", "rate", "Trade-off efficiency"),
    ("runtime_training_max_tradeoff", "tradeoff_limit", "less one", "Maximum trade-off"),
    ("labour_substitution_goods", "task_complements_goods", "negative", "Labour substitution goods"),
    ("labour_substitution_rnd", "task_complements_rnd", "negative", "Labour substitution R&D"),
    ("capital_substitution_goods", "capital_complements_goods", "negative", "Substitution between capital and cognitive tasks for goods and services"),
    ("capital_substitution_rnd", "capital_complements_rnd", "negative", "Substitution between capital and cognitive tasks for hardware R&D"),
    ("research_experiments_substitution_software", "experiment_complements", "negative", "Research experiments substitution software"),
    ("compute_software_rnd_experiments_efficiency", "experiment_returns", "rate", "Efficiency of experiments for software R&D"),
    ("hardware_returns", "hardware_returns", "", "Returns to hardware"),
    ("software_returns", "software_returns", "", "Returns to software"),
    ("hardware_performance_ceiling", "hardware_ceiling", "", "Maximum hardware performance"),
    ("software_ceiling", "software_ceiling", "", "Maximum software performance"),
    ("rnd_parallelization_penalty", "parallel", "share", "R&D parallelization penalty"),
    ("hardware_delay", "hardware_delay", "delay", "Hardware adoption delay"),
    *((f"{key}_growth", f"share_growth.{use}", "rate", f"Growth rate {words}") for key, (use, words) in USES.items()),
    *((f"{key}_growth_rampup", f"share_growth_awake.{use}", "rate", f"Wake-up growth rate {words}") for key, (use, words) in USES.items()),
    *((f"{key}_ceiling", f"share_ceiling.{use}", "share", f"Max {words}") for key, (use, words) in USES.items()),
    *((f"initial_{key}", f"share_start.{use}", "share", f"Initial {words}") for key, (use, words) in list(USES.items())[:5]),
    ("initial_biggest_training_run", "largest_run", "", "Initial biggest training run"),
    ("ratio_initial_to_cumulative_input_hardware_rnd", "hardware_input_growth", "", "Initial vs cumulative input - hardware R&D"),
    ("ratio_initial_to_cumulative_input_software_rnd", "software_input_growth", "", "Initial vs cumulative input - software R&D"),
    ("initial_hardware_production", "hardware_made", "", "Initial hardware production"),
    ("ratio_hardware_to_initial_hardware_production", "hardware_stock", "", "Accumulated hardware vs initial hardware production"),
    ("initial_buyable_hardware_performance", "price_performance", "", "Initial market hardware performance"),
    ("initial_gwp", "world_product", "", "Initial GWP"),
    ("initial_population", "labour_force", "", "Initial world labour force."),
    ("initial_cognitive_share_goods", "task_share_goods", "share", "Initial cognitive share goods"),
    ("initial_cognitive_share_hardware_rnd", "task_share_hardware", "share", "Initial cognitive share in hardware R&D"),
    ("initial_compute_share_goods", "compute_share_goods", "share", "Initial compute share goods"),
    ("initial_compute_share_rnd", "compute_share_rnd", "share", "Initial compute share R&D"),
    ("initial_experiment_share_software_rnd", "experiment_share_software", "share", "Initial experiment share software R&D"),
    ("rampup_trigger", "wake_up_at", "share", "Wakeup trigger"),
    ("initial_capital_growth", "capital_growth", "rate", "Initial capital growth rate"),
    ("labour_growth", "labour_growth", "rate", "Population growth rate"),
    ("tfp_growth", "productivity_growth", "rate", "TFP growth rate"),
    ("compute_depreciation", "depreciation", "share", "Compute depreciation rate"),
    ("money_cap_training_before_wakeup", "run_money_cap", "", "Money threshold training"),
    ("training_requirements_steepness", "", "", "Training requirements steepness (OOM)"),
    ("runtime_requirements_steepness", "", "", "Runtime requirements steepness (OOM)"),
)
# fmt: on
"""Key there, name here, how the value here comes of theirs, and the name of the row in the table of December 2022."""
ALSO = {
    "Wake-up growth rate fraction of compute software R&D": "frac_compute_software_rnd_growth_rampup",
    "Wake-up growth rate fraction of GWP buying compute": "frac_gwp_compute_growth_rampup",
    "Wake-up growth rate fraction compute training AI models": "frac_compute_training_growth_rampup",
    "Max fraction of labour dedicated to hardware R&D": "frac_labour_hardware_rnd_ceiling",
    "Max fraction of compute dedicated to hardware R&D": "frac_compute_hardware_rnd_ceiling",
}
"""Rows of that table that break its own pattern."""
OURS = {key: (name, kind) for key, name, kind, _ in ROWS}
KEYS = {words: key for key, _, _, words in ROWS} | ALSO
"""Keys by the names of rows."""


def read(path: Path, forecaster: str | None = None) -> Imported:
    """A table of parameters, or a scenario, as a scenario here. forecaster: the column of a table, or the scenario.

    Raises DataError naming file and key for what cannot be read, or what this model has not; UsageError for a column or
    scenario that the file has not.
    """
    if path.suffix.lower() == ".csv":
        return _Reader(path, _rows(path)).table_of_three(forecaster)
    return _Reader(path, json_of(path, "the Full Takeoff Model")).exported(forecaster)


def _rows(path: Path) -> dict[str, dict[str, str]]:
    """Cells of a table by key and column."""
    text = text_of(path, "a table in CSV")
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise DataError(str(path), "a table in CSV", "something else") from error
    head = [cell.strip() for cell in rows[0]] if rows else []
    if not set(ENDS) <= set(head):
        raise DataError(f"{path}:1", f"columns {', '.join(ENDS)}", ", ".join(head)[:60] or "nothing")
    first = head.index("Parameter id") if "Parameter id" in head else 0
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: cell.strip() for name, cell in zip(head, row, strict=False)}
        own = row[first].strip() if first < len(row) else ""
        key = KEYS.get(own, own)
        if not own:
            continue
        if key in found:
            raise DataError(f"{path}:{number}", "a row for each parameter", f"{own} twice")
        found[key] = {end: cells.get(end, "") for end in ENDS} | {"row": own, "type": cells.get("Type", "")}
    return found


class _Reader(Reader):
    """One file of the Full Takeoff Model."""

    def table_of_three(self, column: str | None) -> Imported:
        if column is not None and column not in ENDS:
            raise UsageError("--forecaster", f"one of {', '.join(ENDS)}", f'"{column}"', nearest(column, ENDS))
        for key, cells in self.document.items():
            if key in ONLY:
                for end in ENDS:
                    self._only(key, self._cell(cells, end) if cells[end] or end == MIDDLE else 0.0, f"{key}, {end}")
            elif key not in OURS:
                self.left.append(key)
            elif column is not None:
                self._put(key, self._fixed(key, cells, column))
            elif key == REQUIREMENT:
                self.left.append(f"{cells['row']} (its distribution is A. Cotra's, as in the original's own runs)")
            else:
                self._put(key, self._prior(key, cells))
        if not self.priors:
            raise self.wrong("the first column", f"parameters such as {REQUIREMENT}", None)
        return self.written("ftm" if column is None else "ftm-best-guess", column or "", None)

    def exported(self, name: str | None) -> Imported:
        document, several = self.document, all(isinstance(value, Mapping) for value in self.document.values())
        if several and document:
            name = next(iter(document)) if name is None else name
            if name not in document:
                raise UsageError("--forecaster", f"one of {', '.join(document)}", f'"{name}"', nearest(name, document))
            document = self.table(document, name, name)
        elif name is not None:
            raise UsageError("--forecaster", "none: this file is of one scenario", f'"{name}"')
        for key, value in document.items():
            if key in ONLY:
                self._only(key, value, key)
            elif key in OURS:
                self._put(key, self._value(key, self.number(value, key), key))
            elif key != ENABLED:
                self.left.append(key)
        if document.get(ENABLED) is False:
            self._put("runtime_training_tradeoff", 0.0)
        if not self.priors:
            raise self.wrong(name or "the file", f"parameters such as {REQUIREMENT}", None)
        return self.written("ftm-best-guess", name or "", None)

    def _put(self, key: str, value: Any) -> None:
        name, _, label = OURS[key][0].partition(".")
        if label:
            self.priors.setdefault(name, {})[label] = value
        else:
            self.priors[name] = value

    def _fixed(self, key: str, cells: Mapping[str, str], column: str) -> float:
        """A column's value, the best guess where it has none."""
        return self._theirs(key, cells, column if cells[column] else MIDDLE)

    def _prior(self, key: str, cells: Mapping[str, str]) -> Any:
        middle = self._theirs(key, cells, MIDDLE)
        if not (cells[LOW] and cells[HIGH]) or cells["type"] == "delta":
            return middle
        low, high = sorted(self._theirs(key, cells, end) for end in (LOW, HIGH))
        kind = OURS[key][1]
        if kind == "less one":
            low, middle = max(low, FLOOR), max(middle, FLOOR)
        found = ", ".join(cells[end] for end in ENDS)
        if not low < middle < high:
            raise self.wrong(cells["row"], f"{LOW} and {HIGH} on both sides of {MIDDLE}", found)
        if kind == "share" and high >= 1.0:
            raise self.wrong(cells["row"], "shares below 1", found)
        return {"skewed": [low, middle, high], **({"scale": "logit"} if kind == "share" else {})}

    def _theirs(self, key: str, cells: Mapping[str, str], column: str) -> float:
        where = f"{cells['row']}, {column}"
        value = self._cell(cells, column)
        if key == RUNTIME and cells["row"] != RUNTIME:
            # The table of December 2022 has it a year, all later ones, by their keys, a second.
            words = f"FLOP a year, of at least {LEAST_RUNTIME * YEAR:.3g} (FLOP/s by the key {RUNTIME})"
            value = self._in(value / YEAR, value / YEAR >= LEAST_RUNTIME, words, where)
        return self._value(key, value, where)

    def _cell(self, cells: Mapping[str, str], column: str) -> float:
        text = cells[column]
        try:
            value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(f"{cells['row']}, {column}", "a finite number", text or None)
        return value

    def _only(self, key: str, value: Any, where: str) -> None:
        if self.number(value, where) != ONLY[key]:
            raise self.wrong(where, f"{ONLY[key]:g}, all that this model has", value)

    def _value(self, key: str, value: float, where: str) -> float:
        """As it is here. Raises DataError for one that the original could not be run with."""
        kind = OURS[key][1]
        if kind == "log10":
            return math.log10(self._in(value, value > 0.0, "above 0", where))
        if kind == "less one":
            return self._in(value, value >= 1.0, "of at least 1", where) - 1.0
        if kind == "negative":
            return -self._in(value, value < 0.0, "below 0", where)
        if kind == "share":
            return self._in(value, 0.0 < value <= 1.0, "above 0, at most 1", where)
        if kind == "ratio":
            return self._in(value, value >= 1.0, "of at least 1", where)
        if kind == "delay":
            return self._in(value, 0.0 <= value <= LONGEST, f"from 0 to {LONGEST:g}", where)
        return self._in(
            value,
            value >= 0.0 if kind == "rate" else value > 0.0,
            f"{'of at least' if kind == 'rate' else 'above'} 0",
            where,
        )

    def _in(self, value: float, good: bool, words: str, where: str) -> float:
        if not good:
            raise self.wrong(where, f"a number {words}", f"{value:g}")
        return value
