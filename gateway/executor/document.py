"""Prints a fetch as the GraphQL document that its subgraph gets, whole or with denied fields cut.

Everything here works on the plan alone; what it prints is cached by the compiled fetch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.planner.nodes import Condition, FieldSelection, FragmentSelection, Scopes, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPart:
    """One `_entities` field of a document to print: its variable, its key, what it selects."""

    variable: str
    key: str
    selections: tuple[Selection, ...]


def is_allowed(scopes: Scopes, allowed: frozenset[str]) -> bool:
    """Tell whether `allowed` satisfies `scopes` (any of the sets, all of its scopes; empty: public)."""
    return not scopes or any(alternative <= allowed for alternative in scopes)


def scopes_of(selections: Sequence[Selection]) -> frozenset[str]:
    """Return every scope that a selection set names."""
    found: set[str] = set()
    for selection in fields_of(selections):
        for alternative in selection.scopes:
            found |= alternative
        found |= scopes_of(selection.selections)
    return frozenset(found)


def fields_of(selections: Sequence[Selection]) -> Iterator[FieldSelection]:
    """Yield the fields of one level, those inside fragments included."""
    for selection in selections:
        if isinstance(selection, FieldSelection):
            yield selection
        else:
            yield from fields_of(selection.selections)


def has_conditions(selections: Sequence[Selection]) -> bool:
    """Tell whether anything in a selection set depends on a variable's `@skip` or `@include`."""
    return any(each.conditions or has_conditions(each.selections) for each in selections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A field that was cut: the data keys that lead to it from the top of the selection set, its own included."""

    keys: tuple[str, ...]
    field: FieldSelection


def strip(
    selections: Sequence[Selection], allowed: frozenset[str], keys: tuple[str, ...] = ()
) -> tuple[tuple[Selection, ...], tuple[Cut, ...]]:
    """Return what `allowed` leaves of a selection set, and the top-most fields that were cut.

    A composite field of which nothing is left is cut silently: its own leaves have been reported.
    """
    kept: list[Selection] = []
    cut: list[Cut] = []
    for selection in selections:
        inner_keys = keys
        if isinstance(selection, FieldSelection):
            inner_keys = (*keys, selection.key)
            if not is_allowed(selection.scopes, allowed):
                cut.append(Cut(keys=inner_keys, field=selection))
                continue
            if not selection.selections:
                kept.append(selection)
                continue
        inner, inner_cut = strip(selection.selections, allowed, inner_keys)
        cut.extend(inner_cut)
        if inner:
            kept.append(replace(selection, selections=inner) if inner_cut else selection)
    return tuple(kept), tuple(cut)


def active_part(
    selections: Sequence[Selection], holds: Callable[[tuple[Condition, ...]], bool]
) -> tuple[Selection, ...]:
    """Return what runtime conditions leave of a selection set: nothing else is disclosed, or can be denied."""
    kept: list[Selection] = []
    for selection in selections:
        if selection.conditions and not holds(selection.conditions):
            continue
        inner = active_part(selection.selections, holds)
        if inner or (isinstance(selection, FieldSelection) and not selection.selections):
            kept.append(selection if inner == selection.selections else replace(selection, selections=inner))
    return tuple(kept)


def print_document(
    kind: str,
    types: Mapping[str, str],
    selections: Sequence[Selection],
    entities: Sequence[EntityPart] = (),
) -> tuple[str, tuple[str, ...]]:
    """Return the document and the names of the client's variables that it uses, in order.

    `types` gives the type of every client variable that it may use.
    """
    used: set[str] = set()
    _collect_variables(selections, used)
    for entity in entities:
        _collect_variables(entity.selections, used)
    names = tuple(name for name in types if name in used)
    names += tuple(sorted(used.difference(types)))
    declared = [f"${part.variable}: [_Any!]!" for part in entities]
    declared += [f"${name}: {types.get(name, 'Boolean!')}" for name in names]
    head = kind + (f" ({', '.join(declared)})" if declared else "")
    if head == "query":
        head = ""
    body = [_print_selection(selection) for selection in selections]
    for part in entities:
        alias = "" if part.key == "_entities" else f"{part.key}: "
        body.append(f"{alias}_entities(representations: ${part.variable}) {_print_selections(part.selections)}")
    return f"{head} {{ {' '.join(body)} }}".lstrip(), names


def _collect_variables(selections: Sequence[Selection], used: set[str]) -> None:
    for selection in selections:
        used.update(condition.variable for condition in selection.conditions)
        if isinstance(selection, FieldSelection):
            used |= selection.variables
        _collect_variables(selection.selections, used)


def _print_selections(selections: Sequence[Selection]) -> str:
    return "{ " + " ".join(_print_selection(selection) for selection in selections) + " }"


def _print_selection(selection: Selection) -> str:
    inline, outer = _split_conditions(selection.conditions)
    match selection:
        case FieldSelection():
            text = selection.name if selection.key == selection.name else f"{selection.key}: {selection.name}"
            text += selection.arguments + inline
            if selection.selections:
                text += " " + _print_selections(selection.selections)
        case FragmentSelection():
            condition = f" on {selection.type_condition}" if selection.type_condition else ""
            text = f"...{condition}{inline} {_print_selections(selection.selections)}"
    for each in outer:
        text = f"...{_print_condition(each)} {{ {text} }}"
    return text


def _split_conditions(conditions: Sequence[Condition]) -> tuple[str, list[Condition]]:
    """`@include` and `@skip` are not repeatable: a second one of a kind needs a fragment around the field."""
    inline = ""
    outer: list[Condition] = []
    seen: set[bool] = set()
    for condition in conditions:
        if condition.negated in seen:
            outer.append(condition)
        else:
            seen.add(condition.negated)
            inline += _print_condition(condition)
    return inline, outer


def _print_condition(condition: Condition) -> str:
    return f" @{'skip' if condition.negated else 'include'}(if: ${condition.variable})"
