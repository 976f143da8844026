"""Finds the entities of a run's fetches in its tree, and where they stand.

Fetches that become ready together for entities at one place share one walk to it: of a thousand types, an execution
costs what those that are there cost, not each of them once for every other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.executor.compiled import CompiledEntities, CompiledFetch, CompiledPlan, Crowd
from gateway.executor.contexts import ContextGroup
from gateway.executor.gather import Gathered, Occupants
from gateway.executor.merge import JsonObject
from gateway.executor.paths import Whereabouts
from gateway.executor.projection.compiled import is_met
from gateway.planner.nodes import Condition, PathStep

Paths = tuple[tuple[PathStep, ...], ...]


class Finder:
    """The entities in the tree of one run, for a request with these variables.

    `moves` counts what may have moved objects: in between, everything stands where it stood.
    """

    __slots__ = ("_gathered", "_plan", "_tree", "_variables", "_whereabouts", "moves")

    def __init__(self, plan: CompiledPlan, tree: JsonObject, variables: Mapping[str, Any]) -> None:
        self._plan = plan
        self._tree = tree
        self._variables = variables
        self._gathered: dict[int, dict[int, Gathered]] = {}
        self._whereabouts: tuple[Paths, int, Whereabouts] | None = None
        self.moves = 0

    def holds(self, conditions: tuple[Condition, ...]) -> bool:
        """Evaluate the conditions of a fetch or of one of its `_entities` fields."""
        return not conditions or is_met((conditions,), self._variables)

    def wanted(self, crowd: Crowd) -> Sequence[int]:
        """Return the members of a crowd that have something to do, and gather for them."""
        occupants = self._plan.occupants(crowd.place, self._tree)
        wanted = crowd.wanted(occupants.keys())
        self._gather_together([self._plan.fetches[index] for index in wanted], occupants)
        return wanted

    def absent(self, fetches: Sequence[CompiledFetch]) -> list[CompiledFetch]:
        """Return those of many ready fetches whose types do not occur where they are wanted; gather for the others."""
        by_place: dict[tuple[PathStep, ...], list[CompiledFetch]] = {}
        for each in fetches:
            if each.place is not None:
                by_place.setdefault(each.place, []).append(each)
        absent = []
        for place, members in by_place.items():
            occupants = self._plan.occupants(place, self._tree)
            missing = [each for each in members if None not in occupants and each.types.isdisjoint(occupants)]
            left_out = {each.index for each in missing}
            self._gather_together([each for each in members if each.index not in left_out], occupants)
            absent += missing
        return absent

    def _gather_together(self, fetches: Sequence[CompiledFetch], occupants: Occupants) -> None:
        """Gather for fetches that are about to start.

        Where parts are deferred, they may start when what was found has been taken out of the tree again.
        """
        if self._plan.deferred:
            return
        self.moves += 1
        for fetch in fetches:
            if not fetch.has_contexts and self.holds(fetch.fetch.conditions):
                self._gathered[fetch.index] = {
                    number: entities.gather_from(occupants) for number, entities in self._active(fetch)
                }

    def gather(
        self, fetch: CompiledFetch, group: ContextGroup | None
    ) -> Iterator[tuple[int, CompiledEntities, Gathered]]:
        """Yield what the `_entities` fields of a fetch send, with their numbers; of one group only if it is given."""
        known = self._gathered.pop(fetch.index, None)
        for number, entities in self._active(fetch):
            if known is not None:
                gathered = known[number]
            else:
                self.moves += 1
                gathered = entities.gather(self._tree)
            if group is not None:
                group.keep(*gathered)
            if gathered[0]:
                yield number, entities, gathered

    def _active(self, fetch: CompiledFetch) -> Iterator[tuple[int, CompiledEntities]]:
        for number, entities in enumerate(fetch.entities):
            if self.holds(entities.selection.conditions):
                yield number, entities

    def whereabouts(self, entities: CompiledEntities) -> Whereabouts:
        """Return where the objects of an `_entities` field stand, as looked up before if nothing has moved."""
        paths = entities.paths
        known = self._whereabouts
        if known is None or known[0] != paths or known[1] != self.moves:
            known = self._whereabouts = (paths, self.moves, Whereabouts(self._tree, paths))
        return known[2]
