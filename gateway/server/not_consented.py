"""`NOT_CONSENTED` in `Provenance.missing`: what the gateway left out, said where connectors say why a field is null.

A field that a reader may not see is cut from the fetch, so that no connector can tell of it: it has an error. Where an
object around it was asked for `provenance { missing { field reason } }`, the closest one says so too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)

REASON: Final = "NOT_CONSENTED"
_TYPENAME: Final = "__typename"

Json = Any
Path = Sequence[str | int]


def note_not_consented(
    document: DocumentNode, operation_name: str | None, base: Path, data: Json, cut: Sequence[Path]
) -> None:
    """Add to `data`, which stands at `base` of the answer, that nobody consented to what was cut.

    Objects are replaced, not changed, where they may stand at several places.
    """
    written = _Written(document, operation_name)
    for path in cut:
        if list(path[: len(base)]) != list(base):
            continue
        fields = written.along([*base], [*path[len(base) :]])
        if fields is not None:
            _note(written, data, fields, 0, None)


class _Written:
    """The fields of an operation as its client wrote them."""

    def __init__(self, document: DocumentNode, operation_name: str | None) -> None:
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._operation = next(
            each
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
            and (operation_name is None or (each.name is not None and each.name.value == operation_name))
        )

    def along(self, base: list[str | int], path: list[str | int]) -> list[_Step] | None:
        """Return the steps of `path` below `base`; None where it leads to nothing that was asked for."""
        selections: Sequence[SelectionNode] = self._operation.selection_set.selections
        steps: list[_Step] = []
        for number, key in enumerate([*base, *path]):
            if isinstance(key, int):
                if number >= len(base):
                    steps.append(_Step(key, "", selections))
                continue
            found = [each for each in self.fields(selections) if response_key(each) == key]
            if not found:
                return None
            if number >= len(base):
                steps.append(_Step(key, found[0].name.value, selections))
            selections = [one for each in found if each.selection_set for one in each.selection_set.selections]
        return steps

    def fields(self, selections: Sequence[SelectionNode]) -> Iterator[FieldNode]:
        """Yield the fields of selections, those in fragments too."""
        for each in selections:
            match each:
                case FieldNode():
                    yield each
                case InlineFragmentNode():
                    yield from self.fields(each.selection_set.selections)
                case FragmentSpreadNode():
                    fragment = self._fragments.get(each.name.value)
                    if fragment is not None:
                        yield from self.fields(fragment.selection_set.selections)

    def missing_keys(self, selections: Sequence[SelectionNode]) -> Iterator[tuple[str, str, list[FieldNode]]]:
        """Yield the response keys of `provenance` and of `missing` in it, with what is asked of its entries."""
        for provenance in self.fields(selections):
            if provenance.name.value != "provenance" or provenance.selection_set is None:
                continue
            for missing in self.fields(provenance.selection_set.selections):
                if missing.name.value == "missing" and missing.selection_set is not None:
                    asked = list(self.fields(missing.selection_set.selections))
                    yield response_key(provenance), response_key(missing), asked


class _Step:
    """One step of a path: its response key or index, the field's own name, and what was selected around it."""

    __slots__ = ("key", "name", "selections")

    def __init__(self, key: str | int, name: str, selections: Sequence[SelectionNode]) -> None:
        self.key = key
        self.name = name
        self.selections = selections


def response_key(field: FieldNode) -> str:
    """Return the key under which a field's value stands in the answer."""
    return field.alias.value if field.alias is not None else field.name.value


def _note(
    written: _Written, value: Json, steps: Sequence[_Step], at: int, closest: tuple[dict[str, Any], int] | None
) -> None:
    """Go down to where the path ends or meets null, and note it at the closest object that can say so."""
    if isinstance(value, list):
        if at < len(steps) and isinstance(steps[at].key, int):
            index = steps[at].key
            if isinstance(index, int) and index < len(value):
                _note(written, value[index], steps, at + 1, closest)
        else:
            for item in value:
                _note(written, item, steps, at, closest)
        return
    if isinstance(value, dict) and at < len(steps):
        if next(written.missing_keys(steps[at].selections), None) is not None:
            closest = (value, at)
        _note(written, value.get(str(steps[at].key)), steps, at + 1, closest)
        return
    if value is None and at > 0 and closest is not None:
        owner, begins = closest
        field = ".".join(step.name for step in steps[begins:] if step.name)
        _say(written, owner, steps[begins].selections, field)


def _say(written: _Written, owner: dict[str, Any], selections: Sequence[SelectionNode], field: str) -> None:
    for provenance_key, missing_key, asked in written.missing_keys(selections):
        provenance = owner.get(provenance_key)
        if not isinstance(provenance, dict) or not isinstance(entries := provenance.get(missing_key), list):
            continue
        values = {"field": field, "reason": REASON, _TYPENAME: "Missing"}
        entry = {response_key(each): values[each.name.value] for each in asked if each.name.value in values}
        if entry not in entries:
            owner[provenance_key] = {**provenance, missing_key: [*entries, entry]}
