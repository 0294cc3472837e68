"""Exact counts on disk: one file a chunk, with a checksum inside. A file that is present and whole is work done."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from rsimc.engine.counts import COUNT_FIELDS, Counts
from rsimc.runs.files import write_bytes


def chunk_path(folder: Path, index: int) -> Path:
    """Where a chunk's counts lie."""
    return folder / "chunks" / f"{index:08d}.npz"


def digest(counts: Counts, identity: str, index: int) -> str:
    """SHA-256 over a run's identity, the chunk's index and all its numbers."""
    state = hashlib.sha256(f"{identity}/{index}".encode())
    for name in COUNT_FIELDS:
        array = getattr(counts, name)
        state.update(f"{name}{array.shape}".encode())
        state.update(np.ascontiguousarray(array, dtype="<i8").tobytes())
    return state.hexdigest()


def write_chunk(folder: Path, index: int, identity: str, counts: Counts) -> Path:
    """Write one chunk's counts; the same counts give the same bytes."""
    buffer = io.BytesIO()
    arrays = {name: getattr(counts, name) for name in COUNT_FIELDS}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in {**arrays, "checksum": np.array(digest(counts, identity, index))}.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)
            # A fixed date, so that equal counts are equal files.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), part.getvalue(), zipfile.ZIP_DEFLATED
            )
    return write_bytes(chunk_path(folder, index), buffer.getvalue())


def read_chunk(folder: Path, index: int, identity: str) -> Counts | None:
    """A chunk's counts, or None when the file is absent, torn, damaged or of another run."""
    try:
        with np.load(chunk_path(folder, index), allow_pickle=False) as stored:
            counts = Counts(*(stored[name] for name in COUNT_FIELDS))
            return counts if str(stored["checksum"]) == digest(counts, identity, index) else None
    except Exception:  # one flipped bit and zipfile, zlib or numpy's header parser fail in a way of their own
        return None
