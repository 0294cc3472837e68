"""The published JSON Schema (draft 2020-12) of rsimc.forecast/1."""

from __future__ import annotations

from importlib.resources import files

from rsimc.analysis.forecast import Forecast
from rsimc.publish.formats.options import Options


def as_schema(forecast: Forecast, options: Options) -> bytes:
    """The schema; the same for every run."""
    return files("rsimc.publish.formats").joinpath("forecast.schema.json").read_bytes()
