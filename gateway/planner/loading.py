"""Reads a supergraph SDL (join v0.1–v0.5) into a `Supergraph`.

The composer's output is read from its text, so any composer's supergraph will do.
Specification directives are found by the URL that `@link` gives, never by their name alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from gateway.planner.errors import PlanError
from gateway.planner.families import families_of
from gateway.planner.fieldset import parse_field_set
from gateway.planner.nodes import Scopes
from gateway.planner.supergraph import (
    ContextArgument,
    Coordinate,
    FieldInfo,
    Key,
    Kind,
    Ownership,
    SubgraphInfo,
    Supergraph,
    TypeInfo,
)

AUTHENTICATED = "@authenticated"
"""The scope that stands for `@authenticated` in `FieldInfo.requirements`."""

_Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | UnionTypeDefinitionNode
_PUBLIC: Scopes = ()


def parse_supergraph(supergraph_sdl: str) -> DocumentNode:
    """Return the document of a supergraph. Raises `PlanError` (`INVALID_SUPERGRAPH`) when it cannot be parsed."""
    try:
        return parse(supergraph_sdl, no_location=True)
    except GraphQLError as error:
        raise PlanError("INVALID_SUPERGRAPH", f"the supergraph SDL does not parse: {error.message}") from error


def load_supergraph(supergraph: str | DocumentNode) -> Supergraph:
    """Index a supergraph. Raises `PlanError` (`INVALID_SUPERGRAPH`) when it is not one."""
    document = parse_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
    found = _Loader(document).load()
    families_of(found)
    return found


def require_all(first: Scopes, second: Scopes) -> Scopes:
    """Join two scope requirements with *and*: any set of the one together with any set of the other."""
    if not first or not second:
        return first or second
    return tuple(dict.fromkeys(left | right for left in first for right in second))


def _all_of(*requirements: Scopes) -> Scopes:
    found: Scopes = _PUBLIC
    for requirement in requirements:
        found = require_all(found, requirement)
    return found


class _Loader:
    """One reading of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self.definitions = [node for node in document.definitions if isinstance(node, TypeDefinitionNode)]
        self.schema = next((n for n in document.definitions if isinstance(n, SchemaDefinitionNode)), None)
        self.names = _spec_names(self.schema)
        self.subgraphs = self._read_graphs()
        self.coordinates: dict[str, set[Coordinate]] = defaultdict(set)
        self.labels: set[str] = set()
        self.ownerships: dict[Ownership, Ownership] = {}
        self.varies = False
        self.type_scopes = {n.name.value: self._scopes(n.directives or ()) for n in self.definitions}
        self.type_policies = {n.name.value: self._requirements(n.directives or ()) for n in self.definitions}

    def load(self) -> Supergraph:
        composites = [n for n in self.definitions if isinstance(n, _Composite)]
        possible, runtime = self._possible_types(composites)
        types = {
            node.name.value: self._read_type(
                node, possible.get(node.name.value, frozenset()), runtime.get(node.name.value, {})
            )
            for node in composites
        }
        enums, hidden = {}, {}
        for node in self.definitions:
            if isinstance(node, EnumTypeDefinitionNode) and not node.name.value.startswith(("join__", "link__")):
                values = node.values or ()
                enums[node.name.value] = frozenset(value.name.value for value in values)
                hidden[node.name.value] = frozenset(
                    value.name.value for value in values if self._has(value.directives, "inaccessible")
                )
            elif isinstance(node, InputObjectTypeDefinitionNode):
                for input_field in node.fields or ():
                    for directive in input_field.directives or ():
                        if not directive.name.value.startswith("join__"):
                            self.coordinates[directive.name.value].add((node.name.value, input_field.name.value))
        return Supergraph(
            subgraphs={info.name: info for info in sorted(self.subgraphs.values(), key=lambda i: i.name)},
            types=types,
            roots=self._roots(types),
            directives={name: frozenset(where) for name, where in self.coordinates.items()},
            enums=enums,
            inaccessible_values=hidden,
            labels=frozenset(self.labels),
            varies=self.varies,
        )

    def _read_graphs(self) -> dict[str, SubgraphInfo]:
        for node in self.definitions:
            if isinstance(node, EnumTypeDefinitionNode) and node.name.value == "join__Graph":
                graphs = {}
                for value in node.values or ():
                    arguments = next(_arguments(value.directives, "join__graph"), {})
                    name = str(arguments.get("name", value.name.value))
                    graphs[value.name.value] = SubgraphInfo(name=name, url=str(arguments.get("url", "")))
                return graphs
        raise PlanError("INVALID_SUPERGRAPH", "the SDL has no enum join__Graph: it is not a supergraph")

    def _graph(self, arguments: dict[str, object]) -> str | None:
        name = arguments.get("graph")
        if name is None:
            return None
        info = self.subgraphs.get(str(name))
        if info is None:
            raise PlanError("INVALID_SUPERGRAPH", f"{name} is not a value of join__Graph")
        return info.name

    def _home(self, arguments: dict[str, object]) -> str:
        graph = self._graph(arguments)
        if graph is None:
            raise PlanError("INVALID_SUPERGRAPH", "join__implements and join__unionMember name a graph")
        return graph

    def _roots(self, types: dict[str, TypeInfo]) -> dict[str, str]:
        roots = {
            kind: name
            for kind, name in (("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription"))
            if name in types
        }
        for operation in self.schema.operation_types if self.schema else ():
            roots[operation.operation.value] = operation.type.name.value
        return roots

    def _possible_types(
        self, nodes: list[_Composite]
    ) -> tuple[dict[str, frozenset[str]], dict[str, dict[str, frozenset[str]]]]:
        """Collect, for every type, its concrete types: in all, and by subgraph."""
        possible: dict[str, set[str]] = defaultdict(set)
        runtime: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        graphs = [info.name for info in self.subgraphs.values()]
        for node in nodes:
            name = node.name.value
            homes = [self._graph(a) for a in _arguments(node.directives, "join__type")]
            present = [home for home in homes if home] or graphs
            if isinstance(node, ObjectTypeDefinitionNode):
                possible[name].add(name)
                for home in present:
                    runtime[name][home].add(name)
                implemented = list(_arguments(node.directives, "join__implements"))
                for arguments in implemented:
                    runtime[str(arguments["interface"])][self._home(arguments)].add(name)
                for interface in node.interfaces or ():
                    possible[interface.name.value].add(name)
                    if not implemented:
                        for home in present:
                            runtime[interface.name.value][home].add(name)
            elif isinstance(node, UnionTypeDefinitionNode):
                listed = list(_arguments(node.directives, "join__unionMember"))
                for arguments in listed:
                    runtime[name][self._home(arguments)].add(str(arguments["member"]))
                for member in node.types or ():
                    possible[name].add(member.name.value)
                    if not listed:
                        for home in present:
                            runtime[name][home].add(member.name.value)
        return (
            {name: frozenset(found) for name, found in possible.items()},
            {name: {g: frozenset(t) for g, t in by.items()} for name, by in runtime.items()},
        )

    def _read_type(self, node: _Composite, possible: frozenset[str], runtime: dict[str, frozenset[str]]) -> TypeInfo:
        name = node.name.value
        keys: dict[str, list[Key]] = {}
        objects_in: set[str] = set()
        for arguments in _arguments(node.directives, "join__type"):
            graph = self._graph(arguments)
            if graph is None:
                continue
            found = keys.setdefault(graph, [])
            if arguments.get("isInterfaceObject"):
                objects_in.add(graph)
            if arguments.get("key") is not None:
                text = str(arguments["key"])
                resolvable = arguments.get("resolvable") is not False
                found.append(Key(fields=parse_field_set(text), text=text, resolvable=resolvable))
        if not keys:
            keys = {info.name: [] for info in self.subgraphs.values()}
        owner = next((self._graph(a) for a in _arguments(node.directives, "join__owner")), None)
        fields = {}
        if not isinstance(node, UnionTypeDefinitionNode):
            implicit = {owner: True} if owner else dict.fromkeys(keys, True)
            for definition in node.fields or ():
                fields[definition.name.value] = self._read_field(name, definition, list(implicit), keys, owner)
        kind: Kind = "union"
        interfaces: frozenset[str] = frozenset()
        if not isinstance(node, UnionTypeDefinitionNode):
            kind = "object" if isinstance(node, ObjectTypeDefinitionNode) else "interface"
            interfaces = frozenset(i.name.value for i in node.interfaces or ())
        contexts: dict[str, set[str]] = defaultdict(set)
        for arguments in _arguments(node.directives, self.names["context"]):
            contexts[str(arguments["name"])].update(keys)
        return TypeInfo(
            name=name,
            kind=kind,
            fields=fields,
            subgraphs=frozenset(keys),
            keys={graph: tuple(found) for graph, found in sorted(keys.items())},
            interfaces=interfaces,
            objects_in=frozenset(objects_in),
            possible=possible,
            runtime={**runtime, **{graph: frozenset({name}) for graph in objects_in}},
            scopes=self.type_scopes[name],
            inaccessible=self._has(node.directives, "inaccessible"),
            contexts={context: frozenset(where) for context, where in contexts.items()},
        )

    def _read_field(
        self,
        parent: str,
        node: FieldDefinitionNode,
        implicit: list[str],
        keys: dict[str, list[Key]],
        owner: str | None,
    ) -> FieldInfo:
        name = node.name.value
        printed = print_ast(node.type)
        owners: dict[str, Ownership] = {}
        varies = False
        applications = list(_arguments(node.directives, "join__field"))
        for arguments in applications:
            graph = self._graph(arguments)
            if graph is None:
                continue
            local = str(arguments.get("type") or printed)
            varies = varies or local != printed
            owners[graph] = self._ownership(local, arguments)
        if not applications:
            whole = self.ownerships.setdefault(Ownership(type=printed), Ownership(type=printed))
            owners = dict.fromkeys(implicit, whole)
        if owner:
            for graph, found in keys.items():
                if any(item.name == name for key in found for item in key.fields):
                    owners.setdefault(graph, Ownership(type=printed))
        self.varies = self.varies or varies
        for directive in node.directives or ():
            if not directive.name.value.startswith("join__"):
                self.coordinates[directive.name.value].add((parent, name))
        for argument in node.arguments or ():
            for directive in argument.directives or ():
                if not directive.name.value.startswith("join__"):
                    self.coordinates[directive.name.value].add((parent, name, argument.name.value))
        named, depth = _unwrap(node.type)
        own = node.directives or ()
        return FieldInfo(
            name=name,
            type=printed,
            named=named,
            depth=depth,
            arguments={a.name.value: print_ast(a.type) for a in node.arguments or ()},
            owners=dict(sorted(owners.items())),
            scopes=_all_of(self._scopes(own), self.type_scopes.get(named, _PUBLIC), self.type_scopes[parent]),
            requirements=_all_of(
                self._requirements(own), self.type_policies.get(named, _PUBLIC), self.type_policies[parent]
            ),
            inaccessible=self._has(own, "inaccessible"),
            varies=varies,
        )

    def _ownership(self, local: str, arguments: dict[str, object]) -> Ownership:
        label = None
        if arguments.get("overrideLabel"):
            label = (str(arguments["overrideLabel"]), bool(arguments.get("override")))
            self.labels.add(label[0])
        contexts = tuple(
            ContextArgument(
                name=str(item["name"]),
                type=str(item["type"]),
                context=str(item["context"]),
                selection=str(item["selection"]),
            )
            for item in _mappings(arguments.get("contextArguments"))
        )
        made = Ownership(
            type=local,
            external=bool(arguments.get("external")) or (bool(arguments.get("usedOverridden")) and label is None),
            requires=parse_field_set(str(arguments["requires"])) if arguments.get("requires") else (),
            provides=parse_field_set(str(arguments["provides"])) if arguments.get("provides") else (),
            label=label,
            contexts=contexts,
        )
        return self.ownerships.setdefault(made, made)

    def _has(self, directives: Iterable[DirectiveNode] | None, spec: str) -> bool:
        return any(d.name.value == self.names[spec] for d in directives or ())

    def _scopes(self, directives: Iterable[DirectiveNode]) -> Scopes:
        return self._sets(directives, "requiresScopes", "scopes", "{}")

    def _requirements(self, directives: Iterable[DirectiveNode]) -> Scopes:
        """Everything that static authorization asks for: scopes, policies and `@authenticated`."""
        directives = tuple(directives)
        found = require_all(
            self._sets(directives, "requiresScopes", "scopes", "{}"),
            self._sets(directives, "policy", "policies", "@policy({})"),
        )
        if self._has(directives, "authenticated"):
            found = require_all(found, (frozenset({AUTHENTICATED}),))
        return found

    def _sets(self, directives: Iterable[DirectiveNode], spec: str, argument: str, template: str) -> Scopes:
        scopes: Scopes = _PUBLIC
        for arguments in _arguments(directives, self.names[spec]):
            sets = arguments.get(argument)
            if isinstance(sets, list) and sets:
                alternatives = tuple(
                    frozenset(template.format(scope) for scope in (one if isinstance(one, list) else [one]))
                    for one in sets
                )
                scopes = require_all(scopes, alternatives)
        return scopes


def _spec_names(schema: SchemaDefinitionNode | None) -> dict[str, str]:
    """Map the planner's names for specification directives to the names that this document gives them."""
    names = {spec: spec for spec in ("inaccessible", "requiresScopes", "authenticated", "policy", "context")}
    for arguments in _arguments(schema.directives if schema else (), "link"):
        parts = str(arguments.get("url", "")).rstrip("/").split("/")
        if len(parts) < 2 or parts[-2] not in names:
            continue
        spec = parts[-2]
        names[spec] = str(arguments.get("as") or spec)
        for item in _mappings(arguments.get("import")):
            if str(item.get("name", "")).lstrip("@") == spec and item.get("as"):
                names[spec] = str(item["as"]).lstrip("@")
    return names


def _mappings(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _arguments(directives: Iterable[DirectiveNode] | None, name: str) -> Iterator[dict[str, object]]:
    for directive in directives or ():
        if directive.name.value == name:
            yield {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}


def _unwrap(node: TypeNode) -> tuple[str, int]:
    depth = 0
    while isinstance(node, (ListTypeNode, NonNullTypeNode)):
        depth += isinstance(node, ListTypeNode)
        node = node.type
    return node.name.value, depth  # type: ignore[attr-defined]
