"""Looks up what providers' words stand for. Kept for a taxonomy: a provider's words come again with every reading."""

from __future__ import annotations

from collections.abc import Iterable

from graph.linking.linker import linker_of
from graph.linking.titles import titles_of
from graph.model import LinkedWords, OccupationId, SkillId
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold

SURE = 0.5
"""The least confidence of a link that is taken over."""
SURE_TITLE = 0.55
"""The least likeness of a job title to an occupation's names."""
MOST_FROM_TEXT = 8
_SCHEMES = ("http://", "https://")


class MarketWords:
    """Words of providers over one taxonomy."""

    def __init__(self, graph: SkillGraph) -> None:
        self._graph = graph.base
        self._skills: dict[str, LinkedWords | None] = {}
        self._occupations: dict[str, OccupationId | None] = {}

    def skills(self, texts: Iterable[str], links: list[LinkedWords]) -> frozenset[SkillId]:
        """Return the skills that URIs and words stand for; links of words are added to `links`, each once."""
        found = set()
        for text in texts:
            link = self._skill(text)
            if link is not None:
                found.add(link.skill)
                if link.confidence < 1 and link not in links:
                    links.append(link)
        return frozenset(found)

    def skills_in(self, text: str, links: list[LinkedWords]) -> frozenset[SkillId]:
        """Return the skills that a whole text surely speaks of."""
        found = set()
        for each in linker_of(self._graph).link(text, limit=MOST_FROM_TEXT):
            if each.confidence >= SURE:
                found.add(each.skill)
                links.append(
                    LinkedWords(skill=each.skill, words=" ".join(each.words)[:200], confidence=each.confidence)
                )
        return frozenset(found)

    def occupations(self, texts: Iterable[str]) -> frozenset[OccupationId]:
        """Return the occupations that URIs and titles stand for."""
        return frozenset(each for each in map(self.occupation, texts) if each is not None)

    def occupation(self, text: str) -> OccupationId | None:
        """Return the occupation that a URI or a title stands for, None when that is not clear."""
        if text not in self._occupations:
            self._occupations[text] = self._find_occupation(text)
        return self._occupations[text]

    def _skill(self, text: str) -> LinkedWords | None:
        if text not in self._skills:
            self._skills[text] = self._find_skill(text)
        return self._skills[text]

    def _find_skill(self, text: str) -> LinkedWords | None:
        if text.startswith(_SCHEMES):
            known = self._graph.skill_of_uri(text)
            return None if known is None else LinkedWords(skill=known, words=text, confidence=1.0)
        exact = sorted(self._graph.terms.get(fold(text), frozenset())) or [
            SkillId(each) for each in self._graph.skill_names.exactly(text)
        ]
        if exact:
            return LinkedWords(skill=exact[0], words=text, confidence=1.0)
        best = linker_of(self._graph).link(text, limit=1)
        if not best or best[0].confidence < SURE:
            return None
        return LinkedWords(skill=best[0].skill, words=text, confidence=min(0.99, best[0].confidence))

    def _find_occupation(self, text: str) -> OccupationId | None:
        if text.startswith(_SCHEMES):
            return self._graph.occupation_of_uri(text)
        exact = self._graph.occupation_names.exactly(text)
        if exact:
            return OccupationId(exact[0])
        best = titles_of(self._graph).link(text, limit=1)
        return best[0].occupation if best and best[0].score >= SURE_TITLE else None
