"""A worker's browser, reduced to what a page without JavaScript needs: cookies, links, forms, redirects."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

_MOST_REDIRECTS = 10


class BrowserError(Exception):
    """A page is not as expected."""


@dataclass(slots=True, kw_only=True)
class Form:
    """A form: where it goes, and its fields. `choices` are its checkboxes (name, value, ticked) in order."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was loaded: its address, status, HTML, visible text and forms."""

    url: str
    status: int
    html: str
    text: str
    forms: tuple[Form, ...]

    def form(self, action: str) -> Form:
        """Return the first form whose action contains `action`. Raises `BrowserError`."""
        for form in self.forms:
            if action in form.action:
                return form
        raise BrowserError(f"{self.url} ({self.status}) has no form for {action}")


class Browser:
    """Loads pages and submits forms; follows redirects itself, so that one can be stopped at."""

    def __init__(self) -> None:
        self._client = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=20)
        )

    async def __aenter__(self) -> Self:
        """Return the browser."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the browser."""
        await self._client.close()

    async def open(self, url: str, *, stop_at: str | None = None) -> Page:
        """Load `url`. A redirect to an address that begins with `stop_at` is returned unvisited, with status 0."""
        return await self._go("GET", url, None, url, stop_at)

    async def submit(
        self,
        page: Page,
        form: Form,
        values: dict[str, str] | None = None,
        *,
        ticked: list[tuple[str, str]] | None = None,
        button: tuple[str, str] | None = None,
        stop_at: str | None = None,
    ) -> Page:
        """Submit `form` of `page` with `values` for its fields and `ticked` (name, value) of its checkboxes."""
        given = values or {}
        data = [(name, given.get(name, value)) for name, value in form.fields]
        known = {name for name, _ in form.fields}
        data += [(name, value) for name, value in given.items() if name not in known]
        data += [(name, value) for name, value, on in form.choices if on] if ticked is None else [*ticked]
        if button is not None:
            data.append(button)
        return await self._go(form.method, urljoin(page.url, form.action), data, page.url, stop_at)

    async def _go(
        self, method: str, url: str, data: list[tuple[str, str]] | None, referrer: str, stop_at: str | None
    ) -> Page:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(referrer))
        for _ in range(_MOST_REDIRECTS):
            headers = {"Accept": "text/html"}
            if method == "POST":
                same = "{0.scheme}://{0.netloc}".format(urlsplit(url)) == origin
                headers |= {"Origin": origin, "Sec-Fetch-Site": "same-origin" if same else "cross-site"}
            target = URL(url, encoded=True)
            if method == "GET" and data:
                target = target.extend_query(data)
            async with self._client.request(
                method, target, data=data if method == "POST" else None, headers=headers, allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if response.status in {301, 302, 303, 307, 308} and location:
                    url, data = urljoin(url, location), data if response.status in {307, 308} else None
                    method = method if response.status in {307, 308} else "GET"
                    if stop_at is not None and url.startswith(stop_at):
                        return Page(url=url, status=0, html="", text="", forms=())
                    continue
                html = await response.text()
                return _read(str(response.url), response.status, html)
        raise BrowserError(f"{url}: too many redirects")


def _read(url: str, status: int, html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(
        url=url, status=status, html=html, text=" ".join(" ".join(reader.words).split()), forms=tuple(reader.forms)
    )


class _Reader(HTMLParser):
    """Collects forms and text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: Form | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or a control."""
        names = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._silent += 1
        elif tag == "form":
            self._open = Form(action=names.get("action", ""), method=names.get("method", "get").upper())
            self.forms.append(self._open)
        elif self._open is not None and "name" in names:
            self._control(self._open, tag, names)

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a silent element."""
        if tag in {"script", "style"}:
            self._silent -= 1
        elif tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        """Collect visible text."""
        if not self._silent:
            self.words.append(data)

    @staticmethod
    def _control(form: Form, tag: str, names: dict[str, str]) -> None:
        name, value, kind = names["name"], names.get("value", ""), names.get("type", "text").lower()
        if tag == "button" or kind == "submit":
            form.buttons.append((name, value))
        elif tag == "input" and kind in {"checkbox", "radio"}:
            form.choices.append((name, value or "on", "checked" in names))
        elif tag in {"input", "textarea", "select"}:
            form.fields.append((name, value))
