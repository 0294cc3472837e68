"""The report in a real browser: it opens without an error or a request, at any width, light and dark, for everybody.

Its cursor reads what the run says, its figures hand out the run's data, it prints, and it is there at once.
"""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import Scheme, at_every_width, no_sideways_scrolling, opened, serious_faults
from playwright.sync_api import Browser, Page

import rsimc.api as api
from rsimc.analysis.forecast import Forecast
from rsimc.publish.frames import cdf_rows, headline, in_order, read_days
from rsimc.publish.report_page import report_html

pytestmark = pytest.mark.browser
HOSTILE = '</title></script><script>alert("1")</script><img src=x onerror=alert(2)> `x`'
MOST_BYTES = 2_000_000
SHOWN_WITHIN = 6.0
"""Seconds until all charts are drawn, while another worker takes the other core and more. Alone they take 1.3, of which
two are the limit: benchmarks/pages measures that."""
TRIES = 5


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    """A small run of the prior, with its report."""
    folder = tmp_path_factory.mktemp("report") / "run"
    made = api.simulate("baseline", ("run.horizon=2040",), prior=True, draws=20 * 1024, output=folder)
    api.publish(made)
    return made


@pytest.fixture(scope="module")
def report(run: Forecast) -> str:
    """Where the report lies."""
    return (run.folder / "report.html").as_uri()


def wait_until_drawn(page: Page) -> None:
    page.wait_for_function("document.documentElement.dataset.drawn")


def read(page: Page) -> dict[str, str]:
    """What the cursor shows of each milestone."""
    cells = page.locator("[data-milestone]").all()
    return {str(cell.get_attribute("data-milestone")): cell.inner_text() for cell in cells}


def saved(page: Page, name: str) -> list[dict[str, str]]:
    """The data of a figure, as its button hands them out."""
    with page.expect_download() as waiting:
        page.locator(f'[data-csv="{name}"]').click()
    assert waiting.value.suggested_filename.endswith(f"-{name}.csv")
    return list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_for_everybody(browser: Browser, report: str, scheme: Scheme) -> None:
    with opened(browser, report, scheme=scheme) as page:
        wait_until_drawn(page)
        for width in at_every_width(page):
            assert no_sideways_scrolling(page), width
            assert serious_faults(page) == [], width
        assert "could not be drawn" not in page.inner_text("main")


def test_the_keyboard_reads_every_milestone_off_at_a_date(browser: Browser, report: str, run: Forecast) -> None:
    rows, days = cdf_rows(run), read_days(run)
    with opened(browser, report) as page:
        wait_until_drawn(page)
        slider = page.locator("#read-at")
        at = int(slider.input_value())
        assert days[at].isoformat() == "2030-12-31"
        assert read(page) == dict(zip(in_order(run), rows[at]["text"], strict=True))  # as the document has it
        slider.focus()
        for keys, place in ((["ArrowRight"], at + 1), (["Home"], 0), (["End"], len(rows) - 1), (["ArrowLeft"] * 3, -4)):
            for key in keys:
                page.keyboard.press(key)
            row = rows[place]
            assert page.locator(".reader output").inner_text() == row["date"]
            assert read(page) == dict(zip(in_order(run), row["text"], strict=True))
            assert str(slider.get_attribute("aria-valuetext")).startswith(f"{row['date']}: {in_order(run)[0]} ")
        chances = run.probability("closed_loop", days[-4].isoformat()).as_dict()
        assert rows[-4]["p"][0] == chances["p"]


def test_the_pointer_reads_the_same(browser: Browser, report: str, run: Forecast) -> None:
    texts = {row["date"]: dict(zip(in_order(run), row["text"], strict=True)) for row in cdf_rows(run)}
    with opened(browser, report) as page:
        wait_until_drawn(page)
        box = page.locator("#chart-cdf svg").bounding_box()
        assert box is not None
        page.locator("#chart-cdf svg").scroll_into_view_if_needed()
        before = page.locator(".reader output").inner_text()
        for share in (0.55, 0.75):
            page.locator("#chart-cdf svg").hover(position={"x": share * box["width"], "y": 0.6 * box["height"]})
            page.wait_for_function("was => document.querySelector('.reader output').innerText !== was", arg=before)
            date = page.locator(".reader output").inner_text()
            assert read(page) == texts[date]
            tip = page.locator("#vg-tooltip-element")
            tip.wait_for(state="visible")
            assert date in tip.inner_text() and texts[date][headline(run)[0]] in tip.inner_text()
            before = date


