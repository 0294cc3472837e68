"""All of a run as an xarray DataTree, in NetCDF and in Zarr: what ArviZ and xarray open."""

from __future__ import annotations

import tempfile
from pathlib import Path

import xarray as xr

from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError
from rsimc.publish.formats.options import Options
from rsimc.publish.summary import summary_tree


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


def as_zarr(forecast: Forecast, options: Options) -> bytes:
    """A Zarr store of version 3 in a zip archive. Raises UsageError without zarr."""
    try:
        from zarr.storage import ZipStore
    except ImportError as error:
        advice = 'install it: pip install "rsimc[zarr]"'
        raise UsageError("format", "zarr, which is not installed", "none", advice) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.zarr.zip"
        store = ZipStore(path, mode="w")
        run_tree(forecast).to_zarr(store, mode="w", consolidated=False)
        store.close()
        return path.read_bytes()
