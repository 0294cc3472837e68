"""Laws of the Ray executor, on a real cluster of this machine: the same bytes, whoever dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

# Before Ray is imported, which reads these once: servers bind to loopback, nothing is reported to anybody.
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_AUTH_MODE", "disabled")

from ray.cluster_utils import Cluster

from rsimc import api
from rsimc.cli.main import main
from rsimc.engine.plan import CHUNK
from rsimc.errors import RunError
from rsimc.runs import on_ray
from rsimc.runs.manifest import make_manifest
from rsimc.runs.on_ray import OnRay
from rsimc.runs.ray_worker import Worker

pytestmark = pytest.mark.filterwarnings("ignore:os.fork")  # followed by an exec at once
SMALL, HORIZON = "kwa-2026", "run.horizon=2032"
CHUNKS = 9
DRAWS = (CHUNKS - 1) * CHUNK + 3000
PATIENCE = 240.0
RAYS_OWN = re.compile(r"\[.+ \d+ \d+\] \w+\.cc:\d+: ")  # what Ray's core writes to the screen past any setting of ours


def command(folder: Path, draws: int, *more: str) -> list[str]:
    arguments = ["simulate", SMALL, "--set", HORIZON, "--prior", "--draws", str(draws), "-o", str(folder), "-q"]
    return [sys.executable, "-m", "rsimc.cli.main", *arguments, *more]


def chunks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "chunks").glob("*.npz"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run made by this process alone."""
    folder = tmp_path_factory.mktemp("local") / "run"
    api.simulate(SMALL, [HORIZON], prior=True, draws=DRAWS, output=folder)
    return folder


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two nodes of one core each."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()


def workers(cluster: Cluster) -> list[int]:
    """Processes of the actors that live, as the cluster itself knows them, whatever the system calls them."""
    table = cluster.global_state.actor_table(None, None, "ALIVE")
    return [int(actor["Pid"]) for actor in table.values() if actor["ActorClassName"] == "Worker"]


