"""Where posteriors, compiled programs and the code that draws are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """RSIMC_CACHE, else XDG_CACHE_HOME/rsimc, else ~/.cache/rsimc. Not created here."""
    named = os.environ.get("RSIMC_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path("~/.cache").expanduser()) / "rsimc"
