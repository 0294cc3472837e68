"""`rsimc doctor`: versions, devices, memory and caches, and whether a forecast can run here."""

from __future__ import annotations

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from rsimc.cli.options import console, emit_json, json_option
from rsimc.cli.tables import say
from rsimc.errors import UsageError
from rsimc.runs.cache import cache_dir

PACKAGES = ("rsimc", "jax", "jaxlib", "numpyro", "arviz")
NVIDIA = Path("/proc/driver/nvidia/version")
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
GIB = 2**30
LEAST_SPACE = GIB  # a run of a million trajectories and its posterior take some hundred megabytes


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Show what rsimc finds here: versions, devices, memory, caches. Exits with 1 when a forecast could not run."""
    found = document()
    if as_json:
        emit_json(found)
    else:
        _show(found, console())
    if not found["ok"]:
        raise click.exceptions.Exit(1)


def document() -> dict[str, object]:
    """What is found, as JSON."""
    packages, cache = versions(), cache_state()
    found, reason = devices()
    problems = [f"{name} is not installed" for name, version in packages.items() if version is None]
    problems += [f"jax cannot start: {reason}"] if reason else []
    problems += [] if cache["writable"] else [f"the cache folder {cache['folder']} cannot be written: set RSIMC_CACHE"]
    return {
        "schema": "rsimc.doctor/1",
        "ok": not problems,
        "verdict": "; ".join(problems) or _advice(found, cache),
        "versions": packages,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "devices": found,
        "cores": cores(),
        "memory_bytes": memory(),
        "cache": cache,
    }


def _advice(found: list[dict[str, object]], cache: dict[str, object]) -> str:
    """The verdict where nothing stands in the way of a forecast."""
    free = cache["free_bytes"]
    if isinstance(free, int) and free < LEAST_SPACE:
        return f"ready, but only {free / GIB:.1f} GiB are free for the cache"
    on_cpu = all(device["platform"] == "cpu" for device in found)
    if on_cpu and NVIDIA.exists():
        found_one = "ready, on the CPU: there is an NVIDIA GPU that jax does not see"
        return f'{found_one}; pip install ".[gpu]" in a clone of rsimc to use it'
    return f"ready, on the {str(found[0]['platform']).upper()}"


def versions() -> dict[str, str | None]:
    """Versions of rsimc and of what it stands on, None for what is missing."""
    out: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            out[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            out[name] = None
    return out


def devices() -> tuple[list[dict[str, object]], str]:
    """The devices that jax finds, or none and the reason, which may be flags that no run is made with."""
    try:
        import jax

        from rsimc.runs.machine import refuse_fast_maths

        refuse_fast_maths()
        found = jax.devices()
    except (ImportError, RuntimeError, UsageError) as error:
        return [], " ".join(str(error).split())
    kinds = dict.fromkeys((device.platform, device.device_kind) for device in found)
    return [
        {"platform": kind[0], "kind": kind[1], "count": sum((d.platform, d.device_kind) == kind for d in found)}
        for kind in kinds
    ], ""


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int | None:
    """Bytes of memory, no more than the container allows; None where the system does not say."""
    try:
        limit = CGROUP_MEMORY.read_text(encoding="ascii").strip()
    except OSError:
        limit = "max"
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return min(whole, int(limit)) if limit.isdigit() else whole


def cache_state() -> dict[str, object]:
    """The cache folder, whether it can be written or made, and the space there. Nothing is created."""
    try:
        folder = cache_dir()
    except RuntimeError:  # no home folder
        return {"folder": None, "writable": False, "free_bytes": None}
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return {"folder": str(folder), "writable": writable, "free_bytes": shutil.disk_usage(there).free}


def _show(found: dict[str, object], out: Console) -> None:
    packages, kinds, cache = found["versions"], found["devices"], found["cache"]
    assert isinstance(packages, dict) and isinstance(kinds, list) and isinstance(cache, dict)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, version in packages.items():
        grid.add_row(name, version or "not installed")
    grid.add_row("python", f"{found['python']} on {found['system']}")
    listed = (f"{kind['count']} x {kind['platform']} ({kind['kind']})" for kind in kinds)
    grid.add_row("devices", ", ".join(listed) or "none")
    grid.add_row("cores", str(found["cores"]))
    grid.add_row("memory", _size(found["memory_bytes"]))
    writable = "can be written" if cache["writable"] else "cannot be written"
    grid.add_row("cache", f"{cache['folder']} ({writable}, {_size(cache['free_bytes'])} free)")
    out.print(grid)
    out.print()
    say(out, str(found["verdict"]), indent=0)


def _size(count: object) -> str:
    return f"{count / GIB:.1f} GiB" if isinstance(count, int) else "unknown"
