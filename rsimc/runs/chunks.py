"""Exact counts on disk: one file a chunk, with a checksum inside. A file that is present and whole is work done."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rsimc.engine.counts import COUNT_FIELDS, Counts
from rsimc.reading import content
from rsimc.runs.files import write_bytes

MOST = 2**28
"""Bytes of counts, packed or not: of the flagship they are 10^7. A file may claim to hold any number."""


class Stored(NamedTuple):
    """A chunk as it was kept. maker: the kind of machine that made it, in the words of `rsimc.runs.machine.kind`."""

    counts: Counts
    maker: str


def chunk_path(folder: Path, index: int) -> Path:
    """Where a chunk's counts lie."""
    return folder / "chunks" / f"{index:08d}.npz"


def _narrow(counts: Counts) -> dict[str, np.ndarray]:
    """The counts in the smallest unsigned type that holds each field's largest: a quarter of the bytes to hash and to
    pack, which would take a tenth of a run's time."""
    fields = {name: getattr(counts, name) for name in COUNT_FIELDS}
    kinds = {name: np.min_scalar_type(int(array.max(initial=0))) for name, array in fields.items()}
    return {name: array.astype(kinds[name].newbyteorder("<")) for name, array in fields.items()}


def digest(narrow: dict[str, np.ndarray], identity: str, index: int, maker: str) -> str:
    """SHA-256 over a run's identity, the chunk's index, its maker and all its numbers."""
    state = hashlib.sha256(f"{identity}/{index}/{maker}".encode())
    for name in COUNT_FIELDS:
        state.update(f"{name}{narrow[name].shape}{narrow[name].dtype.str}".encode())
        state.update(np.ascontiguousarray(narrow[name]).data)
    return state.hexdigest()


def pack(index: int, identity: str, counts: Counts, maker: str) -> bytes:
    """A chunk as a file; the same counts of the same maker give the same bytes."""
    buffer, arrays = io.BytesIO(), _narrow(counts)
    texts = {"maker": np.array(maker), "checksum": np.array(digest(arrays, identity, index, maker))}
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in {**arrays, **texts}.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))  # a fixed date: equal counts are equal files
            # The archive's own level is not for entries made like this one.
            archive.writestr(entry, part.getvalue(), zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


def unpack(packed: bytes, index: int, identity: str) -> Stored | None:
    """A chunk that was packed, or None when it is torn, damaged or of another run."""
    try:
        if sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(packed)).infolist()) > MOST:
            return None
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            arrays, maker = {name: stored[name] for name in COUNT_FIELDS}, str(stored["maker"])
            if str(stored["checksum"]) != digest(arrays, identity, index, maker):
                return None
            return Stored(Counts(**{name: array.astype(np.int64) for name, array in arrays.items()}), maker)
    except Exception:  # one flipped bit and zipfile, zlib or numpy's header parser fail in a way of their own
        return None


def write_chunk(folder: Path, index: int, packed: bytes) -> Path:
    """Put a packed chunk where it belongs."""
    return write_bytes(chunk_path(folder, index), packed)


def read_chunk(folder: Path, index: int, identity: str) -> Stored | None:
    """A chunk of a folder, or None when the file is absent, torn, damaged or of another run."""
    try:
        packed = content(chunk_path(folder, index), MOST)
    except OSError:
        return None
    return unpack(packed, index, identity)
