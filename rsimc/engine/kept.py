"""Compiled programs as bytes: what one process compiled the next only loads, and traces nothing.

jax's own cache asks for a program by its text, which takes a second of tracing to make again. These are asked for by
what they are made of, which the caller knows.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import jax
from jax.experimental.serialize_executable import deserialize_and_load, serialize

FROM_CACHE = "/jax/compilation_cache/cache_hits"
WRITTEN_FROM = "jax_persistent_cache_min_compile_time_secs"
UNREADABLE = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    jax.errors.JaxRuntimeError,
)
"""What bytes raise that are not programs of this machine; they are then compiled anew."""


class Shelf(Protocol):
    """Where the programs of one plan are kept. name: all else that decides them."""

    def get(self, name: str) -> bytes | None:
        """What is kept by that name; None for nothing."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep it. What cannot be kept is not: that costs time only."""
        ...


def loaded(content: bytes, devices: Sequence[Any]) -> tuple[jax.stages.Compiled, ...] | None:
    """Programs, ready to run on these devices, loaded side by side; None when the bytes are none of this machine's."""

    def load(one: tuple[bytes, Any, Any]) -> jax.stages.Compiled:
        program, arguments, results = one
        return deserialize_and_load(program, arguments, results, execution_devices=devices)

    try:
        with ThreadPoolExecutor() as pool:
            return tuple(pool.map(load, pickle.loads(content)))
    except UNREADABLE:
        return None


def content_of(programs: Sequence[jax.stages.Compiled]) -> bytes:
    """Programs as bytes, for `loaded`. They must come from the compiler: what jax's cache gave cannot be kept again
    (jax 0.12: it loads without its functions)."""
    return pickle.dumps([serialize(program) for program in programs])


@contextmanager
def apart() -> Iterator[Callable[[], bool]]:
    """Meanwhile jax writes no program into its own cache. Says whether it took none from there either."""
    hits = []

    def heard(event: str, **_: str | int) -> None:
        if event == FROM_CACHE:
            hits.append(event)

    before = jax.config.jax_persistent_cache_min_compile_time_secs
    jax.config.update(WRITTEN_FROM, math.inf)
    jax.monitoring.register_event_listener(heard)
    try:
        yield lambda: not hits
    finally:
        jax.monitoring.unregister_event_listener(heard)
        jax.config.update(WRITTEN_FROM, before)
