"""Runs beside each other as far as they go: pairs with the first, or why there is none; as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rsimc.analysis.compare.comparison import Comparison, changed_keys, compare
from rsimc.analysis.display import labels
from rsimc.analysis.document import document as forecast_document
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.shared_milestones import SHARED
from rsimc.errors import UsageError
from rsimc.publish.comparison import comparison_document
from rsimc.publish.frames import headline, lead

MOST = 5
"""Runs on a page: more lines than that nobody tells apart, and the page would grow beyond what one sends on."""
SHOWN_YEARS = (2028, 2030, 2035)
PARTS = ("id", "scenario", "model", "as_of", "seed", "n", "horizon", "classes", "durations", "counts", "forms")


@dataclass(frozen=True)
class Beside:
    """Runs with their names on the page, the first one first. pairs: of each of the others with the first; None where
    they share no dates. reasons: why not, empty where they do."""

    runs: tuple[Forecast, ...]
    names: tuple[str, ...]
    pairs: tuple[Comparison | None, ...]
    reasons: tuple[str, ...]

    @property
    def lead(self) -> str:
        """The milestone that the first run is about."""
        return lead(self.runs[0])

    @property
    def headline(self) -> list[str]:
        """Milestones that are shown first: those of the first run."""
        return headline(self.runs[0])

    @property
    def drawn(self) -> dict[str, tuple[str, ...]]:
        """What curves are drawn of, by name, and the milestone that each run has of it: the headline milestones of the
        first run; and before them, where models differ, what several of them date, each by its own milestone."""
        models = [run.study.model.name for run in self.runs]
        alike = {}
        for one in SHARED if len(set(models)) > 1 else ():
            each = tuple(one.milestones.get(model, "") for model in models)
            if sum(name in run.curves for name, run in zip(each, self.runs, strict=True)) > 1:
                alike[one.name] = each
        return {**alike, **{name: (name,) * len(self.runs) for name in self.headline}}

    @property
    def drawn_first(self) -> str:
        """What is drawn before anybody chooses."""
        return next((name for name, each in self.drawn.items() if each[0] == self.lead), self.lead)

    @property
    def milestones(self) -> list[str]:
        """All of the first run, then those that only others have."""
        return list(dict.fromkeys(name for run in self.runs for name in run.curves))

    @property
    def years(self) -> list[int]:
        """Years that probabilities are shown by, within the longest horizon."""
        first = min(run.study.scenario.as_of.year for run in self.runs)
        until = max(run.study.scenario.run.horizon for run in self.runs)
        found = [year for year in SHOWN_YEARS if first <= year < until]
        return found or [until - 1]


def require_few(count: int) -> None:
    """Raises UsageError for fewer than two runs, or more than a page has room for."""
    if not 2 <= count <= MOST:
        advice = "rsimc gallery lists any number, rsimc report --each renews the reports" if count > MOST else ""
        raise UsageError("comparison", f"2 to {MOST} runs", f"{count}", advice)


def beside(runs: Sequence[Forecast]) -> Beside:
    """Runs held against the first. Raises UsageError as `require_few` does."""
    require_few(len(runs))
    pairs: list[Comparison | None] = []
    reasons = []
    for other in runs[1:]:
        try:
            pairs.append(compare([runs[0], other])[0])
            reasons.append("")
        except UsageError:
            pairs.append(None)
            reasons.append(_reason(runs[0], other))
    return Beside(tuple(runs), tuple(_names(runs)), tuple(pairs), tuple(reasons))


def _names(runs: Sequence[Forecast]) -> list[str]:
    """Names of folders; a run that is given twice is numbered, since a chart tells its lines apart by name."""
    found = labels([run.folder for run in runs])
    return [name if name not in found[:n] else f"{name} ({n + 1})" for n, name in enumerate(found)]


def _reason(first: Forecast, other: Forecast) -> str:
    """Why two runs have no differences, in the second's terms."""
    horizons = [run.study.scenario.run.horizon for run in (first, other)]
    if horizons[0] != horizons[1]:
        return f"it runs to {horizons[1]}, the first to {horizons[0]}"
    if not set(first.curves) & set(other.curves):
        return f"its model, {other.study.model.name}, has none of the milestones of {first.study.model.name}"
    return f"its model counts other weeks: they begin with {other.study.model.start:g}, not {first.study.model.start:g}"


def document(found: Beside) -> dict[str, Any]:
    """All that the page says as plain data: each run's own numbers, and rsimc.comparison/1 of each pair."""
    names = found.names[1:]
    return {
        "schema": "rsimc.beside/1",
        "runs": [_run(run, name, found.years) for run, name in zip(found.runs, found.names, strict=True)],
        "comparisons": [
            None if pair is None else comparison_document(pair, name)
            for pair, name in zip(found.pairs, names, strict=True)
        ],
        "reasons": list(found.reasons),
        "scenarios": scenario_rows(found),
    }


def _run(run: Forecast, name: str, years: Sequence[int]) -> dict[str, Any]:
    whole = forecast_document(run)
    milestones = {}
    for milestone, said in whole["milestones"].items():
        by = {f"{y}-12-31": run.probability(milestone, str(y)).as_dict() for y in years if _inside(run, y)}
        errors = {"0.5": said["quantile_se_days"]["0.5"]}
        kept = {key: said[key] for key in ("quantiles", "not_within_horizon")}
        milestones[milestone] = {**kept, "quantile_se_days": errors, "probability_by": by}
    title = run.study.scenario.title or run.study.scenario.name
    return {
        "run": name,
        "title": title,
        **{part: whole[part] for part in (*PARTS, "diagnostics")},
        "milestones": milestones,
    }


def _inside(run: Forecast, year: int) -> bool:
    return year < run.study.scenario.run.horizon


def scenario_rows(found: Beside) -> list[dict[str, Any]]:
    """Keys in which any scenario differs from the first, and the value in each run, None where it says nothing."""
    first = found.runs[0].manifest.scenario
    paths: dict[str, tuple[str, ...]] = {}
    for run in found.runs[1:]:
        paths |= changed_keys(first, run.manifest.scenario)
    return [
        {"key": key, "values": [_value(run.manifest.scenario, path) for run in found.runs]}
        for key, path in sorted(paths.items())
    ]


def _value(scenario: Any, path: Sequence[str]) -> Any:
    for key in path:
        scenario = scenario.get(key) if isinstance(scenario, dict) else None
    return scenario
