"""What every test shares: two CPU devices, compiled programs that outlive the session, an rsimc cache of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

# Before jax is imported, which reads these once. Compiled programs are shared by xdist workers and by later sessions.
_user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"rsimc-tests-jax-{_user}"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")

from rsimc.engine.device import use_cpu_cores  # noqa: E402

use_cpu_cores(2)
settings.register_profile("rsimc", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("rsimc")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keeps what the tests cache (posteriors) out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("RSIMC_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, one a worker. Tests that want it are skipped where none is installed, unless it is required."""
    from browsing import launched

    with launched() as found:
        yield found
