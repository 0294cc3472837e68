"""What computes: versions, devices, flags; and the devices made ready."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from typing import Any

import jax

from rsimc.engine.device import use_cpu_cores
from rsimc.errors import UsageError
from rsimc.runs.cache import cache_dir

FAST_MATHS = re.compile(r"--xla_[cg]pu_enable_fast_math(?!=(?:false|0)\b)\S*")


def prepare_devices(cores: int | None = None) -> None:
    """Let jax see every core, or `cores` of them, and keep compiled programs between processes. Raises as
    `refuse_fast_maths` does."""
    refuse_fast_maths()
    use_cpu_cores(cores)
    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(cache_dir() / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def refuse_fast_maths() -> None:
    """UsageError where XLA_FLAGS ask for fast mathematics: sums would be reordered, and no promise of the same numbers
    would hold."""
    if asked := FAST_MATHS.search(os.environ.get("XLA_FLAGS", "")):
        raise UsageError("XLA_FLAGS", "exact mathematics", asked[0], f"take {asked[0]} out of XLA_FLAGS")


def machine() -> dict[str, Any]:
    """What a record says of the machine that began a run. Not part of the identity."""
    packages = ("rsimc", "jax", "jaxlib", "numpyro", "arviz", "numpy")
    devices = jax.local_devices()
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "device": devices[0].device_kind,
        "platform": devices[0].platform,
        "devices": len(devices),
        "system": _system(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


def kind() -> str:
    """What chunks say of the machine that made them: two of one kind owe each other the same bytes."""
    device = jax.local_devices()[0]
    return f"jaxlib {version('jaxlib')}, {device.platform}, {device.device_kind}, {_system()}"


def _system() -> str:
    return f"{platform.system()} {platform.machine()}"
