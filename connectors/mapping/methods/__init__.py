"""The methods of the mapping language, by name.

Apollo's, one module per kind: `lists`, `objects`, `logic`, `arithmetic`, `text`, `choice`
(`->as` is part of the language itself: see `compiler`).
Ours, told apart by the prefix `gig_`: `gig_time`, `gig_amounts`, `gig_identity`.
`method` is what they are all made of.
"""

from collections.abc import Mapping
from types import MappingProxyType

from connectors.mapping.methods import (
    arithmetic,
    choice,
    gig_amounts,
    gig_identity,
    gig_time,
    lists,
    logic,
    objects,
    text,
)
from connectors.mapping.methods.method import Method

_MODULES = (lists, objects, logic, arithmetic, text, choice, gig_time, gig_amounts, gig_identity)

METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for module in _MODULES for method in module.METHODS}
)
