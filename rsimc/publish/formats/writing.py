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
    "metaculus": metaculus.as_metaculus,
    "flusight": flusight.as_flusight,
    "vega-lite": figure.as_vega_lite,
    "png": figure.as_png,
    "svg": figure.as_svg,
}
FOLDERS: dict[str, Callable[[Forecast, Path], Path]] = {"zarr": tree.write_zarr}
PLAIN = Options()
BINARY = ("parquet", "netcdf", "png")
"""Not to be printed."""


def export(
    forecast: Forecast, fmt: str, path: str | Path | None = None, options: Options = PLAIN
) -> str | bytes | Path:
    """The results as text, or as bytes where the format is no text; written to a new file when a path is given, then
    the path.

    Raises UsageError for a format that is not known, with the nearest one, or options that do not fit the run;
    OutputError when the file is there already or cannot be written.
    """
    if fmt not in FORMATS and fmt not in FOLDERS:
        raise UsageError("format", "the name of a format", f'"{fmt}"', nearest(fmt, [*FORMATS, *FOLDERS]))
    target = None if path is None else Path(path)
    if target is not None and target.exists():
        found = "a folder" if target.is_dir() else "a file that is there already"
        raise OutputError(str(target), "a new file", found, "choose another name, or remove it first")
    if fmt in FOLDERS:
        if target is None:
            raise UsageError("output", f"a folder for {fmt}", "standard output", "give one with -o")
        return FOLDERS[fmt](forecast, target)
    made = FORMATS[fmt](forecast, options)
    if target is not None:
        return write_bytes(target, made)
    return made if fmt in BINARY else made.decode("utf-8")
