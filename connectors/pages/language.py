"""Texts in the reader's language. Message ids are the English texts; a catalogue is `locale/<language>.po`."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Collection
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

CATALOGS: Final = Path(__file__).parent / "locale"
DEFAULT_LANGUAGE: Final = "en"

Translate = Callable[[str], str]
"""Returns a text in one language; a text that its catalogue does not know comes back as it is."""

PickLanguage = Callable[[Request, Collection[str]], Awaitable[str]]
"""Says which of some languages a browser's pages come in: the same one as all other pages of theirs."""


def mark(message: str) -> str:
    """Mark `message` for the catalogues; it is translated where it is shown."""
    return message


def read_catalogs(folder: Path) -> dict[str, NullTranslations]:
    """Return the catalogues of a folder by language, with the default one, which needs no file."""
    catalogs: dict[str, NullTranslations] = {DEFAULT_LANGUAGE: NullTranslations()}
    for file in sorted(folder.glob("*.po")):
        compiled = io.BytesIO()
        with file.open("rb") as source:
            write_mo(compiled, read_po(source, locale=file.stem))
        compiled.seek(0)
        catalogs[file.stem] = GNUTranslations(compiled)
    return catalogs


def translator(catalog: NullTranslations) -> Translate:
    """Return the function that looks texts up."""
    # A catalogue's header has the empty id.
    return lambda text: catalog.gettext(text) if text else ""
