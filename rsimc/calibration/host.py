"""Where calibration computes: on the host's cores, in float64, on machines with a GPU too.

A posterior is then the same with and without a GPU, and asks nothing of one that has little float64 or, as TPUs, none.
Nor is it work that gains much there: its chains are few, and every step of theirs waits for the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax


def host_devices() -> list[Any]:
    """The host's cores, as `use_cpu_cores` shows them to jax; where JAX_PLATFORMS leaves them out, what there is."""
    try:
        return list(jax.local_devices(backend="cpu"))
    except RuntimeError:
        return list(jax.local_devices())


@contextmanager
def on_host() -> Iterator[None]:
    """Computes on the host, in float64."""
    with jax.enable_x64(True), jax.default_device(host_devices()[0]):
        yield
