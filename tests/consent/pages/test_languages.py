"""Languages: a catalog has every text, with the same placeholders, and pages come in the language asked for."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import consent
from consent.pages.rendering import Renderer
from consent.vocabulary import CATEGORIES, FORMER_CATEGORIES, PURPOSES

CODE_PAGE: dict[str, Any] = {
    "language": "de",
    "csrf": "",
    "home": "/me",
    "signed_in": None,
    "has_skills": False,
    "path": "/sign-in/code",
    "here": "/me",
    "languages": [],
    "target": "/me",
    "state": "s",
}
PACKAGE = Path(consent.__file__).parent
CATALOGS = sorted((PACKAGE / "pages" / "locale").glob("*.po"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SENTENCE = re.compile(r"[A-Z].* .*\.")
REFUSALS = ("refuse", "CannotReturn", "error_page", "ParameterRefusal", "PasswordError")
CONSOLE = PACKAGE / "console"
TEMPLATES = [*(PACKAGE / "pages" / "templates").glob("*.html"), *(CONSOLE / "templates").glob("*.html")]
MARKED = [PACKAGE / "pages" / "wording.py", CONSOLE / "wording.py", CONSOLE / "pages" / "navigation.py"]
SPEAKING = [
    *(PACKAGE / "pages").glob("*.py"),
    *(CONSOLE / "pages").glob("*.py"),
    PACKAGE / "signin" / "passwords.py",
    *(PACKAGE / "oauth" / name for name in ("authorization.py", "endpoints.py", "parameters.py")),
    PACKAGE / "signin" / "forms.py",
]


def _texts() -> Iterator[str]:
    for template in TEMPLATES:
        for _, message, *_rest in extract_from_file("jinja2.ext:babel_extract", str(template)):
            yield message if isinstance(message, str) else message[0]
    for module in MARKED:
        for _, message, *_rest in extract_from_file("python", str(module)):
            yield str(message)
    for term in (*CATEGORIES.values(), *FORMER_CATEGORIES, *PURPOSES.values()):
        yield from (term.title, term.text)
    for module in SPEAKING:
        yield from _refusals(ast.parse(module.read_text(encoding="utf-8")))


def _refusals(tree: ast.Module) -> Iterator[str]:
    """The sentences with which something is refused: arguments of refusals, and what `…_problem` functions return."""
    for node in ast.walk(tree):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in REFUSALS:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.Return):
            values = [node.value]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and SENTENCE.fullmatch(value.value):
                yield value.value


def _catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_catalog_has_every_text(path: Path) -> None:
    catalog = _catalog(path)
    missing = {text for text in _texts() if not (text in catalog and catalog[text].string)}
    assert missing == set()


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_translation_has_the_same_placeholders(path: Path) -> None:
    for message in _catalog(path):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in strings:
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(ids[0])), message.id


@pytest.mark.parametrize(
    ("header", "language"), [("sv-SE,sv;q=0.9,en;q=0.8", "sv"), ("de, en", "en"), ("", "en"), ("x" * 500, "en")]
)
def test_a_page_comes_in_the_language_that_the_browser_prefers(site: Any, header: str, language: str) -> None:
    page = site.browser.get("/sign-in", headers={"accept-language": header})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert ("Logga in" in page.text) is (language == "sv")


def test_a_chosen_language_stays(site: Any, submit: Any) -> None:
    site.sign_in()
    chosen = submit(site.browser, "/me/log?decision=deny", "/language", {"language": "sv", "next": "/me/log"})
    assert chosen.headers["location"] == "/me/log"
    path = site.ask()
    page = site.browser.get(path, headers={"accept-language": "en"})
    for words in ("Nordic Staffing</bdi> vill se en del av uppgifterna om ditt arbete", "31 maj 2030", "Kryssa i allt"):
        assert words in page.text
    submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"})
    (grant,) = site.world.grants.of_worker(site.alex)
    assert grant.locale == "sv"
    submit(site.browser, "/me", "/language", {"language": "xx"})
    assert '<html lang="sv">' in site.browser.get("/me").text


def test_a_further_language_is_one_more_file(site: Any, tmp_path: Path) -> None:
    shutil.copy(PACKAGE / "pages" / "locale" / "sv.po", tmp_path / "sv.po")
    german = (PACKAGE / "pages" / "locale" / "sv.po").read_text().replace("Language: sv", "Language: de")
    (tmp_path / "de.po").write_text(german.replace('"Logga in"', '"Anmelden"'))
    renderer = Renderer(site.forms, catalogs=tmp_path)
    assert renderer.languages == [("en", "English"), ("de", "Deutsch"), ("sv", "svenska")]
    assert renderer.wording("de").date(site.clock()) == "1. Mai 2030"
    assert "Anmelden" in renderer.text("code.html", "de", **CODE_PAGE)
