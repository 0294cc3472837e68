"""Chunks made on a Ray cluster: one actor a GPU or a group of cores, tasks that carry a chunk's index and no more.

Workers and nodes may die at any instant and come back: a chunk whose worker died is given to another, and as many
actors are kept as the cluster has room for. Results come back to this process, which alone writes the run folder, so
that the nodes need not share a disk. Needs the extra `rsimc[ray]`.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import jax
import numpy as np

from rsimc.engine.source import PriorSource
from rsimc.errors import RunError, UsageError
from rsimc.runs.chunks import unpack
from rsimc.runs.manifest import Manifest
from rsimc.runs.posteriors import Posterior
from rsimc.runs.ray_worker import Order, Worker
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study
from rsimc.runs.work import Made

CORES = 4
"""Of an actor without a GPU, where nodes have as many: more actors would each compile the program and hold a chunk."""
TRIES = 5
"""How often a chunk is given to a worker before it is taken for one that no worker survives."""
STARTING = 60.0
"""Seconds in which workers do nothing but fail to start, after which a run gives up."""
PATIENCE = 120.0
"""Seconds without a node that could hold a worker after which a run gives up."""
ANSWER = 10.0
"""Seconds for a cluster to answer at all."""
LOOK = 1.0
"""Seconds between two looks at what the cluster has."""
LONELY = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # also on Linux: servers bind to loopback
    "RAY_AUTH_MODE": "token",
}
"""Environment of a cluster of this process's own, on this machine alone."""


@dataclass(frozen=True)
class OnRay:
    """An executor on a Ray cluster. address: as `ray start` prints it, RAY_ADDRESS when None, else a cluster of its own
    on this machine that ends with the run. cores: of an actor where there are no GPUs, 4 when None. allow_code: workers
    may run the file of a model, which must lie at the same path on every node."""

    address: str | None = None
    cores: int | None = None
    allow_code: bool = False

    def make(
        self, study: Study, posterior: Posterior | None, manifest: Manifest, todo: Sequence[int]
    ) -> Iterator[Made]:
        """Chunks as workers finish them. Raises RunError when no worker can make one, UsageError without Ray."""
        order = order_of(study, posterior, manifest, self.allow_code)
        with _connected(self.address) as ray:
            crew = _Crew(ray, ray.put(order), self.cores, todo)
            try:
                for index, content, ensemble in crew.results():
                    stored = unpack(content, index, manifest.chunk_identity)
                    if stored is None:
                        raise RunError(f"chunk {index}", "a whole chunk", "another from a worker of Ray")
                    yield Made(index, stored.counts, content, ensemble)
            finally:
                crew.dismiss()


def order_of(study: Study, posterior: Posterior | None, manifest: Manifest, allow_code: bool) -> Order:
    """What a worker must know of a run, its tables as numpy arrays, which Ray shares between the workers of a node."""
    source = jax.tree.map(np.asarray, make_source(study, posterior, manifest.seed))
    if isinstance(source, PriorSource):
        source = replace(source, redraw=None)  # functions of a model's file do not travel; workers have the file
    rows = {name: tuple(row for row in study.rows if row.series == name) for name in study.scenario.data}
    return Order(manifest, rows, allow_code, source)


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster; one that this process had joined already stays as it is."""
    wanted = address or os.environ.get("RAY_ADDRESS") or "local"
    own = {**LONELY, "RAY_AUTH_TOKEN": _token()} if wanted == "local" else {}
    with _environment({"RAY_USAGE_STATS_ENABLED": "0", **own}):  # before Ray is imported, which reads some of it once
        try:
            import ray
        except ImportError:
            raise UsageError(
                "executor", "Ray", "none installed", 'python3 -m pip install ".[ray]" in a clone of rsimc'
            ) from None
        if ray.is_initialized():
            yield ray
            return
        try:
            _call(wanted)
            with warnings.catch_warnings(), _own_sigterm():
                warnings.simplefilter("ignore", RuntimeWarning)  # jax warns of forks; an exec follows Ray's at once
                ray.init(wanted, include_dashboard=False, log_to_driver=False, logging_level=50)
        except (ValueError, RuntimeError, OSError, OverflowError) as error:
            advice = "start one with `ray start --head`, or leave --address out"
            raise UsageError("address", "a Ray cluster", f"none at {wanted} ({_told(error)})", advice) from error
        try:
            yield ray
        except ray.exceptions.RayError as error:
            advice = "what is done is kept; the same command goes on"
            raise RunError("ray", "a cluster that answers", _told(error), advice) from error
        finally:
            ray.shutdown()


@cache
def _token() -> str:
    """Of clusters of this process's own: Ray reads it once."""
    return secrets.token_hex(32)


