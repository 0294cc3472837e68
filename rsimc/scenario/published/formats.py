"""Readers of published models' parameter files, by the name of the model's authors' work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rsimc.scenario.published import ai2027, aifm, ftm
from rsimc.scenario.published.files import Imported

READERS: dict[str, Callable[[Path, str | None], Imported]] = {"ai2027": ai2027.read, "aifm": aifm.read, "ftm": ftm.read}
