"""Which occupations take more than skill: a licence, an authorization, an election. Rules by ISCO-08 unit group.

ESCO v1.1 marks 15 of 3,007 occupations as regulated. These rules add the groups that are regulated nearly everywhere;
they err on the side of caution: a plan through a regulated occupation needs a programme that licenses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BY_ISCO: Mapping[str, str] = MappingProxyType(
    {
        "0": "military service",
        "111": "elected or appointed office",
        "1342": "licensed profession (health)",
        "2161": "licensed profession (architecture)",
        "2165": "licensed profession (surveying)",
        "221": "licensed profession (medicine)",
        "222": "licensed profession (nursing and midwifery)",
        "2230": "licensed profession (health)",
        "2240": "licensed profession (health)",
        "2250": "licensed profession (veterinary medicine)",
        "226": "licensed profession (health)",
        "2330": "teaching qualification",
        "234": "teaching qualification",
        "2352": "teaching qualification",
        "261": "licensed profession (law)",
        "2634": "licensed profession (psychology)",
        "2635": "licensed profession (social work)",
        "2636": "ordination",
        "315": "ship's or aircraft licence",
        "321": "licensed profession (health)",
        "322": "licensed profession (nursing and midwifery)",
        "3240": "licensed profession (veterinary medicine)",
        "3251": "licensed profession (dental care)",
        "3254": "licensed profession (optics)",
        "3255": "licensed profession (physiotherapy)",
        "3256": "licensed profession (health)",
        "3258": "licensed profession (ambulance)",
        "335": "public office",
        "5165": "driving instructor licence",
        "5411": "public service training (fire)",
        "5412": "public service training (police)",
        "5413": "public service training (prisons)",
        "5414": "security licence",
        "7411": "electrical installation authorization",
        "8311": "train driver licence",
        "8312": "railway safety authorization",
        "8331": "category D licence and certificate of professional competence",
        "8332": "category C licence and certificate of professional competence",
    }
)
"""What regulates the occupations of a group, by the beginning of its ISCO code; the longest that fits counts."""

MARKED = "regulated profession"
"""What is said of an occupation that ESCO itself marks."""


def regulation_by_isco(isco: str) -> str | None:
    """Return what regulates an occupation of this group, None where nothing usually does."""
    return next((BY_ISCO[isco[:size]] for size in range(len(isco), 0, -1) if isco[:size] in BY_ISCO), None)
