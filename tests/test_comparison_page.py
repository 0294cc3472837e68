"""Laws of the comparing page: it says what the comparison says, refuses no run that can stand beside, and is safe."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Scheme, at_every_width, no_sideways_scrolling, opened, serious_faults
from pages import HOSTILE, Written, differing_numbers, safe
from playwright.sync_api import Browser, Download

from rsimc import api, comparing
from rsimc.analysis.document import document as forecast_document
from rsimc.analysis.forecast import Forecast
from rsimc.cli.main import main
from rsimc.errors import OutputError, UsageError
from rsimc.publish.comparing.beside import beside
from rsimc.publish.comparing.page import comparison_html, write_comparison
from rsimc.publish.comparison import document
from rsimc.runs.sums import sum_problems

HORIZON = 2034
DRAWS = 20 * 1024  # 20 batches: enough for errors
PAUSED = f"""
schema = 1
extends = "baseline"
title = '''{HOSTILE}'''
[run]
horizon = {HORIZON}
[[policy.pause]]
trigger = "small_loop"
lasts_months = "6 to 12"
"""
Runs = dict[str, Forecast]


def made(folder: Path, scenario: str, horizon: int = HORIZON, seed: int = 7, draws: int = DRAWS) -> Forecast:
    run = api.simulate(scenario, [f"run.horizon={horizon}"], prior=True, draws=draws, seed=seed, output=folder)
    api.summarise(run)
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "paused.toml").write_text(PAUSED)
    return {
        "plain": made(folder / "plain", "baseline"),
        "paused": made(folder / "paused", str(folder / "paused.toml")),
        "seed": made(folder / "seed", "baseline", seed=8),
        "longer": made(folder / "longer", "baseline", horizon=2036, draws=5),
    }


@pytest.fixture(scope="module")
def html(runs: Runs) -> str:
    return comparison_html(list(runs.values()))


@pytest.fixture(scope="module")
def page(html: str) -> Written:
    return Written(html)


# What it says


def test_the_page_shows_what_the_comparison_says(page: Written, runs: Runs) -> None:
    found = page.data("comparison")
    plain, paused, seed, longer = runs.values()
    wanted = document(comparing.compare([plain, paused, seed]))["comparisons"]
    assert found["comparisons"] == [*json.loads(json.dumps(wanted)), None]
    for shown, run in zip(found["runs"], (plain, paused, seed, longer), strict=True):
        whole = forecast_document(run)
        assert shown["counts"] == whole["counts"]
        for name, milestone in shown["milestones"].items():
            assert milestone["quantiles"] == whole["milestones"][name]["quantiles"]
            known = whole["milestones"][name]["probability_by"]
            assert milestone["probability_by"].items() <= known.items()
    assert len(page.numbers) > 500
    assert differing_numbers(page, found) == []


def test_the_answer_is_in_a_sentence_with_the_error_of_the_difference(page: Written, runs: Runs) -> None:
    one = comparing.compare([runs["plain"], runs["paused"]])[0].probability("closed_loop", "2030")
    assert one.difference is not None and one.se is not None
    said = f"−{-100 * one.difference:.2f} ± {max(100 * one.se, 0.01):.2f} points"
    assert said in page.words
    assert "paused and plain share noise and draws of the parameters" in page.words
    assert "What a month of pause buys." in page.words


def test_runs_that_share_less_are_shown_all_the_same(page: Written) -> None:
    assert "seed and plain share nothing: their seeds differ" in page.words
    assert "seed cannot be followed trajectory by trajectory" in page.words
    assert "longer is shown beside the first run, without differences: it runs to 2036, the first to 2034" in page.words
    assert page.data("comparison")["reasons"][:2] == ["", ""]


def test_the_scenarios_keys_that_differ_are_all_there(page: Written) -> None:
    assert [row["key"] for row in page.data("comparison")["scenarios"]] == ["policy.pause", "run.horizon"]
    assert 'trigger = "small_loop"' in page.words


def test_curves_are_those_of_the_runs(page: Written, runs: Runs) -> None:
    data = page.data("curve-data")
    pair = comparing.compare([runs["plain"], runs["paused"]])[0]
    for name in ("coder", "closed_loop"):
        found = data["milestones"][name]
        for n in range(0, len(data["days"]), 9):
            day = data["days"][n]["iso"]
            for column, run in enumerate(runs.values()):
                beyond = int(day[:4]) >= run.study.scenario.run.horizon
                wanted = None if beyond else run.probability(name, day).as_dict()["p"]
                assert found["p"][column][n] == wanted
            if int(day[:4]) < HORIZON:
                one = pair.probability(name, day)
                assert found["difference"][0][n] == pytest.approx(one.difference, abs=1e-6)
                assert found["difference_se"][0][n] == pytest.approx(one.se, rel=1e-2)
        assert set(found["difference"][2]) == {None}


def test_models_are_drawn_by_their_own_milestones_of_one_thing(runs: Runs, tmp_path: Path) -> None:
    """The one that the first run is about is drawn first; a model that has none of a thing is n/a."""
    others = [made(tmp_path / "kwa", "kwa-2026"), made(tmp_path / "sie", "forethought-sie", horizon=2036)]
    page = Written(comparison_html([runs["plain"], *others]))
    own = ("closed_loop", "automation_99", None)
    found = page.data("curve-data")["milestones"]["automated AI R&D"]
    days = page.data("curve-data")["days"]
    for n in range(0, len(days), 9):
        for column, run, name in zip(found["p"], [runs["plain"], *others], own, strict=True):
            inside = name and int(days[n]["iso"][:4]) < run.study.scenario.run.horizon
            assert column[n] == (run.probability(name, days[n]["iso"]).as_dict()["p"] if inside and name else None)
    assert all(value is None for row in found["difference"] for value in row)
    assert "(closed_loop)" in page.words and "(automation_99) and sie n/a." in page.words


def test_the_same_runs_give_the_same_bytes(html: str, runs: Runs) -> None:
    assert comparison_html([api.open_run(run.folder) for run in runs.values()]) == html


def test_the_page_is_small_safe_and_asks_for_nothing(html: str, page: Written) -> None:
    assert len(html.encode()) < 2_000_000
    assert safe(html)
    assert page.asked_for == set()
    assert HOSTILE in page.words
    assert sum(tag == "script" for tag, _ in page.tags) == 7


def test_runs_without_errors_and_a_run_twice(runs: Runs) -> None:
    few, again = runs["longer"], Written(comparison_html([runs["plain"], runs["plain"]]))
    assert Written(comparison_html([few, few])).data("comparison")["comparisons"][0] is not None
    assert len(set(again.data("curve-data")["runs"])) == 2
    assert "The scenarios say the same" in again.words


# Where it goes


def test_it_is_written_where_nothing_is_lost(runs: Runs, tmp_path: Path) -> None:
    pair = [runs["plain"], runs["paused"]]
    path = write_comparison(pair, tmp_path / "a.html")
    first = path.read_bytes()
    assert write_comparison(pair, path).read_bytes() == first  # an older page of this kind
    other = tmp_path / "mine.html"
    other.write_text("years of work")
    for place in (
        other,
        tmp_path,
        tmp_path / "none" / "a.html",
        pair[0].folder / "a.html",
        pair[0].folder / "x/a.html",
    ):
        with pytest.raises(OutputError):
            write_comparison(pair, place)
    assert other.read_text() == "years of work"
    assert [sum_problems(run.folder) for run in pair] == [[], []]


def test_a_page_has_room_for_two_to_five(runs: Runs) -> None:
    for count in (0, 1, 6):
        with pytest.raises(UsageError, match="2 to 5 runs"):
            beside([runs["plain"]] * count)


def test_the_command_compares_or_renews_each(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [str(runs[name].folder) for name in ("plain", "seed")]
    assert main(["report", *folders]) == 0
    assert capsys.readouterr().out == "comparison.html\n"
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.html"]
    assert not (runs["plain"].folder / "report.html").exists()
    assert main(["report", *folders, "--json", "-o", "b.html"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": "rsimc.report/1", "files": ["b.html"]}
    assert Path("b.html").read_bytes() == Path("comparison.html").read_bytes()
    assert main(["report", "--each", *folders]) == 0
    assert all((Path(folder) / "report.html").exists() and not sum_problems(Path(folder)) for folder in folders)
    for wrong in ([folders[0], "-o", "c.html"], [*folders, "--each", "-o", "c.html"], [folders[0]] * 6):
        assert main(["report", *wrong]) == 2
    assert main(["report", folders[0], str(tmp_path), "-o", "c.html"]) == 5
    assert not Path("c.html").exists()


# In a browser


@pytest.fixture(scope="module")
def address(html: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    path.write_text(html)
    yield path.as_uri()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_for_everybody(browser: Browser, address: str, scheme: Scheme) -> None:
    with opened(browser, address, scheme=scheme) as found:
        found.wait_for_selector("#chart-differences svg")
        for width in at_every_width(found):
            assert no_sideways_scrolling(found), width
            assert serious_faults(found) == [], width


def downloaded(download: Download) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(download.path()).read_text(encoding="utf-8"))))


@pytest.mark.browser
def test_the_keyboard_chooses_a_milestone_and_its_csv_is_that_of_the_runs(
    browser: Browser, address: str, runs: Runs
) -> None:
    with opened(browser, address) as found:
        found.wait_for_selector("#chart-differences svg")
        before = found.inner_text("#chosen")
        found.focus("#milestone")
        found.keyboard.type("coder")
        found.wait_for_selector('#chart-curves[aria-label*="coder"] svg')
        assert found.inner_text("#chosen") != before
        with found.expect_download() as waiting:
            found.focus("[data-csv=curves]")
            found.keyboard.press("Enter")
        assert waiting.value.suggested_filename == "coder-curves.csv"
        rows = downloaded(waiting.value)
        with found.expect_download() as waiting:
            found.click("[data-csv=differences]")
        apart = downloaded(waiting.value)
    assert {row["run"] for row in rows} == set(runs)
    for row in rows[::7]:
        run = runs[row["run"]]
        if int(row["date"][:4]) < run.study.scenario.run.horizon:
            wanted = run.probability("coder", row["date"]).as_dict()
            assert row["p"] == ("" if wanted["p"] is None else f"{wanted['p']:g}") or math.isclose(
                float(row["p"]), wanted["p"] or 0.0
            )
        else:
            assert (row["p"], row["se"]) == ("", "")
    pair = comparing.compare([runs["plain"], runs["paused"]])[0]
    mine = [row for row in apart if row["run"] == "paused" and row["date"] < f"{HORIZON}"]
    for row in mine[::7]:
        one = pair.probability("coder", row["date"])
        assert float(row["difference"]) == pytest.approx(one.difference, abs=1e-6)
    assert {row["first"] for row in apart} == {"plain"}
