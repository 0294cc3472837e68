"""The public functions that hold runs against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rsimc.analysis.compare.attribution import Attribution, Fit, attribution, section
from rsimc.analysis.compare.comparison import Comparison, known_milestone
from rsimc.analysis.compare.comparison import compare as compared
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.analysis.gallery import Gallery
from rsimc.analysis.gallery import gallery as index
from rsimc.analysis.headline import Question
from rsimc.analysis.history.editions import Edition, editions
from rsimc.analysis.history.moves import History, cause, moves
from rsimc.analysis.pool.opinions import Pool
from rsimc.analysis.pool.opinions import pool as pool_of
from rsimc.api import prepare_devices, quiet, settled
from rsimc.runs.posteriors import Posterior, find_or_fit, require_trusted
from rsimc.runs.study import Study

__all__ = ["compare", "explain", "gallery", "history", "pool"]

Progress = Callable[[str, int, int], None]


def compare(runs: Sequence[str | Path | Forecast], *, allow_code: bool = False) -> list[Comparison]:
    """Runs, opened or by their folders, against the first of them.

    Raises UsageError for fewer than two, and for runs of different horizons; RunError as `open_run` does.
    """
    return compared([run if isinstance(run, Forecast) else open_run(run, allow_code=allow_code) for run in runs])


def compare_page(runs: Sequence[str | Path | Forecast], output: str | Path, *, allow_code: bool = False) -> Path:
    """Write one self-contained HTML page of 2 to 5 runs, opened or by their folders, against the first of them.

    An older page of this kind is replaced. Raises UsageError for other numbers of runs, RunError as `open_run` does,
    OutputError where another file is, or within a run folder.
    """
    from rsimc.publish.comparing.beside import require_few
    from rsimc.publish.comparing.page import MAKER, write_comparison  # altair takes seconds to import
    from rsimc.publish.pages import require_place

    require_few(len(runs))
    require_place(Path(output), MAKER)
    opened = [run if isinstance(run, Forecast) else open_run(run, allow_code=allow_code) for run in runs]
    return write_comparison(opened, Path(output))


def gallery(runs: Sequence[str | Path], output: str | Path | None = None) -> Gallery:
    """An index of runs, by their folders or folders that they lie below; written as an HTML page when a path is given.

    What cannot be read is listed with the reason. No run is opened: its record and its summary are read, so that the
    code of a model never runs. Raises RunError when none can be read, OutputError for the page.
    """
    if output is None:
        return index([Path(run) for run in runs])
    from rsimc.publish.gallery.page import MAKER, write_gallery
    from rsimc.publish.pages import require_place

    require_place(Path(output), MAKER)
    found = index([Path(run) for run in runs])
    write_gallery(found, Path(output))
    return found


def pool(
    parts: Sequence[str | Path | Forecast],
    milestone: str = "closed_loop",
    *,
    weights: str | None = None,
    until: str | None = None,
    allow_code: bool = False,
) -> Pool:
    """The linear and the logarithmic pool of a milestone's distributions: of runs, opened or by their folders, and of
    published ones, CSV files with columns date and p.

    weights: such as "2,1,1", or "scores" for those of backtests, equal when None; until: the last day of the pool, that
    of the longest run when None. Raises UsageError for fewer than two, and where one is not known up to that day;
    DataError for a file that is no such table; RunError as `open_run` does.
    """
    return pool_of(parts, milestone, weights, until, allow_code=allow_code)


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

    one, other = found.first, found.second
    known = {run.study.posterior_id: run.posterior for run in (one, other) if run.posterior is not None}
    fit = _fitter(known, one.posterior is None, accept_untrusted, progress)
    part_of = str if by_key else section
    return attribution(one.manifest, other.manifest, question, fit, progress, part_of, allow_code=allow_code)


def _fitter(known: Mapping[str, Posterior], prior: bool, accept_untrusted: bool, progress: Progress) -> Fit:
    """The posterior of a study: one of those known, else from the cache or fitted now; none for the prior."""

    def fit(study: Study) -> Posterior | None:
        if prior:
            return None
        if study.posterior_id in known:
            return known[study.posterior_id]
        posterior = find_or_fit(study, progress)
        require_trusted(posterior, accept_untrusted)
        return posterior

    return fit


@settled()
def history(
    runs: Sequence[str | Path],
    question: Question = Question(),  # noqa: B008, frozen
    progress: Progress = quiet,
    *,
    explained: bool = False,
    accept_untrusted: bool = False,
    allow_code: bool = False,
) -> History:
    """Editions of a forecast through time, by their folders: how the answer moved, and how the older ones did on what
    was published since.

    explained: also how much of each move came from data, priors, model and the rest; every mixture is calibrated (or
    found in the cache) and simulated. Raises UsageError for fewer than two, RunError for a folder that holds no
    finished run.
    """
    prepare_devices()
    found = editions([Path(run) for run in runs], question, allow_code=allow_code)
    if not explained:
        return History(question, found, moves(found, question, None))

    def share(first: Edition, second: Edition) -> Attribution:
        both = (first.forecast, second.forecast)
        known = {one.study.posterior_id: one.posterior for one in both if one is not None and one.posterior is not None}
        fit = _fitter(known, first.manifest.posterior is None, accept_untrusted, progress)
        return attribution(first.manifest, second.manifest, question, fit, progress, cause, allow_code=allow_code)

    return History(question, found, moves(found, question, share))
