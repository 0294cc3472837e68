"""Laws of editions: in the order of their dates, moves with errors, causes that add up, old ones as published."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

from rsimc import api, comparing
from rsimc.analysis.headline import Question
from rsimc.analysis.history.moves import cause, probability
from rsimc.cli.main import main
from rsimc.engine.plan import BLOCK
from rsimc.errors import RunError, UsageError
from rsimc.scenario import identity

ASKED = Question("coder", "2029-12-31")
DRAWS = 20 * BLOCK


def made(folder: Path, *overrides: str) -> Path:
    run = api.simulate("baseline", ["run.horizon=2034", *overrides], prior=True, draws=DRAWS, seed=7, output=folder)
    api.summarise(run)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """An old edition, one with other priors of the same date, and a newer one."""
    folder = tmp_path_factory.mktemp("history")
    old = made(folder / "old", "as_of=2026-03-01")
    other = made(folder / "priors", "as_of=2026-03-01", 'priors.time_horizon_growth="1.5 to 2.5"')
    return old, other, made(folder / "new", 'priors.time_horizon_growth="1.5 to 2.5"')


@pytest.fixture(scope="module")
def outdated(folders: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The old edition as another version of rsimc would have left it."""
    copy = tmp_path_factory.mktemp("outdated") / "outdated"
    shutil.copytree(folders[0], copy)
    record = json.loads((copy / "run.json").read_text())
    record["inputs"]["format"] -= 1
    record["machine"]["versions"]["rsimc"] = "0.0.9"
    record["id"] = identity(record["inputs"])
    (copy / "run.json").write_text(json.dumps(record))
    return copy


def test_editions_are_in_the_order_of_their_dates(folders: tuple[Path, Path, Path]) -> None:
    old, other, new = folders
    found = comparing.history([new, old, other], ASKED)
    assert [one.name for one in found.editions] == ["old", "priors", "new"]
    for one in found.moves:
        a, b = probability(one.first, ASKED), probability(one.second, ASKED)
        assert one.p == pytest.approx(b.p - a.p, abs=1e-12)
        assert a.se is not None and b.se is not None and one.se is not None
        assert 0.0 < one.se < math.hypot(a.se, b.se)  # they share their noise
    assert found.moves[0].changed == ("priors.time_horizon_growth",)
    assert found.moves[1].changed == ("as_of",)
    assert not found.moves[0].software


def test_causes_add_up_to_the_move(folders: tuple[Path, Path, Path]) -> None:
    found = comparing.history([folders[0], folders[2]], ASKED, explained=True)
    (move,) = found.moves
    assert move.shares is not None and move.rest is not None
    assert {share.name for share in move.shares.shares} == {"data", "priors"}
    assert sum(share.change for share in move.shares.shares) + move.rest == pytest.approx(move.p, abs=1e-12)
    assert abs(move.rest) < 0.01
    assert (cause("variants.horizon"), cause("data.lab_compute.use"), cause("as_of")) == (
        "model structure",
        "data",
        "data",
    )


def test_an_edition_of_another_version_is_taken_as_published(outdated: Path, folders: tuple[Path, Path, Path]) -> None:
    found = comparing.history([outdated, folders[2]], ASKED)
    first, second = found.editions
    assert (first.forecast, first.version) == (None, "0.0.9") and second.forecast is not None
    published = api.open_run(folders[0]).probability("coder", "2029")
    assert probability(first, ASKED).p == pytest.approx(published.p, abs=1e-6)
    (move,) = found.moves
    assert move.software and move.se is not None and published.se is not None
    assert move.se == pytest.approx(math.hypot(published.se, probability(second, ASKED).se or 0.0), rel=0.01)
    with pytest.raises(UsageError, match="ask for the end of a year"):
        comparing.history([outdated, folders[2]], Question("coder", "2029-06-30"))
    explained = comparing.history([outdated, folders[2]], ASKED, explained=True).moves[0]
    assert explained.shares is not None and explained.rest is not None


def test_an_old_edition_may_say_what_no_version_knows_now(
    outdated: Path, folders: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    """A prior that was renamed since does not stop the history; damage to a run that can be opened does."""
    copy = tmp_path / "renamed"
    shutil.copytree(outdated, copy)
    record = json.loads((copy / "run.json").read_text())
    record["scenario"]["priors"]["forgotten"] = "1 to 2"
    (copy / "run.json").write_text(json.dumps(record))
    assert comparing.history([copy, folders[2]], ASKED).editions[0].forecast is None
    damaged = tmp_path / "damaged"
    shutil.copytree(folders[0], damaged)
    (damaged / "chunks" / "00000000.npz").write_bytes(b"")
    with pytest.raises(RunError, match="whole chunk"):
        comparing.history([damaged, folders[2]], ASKED)


def test_what_is_no_edition_is_refused(folders: tuple[Path, Path, Path], outdated: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two runs or more"):
        comparing.history([folders[0]], ASKED)
    with pytest.raises(UsageError, match="did you mean"):
        comparing.history(folders, Question("codr", "2029-12-31"))
    broken = tmp_path / "broken"
    shutil.copytree(outdated, broken)
    for content in (b"", (broken / "summary.nc").read_bytes()[:5000]):
        (broken / "summary.nc").write_bytes(content)
        with pytest.raises(RunError, match=r"summary\.nc: expected what the run published"):
            comparing.history([broken, folders[0]], ASKED)
    (broken / "summary.nc").unlink()
    with pytest.raises(RunError, match=r"summary\.nc"):
        comparing.history([broken, folders[0]], ASKED)


def test_the_command(folders: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "history.png"
    asked = ["history", *map(str, folders), "--milestone", "coder", "--by", "2029-12-31"]
    assert main([*asked, "-o", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "old to priors" in out and "Editions of coder" in out
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.history/1"
    assert [one["as_of"] for one in document["editions"]] == ["2026-03-01", "2026-03-01", "2026-11-22"]
    assert document["moves"][0]["causes"] is None
