"""The public functions: what the command line does, from Python."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jax

from rsimc.analysis.forecast import Forecast, open_run, opened, study_of
from rsimc.analysis.precision import precision
from rsimc.analysis.replay import Replay
from rsimc.analysis.replay import replay as replayed
from rsimc.analysis.reproduce import Reproduced, reproduced
from rsimc.analysis.verify import Verified
from rsimc.analysis.verify import verify as audit
from rsimc.engine.plan import CHUNK
from rsimc.errors import RunError, UsageError
from rsimc.publish.report import write_report
from rsimc.publish.summary import write_summary
from rsimc.runs.driver import Partial, Share
from rsimc.runs.driver import simulate as run_chunks
from rsimc.runs.machine import prepare_devices
from rsimc.runs.manifest import default_folder, read_manifest
from rsimc.runs.merge import merge as join
from rsimc.runs.posteriors import Posterior, find_or_fit, kept_in, lengthened, open_posterior, require_trusted
from rsimc.runs.study import Study, resolve
from rsimc.runs.sums import write_checksums
from rsimc.runs.trial import try_out
from rsimc.runs.work import LOCAL, Executor
from rsimc.scenario import Scenario, load_scenario

__all__ = ["calibrate", "forecast", "open_run", "simulate"]

Progress = Callable[[str, int, int], None]
MAX_DRAWS = 2**32
WHOLE = Share()
LEAST_ERROR, ROUNDS = 2e-4, 3
"""Smallest standard error that may be asked for, 10^6 effective draws; and how often draws are added for one."""


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def silent(message: str) -> None:
    """A message that nobody reads."""


@contextmanager
def settled() -> Iterator[None]:
    """Interrupted work goes on until the devices are idle: Python crashes when it ends while they compute."""
    try:
        yield
    except KeyboardInterrupt:
        jax.block_until_ready(jax.live_arrays())
        raise


def load_study(scenario: str | Path | Scenario, overrides: Sequence[str] = (), *, allow_code: bool = False) -> Study:
    """A scenario by bundled name, path or value, resolved. allow_code: its model may be a file that then runs."""
    found = scenario if isinstance(scenario, Scenario) else load_scenario(str(scenario), overrides)
    return resolve(found, allow_code=allow_code)


@settled()
def calibrate(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    progress: Progress = quiet,
    *,
    allow_code: bool = False,
) -> Posterior:
    """The posterior of a scenario, from the cache or fitted now. Its verdict says whether to trust it.

    allow_code: the scenario's model may be a file of the user's, which then runs.
    """
    prepare_devices()
    study = load_study(scenario, overrides, allow_code=allow_code)
    try_out(study, fitted=True)
    return find_or_fit(study, progress)


def simulate(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    *,
    posterior: str | Path | None = None,
    prior: bool = False,
    sobol: bool = False,
    output: str | Path | None = None,
    draws: int | None = None,
    ensemble: int | None = None,
    seed: int | None = None,
    accept_untrusted: bool = False,
    allow_code: bool = False,
    progress: Progress = quiet,
) -> Forecast:
    """A batch run: from the cached posterior (fitted when there is none), a posterior file, or the prior.

    It is one share, the whole: see `simulate_share`.
    """
    made = simulate_share(
        scenario,
        overrides,
        posterior=posterior,
        prior=prior,
        sobol=sobol,
        output=output,
        draws=draws,
        ensemble=ensemble,
        seed=seed,
        accept_untrusted=accept_untrusted,
        allow_code=allow_code,
        progress=progress,
    )
    assert isinstance(made, Forecast)  # the whole leaves nothing to others
    return made


@settled()
def simulate_share(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    *,
    share: Share = WHOLE,
    executor: Executor = LOCAL,
    posterior: str | Path | None = None,
    prior: bool = False,
    sobol: bool = False,
    output: str | Path | None = None,
    draws: int | None = None,
    ensemble: int | None = None,
    seed: int | None = None,
    accept_untrusted: bool = False,
    allow_code: bool = False,
    progress: Progress = quiet,
) -> Forecast | Partial:
    """A share of a batch run in a folder that others work on too; the last to finish has the whole run.

    share: which chunks are made here; nobody need know who else works. executor: who makes them, this process or a Ray
    cluster (`rsimc.runs.on_ray.OnRay`). sobol: parameters of a prior run from scrambled
    Sobol points, for the same errors with fewer trajectories; a calibrated run has no use for them, since the draws of
    the posterior limit its errors. ensemble: how many trajectories to keep in full, for questions (`Forecast.query`);
    131,072 unless more are asked for, in steps of as many.

    allow_code: the scenario's model may be a file of the user's, which then runs.
    """
    if prior and posterior is not None:
        raise UsageError("prior", "either the prior or a posterior file", "both")
    prepare_devices()  # before the file of a model, which may use jax
    study = load_study(scenario, overrides, allow_code=allow_code)
    if sobol:  # of a scenario by name and of one by value
        run = study.scenario.run.model_copy(update={"sobol": True})
        study = replace(study, scenario=study.scenario.model_copy(update={"run": run}))
    count, key = _sizes(study, draws, seed)
    prior = prior or (
        posterior is None and not study.scenario.data
    )  # a scenario that asks for no data has a prior only
    if study.scenario.run.sobol and not prior:
        advice = "ask for the prior; in a calibrated run the posterior's draws limit the errors (--error of forecast)"
        raise UsageError("sobol", "a run of the prior", "a calibrated one", advice)
    try_out(study, fitted=not prior)
    place = Path(output) if output is not None else default_folder(study, None if prior else study.posterior_id, key)
    begun = time.monotonic()
    found = None
    if not prior:
        found = _posterior(study, posterior, place, progress)
        require_trusted(found, accept_untrusted)
    fitted = time.monotonic()
    finished = run_chunks(study, found, place, count, key, progress, share, executor, ensemble or CHUNK)
    if isinstance(finished, Partial):
        return finished
    seconds = {"calibrate": round(fitted - begun, 2), "simulate": round(time.monotonic() - fitted, 2)}
    return opened(finished, study, found, seconds)


def _posterior(study: Study, named: str | Path | None, place: Path, progress: Progress) -> Posterior:
    """The posterior that the user names, else that of the run folder, with which its chunks were made, else the cached
    one, else one fitted now."""
    if named is not None:
        return open_posterior(Path(named), study)
    return kept_in(place, study) or find_or_fit(study, progress)


def forecast(
    scenario: str | Path | Scenario = "baseline",
    overrides: Sequence[str] = (),
    *,
    output: str | Path | None = None,
    draws: int | None = None,
    seed: int | None = None,
    error: float | None = None,
    accept_untrusted: bool = False,
    allow_code: bool = False,
    progress: Progress = quiet,
    notify: Callable[[str], None] = silent,
) -> Forecast:
    """The main job: calibrate (or find the posterior), simulate, report. Returns the opened run. A scenario that asks
    for no data, as published models do, is run from its prior.

    error: the standard error that no headline probability by 2030 or 2035 may exceed; draws of the posterior, then
    trajectories are added until it is reached; notify is told what that takes. allow_code: the scenario's model may be
    a file of the user's, which then runs.

    Raises ScenarioError or DataError before any long work, CalibrationError when the posterior cannot be trusted,
    RunError or OutputError for the folder.
    """
    if error is not None:
        overrides, draws = _for_error(scenario, overrides, error, draws, seed, allow_code, progress, notify)
    made = simulate(
        scenario,
        overrides,
        output=output,
        draws=draws,
        seed=seed,
        accept_untrusted=accept_untrusted,
        allow_code=allow_code,
        progress=progress,
    )
    begun = time.monotonic()
    publish(made)
    made.seconds["report"] = round(time.monotonic() - begun, 2)
    return made


def merge(folders: Sequence[str | Path], output: str | Path, *, allow_code: bool = False) -> Forecast | Partial:
    """Shares of one run, made in folders of their own, joined in a new one; summarised when none is missing."""
    study_of(read_manifest(Path(folders[0])), allow_code=allow_code)  # refused before anything is written
    joined = join([Path(folder) for folder in folders], Path(output))
    if joined.done < joined.total:
        return joined
    made = open_run(output, allow_code=allow_code)
    summarise(made)
    return made


def reproduce(
    record: str | Path,
    output: str | Path | None = None,
    *,
    accept_untrusted: bool = False,
    allow_code: bool = False,
    progress: Progress = quiet,
) -> Reproduced:
    """A run made again from run.json, or the folder that holds it: calibrated (or the posterior found in the cache),
    simulated, reported in another folder, and held against the first.

    Raises RunError when the record cannot be read or is of another version of rsimc, or the two folders are one.
    """
    path = Path(record)
    first = read_manifest(path.parent if path.name == "run.json" else path)
    there = first.folder.resolve()
    place = Path(output) if output is not None else there.with_name(f"{there.name}-again")
    if place.resolve() == there:
        raise RunError(str(place), "another folder than that of the run", "the same", "choose another with -o")
    prepare_devices()
    made = simulate(
        study_of(first, allow_code=allow_code).scenario,
        prior=first.posterior is None,
        output=place,
        draws=first.draws,
        ensemble=first.kept,
        seed=first.seed,
        accept_untrusted=accept_untrusted,
        allow_code=allow_code,
        progress=progress,
    )
    publish(made)
    return reproduced(made, first)


@settled()
def verify(
    folder: str | Path, chunks: int | None = 5, *, allow_code: bool = False, progress: Progress = quiet
) -> Verified:
    """An audit of a run folder: every file against its checksum, and chunks computed again, all when None."""
    prepare_devices()
    return audit(Path(folder), chunks, progress, allow_code=allow_code)


@settled()
def replay(folder: str | Path, index: int, *, allow_code: bool = False, progress: Progress = quiet) -> Replay:
    """Trajectory `index` of a run, computed again in full."""
    prepare_devices()
    return replayed(Path(folder), index, progress, allow_code=allow_code)


def publish(made: Forecast) -> Path:
    """Write the summary, the report and the checksums into the run folder; returns the report's path."""
    prepare_devices()  # the report simulates some trajectories again
    write_summary(made)
    report = write_report(made)
    write_checksums(made.folder)
    return report