def test_figures_hand_out_the_data_of_the_run(browser: Browser, report: str, run: Forecast) -> None:
    with opened(browser, report) as page:
        wait_until_drawn(page)
        rows = saved(page, "cdf")
        assert len(rows) == len(cdf_rows(run))
        for found, row in zip(rows, cdf_rows(run), strict=True):
            assert found["date"] == row["date"] and not {"from", "to", "text"} & set(found)
            for n, name in enumerate(in_order(run)):
                assert float(found[f"p {name}"]) == row["p"][n] and float(found[f"se {name}"]) == row["se"][n]
        fan, points = run.fan("horizon_hours"), saved(page, "horizon")
        last = [row for row in points if row["table"] == "forecast"][-1]
        found = fan.sel(year=float(last["year"]), method="nearest")
        assert float(last["q50"]) == pytest.approx(float(found.sel(quantile=0.5)), rel=1e-3)
        assert any(row["table"] == "METR" and row["model"] for row in points)
        for name in ("density", "frontier", "experts-dates", "compute", "tornado", "parameter-0"):
            assert saved(page, name), name


def test_every_figure_has_words_and_is_reached_by_keyboard(browser: Browser, report: str) -> None:
    with opened(browser, report) as page:
        wait_until_drawn(page)
        figures = page.locator("[data-chart]")
        told = figures.evaluate_all(
            "every => every.map(one => [one.getAttribute('role'), one.getAttribute('aria-label'),"
            " (document.getElementById(one.getAttribute('aria-describedby')) || one).innerText])"
        )
        assert len(told) == figures.count() > 20
        assert all(role == "img" and label for role, label, _ in told)
        assert any("Half of the trajectories" in words or "Fewer than half" in words for _, _, words in told)
        reached = page.locator("[data-csv], #read-at, .scroll, summary").evaluate_all(
            "every => every.filter(one => one.tabIndex < 0).length"
        )
        assert reached == 0


def test_a_hostile_title_is_shown_as_text(browser: Browser, run: Forecast, tmp_path: Path) -> None:
    scenario = run.study.scenario.model_copy(update={"title": HOSTILE})
    manifest = replace(run.manifest, scenario={**run.manifest.scenario, "title": HOSTILE})
    path = tmp_path / "report.html"
    html = report_html(replace(run, study=replace(run.study, scenario=scenario), manifest=manifest))
    path.write_text(html, encoding="utf-8")
    with opened(browser, path.as_uri()) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        wait_until_drawn(page)
        assert page.inner_text("h1") == HOSTILE
        assert page.locator("img").count() == 0


def test_it_is_small_and_there_at_once(browser: Browser, report: str, run: Forecast) -> None:
    assert (run.folder / "report.html").stat().st_size <= MOST_BYTES
    times: list[float] = []
    while len(times) < TRIES and min(times, default=SHOWN_WITHIN) >= SHOWN_WITHIN:  # others may be using the machine
        start = time.perf_counter()
        with opened(browser, report) as page:
            wait_until_drawn(page)
            times.append(time.perf_counter() - start)
    print(f"all charts drawn after {', '.join(f'{one:.2f}' for one in times)} s")
    assert min(times) <= SHOWN_WITHIN


def test_it_prints(browser: Browser, report: str) -> None:
    with opened(browser, report) as page:
        wait_until_drawn(page)
        printed = page.pdf(format="A4")
        assert printed[:5] == b"%PDF-"
        assert printed.count(b"/Type /Page\n") > 5
        page.emulate_media(media="print")
        assert page.locator(".csv").first.is_hidden() and page.locator("#read-at").is_hidden()
