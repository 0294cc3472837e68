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


def _narrow(counts: Counts) -> dict[str, np.ndarray]:
    """The counts in the smallest unsigned type that holds each field's largest: a quarter of the bytes to hash and to
    pack, which would take a tenth of a run's time."""
    fields = {name: getattr(counts, name) for name in COUNT_FIELDS}
    kinds = {name: np.min_scalar_type(int(array.max(initial=0))) for name, array in fields.items()}
    return {name: array.astype(kinds[name].newbyteorder("<")) for name, array in fields.items()}


def digest(narrow: dict[str, np.ndarray], identity: str, index: int) -> str:
    """SHA-256 over a run's identity, the chunk's index and all its numbers."""
    state = hashlib.sha256(f"{identity}/{index}".encode())
    for name in COUNT_FIELDS:
        state.update(f"{name}{narrow[name].shape}{narrow[name].dtype.str}".encode())
        state.update(np.ascontiguousarray(narrow[name]).data)
    return state.hexdigest()


def write_chunk(folder: Path, index: int, identity: str, counts: Counts) -> Path:
    """Write one chunk's counts; the same counts give the same bytes."""
    buffer, arrays = io.BytesIO(), _narrow(counts)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in {**arrays, "checksum": np.array(digest(arrays, identity, index))}.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))  # a fixed date: equal counts are equal files
            archive.writestr(
                entry, part.getvalue(), zipfile.ZIP_DEFLATED, 1
            )  # the archive's own level is not for these
    return write_bytes(chunk_path(folder, index), buffer.getvalue())


def read_chunk(folder: Path, index: int, identity: str) -> Counts | None:
    """A chunk's counts, or None when the file is absent, torn, damaged or of another run."""
    try:
        with np.load(chunk_path(folder, index), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in COUNT_FIELDS}
            if str(stored["checksum"]) != digest(arrays, identity, index):
                return None
            return Counts(**{name: array.astype(np.int64) for name, array in arrays.items()})
    except Exception:  # one flipped bit and zipfile, zlib or numpy's header parser fail in a way of their own
        return None
