"""SHA256SUMS over every file of a finished run, in the format of sha256sum."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from rsimc.errors import RunError
from rsimc.reading import TABLE, content
from rsimc.runs.files import checksum, write_bytes

NAME = "SHA256SUMS"
OWN = "# these lines: "
"""Begins the last line, which sha256sum skips: with it, damage to the list shows as damage to the list."""
KEPT = re.compile(r"ensemble\.parquet|ensemble/.*")
"""Trajectories in full, which nothing but the list vouches for."""
MADE = re.compile(rf"posterior\.nc|{KEPT.pattern}|chunks/.*")
"""What simulating makes."""
MISSING = "missing"
FOREIGN = "not of the run as it was finished"
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_checksums(folder: Path) -> Path:
    """Write the list over every file there is.

    A list that is there already still vouches for what simulating made. Raises RunError when a file of that is missing
    or not as it was: a new list must not hide damage.
    """
    _require_as_before(folder, MADE, but=(FOREIGN,))
    text = "".join(f"{checksum(folder / name)}  {name}\n" for name in _names(folder))
    return write_bytes(folder / NAME, _bytes(f"{text}{OWN}{_digest(text)}\n"))


def forget_checksums(folder: Path) -> None:
    """Take back the list: the run is not what it vouches for until it is finished again.

    Raises RunError when a trajectory kept is not as it was, which no other file could tell afterwards.
    """
    _require_as_before(folder, KEPT, but=(FOREIGN, MISSING))
    drop_checksums(folder)


def drop_checksums(folder: Path) -> None:
    """Remove the list, whatever it says; another process may have finished the run meanwhile."""
    (folder / NAME).unlink(missing_ok=True)


def sum_problems(folder: Path) -> list[str]:
    """What the list does not find as it was: each names a file. A folder without a list has one problem."""
    found = _compared(folder)
    return [f"{NAME}: there is none, the run was not finished"] if found is None else [": ".join(one) for one in found]


def first_problem(folder: Path, but: re.Pattern[str]) -> str | None:
    """What the list finds missing or not as it was, but for files of that name, which may be large; None for nothing.

    Files that the list does not know are nobody's harm here.
    """
    found = _compared(folder, but)
    if found is None:
        return f"{NAME}: there is none, the run was not finished"
    return next((f"{name}: {what}" for name, what in found if what != FOREIGN and not but.fullmatch(name)), None)


def _require_as_before(folder: Path, which: re.Pattern[str], but: tuple[str, ...]) -> None:
    for name, what in _compared(folder) or ():
        if which.fullmatch(name) and what not in but:
            advice = (
                f"{'' if what == MISSING else 'remove it, and '}give the command that made the run again to make it"
            )
            raise RunError(str(folder / name), "a file as it was when the run was finished", what, advice)


def _compared(folder: Path, unread: re.Pattern[str] | None = None) -> list[tuple[str, str]] | None:
    """Files and what is wrong with each; None without a list. unread: files that are not read."""
    try:
        text = content(folder / NAME, TABLE).decode("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OSError:
        return [(NAME, "cannot be read")]
    body, found, own = text.rpartition(OWN)
    if not found or own != f"{_digest(body)}\n":
        return [(NAME, "damaged, its own checksum does not hold")]
    listed = {match[2]: match[1] for line in body.split("\n") if (match := LINE.fullmatch(line))}
    there = _names(folder)
    missing = [(name, MISSING) for name in listed if name not in there]
    foreign = [(name, FOREIGN) for name in there if name not in listed]
    read = [name for name in there if name in listed and not (unread and unread.fullmatch(name))]
    damaged = [(name, what) for name in read if (what := _changed(folder / name, listed[name]))]
    return missing + foreign + damaged


def _changed(path: Path, sum_before: str) -> str:
    try:
        return "" if checksum(path) == sum_before else "not as it was, its checksum differs"
    except OSError:
        return "cannot be read"


def _names(folder: Path) -> list[str]:
    """Files of the run, relative, without the list and without temporary ones."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = (path.relative_to(folder).as_posix() for path in files)
    return sorted(name for name in names if name != NAME and "\n" not in name)  # a line each


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")  # names as the file system has them
