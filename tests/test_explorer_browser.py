"""The explorer in a real browser: it is served, a slider moves the forecast, keys suffice, nothing foreign gets in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Scheme, at_every_width, opened, serious_faults
from playwright.sync_api import Browser, Page, expect
from stand_in import cache, stand_in

from rsimc.observations import SERIES
from rsimc.runs.study import resolve
from rsimc.scenario import load_scenario

HOSTILE = "</script><img src=x onerror=alert(1)> & `x`"
PATIENT = 120_000
"""Milliseconds that a program may take to compile on a busy machine."""
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("explore")]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of few data with a posterior in the cache, and a title that would be markup if it were let."""
    path = tmp_path_factory.mktemp("explorer") / "mine.toml"
    unused = "\n".join(f"{name} = false" for name in SERIES if name not in ("rd_share", "software_growth"))
    head = f"schema = 1\nextends = 'baseline'\ntitle = '{HOSTILE}'\n"
    path.write_text(f"{head}[run]\nhorizon = 2036\n[data]\n{unused}\n")
    cache(stand_in(resolve(load_scenario(str(path)))))
    return path


@pytest.fixture(scope="module")
def address(scenario: Path) -> Iterator[str]:
    """Where `rsimc explore` serves it."""
    command = [
        sys.executable,
        "-m",
        "rsimc.cli.main",
        "explore",
        str(scenario),
        "--no-browser",
        "--trajectories",
        "4096",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        assert server.stdout is not None
        found = server.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", found), found
        yield found
        server.terminate()
        assert server.wait(20) in (0, 130, 143, -15)


def ready(page: Page) -> Page:
    page.wait_for_selector("main[data-updates]", timeout=PATIENT)
    return page


def updates(page: Page) -> int:
    return int(page.locator("main").get_attribute("data-updates") or 0)


def changed(page: Page, before: int) -> None:
    """Waits for the forecast that follows a change."""
    expect(page.locator("main")).not_to_have_attribute("data-updates", str(before), timeout=PATIENT)
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true", timeout=PATIENT)


def chance(page: Page) -> float:
    """The probability of the milestone in front by the end of 2030, in percent."""
    found = re.search(r"([<>]?[\d.]+)% ± [<\d.]+ by the end of 2030", page.locator("#sentence").inner_text())
    assert found
    return float(found[1].strip("<>"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_for_everybody(browser: Browser, address: str, scheme: Scheme) -> None:
    with opened(browser, address, scheme=scheme) as page:
        ready(page)
        assert page.locator("h1").inner_text() == HOSTILE
        for width in at_every_width(page):
            assert page.evaluate("(a => a.scrollWidth <= a.clientWidth + 1)(document.querySelector('#App'))"), width
            assert serious_faults(page) == [], width


def test_a_slider_moves_the_forecast_by_keys_alone(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        ready(page)
        expect(page.locator("#standing")).to_contain_text("Calibrated.")
        before, first = updates(page), chance(page)
        slider = page.get_by_label("direction_slope", exact=True)
        slider.focus()
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        changed(page, before)
        expect(page.locator("#standing")).to_contain_text("Re-weighted posterior.")
        expect(page.locator("#took")).to_contain_text("shown")
        page.wait_for_timeout(500)
        assert chance(page) > first  # a steeper slope closes the loop sooner
        took = []
        for key in ["ArrowLeft", "ArrowRight"] * 5:
            before = updates(page)
            page.keyboard.press(key)
            changed(page, before)
            took.append(int(page.locator("main").get_attribute("data-ms") or 0))
        print(f"\n4,096 trajectories to 2036: shown {sorted(took)[5]} ms after a change (median of {took})")


def test_what_takes_a_calibration_shows_no_number(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        ready(page)
        page.locator('[data-parameter="direction_slope"] summary').click()
        before = updates(page)
        page.locator('[data-parameter="direction_slope"] input[type="text"]').fill("0.5")
        page.keyboard.press("Tab")
        changed(page, before)
        expect(page.locator("#standing")).to_contain_text("new calibration")
        assert page.locator(".rsimc.stale").count() == 1
        assert page.locator("#milestones").is_hidden() and page.locator("#sentence").inner_text() == ""
        before = updates(page)
        page.locator('[data-parameter="direction_slope"] input[type="text"]').fill("5 to 2")
        page.keyboard.press("Tab")
        changed(page, before)
        expect(page.locator("#told")).to_contain_text("low < high")
        expect(page.locator("#standing")).to_contain_text("Not a setting")
        assert page.locator("#milestones").is_hidden()
        before = updates(page)
        page.locator('[data-parameter="direction_slope"] input[type="text"]').fill("")
        page.keyboard.press("Tab")
        changed(page, before)
        expect(page.locator("#told")).to_be_hidden()
        expect(page.locator("#standing")).to_contain_text("Calibrated.")
        before = updates(page)
        page.get_by_label("prior", exact=True).check()
        changed(page, before)
        expect(page.locator("#standing")).to_contain_text("not calibrated")
        assert page.locator(".rsimc.stale").count() == 0


def test_an_address_carries_the_setting_and_a_file_too(browser: Browser, address: str, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        ready(page)
        before = updates(page)
        page.locator("#pause-kind").select_option("m:closed_loop_90")
        changed(page, before)
        shared, sentence = page.url, page.locator("#sentence").inner_text()
        setting = json.loads(parse_qs(urlsplit(shared).query)["s"][0])
        assert setting["pauses"][0]["trigger"] == "closed_loop_90"
        with page.expect_download() as started:
            page.locator("#save").click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert load_scenario(str(path)).policy.pause[0].trigger == "closed_loop_90"
    with opened(browser, shared) as page:
        ready(page)
        assert page.locator("#sentence").inner_text() == sentence
        assert page.locator("#pause-kind").input_value() == "m:closed_loop_90"


def test_pins_questions_and_trajectories(browser: Browser, address: str) -> None:
    with opened(browser, address, 820) as page:
        ready(page)
        page.get_by_label("Name of the pin").fill(HOSTILE)
        page.locator("#pin").click()
        expect(page.locator("#differences")).to_contain_text("+0.00 ±")
        assert HOSTILE in page.locator("#pins").inner_text()
        page.get_by_label("A question").fill("P(closed_loop <= 2030)")
        page.keyboard.press("Enter")
        expect(page.locator("#answer p").first).to_contain_text(f"{chance(page)}%", timeout=PATIENT)
        page.locator('[data-chart="dots"] .mark-symbol path').nth(40).click(force=True)
        expect(page.locator("#path-about")).to_contain_text("Trajectory", timeout=PATIENT)
        first = page.locator("#path-about").inner_text()
        page.get_by_label("trajectory", exact=True).fill("17")
        page.locator("#show").click()
        expect(page.locator("#path-about")).not_to_have_text(first, timeout=PATIENT)
        expect(page.locator("#path-dates")).to_contain_text("closed_loop_999")
        page.get_by_label("A question").fill("P(nobody <= 2030)")
        page.keyboard.press("Enter")
        expect(page.locator("#told")).to_contain_text("nobody")
        assert serious_faults(page) == []


def test_a_foreign_address_is_refused_in_words(browser: Browser, address: str) -> None:
    wrong = json.dumps({"source": "posterior", "until": 2036, "moved": {"<b>": [0, 1]}})
    with opened(browser, f"{address}?s={wrong}") as page:
        expect(page.locator("#told")).to_contain_text("<b>", timeout=PATIENT)


def test_it_is_not_to_be_framed(address: str) -> None:
    with urllib.request.urlopen(address, timeout=20) as found:
        assert found.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in found.headers["Content-Security-Policy"]


@pytest.mark.parametrize("setting", ["7", '{"typed":[1]}', "{"])
def test_an_address_that_is_no_setting_opens_all_the_same(browser: Browser, address: str, setting: str) -> None:
    with opened(browser, f"{address}?s={setting}") as page:
        ready(page)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_other_pages_are_not_answered(address: str, headers: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20)
