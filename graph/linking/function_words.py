"""Words that say nothing of skills: articles, pronouns, prepositions, conjunctions, auxiliaries, by language.

They are in thousands of names of skills ("och" in every third Swedish one), so a text of them alone would be linked. A
word may be one of these in one language and mean something in another (*dig*, *men*, *is*): each sentence is read in
the language that more of its words are of, and where that is not clear, such words are taken to mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.linking.surfaces import split
from graph.model import Language


def _words(text: str) -> frozenset[str]:
    return frozenset(split(text))


FUNCTION_WORDS: Mapping[Language, frozenset[str]] = {
    Language.EN: _words(
        """a an the this that these those such some any each every all both either neither no none other another same
        i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself
        its itself they them their theirs themselves who whom whose which what when where why how
        and or but nor so yet if than then because while although though unless until as whether
        of to in on at by for with from into onto over under about above below between among through during before after
        against without within upon toward towards per via up down out off near since till
        am is are was were be been being have has had having do does did done will would shall should can could may
        might must ought not also too very just only even more most much many few less least own again here there now
        ever never always often etc eg ie please"""
    ),
    Language.SV: _words(
        """en ett den det de dem dom denna detta dessa sådan sådant sådana någon något några ingen inget inga varje alla
        allt all båda annan annat andra samma jag mig min mitt mina vi oss vår vårt våra du dig din ditt dina ni er ert
        era han honom hans hon henne hennes sin sitt sina sig man vem vars vilken vilket vilka vad när var varför hur
        och eller men samt utan för om än då därför eftersom medan fast fastän tills att som
        av till i på vid med från in ut över under mellan bland genom före efter innan mot hos åt kring omkring utom
        inom upp ner bort fram sedan per via ur är vara varit blir bli blev blivit har hade haft ha ska skall skulle
        kan kunde kunna får fick få måste bör borde vill ville kommer inte ej också även bara endast mycket mer mest
        många få mindre minst här där nu alltid ofta aldrig redan ännu så ju väl dock bl a t ex osv etc m fl"""
    ),
}
"""Folded words by language."""

MEANINGFUL = _words("dig men man under den sin era ska far var vara fast all min is by an not her hat till ut ex fl m")
"""Those of them that mean something in another one of these languages."""


def empty_words(words: Iterable[str]) -> frozenset[str]:
    """Return which words say nothing in the language that most of these folded words are of."""
    present = frozenset(words)
    counts = {}
    for language, known in FUNCTION_WORDS.items():
        others = frozenset[str]().union(*(each for other, each in FUNCTION_WORDS.items() if other is not language))
        counts[language] = len(present & (known - others - MEANINGFUL))
    most = max(counts.values())
    spoken = [language for language, count in counts.items() if count == most]
    if len(spoken) == 1:
        return FUNCTION_WORDS[spoken[0]]
    return frozenset[str]().union(*FUNCTION_WORDS.values()) - MEANINGFUL
