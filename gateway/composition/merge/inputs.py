"""Inputs: arguments, input objects and default values. What not all subgraphs accept is left out."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import ListValueNode, StringValueNode, ValueNode

from gateway.composition.schema.literals import enum, print_value, same_value
from gateway.composition.schema.model import InputValue, Kind, TypeDef, is_applied
from gateway.composition.schema.typeref import NonNull, base_name

from .applications import merge_applications
from .join import join_field
from .state import Merge, human_join, pick, subgraph_list
from .text import merge_description
from .typerefs import merge_types


def is_required(value: InputValue) -> bool:
    """Whether a value must be given."""
    return isinstance(value.type, NonNull) and value.default is None


def merge_arguments(merge: Merge, owner: str, sources: Mapping[int, Mapping[str, InputValue]]) -> dict[str, InputValue]:
    """The arguments that all sources accept; `owner` is the coordinate of their field or directive."""
    merged = {}
    names = dict.fromkeys(n for args in sources.values() for n in args)
    for name in names:
        found = {i: args[name] for i, args in sources.items() if name in args}
        coordinate = f"{owner}({name}:)"
        contextual = pick(found, lambda _, a: is_applied(a.directives, "fromContext"))
        if contextual:
            _contextual(merge, coordinate, found, contextual, sources)
            continue
        if len(found) < len(sources):
            _missing_argument(merge, coordinate, found, sources)
            continue
        merged[name] = merge_input_value(merge, name, coordinate, found, "argument")
    return merged


def _contextual(
    merge: Merge,
    coordinate: str,
    found: Mapping[int, InputValue],
    contextual: Mapping[int, InputValue],
    sources: Mapping[int, object],
) -> None:
    """A contextual argument is filled by the gateway and never shows in the supergraph's field."""
    for index, argument in found.items():
        if index not in contextual and is_required(argument):
            merge.error(
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                f'Argument "{coordinate}" is contextual in at least one subgraph but in '
                f'"{merge.subgraphs[index].name}" it does not have @fromContext, is not nullable and has no '
                "default value.",
                {index: argument},
            )
        elif index not in contextual:
            merge.hint(
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                f'Argument "{coordinate}" is contextual in at least one subgraph but not in '
                f'"{merge.subgraphs[index].name}"; it will not be part of the supergraph.',
                {index: argument},
            )


def _missing_argument(
    merge: Merge, coordinate: str, found: Mapping[int, InputValue], sources: Mapping[int, object]
) -> None:
    absent = merge.names(i for i in sources if i not in found)
    required = merge.names(i for i, a in found.items() if is_required(a))
    if required:
        message = (
            f'Argument "{coordinate}" is required in some subgraphs but does not appear in all subgraphs: it '
            f"is required in {subgraph_list(required)} but does not appear in {subgraph_list(absent)}"
        )
        merge.error("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", message, found)
    else:
        message = (
            f'Optional argument "{coordinate}" will not be included in the supergraph as it does not appear '
            f"in all subgraphs: it is defined in {subgraph_list(merge.names(found))} but not in "
            f"{subgraph_list(absent)}."
        )
        merge.hint("INCONSISTENT_ARGUMENT_PRESENCE", message, found)


def merge_input_value(
    merge: Merge, name: str, coordinate: str, found: Mapping[int, InputValue], element: str
) -> InputValue:
    """One argument or input field that all sources have."""
    type_, _ = merge_types(merge, coordinate, found, is_input=True, element=element)
    _note_enum(merge, base_name(type_), coordinate)
    return InputValue(
        name=name,
        type=type_,
        default=_unquoted(merge, base_name(type_), _merge_default(merge, coordinate, found, element)),
        directives=merge_applications(merge, coordinate, {i: v.directives for i, v in found.items()}),
        description=merge_description(merge, coordinate, {i: v.description for i, v in found.items()}),
        at=merge.origin(found),
    )


