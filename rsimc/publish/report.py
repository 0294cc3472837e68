"""placeholder until the report is drawn"""

from __future__ import annotations

from pathlib import Path

from rsimc.analysis.forecast import Forecast


def write_report(forecast: Forecast) -> Path:
    return forecast.folder / "report.html"
