"""A run that is killed at any instant comes to the same bytes; benchmarks/kills.py does the same 200 times."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import kills, power

KILLS = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills") / "whole"
    kills.finish(folder)
    return folder


def test_killed_runs_come_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    found = kills.kills(KILLS, tmp_path, whole)
    assert found["differing"] == []
    assert sum(number > 0 for number in found["phases"].values()) >= 3, found["phases"]


def test_a_difference_would_be_seen(whole: Path, tmp_path: Path) -> None:
    kills.finish(tmp_path / "run")
    assert kills.differing(tmp_path / "run", whole) == []
    chunk = tmp_path / "run" / "chunks" / "00000003.npz"
    content = chunk.read_bytes()
    chunk.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    assert "chunks/00000003.npz" in kills.differing(tmp_path / "run", whole)


LOG = """\
7 mkdir("/w/run", 0777) = 0
7 mkdir("/w/run/chunks", 0777) = 0
7 openat(AT_FDCWD</w>, "/w", O_RDONLY|O_CLOEXEC) = 5</w>
{sync}7 openat(AT_FDCWD</w>, "/w/run/.a.part", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 5</w/run/.a.part>
7 write(5</w/run/.a.part>, "PK"..., 8) = 8
{fsync}7 rename("/w/run/.a.part", "/w/run/a") = 0
7 fsync(5</w/run>) = 0
7 unlink("/w/run/.a.part") = -1 ENOENT (No such file or directory)
"""
SYNC, FSYNC = "7 fsync(5</w>) = 0\n", "7 fsync(5</w/run/.a.part>) = 0\n"


@pytest.mark.parametrize(
    ("sync", "fsync", "at_worst"),
    [
        (SYNC, FSYNC, {frozenset(), frozenset({("a", "whole")})}),
        (SYNC, "", {frozenset(), frozenset({("a", "empty")}), frozenset({("a", "torn")})}),
    ],
    ids=["in order", "data not synced"],
)
def test_what_a_power_cut_may_leave(
    sync: str, fsync: str, at_worst: set[frozenset[tuple[str, str]]], tmp_path: Path
) -> None:
    (tmp_path / "log").write_text(LOG.format(sync=sync, fsync=fsync))
    found = [{(name, how) for name, _, how in state} for state in power.states(tmp_path / "log", Path("/w/run"))]
    assert {frozenset(state) for state in found if not any(name.endswith(".part") for name, _ in state)} == at_worst
    assert any((".a.part", "torn") in state for state in found), "killed before the data were synced"
