"""The parameter files of AI 2027's timelines and takeoff (uvafan/timelines-takeoff-ai-2027) as scenarios.

`takeoff/params.yaml`, and `params.yaml` and `simple_params.yaml` of both editions of the timelines. Intervals are of
80%.
What only draws pictures, and what the originals themselves do not read, is left aside and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rsimc.errors import UsageError, nearest
from rsimc.scenario.published.files import NORMAL_80, Imported, Reader, yaml_of

YEARS = (2028, 2029, 2030, 2031)
PIECES = ("early", "in_2028", "in_2029", "in_2030", "later")
STAGES = ("first", "second", "third", "fourth", "fifth")
FAR = 1e9
DATES, SLOWDOWN = ("compute_decrease_date", "human_alg_progress_decrease_date"), 2029.0
"""From which April's equations slow down."""
OF_LABOUR = ("initial_software_progress_share_ci", "labor_growth_schedule", "compute_schedule")
INTERVALS = {
    "h_SC_ci": "horizon_needed",
    "T_t_ci": "doubling_time",
    "horizon_doubling_time_ci": "doubling_time",
    "cost_speed_ci": "cost_and_speed",
    "announcement_delay_ci": "announcement_delay",
    "d_ci": "announcement_delay",
    "present_prog_multiplier_ci": "multiplier_begin",
    "SC_prog_multiplier_ci": "multiplier_end",
    "h_sat_ci": "saturation_horizon",
    "v_algorithmic_sat_ci": "multiplier_begin",
    "v_algorithmic_SC_ci": "multiplier_end",
    "present_day_prog_multiplier_ci": "multiplier_now",
    "se_doubling_decay_fraction_ci": "doubling_decay",
}
NUMBERS = {
    "p_subexponential": "subexponential_share",
    "se_doubling_decay_fraction": "doubling_decay",
    "sub_doubling_growth_fraction": "doubling_growth",
}
LABOUR = {"initial_labor_pool": "labour", "labor_power": "labour_power", "initial_research_stock": "research_stock"}
GAPS = {
    "complex_engineering": "complex_engineering",
    "feedback_loops": "feedback_loops",
    "project_coordination": "project_coordination",
    "specialization": "specialisation",
    "cost_and_speed": "cost_and_speed",
    "other": "other",
}
SPEEDS = {"SC": "coder", "SAR": "researcher", "SIAR": "superintelligent_researcher", "ASI": "superintelligence"}


def read(path: Path, forecaster: str | None = None) -> Imported:
    """A parameter file as a scenario. forecaster: of a file with several; its first one when None.

    Raises DataError naming file and key for what cannot be read, UsageError for a forecaster that it has not.
    """
    return _Reader(path, yaml_of(path, "AI 2027")).scenario(forecaster)


