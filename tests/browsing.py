"""A real browser for tests: found or skipped, opened with errors and the network forbidden, checked by axe-core."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = os.environ.get("RSIMC_BROWSER") == "required"
WIDTHS = (390, 820, 1440)
SERIOUS = ("serious", "critical")
Scheme = Literal["light", "dark"]
expect.set_options(timeout=60_000)  # what is to come comes later where other workers compile


def installed() -> str:
    """Where Chromium is. Skips the test where it is not; fails where RSIMC_BROWSER is `required`."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)("no Chromium on this machine: apt-get install chromium")
    return str(path)


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium without a window."""
    path = installed()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]  # in a container there is neither
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, url: str, width: int = 1440, scheme: Scheme = "light") -> Iterator[Page]:
    """A page in a context of its own; at the end it must have had no error, and have asked nothing of other hosts."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce"
    )
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("request", lambda asked: wrong.append(f"request: {asked.url}") if not _own(asked, url) else None)
    try:
        page.goto(url)
        yield page
    finally:
        context.close()
    assert wrong == []


def _own(asked: Request, url: str) -> bool:
    """Whether a request is for data inside the page or for the page's own host."""
    if asked.url.startswith(("data:", "blob:")):
        return True
    return asked.url == url if url.startswith("file:") else asked.url.split("/")[2] == url.split("/")[2]


def serious_faults(page: Page) -> list[str]:
    """What axe-core finds that would keep somebody out: rule, what it says, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def at_every_width(page: Page) -> Iterator[int]:
    """The page in windows of each width, one after the other, which redraw what they show."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        yield width


def no_sideways_scrolling(page: Page) -> bool:
    """Whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def picture(page: Page, path: Path) -> Path:
    """The whole page as a picture, for people to look at."""
    page.screenshot(path=path, full_page=True)
    return path
