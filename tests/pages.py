"""A written page as tests read it: its words, its elements, its numbers and the data inside it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

HOSTILE = '</title></style></script><script>alert("1")</script><img src=x onerror=alert(2)> & {horizon} `x` **y**'
LOADING = {"src", "href", "action", "data", "poster", "srcset", "background"}
"""Attributes by which a page may ask for something."""


class Written(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._texts: list[tuple[dict[str, str | None], str]] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self._texts.append((self.tags[-1][1], data))
        elif self._inside != "style":
            self.words += data

    def data(self, name: str) -> Any:
        """What a data element holds."""
        return next(json.loads(text) for attributes, text in self._texts if attributes.get("id") == name)

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Keys into the page's document, and the values that are shown for them."""
        return [
            (str(attributes["data-key"]), str(attributes["value"])) for tag, attributes in self.tags if tag == "data"
        ]

    @property
    def asked_for(self) -> set[str]:
        """Addresses in the page, but for places within it."""
        found = {value for _, attributes in self.tags for key, value in attributes.items() if key in LOADING and value}
        return {address for address in found if not address.startswith("#")}


def differing_numbers(page: Written, document: Any) -> list[str]:
    """Numbers that the page shows otherwise than its document has them."""
    return [key for key, value in page.numbers if json.dumps(_at(document, key)).strip('"') != value]


def _at(found: Any, key: str) -> Any:
    for part in key.split("/"):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def safe(html: str) -> bool:
    """Whether a page forbids all requests, and a hostile text in it has stayed a text."""
    page = Written(html)
    policies = [attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv")]
    handlers = [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    images = [tag for tag, _ in page.tags if tag in ("img", "iframe", "object", "embed", "link", "base")]
    return policies[0].startswith("default-src 'none'") and not handlers and not images  # type: ignore[union-attr]
