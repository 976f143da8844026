"""What a plan is made of: fetches that form a DAG, and the projection of the merged tree to the answer.

Two namespaces meet here. A *response key* is what the client reads (its alias or the field's name).
A *data key* is what a field is called in the merged tree and in the documents sent to subgraphs.
They are equal unless two selections would collide (differing arguments or types under one key,
or a field that only the plan needs); then the planner picks a data key of its own, `_gN`.
Nothing is renamed after a fetch: representations read data keys, the projection maps them to response keys.

Plans hold no variable values, no decision and no identity, so they can be shared between requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Scopes = tuple[frozenset[str], ...]
"""`@requiresScopes` of one coordinate: any of these sets, all of the scopes within it. Empty: public."""

LIST = "@"
"""A step of a response path that goes into every element of a list (at any depth of nesting)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A runtime `@include(if: $variable)`, or `@skip` when `negated`."""

    variable: str
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSelection:
    """A field of a fetch's selection set.

    `parent` is the supergraph type it is selected on, so that (`parent`, `name`) is its coordinate.
    `arguments` is printed GraphQL, parentheses included, or empty. `variables` are those that it uses.
    `client` tells whether the client asked for it; otherwise only the plan needs it.
    """

    parent: str
    name: str
    key: str
    arguments: str = ""
    variables: frozenset[str] = frozenset()
    scopes: Scopes = ()
    conditions: tuple[Condition, ...] = ()
    selections: tuple[Selection, ...] = ()
    client: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentSelection:
    """An inline fragment of a fetch's selection set."""

    type_condition: str
    conditions: tuple[Condition, ...] = ()
    selections: tuple[Selection, ...] = ()


Selection = FieldSelection | FragmentSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One field of a representation: sent as `name`, read from the merged tree at `key`.

    `scopes` is what its coordinate asks for: a fetch discloses what it sends.
    `nullable` tells whether the representation may be sent when the value is null or was denied.
    `identifying` marks the fields of the `@key`: the subject is read from these, and without them nothing is sent.
    """

    parent: str
    name: str
    key: str
    scopes: Scopes = ()
    nullable: bool = True
    identifying: bool = False
    types: frozenset[str] | None = None
    selections: tuple[InputField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextInput:
    """An argument that is filled from an object further up (`@fromContext`).

    The document declares `variable` of the type `type`. For the objects of one target its value is read, as
    `field` describes (one leaf, however deep), from the object after the first `steps` steps of the target's path.
    Objects with differing values cannot share a request.
    """

    variable: str
    type: str
    steps: int
    field: InputField


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The part of an entity fetch that fills one place in the tree.

    `path` leads from the root of the merged tree to the objects, in data keys, `LIST`, and
    `TypeStep`s that keep only objects of these concrete types.
    `representations` maps a concrete type (as `__typename` in the tree) to the representation to send;
    `typename` inside it is what is sent as `__typename` (the interface's name for an interface object).
    """

    path: tuple[PathStep, ...]
    representations: tuple[RepresentationShape, ...]
    contexts: tuple[ContextInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStep:
    """A path step that keeps objects whose `__typename` is one of `types`."""

    types: frozenset[str]


PathStep = str | TypeStep


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationShape:
    """How a representation is built for objects of the concrete types in `types`."""

    types: frozenset[str]
    typename: str
    fields: tuple[InputField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySelection:
    """One `_entities` field of a request: one or more targets that share a selection set."""

    variable: str
    key: str
    targets: tuple[Target, ...]
    selections: tuple[Selection, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request to one subgraph.

    Either `selections` (root fields; `path` is where its object stands, normally `()`) or `entities` is filled.
    `after` names the fetches whose results it reads. The client's variables that the document declares are in
    `variables`, as (name, type and default as declared) in order.
    `disclosure` is every scope named by what it selects and sends.
    """

    id: int
    subgraph: str
    kind: str = "query"
    after: tuple[int, ...] = ()
    selections: tuple[Selection, ...] = ()
    entities: tuple[EntitySelection, ...] = ()
    path: tuple[PathStep, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = ()
    disclosure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedField:
    """A field of the client's answer.

    `type` is the printed GraphQL type in the API schema; `types` are the concrete types of the parent object on
    which it is selected (None: all). `data_key` may differ between concrete types: then there are several
    projected fields of one `response_key` with disjoint `types`.
    Fields are in the order that the specification asks for.
    """

    parent: str
    name: str
    response_key: str
    data_key: str
    type: str
    types: frozenset[str] | None = None
    scopes: Scopes = ()
    conditions: tuple[tuple[Condition, ...], ...] = ()
    selections: tuple[ProjectedField, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredPart:
    """What one `@defer` takes out of the answer, to be delivered later, for every object at one place.

    `path` leads to the objects in the merged tree, `response_path` in the answer (response keys and `LIST`).
    `type` names the objects' type in the schema; where it is abstract, `projection` has fields for some `types` only.
    `projection` is what each object's payload holds. The part is ready when `fetches` are done, which are those
    that the answer itself does not need, and when the part `parent` (an index into `QueryPlan.deferred`, None: the
    answer) has been delivered.
    """

    label: str | None
    path: tuple[PathStep, ...]
    response_path: tuple[str, ...]
    projection: tuple[ProjectedField, ...]
    fetches: frozenset[int]
    parent: int | None = None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """A plan: fetches in topological order (mutations: chained by `after`), and the projection.

    `introspection` tells that the operation also selects `__schema` or `__type` (answered from the API schema).
    `projection` conditions are a disjunction of conjunctions (a field selected in several places); empty: always.
    Fetches that a part of `deferred` lists are not needed for the answer itself.
    """

    kind: str
    root_type: str
    fetches: tuple[Fetch, ...]
    projection: tuple[ProjectedField, ...]
    introspection: bool = False
    deferred: tuple[DeferredPart, ...] = ()
