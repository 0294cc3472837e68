"""What a finished run published, read without opening it: no model, no posterior, no trajectory is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from rsimc.errors import RunError
from rsimc.reading import BINARY, regular
from rsimc.runs.manifest import Manifest, read_manifest
from rsimc.runs.sums import first_problem

DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError)
LARGE = re.compile(r"ensemble\.parquet|ensemble/.*|posterior\.nc|report\.html")
"""Files that an index does not check: what is large, and the report, which anybody may remove."""


@dataclass(frozen=True)
class Published:
    """A run's record, its document rsimc.forecast/1, and of one milestone the probability by decimal years."""

    manifest: Manifest
    document: dict[str, Any]
    milestone: str
    years: np.ndarray
    p: np.ndarray


def published_document(folder: Path) -> dict[str, Any]:
    """The document in summary.nc. Raises RunError where there is none, or it is damaged."""
    with _summary(folder) as tree:
        return _document(tree)


def published(folder: Path, preferred: str) -> Published:
    """What a run folder published of its preferred milestone, or of its first one where its model lacks that.

    Raises RunError when it is no finished run, or a file of it is missing or not as it was: every one but the
    trajectories and the posterior, which `rsimc verify` reads too.
    """
    manifest = read_manifest(folder)
    problem = first_problem(folder, LARGE)
    if problem is not None:
        advice = "give the command that made the run again to finish it, or rsimc verify to see all"
        raise RunError(str(folder), "a finished run", problem, advice)
    with _summary(folder) as tree:
        found = _document(tree)
        if tree.attrs["id"] != manifest.id:
            raise ValueError("of another run")
        milestone = preferred if preferred in found["milestones"] else next(iter(found["milestones"]))
        curve = tree["curves"]["p"].sel(milestone=milestone)
        years, p = np.asarray(curve["year"].values, np.float64), np.asarray(curve.values, np.float64)
        return Published(manifest, found, milestone, years, p)


@contextmanager
def _summary(folder: Path) -> Iterator[xr.DataTree]:
    """summary.nc, opened; whatever goes wrong with it is a RunError."""
    path = folder / "summary.nc"
    try:
        with xr.open_datatree(regular(path, BINARY), engine="h5netcdf") as tree:
            yield tree
    except DAMAGE as error:
        advice = "finish the run with the version of rsimc that began it"
        raise RunError(str(path), "what the run published", "none, or a damaged file", advice) from error


def _document(tree: xr.DataTree) -> dict[str, Any]:
    found = json.loads(tree.attrs["document"])
    if not isinstance(found["milestones"], dict) or not found["milestones"]:
        raise ValueError("no milestones")
    return dict(found)
