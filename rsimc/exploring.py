"""The public functions that open a run or a scenario to be explored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rsimc.analysis.explore.bench import TRAJECTORIES, Bench
from rsimc.analysis.forecast import open_run
from rsimc.api import load_study, prepare_devices
from rsimc.errors import UsageError
from rsimc.runs.posteriors import cached
from rsimc.runs.trial import try_out

if TYPE_CHECKING:
    from rsimc.publish.explorer.widget import Explorer

__all__ = ["bench", "explorer"]


def bench(
    what: str | Path = "baseline",
    overrides: Sequence[str] = (),
    *,
    trajectories: int = TRAJECTORIES,
    allow_code: bool = False,
) -> Bench:
    """A run folder, or a scenario by name or path, taken apart to be explored; of a scenario the posterior is the one
    that the cache keeps, if any: nothing is calibrated.

    Raises as `open_run` and `load_scenario` do, and UsageError for overrides of a run.
    """
    prepare_devices()
    if Path(what).is_dir():
        if overrides:
            raise UsageError("--set", "a scenario", "a run", "change its settings in the page, or name its scenario")
        run = open_run(what, allow_code=allow_code)
        return Bench(run.study, run.posterior, run.manifest.seed, trajectories, allow_code=allow_code)
    study = load_study(what, overrides, allow_code=allow_code)
    posterior = None if study.target is None else cached(study)
    try_out(study, fitted=posterior is not None)
    return Bench(study, posterior, study.scenario.run.seed, trajectories, allow_code=allow_code)


def explorer(
    what: str | Path = "baseline",
    overrides: Sequence[str] = (),
    *,
    trajectories: int = TRAJECTORIES,
    allow_code: bool = False,
) -> Explorer:
    """The explorer as a widget, for a notebook (marimo, Jupyter): what `rsimc explore` serves as a page.

    Needs the extra `rsimc[explore]`. Raises as `bench` does.
    """
    from rsimc.publish.explorer.widget import Explorer, begin

    opened = bench(what, overrides, trajectories=trajectories, allow_code=allow_code)
    return Explorer(opened, begin(opened, named(what, opened)))


def named(what: str | Path, opened: Bench) -> str:
    """What was opened, in words."""
    return f"run {Path(what).name}" if Path(what).is_dir() else f"scenario {opened.study.scenario.name}"
