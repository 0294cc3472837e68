"""Parameter files of the Full Takeoff Model come out as scenarios; bad ones are one line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rsimc import api
from rsimc.cli.main import main
from rsimc.errors import RsimcError, UsageError
from rsimc.models.published.ftm.model import FullTakeoff
from rsimc.scenario.published import ftm

PRESETS = Path(__file__).parent / "peers" / "ftm_presets.csv"
BUNDLED = {
    "conservative": "ftm-conservative",
    "best_guess": "ftm-best-guess",
    "aggressive": "ftm-aggressive",
    "short_timelines": "ftm-1e30",
    "med_timelines": "ftm-1e36",
    "long_timelines": "ftm-1e42",
}


def presets() -> dict[str, dict[str, Any]]:
    """The original's, as the site exports a scenario; without what it never varies."""
    with PRESETS.open() as file:
        rows = {row.pop("preset"): row for row in csv.DictReader(file)}
    made: dict[str, dict[str, Any]] = {name: {k: float(v) for k, v in row.items()} for name, row in rows.items()}
    for row in made.values():
        enabled = row["runtime_training_tradeoff"] != 0.0
        row |= {ftm.ENABLED: enabled, "training_requirements_steepness": 0.0, "dynamic_t_end": True}
    return made


def medians(scenario: str) -> dict[str, float]:
    study = api.load_study(scenario)
    return dict(zip(study.priors.names, (prior.quantile(0.5) for _, _, prior in study.priors.entries), strict=True))


@pytest.mark.parametrize("name", BUNDLED)
def test_an_exported_preset_is_the_bundled_scenario(name: str, tmp_path: Path) -> None:
    path = tmp_path / "takeoff-scenario.json"
    path.write_text(json.dumps(presets()[name]))
    found = ftm.read(path)
    assert found.left == ("dynamic_t_end",)
    (tmp_path / "mine.toml").write_text(found.text)
    assert medians(str(tmp_path / "mine.toml")) == pytest.approx(medians(BUNDLED[name]), rel=1e-8)


def test_one_of_several_is_taken_by_name(tmp_path: Path) -> None:
    path = tmp_path / "several.json"
    path.write_text(json.dumps(presets()))
    assert ftm.read(path).text != ftm.read(path, "aggressive").text
    with pytest.raises(UsageError, match="best_guess"):
        ftm.read(path, "bset_guess")


def rows(by_name: bool = False) -> list[dict[str, str]]:
    """The sheet of parameters, from the presets; by the names of December 2022, whose run time is of a year."""
    low, middle, high = (presets()[name] for name in ("conservative", "best_guess", "aggressive"))
    names = {key: words for key, _, _, words in ftm.ROWS}
    made = []
    for key in (key for key in middle if key in ftm.OURS):
        year = ftm.YEAR if by_name and key == ftm.RUNTIME else 1.0
        cells = [f"{one[key] * year:.12g}" for one in (low, middle, high)]
        cells = ["", cells[1], ""] if len(set(cells)) == 1 else cells
        made.append({"Parameter id": names[key] if by_name else key, **dict(zip(ftm.ENDS, cells, strict=True))})
    return made


def sheet(folder: Path, table: list[dict[str, str]], head: str = "Parameter id") -> Path:
    path = folder / "parameters.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]) if table else ["x"])
        writer.writerow({name: head if name == "Parameter id" else name for name in writer.fieldnames})
        writer.writerows(table)
    return path


@pytest.mark.parametrize(("by_name", "head"), [(False, "Parameter id"), (True, ""), (True, "Unnamed: 0")])
def test_their_table_is_the_bundled_scenario(by_name: bool, head: str, tmp_path: Path) -> None:
    found = ftm.read(sheet(tmp_path, rows(by_name), head))
    assert found.extends == "ftm" and len(found.left) == 1 and "Cotra" in found.left[0]
    (tmp_path / "mine.toml").write_text(found.text)
    mine, bundled = (api.load_study(one) for one in (str(tmp_path / "mine.toml"), "ftm"))
    for (key, label, one), (_, _, other) in zip(mine.priors.entries, bundled.priors.entries, strict=True):
        for level in (0.05, 0.5, 0.95):
            assert one.quantile(level) == pytest.approx(other.quantile(level), rel=1e-6, abs=1e-9), (key, label)


