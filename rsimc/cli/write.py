"""New files: whole or absent, and never in the place of another."""

from __future__ import annotations

from pathlib import Path

from rsimc.errors import OutputError, UsageError


def require_new_png(path: Path | None) -> None:
    """Raises UsageError for a name that is not a picture's, OutputError for one that is there already."""
    if path is not None and path.suffix != ".png":
        raise UsageError("output", "a name that ends in .png", str(path))
    if path is not None and path.exists():
        raise OutputError(
            str(path), "a new file", "one that is there already", "choose another name, or remove it first"
        )


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet. Raises OutputError when it does, or when its folder does not."""
    if not path.parent.is_dir():
        raise OutputError(str(path), "a folder that exists", f"no folder {path.parent}", "make it first")
    try:
        handle = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        found = "a folder" if path.is_dir() else "a file that is there already"
        raise OutputError(str(path), "a new file", found, "choose another name, or remove it first") from None
    try:
        with handle:
            handle.write(text)
    except OSError:
        path.unlink(missing_ok=True)  # whole or absent
        raise
