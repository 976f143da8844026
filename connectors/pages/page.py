"""A template becomes a response: in the reader's language, with sealed forms and the headers that every page has.

In templates `_("…")` is a text of their own, and `say(…)` one that came from elsewhere; both are escaped.
"""

from __future__ import annotations

from gettext import NullTranslations
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.pages.guard import FormGuard
from connectors.pages.language import CATALOGS, PickLanguage, Translate, read_catalogs, translator


class Pages:
    """The pages of one package: its `templates`, in the frame that is here.

    `assets` is where `gigway.css` and `gigway.svg` are.
    """

    def __init__(
        self, package: str, forms: FormGuard, language_of: PickLanguage, *, assets: str, catalogs: Path = CATALOGS
    ) -> None:
        found = read_catalogs(catalogs)
        self._forms = forms
        self._language_of = language_of
        self._assets = assets
        self._environments = {language: _environment(package, catalog) for language, catalog in found.items()}
        self._translators = {language: translator(catalog) for language, catalog in found.items()}

    async def translate_for(self, request: Request) -> Translate:
        """Return what puts texts into the reader's language."""
        return self._translators[await self._language_of(request, tuple(self._translators))]

    async def page(
        self, request: Request, template: str, *, status: int = 200, form_targets: str = "'self'", **values: Any
    ) -> Response:
        """Return the page `template`; `form_targets` are the sources that its forms may lead to."""
        language = await self._language_of(request, tuple(self._environments))
        seal = self._forms.seal(request)
        html = self._environments[language].get_template(template)
        response = HTMLResponse(
            html.render(language=language, assets=self._assets, csrf=seal.token, **values),
            status_code=status,
            headers={
                "Cache-Control": "no-store",
                "Content-Language": language,
                "Content-Security-Policy": (
                    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
                    f"form-action {form_targets}"
                ),
                "Referrer-Policy": "same-origin",
                "Vary": "Accept-Language, Cookie",
                "X-Content-Type-Options": "nosniff",
            },
        )
        self._forms.set_cookie(response, seal)
        return response


def _environment(package: str, catalog: NullTranslations) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    environment.globals["say"] = translator(catalog)
    return environment
