"""A query plan made ready to run: generated functions, printed documents, and the answers to static questions.

A `CompiledPlan` is immutable apart from its caches of documents, holds nothing of a request, and is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cached_property, partial
from typing import Any

from gateway.executor.contexts import has_contexts
from gateway.executor.disclosure import Disclosure
from gateway.executor.document import EntityPart, fields_of, has_conditions, print_document
from gateway.executor.gather import (
    Gather,
    GatherFrom,
    Occupants,
    Survey,
    compile_collect,
    compile_gather,
    compile_gather_from,
    compile_survey,
)
from gateway.executor.projection import compile_projection, graft, shape_projection
from gateway.executor.projection.shape import iterate_shapes
from gateway.executor.schema import ExecutionSchema
from gateway.executor.watch import plain_path, selects_scoped, watched_fetches
from gateway.planner.nodes import (
    LIST,
    DeferredPart,
    EntitySelection,
    Fetch,
    FieldSelection,
    PathStep,
    ProjectedField,
    QueryPlan,
    Selection,
)

Collect = Callable[[dict[str, Any]], list[dict[str, Any]]]
Later = Callable[[], Sequence[Fetch]]
"""The fetches that come after one in the plan."""
Places = Set[tuple[str, ...]]
"""Where entities stand, in data keys alone."""

MANY = 8
"""From how many fetches that become ready together the types that are there are looked at first."""

MAX_DOCUMENT_VARIANTS = 256
"""How many documents one fetch caches; beyond that they are printed anew."""


class CompiledEntities:
    """One `_entities` field of a fetch: how its entities are found and where its answers go.

    What is generated is generated at first use: of a thousand types that a plan provides for, a request meets few.
    """

    def __init__(self, selection: EntitySelection, later: Later, places: Places, *, sharing: bool) -> None:
        self.selection = selection
        self._sharing = sharing
        self.variable = selection.variable
        self.key = selection.key
        self._later = later
        self._places = places
        self.paths = tuple(dict.fromkeys(target.path for target in selection.targets))
        self.disclosures: dict[tuple[str, str], Disclosure] = {}

    @cached_property
    def gather(self) -> Gather:
        """The function that finds the entities and builds their representations."""
        return compile_gather(self.selection, self._places, sharing=self._sharing)

    @cached_property
    def gather_from(self) -> GatherFrom:
        """The same from the occupants of the one place where the entities stand."""
        return compile_gather_from(self.selection, sharing=self._sharing)

    @cached_property
    def composites(self) -> tuple[str, ...]:
        """The data keys of the composite fields that are selected on the entities."""
        return tuple(dict.fromkeys(each.key for each in fields_of(self.selection.selections) if each.selections))

    @cached_property
    def is_conditional(self) -> bool:
        """Whether what is selected depends on the request's variables."""
        return has_conditions(self.selection.selections)

    @cached_property
    def copies(self) -> bool:
        """Whether each entity needs an answer of its own: a later fetch treats two of the places differently."""
        return bool(self.composites) and (not self._sharing or _needs_copies(self.selection, self._later()))


class Crowd:
    """Many fetches that wait for one fetch only, for entities at one `place`, and that nothing waits for.

    They are told apart by the types that they want there: of a thousand, a request starts those whose types it meets.
    """

    def __init__(self, place: tuple[PathStep, ...], members: Sequence[CompiledFetch]) -> None:
        self.place = place
        self._members = tuple(member.index for member in members)
        self._by_type: dict[str | None, list[int]] = {}
        for member in members:
            for name in member.types:
                self._by_type.setdefault(name, []).append(member.index)

    def wanted(self, types: Set[str | None]) -> Sequence[int]:
        """Return the members that have something to do where objects of these types stand (None: of unknown type)."""
        if None in types:
            return self._members
        return sorted({index for name in types for index in self._by_type.get(name, ())})


