"""Bad input to the commands that run: one line on standard error, an exit code, nothing printed, nothing written."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from rsimc import api
from rsimc.cli.main import main
from rsimc.engine.counts import ACCOUNTS, Counts, zero
from rsimc.runs.chunks import pack, write_chunk
from rsimc.runs.manifest import claim, make_manifest

SHORT = ("--set", "run.horizon=2032")
PRIOR = ("simulate", "baseline", *SHORT, "--prior")


class Case(NamedTuple):
    """What is called with, the exit code, and words of the message. RUN, OTHER, BAD, BINARY, FOLDER stand for paths."""

    arguments: tuple[str, ...]
    code: int
    words: tuple[str, ...]


CASES = {
    # scenarios and their values
    "missing scenario": Case(("simulate", "no/such.toml", "--prior"), 3, ("no/such.toml", "no such file")),
    "misspelt scenario": Case(("forecast", "basline"), 3, ('did you mean "baseline"?',)),
    "a folder as scenario": Case(("forecast", "FOLDER"), 3, ("FOLDER", "a folder")),
    "a binary file as scenario": Case(("calibrate", "BINARY"), 3, ("BINARY", "UTF-8")),
    "a table as scenario": Case(("simulate", "BAD", "--prior"), 3, ("BAD",)),
    "misspelt prior": Case(
        (*PRIOR, "--set", "priors.curvatur=0.1"), 3, ("priors.curvatur", 'did you mean "curvature"?')
    ),
    "impossible interval": Case((*PRIOR, "--set", "priors.curvature=5 to 2"), 3, ("priors.curvature", "5 to 2")),
    "impossible share": Case((*PRIOR, "--set", "priors.curvature=beta(-1, 2)"), 3, ("priors.curvature",)),
    "no number": Case((*PRIOR, "--set", "priors.curvature=nan"), 3, ("priors.curvature",)),
    "unknown key": Case((*PRIOR, "--set", "run.drwas=5"), 3, ('did you mean "draws"?',)),
    "unknown model": Case((*PRIOR, "--set", "model=takeof"), 3, ('did you mean "takeoff"?',)),
    "a horizon in the past": Case((*PRIOR, "--set", "run.horizon=2020"), 3, ("run.horizon", "2030")),
    "an as_of after the horizon": Case((*PRIOR, "--set", "as_of=2040-01-01"), 3, ("as_of", "2032")),
    # data
    "a bad row": Case((*PRIOR, "--set", "data.metr_horizons.file=BAD"), 3, ("BAD", "row 3", "value", "a lot")),
    "a bad row, to fit": Case(("calibrate", *SHORT, "--set", "data.metr_horizons.file=BAD"), 3, ("BAD", "row 3")),
    "a missing table": Case((*PRIOR, "--set", "data.metr_horizons.file=no/such.csv"), 3, ("no/such.csv",)),
    "a binary table": Case((*PRIOR, "--set", "data.metr_horizons.file=BINARY"), 3, ("BINARY", "UTF-8")),
    "the table of another series": Case((*PRIOR, "--set", "data.lab_compute.file=BAD"), 3, ("BAD",)),
    "unknown series": Case((*PRIOR, "--set", "data.metr_horizon=true"), 3, ('did you mean "metr_horizons"?',)),
    "unknown suite": Case((*PRIOR, "--set", "data.metr_horizons.suite=TH9"), 3, ("TH9", "TH1.1")),
    # numbers on the command line
    "no draws": Case((*PRIOR, "--draws", "0"), 2, ("--draws", "from 1 to 4,294,967,296")),
    "absurd draws": Case((*PRIOR, "--draws", "1e30"), 2, ("--draws", "from 1 to 4,294,967,296")),
    "half a draw": Case(("forecast", "--draws", "0.5"), 2, ("--draws", "whole number")),
    "seed too large": Case((*PRIOR, "--seed", "4294967296"), 2, ("--seed", "from 0 to 4,294,967,295")),
    "negative seed": Case(("forecast", "--seed", "-1"), 2, ("--seed", "from 0 to 4,294,967,295")),
    "absurd draws in the scenario": Case((*PRIOR, "--set", "run.draws=1e30"), 3, ("run.draws",)),
    "absurd seed in the scenario": Case((*PRIOR, "--set", "run.seed=4294967296"), 3, ("run.seed",)),
    # calibration
    "few draws to calibrate": Case(
        ("calibrate", "--set", "calibration.chains=1", "--set", "calibration.draws=16"),
        4,
        ("calibration.draws", "1024"),
    ),
    "no data to calibrate": Case(("forecast", "--set", "as_of=2019-06-30"), 4, ("--prior",)),
    "no posterior file": Case(("simulate", *SHORT, "--posterior", "no/such.nc"), 5, ("no/such.nc", "rsimc calibrate")),
    "a posterior that is none": Case(("simulate", *SHORT, "--posterior", "BINARY"), 5, ("BINARY", "rsimc calibrate")),
    "prior and posterior": Case((*PRIOR, "--posterior", "BINARY"), 2, ("prior", "posterior", "both")),
    # run folders
    "the folder of another run": Case((*PRIOR, "--draws", "5", "--seed", "9", "-o", "RUN"), 5, ("RUN", "seed", "-o")),
    "a folder of other files": Case((*PRIOR, "--draws", "5", "-o", "OTHER"), 5, ("OTHER", "other files", "-o")),
    "fewer draws": Case((*PRIOR, "--draws", "4", "-o", "RUN"), 5, ("RUN", "5 or more")),
    "a file as folder": Case((*PRIOR, "--draws", "5", "-o", "BAD"), 1, ("BAD", "-o")),
    "below a file": Case((*PRIOR, "--draws", "5", "-o", "BAD/run"), 1, ("BAD", "-o")),
    "export of no run": Case(("export", "OTHER"), 5, ("OTHER", "run.json", "is this a run folder?")),
    "export of nothing": Case(("export", "no/such/run"), 5, ("no/such/run",)),
    "report of no run": Case(("report", "OTHER"), 5, ("OTHER", "run.json")),
    "a comparison with no run": Case(("report", "RUN", "OTHER"), 5, ("OTHER", "run.json")),
    "a comparison in a run": Case(
        ("report", "RUN", "RUN", "-o", "RUN/x.html"), 1, ("RUN", "outside run folders", "-o")
    ),
    "a comparison over a file": Case(("report", "RUN", "RUN", "-o", "BAD"), 1, ("BAD", "there already", "-o")),
    "a comparison of too many": Case(("report", *["RUN"] * 6), 2, ("2 to 5 runs", "6", "rsimc gallery")),
    "a place for one report": Case(("report", "RUN", "-o", "x.html"), 2, ("several runs", "one run", "-o")),
    "a gallery of no run": Case(("gallery", "OTHER"), 5, ("gallery", "OTHER", "run.json")),
    "a gallery of nothing": Case(("gallery", "no/such"), 5, ("no/such",)),
    "a gallery in a run": Case(("gallery", "RUN", "-o", "RUN/x.html"), 1, ("RUN", "outside run folders")),
    "unknown format": Case(("export", "RUN", "--format", "cvs"), 2, ('did you mean "csv"?',)),
    "export below a file": Case(("export", "RUN", "-o", "BAD/out.json"), 1, ("BAD",)),
    "export without a run": Case(("export",), 2, ("missing argument", "rsimc export -h")),
}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Path]]:
    """Paths by the words that stand for them; the current folder is empty."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    found = {name: tmp_path / name.lower() for name in ("RUN", "OTHER", "BAD", "BINARY", "FOLDER")}
    found["FOLDER"].mkdir()
    found["OTHER"].mkdir()
    (found["OTHER"] / "thesis.txt").write_text("years of work")
    found["BINARY"].write_bytes(bytes(range(256)) * 40)
    lines = files("rsimc.observations").joinpath("data", "metr_horizons.csv").read_text(encoding="utf-8").splitlines()
    header, row = list(csv.reader(lines[:2]))
    with found["BAD"].open("w", newline="") as handle:
        spoilt = [{"key": "second", "value": "a lot"}.get(name, text) for name, text in zip(header, row, strict=True)]
        csv.writer(handle).writerows([header, row, spoilt])
    finished(found["RUN"])
    yield found


