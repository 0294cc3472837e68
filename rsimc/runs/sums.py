"""SHA256SUMS over every file of a finished run, in the format of sha256sum."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from rsimc.errors import RunError
from rsimc.reading import TABLE, content
from rsimc.runs.files import checksum, write_text

NAME = "SHA256SUMS"
OWN = "# these lines: "
"""Begins the last line, which sha256sum skips: with it, damage to the list shows as damage to the list."""
ANEW = ("summary.nc", "report.html")
FOREIGN = "not of the run as it was finished"
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_checksums(folder: Path) -> Path:
    """Write the list over every file there is.

    A list that is there already still vouches for all that is not made anew. Raises RunError when one of those files is
    missing or not as it was: a new list must not hide damage.
    """
    for problem in sum_problems(folder) if (folder / NAME).exists() else ():
        name, _, what = problem.partition(": ")
        if name not in ANEW and what != FOREIGN:
            advice = "remove it, and run simulate again to make it" if name != NAME else "remove it, and run this again"
            raise RunError(str(folder / name), "a file as it was when the run was finished", what, advice)
    text = "".join(f"{checksum(folder / name)}  {name}\n" for name in _names(folder))
    return write_text(folder / NAME, f"{text}{OWN}{_digest(text)}\n")


def forget_checksums(folder: Path) -> None:
    """Take back the list: the run is not what it vouches for until it is finished again."""
    (folder / NAME).unlink(missing_ok=True)


def sum_problems(folder: Path) -> list[str]:
    """What the list does not find as it was: each names a file. A folder without a list has one problem."""
    try:
        text = content(folder / NAME, TABLE).decode("ascii", errors="replace")
    except OSError:
        return [f"{NAME}: there is none, the run was not finished"]
    body, found, own = text.rpartition(OWN)
    if not found or own != f"{_digest(body)}\n":
        return [f"{NAME}: damaged, its own checksum does not hold"]
    listed = {match[2]: match[1] for line in body.splitlines() if (match := LINE.fullmatch(line))}
    there = _names(folder)
    missing = [f"{name}: missing" for name in listed if name not in there]
    foreign = [f"{name}: {FOREIGN}" for name in there if name not in listed]
    damaged = [
        f"{name}: not as it was, its checksum differs"
        for name in there
        if name in listed and checksum(folder / name) != listed[name]
    ]
    return missing + foreign + damaged


def _names(folder: Path) -> list[str]:
    """Files of the run, relative, without the list and without temporary ones."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(name for path in files if (name := path.relative_to(folder).as_posix()) != NAME)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
