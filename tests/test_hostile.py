"""Hostile input never gives a traceback, a hang or a changed file; benchmarks/hostile.py does 20,000 cases and more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hostile
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rsimc import api
from rsimc.cli.main import main
from rsimc.errors import ScenarioError

CASES = 400
HORIZON = "run.horizon=2030"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs, and two parts of one."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2):
        api.summarise(api.simulate("baseline", [HORIZON], prior=True, draws=5, seed=seed, output=folder / f"run{seed}"))
    hostile.parts(folder)
    return folder


def test_generated_input_is_refused_in_a_line_or_taken(runs: Path, tmp_path: Path) -> None:
    workshop = hostile.Workshop(tmp_path / "cases", runs, seed=1)
    found = []
    for _ in range(CASES):
        case = workshop.case()
        wrong = hostile.trouble(case, workshop.folder)
        found += [(case, wrong)] if wrong else []
    assert found == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=400), before=st.integers(0, 30))
def test_any_bytes_after_a_good_beginning(raw: bytes, before: int, tmp_path: Path) -> None:
    """Hypothesis where mutation has no imagination."""
    path = tmp_path / "my.toml"
    path.write_bytes("\n".join(hostile.RICH.splitlines()[:before]).encode() + b"\n" + raw)
    assert hostile.trouble(hostile.Case("scenario", ["check", str(path)]), tmp_path) == ""


@pytest.mark.parametrize("seed", range(5))
def test_processes_end_the_same_way(runs: Path, tmp_path: Path, seed: int) -> None:
    workshop = hostile.Workshop(tmp_path / "cases", runs, seed=100 + seed)
    case = workshop.case()
    before = hostile.state(workshop.folder)
    command = [sys.executable, "-m", "rsimc.cli.main", *case.arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace")
    assert hostile.changes(before, workshop.folder, done.returncode, case.arguments) == ""
    assert hostile.complaint(done.returncode, done.stdout, done.stderr, case.arguments) == ""


def test_the_check_itself_sees_trouble(tmp_path: Path) -> None:
    assert "exit 1" in hostile.complaint(1, "", "error: internal error: ValueError\n", ["check"])
    assert "traceback" in hostile.complaint(3, "", "Traceback (most recent call last):\n", ["check"])
    assert "2 lines" in hostile.complaint(3, "", "error: a\nb\n", ["check"])
    assert "printed" in hostile.complaint(5, "{}", "error: a\n", ["export"])
    (tmp_path / "a").write_text("1")
    before = hostile.state(tmp_path)
    (tmp_path / "a").write_text("2")
    assert "files changed" in hostile.changes(before, tmp_path, 0, ["check"])


@pytest.mark.parametrize("place", ["/dev/zero", "pipe"])
def test_devices_and_pipes_are_no_files(place: str, tmp_path: Path) -> None:
    """They would never end."""
    if place == "pipe":
        os.mkfifo(tmp_path / "pipe")
        place = str(tmp_path / "pipe")
    (tmp_path / "my.toml").write_text(f'schema = 1\nextends = "{place}"\n')
    for arguments in (
        ["check", place],
        ["check", str(tmp_path / "my.toml")],
        ["check", "--set", f"data.metr_horizons.file={place}"],
        ["check", "--set", f"model={place}.py:M", "--allow-code"],
        ["observations", "--import", place, "--series", "metr_horizons"],
    ):
        assert hostile.trouble(hostile.Case("device", arguments), tmp_path) == ""
        assert main(arguments) == 3


def test_a_strangers_scenario_starts_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "my.toml").write_text('schema = 1\nextends = "baseline"\nmodel = "model.py:Model"\n')
    for command in (["check"], ["simulate", "--prior"], ["forecast"], ["calibrate"]):
        assert main([*command, str(tmp_path / "my.toml")]) == 3
        assert "--allow-code" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "a\\b", "/etc/x"])
def test_a_name_leads_into_no_other_folder(name: str) -> None:
    scenario = api.load_study("baseline").scenario
    with pytest.raises(ValueError, match="slashes"):
        type(scenario).model_validate({**scenario.model_dump(by_alias=True), "name": name})


def test_deep_nesting_and_huge_numbers_are_refused(tmp_path: Path) -> None:
    for text in ("x = " + "[" * 5000 + "]" * 5000, "run = { draws = " + "9" * 9000 + " }", "[" + "a." * 20_000 + "b]"):
        (tmp_path / "my.toml").write_text(f'schema = 1\nextends = "baseline"\n{text}\n')
        with pytest.raises(ScenarioError):
            api.load_study(str(tmp_path / "my.toml"))
