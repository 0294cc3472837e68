"""Fits that are under way, in the cache: one whose process was killed goes on from the end of its last stage."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import jax
import numpy as np

from rsimc.runs.cache import cache_dir
from rsimc.runs.files import write_bytes
from rsimc.scenario import identity


class Unfinished:
    """The fit of some posteriors at once. Another jaxlib, or other devices, round otherwise: to them it is another."""

    def __init__(self, posteriors: Sequence[str]) -> None:
        where = {"jaxlib": version("jaxlib"), "devices": [device.device_kind for device in jax.local_devices()]}
        name = identity({"format": 1, "posteriors": list(posteriors), **where})
        self.path = cache_dir() / "unfinished" / f"{name}.npz"

    def load(self) -> Mapping[str, np.ndarray] | None:
        """What was kept last; None when nothing was, or it is damaged: the fit then begins anew."""
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                return {key: stored[key] for key in stored.files}
        except Exception:  # absent, or one flipped bit, with which zipfile and numpy fail in ways of their own
            return None

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep this in place of what was kept before."""
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        write_bytes(self.path, buffer.getvalue())

    def forget(self) -> None:
        """The fit is done."""
        self.path.unlink(missing_ok=True)
