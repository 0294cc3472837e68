"""Laws of the index of runs: it says what the runs published, lists what it cannot read, and fails only when all do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import Scheme, at_every_width, no_sideways_scrolling, opened, serious_faults
from pages import HOSTILE, Written, differing_numbers, safe
from playwright.sync_api import Browser

import rsimc
from rsimc import api
from rsimc.analysis.document import document as forecast_document
from rsimc.analysis.gallery import gallery
from rsimc.cli.main import main
from rsimc.errors import OutputError, RunError
from rsimc.publish.gallery.document import document
from rsimc.publish.gallery.page import gallery_html

DRAWS = 20 * 1024
NASTY = "javascript:alert(1) <img src=x onerror=alert(2)>"


def made(folder: Path, scenario: str, *overrides: str, draws: int = DRAWS) -> Path:
    run = api.simulate(scenario, ["run.horizon=2034", *overrides], prior=True, draws=draws, seed=7, output=folder)
    api.summarise(run)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs: two editions of the baseline, one with a report; another scenario, in a folder of a hostile name."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "nasty.toml").write_text(f"schema = 1\nextends = 'baseline'\ntitle = '''{HOSTILE}'''\n")
    api.publish(api.open_run(made(folder / "deep" / "new", "baseline")))
    made(folder / "old", "baseline", "as_of=2026-03-01")
    made(folder / NASTY, str(folder / "nasty.toml"), draws=5)
    return folder


@pytest.fixture
def copies(place: Path, tmp_path: Path) -> Path:
    shutil.copytree(place, tmp_path / "copies")
    return tmp_path / "copies"


# What it says


def test_runs_are_in_the_order_of_scenario_and_date(place: Path) -> None:
    found = gallery([place])
    assert [(one.scenario, one.name) for one in found.entries] == [
        ("baseline", "old"), ("baseline", "new"), ("nasty", NASTY),
    ]  # fmt: skip
    assert found.failures == ()
    (editions,) = found.editions
    assert [one.name for one in editions] == ["old", "new"]
    assert "<img" not in found._repr_html_()


def test_it_says_what_the_runs_published(place: Path) -> None:
    page = Written(gallery_html(gallery([place]), place / "gallery.html"))
    found = page.data("gallery")
    assert differing_numbers(page, found) == [] and len(page.numbers) >= 8
    for one in found["runs"]:
        whole = forecast_document(api.open_run(place / one["folder"]))
        milestone = whole["milestones"][one["milestone"]]
        known = milestone["probability_by"]["2030-12-31"]
        assert one["probability"] == (known if known["p"] is not None else None)
        assert one["median"] == milestone["quantiles"]["0.5"]
        assert one["median_se_days"] == milestone["quantile_se_days"]["0.5"]
        assert {key: one[key] for key in ("id", "as_of", "n", "scenario")} == {
            key: whole[key] for key in ("id", "as_of", "n", "scenario")
        }
    moved = found["editions"][0]["editions"]
    assert [(one["as_of"], one["p"]) for one in moved] == [
        (one["as_of"], one["probability"]["p"]) for one in found["runs"][:2]
    ]


def test_links_lead_to_reports_that_are_there(place: Path, tmp_path: Path) -> None:
    for page in (place / "gallery.html", tmp_path / "gallery.html"):
        found = Written(gallery_html(gallery([place]), page))
        (link,) = found.asked_for
        assert (page.parent / link).resolve() == (place / "deep" / "new" / "report.html").resolve()
    (place / NASTY / "report.html").write_text("")
    links = Written(gallery_html(gallery([place]), place / "gallery.html")).asked_for
    (place / NASTY / "report.html").unlink()
    assert len(links) == 2 and not any(link.startswith("javascript:") for link in links)


def test_a_run_named_twice_is_one_and_links_are_not_followed(copies: Path) -> None:
    (copies / "loop").symlink_to(copies)
    twice = gallery([copies, copies / "old", copies / "." / "old"])
    assert sorted(one.name for one in twice.entries) == sorted(["old", "new", NASTY])


def test_it_is_safe_and_the_same_bytes(place: Path) -> None:
    page = place / "gallery.html"
    html = gallery_html(gallery([place]), page)
    assert safe(html) and len(html.encode()) < 100_000
    assert HOSTILE in Written(html).words and NASTY in Written(html).words
    assert gallery_html(gallery([place]), page) == html
    assert sum(tag == "script" for tag, _ in Written(html).tags) == 2


# What it cannot read


def damage(folder: Path, how: str) -> None:
    chunk = next((folder / "chunks").iterdir())
    if how == "no record":
        (folder / "run.json").unlink()
    elif how == "a foreign record":
        (folder / "run.json").write_text('{"schema": "other/1"}')
    elif how == "no summary":
        (folder / "summary.nc").unlink()
    elif how == "no checksums":
        (folder / "SHA256SUMS").unlink()
    elif how == "a chunk is missing":
        chunk.unlink()
    elif how == "a chunk is damaged":
        chunk.write_bytes(chunk.read_bytes()[:-9] + b"123456789")
    else:
        (folder / "summary.nc").write_bytes((folder / "summary.nc").read_bytes()[:5000])


@pytest.mark.parametrize(
    "how",
    ["no record", "a foreign record", "no summary", "no checksums", "a chunk is missing", "a chunk is damaged", "cut"],
)
def test_a_damaged_run_is_listed_and_the_others_are_shown(
    copies: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(copies / "old", how)
    assert main(["gallery", str(copies), "-o", str(copies / "g.html")]) == 0
    out, err = capsys.readouterr()
    assert out == f"{copies / 'g.html'}\n"
    assert err.startswith("not in the index: ") and err.count("\n") == 1
    found = Written((copies / "g.html").read_text()).data("gallery")
    assert [one["run"] for one in found["runs"]] == ["new", NASTY]
    assert [one["folder"] for one in found["failures"]] == ["old"]
    assert found["editions"] == []


def test_only_when_all_fail_the_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "run.json").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for places in (["thesis"], ["nowhere"], ["pipe"], ["thesis", "nowhere"], ["."]):
        assert main(["gallery", *places]) == 5
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("error: gallery: ") and err.count("\n") == 1
    assert not (tmp_path / "gallery.html").exists()
    with pytest.raises(RunError, match="no folder"):
        gallery([])


def test_an_index_replaces_an_index_and_nothing_else(place: Path, tmp_path: Path) -> None:
    page = tmp_path / "g.html"
    rsimc.gallery([place], page)
    before = page.read_bytes()
    rsimc.gallery([place], page)
    assert page.read_bytes() == before
    page.write_text("years of work")
    for taken in (page, place / "old" / "g.html"):
        with pytest.raises(OutputError):
            rsimc.gallery([place], taken)
    assert page.read_text() == "years of work"


# The command


def test_the_document_is_printed(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["gallery", str(place), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("file") == "gallery.html"
    assert found["schema"] == "rsimc.gallery/1"
    assert found == json.loads(json.dumps(document(gallery([place]), Path("gallery.html"))))


def test_the_help_is_light() -> None:
    code = (
        "import sys\nfrom rsimc.cli.main import main\nassert main(['gallery', '-h']) == 0\n"
        "assert main(['report', '-h']) == 0\nassert not {'jax', 'altair', 'xarray', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# In a browser


@pytest.fixture(scope="module")
def address(place: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page beside copies of the runs, one of them damaged."""
    folder = tmp_path_factory.mktemp("page") / "runs"
    shutil.copytree(place, folder)
    shutil.copytree(folder / "old", folder / "cut")
    damage(folder / "cut", "cut")
    rsimc.gallery([folder], folder / "gallery.html")
    return (folder / "gallery.html").as_uri()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_for_everybody(browser: Browser, address: str, scheme: Scheme) -> None:
    with opened(browser, address, scheme=scheme) as page:
        assert page.locator(".run").count() == 3
        for width in at_every_width(page):
            assert no_sideways_scrolling(page), width
            assert serious_faults(page) == [], width


@pytest.mark.browser
def test_the_keyboard_filters_runs(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.keyboard.press("Tab")
        page.keyboard.type("2026-03 BASELINE")
        assert page.locator(".run:visible").count() == 1
        assert page.locator("section.scenario:visible").count() == 1
        assert page.inner_text("#found") == "1 of 3 runs"
        page.fill("#filter", "")
        assert page.locator(".run:visible").count() == 3
