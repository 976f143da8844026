"""Turning a page into a response: Jinja2 with autoescape, the reader's language, and the headers that every page has.

The Content-Security-Policy allows our own stylesheet and nothing else. `form-action` is the trap: with `'self'` alone
Chromium also blocks the redirect that follows a form, so the consent page adds the origin of the one redirect URI
that its answer goes to.
Languages are `locale/<language>.po` files; a further one is one more file.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from babel.core import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consent.pages.wording import Wording
from consent.signin.forms import Forms
from consent.signin.sessions import SignedIn

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = (_HERE / "templates", _HERE.parent / "console" / "templates")
DEFAULT_LOCALE: Final = "en"
LANGUAGE_COOKIE: Final = "gigway-language"

PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: a browser would then hide its origin from our own forms' check as well.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Renderer:
    """Renders templates, in every language there is a catalog for."""

    def __init__(self, forms: Forms, *, has_skills: bool = False, catalogs: Path = _HERE / "locale") -> None:
        """With `has_skills` the pages lead to the one about the worker's skills. `catalogs` holds a file a language."""
        self._forms = forms
        self._has_skills = has_skills
        found = {DEFAULT_LOCALE: NullTranslations(), **_read_catalogs(catalogs)}
        self._environments = {locale: _environment(catalog) for locale, catalog in found.items()}
        self._wordings = {locale: Wording(locale, catalog.gettext) for locale, catalog in found.items()}
        self.locales: tuple[str, ...] = tuple(found)
        self.languages = [(locale, str(Locale.parse(locale).get_language_name(locale))) for locale in found]

    def locale_of(self, request: Request, signed_in: SignedIn | None) -> str:
        """Return the language to answer in."""
        return preferred_language(request, signed_in, self.locales)

    def wording(self, locale: str) -> Wording:
        """Return the words of one language."""
        return self._wordings[locale]

    def text(self, template: str, locale: str, **values: Any) -> str:
        """Return `template` rendered in `locale`, without a page around it."""
        return self._environments[locale].get_template(template).render(words=self._wordings[locale], **values)

    def page(
        self,
        request: Request,
        template: str,
        *,
        signed_in: SignedIn | None,
        status: int = 200,
        form_target: str | None = None,
        scripts: bool = False,
        **values: Any,
    ) -> Response:
        """Return the page `template`.

        `form_target` is the foreign address to which a form's answer redirects; `scripts` lets our own scripts run.
        """
        seal = self._forms.seal(request)
        locale = self.locale_of(request, signed_in)
        html = self.text(
            template,
            locale,
            language=locale,
            csrf=seal.token,
            signed_in=signed_in,
            has_skills=self._has_skills,
            path=request.url.path,
            here=_here(request),
            home=home_of(request),
            languages=self.languages,
            **values,
        )
        headers = {
            **PAGE_HEADERS,
            "Content-Language": locale,
            "Vary": "Accept-Language, Cookie",
            "Content-Security-Policy": content_security_policy(form_target, scripts=scripts),
        }
        response = HTMLResponse(html, status, headers=headers)
        self._forms.set_cookie(response, seal)
        return response


def preferred_language(request: Request, signed_in: SignedIn | None, languages: Collection[str]) -> str:
    """Return one of `languages`: the chosen one, what the browser prefers, or the worker's own."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in languages:
        return chosen
    header = request.headers.get("accept-language", "")[:200]
    wanted = [name for part in header.split(",") if (name := part.partition(";")[0].strip())]
    fallback = signed_in.locale if signed_in is not None and signed_in.locale in languages else DEFAULT_LOCALE
    return str(negotiate_locale(wanted, languages, sep="-") or fallback)


def home_of(request: Request) -> str:
    """Return where to go from a page that cannot be asked for again: the console's home, or the worker's."""
    return "/console" if request.url.path.startswith("/console") else "/me"


def _here(request: Request) -> str:
    """Return the address to come back to, if it can be asked for again."""
    if request.method != "GET":
        return home_of(request)
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def content_security_policy(form_target: str | None, *, scripts: bool = False) -> str:
    """Return the policy of a page whose forms go to us, and then perhaps on to `form_target`'s origin."""
    script = "script-src 'self'; connect-src 'self'; " if scripts else ""
    action = "'self'"
    if form_target is not None:
        parts = urlsplit(form_target)
        action += f" {parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; {script}style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {action}"
    )


def _environment(catalog: NullTranslations) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    return environment


def _read_catalogs(folder: Path) -> dict[str, NullTranslations]:
    catalogs: dict[str, NullTranslations] = {}
    for file in sorted(folder.glob("*.po")):
        compiled = io.BytesIO()
        with file.open("rb") as source:
            write_mo(compiled, read_po(source, locale=file.stem))
        compiled.seek(0)
        catalogs[file.stem] = GNUTranslations(compiled)
    return catalogs
