"""How long the pages take: `uv run python -m benchmarks.pages RUN [--label TEXT]`.

The report of a finished run is built anew five times in this process, and shown in a browser nine times, from asking
for it to its last chart. The explorer of the run is driven in the same browser: a slider is moved a step forty times
and the time from each change to the screen that shows it is read from the page, under the posterior, the prior, single
values and with a pause; so is what happens once, when a program is compiled. Beside it, in the same browser, what the
page itself takes without a simulation (a question that cannot be read). Writes benchmarks/results/pages.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.record import RESULTS, about
from rsimc import api
from rsimc.publish.report_page import report_html
from scripts.screenshots import chromium, explorer

FILE = RESULTS / "pages.json"
BUILDS, SHOWS, MOVES = 5, 9, 40
WAIT = 900
"""Milliseconds after a change before the page is looked at."""
PATIENT = 300_000
LIMITS = {"report_built_s": 20.0, "report_shown_s": 2.0, "explorer_update_ms": 300}


def summary(values: list[float]) -> dict[str, float]:
    """Median, worst and number of repeats."""
    return {"median": round(statistics.median(values), 3), "worst": round(max(values), 3), "repeats": len(values)}


def built(run: Path) -> tuple[dict[str, float], int]:
    """Seconds to build the report of a run that was opened anew, and its bytes."""
    times, size = [], 0
    for _ in range(BUILDS):
        begun = time.monotonic()
        size = len(report_html(api.open_run(run)).encode())
        times.append(time.monotonic() - begun)
    return summary(times), size


def shown(browser: Browser, run: Path) -> dict[str, float]:
    """Seconds from asking for the report to the last of its charts."""
    times = []
    for _ in range(SHOWS):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.monotonic()
        page.goto((run / "report.html").resolve().as_uri())
        charts = page.locator("[data-chart]").count()
        while page.locator("[data-chart] svg.marks").count() < charts and time.monotonic() - begun < 30:
            page.wait_for_timeout(10)
        times.append(time.monotonic() - begun)
        page.close()
    return summary(times)


def moved(page: Page, moves: int = MOVES) -> dict[str, float]:
    """Milliseconds from a step of the first slider to the screen that shows what it does."""
    slider, times = page.locator(".slide").first, []
    slider.focus()
    for n in range(moves):
        times.append(_after(page, lambda n=n: page.keyboard.press("ArrowRight" if n % 2 == 0 else "ArrowLeft")))
    return summary(times)


def _after(page: Page, act: Any, patience: int = WAIT) -> float:
    """Acts, and the milliseconds until the forecast that follows is shown, as the page itself has measured them. Nobody
    looks meanwhile: to ask a page again and again takes the time of its only thread."""
    before = page.locator("main").get_attribute("data-updates")
    act()
    page.wait_for_timeout(patience)
    page.wait_for_selector(f'main[data-updates]:not([data-updates="{before}"]):not([aria-busy])', timeout=PATIENT)
    return float(page.locator("main").get_attribute("data-ms") or "nan")


def explored(browser: Browser, run: Path) -> dict[str, Any]:
    """Times of the explorer by what parameters come from."""
    found: dict[str, Any] = {}
    with explorer(str(run)) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.monotonic()
        page.goto(address)
        page.wait_for_selector("main[data-updates]", timeout=PATIENT)
        found["opened_s"] = round(time.monotonic() - begun, 2)
        moved(page, 6)
        found["posterior_ms"] = moved(page)
        for source in ("prior", "values"):
            _after(page, lambda source=source: page.locator(f'[name="source"][value="{source}"]').check())
            found[f"{source}_ms"] = moved(page)
        _after(page, lambda: page.locator('[name="source"][value="posterior"]').check())
        first = _after(page, lambda: page.locator("#pause-kind").select_option("m:closed_loop_90"))
        found["pause_compiled_once_ms"] = first
        found["pause_ms"] = moved(page)
        found["trajectories"] = page.locator("#took").inner_text().split()[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--label", default="")
    asked = parser.parse_args()
    seconds, size = built(asked.run)
    with chromium() as browser:
        found = {
            **about("altair", "marimo", "playwright", label=asked.label),
            "browser": browser.version,
            "limits": LIMITS,
            "report_built_s": seconds,
            "report_bytes": size,
            "report_shown_s": shown(browser, asked.run),
            "explorer": explored(browser, asked.run),
        }
    print(json.dumps(found, indent=2))
    FILE.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
