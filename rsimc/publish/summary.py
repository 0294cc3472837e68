"""summary.nc: merged counts and derived curves as an xarray DataTree."""

from __future__ import annotations

import json
from pathlib import Path

import xarray as xr

from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.engine.counts import ACCOUNTS
from rsimc.runs.files import write_bytes


def summary_tree(forecast: Forecast) -> xr.DataTree:
    """Groups `counts` (integers by batch), `curves` (probabilities with errors) and `fans`; the JSON an attribute."""
    plan, counts = forecast.study.plan, forecast.counts
    names = [m.name for m in forecast.milestones]
    exact = xr.Dataset(
        {
            "milestones": (("batch", "milestone", "date_bin"), counts.milestones),
            "durations": (("batch", "duration", "duration_bin"), counts.durations),
            "classes": (("batch", "class"), counts.classes),
            "fans": (("stored", "observable", "fan_bin"), counts.fans),
            "accounts": (("batch", "account"), counts.accounts),
        },
        {
            "milestone": names,
            "duration": [d.name for d in plan.model.durations],
            "class": list(plan.model.classes),
            "observable": [o.name for o in plan.model.observables],
            "account": list(ACCOUNTS),
            "stored_year": ("stored", plan.stored_years),
        },
    )
    curves = xr.concat(
        [forecast.cdf(name) for name in names],
        xr.DataArray(names, dims="milestone", name="milestone"),
        combine_attrs="drop",
    )
    fans = xr.Dataset({o.name: forecast.fan(o.name) for o in plan.model.observables})
    tree = xr.DataTree.from_dict({"counts": exact, "curves": curves, "fans": fans})
    published = {**document(forecast), "seconds": {}, "files": {}}  # the same wherever it was made
    tree.attrs = {"id": forecast.manifest.id, "document": json.dumps(published)}
    return tree


def write_summary(forecast: Forecast) -> Path:
    """Write summary.nc, compressed."""
    tree = summary_tree(forecast)
    packed = {
        f"/{group}": {n: {"zlib": True, "complevel": 1} for n, v in tree[group].data_vars.items() if v.dtype != object}
        for group in tree.children
    }
    return write_bytes(forecast.folder / "summary.nc", bytes(tree.to_netcdf(engine="h5netcdf", encoding=packed)))
