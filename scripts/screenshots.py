"""Pictures of the pages, for the README, from a finished run.

uv run rsimc forecast -o runs/readme && uv run python scripts/screenshots.py runs/readme [FOLDER]

Writes report.png, explorer.png and, where other runs are named with --against, comparison.png, into FOLDER
(benchmarks/results). Needs a Chromium on the path.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1280, 900
COMPILING = 300_000
"""Milliseconds that the explorer may take to be ready on a slow machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own browser, without a window."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("no Chromium on the path: apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])


@contextmanager
def explorer(what: str, options: Sequence[str] = ()) -> Iterator[str]:
    """`rsimc explore` of a run or scenario, served; its address."""
    command = [sys.executable, "-m", "rsimc.cli.main", "explore", what, "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def of_file(browser: Browser, page_file: Path, picture: Path, height: int = HEIGHT, place: str = "") -> None:
    """The first screen of a written page, or from a place in it on, once its charts are drawn."""
    page = browser.new_page(viewport={"width": WIDTH, "height": height})
    page.goto(page_file.resolve().as_uri() + place)
    page.wait_for_selector("[data-chart] svg")
    page.wait_for_timeout(1500)
    page.screenshot(path=picture)
    page.close()


def of_explorer(browser: Browser, address: str, picture: Path) -> None:
    """The explorer after a prior has been moved, the setting before it behind."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(address)
    page.wait_for_selector("main[data-updates]", timeout=COMPILING)
    before = page.locator("main").get_attribute("data-updates")
    slider = page.locator(".slide").first
    slider.fill("1.5")
    _settled(page, before)
    page.wait_for_timeout(1000)
    page.screenshot(path=picture)
    page.close()


def _settled(page: Page, before: str | None) -> None:
    page.wait_for_selector(f'main[data-updates]:not([data-updates="{before}"]):not([aria-busy])', timeout=COMPILING)


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "benchmarks" / "results")
    parser.add_argument("--against", type=Path, nargs="*", default=[])
    parser.add_argument("--trajectories", default="10240")
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, explorer(str(asked.run), ["--trajectories", asked.trajectories]) as address:
        of_file(browser, asked.run / "report.html", asked.folder / "report.png", 1000)
        of_explorer(browser, address, asked.folder / "explorer.png")
        if asked.against:
            from rsimc.comparing import compare_page

            with tempfile.TemporaryDirectory() as folder:
                page = compare_page([asked.run, *asked.against], Path(folder) / "comparison.html")
                of_file(browser, page, asked.folder / "comparison.png", 1000)


if __name__ == "__main__":
    main()
