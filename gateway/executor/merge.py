"""Merges answers into the tree without copying: an entity's fields are moved into the objects that asked for it.

Objects inside an answer become part of the tree as they are, so one answer that fills several entities is held by all
of them. That is safe as long as later fetches treat these places alike; `compiled.py` says where they do not.
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


def typename_of(value: JsonObject) -> str | None:
    """Return an object's `__typename`; whatever is not text counts as none."""
    name = value.get("__typename")
    return name if type(name) is str else None


def merge_entity(into: JsonObject, answer: JsonObject, composites: tuple[str, ...], objects: frozenset[str]) -> None:
    """Merge one entity's answer.

    `composites` are the data keys of composite fields in the answer: only these can need a deep merge.
    `objects` are the object types: a concrete `__typename` is not replaced by an interface object's.
    """
    for key in composites:
        if into.get(key) is not None:
            merge_deep(into, answer, objects)
            return
    typename = into.get("__typename")
    into.update(answer)
    if type(typename) is str and typename in objects:
        into["__typename"] = typename


def merge_deep(into: JsonObject, answer: JsonObject, objects: frozenset[str]) -> None:
    """Merge two objects that stand at the same place, field by field. Values that are there stay."""
    for key, value in answer.items():
        present = into.get(key)
        if present is None:
            into[key] = value
        elif key == "__typename":
            if type(value) is str and (type(present) is not str or present not in objects):
                into[key] = value
        else:
            _merge_values(present, value, objects)


def _merge_values(present: Any, value: Any, objects: frozenset[str]) -> None:
    if type(present) is dict and type(value) is dict:
        merge_deep(present, value, objects)
    elif type(present) is list and type(value) is list and len(present) == len(value):
        for index, (old, new) in enumerate(zip(present, value, strict=True)):
            if old is None:
                present[index] = new
            else:
                _merge_values(old, new, objects)


def copy_containers(value: Any) -> Any:
    """Return a copy of the objects and lists of an answer; its leaves are shared."""
    if type(value) is dict:
        return {key: copy_containers(each) for key, each in value.items()}
    if type(value) is list:
        return [copy_containers(each) for each in value]
    return value
