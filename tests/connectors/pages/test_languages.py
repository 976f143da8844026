"""Languages of the connectors' pages: a catalogue has every text, with the same placeholders; linking speaks it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import httpx2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import connectors
from connectors.catalogue import built_in
from connectors.environment import Environment
from connectors.linking.routes import label_for
from connectors.pages import Pages
from connectors.pages.language import CATALOGS
from connectors.registration.models import Action, VersionStatus
from connectors.schema.definition import TakeoutLinking
from consent.signin import forms as form_guard
from tests.connectors.conftest import ALEX, Forms

PACKAGE = Path(connectors.__file__).parent
LANGUAGES = sorted(CATALOGS.glob("*.po"))
TEMPLATES = [PACKAGE / name / "templates" for name in ("pages", "linking", "registration")]
PERCENT = re.compile(r"%\((\w+)\)s")


def _texts() -> Iterator[str]:
    for folder in TEMPLATES:
        for template in folder.glob("*.html"):
            for _, message, *_rest in extract_from_file("jinja2.ext:babel_extract", str(template)):
                yield str(message)
    for module in PACKAGE.rglob("*.py"):
        for _, message, *_rest in extract_from_file("python", str(module), keywords={"mark": None}):
            yield str(message)
    for word in (*get_args(VersionStatus), "APPROVED", *get_args(Action)):
        yield word.capitalize()
    yield from ("open", "half open", "closed")
    for connector in built_in():
        linking = connector.definition.linking
        instructions = linking.method.instructions if isinstance(linking.method, TakeoutLinking) else None
        yield from (text for text in (label_for(linking), linking.holder, instructions) if text)
    registrations = Environment(sandbox_url="http://127.0.0.1:9").registration("bolt")
    assert registrations is not None
    yield str(registrations.agreed_by)
    yield from re.findall(r'return "([A-Z][^"]*\.)"', Path(form_guard.__file__).read_text(encoding="utf-8"))


def _catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def _placeholders(text: str) -> set[str]:
    return set(PERCENT.findall(text)) or {name for _, name, *_rest in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_text(path: Path) -> None:
    catalog, texts = _catalog(path), set(_texts())
    assert {text for text in texts if not (text in catalog and catalog[text].string)} == set()
    assert {str(message.id) for message in catalog if message.id} - texts == set()


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_a_translation_has_the_same_placeholders(path: Path) -> None:
    for message in _catalog(path):
        assert not message.id or _placeholders(str(message.string)) == _placeholders(str(message.id)), message.id


def test_linking_is_in_swedish_from_the_page_to_the_mail_and_the_refusals(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        world.browser.headers["accept-language"] = "sv"
        form = {"csrf": "form-token", "value": ALEX}
        return (
            await world.browser.get("/link/uber"),
            await world.browser.get("/link/bolt"),
            await world.browser.get("/link/wolt"),
            await world.browser.post("/link/bolt", data=form),
            await world.browser.post("/link/wolt", data=form, files={"file": ("<b>.txt", b"x")}),
            await world.browser.post("/link/uber", data={"csrf": "guessed"}),
            await world.browser.get("/link/nowhere"),
            (await world.inbox(ALEX))[0],
        )

    uber, bolt, wolt, code, upload, forged, unknown, mail = in_world(test)
    for page in (uber, bolt, wolt, code, upload, unknown):
        assert '<html lang="sv">' in page.text
        assert page.headers["content-language"] == "sv"
        assert "Hoppa till innehållet" in page.text
        for english in (" the ", "You ", "Link ", " your ", " not "):
            assert english not in page.text
    assert "Länka ditt konto hos Uber" in uber.text
    assert "Åkeriets ägare måste också gå med på det och har gjort det: sandlådan" in bolt.text
    assert "Be Wolt om dina personuppgifter" in wolt.text
    assert "ett mejl med en kod på väg" in code.text
    assert (upload.status_code, "Detta saknas i exporten:" in upload.text) == (400, True)
    assert forged.status_code == 403
    assert "Det finns ingen sådan plattform här." in unknown.text
    assert mail["subject"] == "Din kod för att länka Bolt"
    assert "Din kod: " in mail["text"]


def test_a_wrong_code_is_told_in_swedish(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        claim_id = await world.claim("bolt", ALEX)
        world.browser.headers["accept-language"] = "sv"
        return await world.prove("bolt", claim_id, code="AAAA-AAAA")

    answer = in_world(test)
    assert answer.status_code == 400
    assert "Det är inte koden som skickades." in answer.text


def test_a_further_language_is_one_more_file(tmp_path: Path) -> None:
    swedish = (CATALOGS / "sv.po").read_text(encoding="utf-8")
    (tmp_path / "de.po").write_text(
        swedish.replace("Language: sv", "Language: de").replace('"Det gick inte"', '"Das ging nicht"'), encoding="utf-8"
    )
    offered: list[Collection[str]] = []

    async def german(request: Request, languages: Collection[str]) -> str:
        offered.append(languages)
        return "de"

    pages = Pages("connectors.linking", Forms(), german, assets="/assets", catalogs=tmp_path)

    async def show(request: Request) -> Response:
        return await pages.page(request, "problem.html", home="/me", message="<i>")

    async def test() -> str:
        transport = httpx2.ASGITransport(app=Starlette(routes=[Route("/", show)]))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            return str((await browser.get("/")).text)

    page = asyncio.run(test())
    assert "Das ging nicht" in page
    assert '<html lang="de">' in page
    assert "&lt;i&gt;" in page
    assert offered == [("en", "de")]