def summarise(made: Forecast) -> Path:
    """Write the summary and the checksums, without a report; returns the summary's path."""
    summary = write_summary(made)
    write_checksums(made.folder)
    return summary


@settled()
def _for_error(
    scenario: str | Path | Scenario,
    overrides: Sequence[str],
    error: float,
    draws: int | None,
    seed: int | None,
    allow_code: bool,
    progress: Progress,
    notify: Callable[[str], None],
) -> tuple[Sequence[str], int]:
    """The overrides and the number of trajectories with which a forecast has at most a standard error."""
    if not LEAST_ERROR <= error < 0.5:
        raise UsageError("error", f"a standard error from {LEAST_ERROR:g} to 0.5", f"{error:g}")
    if isinstance(scenario, Scenario):
        raise UsageError("error", "a scenario by name or path", "a value", "set calibration.draws in it")
    prepare_devices()
    study = load_study(scenario, overrides, allow_code=allow_code)
    count, key = _sizes(study, draws, seed)
    if not study.scenario.data:  # independent draws: at worst a probability of one half, and half of them left out
        return overrides, min(max(count, math.ceil(0.5 / error**2)), MAX_DRAWS)
    try_out(study, fitted=True)
    posterior = find_or_fit(study, progress)
    for _ in range(ROUNDS):
        known = precision(study, posterior, key)
        notify(known.told(error))
        if known.se <= error:
            break
        overrides = [*overrides, f"calibration.draws={known.draws_for(error)}"]
        notify(f"going on to {known.draws_for(error):,} draws of each chain")
        longer = load_study(scenario, overrides, allow_code=allow_code)
        posterior, study = lengthened(longer, study, progress), longer
    else:
        known = precision(study, posterior, key)
        if known.se > error:
            notify(f"{known.told(error)}: not reached in {ROUNDS} rounds; ask again to go on")
    return overrides, min(max(count, known.trajectories_for(error)), MAX_DRAWS)


def _sizes(study: Study, draws: int | None, seed: int | None) -> tuple[int, int]:
    count = study.scenario.run.draws if draws is None else draws
    key = study.scenario.run.seed if seed is None else seed
    if not 1 <= count <= MAX_DRAWS:
        raise UsageError("draws", f"a number of trajectories from 1 to {MAX_DRAWS}", f"{count}")
    if not 0 <= key < 2**32:
        raise UsageError("seed", "a whole number from 0 to 4294967295", f"{key}")
    return count, key
