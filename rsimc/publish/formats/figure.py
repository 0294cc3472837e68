"""Any figure of a run: its Vega-Lite specification, a PNG or an SVG."""

from __future__ import annotations

import json

import vl_convert

from rsimc.analysis.forecast import Forecast
from rsimc.errors import UsageError, nearest
from rsimc.publish.evidence import spreads, uncertain
from rsimc.publish.figures import charts, parameter_chart
from rsimc.publish.formats.options import Options
from rsimc.publish.layers import Chart

PARAMETER = "parameter."
SCALE = 2.0


def figure(forecast: Forecast, name: str) -> Chart:
    """A chart by name: cdf, density, horizon, ..., or parameter.NAME. Raises UsageError with the nearest name."""
    if name.startswith(PARAMETER):
        wanted, known = name.removeprefix(PARAMETER), uncertain(forecast)
        if wanted not in known:
            raise UsageError("figure", "a parameter that is not fixed", f'"{wanted}"', nearest(wanted, known))
        return parameter_chart(spreads(forecast, [wanted])[0])
    found = charts(forecast)
    if name not in found:
        names = [*found, f"{PARAMETER}NAME"]
        raise UsageError("figure", f"one of {', '.join(names)}", f'"{name}"', nearest(name, names))
    return found[name]


def as_vega_lite(forecast: Forecast, options: Options) -> bytes:
    """The specification, with its data inside."""
    return (json.dumps(figure(forecast, options.figure).to_dict(), indent=1) + "\n").encode("utf-8")


def as_png(forecast: Forecast, options: Options) -> bytes:
    """A picture of two pixels for each unit."""
    return bytes(vl_convert.vegalite_to_png(figure(forecast, options.figure).to_dict(), scale=SCALE))


def as_svg(forecast: Forecast, options: Options) -> bytes:
    """A drawing."""
    return str(vl_convert.vegalite_to_svg(figure(forecast, options.figure).to_dict())).encode("utf-8")
