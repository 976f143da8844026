"""An album of pages as a server answered them, for a browser to look at (`browser/album.mjs`).

States are made without a browser, in milliseconds, and looked at in one: so each state of each page can be. An album
knows what is not in it: routes that answer with a page, and texts of the templates that no page of it shows.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from babel.messages.extract import extract_from_file
from starlette.routing import BaseRoute, Match, Route

import consent
from tests.javascript import lacking_for_browser, look

STATIC = Path(consent.__file__).parent / "pages" / "static"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
_SPACES = re.compile(r"\s+")


@dataclass
class Album:
    """Pages under the names of their states."""

    pages: dict[str, httpx2.Response] = field(default_factory=dict)
    brief: set[str] = field(default_factory=set)

    def keep(self, name: str, page: httpx2.Response, *, briefly: bool = False) -> httpx2.Response:
        """Put a page in, and return it. `briefly`: it is another that is here in other words; only its width counts."""
        assert page.headers["content-type"].startswith("text/html"), f"{name}: {page.status_code}"
        assert name not in self.pages, name
        self.pages[name] = page
        if briefly:
            self.brief.add(name)
        return page

    def unseen_routes(self, routes: Iterable[BaseRoute]) -> list[str]:
        """Return the addresses that can be opened and of which there is no page here."""
        seen = {urlsplit(str(page.url)).path for page in self.pages.values() if page.request.method == "GET"}
        return [
            route.path
            for route in routes
            if isinstance(route, Route) and "GET" in (route.methods or ()) and not any(_leads(route, it) for it in seen)
        ]

    def unseen_texts(self, templates: Path) -> list[str]:
        """Return the texts of the templates in a folder that no page here shows: states that nobody looks at."""
        shown = self._shown()
        return sorted(
            f"{name}: {text}" for name, text in set(_texts(templates)) if not any(_shows(page, text) for page in shown)
        )

    def unseen(self, texts: Iterable[str]) -> list[str]:
        """Return those of `texts` that no page here shows."""
        shown = self._shown()
        return [text for text in texts if not any(_shows(page, text) for page in shown)]

    def _shown(self) -> list[str]:
        return [_plain(page.text) for name, page in self.pages.items() if name not in self.brief]

    def look(self) -> list[str]:
        """Open all pages in Chromium, and return what is wrong; skips where there is none.

        A page that is made of elements that others have shown already is measured only: axe would say the same.
        """
        if lacking := lacking_for_browser():
            pytest.skip(lacking)
        known: set[_Element] = set()
        brief = set(self.brief)
        for name, page in self.pages.items():
            elements = _elements(page.text)
            if elements <= known:
                brief.add(name)
            if name not in brief:
                known |= elements
        settings = {
            "assets": str(STATIC),
            "pages": [
                {"name": name, "url": str(page.url), "html": page.text, "status": page.status_code}
                | {"briefly": name in brief}
                for name, page in self.pages.items()
            ],
        }
        seen = look("album.mjs", settings)
        assert seen.pop("looked") == len(self.pages)
        return [f"{kind}: {found}" for kind, each in seen.items() for found in each]


_Element = tuple[str, ...]


class _Elements(HTMLParser):
    """The kinds of elements of a page: tag, class, role, type and what is said in ARIA; with its parent's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[_Element] = set()
        self._open = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        kind = " ".join(
            [
                tag,
                *(named.get(name) or "-" for name in ("class", "role", "type")),
                *sorted(name for name in named if name[:5] == "aria-"),
            ]
        )
        self.found.add((self._open[-1], kind))
        if tag not in {"input", "meta", "link", "img", "br"}:
            self._open.append(kind)

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop().partition(" ")[0] != tag:
            pass


def _elements(page: str) -> set[_Element]:
    reader = _Elements()
    reader.feed(page)
    reader.close()
    return reader.found


def _leads(route: Route, path: str) -> bool:
    match, _ = route.matches({"type": "http", "method": "GET", "path": path, "root_path": ""})
    return match is Match.FULL


def _texts(templates: Path) -> Iterator[tuple[str, str]]:
    for template in sorted(templates.glob("*.html")):
        for _, message, *_rest in extract_from_file("jinja2.ext:babel_extract", str(template)):
            for text in [message] if isinstance(message, str) else message:
                if text:
                    yield template.name, text


def _shows(page: str, text: str) -> bool:
    """Whether a text is on a page, whatever stands in the place of its placeholders."""
    parts = [part for part in _PLACEHOLDER.split(_SPACES.sub(" ", text)) if part.strip()]
    if not all(part in page for part in parts):
        return False
    return re.search(".{0,300}?".join(map(re.escape, parts)), page) is not None


def _plain(page: str) -> str:
    return _SPACES.sub(" ", html.unescape(page))
