"""Laws of the run folder: the same question gives the same bytes, what is whole is kept, nothing foreign is touched."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.analysis.verify import verify
from rsimc.engine.counts import COUNT_FIELDS, Counts
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK
from rsimc.errors import OutputError, RunError, UsageError
from rsimc.runs import driver
from rsimc.runs.chunks import pack, read_chunk
from rsimc.runs.files import make_folder, write_atomic, write_bytes, write_text
from rsimc.runs.manifest import make_manifest

HORIZON = "run.horizon=2032"
SMALL = 20_000
LONG = CHUNK + 3000
ENTRY = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from rsimc.cli.main import run; run()"


def simulate(folder: Path, draws: int, *overrides: str, **options: Any) -> Forecast:
    return api.simulate("baseline", [HORIZON, *overrides], prior=True, draws=draws, output=folder, **options)


def command(folder: Path, draws: int) -> list[str]:
    """The same from the command line, in a process of its own."""
    arguments = ["simulate", "baseline", "--set", HORIZON, "--prior", "--draws", str(draws), "-o", str(folder), "-q"]
    return [sys.executable, "-c", ENTRY, *arguments]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    return simulate(tmp_path_factory.mktemp("runs") / "small", SMALL)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    return simulate(tmp_path_factory.mktemp("runs") / "long", LONG)


def copied(made: Forecast, folder: Path) -> Path:
    shutil.copytree(made.folder, folder)
    return folder


def disk(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder: when it was last written, and what it holds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def chunk_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "chunks").iterdir())}


def same(a: Counts, b: Counts) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in COUNT_FIELDS)


def at_most(a: Counts, b: Counts) -> bool:
    return all(np.all(getattr(a, name) <= getattr(b, name)) for name in COUNT_FIELDS)


def whole(folder: Path, run: Forecast) -> list[bool]:
    return [read_chunk(folder, index, run.manifest.id) is not None for index in range(2)]


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Writing beyond `size` bytes of a file fails, as on a full disk. Python ignores the signal that comes with it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# The same bytes


def test_one_device_in_another_process_gives_the_same_bytes(small: Forecast, tmp_path: Path) -> None:
    assert len(jax.local_devices()) > 1
    env = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=1"}
    folder = tmp_path / "run"
    done = subprocess.run(command(folder, SMALL), env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "run.json").read_text())["machine"]["devices"] == 1
    assert chunk_bytes(folder) == chunk_bytes(small.folder)
    assert pq.read_table(folder / "ensemble.parquet").equals(pq.read_table(small.folder / "ensemble.parquet"))


def test_a_longer_run_keeps_the_first_trajectories(small: Forecast, long: Forecast) -> None:
    assert (small.counts.n, long.counts.n) == (SMALL, LONG)
    assert at_most(small.counts, long.counts)
    first = pq.read_table(small.folder / "ensemble.parquet")
    assert first.equals(pq.read_table(long.folder / "ensemble.parquet").slice(0, SMALL))


def test_a_run_extended_is_the_run_made_at_once(small: Forecast, long: Forecast, tmp_path: Path) -> None:
    folder = copied(small, tmp_path / "run")
    assert same(simulate(folder, LONG).counts, long.counts)
    assert chunk_bytes(folder) == chunk_bytes(long.folder)
    assert pq.read_metadata(folder / "ensemble.parquet").num_rows == CHUNK
    assert json.loads((folder / "run.json").read_text())["draws"] == LONG


def test_complete_chunks_stay_when_more_is_asked(long: Forecast, tmp_path: Path) -> None:
    folder = copied(long, tmp_path / "run")
    api.summarise(open_run(folder))
    before = disk(folder)
    more = simulate(folder, LONG + 1000)
    after = disk(folder)
    assert {name for name in after if before.get(name) != after[name]} == {"run.json", "chunks/00000001.npz"}
    assert "SHA256SUMS" not in after  # it vouches for a complete run, which this is not until it is summarised
    assert at_most(long.counts, more.counts)
    assert more.counts.n == LONG + 1000


# What is whole is kept


def test_running_again_does_nothing(long: Forecast) -> None:
    before = disk(long.folder)
    again = simulate(long.folder, LONG)
    assert disk(long.folder) == before
    assert same(again.counts, long.counts)
    assert sorted(before) == ["chunks/00000000.npz", "chunks/00000001.npz", "ensemble.parquet", "run.json"]


def test_damaged_chunks_are_made_again(long: Forecast, tmp_path: Path) -> None:
    folder = copied(long, tmp_path / "run")
    first, second = sorted((folder / "chunks").iterdir())
    first.write_bytes(first.read_bytes()[:-1000])
    content = bytearray(second.read_bytes())
    middle = len(content) // 2  # one bit may be harmless: which of many equal zeros a compressed zero is copied from
    content[middle : middle + 64] = bytes(255 - byte for byte in content[middle : middle + 64])
    second.write_bytes(content)
    assert whole(folder, long) == [False, False]
    with pytest.raises(RunError, match=r"00000000\.npz") as caught:
        open_run(folder)
    assert caught.value.exit_code == 5
    assert same(simulate(folder, LONG).counts, long.counts)
    assert chunk_bytes(folder) == chunk_bytes(long.folder)
    assert same(open_run(folder).counts, long.counts)


def test_a_lost_ensemble_is_made_again_and_no_more(small: Forecast, tmp_path: Path) -> None:
    folder = copied(small, tmp_path / "run")
    (folder / "ensemble.parquet").unlink()
    simulate(folder, SMALL)
    assert pq.read_table(folder / "ensemble.parquet").equals(pq.read_table(small.folder / "ensemble.parquet"))
    assert chunk_bytes(folder) == chunk_bytes(small.folder)


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_an_interrupted_run_keeps_what_is_done_and_is_finished_later(
    long: Forecast, tmp_path: Path, number: signal.Signals, word: str
) -> None:
    folder = tmp_path / "run"
    first = folder / "chunks" / "00000000.npz"
    with subprocess.Popen(command(folder, LONG), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 240
        while not first.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    arguments = shlex.join(["rsimc", *command(folder, LONG)[3:]])
    assert err == f"{word}\nwhat is done is kept; to go on: {arguments}\n"
    assert sorted(disk(folder)) == ["chunks/00000000.npz", "ensemble.parquet", "run.json"]
    before = disk(folder)
    assert same(simulate(folder, LONG).counts, long.counts)
    assert chunk_bytes(folder) == chunk_bytes(long.folder)
    assert {name: disk(folder)[name] for name in before} == before


def test_sigterm_ends_a_process_that_no_signal_reaches(tmp_path: Path) -> None:
    """In the compiler, where it is for many seconds, the main thread hears nothing."""
    arguments = ["calibrate", "--set", "data.metr_horizons=false", "-q"]
    environment = {**os.environ, "RSIMC_CACHE": str(tmp_path), "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "jax")}
    command = [sys.executable, "-m", "rsimc.cli.main", *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(15)
        assert process.poll() is None
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err.endswith("to go on: rsimc calibrate --set data.metr_horizons=false -q\n")


def test_progress_is_told_and_may_end_the_run(tmp_path: Path, small: Forecast) -> None:
    told: list[tuple[str, int, int]] = []

    def stop(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "run", LONG, progress=stop)
    assert told == [("simulate", 0, 2)]
    assert sorted(disk(tmp_path / "run")) == ["run.json"]
    told.clear()
    api.simulate("baseline", [HORIZON], prior=True, draws=SMALL, output=small.folder, progress=stop)
    assert told == []  # nothing to do


# Chunk files


@pytest.fixture(scope="module")
def stored(small: Forecast, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Counts, str]:
    """A folder with one chunk of small counts, its bytes, its counts and its run."""
    folder, run = tmp_path_factory.mktemp("chunk"), small.manifest.id
    counts = Counts(
        milestones=np.eye(BATCHES, dtype=np.int64)[:, None, :],
        durations=np.eye(BATCHES, dtype=np.int64)[:, None, :],
        classes=np.ones((BATCHES, 1), np.int64),
        fans=np.full((1, 1, 1), BATCHES),
        accounts=np.array([[1, 0, 0, 0]] * BATCHES),
    )
    return folder, pack(0, run, counts, "a machine"), counts, run


def test_a_chunk_comes_back(stored: tuple[Path, bytes, Counts, str]) -> None:
    folder, content, counts, run = stored
    write_bytes(folder / "chunks" / "00000000.npz", content)
    found = read_chunk(folder, 0, run)
    assert found is not None
    assert same(found.counts, counts) and found.maker == "a machine"
    assert read_chunk(folder, 1, run) is None
    assert read_chunk(folder, 0, "0" * 64) is None
    write_bytes(folder / "chunks" / "00000003.npz", content)
    assert read_chunk(folder, 3, run) is None, "a chunk under another index"


@settings(max_examples=400)
@given(st.data())
def test_a_damaged_chunk_is_never_taken_for_another(
    stored: tuple[Path, bytes, Counts, str], data: st.DataObject
) -> None:
    folder, content, counts, run = stored
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        damaged = content[:place]
    else:
        damaged = content[:place] + bytes([content[place] ^ data.draw(st.integers(1, 255))]) + content[place + 1 :]
    (folder / "chunks" / "00000000.npz").write_bytes(damaged)
    found = read_chunk(folder, 0, run)
    assert found is None or same(found.counts, counts)


# Other runs and foreign files


@pytest.mark.parametrize(
    ("overrides", "options", "field"),
    [
        ((), {"seed": 7}, "seed"),
        (("priors.curvature=0.01",), {}, "priors.curvature"),
        (("run.horizon=2033",), {}, "plan.grid"),
        (("as_of=2026-11-21",), {}, "plan.as_of"),
        (("condition_on_not_yet=false",), {}, "plan.as_of"),
    ],
    ids=["seed", "prior", "horizon", "as_of", "condition"],
)
def test_the_folder_of_another_run_is_refused(
    small: Forecast, overrides: tuple[str, ...], options: dict[str, Any], field: str
) -> None:
    before = disk(small.folder)
    with pytest.raises(RunError) as caught:
        simulate(small.folder, SMALL, *overrides, **options)
    assert caught.value.exit_code == 5
    assert field in str(caught.value)
    assert str(small.folder) in str(caught.value)
    assert disk(small.folder) == before


def test_fewer_draws_are_refused(small: Forecast) -> None:
    before = disk(small.folder)
    with pytest.raises(RunError, match=f"{SMALL}") as caught:
        simulate(small.folder, SMALL - 1)
    assert caught.value.exit_code == 5
    assert disk(small.folder) == before


def test_words_and_draws_are_no_part_of_a_run(small: Forecast) -> None:
    study = api.load_study("baseline", [HORIZON, 'title="Another title"', "run.draws=77"])
    assert make_manifest(small.folder, study, None, small.manifest.seed, 77).id == small.manifest.id
    assert make_manifest(small.folder, study, None, small.manifest.seed + 1, 77).id != small.manifest.id


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    before = disk(tmp_path)
    with pytest.raises(RunError, match="other files") as caught:
        simulate(tmp_path, 5)
    assert caught.value.exit_code == 5
    assert disk(tmp_path) == before


def test_the_default_folder_is_named_after_the_scenario_and_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Forecast
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(small.folder, tmp_path / "runs" / f"baseline-{small.manifest.id[:8]}")
    made = api.simulate("baseline", [HORIZON], prior=True, draws=SMALL)  # finds it whole there
    assert made.folder == Path("runs") / f"baseline-{small.manifest.id[:8]}"


# run.json


def edited(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: {**document, **changes}


DAMAGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a list": lambda document: [document],
    "nothing": lambda document: None,
    "no id": lambda document: {name: value for name, value in document.items() if name != "id"},
    "another schema": edited(schema="rsimc.run/0"),
    "another id": edited(id="0" * 64),
    "another seed": edited(seed=3),
    "draws in words": edited(draws="many"),
    "no draws": edited(draws=0),
    "inputs of another kind": edited(inputs=[]),
    "other inputs": lambda document: {**document, "inputs": {**document["inputs"], "version": "0"}},
    "no scenario": edited(scenario={}),
    "a scenario of another kind": edited(scenario="baseline"),
    "a posterior that is not there": edited(posterior="0" * 64),
}


def refused(folder: Path) -> None:
    before = disk(folder)
    with pytest.raises(RunError) as caught:
        open_run(folder)
    assert caught.value.exit_code == 5
    assert str(folder) in str(caught.value)
    assert disk(folder) == before


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_changed_record_is_refused(small: Forecast, tmp_path: Path, damage: Callable[..., object]) -> None:
    document = json.loads((small.folder / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(damage(document)))
    shutil.copytree(small.folder / "chunks", tmp_path / "chunks")
    refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"not json"])
def test_a_damaged_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    refused(tmp_path)
    before = disk(tmp_path)
    with pytest.raises(RunError, match=r"run\.json"):
        simulate(tmp_path, 5)
    assert disk(tmp_path) == before


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    refused(tmp_path)
    (tmp_path / "run.json").mkdir()
    refused(tmp_path)
    with pytest.raises(RunError):
        open_run(tmp_path / "not" / "there")


# The ensemble


@pytest.fixture(scope="module")
def rows(small: Forecast) -> dict[str, np.ndarray]:
    table = pq.read_table(small.folder / "ensemble.parquet")
    return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}


def counted(rows: dict[str, np.ndarray]) -> np.ndarray:
    return rows["finite"] & ~rows["conditioned_out"]


def between(values: np.ndarray, edges: np.ndarray, below: np.ndarray, slack: float) -> bool:
    """Whether `below` counts the values at or below each edge, but for those that rounding puts on either side."""
    known = values[np.isfinite(values)]
    low, high = ([np.sum(known < edge + s) for edge in edges] for s in (-slack, slack))
    return bool(np.all(below >= low) and np.all(below <= high))


def test_the_ensemble_has_a_row_for_every_trajectory(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    assert np.array_equal(rows["trajectory"], np.arange(SMALL))
    assert np.array_equal(rows["batch"], np.arange(SMALL) // BLOCK % BATCHES)
    assert np.all(rows["draw"] == 0)  # of the prior every trajectory is a draw of its own
    for name in small.study.priors.names:
        assert np.isfinite(rows[f"parameter.{name}"]).all()
    assert len(np.unique(rows["parameter.compute_growth"])) > 0.99 * SMALL


def test_the_accounts_are_those_of_the_ensemble(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    masks = {
        "counted": counted(rows),
        "nonfinite": ~rows["finite"],
        "conditioned_out": rows["finite"] & rows["conditioned_out"],
        "clipped": counted(rows) & rows["clipped"],
    }
    for n, mask in enumerate(masks.values()):
        assert np.array_equal(small.counts.accounts[:, n], np.bincount(rows["batch"], mask, BATCHES))
    assert 0 < small.counts.account("conditioned_out") < SMALL
    seen = [m.name for m in small.milestones if m.seen]
    gone = np.any(
        [rows[f"date.{name}"] < small.study.plan.grid.start + small.study.plan.as_of for name in seen], axis=0
    )
    assert np.array_equal(gone, rows["conditioned_out"])


def test_the_dates_of_the_ensemble_are_those_counted(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    edges, kept = np.array(small.study.plan.grid.edges()), counted(rows)
    for n, milestone in enumerate(small.milestones):
        dates, bins = rows[f"date.{milestone.name}"], small.counts.milestones[:, n]
        for batch in (0, 7, SMALL // BLOCK):
            mask = kept & (rows["batch"] == batch)
            assert between(dates[mask], edges, np.cumsum(bins[batch])[:-1], 2e-6), milestone.name
            assert bins[batch, -1] == np.sum(np.isnan(dates[mask]))
    assert small.counts.milestones[:, :, 1:-1].sum() > SMALL


def test_the_durations_of_the_ensemble_are_those_counted(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    kept = counted(rows)
    for n, (duration, scale) in enumerate(
        zip(small.study.model.durations, small.study.plan.duration_bins, strict=True)
    ):
        spans, bins = rows[f"duration.{duration.name}"][kept], small.counts.durations[:, n].sum(axis=0)
        edges = np.log(scale.edges()) if scale.log else scale.edges()
        placed = np.log(np.maximum(spans, 1e-6)) if scale.log else spans
        assert between(placed, edges, np.cumsum(bins)[:-1], 1e-4), duration.name
        assert bins[-1] == np.sum(np.isnan(spans) | (spans >= scale.high))
        both = np.all([~np.isnan(rows[f"date.{name}"]) for name in (duration.start, duration.end) if name], axis=0)
        assert np.array_equal(~np.isnan(rows[f"duration.{duration.name}"]), both)


def test_the_classes_of_the_ensemble_are_those_counted(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    for n, name in enumerate(small.study.model.classes):
        expected = np.bincount(rows["batch"], counted(rows) & (rows["class"] == name), BATCHES)
        assert np.array_equal(small.counts.classes[:, n], expected), name


def test_the_observables_of_the_ensemble_are_those_counted(small: Forecast, rows: dict[str, np.ndarray]) -> None:
    plan, kept = small.study.plan, counted(rows)
    names = [name for name in rows if "@" in name]
    assert {name.split("@")[0] for name in names} == {o.name for o in plan.model.observables}
    assert min(name.split("@")[1] for name in names) > "2026-11-22"
    last = max(name.split("@")[1] for name in names)
    assert last == "2031-12-31"
    for n, (observable, bins) in enumerate(zip(plan.model.observables, plan.fan_bins, strict=True)):
        values = rows[f"{observable.name}@{last}"][kept].astype(np.float64)
        scale = np.log if bins.log else np.asarray
        slack = 1e-4 * (bins.range[1] - bins.range[0])
        below = np.cumsum(small.counts.fans[-1, n, : bins.size])[:-1]
        assert between(scale(values), scale(bins.edges()), below, slack), observable.name


# Shares of a run


def share(folder: Path, number: int, of: int) -> Forecast | driver.Partial:
    options: dict[str, Any] = {"prior": True, "draws": LONG, "output": folder}
    return api.simulate_share("baseline", [HORIZON], share=driver.Share(number, of), **options)


def test_shares_of_a_run_make_the_bytes_of_the_whole(long: Forecast, tmp_path: Path) -> None:
    second = share(tmp_path / "run", 2, 2)
    assert isinstance(second, driver.Partial) and (second.done, second.total) == (1, 2)
    assert not (tmp_path / "run" / "ensemble.parquet").exists()  # of chunk 0, which is another's
    first = share(tmp_path / "run", 1, 2)
    assert isinstance(first, Forecast)
    for name in ("chunks/00000000.npz", "chunks/00000001.npz", "ensemble.parquet"):
        assert (tmp_path / "run" / name).read_bytes() == (long.folder / name).read_bytes()
    assert isinstance(share(tmp_path / "run", 2, 2), Forecast)


@given(st.integers(1, 2**32), st.integers(1, 500))
def test_every_chunk_is_of_one_share(draws: int, of: int) -> None:
    few = min(draws, 40 * CHUNK)
    found = sorted(index for number in range(1, of + 1) for index in driver.Share(number, of).chunks(few))
    assert found == list(range(-(-few // CHUNK)))


def test_shares_from_several_folders_are_joined(long: Forecast, tmp_path: Path) -> None:
    for number in (1, 2):
        assert isinstance(share(tmp_path / str(number), number, 2), driver.Partial)
    made = api.merge([tmp_path / "2", tmp_path / "1"], tmp_path / "both")
    assert isinstance(made, Forecast) and same(made.counts, long.counts)
    assert chunk_bytes(made.folder) == chunk_bytes(long.folder)
    assert verify(made.folder, 1).problems == ()
    few = api.merge([tmp_path / "2"], tmp_path / "half")
    assert isinstance(few, driver.Partial) and (few.done, few.total) == (1, 2)
    assert isinstance(share(tmp_path / "half", 1, 1), Forecast)  # and goes on from there
    with pytest.raises(RunError, match=r"00000001\.npz: .*do not count twice"):
        api.merge([tmp_path / "2", tmp_path / "both"], tmp_path / "new")
    with pytest.raises(RunError, match="a new or an empty folder"):
        api.merge([tmp_path / "1", tmp_path / "2"], tmp_path / "half")
    assert not (tmp_path / "new").exists()


def test_other_runs_are_not_joined(small: Forecast, long: Forecast, tmp_path: Path) -> None:
    other = api.simulate("baseline", ["run.horizon=2031"], prior=True, draws=5, output=tmp_path / "other")
    with pytest.raises(RunError, match=r"they differ in .*plan\.grid"):
        api.merge([long.folder, other.folder], tmp_path / "new")
    with pytest.raises(RunError, match="they differ in draws"):
        api.merge([long.folder, small.folder], tmp_path / "new")
    folder = copied(long, tmp_path / "damaged")
    (folder / "chunks" / "00000001.npz").write_bytes(b"half")
    with pytest.raises(RunError, match="a damaged one"):
        api.merge([folder], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_two_processes_on_one_folder_count_no_chunk_twice(long: Forecast, tmp_path: Path) -> None:
    work = [subprocess.Popen(command(tmp_path / "run", LONG), stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [child.wait(300) for child in work] == [0, 0]
    made, there = disk(tmp_path / "run"), disk(long.folder)
    for name in ("chunks/00000000.npz", "chunks/00000001.npz", "ensemble.parquet"):
        assert made[name][1] == there[name][1]
    assert open_run(tmp_path / "run").counts.n == LONG
    assert not [name for name in made if name.endswith(".part")]


def test_what_a_killed_process_left_is_swept(long: Forecast, tmp_path: Path) -> None:
    folder = copied(long, tmp_path / "run")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = re.sub(r"[^A-Za-z0-9]", "_", platform.node())
    left = folder / "chunks" / f".00000001.npz.{host}-{dead.pid}.part"
    alive = folder / "chunks" / f".00000001.npz.{host}-{os.getppid()}.part"
    elsewhere = folder / "chunks" / f".00000001.npz.elsewhere-{dead.pid}.part"
    for path in (left, alive, elsewhere):
        path.write_bytes(b"half a chunk")
    simulate(folder, LONG)
    assert [path.exists() for path in (left, alive, elsewhere)] == [False, True, True]


def test_the_first_of_two_writers_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "first", first=True)
    write_text(tmp_path / "file", "second", first=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "first"


def test_a_record_of_another_version_says_which(small: Forecast, tmp_path: Path) -> None:
    folder = copied(small, tmp_path / "run")
    record = json.loads((folder / "run.json").read_text())
    record["schema"], record["machine"]["versions"]["rsimc"] = "rsimc.run/9", "7.1"
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"written by rsimc 7\.1"):
        open_run(folder)


# Checksums


@pytest.mark.parametrize("finish", [api.summarise, api.publish])
def test_checksums_name_every_file_and_hold(
    small: Forecast, tmp_path: Path, finish: Callable[[Forecast], Path]
) -> None:
    folder = copied(small, tmp_path / "run")
    assert finish(open_run(folder)).parent == folder
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines if not line.startswith("#"))
    assert len(listed) == len(lines) - 1
    assert set(listed) == {name for name in disk(folder) if name != "SHA256SUMS"}
    assert {"run.json", "ensemble.parquet", "summary.nc", "chunks/00000000.npz"} <= set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


# Atomic writes


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, OSError])
def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, failure: type[BaseException]) -> None:
    path = write_text(tmp_path / "file", "old")

    def writer(part: Path) -> None:
        part.write_text("half of the new")
        raise failure("stop")

    with pytest.raises(OutputError if failure is OSError else failure):
        write_atomic(path, writer)
    assert {name: content for name, (_, content) in disk(tmp_path).items()} == {"file": b"old"}


def test_what_is_written_is_there_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    for content in (b"first", b"", b"\x00" * 100_000):
        assert write_bytes(path, content) == path
        assert path.read_bytes() == content
        assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for attempt in (make_folder, lambda path: write_text(path, "x"), lambda path: simulate(path, 5)):
        with pytest.raises(OutputError) as caught:
            attempt(tmp_path / "file" / "run")
        assert str(tmp_path / "file") in str(caught.value)
        assert caught.value.exit_code == 1
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "file", b"old")
    with files_at_most(10_000), pytest.raises(OutputError, match="file too large") as caught:
        write_bytes(path, b"x" * 20_000)
    assert str(path) in str(caught.value)
    assert {name: content for name, (_, content) in disk(tmp_path).items()} == {"file": b"old"}


@pytest.mark.parametrize("size", [100, 4096, 60_000, 300_000])
def test_a_full_disk_at_the_summary_keeps_the_run(small: Forecast, tmp_path: Path, size: int) -> None:
    folder = copied(small, tmp_path / "run")
    made, before = open_run(folder), disk(folder)
    with files_at_most(size), pytest.raises(OutputError, match=r"summary\.nc"):
        api.summarise(made)
    assert disk(folder) == before
    assert api.summarise(made).exists()


def test_a_full_disk_in_a_run_keeps_the_chunks_that_are_done(long: Forecast, tmp_path: Path) -> None:
    folder = copied(long, tmp_path / "run")
    (folder / "chunks" / "00000000.npz").unlink()
    (folder / "ensemble.parquet").unlink()
    before = disk(folder)
    with files_at_most(1_000_000), pytest.raises(OutputError, match=r"ensemble\.parquet") as caught:
        simulate(folder, LONG)
    assert "free space" in str(caught.value)
    assert disk(folder) == before
    assert whole(folder, long) == [False, True]


def test_draws_and_seeds_out_of_range_are_refused(tmp_path: Path) -> None:
    for options in ({"draws": 0}, {"draws": -1}, {"draws": 2**32 + 1}, {"seed": -1}, {"seed": 2**32}):
        with pytest.raises(UsageError) as caught:
            api.simulate("baseline", prior=True, output=tmp_path / "run", **options)  # type: ignore[arg-type]
        assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []
    assert driver.chunk_count(2**32) == 2**32 // CHUNK
