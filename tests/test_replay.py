"""Laws of the replay: what it shows of a trajectory is what the run counted and kept of it."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rsimc import api
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.replay import Replay
from rsimc.cli.main import main
from rsimc.dates import iso_date
from rsimc.engine.plan import CHUNK
from rsimc.runs.chunks import pack, read_chunk

HORIZON = "run.horizon=2032"
DRAWS = CHUNK + 3000
IN_FIRST, IN_SECOND = 70_001, CHUNK + 2999
CLOSE_DAYS = 0.05
"""Of the program that shows all steps, which rounds otherwise than that which counts; bins are of 7 days."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    made = api.simulate("baseline", [HORIZON], prior=True, draws=DRAWS, output=tmp_path_factory.mktemp("runs") / "run")
    api.summarise(made)
    return made


@pytest.fixture(scope="module")
def first(run: Forecast) -> Replay:
    return api.replay(run.folder, IN_FIRST)


@pytest.fixture(scope="module")
def second(run: Forecast) -> Replay:
    return api.replay(run.folder, IN_SECOND)


def test_a_trajectory_of_the_ensemble_is_its_row(run: Forecast, first: Replay) -> None:
    kept = pq.read_table(run.folder / "ensemble.parquet").slice(IN_FIRST, 1).to_pylist()[0]
    assert first.row == kept
    assert first.counted is True


def test_a_trajectory_of_the_last_chunk_is_among_those_counted(run: Forecast, second: Replay) -> None:
    assert second.row["trajectory"] == IN_SECOND and second.counted is True
    batch, grid = int(str(second.row["batch"])), run.study.plan.grid
    for n, (name, year) in enumerate(second.dates.items()):
        place = grid.inside + 1 if year is None else max(0, int((year - grid.start) / grid.width) + 1)
        assert run.counts.milestones[batch, n, place] > 0, name


def test_the_path_crosses_at_the_dates_that_are_counted(first: Replay, second: Replay) -> None:
    for found in (first, second):
        assert any(year is not None for year in found.dates.values())
        assert found.apart_days < CLOSE_DAYS


def test_the_path_passes_through_the_stored_observables(run: Forecast, first: Replay) -> None:
    model, stored = run.study.model, run.study.plan.stored_steps
    checked = 0
    for step in stored:
        for one in model.observables:
            kept = first.row.get(f"{one.name}@{iso_date(model.start + step / model.steps_per_year - 1e-3)}")
            if kept is None:
                continue
            value = float(first.quantities[one.quantity][step])
            shown = np.exp(value) if one.scale == "log" else value
            assert shown == pytest.approx(kept, rel=1e-3, abs=1e-4), (one.name, step)
            checked += 1
    assert checked > 100


def test_a_chunk_that_the_run_lacks_or_holds_otherwise_is_told(run: Forecast, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run.folder, copy)
    path = copy / "chunks" / "00000001.npz"
    identity = run.manifest.chunk_identity
    stored = read_chunk(copy, 1, identity)
    assert stored is not None
    moved = stored.counts.milestones.copy()
    batch, milestone, place = np.argwhere(moved)[0]
    moved[batch, milestone, place] -= 1
    moved[batch, milestone, (place + 1) % moved.shape[-1]] += 1
    path.write_bytes(pack(1, identity, replace(stored.counts, milestones=moved), "another machine"))
    assert api.replay(copy, IN_SECOND).counted is False
    path.unlink()
    assert api.replay(copy, IN_SECOND).counted is None
    extended = json.loads((copy / "run.json").read_text()) | {"draws": DRAWS + 1000}  # the last chunk is to be remade
    shutil.copy(run.folder / "chunks" / "00000001.npz", path)
    (copy / "run.json").write_text(json.dumps(extended))
    assert api.replay(copy, IN_SECOND).counted is None


def test_the_command_shows_and_saves(run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(run.folder)
    assert main(["replay", place, "--index", str(IN_SECOND), "-q"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"trajectory {IN_SECOND} of run {run.manifest.id[:8]}")
    assert "these dates are those" in text and "closed_loop" in text and "compute_growth" in text
    table = tmp_path / "path.csv"
    assert main(["replay", place, "--index", str(IN_SECOND), "-q", "--json", "-o", str(table)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.replay/1" and document["same_counts_as_the_run"]
    rows = list(csv.DictReader(table.open()))
    assert [row["date"] for row in rows] == document["path"]["date"]
    hours = document["path"]["observables"]["horizon_hours"]
    assert [float(row["horizon_hours"]) for row in rows] == pytest.approx(hours, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--index", str(DRAWS)), 2, (f"from 0 to {DRAWS - 1}",)),
        (("--index", "-1"), 2, ("--index",)),
        ((), 2, ("--index",)),
        (("--index", "1", "-o", "path.txt"), 2, (".csv",)),
    ],
)
def test_mistakes_are_one_line(
    run: Forecast, arguments: tuple[str, ...], code: int, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(run.folder), *arguments, "-q"]) == code
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert all(word in err for word in words)
