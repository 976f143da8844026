"""`@context` and `@fromContext`: arguments that a subgraph fills from an object further up."""

from __future__ import annotations

from gateway.planner.draft import Case
from gateway.planner.fieldset import FieldSet, parse_field_set
from gateway.planner.supergraph import ContextArgument
from gateway.planner.view import View


def setter_of(view: View, case: Case, context: str) -> Case | None:
    """Return the nearest case above `case` whose type sets `context`."""
    above = case.spot.parent
    while above is not None:
        info = view.types[above.rep]
        names = [above.rep, *info.interfaces, above.spot.static]
        if any(context in view.types[name].contexts for name in names):
            return above
        above = above.spot.parent
    return None


def selected_from(argument: ContextArgument) -> FieldSet:
    """Return the field set that the value is read from, on the object that sets the context."""
    text = argument.selection.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    return parse_field_set(text)