def finished(folder: Path) -> None:
    """A finished run of five trajectories, all conditioned out, without the minutes of a real one."""
    study = api.load_study("baseline", ["run.horizon=2032"])
    manifest = claim(make_manifest(folder, study, None, study.scenario.run.seed, 5))
    empty = zero(study.plan)
    accounts = empty.accounts.copy()
    accounts[0, ACCOUNTS.index("conditioned_out")] = 5
    counts = Counts(empty.milestones, empty.durations, empty.classes, empty.fans, accounts)
    write_chunk(folder, 0, pack(0, manifest.id, counts, "nobody"))
    (folder / "ensemble.parquet").write_bytes(b"")


def below(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def spelt(arguments: tuple[str, ...], places: dict[str, Path]) -> list[str]:
    out = []
    for text in arguments:
        for name, path in places.items():
            text = text.replace(name, str(path))
        out.append(text)
    return out


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_mistake_is_one_line_and_changes_nothing(
    case: Case, places: dict[str, Path], tmp_path: Path, own_cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, cached = below(tmp_path), below(own_cache)
    capfd.readouterr()
    code = main(spelt(case.arguments, places))
    out, err = capfd.readouterr()
    assert (code, out) == (case.code, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err and "internal error" not in err
    assert all(word in err for word in spelt(case.words, places)), err
    assert below(tmp_path) == before
    assert below(own_cache) == cached


@pytest.mark.parametrize("name", ["a bad row", "the folder of another run"])
def test_the_process_ends_with_the_same_code(name: str, places: dict[str, Path]) -> None:
    case = CASES[name]
    command = [sys.executable, "-m", "rsimc.cli.main", *spelt(case.arguments, places)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert (done.returncode, done.stdout) == (case.code, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_the_same_arguments_without_the_mistake_are_taken(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the cases above fail for their mistakes: the run is whole, so that nothing is computed."""
    assert main([*PRIOR, "--draws", "5", "-o", str(places["RUN"]), "--json", "-q"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["n"], document["counts"]["conditioned_out"]) == (5, 5)
    for form in ("json", "csv"):
        assert main(["export", str(places["RUN"]), "--format", form]) == 0
        assert "closed_loop" in capsys.readouterr().out
