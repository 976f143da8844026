"""Enums: as input only what all accept, as output all that any may give, as both they must agree."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.composition.schema.model import EnumValue, TypeDef, is_applied

from .applications import merge_applications
from .join import join_enum_value
from .state import Merge, subgraph_list
from .text import merge_description


def merge_enum(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> dict[str, EnumValue]:
    """The values of an enum; needs to know where the supergraph uses it."""
    as_input, as_output = merge.input_use.get(name), merge.output_use.get(name)
    merged: dict[str, EnumValue] = {}
    for value in dict.fromkeys(v for t in sources.values() for v in t.values):
        found = {i: t.values[value] for i, t in sources.items() if value in t.values}
        hidden = any(is_applied(v.directives, "inaccessible") for v in found.values())
        if len(found) < len(sources) and as_input is not None and not hidden:
            if as_output is None:
                _left_out(merge, name, value, found, sources)
                continue
            _mismatch(merge, name, value, (as_input, as_output), found, sources)
        elif len(found) < len(sources):
            merge.hint(
                "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
                f'Value "{value}" of enum type "{name}" has been added to the supergraph but is only defined in '
                f"a subset of the subgraphs defining it: {subgraph_list(merge.names(found))}.",
                found,
            )
        coordinate = f"{name}.{value}"
        joins = tuple(join_enum_value(merge.graphs[i]) for i in found)
        merged[value] = EnumValue(
            name=value,
            directives=joins + merge_applications(merge, coordinate, {i: v.directives for i, v in found.items()}),
            description=merge_description(merge, coordinate, {i: v.description for i, v in found.items()}),
        )
    if not merged:
        message = (
            f'None of the values of enum type "{name}" are defined consistently in all the subgraphs defining '
            "that type. As only values common to all subgraphs are merged, this would result in an empty type."
        )
        merge.error("EMPTY_MERGED_ENUM_TYPE", message, sources)
    return merged


def _left_out(
    merge: Merge, name: str, value: str, found: Mapping[int, EnumValue], sources: Mapping[int, TypeDef]
) -> None:
    absent = subgraph_list(merge.names(i for i in sources if i not in found))
    merge.hint(
        "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
        f'Value "{value}" of enum type "{name}" will not be part of the supergraph as it is not defined in all '
        f"the subgraphs defining it: it is missing in {absent}.",
        found,
    )


def _mismatch(
    merge: Merge,
    name: str,
    value: str,
    uses: tuple[str, str],
    found: Mapping[int, EnumValue],
    sources: Mapping[int, TypeDef],
) -> None:
    absent = subgraph_list(merge.names(i for i in sources if i not in found))
    merge.error(
        "ENUM_VALUE_MISMATCH",
        f'Enum type "{name}" is used as both input type (for example, as type of "{uses[0]}") and output type '
        f'(for example, as type of "{uses[1]}"), but value "{value}" is not defined in all the subgraphs '
        f'defining "{name}": "{value}" is defined in {subgraph_list(merge.names(found))} but not in {absent}',
        {**sources, **found},
    )
