"""Sampling files of the AI Futures Model come out as scenarios; bad ones are one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rsimc import api
from rsimc.cli.main import main
from rsimc.errors import RsimcError, UsageError
from rsimc.models.published.aifm.quantities import SPEARMAN
from rsimc.scenario.published import aifm


def sampled(low: float, high: float, dist: str = "lognormal") -> dict[str, Any]:
    shift = {"shift": 1.0} if dist == "shifted_lognormal" else {}
    return {"dist": dist, "ci80": [low, high], **shift, "clip_to_bounds": False}


def eli() -> dict[str, Any]:
    """A file of Eli Lifland's numbers of December 2025, written as the original's are."""
    ours = {own: theirs for theirs, own in aifm.NAMES.items()}
    names = sorted({ours[name] for a, b, _ in SPEARMAN for name in (a, b)})
    of = {frozenset((ours[a], ours[b])): rho for a, b, rho in SPEARMAN}
    rows = [[1.0 if a == b else of.get(frozenset((a, b)), 0.0) for b in names] for a in names]
    return {
        "num_rollouts": 1000,
        "time_range": [2012.0, 2050.0],
        "parameters": {
            "ac_time_horizon_minutes": {"dist": "lognormal", "ci80": [12000, "1.2e10"], "min": 960, "max": "1e30"},
            "pre_gap_ac_time_horizon": sampled(12456, 1245600),
            "include_gap": {"dist": "choice", "values": ["no gap", "gap"], "p": [0.55, 0.45]},
            "gap_years": sampled(0.3, 7.5),
            "present_day": {"dist": "fixed", "value": 2025.6},
            "present_horizon": {"dist": "fixed", "value": 26.0},
            "present_doubling_time": sampled(0.29, 0.717),
            "doubling_difficulty_growth_factor": sampled(0.82, 1.02, "normal"),
            "rho_coding_labor": {"dist": "choice", "values": [-5, -2, -1], "p": [0.25, 0.5, 0.25]},
            "inf_compute_asymptote": sampled(25, 40000, "shifted_lognormal"),
            "inf_labor_asymptote": sampled(1, 200, "shifted_lognormal"),
            "inv_compute_anchor_exp_cap": sampled(0.7, 4.6, "shifted_lognormal"),
            "parallel_penalty": {"dist": "beta", "alpha": 3, "beta": 3, "min": 0.0, "max": 1.0},
            "swe_multiplier_at_present_day": sampled(0.18, 2, "shifted_lognormal"),
            "coding_automation_efficiency_slope": sampled(1, 9),
            "max_serial_coding_labor_multiplier": sampled(1e4, 1e12),
            "ai_research_taste_at_coding_automation_anchor_sd": sampled(-2.5, 3.5, "normal"),
            "ai_research_taste_slope": sampled(0.7, 6.9),
            "median_to_top_taste_multiplier": sampled(0.7, 10.4, "shifted_lognormal"),
            "taste_limit": sampled(2, 32),
            "taste_limit_smoothing": {"dist": "beta", "alpha": 2, "beta": 2},
            "software_progress_rate_at_reference_year": sampled(0.4, 2.5),
            "ted_ai_m2b": sampled(1, 9),
        },
        "time_series_parameters": {
            "constant_training_compute_growth_rate": sampled(0.55, 0.65, "normal"),
            "slowdown_year": {"dist": "uniform", "min": 2026.0, "max": 2030.0},
            "post_slowdown_training_compute_growth_rate": sampled(0.15, 0.35, "normal"),
        },
        "correlation_matrix": {"parameters": names, "correlation_matrix": rows, "correlation_type": "spearman"},
    }


DANIEL = {
    "parent": "eli.yaml",
    "parameters": {
        "ac_time_horizon_minutes": sampled(24912, 6228000),
        "present_doubling_time": sampled(0.417, 0.583),
        "include_gap": {"dist": "fixed", "value": "no gap"},
        "ai_research_taste_at_coding_automation_anchor_sd": sampled(-3, 3, "normal"),
        "median_to_top_taste_multiplier": sampled(0.8, 11, "shifted_lognormal"),
        "ai_research_taste_slope": sampled(1, 9),
    },
}


def written(folder: Path, name: str, document: object) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize("name", ["eli", "daniel"])
def test_their_own_numbers_are_the_bundled_scenario(name: str, tmp_path: Path) -> None:
    written(tmp_path, "eli.yaml", eli())
    written(tmp_path, "daniel.yaml", DANIEL)
    found = aifm.read(tmp_path / f"{name}.yaml")
    assert found.left == ("num_rollouts",)
    (tmp_path / "mine.toml").write_text(found.text)
    mine, bundled = (api.load_study(one) for one in (str(tmp_path / "mine.toml"), f"aifm-2025-{name}"))
    assert mine.plan.grid.end == bundled.plan.grid.end
    for (key, label, one), (_, _, other) in zip(mine.priors.entries, bundled.priors.entries, strict=True):
        for level in (0.05, 0.5, 0.95):
            assert one.quantile(level) == pytest.approx(other.quantile(level), rel=1e-6, abs=1e-6), (key, label)


def test_correlations_are_those_of_the_model() -> None:
    assert aifm.CORRELATIONS == SPEARMAN


def test_what_a_file_does_not_name_is_the_programs_default(tmp_path: Path) -> None:
    document = eli() | {"parameters": {"taste_limit": {"dist": "fixed", "value": 4}}}
    (tmp_path / "mine.toml").write_text(aifm.read(written(tmp_path, "one.yaml", document)).text)
    study = api.load_study(str(tmp_path / "mine.toml"))
    values = dict(zip(study.priors.names, (prior.quantile(0.5) for _, _, prior in study.priors.entries), strict=True))
    assert values["taste_limit"] == 4.0
    assert values["unlimited_compute"] == pytest.approx(999.0)
    assert values["gap_share"] == 0.0


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = eli()
    change(document)
    return document


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"parameters": 3},
        {"parameters": {"taste_limit": 3}},
        {"parent": "nowhere.yaml"},
        {"parent": "bad.yaml"},
        changed(lambda one: one.pop("correlation_matrix")),
        changed(lambda one: one["correlation_matrix"]["correlation_matrix"][0].__setitem__(1, 0.99)),
        changed(lambda one: one["correlation_matrix"].update(parameters=["taste_limit"])),
        changed(lambda one: one.update(time_range=[2012, 1999])),
        changed(lambda one: one["parameters"].update(present_day={"dist": "fixed", "value": 2026.0})),
        changed(lambda one: one["parameters"].update(automation_interp_type={"dist": "fixed", "value": "linear"})),
        changed(lambda one: one["parameters"].update(taste_limit={"dist": "cauchy"})),
        changed(lambda one: one["parameters"].update(taste_limit={"dist": "fixed", "value": "many"})),
        changed(lambda one: one["parameters"]["taste_limit"].update(clip_to_bounds=True)),
        changed(lambda one: one["parameters"]["include_gap"].update(p=[0.5, 0.6])),
        changed(lambda one: one["parameters"]["rho_coding_labor"].update(values=[1, 2, 3])),
        changed(lambda one: one["parameters"]["gap_years"].update(ci80=[3, 1])),
        changed(lambda one: one["parameters"].update(present_day={"dist": "uniform", "value": 2025.6})),
        changed(lambda one: one["parameters"].update(gap_years={"dist": "lognormal", "mu": 1000, "sigma": 1})),
        changed(lambda one: one["parameters"].update(gap_years={"dist": "fixed", "value": 10**400})),
        changed(lambda one: one["parameters"].update(rho_coding_labor={"dist": "choice", "values": [], "p": []})),
        changed(lambda one: one["parameters"].update(include_gap={"dist": "fixed", "value": ["gap"]})),
    ],
)
def test_a_bad_file_is_one_line(document: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "bad.yaml", document)
    with pytest.raises(RsimcError):
        aifm.read(path)
    assert main(["import", "aifm", str(path)]) in (2, 3)
    assert capsys.readouterr().err.count("\n") <= 2


def test_a_value_that_stands_twice_has_both_shares(tmp_path: Path) -> None:
    def scenario(values: list[int], shares: list[float]) -> str:
        document = eli()
        document["parameters"]["rho_coding_labor"] = {"dist": "choice", "values": values, "p": shares}
        return aifm.read(written(tmp_path, "one.yaml", document)).text

    assert scenario([-5, -5, -1], [0.25, 0.25, 0.5]) == scenario([-5, -1], [0.5, 0.5])


def test_a_file_is_of_one_forecaster(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        aifm.read(written(tmp_path, "eli.yaml", eli()), "eli")
