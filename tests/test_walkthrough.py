"""The walk through an analysis goes through, and notebooks show what it makes."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import rsimc

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The script, run with few trajectories, in a folder of its own."""
    folder = tmp_path_factory.mktemp("walkthrough")
    command = [sys.executable, "-W", "error::DeprecationWarning", str(ROOT / "scripts" / "walkthrough.py"), "20480"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
    assert (made.returncode, made.stderr) == (0, "")
    return folder / "walkthrough", made.stdout


def test_the_walk_goes_through(done: tuple[Path, str]) -> None:
    folder, out = done
    for said in ("P(loop closed by 2030)", "a month of pause buys", "of all there is to know", "logarithmic pool"):
        assert said in out
    names = {path.name for path in folder.iterdir()}
    assert {"baseline", "pause", "numbers.parquet", "closed_loop.json", "closed_loop.png"} <= names


class Table(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


def test_notebooks_show_tables(done: tuple[Path, str]) -> None:
    folder, _ = done
    run, paused = rsimc.open_run(folder / "baseline"), rsimc.open_run(folder / "pause")
    shown = Table(run._repr_html_())
    assert "closed_loop" in shown.cells and "by 2030" in shown.cells and shown.tags.count("tr") > 5
    answer = run.query("P(closed_loop <= 2030 given horizon_hours@2027-12 > 160)")
    cells = Table(answer._repr_html_()).cells
    assert any("the condition holds in" in cell for cell in cells)
    assert f"{100 * (answer.value or 0):.1f} ± {100 * (answer.se or 0):.1f} %" in cells
    assert "pause against baseline" in Table(rsimc.compare([run, paused])[0]._repr_html_()).cells


def test_a_question_is_shown_as_text(done: tuple[Path, str]) -> None:
    run = rsimc.open_run(done[0] / "baseline")
    answer = run.query("P(closed_loop < 2030 and 1 < labour_share)")
    assert "closed_loop &lt; 2030" in answer._repr_html_()
    assert set(Table(answer._repr_html_()).tags) == {"table", "caption", "tr", "th", "td"}