def test_a_column_of_the_table_is_a_preset(tmp_path: Path) -> None:
    found = ftm.read(sheet(tmp_path, rows()), "Aggressive")
    (tmp_path / "mine.toml").write_text(found.text)
    assert medians(str(tmp_path / "mine.toml")) == pytest.approx(medians("ftm-aggressive"), rel=1e-8)


def test_every_parameter_of_the_model_has_its_row() -> None:
    names = {f"{p.name}.{label}" if label else p.name for p in FullTakeoff.parameters for label in p.labels or ("",)}
    assert {name for _, name, _, _ in ftm.ROWS if name} == names


def changed(change: Callable[[list[dict[str, str]]], object]) -> list[dict[str, str]]:
    made = rows()
    change(made)
    return made


@pytest.mark.parametrize(
    "table",
    [
        [],
        [{"Parameter id": "x", "Conservative": "1", "Best guess": "2"}],
        [{"Parameter id": "x", "Conservative": "1", "Best guess": "2", "Aggressive": "3"}],
        changed(lambda made: made[1].update({"Best guess": "many"})),
        changed(lambda made: made[1].update({"Best guess": ""})),
        changed(lambda made: made[1].update({"Best guess": "1e400"})),
        changed(lambda made: made[1].update({"Best guess": "1e3", "Conservative": "1e4", "Aggressive": "1e5"})),
        changed(lambda made: made.append(made[1])),
        changed(lambda made: made[1].update({"Best guess": "-1"})),
        changed(lambda made: made[2].update({"Conservative": "0.5"})),
        changed(lambda made: made[8].update({"Aggressive": "0.2"})),
        changed(lambda made: made.append({**made[0], "Parameter id": "runtime_requirements_steepness"})),
        changed(
            lambda made: made.append(dict(zip(made[0], ["training_requirements_steepness", "2", "0", ""], strict=True)))
        ),
        changed(lambda made: made[1].update({"Conservative": "0.5"})),
        changed(lambda made: made[17].update({"Best guess": "8", "Conservative": ""})),
    ],
)
def test_a_bad_table_is_one_line(
    table: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(sheet(tmp_path, table), capsys)


BAD = (
    "",
    "{",
    "[]",
    "3",
    "{}",
    '{"a": 1}',
    '{"a": {}}',
    '{"flop_gap_training": "x"}',
    '{"flop_gap_training": true}',
    '{"flop_gap_training": NaN}',
    '{"labour_substitution_goods": 0.5}',
    '{"training_requirements_steepness": 1}',
    '{"hardware_delay": 8}',
    '{"flop_gap_training": 0.5}',
    '{"initial_gwp": 0}',
    '{"flop_gap_training": 1' + 400 * "0" + "}",
    '{"\\ud800": 1, "hardware_delay": 1}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_scenario_is_one_line(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(text)
    refused(path, capsys)


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RsimcError):
        ftm.read(path)
    assert main(["import", "ftm", str(path)]) in (2, 3)
    assert capsys.readouterr().err.count("\n") <= 2


def test_run_time_by_its_name_is_of_a_year(tmp_path: Path) -> None:
    table = rows(by_name=True)
    place = next(n for n, row in enumerate(table) if row["Parameter id"] == "AGI runtime requirements")
    table[place] = rows()[place] | {"Parameter id": "AGI runtime requirements"}
    with pytest.raises(RsimcError, match="FLOP a year"):
        ftm.read(sheet(tmp_path, table))


def test_there_is_no_such_file(tmp_path: Path) -> None:
    for name in ("none.csv", "none.json"):
        with pytest.raises(RsimcError, match="no such file"):
            ftm.read(tmp_path / name)


def test_a_scenario_has_no_column(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(presets()["best_guess"]))
    with pytest.raises(UsageError, match="one scenario"):
        ftm.read(path, "Aggressive")
    with pytest.raises(UsageError, match="Best guess"):
        ftm.read(sheet(tmp_path, rows()), "Agressive")