def until(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Wait until a run has that many chunks."""
    deadline = time.monotonic() + PATIENCE
    while len(list((folder / "chunks").glob("*.npz"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_workers_and_a_lost_node_change_no_byte(cluster: Cluster, whole: Path, tmp_path: Path) -> None:
    """One worker of each node killed, then a whole node stopped, and another one joins."""
    second = cluster.worker_nodes.copy().pop()
    folder = tmp_path / "run"
    more = ["--executor", "ray", "--address", cluster.address, "--cores", "1"]
    with subprocess.Popen(
        command(folder, DRAWS, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until(process, folder, 1)
        killed = workers(cluster)
        assert killed, cluster.global_state.actor_table(None)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until(process, folder, 3)
        cluster.remove_node(second, allow_graceful=False)
        until(process, folder, 5)
        cluster.add_node(num_cpus=1)
        out, err = process.communicate(timeout=PATIENCE)
    ours = [line for line in err.splitlines() if line.strip() and not RAYS_OWN.match(line)]
    assert (process.returncode, ours) == (0, []), err
    assert "automation_99" in out
    assert chunks(folder) == chunks(whole)
    assert (folder / "ensemble.parquet").read_bytes() == (whole / "ensemble.parquet").read_bytes()


@pytest.mark.slow
def test_sigterm_ends_a_run_on_ray_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = command(folder, DRAWS, "--executor", "ray", "--cores", "1")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until(process, folder, 2)
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    first, second = err.splitlines()
    assert first in ("terminated", "interrupted")  # Ray makes one of the other where it waits
    assert second.startswith("what is done is kept; to go on: rsimc simulate")


def test_a_cluster_of_its_own_finishes_what_a_shard_began(whole: Path, tmp_path: Path) -> None:
    folder, few = tmp_path / "run", 3 * CHUNK
    begun = subprocess.run(command(folder, few, "--shard", "2/3"), capture_output=True, text=True)
    assert (begun.returncode, sorted(chunks(folder))) == (0, ["00000001.npz"])
    before = (folder / "chunks" / "00000001.npz").stat().st_mtime_ns
    log = ["--executor", "ray", "--cores", "1", "--json"]
    done = subprocess.run(command(folder, few, *log), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["n"] == few
    assert (folder / "chunks" / "00000001.npz").stat().st_mtime_ns == before
    assert chunks(folder) == dict(list(chunks(whole).items())[:3])


FATAL = """
import os
from rsimc.models.takeoff.model import Takeoff

class Model(Takeoff):
    def step(self, state, params, t, dt, noise):
        if "RAY_RAYLET_PID" in os.environ:
            os._exit(1)
        return super().step(state, params, t, dt, noise)
"""


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_ends_the_run(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "TRIES", 2)
    (tmp_path / "fatal.py").write_text(FATAL)
    executor = OnRay(cluster.address, 1, allow_code=True)
    model = f"model={tmp_path}/fatal.py:Model"
    with pytest.raises(RunError, match="chunk 0: expected a worker that makes it, got 2 lost") as caught:
        api.simulate_share(
            "baseline",
            [HORIZON, model],
            prior=True,
            draws=5,
            output=tmp_path / "run",
            executor=executor,
            allow_code=True,
        )
    assert caught.value.exit_code == 5
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["chunks", "run.json"]


def test_no_cluster_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--executor", "ray", "--address", "127.0.0.1:1"]
    done = subprocess.run(command(tmp_path / "run", 5, *more), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: address: expected a Ray cluster, got none at 127.0.0.1:1")
    assert done.stderr.count("\n") == 1
    assert main(["simulate", "--prior", "--address", "127.0.0.1:1"]) == 2
    assert "--executor ray" in capsys.readouterr().err


def test_a_worker_refuses_another_run_than_the_one_it_finds(tmp_path: Path) -> None:
    """As on a node with another version, where the same scenario comes to another id."""
    made = api.simulate("baseline", [HORIZON], prior=True, draws=5, output=tmp_path / "run")
    record, worker = made.manifest, Worker(2)
    order = on_ray.order_of(made.study, None, record, False)
    assert worker.begin(order) == ""
    assert "another version of rsimc" in worker.begin(replace(order, manifest=replace(record, id="0" * 64)))
    scenario = {**record.scenario, "model": "no_such.py:Model"}
    assert "no_such.py" in worker.begin(replace(order, manifest=replace(record, scenario=scenario)))
    content, ensemble = worker.make(0)
    assert content == (tmp_path / "run" / "chunks" / "00000000.npz").read_bytes()
    assert ensemble == (tmp_path / "run" / "ensemble.parquet").read_bytes()


def test_a_worker_needs_no_data_of_the_users(tmp_path: Path) -> None:
    """Nodes need not share a disk."""
    table = tmp_path / "mine.csv"
    content = files("rsimc.observations").joinpath("data", "lab_compute.csv").read_text(encoding="utf-8")
    table.write_text("".join(content.splitlines(keepends=True)[:6]), encoding="utf-8")
    study = api.load_study("baseline", [HORIZON, f"data.lab_compute.file={table}"])
    record = make_manifest(tmp_path / "run", study, None, 1, 5)
    table.unlink()
    assert Worker(2).begin(on_ray.order_of(study, None, record, False)) == ""


@pytest.mark.parametrize(
    ("nodes", "cores", "room", "needs"),
    [
        ([{"CPU": 2.0}], None, 1, {"num_cpus": 2}),
        ([{"CPU": 2.0}], 1, 2, {"num_cpus": 1}),
        ([{"CPU": 16.0}, {"CPU": 6.0}, {}], None, 5, {"num_cpus": 4}),
        ([{"CPU": 16.0, "GPU": 8.0}, {"CPU": 64.0}], None, 8, {"num_gpus": 1, "num_cpus": 1}),
        ([], None, 0, {"num_cpus": 4}),
    ],
)
def test_room_for_workers(nodes: list[dict[str, float]], cores: int | None, room: int, needs: dict[str, int]) -> None:
    assert on_ray._room([{"Resources": node} for node in nodes], cores) == (room, needs)
