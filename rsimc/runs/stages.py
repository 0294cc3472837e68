"""Results of a long job, stage by stage on disk, so that it goes on where it was when it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rsimc.runs.cache import cache_dir
from rsimc.runs.files import write_text
from rsimc.scenario import identity

VERSION = 2


class Stages:
    """What has been found so far, by key, as plain data. inputs: all that affects it; other inputs, another file."""

    def __init__(self, kind: str, inputs: Mapping[str, object]) -> None:
        self.id = identity({"kind": kind, "version": VERSION, **inputs})
        self.path = cache_dir() / kind / f"{self.id}.json"
        self._found = _read(self.path, self.id)

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def __getitem__(self, key: str) -> Any:
        return self._found[key]

    def keys(self, beginning: str) -> list[str]:
        """The keys that begin so, in the order in which they were found."""
        return [key for key in self._found if key.startswith(beginning)]

    def put(self, found: dict[str, Any]) -> None:
        """Keep results, at once and whole."""
        self._found |= found
        write_text(self.path, json.dumps({"id": self.id, "found": self._found}))


def _read(path: Path, identity: str) -> dict[str, Any]:
    """What a file holds; nothing when it is absent, damaged or of other inputs: it is then made anew."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return dict(stored["found"]) if stored["id"] == identity else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
