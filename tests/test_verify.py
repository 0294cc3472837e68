"""Laws of the audit: a run as it was made passes; one changed byte anywhere is found, and its file named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.verify import TOLERANCE, moved_share, verify
from rsimc.cli.main import main
from rsimc.engine.counts import Counts
from rsimc.engine.plan import CHUNK
from rsimc.errors import RunError
from rsimc.runs.chunks import pack, read_chunk, write_chunk
from rsimc.runs.machine import kind
from rsimc.runs.sums import forget_checksums, write_checksums

HORIZON = "run.horizon=2032"
DRAWS = CHUNK + 3000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("runs") / "run"
    made = api.simulate("baseline", [HORIZON], prior=True, draws=DRAWS, output=folder)
    api.publish(made)
    return made


@pytest.fixture
def copy(run: Forecast, tmp_path: Path) -> Path:
    shutil.copytree(run.folder, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_as_it_was_made_passes(run: Forecast) -> None:
    found = verify(run.folder, None)
    assert found.problems == ()
    assert found.recomputed == (0, 1)
    assert found.alike and found.moved == 0.0
    assert "the same counts to the last trajectory" in found.promise


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_is_found_and_its_file_named(run: Forecast, data: st.DataObject) -> None:
    files = sorted(path for path in run.folder.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    name = path.relative_to(run.folder).as_posix()
    try:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :])
        try:
            found = verify(run.folder, 0)
        except RunError as error:  # run.json itself
            assert name == "run.json" and str(path) in str(error)
        else:
            assert [problem.split(":")[0] for problem in found.problems] == [name]
            assert found.promise == ""
    finally:
        path.write_bytes(whole)


def test_missing_and_foreign_files_are_named(copy: Path) -> None:
    (copy / "summary.nc").unlink()
    (copy / "chunks" / "00000001.npz").unlink()
    (copy / "notes.txt").write_text("mine")
    problems = verify(copy, 0).problems
    assert sorted(text.split(":")[0] for text in problems) == ["chunks/00000001.npz", "notes.txt", "summary.nc"]


def test_counts_that_never_came_out_are_found(run: Forecast, copy: Path) -> None:
    """A chunk that is whole in itself, with checksums made anew: only computing it again tells."""
    stored = read_chunk(copy, 1, run.manifest.chunk_identity)
    assert stored is not None
    there = stored.counts
    moved = there.milestones.copy()
    batch, milestone, place = np.argwhere(moved)[0]
    moved[batch, milestone, place] -= 1
    moved[batch, milestone, (place + 1) % moved.shape[-1]] += 1
    parts = {name: getattr(there, name) for name in ("durations", "classes", "fans", "accounts")}
    content = pack(1, run.manifest.chunk_identity, Counts(milestones=moved, **parts), kind())
    write_chunk(copy, 1, content)
    forget_checksums(copy)
    write_checksums(copy)
    assert verify(copy, 1).problems == ()  # chunk 0 alone
    problems = verify(copy, None).problems
    assert len(problems) == 1 and problems[0].startswith("chunks/00000001.npz: computed again")


def test_a_new_report_does_not_hide_damage(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = copy / "ensemble.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    before = (copy / "SHA256SUMS").read_bytes()
    with pytest.raises(RunError, match=r"ensemble\.parquet: expected a file as it was"):
        write_checksums(copy)
    assert (copy / "SHA256SUMS").read_bytes() == before
    table.unlink()
    arguments = ["simulate", "--prior", "--set", HORIZON, "--draws", str(DRAWS), "-o", str(copy), "-q"]
    assert main(arguments) == 0
    assert verify(copy, 0).problems == ()
    for text in ("mine", "changed"):  # the user's own file is taken up, and stays the user's own
        (copy / "für mich: notes.txt").write_text(text)
        assert main(arguments) == 0
        assert verify(copy, 0).problems == ()
    (copy / "für mich: notes.txt").unlink()
    assert main(arguments) == 0
    assert verify(copy, 0).problems == ()


def test_damage_is_not_forgotten_when_a_run_is_extended(copy: Path) -> None:
    table = copy / "ensemble.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    with pytest.raises(RunError, match=r"ensemble\.parquet"):
        api.simulate("baseline", [HORIZON], prior=True, draws=DRAWS + 1, output=copy)
    assert (copy / "SHA256SUMS").exists()


def test_a_run_that_was_not_finished_says_so(run: Forecast, copy: Path) -> None:
    (copy / "SHA256SUMS").unlink()
    without = "SHA256SUMS: there is none, the run was not finished"
    assert verify(copy, 0).problems == (without,)
    shutil.rmtree(copy / "chunks")
    both = "chunks/00000000.npz to chunks/00000001.npz (2 chunks): missing"
    assert verify(copy, 0).problems == (without, both)


OTHER = """
import sys
from pathlib import Path
from rsimc import api
from rsimc.runs import work
work.kind = lambda: "an old cpu"
api.simulate("baseline", [sys.argv[2]], prior=True, draws=int(sys.argv[3]), output=Path(sys.argv[1]))
"""


def test_another_device_holds_within_the_tolerance(run: Forecast, tmp_path: Path) -> None:
    """Made without fused multiplications, which round otherwise: as if by a CPU of 2008."""
    flags = "--xla_force_host_platform_device_count=2 --xla_cpu_max_isa=SSE4_2"
    command = [sys.executable, "-c", OTHER, str(tmp_path / "run"), HORIZON, str(DRAWS)]
    subprocess.run(command, env={**os.environ, "XLA_FLAGS": flags}, check=True)
    write_checksums(tmp_path / "run")
    found = verify(tmp_path / "run", None)
    assert found.problems == ()
    assert not found.alike
    assert 0.0 < found.moved < TOLERANCE


def test_the_share_that_moved_is_one_of_trajectories(run: Forecast) -> None:
    one = read_chunk(run.folder, 0, run.manifest.chunk_identity)
    other = read_chunk(run.folder, 1, run.manifest.chunk_identity)
    assert one is not None and other is not None
    assert moved_share(one.counts, one.counts) == 0.0
    assert 0.0 < moved_share(one.counts, other.counts) <= 1.0


def test_a_fan_s_bin_beyond_an_end_is_apart_from_its_neighbour_only_where_nothing_else_moved(
    run: Forecast,
) -> None:
    chunk = read_chunk(run.folder, 0, run.manifest.chunk_identity)
    assert chunk is not None
    counts = chunk.counts

    def shifted(counts: Counts, where: tuple[np.ndarray, ...], source: int, target: int, count: int) -> Counts:
        fans, place = counts.fans.copy(), tuple(int(axis[0]) for axis in where)
        assert fans[*place, source] >= count
        fans[*place, source] -= count
        fans[*place, target] += count
        return replace(counts, fans=fans)

    border = shifted(counts, np.nonzero(counts.fans[..., -1] >= 10), -1, -2, 10)
    assert moved_share(counts, border) == pytest.approx(10 / counts.n)
    both = shifted(border, np.nonzero(counts.fans[..., 64] >= 3), 64, 30, 3)
    assert moved_share(counts, both) == pytest.approx(3 / counts.n)


def test_the_command_ends_with_5_and_names_the_file(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copy), "--chunks", "1", "-q"]) == 0
    assert "every file is as it was" in capsys.readouterr().out
    (copy / "report.html").write_text("<p>another answer</p>")
    assert main(["verify", str(copy), "--chunks", "1", "-q", "--json"]) == 5
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rsimc.verify/1"
    assert document["problems"] == ["report.html: not as it was, its checksum differs"]
    assert main(["verify", str(copy), "--chunks", "1", "--all"]) == 2
    assert main(["verify", str(copy / "chunks")]) == 5


# Made again


def test_a_run_is_reproduced_from_its_record(run: Forecast, tmp_path: Path) -> None:
    again = api.reproduce(run.folder / "run.json", tmp_path / "again")
    assert again.moved == 0.0 and again.same_posterior
    assert again.made.manifest.id == run.manifest.id
    assert again.verdict == "made again: the same counts to the last trajectory"
    assert (tmp_path / "again" / "report.html").exists()


def test_a_record_alone_is_enough(run: Forecast, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    shutil.copy(run.folder / "run.json", tmp_path / "sent")
    again = api.reproduce(tmp_path / "sent")
    assert again.moved is None
    assert again.made.folder == tmp_path / "sent-again"
    assert np.array_equal(again.made.counts.milestones, run.counts.milestones)


def test_a_run_is_never_reproduced_upon_itself(run: Forecast, copy: Path) -> None:
    for record in (copy, copy / "run.json"):
        with pytest.raises(RunError, match="another folder"):
            api.reproduce(record, copy)
