"""Explanations in the reader's language: message ids are the English texts, a catalogue is `locale/<language>.po`.

`Words` says a text in one of the languages that the schema offers, with the names of skills and occupations as the
taxonomy has them in it. What training, work and platforms are called stays as those who offer them wrote it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol

from graph.model import Language, Occupation, Skill, SkillId
from graph.taxonomy.graph import SkillGraph

CATALOGS: Final = Path(__file__).parent / "locale"


def mark(message: str) -> str:
    """Mark `message` for the catalogues; it is translated where it is shown."""
    return message


def pair(one: str, many: str) -> tuple[str, str]:
    """Mark the singular and the plural of a message for the catalogues."""
    return one, many


@cache
def _catalog(language: Language) -> NullTranslations:
    file = CATALOGS / f"{language.value}.po"
    if not file.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language.value))
    compiled.seek(0)
    return GNUTranslations(compiled)


class Words:
    """Says things in one language."""

    def __init__(self, language: Language | None) -> None:
        self.language = language or Language.EN
        self._catalog = _catalog(self.language)
        self._point = get_decimal_symbol(self.language.value)

    def say(self, message: str, **values: object) -> str:
        """Return a text, with its `%(name)s` filled in; one that the catalogue does not know comes back in English."""
        text = self._catalog.gettext(message)
        return text % values if values else text

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the one of two texts that goes with a number, `%(count)s` in it."""
        text = self._catalog.ngettext(one, many, number)
        return text % {"count": number, **values} if "%(" in text else text

    def name(self, node: Skill | Occupation) -> str:
        """Return what a skill or an occupation is called."""
        return node.labels.get(self.language, node.name)

    def names(self, graph: SkillGraph, skills: Sequence[SkillId], shown: int) -> str:
        """Name the first skills and count the rest."""
        named = ", ".join(self.name(graph.skills[each]) for each in skills[:shown])
        rest = len(skills) - shown
        return self.say("%(named)s and %(rest)s more", named=named, rest=rest) if rest > 0 else named

    def all_of(self, parts: Iterable[str]) -> str:
        """Join parts by *and*."""
        word = self.say("and")
        return f" {word} ".join(parts)

    def number(self, value: float | Decimal, form: str = "") -> str:
        """Write a number with the language's decimal sign."""
        return f"{value:{form}}".replace(".", self._point)


ENGLISH: Final = Words(Language.EN)


def words_in(language: Language | None) -> Words:
    """Return the words of a language, English where none is given."""
    return _words(language or Language.EN)


@cache
def _words(language: Language) -> Words:
    return Words(language)
