"""The trajectories that a run keeps in full, without those that do not count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rsimc.analysis.forecast import Forecast
from rsimc.errors import RunError
from rsimc.runs.ensemble import ensemble_path, read_ensemble


def counted(forecast: Forecast, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Columns [rows] of trajectories that are finite and not conditioned out, `batch` among them.

    Raises RunError where the run keeps none, where none counts, or the file is damaged.
    """
    place = str(ensemble_path(forecast.folder))
    columns = list(dict.fromkeys(["batch", *names]))
    table = read_ensemble(forecast.folder, ["finite", "conditioned_out", *columns], forecast.manifest.kept_chunks)
    if table is None:
        raise RunError(
            place, "trajectories of the run", "none", "give the command that made the run again to make them"
        )
    kept = table["finite"].to_numpy() & ~table["conditioned_out"].to_numpy()
    if not kept.any():
        advice = "ask for more draws, or set condition_on_not_yet = false"
        raise RunError(place, "a trajectory that counts", "none: all are conditioned out", advice)
    return {name: table[name].to_numpy()[kept] for name in columns}
