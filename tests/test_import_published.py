"""Parameter files of AI 2027 come out as scenarios that resolve; bad ones are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rsimc import api
from rsimc.cli.main import main
from rsimc.errors import DataError, RsimcError
from rsimc.scenario.published import ai2027

MAY = """
simulation:
  {current_horizon: 20, max_time: 2070.0, initial_labor_pool: 2000, labor_power: 0.4, initial_research_stock: 60}
forecasters:
  eli:
    name: Eli
    compute_schedule: [[2028, 0.9], [2029, 0.5], [2030, 0.4], [2031, 0.3]]
    labor_growth_schedule: [[2025, 0.5], [2028, 0.4], [2029, 0.2], [2030, 0.15], [2031, 0.1]]
    initial_software_progress_share_ci: [0.2, 0.85]
    distributions:
      h_SC_ci: [1, 14400]
      horizon_doubling_time_ci: [2.5, 9]
      cost_speed_ci: [0.5, 30]
      announcement_delay_ci: [0.25, 6]
      present_prog_multiplier_ci: [0.03, 0.3]
      SC_prog_multiplier_ci: [1.5, 40.0]
      superexponential_schedule_months: [[0.0014, 0.25], [1, 0.6]]
      p_subexponential: 0.10
      se_speedup_ci: [0.05, 0.5]
      se_doubling_decay_fraction_ci: [0.03, 0.3]
      sub_doubling_growth_fraction: 0.1
  other:
    distributions: {h_SC_ci: [2, 3], T_t_ci: [1, 2], p_superexponential: 0.4, p_subexponential: 0.1}
"""
GAPS = """
simulation: {t_0: 2025.25, dt: 1.0}
forecasters:
  eli:
    distributions:
      h_sat_ci: [0.5, 15.0]
      h_SC_ci: [0.05, 6]
      T_t_ci: [0.5, 18.0]
      v_algorithmic_sat_ci: [0.05, 0.6]
      v_algorithmic_SC_ci: [1.5, 40.0]
      t_sat_ci: ["2025-09-01", "2031-01-01"]
      d_ci: [0.25, 6]
      p_superexponential: 0.45
      p_subexponential: 0.1
      se_doubling_decay_fraction: 0.1
      sub_doubling_growth_fraction: 0.1
    algorithmic_slowdowns:
      complex_engineering: [0.0, 0.5, 18]
      feedback_loops: [0.0, 0.8, 45]
      project_coordination: [0.0, 0.5, 4]
      specialization: [0.0, 0.5, 6]
      cost_and_speed: [0.0, 1, 48]
      other: [0.0, 1, 30]
"""
TAKEOFF = """
starting_time: "June 30 2028"
times: {"SC to SAR": [0.2, 1, 8], "SAR to SIAR": [0, 2, 250]}
speedups: {SC: 4, SAR: 20, SIAR: 200, ASI: 1500, WS: 10000}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "extends", "expected"),
    [
        (MAY, "ai-2027-horizon", {"present_horizon": 20.0, "labour": 2000.0, "superexponential_from.third": 1e9}),
        (GAPS, "ai-2027-gaps-april", {"superexponential_share": 0.45, "doubling_decay": 0.1}),
        (TAKEOFF, "ai-2027-takeoff", {"speed.coder": 4.0, "skipped_share": 0.2, "coder": 1.495890}),
    ],
)
def test_a_file_is_a_scenario_of_its_model(text: str, extends: str, expected: dict[str, float], tmp_path: Path) -> None:
    found = ai2027.read(written(tmp_path, text))
    assert found.extends == extends
    (tmp_path / "mine.toml").write_text(found.text)
    study = api.load_study(str(tmp_path / "mine.toml"))
    values = dict(zip(study.priors.names, (prior.quantile(0.5) for _, _, prior in study.priors.entries), strict=True))
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-5), name


def test_their_own_numbers_are_the_bundled_scenario(tmp_path: Path) -> None:
    """The parameters of the April edition's file are those of the bundled scenario."""
    (tmp_path / "mine.toml").write_text(ai2027.read(written(tmp_path, GAPS)).text)
    mine, bundled = (api.load_study(name) for name in (str(tmp_path / "mine.toml"), "ai-2027-gaps-april"))
    for (name, label, one), (_, _, other) in zip(mine.priors.entries, bundled.priors.entries, strict=True):
        for level in (0.05, 0.5, 0.95):
            assert one.quantile(level) == pytest.approx(other.quantile(level), rel=1e-4, abs=1e-4), (name, label)


def test_the_command_writes_and_names_what_it_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = written(tmp_path, MAY), tmp_path / "mine.toml"
    assert main(["import", "ai2027", str(path), "-o", str(out)]) == 0
    told = capsys.readouterr()
    assert "extends ai-2027-horizon" in told.out
    assert "se_speedup_ci" in told.err and "forecasters.eli.name" in told.err
    assert main(["import", "ai2027", str(path), "--forecaster", "other"]) == 0
    assert 'extends = "ai-2027-horizon-april"' in capsys.readouterr().out
    assert main(["import", "ai2027", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["forecaster"] == "eli"
    assert main(["import", "ai2027", str(path), "-o", str(out)]) == 1  # it is there
    assert main(["import", "ai2028", str(path)]) == 2
    assert main(["import", "ai2027", str(path), "--forecaster", "elli"]) == 2
    assert "did you mean" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "a: [",
        "forecasters: 3",
        "forecasters: {}",
        MAY.replace("[1, 14400]", "[14400, 1]"),
        MAY.replace("[1, 14400]", "[1]"),
        MAY.replace("[1, 14400]", '[".nan", 3]'),
        MAY.replace("[2031, 0.3]", "[2033, 0.3]"),
        MAY.replace("2070.0", "1999"),
        GAPS.replace("[0.0, 0.5, 18]", "[0.5, 0.5, 18]"),
        GAPS.replace("specialization", "specialisation"),
        GAPS.replace("2031-01-01", "someday"),
        TAKEOFF.replace("June 30 2028", "2028"),
        TAKEOFF.replace("June 30 2028", "June 30 2020"),
        TAKEOFF.replace("SAR: 20,", ""),
        TAKEOFF + "correlations: {a: 1}\n",
        GAPS.replace("t_0: 2025.25", "compute_decrease_date: 2027.0"),
    ],
)
def test_a_bad_file_is_one_line(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RsimcError):
        ai2027.read(path)
    assert main(["import", "ai2027", str(path)]) in (2, 3)
    assert capsys.readouterr().err.count("\n") <= 2


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        ai2027.read(tmp_path / "none.yaml")
