"""The formats by name, and writing one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rsimc.analysis.forecast import Forecast
from rsimc.errors import OutputError, UsageError, nearest
from rsimc.publish.formats import figure, flusight, metaculus, schema, tables, tree
from rsimc.publish.formats.options import Options
from rsimc.runs.files import write_bytes

Make = Callable[[Forecast, Options], bytes]
FORMATS: dict[str, Make] = {
    "json": tables.as_json,
    "schema": schema.as_schema,
    "csv": tables.as_csv,
    "parquet": tables.as_parquet,
    "netcdf": tree.as_netcdf,
    "zarr": tree.as_zarr,
    "metaculus": metaculus.as_metaculus,
    "flusight": flusight.as_flusight,
    "vega-lite": figure.as_vega_lite,
    "png": figure.as_png,
    "svg": figure.as_svg,
}
PLAIN = Options()
BINARY = ("parquet", "netcdf", "zarr", "png")
"""Not to be printed. zarr is a zip archive, which zarr and xarray open as it is."""


def export(
    forecast: Forecast, fmt: str, path: str | Path | None = None, options: Options = PLAIN
) -> str | bytes | Path:
    """The results as text, or as bytes where the format is no text; written to a new file when a path is given, then
    the path.

    Raises UsageError for a format that is not known, with the nearest one, or options that do not fit the run;
    OutputError when the file is there already or cannot be written.
    """
    if fmt not in FORMATS:
        raise UsageError("format", "the name of a format", f'"{fmt}"', nearest(fmt, FORMATS))
    target = None if path is None else Path(path)
    if target is not None and target.exists():
        found = "a folder" if target.is_dir() else "a file that is there already"
        raise OutputError(str(target), "a new file", found, "choose another name, or remove it first")
    made = FORMATS[fmt](forecast, options)
    if target is not None:
        return write_bytes(target, made)
    return made if fmt in BINARY else made.decode("utf-8")