class _Reader(Reader):
    """One file of AI 2027."""

    def scenario(self, forecaster: str | None) -> Imported:
        if "speedups" in self.document:
            self._takeoff()
            return self.written("ai-2027-takeoff", "", None)
        every = self.table(self.document, "forecasters", "forecasters")
        name = next(iter(every), "") if forecaster is None else forecaster
        if name not in every:
            known = tuple(str(one) for one in every)
            raise UsageError("--forecaster", f"one of {', '.join(known)}", f'"{name}"', nearest(name, known))
        place = f"forecasters.{name}"
        own = self.table(every, name, place)
        distributions = self.table(own, "distributions", f"{place}.distributions")
        simulation = self.table(self.document, "simulation", "simulation")
        gaps, may = "t_sat_ci" in distributions, "labor_growth_schedule" in own
        self._timelines(distributions, f"{place}.distributions", may)
        if gaps:
            self._gaps(self.table(own, "algorithmic_slowdowns", place), f"{place}.algorithmic_slowdowns")
        elif "current_horizon" in simulation:
            self.priors["present_horizon"] = self.number(simulation["current_horizon"], "simulation.current_horizon")
        if may:
            self._labour(own, place, simulation)
        else:
            self._fixed_dates(simulation)
        read = {"max_time", "current_horizon", *DATES, *(LABOUR if may else ())}
        self.left += [f"simulation.{key}" for key in simulation if key not in read]
        taken = {"distributions", "algorithmic_slowdowns", *(OF_LABOUR if may else ())}
        self.left += [f"{place}.{key}" for key in own if key not in taken]
        extends = ("ai-2027-gaps" if gaps else "ai-2027-horizon") + ("" if may else "-april")
        return self.written(extends, name, simulation.get("max_time"))

    def _fixed_dates(self, simulation: Mapping[str, Any]) -> None:
        for key in DATES:
            where = f"simulation.{key}"
            if key in simulation and self.number(simulation[key], where) != SLOWDOWN:
                raise self.wrong(where, f"{SLOWDOWN:g}, all that this model has", simulation[key])

    def _timelines(self, table: Mapping[str, Any], place: str, may: bool) -> None:
        for key, value in table.items():
            where = f"{place}.{key}"
            if key in INTERVALS:
                self.priors[INTERVALS[key]] = self.interval(value, where)
            elif key in NUMBERS:
                self.priors[NUMBERS[key]] = self.number(value, where)
            elif key == "t_sat_ci":
                self.priors["saturation"] = self.interval(
                    [self._months(day, where) for day in self.two(value, where)], where
                )
            elif key == "superexponential_schedule_months":
                self._schedule(value, where)
            elif key == "p_superexponential" and not may:
                self.priors["superexponential_share"] = self.number(value, where)
            else:
                self.left.append(where)

    def _schedule(self, value: Any, where: str) -> None:
        pairs = [self.two(pair, where) for pair in value] if isinstance(value, Sequence) else []
        if not 1 <= len(pairs) <= len(STAGES):
            raise self.wrong(where, f"1 to {len(STAGES)} pairs of a horizon in months and a probability", value)
        filled = [*pairs, *[[FAR, pairs[-1][1]]] * (len(STAGES) - len(pairs))]
        self.priors["superexponential_from"] = {
            s: self.number(p[0], where) for s, p in zip(STAGES, filled, strict=True)
        }
        self.priors["superexponential_by"] = {s: self.number(p[1], where) for s, p in zip(STAGES, filled, strict=True)}

    def _gaps(self, table: Mapping[str, Any], place: str) -> None:
        found = {}
        for key, value in table.items():
            where = f"{place}.{key}"
            if key not in GAPS:
                raise self.wrong(where, f"a gap among {', '.join(GAPS)}", key)
            if not isinstance(value, Sequence) or len(value) != 3:
                raise self.wrong(where, "the probability of no gap and an interval of months", value)
            if self.number(value[0], where) != 0.0:
                raise self.wrong(where, "0 for the probability of no gap, all that this model has", value[0])
            found[GAPS[key]] = self.interval(value[1:], where)
        lacking = [key for key, own in GAPS.items() if own not in found]
        if lacking:
            raise self.wrong(place, f"all gaps, {', '.join(lacking)} among them", ", ".join(table) or "none")
        self.priors["gap"] = found

    def _labour(self, own: Mapping[str, Any], place: str, simulation: Mapping[str, Any]) -> None:
        low, high = self.two(
            own.get("initial_software_progress_share_ci"), f"{place}.initial_software_progress_share_ci"
        )
        where = f"{place}.initial_software_progress_share_ci"
        low, high = self.number(low, where), self.number(high, where)
        self.priors["software_share"] = {"normal": [(low + high) / 2.0, (high - low) / (2.0 * NORMAL_80)]}
        self.priors["labour_growth"] = self._pieces(own, "labor_growth_schedule", place, None)
        self.priors["compute_progress"] = self._pieces(own, "compute_schedule", place, 1.0)
        for key, name in LABOUR.items():
            if key in simulation:
                self.priors[name] = self.number(simulation[key], f"simulation.{key}")

    def _pieces(self, own: Mapping[str, Any], key: str, place: str, early: float | None) -> dict[str, float]:
        """Rates from 2028, 2029, 2030 and 2031 on, and the one before, which the file gives or is `early`."""
        where, value = f"{place}.{key}", own.get(key)
        pairs = [self.two(pair, where) for pair in value] if isinstance(value, Sequence) else []
        rates = {self.number(year, where): self.number(rate, where) for year, rate in pairs}
        before = [rate for year, rate in rates.items() if year < YEARS[0]]
        known = [rates[year] for year in YEARS if year in rates]
        if len(known) != len(YEARS) or len(rates) != len(known) + len(before) or len(before) > 1:
            raise self.wrong(where, f"rates from {', '.join(map(str, YEARS))} on, all that this model has", value)
        first = before[0] if before else early
        if first is None:
            raise self.wrong(where, "the rate before 2028 too", value)
        return dict(zip(PIECES, (first, *known), strict=True))

    def _takeoff(self) -> None:
        times, speeds = (self.table(self.document, key, key) for key in ("times", "speedups"))
        first = times.get("SC to SAR")
        if not isinstance(first, Sequence) or len(first) != 3:
            raise self.wrong("times.SC to SAR", "a probability and an interval of years", first)
        self.priors["skipped_share"] = self.number(first[0], "times.SC to SAR")
        self.priors["researcher_gap"] = self.interval(first[1:], "times.SC to SAR")
        self.left += [f"times.{key}" for key in times if key != "SC to SAR"]
        self.priors["speed"] = {own: self.number(speeds.get(key), f"speedups.{key}") for key, own in SPEEDS.items()}
        self.left += [f"speedups.{key}" for key in speeds if key not in SPEEDS]
        for key in ("derived_distributions", "correlations"):
            if key in self.document:
                raise self.wrong(key, "none: this model's are those of April 2025", "a table")
        if "starting_time" in self.document:
            self.priors["coder"] = self._start(self.document["starting_time"])

    def _start(self, value: Any) -> float:
        try:
            day = datetime.strptime(str(value), "%B %d %Y").date()
        except ValueError as error:
            raise self.wrong("starting_time", 'a day such as "March 31 2027"', value) from error
        if day.year < 2027:
            raise self.wrong("starting_time", "a day from 2027 on, where this model begins", value)
        return round(day.year - 2027 + (day - date(day.year, 1, 1)).days / 365.0, 6)

    def _months(self, value: Any, where: str) -> float:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError as error:
            raise self.wrong(where, "dates such as 2025-09-01", value) from error
        return 12.0 * (day.year + (day - date(day.year, 1, 1)).days / 365.0 - 2025.25)
