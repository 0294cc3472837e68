"""The report in a real browser: it opens without an error or a request, at any width, light and dark, for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import WIDTHS, Scheme, no_sideways_scrolling, opened, serious_faults
from playwright.sync_api import Browser

import rsimc.api as api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the report of a small run of the prior lies."""
    folder = tmp_path_factory.mktemp("report") / "run"
    run = api.simulate("baseline", ("run.horizon=2040",), prior=True, draws=20 * 1024, output=folder)
    return Path(api.publish(run)).as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_for_everybody(browser: Browser, report: str, width: int, scheme: Scheme) -> None:
    with opened(browser, report, width, scheme) as page:
        page.wait_for_selector("#chart-cdf svg")
        assert no_sideways_scrolling(page)
        assert serious_faults(page) == []
