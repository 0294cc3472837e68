"""report.html, the self-contained report in the run folder."""

from __future__ import annotations

from pathlib import Path

from rsimc.analysis.forecast import Forecast
from rsimc.runs.files import write_text


def write_report(forecast: Forecast) -> Path:
    """Write report.html into the run folder, as a whole or not at all. The folder's checksums come after it."""
    from rsimc.publish.report_page import report_html  # altair takes seconds to import: only those who draw pay

    return write_text(forecast.folder / "report.html", report_html(forecast))
