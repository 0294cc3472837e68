"""The script that takes the README's pictures takes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from browsing import installed

import rsimc.api as api

SCRIPT = Path(__file__).parents[1] / "scripts" / "screenshots.py"
BLANK = 40_000
"""Bytes; a page without anything has 5,000."""
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("explore")]


def test_pictures_of_all_pages(tmp_path: Path) -> None:
    installed()
    runs = []
    for seed in ("1", "2"):
        overrides = ("run.horizon=2036", f"run.seed={seed}")
        runs.append(api.simulate("baseline", overrides, prior=True, draws=20 * 1024, output=tmp_path / seed))
        api.publish(runs[-1])
    first, second = (str(run.folder) for run in runs)
    made = [first, str(tmp_path / "pictures"), "--against", second, "--trajectories", "2048"]
    subprocess.run([sys.executable, str(SCRIPT), *made], check=True, timeout=600)
    for name in ("report", "explorer", "comparison"):
        picture = (tmp_path / "pictures" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) > BLANK
