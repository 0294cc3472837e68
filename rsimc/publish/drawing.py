"""The code that draws a page's charts: Vega, Vega-Lite and vega-embed in one script, part of every page."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version

import altair as alt

from rsimc.errors import OutputError
from rsimc.runs.stages import Stages


@cache
def drawing_code() -> str:
    """The script of the version that Altair writes for.

    Kept in the cache: it takes two seconds to put together, and is the same for all pages.
    """
    wanted = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    kept = Stages("pages", {"vega_lite": wanted, "vl_convert": version("vl-convert-python")})
    if not ("code" in kept and "sha256" in kept and kept["sha256"] == _sha256(kept["code"])):
        made = _bundle(wanted)
        with suppress(OutputError):  # a cache that cannot be written to costs time only
            kept.put({"sha256": _sha256(made), "code": made})
    code: str = kept["code"]
    return code


def _sha256(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _bundle(wanted: str) -> str:
    import vl_convert  # a JavaScript engine, which only what is not kept needs

    known = vl_convert.get_vegalite_versions()
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", wanted if wanted in known else None)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
