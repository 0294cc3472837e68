"""All of a run as an xarray DataTree, in NetCDF and in Zarr: what ArviZ and xarray open."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import xarray as xr

from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError
from rsimc.publish.formats.options import Options
from rsimc.publish.summary import summary_tree
from rsimc.runs.files import make_folder


def run_tree(forecast: Forecast) -> xr.DataTree:
    """Groups `posterior`, `sample_stats`, `latent` and so on as ArviZ names them, none in a run of the prior, and
    `counts`, `curves` and `fans`."""
    groups = {name: node.to_dataset() for name, node in summary_tree(forecast).children.items()}
    if forecast.posterior is not None:
        groups |= {name: node.to_dataset() for name, node in forecast.posterior.tree.children.items()}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {"id": forecast.manifest.id, "scenario": forecast.study.scenario.name, "schema": "rsimc.tree/1"}
    return tree


def as_netcdf(forecast: Forecast, options: Options) -> bytes:
    """NetCDF 4, compressed."""
    tree = run_tree(forecast)
    packed = {
        f"/{group}": {n: {"zlib": True, "complevel": 1} for n, v in tree[group].data_vars.items() if v.dtype != object}
        for group in tree.children
    }
    return bytes(tree.to_netcdf(engine="h5netcdf", encoding=packed))


def write_zarr(forecast: Forecast, path: Path) -> Path:
    """A Zarr store of version 3, a folder, whole or absent. Raises UsageError without zarr."""
    try:
        import zarr  # noqa: F401, an extra
    except ImportError as error:
        advice = 'install it: pip install ".[zarr]" in a clone of rsimc'
        raise UsageError("format", "zarr, which is not installed", "none", advice) from error
    make_folder(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        made = Path(folder) / "store"
        run_tree(forecast).to_zarr(made, mode="w", consolidated=False)
        os.rename(made, path)
    return path
