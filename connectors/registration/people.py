"""Who took a step, as the pages tell it: people by their names to those of their organization, operators to operators.

A step stands in the history as `kind:id`; a step of a command line, of the catalogue or of a client stands as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

NamesOf = Callable[[Iterable[str]], Mapping[str, str]]
"""Returns the names of people, by id. Blocks."""

OPERATOR = "operator"


def tell(steps: Iterable[str], names_of: NamesOf, *, is_operator: bool) -> Mapping[str, str]:
    """Return what is shown for each of `steps`. Blocks."""
    found = dict.fromkeys(steps, "")
    names = names_of({by.partition(":")[2] for by in found} - {""})
    for by in found:
        kind, _, person = by.partition(":")
        if kind == OPERATOR and not is_operator:
            found[by] = OPERATOR
        else:
            found[by] = names.get(person, by)
    return found
