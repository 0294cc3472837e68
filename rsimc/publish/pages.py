"""Where pages of several runs go: never in the place of another's file, and never into a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rsimc.errors import OutputError
from rsimc.runs.files import write_text

HEAD = 4096
"""Bytes within which a page says what made it."""


def write_page(path: Path, make: Callable[[], str], maker: str) -> Path:
    """Make a page and write it, whole or not at all. A page of the same maker is replaced.

    Raises OutputError, before the page is made, where another file is, or a folder, or within a run folder, whose
    checksums vouch for every file in it.
    """
    require_place(path, maker)
    return write_text(path, make())


def require_place(path: Path, maker: str) -> None:
    """Raises OutputError where a page of that maker must not be written."""
    for folder in path.absolute().parents:
        if (folder / "run.json").is_file():
            found = f"the run folder {folder}"
            raise OutputError(str(path), "a place outside run folders", found, "choose another one with -o")
    if path.is_dir():
        raise OutputError(str(path), "a file", "a folder", "choose a name in it with -o")
    if not path.parent.is_dir():
        raise OutputError(str(path), "a folder that exists", f"no folder {path.parent}", "make it first")
    if (path.exists() or path.is_symlink()) and not _made_by(path, maker):
        raise OutputError(
            str(path), "a new file, or an older page", "a file that is there already", "choose another name with -o"
        )


def _made_by(path: Path, maker: str) -> bool:
    """Whether a file says that it is a page of that maker. What is no regular file would never end."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return f'<meta name="generator" content="{maker}">'.encode() in handle.read(HEAD)
