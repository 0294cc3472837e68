"""The code that draws a page's charts: Vega, Vega-Lite and vega-embed in one script, part of every page."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import altair as alt

from rsimc.errors import OutputError
from rsimc.runs.cache import cache_dir
from rsimc.runs.files import write_text


@cache
def drawing_code() -> str:
    """The script of the version that Altair writes for.

    Kept in the cache: it takes two seconds to put together, and is the same for all pages.
    """
    wanted = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    place = cache_dir() / "pages" / f"vega-lite-{wanted}-of-vl-convert-{version('vl-convert-python')}.js"
    kept = _read(place)
    if kept is not None:
        return kept
    made = _bundle(wanted)
    with suppress(OutputError):  # a cache that cannot be written to costs time only
        write_text(place, f"{_digest(made)}\n{made}")
    return made


def _read(place: Path) -> str | None:
    """What is kept, None where that is nothing, or not whole."""
    try:
        digest, _, code = place.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return code if digest == _digest(code) else None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _bundle(wanted: str) -> str:
    import vl_convert  # a JavaScript engine, which only what is not kept needs

    known = vl_convert.get_vegalite_versions()
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", wanted if wanted in known else None)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
