"""An album of pages as a server answered them, for a browser to look at (`browser/album.mjs`).

States are made without a browser, in milliseconds, and looked at in one: so each state of each page can be. An album
knows what is not in it: routes that answer with a page, and texts of the templates that no page of it shows.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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

    def keep(self, name: str, page: httpx2.Response) -> httpx2.Response:
        """Put a page in, and return it."""
        assert page.headers["content-type"].startswith("text/html"), f"{name}: {page.status_code}"
        assert name not in self.pages, name
        self.pages[name] = page
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
        shown = [_plain(page.text) for page in self.pages.values()]
        return sorted(
            f"{name}: {text}" for name, text in set(_texts(templates)) if not any(_shows(page, text) for page in shown)
        )

    def look(self) -> list[str]:
        """Open all pages in Chromium, and return what is wrong; skips where there is none."""
        if lacking := lacking_for_browser():
            pytest.skip(lacking)
        settings = {
            "assets": str(STATIC),
            "pages": [
                {"name": name, "url": str(page.url), "html": page.text, "status": page.status_code}
                for name, page in self.pages.items()
            ],
        }
        seen = look("album.mjs", settings)
        assert seen.pop("looked") == len(self.pages)
        return [f"{kind}: {found}" for kind, each in seen.items() for found in each]


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
