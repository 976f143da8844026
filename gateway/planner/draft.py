"""The plan while it is being made: where the data stands, and the fetches that bring it.

    Spot      a place in the merged tree where objects stand
    Case      the objects at a spot whose concrete types are treated alike
    Cell      a field of a case: its data key, and the fetches that bring it
    Access    a way to stand at a case: a fetch and the node of its selection tree that selects on it
    Group     a fetch in the making: one subgraph, and the root fields or one spot's entities
    Node, Selected   a group's selection tree

Everything here is mutable and lives for one attempt of `walk`. `emit` turns it into `nodes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.planner.fieldset import FieldSet
from gateway.planner.nodes import LIST, PathStep, Scopes, TypeStep
from gateway.planner.operation import Dnf, OperationField

_NEVER: Dnf = frozenset()


class Selected:
    """A field in a group's selection tree. `types` restricts it under an abstract node (None: no restriction)."""

    __slots__ = (
        "arguments",
        "child",
        "client",
        "key",
        "name",
        "parents",
        "scopes",
        "types",
        "up",
        "variables",
        "when",
    )

    def __init__(
        self,
        *,
        name: str,
        key: str,
        arguments: str,
        variables: frozenset[str],
        parents: frozenset[str],
        types: frozenset[str] | None,
        scopes: Scopes,
        client: bool,
        up: Node,
    ) -> None:
        self.name = name
        self.key = key
        self.arguments = arguments
        self.variables = variables
        self.parents = parents
        self.types = types
        self.scopes = scopes
        self.client = client
        self.when: Dnf = _NEVER
        self.child: Node | None = None
        self.up = up


class Node:
    """A selection set of a group on the type that the subgraph calls `static`.

    `opaque`: there it is an `@interfaceObject`, so the objects' concrete types are unknown.
    """

    __slots__ = ("fields", "group", "opaque", "static", "typename", "up")

    def __init__(self, group: Group, static: str, *, opaque: bool = False, up: Selected | None = None) -> None:
        self.group = group
        self.static = static
        self.opaque = opaque
        self.fields: dict[tuple[frozenset[str] | None, str], Selected] = {}
        self.typename = False
        self.up = up


class Input:
    """A field of a representation in the making: sent as `name`, read at `key`, from `cell`."""

    __slots__ = ("cell", "children", "identifying", "key", "name", "nullable", "parent", "scopes", "types")

    def __init__(
        self,
        *,
        name: str,
        key: str,
        parent: str,
        cell: Cell | None,
        types: frozenset[str] | None,
        scopes: Scopes,
        nullable: bool,
    ) -> None:
        self.name = name
        self.key = key
        self.parent = parent
        self.cell = cell
        self.types = types
        self.scopes = scopes
        self.nullable = nullable
        self.identifying = False
        self.children: list[Input] = []

    def agrees(self, other: Input) -> bool:
        """Whether both read the same place, so that they can stand in one representation."""
        if self.name != other.name or (self.types and other.types and not self.types & other.types):
            return True
        return self.key == other.key and all(mine.agrees(theirs) for mine in self.children for theirs in other.children)


def merge_inputs(into: list[Input], new: Iterable[Input]) -> None:
    """Add `new` to the representation `into`."""
    for item in new:
        same = next((i for i in into if i.name == item.name and i.types == item.types), None)
        if same is None:
            into.append(item)
        else:
            same.identifying = same.identifying or item.identifying
            merge_inputs(same.children, item.children)


class Shape:
    """How objects of `types` are represented in an entity group: as `typename`, by `key` and what else is needed."""

    __slots__ = ("inputs", "typename", "types")

    def __init__(self, types: frozenset[str], typename: str, inputs: list[Input]) -> None:
        self.types = types
        self.typename = typename
        self.inputs = inputs


class Context:
    """An argument of a group that is read from an object `steps` steps down its spot's path."""

    __slots__ = ("input", "steps", "type", "variable")

    def __init__(self, variable: str, type_: str, steps: int, input_: Input) -> None:
        self.variable = variable
        self.type = type_
        self.steps = steps
        self.input = input_


class Group:
    """A fetch in the making. Without `shapes` it selects the root fields of the operation type at `spot`.

    `part` is the part of the answer that it was made for (0: what is not deferred).
    `members` maps concrete types to their own subgraphs when the group stands for a family: one fetch to each.
    """

    __slots__ = ("contexts", "deps", "members", "number", "part", "roots", "shapes", "spot", "subgraph", "when")

    def __init__(self, number: int, subgraph: str, spot: Spot, part: int = 0) -> None:
        self.number = number
        self.part = part
        self.subgraph = subgraph
        self.spot = spot
        self.roots: dict[str, Node] = {}
        self.shapes: list[Shape] = []
        self.deps: set[Group] = set()
        self.members: dict[str, str] = {}
        self.contexts: dict[str, Context] = {}
        self.when: Dnf = _NEVER

    def descends_from(self, other: Group) -> bool:
        """Whether `other` is this group, or has to run before it."""
        stack, seen = [self], {self}
        while stack:
            group = stack.pop()
            if group is other:
                return True
            for dep in group.deps:
                if dep not in seen:
                    seen.add(dep)
                    stack.append(dep)
        return False

    def level(self) -> int:
        """Return how many fetches have to run before this one, one after the other."""
        return 1 + max((dep.level() for dep in self.deps), default=-1)


