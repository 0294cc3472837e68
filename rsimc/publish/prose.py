"""The words of pages, from report.toml and its like, with their blanks filled in and everything escaped."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from rsimc.publish.page import Html, asset, code, paragraph, tag, text

CODE = re.compile(r"`([^`]+)`")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
REPORT = "report.toml"
BLANK = re.compile(r"\{(\w+)\}")


@cache
def texts(file: str = REPORT) -> dict[str, dict[str, str]]:
    """All texts of a file by section and name."""
    return tomllib.loads(asset(file))


def said(key: str, blanks: Mapping[str, str] | None = None, file: str = REPORT) -> Html:
    """The text of a key `section.name`, in one of the files of words.

    >>> said("origin.rows", {"rows": "2 rows", "span": "published 2025-01-01", "licences": "<none>"})
    '2 rows, published 2025-01-01; licence: &lt;none&gt;.'
    """
    section, name = key.split(".")
    values = blanks or {}
    return Html(BLANK.sub(lambda found: text(values[found[1]]), marked(texts(file)[section][name])))


def marked(words: str) -> Html:
    """A text in which `x` becomes code and **x** bold.

    >>> marked("**a** < `b`")
    '<strong>a</strong> &lt; <code>b</code>'
    """
    coded = CODE.sub(lambda found: code(Html(found[1])), text(words.replace("\n", " ")))
    return Html(BOLD.sub(lambda found: tag("strong", Html(found[1])), coded))


def told(key: str, blanks: Mapping[str, str] | None = None, file: str = REPORT) -> Html:
    """The text of a key as a paragraph."""
    return paragraph(said(key, blanks, file))
