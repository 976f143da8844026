"""The join specification: what a supergraph says of who resolves what.

(join v0.3–v0.5) `@join__type`, `@join__field`, `@join__implements`, `@join__unionMember`,
`@join__enumValue`, the `join__Graph` enum, and the definitions of it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

from graphql import ConstValueNode, ValueNode

from gateway.composition.schema.literals import boolean, enum, list_of, object_of, string
from gateway.composition.schema.model import Applied

_JOIN_03 = """
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,
  resolvable: Boolean! = true, isInterfaceObject: Boolean! = false)
  repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose {
  "`SECURITY` features provide metadata necessary to securely resolve fields."
  SECURITY
  "`EXECUTION` features provide metadata necessary for operation execution."
  EXECUTION
}
"""
_FIELD = """
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet,
  type: String, external: Boolean, override: String, usedOverridden: Boolean%s)
  repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
"""
_DIRECTIVE = """
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments)
  repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
scalar join__DirectiveArguments
"""
_CONTEXT = """
input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }
scalar join__FieldValue
"""


def join_version(federation: tuple[int, int]) -> str:
    """The lowest join version that can say what a Federation version can."""
    if federation >= (2, 8):
        return "v0.5"
    return "v0.4" if federation >= (2, 7) else "v0.3"


def join_definitions(version: str) -> str:
    """The SDL of the join and link specifications that a supergraph carries."""
    if version == "v0.3":
        return _JOIN_03 + _FIELD % ""
    if version == "v0.4":
        return _JOIN_03 + _FIELD % ", overrideLabel: String" + _DIRECTIVE
    label = ", overrideLabel: String, contextArguments: [join__ContextArgument!]"
    return _JOIN_03 + _FIELD % label + _DIRECTIVE + _CONTEXT


def graph_names(subgraphs: Iterable[str]) -> tuple[str, ...]:
    """A distinct enum value for each subgraph name: `my-subgraph` becomes `MY_SUBGRAPH`."""
    sanitized = []
    for name in subgraphs:
        value = re.sub(r"[^A-Z0-9_]", "_", name.upper())
        if value[:1].isdigit():
            value = "_" + value
        # A trailing _1 is how collisions are told apart, so a name's own _1 gets a further mark.
        if re.search(r"_\d+$", value):
            value += "_"
        sanitized.append(value)
    counts: dict[str, int] = {}
    names = []
    for value in sanitized:
        if sanitized.count(value) == 1:
            names.append(value)
            continue
        counts[value] = counts.get(value, 0) + 1
        names.append(f"{value}_{counts[value]}")
    return tuple(names)


def _applied(name: str, args: dict[str, ConstValueNode]) -> Applied:
    return Applied(name=name, spec=name, args=args)


def join_type(
    graph: str,
    key: str | None = None,
    *,
    extension: bool = False,
    resolvable: bool = True,
    interface_object: bool = False,
) -> Applied:
    """`@join__type`."""
    args: dict[str, ConstValueNode] = {"graph": enum(graph)}
    if key is not None:
        args["key"] = string(key)
    if extension:
        args["extension"] = boolean(True)
    if not resolvable:
        args["resolvable"] = boolean(False)
    if interface_object:
        args["isInterfaceObject"] = boolean(True)
    return _applied("join__type", args)


def join_implements(graph: str, interface: str) -> Applied:
    """`@join__implements`."""
    return _applied("join__implements", {"graph": enum(graph), "interface": string(interface)})


def join_union_member(graph: str, member: str) -> Applied:
    """`@join__unionMember`."""
    return _applied("join__unionMember", {"graph": enum(graph), "member": string(member)})


def join_enum_value(graph: str) -> Applied:
    """`@join__enumValue`."""
    return _applied("join__enumValue", {"graph": enum(graph)})


def join_directive(graphs: Iterable[str], name: str, args: Mapping[str, ValueNode]) -> Applied:
    """`@join__directive`: a directive that only some subgraphs apply, kept for those who know it."""
    given: dict[str, ConstValueNode] = {"graphs": list_of([enum(g) for g in graphs]), "name": string(name)}
    if args:
        # What stands in a schema is constant: variables do not parse there.
        given["args"] = object_of({n: cast(ConstValueNode, v) for n, v in args.items()})
    return _applied("join__directive", given)


def join_field(
    graph: str | None = None,
    *,
    requires: str | None = None,
    provides: str | None = None,
    type: str | None = None,
    external: bool = False,
    override: str | None = None,
    used_overridden: bool = False,
    label: str | None = None,
    contexts: Iterable[tuple[str, str, str, str]] = (),
) -> Applied:
    """`@join__field`; each context argument is (context, argument, type, selection)."""
    args: dict[str, ConstValueNode] = {}
    if graph is not None:
        args["graph"] = enum(graph)
    for name, text in (("requires", requires), ("provides", provides), ("type", type)):
        if text is not None:
            args[name] = string(text)
    if external:
        args["external"] = boolean(True)
    if override is not None:
        args["override"] = string(override)
    if used_overridden:
        args["usedOverridden"] = boolean(True)
    if label is not None:
        args["overrideLabel"] = string(label)
    found = [
        object_of(
            {
                "context": string(context),
                "name": string(name),
                "type": string(type_),
                "selection": string(selection),
            }
        )
        for context, name, type_, selection in contexts
    ]
    if found:
        args["contextArguments"] = list_of(list(found))
    return _applied("join__field", args)