class Access:
    """A way to select fields at a case: `node` of `group`. `provided` is what `@provides` adds there.

    `opaque` names the interface when the subgraph has an `@interfaceObject` in its place.
    `entity`: the node is where an entity fetch starts.
    """

    __slots__ = ("entity", "group", "node", "opaque", "provided", "subgraph")

    def __init__(
        self,
        group: Group,
        node: Node,
        *,
        provided: FieldSet = (),
        opaque: str | None = None,
        entity: bool = False,
    ) -> None:
        self.group = group
        self.node = node
        self.subgraph = group.subgraph
        self.provided = provided
        self.opaque = opaque
        self.entity = entity


class Cell:
    """A field of a case. `sources` are the selections that bring it; composite cells lead to `spot`."""

    __slots__ = ("arguments", "field", "key", "name", "response_key", "sources", "spot", "types")

    def __init__(self, *, field: OperationField, key: str, response_key: str | None, types: frozenset[str]) -> None:
        self.field = field
        self.name = field.name
        self.arguments = field.arguments
        self.key = key
        self.response_key = response_key
        self.types = types
        self.sources: list[tuple[Access, Selected]] = []
        self.spot: Spot | None = None

    @property
    def group(self) -> Group:
        """The fetch that brings the cell first."""
        return self.sources[0][0].group


class Case:
    """The objects at `spot` of the concrete types `types`; `rep` stands for them in look-ups.

    `cells` are kept by field name and arguments.
    """

    __slots__ = ("accesses", "cells", "rep", "spot", "types")

    def __init__(self, spot: Spot, types: frozenset[str], rep: str) -> None:
        self.spot = spot
        self.types = types
        self.rep = rep
        self.cells: dict[tuple[str, str], list[Cell]] = {}
        self.accesses: list[Access] = []

    def all_accesses(self) -> Iterator[Access]:
        """Yield every access that holds for these objects, those of unknown concrete type included."""
        yield from self.accesses
        if self.spot.opaque is not None and self.spot.opaque is not self:
            yield from self.spot.opaque.accesses

    def cells_of(self, name: str, arguments: str) -> list[Cell]:
        """Return the cells that hold the field with these arguments, under whatever keys."""
        found = self.cells.get((name, arguments), [])
        opaque = self.spot.opaque
        if opaque is not None and opaque is not self:
            return found + opaque.cells.get((name, arguments), [])
        return found

    def add(self, cell: Cell) -> None:
        """Add a cell."""
        self.cells.setdefault((cell.name, cell.arguments), []).append(cell)

    def concrete(self) -> Access | None:
        """Return an access under which the objects' concrete types are known."""
        return next((access for access in self.accesses if access.opaque is None), None)


class Spot:
    """A place in the merged tree. `static` is its type in the supergraph.

    `opaque` is the case of all its objects when it was reached through an `@interfaceObject`.
    `claims` are the data keys in use: (types, representative type, field) of each.
    """

    __slots__ = ("cases", "cell", "claims", "groups", "opaque", "parent", "path", "static")

    def __init__(self, static: str, parent: Case | None, cell: Cell | None, path: tuple[PathStep, ...]) -> None:
        self.static = static
        self.parent = parent
        self.cell = cell
        self.path = path
        self.cases: list[Case] = []
        self.opaque: Case | None = None
        self.groups: list[Group] = []
        self.claims: dict[str, list[tuple[frozenset[str], str, OperationField]]] = {}

    def response_path(self) -> tuple[str, ...]:
        """Return where the objects stand in the answer."""
        if self.parent is None or self.cell is None:
            return ()
        above = self.parent.spot.response_path()
        own = (
            (self.cell.response_key or self.cell.key, LIST)
            if self.path[-1] == LIST
            else (self.cell.response_key or self.cell.key,)
        )
        return (*above, *own)

    def claim(self, key: str, case: Case, field: OperationField, *, join: bool) -> None:
        """Note that `key` is `field` on the objects of `case`; `join` it with an equal claim for other types."""
        claims = self.claims.setdefault(key, [])
        for index, (types, rep, other) in enumerate(claims if join else ()):
            same = other.name == field.name and other.arguments == field.arguments and other.type == field.type
            if same and other.cases == field.cases:
                claims[index] = (types | case.types, rep, other)
                return
        claims.append((case.types, case.rep, field))

    def split(self, case: Case, types: frozenset[str], rep: str) -> Case:
        """Take `types` out of `case` into a case of their own, which knows all that `case` knew."""
        taken = Case(self, types, rep)
        taken.cells = {field: list(cells) for field, cells in case.cells.items()}
        taken.accesses = list(case.accesses)
        case.types = case.types - types
        if case.rep in types:
            case.rep = min(case.types)
        self.cases.insert(self.cases.index(case) + 1, taken)
        return taken


def child_path(case: Case, cell: Cell, depth: int, *, abstract: bool) -> tuple[PathStep, ...]:
    """Return the path from the root to the objects in `cell` of `case`, `depth` lists deep."""
    steps: tuple[PathStep, ...] = case.spot.path
    if abstract and case is not case.spot.opaque:
        steps = (*steps, TypeStep(types=cell.types))
    return (*steps, cell.key, *((LIST,) if depth else ()))
