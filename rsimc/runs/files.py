"""Writing files so that they are whole or absent: temporary name, fsync, rename, fsync of the folder.

Many processes on many machines may write into one folder: temporary names hold the machine and the process.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Callable
from pathlib import Path

from rsimc.errors import OutputError


def make_folder(path: Path) -> Path:
    """The folder, made with its parents, to stay also when the power goes. Raises OutputError when it cannot be."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            _sync_folder(folder.parent)
    except OSError as error:
        raise _refused(path, error) from error
    return path


def write_atomic(path: Path, write: Callable[[Path], None], *, first: bool = False) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place.

    The file at `path` is replaced as a whole or not at all, also when the process is killed or the disk is full.
    first: of several processes that write it the first one's stays, and the others leave it as it is.
    Raises OutputError naming the path and the reason.
    """
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{_host()}-{os.getpid()}.part")
    try:
        write(part)
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        if first:
            _link(part, path)
        else:
            os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def write_bytes(path: Path, content: bytes, *, first: bool = False) -> Path:
    """Write bytes atomically; first: unless another process has."""
    return write_atomic(path, lambda part: _dump(part, content), first=first)


def write_text(path: Path, content: str, *, first: bool = False) -> Path:
    """Write UTF-8 text atomically; first: unless another process has."""
    return write_bytes(path, content.encode(), first=first)


def sweep(folder: Path) -> None:
    """Remove temporary files that processes of this machine left behind when they were killed."""
    for part in folder.glob(".*.part"):
        found = PART.fullmatch(part.name)
        if found is not None and found["host"] == _host() and not _runs(int(found["pid"])):
            part.unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


PART = re.compile(r"\..+\.(?P<host>[A-Za-z0-9_]+)-(?P<pid>[0-9]+)\.part")


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node()) or "host"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # there, and another user's
        pass
    return True


def _link(part: Path, path: Path) -> None:
    """Put `part` in place unless there is a file; where a file system has no links, the last one's stays."""
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError:
        if not path.exists():
            os.replace(part, path)


def _dump(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(
        str(path), "a place that can be written", reason.lower(), "free space, or choose another folder with -o"
    )
