"""The public functions that question a calibration: what it hangs on, how it would have done, what new data change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rsimc.analysis.backtest import DAYS, Backtest
from rsimc.analysis.backtest import backtest as backtests
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.analysis.headline import Question
from rsimc.analysis.hindsight import Hindsight, hindsight
from rsimc.analysis.influence import Influence, require_answerable
from rsimc.analysis.influence import influence as influences
from rsimc.analysis.new_rows import new_rows
from rsimc.analysis.sensitivity.hanging import Sensitivity
from rsimc.analysis.sensitivity.hanging import sensitivity as sensitivities
from rsimc.analysis.update import Update
from rsimc.analysis.update import update as reweighted
from rsimc.analysis.watch.information import Information, information
from rsimc.analysis.watch.warning import WarningTime, warning_times
from rsimc.api import forecast, load_study, prepare_devices, quiet, settled
from rsimc.calibration.fit import fit
from rsimc.errors import DataError
from rsimc.observations.importing import table_text
from rsimc.observations.rows import Observation
from rsimc.runs.files import write_text
from rsimc.runs.posteriors import find_or_fit, require_trusted
from rsimc.runs.study import resolve
from rsimc.runs.trial import try_out
from rsimc.scenario import Scenario
from rsimc.scenario.schema import SeriesChoice

__all__ = ["backtest", "influence", "score", "sensitivity", "update", "watch"]

Progress = Callable[[str, int, int], None]


@settled()
def sensitivity(
    run: str | Path | Forecast,
    questions: Sequence[Question] = (Question(),),
    progress: Progress = quiet,
    *,
    totals: bool = True,
    allow_code: bool = False,
) -> list[Sensitivity]:
    """What dates of milestones in a run, and their probabilities by a day, hang on: first-order and total effects of
    every parameter and of the process noise. totals: two minutes of new trajectories, 65,536 for each parameter,
    whatever the number of questions.

    Raises UsageError for what the run has not, RunError as `open_run` does or where it keeps no trajectories.
    """
    prepare_devices()
    opened = run if isinstance(run, Forecast) else open_run(run, allow_code=allow_code)
    return sensitivities(opened, questions, progress, totals)


def watch(
    run: str | Path | Forecast,
    question: Question = Question(),  # noqa: B008, frozen
    indicators: Sequence[str] = (),
    *,
    allow_code: bool = False,
) -> tuple[Information, list[WarningTime]]:
    """What to look out for in a run: how much a reading of each observable on each coming day would tell about a
    question, and how long before its milestone the others, and indicators such as "horizon_hours > 160", come.

    Raises UsageError for what the run has not, RunError as `open_run` does or where it keeps no trajectories.
    """
    opened = run if isinstance(run, Forecast) else open_run(run, allow_code=allow_code)
    return information(opened, question), warning_times(opened, question.milestone, indicators)


@settled()
def influence(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    question: Question = Question(),  # noqa: B008, frozen
    progress: Progress = quiet,
    *,
    accept_untrusted: bool = False,
    allow_code: bool = False,
) -> list[Influence]:
    """What the headline would be without each datum and series, and under each form of the model: about half an hour.

    Kept as it is found: a second call goes on. Raises UsageError, before any work, for a mixture or a question that the
    model cannot answer; CalibrationError when the posterior cannot be trusted.
    """
    prepare_devices()
    study = load_study(scenario, overrides, allow_code=allow_code)
    require_answerable(study, question)
    try_out(study, fitted=True)
    found = find_or_fit(study, progress)
    require_trusted(found, accept_untrusted)
    every = resolve(study.scenario.model_copy(update={"variants": {"all": ("all",)}}), allow_code=allow_code)
    return influences(study, found, question, progress, [form for form in every.parts if form.choice != study.choice])


@settled()
def backtest(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    days: Sequence[date] = DAYS,
    progress: Progress = quiet,
    *,
    allow_code: bool = False,
) -> list[Backtest]:
    """What the model would have said on each day, scored on METR's later points beside five baselines.

    Kept as it is found. Raises DataError before any work when a day has too few rows, or the scenario's METR data are
    not the bundled ones.
    """
    prepare_devices()
    study = load_study(scenario, overrides, allow_code=allow_code)
    return backtests(study.scenario, days, fit, progress, allow_code=allow_code)


def score(
    run: str | Path, added: Mapping[str, Sequence[Observation]] | None = None, *, allow_code: bool = False
) -> list[Hindsight]:
    """An old run scored on what was published since its `as_of`; added: rows of yours, by series."""
    prepare_devices()
    return hindsight(open_run(run, allow_code=allow_code), added or {})


@settled()
def update(
    run: str | Path,
    rows: Sequence[Observation],
    *,
    output: str | Path | None = None,
    refit: bool = True,
    allow_code: bool = False,
    progress: Progress = quiet,
) -> tuple[Update, Forecast | None]:
    """What new rows of one series change in a run, by weights; and a new run where these cannot be trusted.

    output: folder of the new run, `RUN-updated` when None; its data stand beside it. The new run speaks from the day on
    which the rows were published, and so takes up whatever else was published until then: `others` of the update.
    Raises DataError for rows that the run knows otherwise, and when none is new.
    """
    prepare_devices()
    if not rows:
        raise DataError("rows", "at least one new row", "none", "see rsimc observations")
    old = open_run(run, allow_code=allow_code)
    new = new_rows(old, rows)
    found = reweighted(old, new)
    if found.trusted or not refit:
        return found, None
    place = Path(output) if output is not None else old.folder.with_name(f"{old.folder.name}-updated")
    scenario = _with_rows(old, new, place)
    made = forecast(
        scenario,
        output=place,
        draws=old.manifest.draws,
        seed=old.manifest.seed,
        allow_code=allow_code,
        progress=progress,
    )
    before = {f"{row.series}/{row.key}" for row in (*old.study.rows, *new)}
    names = [f"{row.series}/{row.key}" for row in made.study.rows]
    return replace(found, others=tuple(name for name in names if name not in before)), made


def _with_rows(old: Forecast, rows: Sequence[Observation], place: Path) -> Scenario:
    """The run's scenario with the rows among its own, in a table beside the new run, as of when they were published.

    The table is named by what it holds: no other run's is overwritten.
    """
    series, scenario = rows[0].series, old.study.scenario
    known = [row for row in old.study.rows if row.series == series]
    text = table_text([*known, *rows])
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    table = write_text(place.with_name(f"{place.name}-{series}-{digest}.csv"), text)
    first = rows[0]
    choice = SeriesChoice(file=str(table.resolve()), suite=first.suite or None, vintage=first.vintage or None)
    latest = max(scenario.as_of, *(row.published for row in rows))
    return scenario.model_copy(update={"data": {**scenario.data, series: choice}, "as_of": latest})