class CompiledFetch:
    """A fetch with its generated functions and the documents that have been printed for it.

    `place` is where its entities stand, when that is one place, and `types` are the types that it wants there.
    What waits for it is in `dependents`, or in one of the `crowds`.
    """

    def __init__(
        self, index: int, fetch: Fetch, dependents: tuple[int, ...], later: Later, places: Places, *, sharing: bool
    ) -> None:
        self.index = index
        self.fetch = fetch
        self.subgraph = fetch.subgraph
        self.dependents = dependents
        self.crowds: tuple[Crowd, ...] = ()
        self.entities = tuple(CompiledEntities(each, later, places, sharing=sharing) for each in fetch.entities)
        targets = [target for each in fetch.entities for target in each.targets]
        self.place = targets[0].path if len({target.path for target in targets}) == 1 else None
        self.types = frozenset(name for target in targets for shape in target.representations for name in shape.types)
        self.has_contexts = has_contexts(fetch)
        self._types = dict(fetch.variables)
        self._documents: dict[Any, tuple[str, tuple[str, ...]]] = {}

    @cached_property
    def collect(self) -> Collect:
        """The function that finds the objects into which a root fetch is merged."""
        return compile_collect(self.fetch.path)

    def document(self, active: tuple[int, ...]) -> tuple[str, tuple[str, ...]]:
        """Return the document that asks for the `_entities` fields of these numbers, and its client variables."""
        found = self._documents.get(active)
        if found is None:
            parts = [
                EntityPart(variable=each.variable, key=each.key, selections=each.selection.selections)
                for each in (self.entities[number] for number in active)
            ]
            found = self._documents[active] = print_document(self.fetch.kind, self._types, self.fetch.selections, parts)
        return found

    def variant(
        self, key: object, selections: Sequence[Selection], parts: Sequence[EntityPart]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the document of a fetch with fields cut; `key` stands for what was cut."""
        found = self._documents.get(key)
        if found is None:
            found = print_document(self.fetch.kind, self._types, selections, parts)
            if len(self._documents) < MAX_DOCUMENT_VARIANTS:
                self._documents[key] = found
        return found


class CompiledPart:
    """A deferred part of the answer.

    `key` is the data key under which its projection finds an object, and the response key under which it puts it.
    `fetches` are the fetches that it waits for. `rereads` tells that it also holds scoped fields which the answer
    itself has fetched: their permits must stay open for it.
    """

    def __init__(
        self,
        part: DeferredPart,
        fetches: frozenset[int],
        schema: ExecutionSchema,
        places: Places,
        fetched: Set[str],
    ) -> None:
        self.part = part
        self.fetches = fetches
        *above, self.key = plain_path(part.path) or ("",)
        whole = ProjectedField(
            parent="",
            name=self.key,
            response_key=self.key,
            data_key=self.key,
            type=part.type,
            selections=part.projection,
        )
        # Each object is projected as the value of one field, so that its type chooses among the fields.
        self.shape = shape_projection((whole,), schema, places, tuple(above))
        self.projection = compile_projection(self.shape)
        self.rereads = not _scoped_names(part.projection).isdisjoint(fetched)


class CompiledPlan:
    """A plan that can be executed any number of times, by any number of requests at once.

    `deferred` are the fetches that only deferred `parts` need. `whole` is the shape of the answer with all its parts.
    `weight` is its size in fetches and fields, for caches.
    """

    __slots__ = (
        "_places",
        "_surveys",
        "_watched",
        "deferred",
        "dependencies",
        "fetches",
        "initial",
        "is_gated",
        "is_linear",
        "parts",
        "plan",
        "projection",
        "schema",
        "shape",
        "weight",
        "whole",
    )

    def __init__(self, plan: QueryPlan, schema: ExecutionSchema) -> None:
        self.plan = plan
        self.schema = schema
        numbers = {fetch.id: index for index, fetch in enumerate(plan.fetches)}
        dependents: list[list[int]] = [[] for _ in plan.fetches]
        for index, fetch in enumerate(plan.fetches):
            for before in fetch.after:
                dependents[numbers[before]].append(index)
        places = {
            plain_path(target.path)
            for fetch in plan.fetches
            for selection in fetch.entities
            for target in selection.targets
        }
        # What stands further up may differ between the places of one entity.
        sharing = not any(has_contexts(fetch) for fetch in plan.fetches)
        self.fetches = tuple(
            CompiledFetch(index, fetch, tuple(dependents[index]), partial(_later, plan, index), places, sharing=sharing)
            for index, fetch in enumerate(plan.fetches)
        )
        self.dependencies = tuple(len(fetch.after) for fetch in plan.fetches)
        self.initial = tuple(index for index, count in enumerate(self.dependencies) if count == 0)
        self.is_linear = len(self.initial) <= 1 and all(len(each) <= 1 for each in dependents)
        if not plan.deferred:
            self._gather_crowds()
        self.is_gated = any(fetch.disclosure for fetch in plan.fetches) or selects_scoped(plan.fetches)
        self.shape = shape_projection(plan.projection, schema, places)
        self.projection = compile_projection(self.shape)
        later = {each for part in plan.deferred for each in part.fetches}
        fetched: Set[str] = frozenset()
        if plan.deferred:
            fetched = {name for fetch in plan.fetches if fetch.id not in later for name in _scoped_selections(fetch)}
        self.parts = tuple(
            CompiledPart(part, frozenset(numbers[each] for each in part.fetches), schema, places, fetched)
            for part in plan.deferred
        )
        self.deferred = frozenset(index for part in self.parts for index in part.fetches)
        self.whole = self.shape
        for part in self.parts:
            keys = [step for step in part.part.response_path if step != LIST]
            self.whole = graft(self.whole, keys, part.shape[0].fields)
        self.weight = len(plan.fetches) + sum(1 for _ in iterate_shapes(self.whole))
        self._places = places
        self._surveys: dict[tuple[PathStep, ...], Survey] = {}
        self._watched: frozenset[int] | None = None

    @property
    def watched(self) -> frozenset[int]:
        """The fetches that a gate has to know of (`watch.py`)."""
        if self._watched is None:
            self._watched = watched_fetches(self.plan.fetches)
        return self._watched

    def _gather_crowds(self) -> None:
        for fetch in self.fetches:
            if len(fetch.dependents) < MANY:
                continue
            crowds: dict[tuple[PathStep, ...], list[CompiledFetch]] = {}
            for member in (self.fetches[index] for index in fetch.dependents):
                if member.place is not None and self.dependencies[member.index] == 1 and not member.dependents:
                    crowds.setdefault(member.place, []).append(member)
            large = {place: members for place, members in crowds.items() if len(members) >= MANY}
            inside = {member.index for members in large.values() for member in members}
            fetch.dependents = tuple(index for index in fetch.dependents if index not in inside)
            fetch.crowds = tuple(Crowd(place, members) for place, members in large.items())

    def occupants(self, place: tuple[PathStep, ...], tree: dict[str, Any]) -> Occupants:
        """Return the objects that stand at a place, by type: one walk for all the fetches that want some of them."""
        survey = self._surveys.get(place)
        if survey is None:
            survey = self._surveys[place] = compile_survey(place, self._places)
        return survey(tree)


def compile_plan(plan: QueryPlan, schema: ExecutionSchema) -> CompiledPlan:
    """Make `plan` ready to run against the API schema that `schema` indexes."""
    return CompiledPlan(plan, schema)


def _later(plan: QueryPlan, index: int) -> Sequence[Fetch]:
    return plan.fetches[index + 1 :]


def _scoped_names(fields: Sequence[ProjectedField]) -> set[str]:
    found: set[str] = set()
    for each in fields:
        found |= _scoped_names(each.selections)
        if each.scopes:
            found.add(each.name)
    return found


def _scoped_selections(fetch: Fetch) -> set[str]:
    """Return the names of the scoped fields that a fetch selects; an interface's and its types' count as one."""

    def collect(selections: Sequence[Selection]) -> set[str]:
        found: set[str] = set()
        for each in selections:
            found |= collect(each.selections)
            if isinstance(each, FieldSelection) and each.scopes:
                found.add(each.name)
        return found

    return collect(fetch.selections).union(*(collect(each.selections) for each in fetch.entities))


def _needs_copies(selection: EntitySelection, later: Sequence[Fetch]) -> bool:
    """Tell whether a later fetch goes below some of the targets in another way than below the others."""
    places = {plain_path(target.path) for target in selection.targets}
    if len(places) < 2:
        return False
    composite = {each.key for each in fields_of(selection.selections) if each.selections}
    for fetch in later:
        for entities in fetch.entities:
            below: dict[tuple[str, ...], set[tuple[PathStep, ...]]] = {}
            for target in entities.targets:
                for place in places:
                    plain = plain_path(target.path)
                    if plain[: len(place)] == place and len(plain) > len(place) and plain[len(place)] in composite:
                        below.setdefault(place, set()).add(plain[len(place) :])
            if below and (len(below) < len(places) or len({frozenset(each) for each in below.values()}) > 1):
                return True
        if fetch.path:
            return True
    return False
