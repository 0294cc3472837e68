"""The index of runs as plain data, rsimc.gallery/1."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rsimc.analysis.gallery import BY, Entry, Gallery

SCHEMA = "rsimc.gallery/1"


def document(found: Gallery, page: Path) -> dict[str, Any]:
    """All of it; paths are relative to the folder of the page, so that both may move together."""
    return {
        "schema": SCHEMA,
        "by": BY,
        "runs": [_entry(one, page) for one in found.entries],
        "editions": [
            {
                "scenario": dated[0].scenario,
                "model": dated[0].model,
                "milestone": dated[0].milestone,
                "calibrated": dated[0].trusted is not None,
                "editions": [_edition(one) for one in dated],
            }
            for dated in found.editions
        ],
        "failures": [{"folder": beside(one.folder, page), "reason": one.reason} for one in found.failures],
    }


def _entry(one: Entry, page: Path) -> dict[str, Any]:
    report = one.folder / "report.html"
    return {
        "run": one.name,
        "folder": beside(one.folder, page),
        "report": beside(report, page) if report.is_file() else None,
        "id": one.id,
        "scenario": one.scenario,
        "title": one.title,
        "as_of": one.as_of.isoformat(),
        "model": one.model,
        "rsimc": one.version,
        "n": one.n,
        "horizon": f"{one.horizon}-01-01",
        "milestone": one.milestone,
        "median": one.median,
        "median_se_days": one.median_se_days,
        "probability": None if one.p is None else one.p.as_dict(),
        "calibrated": one.trusted is not None,
        "trusted": one.trusted,
        "problems": list(one.problems),
    }


def _edition(one: Entry) -> dict[str, Any]:
    assert one.p is not None
    return {"run": one.name, "as_of": one.as_of.isoformat(), **one.p.as_dict()}


def beside(path: Path, page: Path) -> str:
    """A path relative to the folder of the page."""
    return Path(os.path.relpath(path, page.absolute().parent)).as_posix()


def link(relative: str) -> str:
    """A relative path as an address: whatever letters it has, it names a file and no scheme.

    >>> link("javascript:alert(1)/report.html"), link("../a b/report.html")
    ('javascript%3Aalert%281%29/report.html', '../a%20b/report.html')
    """
    return quote(relative, errors="surrogateescape")