def _unquoted(merge: Merge, name: str, default: ValueNode | None) -> ValueNode | None:
    """Enum values that a subgraph wrote as strings, as enum values."""
    if merge.kinds.get(name) is not Kind.ENUM:
        return default
    if isinstance(default, StringValueNode):
        return enum(default.value)
    if isinstance(default, ListValueNode):
        items = [enum(v.value) if isinstance(v, StringValueNode) else v for v in default.values]
        return ListValueNode(values=tuple(items))
    return default


def _note_enum(merge: Merge, name: str, coordinate: str) -> None:
    if merge.kinds.get(name) is Kind.ENUM:
        merge.input_use.setdefault(name, coordinate)


def _merge_default(merge: Merge, coordinate: str, found: Mapping[int, InputValue], element: str) -> ValueNode | None:
    """The default that all sources agree on. Where only some have one, there is none."""
    given = {i: v.default for i, v in found.items() if v.default is not None}
    if not given:
        return None
    first = next(iter(given.values()))
    if not all(same_value(first, other) for other in given.values()):
        words = merge.mismatch({i: f"default value {print_value(v)}" for i, v in given.items()})
        label = "Argument" if element == "argument" else "Input field"
        code = "FIELD_ARGUMENT" if element == "argument" else "INPUT_FIELD"
        message = f'{label} "{coordinate}" has incompatible default values across subgraphs: it has {words}'
        merge.error(f"{code}_DEFAULT_MISMATCH", message, found)
        return first
    if len(given) < len(found):
        without = merge.names(i for i in found if i not in given)
        merge.hint(
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            f'"{coordinate}" has a default value in only some subgraphs: it will not have a default value in '
            f"the supergraph (it has none in {subgraph_list(without)}).",
            found,
        )
        return None
    return first


def merge_input_object(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> dict[str, InputValue]:
    """The fields of an input object that all of its sources have."""
    merged: dict[str, InputValue] = {}
    names = dict.fromkeys(n for t in sources.values() for n in t.inputs)
    for field_name in names:
        found = {i: t.inputs[field_name] for i, t in sources.items() if field_name in t.inputs}
        coordinate = f"{name}.{field_name}"
        if len(found) == len(sources):
            field = merge_input_value(merge, field_name, coordinate, found, "field")
            types = {str(v.type) for v in found.values()}
            if len(types) > 1:
                joins = tuple(join_field(merge.graphs[i], type=str(v.type)) for i, v in found.items())
                field = InputValue(
                    name=field.name,
                    type=field.type,
                    default=field.default,
                    directives=joins + field.directives,
                    description=field.description,
                )
            merged[field_name] = field
            continue
        _missing_input_field(merge, coordinate, found, sources)
    if names and not merged:
        message = (
            f'None of the fields of input object type "{name}" are consistently defined in all the subgraphs '
            "defining that type. As only fields common to all subgraphs are merged, this would result in an "
            "empty type."
        )
        merge.error("EMPTY_MERGED_INPUT_TYPE", message, sources)
    return merged


def _missing_input_field(
    merge: Merge, coordinate: str, found: Mapping[int, InputValue], sources: Mapping[int, TypeDef]
) -> None:
    absent = merge.names(i for i in sources if i not in found)
    required = [i for i, v in found.items() if is_required(v)]
    if required:
        message = (
            f'Input object field "{coordinate}" is required in some subgraphs but does not appear in all '
            f"subgraphs: it is required in {subgraph_list(merge.names(required))} but does not appear in "
            f"{subgraph_list(absent)}"
        )
        merge.error("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", message, found)
        return
    names = human_join([f'"{n}"' for n in absent])
    message = (
        f'Input object field "{coordinate}" will not be added to the supergraph as it does not appear in all '
        f"subgraphs: it is missing in {names}."
    )
    merge.hint("INCONSISTENT_INPUT_OBJECT_FIELD", message, found)
