"""What every result states of itself: date, machine, versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rsimc.models.takeoff.model import Takeoff

RESULTS = Path(__file__).parent / "results"


def about(*packages: str, label: str = "") -> dict[str, Any]:
    """The head of a result: the flagship's version, the day, the machine, versions of rsimc, jax and `packages`."""
    return {
        "model": f"{Takeoff.name} {Takeoff.version}",
        "label": label,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(terse=True), "cpu": cpu()},
        "versions": {name: version(name) for name in ("rsimc", "jax", "jaxlib", *packages)},
    }


def cpu() -> str:
    """The processor's name, where the system tells."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