def _call(address: str) -> None:
    """Raises OSError when nobody answers there, which Ray finds out only after many minutes."""
    host, found, port = address.removeprefix("ray://").rpartition(":")
    if found and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER).close()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keeps this process's answer to SIGTERM, in whose place Ray puts one that aborts."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Variables that are not set already, for a time."""
    mine = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


class _Crew:
    """The actors of a run and what each is at. A task's index is None while its actor takes the order."""

    def __init__(self, ray: Any, order: Any, cores: int | None, todo: Sequence[int]) -> None:
        self._ray, self._order, self._cores = ray, order, cores
        self._todo = list(reversed(todo))
        self._tasks: dict[Any, tuple[Any, int | None]] = {}
        self._idle: list[Any] = []
        self._tries: Counter[int] = Counter()
        self._room, self._needs, self._looked = 0, {"num_cpus": 1}, 0.0
        self._failed_starts, self._failing_since = 0, 0.0
        self._alone_since = time.monotonic()

    def results(self) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Chunks as they come, until all are there."""
        while self._todo or any(index is not None for _, index in self._tasks.values()):
            self._hire()
            while self._idle and self._todo:
                worker, index = self._idle.pop(), self._todo.pop()
                self._tasks[worker.make.remote(index)] = worker, index
            while self._idle:  # nobody would notice when they die
                self._ray.kill(self._idle.pop())
            if not self._tasks:
                time.sleep(LOOK)
                continue
            for task in self._ray.wait(list(self._tasks), timeout=LOOK)[0]:
                if (made := self._finish(task)) is not None:
                    yield made

    def dismiss(self) -> None:
        """Let all actors go."""
        for worker in self._workers():
            self._ray.kill(worker)

    def _workers(self) -> list[Any]:
        return [*self._idle, *(worker for worker, _ in self._tasks.values())]

    def _hire(self) -> None:
        """Fill the room that the cluster has, no further than there is work."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        alive = [node for node in self._ray.nodes() if node["Alive"]]
        self._looked, (self._room, self._needs) = now, _room(alive, self._cores)
        busy = sum(index is not None for _, index in self._tasks.values())
        wanted = min(max(1, self._room), len(self._todo) + busy)  # one in any case: clusters grow when asked
        for _ in range(wanted - len(self._workers())):
            worker = self._ray.remote(Worker).options(**self._needs).remote(self._needs["num_cpus"])
            self._tasks[worker.begin.remote(self._order)] = worker, None
        if self._room or busy:  # others may use it now
            self._alone_since = now
        elif now - self._alone_since > PATIENCE:
            found = f"none for {PATIENCE:.0f} s on {len(alive)} nodes"
            raise RunError("ray", "a node with room for a worker", found, "see `ray status`; --cores asks for less")

    def _finish(self, task: Any) -> tuple[int, bytes, bytes | None] | None:
        """What a finished task brought; None when that is no chunk."""
        worker, index = self._tasks.pop(task)
        try:
            brought = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            self._lose(worker, index, error)
            return None
        if index is None and brought:
            raise RunError("ray", "workers that know this run", brought, "install the same rsimc on every node")
        self._idle.append(worker)
        self._failed_starts = 0
        if index is None:
            return None
        return (index, *brought)

    def _lose(self, worker: Any, index: int | None, error: Exception) -> None:
        """A worker that died or failed goes, and its chunk is given to another, unless that has happened too often."""
        self._ray.kill(worker)
        if index is None:
            self._failing_since = time.monotonic() if not self._failed_starts else self._failing_since
            self._failed_starts += 1
            # All workers of a node fail with it at once; where none can start, they go on failing.
            if self._failed_starts < TRIES or time.monotonic() - self._failing_since < STARTING:
                return
            raise RunError("ray", "workers that start", _told(error), "is rsimc installed on every node?") from error
        self._tries[index] += 1
        if self._tries[index] >= TRIES:
            advice = "what is done is kept; the same command goes on"
            raise RunError(
                f"chunk {index}", "a worker that makes it", f"{TRIES} lost: {_told(error)}", advice
            ) from error
        self._todo.append(index)


def _room(nodes: Sequence[dict[str, Any]], cores: int | None) -> tuple[int, dict[str, Any]]:
    """How many actors the nodes that live have room for, and what each of them needs."""
    gpus = [int(node["Resources"].get("GPU", 0)) for node in nodes]
    if sum(gpus):
        return sum(gpus), {"num_gpus": 1, "num_cpus": 1}
    found = [int(node["Resources"].get("CPU", 0)) for node in nodes]
    group = cores or max(1, min(CORES, max(found, default=CORES)))
    return sum(count // group for count in found), {"num_cpus": group}


def _told(error: Exception) -> str:
    """Of a message of Ray, which runs over many lines, the one that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
