"""Reading files that strangers may have written: regular ones only, of a size that was agreed on.

A named pipe or a device in the place of a file would never end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

TEXT, TABLE, BINARY = 2**20, 2**26, 2**33
"""Bytes at most of a scenario or a model, of a table of observations or a record, of numbers."""


def content(path: Path, most: int) -> bytes:
    """All of a file. Raises OSError, with its reason in `strerror`, when it is no regular file, or larger."""
    regular(path, most)
    return path.read_bytes()


def regular(path: Path, most: int) -> Path:
    """The path, of a regular file of at most so many bytes. Raises OSError as `content` does."""
    try:
        found = os.stat(path)
    except ValueError:  # a name with a zero byte
        raise OSError(errno.EINVAL, "not a possible file name", str(path)) from None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if found.st_size > most:
        raise OSError(errno.EFBIG, f"a file of more than {most:,} bytes", str(path))
    return path
