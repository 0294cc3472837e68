"""The public functions that hold runs against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rsimc.analysis.compare.attribution import Attribution, attribution
from rsimc.analysis.compare.comparison import Comparison, known_milestone
from rsimc.analysis.compare.comparison import compare as compared
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.analysis.headline import Question
from rsimc.api import prepare_devices, quiet, settled
from rsimc.runs.posteriors import Posterior, find_or_fit, require_trusted
from rsimc.runs.study import Study

__all__ = ["compare", "explain"]

Progress = Callable[[str, int, int], None]


def compare(runs: Sequence[str | Path | Forecast], *, allow_code: bool = False) -> list[Comparison]:
    """Runs, opened or by their folders, against the first of them.

    Raises UsageError for fewer than two, and for runs of different horizons; RunError as `open_run` does.
    """
    return compared([run if isinstance(run, Forecast) else open_run(run, allow_code=allow_code) for run in runs])


@settled()
def explain(
    found: Comparison,
    question: Question = Question(),  # noqa: B008, frozen
    progress: Progress = quiet,
    *,
    by_key: bool = False,
    accept_untrusted: bool = False,
    allow_code: bool = False,
) -> Attribution:
    """How much of a difference each part of what two scenarios differ in accounts for; every mixture of the parts is
    calibrated (or found in the cache) and simulated.

    by_key: every key that differs is a part, else every section. Raises UsageError for more than five parts,
    CalibrationError when a posterior cannot be trusted.
    """
    prepare_devices()
    known_milestone(found, question.milestone)

    def fit(study: Study) -> Posterior | None:
        if found.first.posterior is None:
            return None
        posterior = find_or_fit(study, progress)
        require_trusted(posterior, accept_untrusted)
        return posterior

    return attribution(found, question, fit, progress, by_key=by_key, allow_code=allow_code)
