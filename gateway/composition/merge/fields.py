"""Fields of objects and interfaces: united over all subgraphs, each with its `@join__field`s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.composition.schema.literals import same_value, text
from gateway.composition.schema.model import Applied, Field, InputValue, Kind, TypeDef, applications, is_applied
from gateway.composition.schema.typeref import base_name
from gateway.composition.subgraph.fieldset import unbraced
from gateway.composition.subgraph.usage import context_value

from .applications import merge_applications
from .inconsistencies import hint_value_field
from .inputs import merge_arguments
from .join import join_field
from .sharing import check_sharing, interface_object_sources
from .state import Merge, pick, subgraph_list
from .text import merge_description
from .typerefs import is_subtype, merge_types


def merge_fields(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> dict[str, Field]:
    """The fields of an object or interface."""
    is_subscription = any(merge.subgraphs[i].schema.roots.get("subscription") == name for i in sources)
    merged: dict[str, Field] = {}
    for field_name in dict.fromkeys(f for t in sources.values() for f in t.fields):
        found = {i: t.fields[field_name] for i, t in sources.items() if field_name in t.fields}
        if merge.kinds[name] is Kind.OBJECT:
            if is_subscription:
                _check_subscription(merge, name, field_name, found)
            check_sharing(merge, name, field_name, found)
        hint_value_field(merge, name, field_name, found, sources)
        field = _merge_field(merge, name, field_name, found, sources)
        if field is not None:
            merged[field_name] = field
    return merged


def _check_subscription(merge: Merge, name: str, field_name: str, found: Mapping[int, Field]) -> None:
    marked = pick(found, lambda i, _: (name, field_name) in merge.usages[i].shareable)
    if marked:
        message = "Fields on root level subscription object cannot be marked as shareable"
        merge.error("INVALID_FIELD_SHARING", message, marked)


def _merge_field(
    merge: Merge, name: str, field_name: str, found: Mapping[int, Field], types: Mapping[int, TypeDef]
) -> Field | None:
    coordinate = (name, field_name)
    label = f"{name}.{field_name}"
    _check_external_applications(merge, coordinate, found)
    override = merge.override(coordinate)
    live = {i: f for i, f in found.items() if i not in override.unused or i in override.labels}
    resolved = pick(found, lambda i, _: not merge.is_external(i, coordinate))
    if not resolved and interface_object_sources(merge, name, field_name):
        resolved = dict(found)
    if not resolved:
        where = subgraph_list(merge.names(found))
        message = f'Field "{label}" is marked @external on all the subgraphs in which it is listed ({where}).'
        merge.error("EXTERNAL_MISSING_ON_BASE", message, found)
        return None
    type_, equal = merge_types(merge, label, resolved, is_input=False, element="field")
    if merge.kinds.get(base_name(type_)) is Kind.ENUM:
        merge.output_use.setdefault(base_name(type_), label)
    args = merge_arguments(merge, label, {i: f.args for i, f in resolved.items()})
    merged = Field(
        name=field_name,
        type=type_,
        args=args,
        directives=merge_applications(merge, label, {i: f.directives for i, f in found.items()}),
        description=merge_description(merge, label, {i: f.description for i, f in resolved.items()}),
        at=merge.origin(resolved),
    )
    if len(resolved) < len(found):
        external = {i: f for i, f in found.items() if i not in resolved}
        equal = _check_external(merge, label, merged, external, resolved) and equal
    joins = _joins(merge, coordinate, live, types, equal=equal)
    return replace(merged, directives=joins + merged.directives)


def _check_external_applications(merge: Merge, coordinate: tuple[str, str], found: Mapping[int, Field]) -> None:
    for index, field in found.items():
        if not merge.is_external(index, coordinate):
            continue
        for directive in field.directives:
            if directive.spec != "deprecated" and merge.supergraph_directive(index, directive) is not None:
                shown = f"@{directive.name}"
                if directive.spec == "tag":
                    shown += f'(name: "{text(directive.args, "name")}")'
                merge.error(
                    "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                    f"[{merge.subgraphs[index].name}] Cannot apply merged directive {shown} to external field "
                    f'"{".".join(coordinate)}"',
                    {index: directive},
                )


def _check_external(
    merge: Merge,
    label: str,
    merged: Field,
    external: Mapping[int, Field],
    resolved: Mapping[int, Field],
) -> bool:
    """Compare external declarations with the merged field; whether their types equal it."""
    equal = all(f.type == merged.type for f in external.values())
    everyone = dict(sorted({**resolved, **external}.items()))
    if not all(is_subtype(merge, merged.type, f.type) for f in external.values()):
        words = merge.mismatch({i: f'type "{f.type}"' for i, f in everyone.items()}, f'type "{merged.type}"')
        merge.error(
            "EXTERNAL_TYPE_MISMATCH",
            f'Type of field "{label}" is incompatible across subgraphs (where marked @external): it has {words}',
            everyone,
        )
    for name, argument in merged.args.items():
        coordinate = f"{label}({name}:)"
        lacking = {i: f for i, f in external.items() if name not in f.args}
        if lacking:
            declared = subgraph_list(merge.names(i for i, f in everyone.items() if name in f.args))
            merge.error(
                "EXTERNAL_ARGUMENT_MISSING",
                f'Field "{label}" is missing argument "{coordinate}" in some subgraphs where it is marked '
                f'@external: argument "{coordinate}" is declared in {declared} but not in '
                f'{subgraph_list(merge.names(lacking))} (where "{label}" is @external).',
                lacking,
            )
        present = {i: f.args[name] for i, f in external.items() if name in f.args}
        _check_external_argument(merge, coordinate, argument, present)
    return equal


def _check_external_argument(
    merge: Merge, coordinate: str, argument: InputValue, present: Mapping[int, InputValue]
) -> None:
    if any(not is_subtype(merge, a.type, argument.type) for a in present.values()):
        merge.error(
            "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
            f'Type of argument "{coordinate}" is incompatible across subgraphs (where its field is marked '
            f'@external): the supergraph has type "{argument.type}" but it has '
            + merge.mismatch({i: f'type "{a.type}"' for i, a in present.items()}),
            present,
        )
    if any(not same_value(a.default, argument.default) for a in present.values()):
        merge.error(
            "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
            f'Argument "{coordinate}" has incompatible defaults across subgraphs (where its field is marked @external)',
            present,
        )


def _joins(
    merge: Merge,
    coordinate: tuple[str, str],
    found: Mapping[int, Field],
    types: Mapping[int, TypeDef],
    *,
    equal: bool,
) -> tuple[Applied, ...]:
    """The `@join__field`s, or none where every subgraph with the type resolves the field alike."""
    override = merge.override(coordinate)
    plain = (
        equal
        and len(found) == len(types)
        and not override.used
        and not override.labels
        and not any(
            coordinate in merge.usages[i].external
            or is_applied(f.directives, "provides")
            or is_applied(f.directives, "requires")
            or _contexts(merge, i, f)
            for i, f in found.items()
        )
    )
    if plain:
        return ()
    return tuple(
        join_field(
            merge.graphs[i],
            requires=_fields_of(field, "requires"),
            provides=_fields_of(field, "provides"),
            type=None if equal else str(field.type),
            external=coordinate in merge.usages[i].external,
            override=_override_source(field),
            used_overridden=i in override.used,
            label=override.labels.get(i),
            contexts=_contexts(merge, i, field),
        )
        for i, field in found.items()
    )


def _override_source(field: Field) -> str | None:
    return next((text(d.args, "from") for d in applications(field.directives, "override")), None)


def _fields_of(field: Field, spec: str) -> str | None:
    return next((unbraced(text(d.args, "fields") or "") for d in applications(field.directives, spec)), None)


def _contexts(merge: Merge, index: int, field: Field) -> list[tuple[str, str, str, str]]:
    found = []
    for argument in field.args.values():
        for directive in applications(argument.directives, "fromContext"):
            written = text(directive.args, "field") or ""
            parsed = context_value(written)
            if parsed is not None:
                selection = written.strip()[1 + len(parsed[0]) :]
                context = f"{merge.subgraphs[index].name}__{parsed[0]}"
                found.append((context, argument.name, str(argument.type), selection))
    return found
