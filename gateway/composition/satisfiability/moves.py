"""Moves between subgraphs: by key, and fields whose `@requires` other subgraphs fulfil.

Both depend on one another without end: a key may need a field that needs a key. The answer is the
least fixpoint: facts start as "no" and are re-examined until nothing changes, so that no fact is
ever its own reason. A fact that is stable is settled and never looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.composition.subgraph.fieldset import FieldSelection, Fragment, Selections

from .graph import Conditions, Edge, Graph, Position


@dataclass(frozen=True, slots=True)
class Reach:
    """All positions of one object: those that a key led into, and those that a field led to only."""

    by_key: frozenset[Position]
    by_field: frozenset[Position]
    places: dict[str, dict[int, list[tuple[Position, bool]]]] = field(compare=False)
    """The positions, and whether entered by a key, by type and subgraph."""

    def items(self) -> Iterator[tuple[Position, bool]]:
        """Every position, and whether it was entered by a key."""
        for position in sorted(self.by_field):
            yield position, False
        for position in sorted(self.by_key):
            yield position, True


_Fact: TypeAlias = tuple[Position, str, Conditions]

_DEEPEST = 30
"""How many facts may wait for one another on the call stack; what is deeper is examined on its own."""


class Moves:
    """All facts about moves, computed when asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._jumps: dict[_Fact, frozenset[Position]] = {}
        self._met: dict[_Fact, bool] = {}
        self._settled: set[_Fact] = set()
        self._round: set[_Fact] | None = None
        self._changed = False
        self._depth = 0
        self._postponed: list[_Fact] = []
        self._reaches: dict[tuple[frozenset[Position], Conditions], Reach] = {}
        self._equal_reaches: dict[tuple[frozenset[Position], frozenset[Position]], Reach] = {}

    def reach(self, positions: frozenset[Position], conditions: Conditions) -> Reach:
        """The positions themselves and all that keys lead to."""
        found = self._reaches.get((positions, conditions))
        if found is None:
            found = self._reach(positions, conditions)
            if self._round is None:
                self._reaches[positions, conditions] = found
        return found

    def _reach(self, positions: frozenset[Position], conditions: Conditions) -> Reach:
        groups = set()
        for position in positions:
            if position[1] == self.graph.query:
                # Any subgraph can be queried from the root again.
                groups.add(self.graph.entrances)
            else:
                groups.add(self.jumps(position, conditions))
        by_key = next(iter(groups)) if len(groups) == 1 else frozenset().union(*groups)
        by_field = positions - by_key
        found = self._equal_reaches.get((by_key, by_field))
        if found is None:
            places: dict[str, dict[int, list[tuple[Position, bool]]]] = {}
            for group, flag in ((by_field, False), (by_key, True)):
                for position in group:
                    places.setdefault(position[1], {}).setdefault(position[0], []).append((position, flag))
            found = self._equal_reaches[by_key, by_field] = Reach(by_key, by_field, places)
        return found

    def advance(self, reach: Reach, field_name: str, conditions: Conditions, *, leaf: bool = False) -> set[Position]:
        """Where a field leads from any of the positions; for a leaf, one answer is enough."""
        found: set[Position] = set()
        for type_name, by_subgraph in reach.places.items():
            for subgraph in self.graph.owners(type_name).get(field_name, ()):
                for position, by_key in by_subgraph.get(subgraph, ()):
                    target = self.step(position, field_name, conditions, by_key=by_key)
                    if target is not None:
                        found.add(target)
                        if leaf:
                            return found
        return found

    def step(self, position: Position, field_name: str, conditions: Conditions, *, by_key: bool) -> Position | None:
        """Where a field leads from one position, if its subgraph resolves it there."""
        graph = self.graph
        edge = graph.edge(position[0], position[1], field_name)
        if edge is None or edge.disabled or (edge.label is not None and edge.label not in conditions):
            return None
        if not edge.contexts <= conditions:
            return None
        below = graph.selected(graph.provided(position), position[1], field_name) if position[2] else None
        if below is None:
            if edge.external:
                return None
            if edge.requires is not None and not self.requirement(
                position, field_name, edge, conditions, by_key=by_key
            ):
                return None
        return graph.target(position, field_name, edge, below or ())

    def requirement(
        self, position: Position, field_name: str, edge: Edge, conditions: Conditions, *, by_key: bool
    ) -> bool:
        """Whether a field's `@requires` can be fulfilled, and its subgraph be entered with it."""
        if not by_key and not self.graph.has_local_key(position[0], position[1]):
            return self._locally(position, edge.requires or (), conditions)
        fact = (position, field_name, conditions)
        self._examine(fact)
        return self._met.get(fact, False)

    def _locally(self, position: Position, selections: Selections, conditions: Conditions) -> bool:
        """Whether the position alone resolves a selection."""
        for item in selections:
            match item:
                case FieldSelection():
                    target = self.step(position, item.name, conditions, by_key=False)
                    if target is None or not self._locally(target, item.selections or (), conditions):
                        return False
                case Fragment():
                    if not self._locally(position, item.selections, conditions):
                        return False
        return True

    def jumps(self, position: Position, conditions: Conditions) -> frozenset[Position]:
        """The positions that keys lead to from one position, over any number of steps."""
        fact = (position, "", conditions)
        self._examine(fact)
        return self._jumps.get(fact, frozenset())

    def _examine(self, fact: _Fact) -> None:
        if fact in self._settled:
            return
        if self._round is not None:
            if fact in self._round:
                return
            self._round.add(fact)
            if self._depth == _DEEPEST:
                self._postponed.append(fact)
                return
            self._depth += 1
            self._update(fact)
            self._depth -= 1
            return
        changed = True
        while changed:
            self._round = {fact}
            self._changed = False
            self._postponed = [fact]
            while self._postponed:
                self._update(self._postponed.pop())
            changed = self._changed
        self._settled |= self._round or set()
        self._round = None

    def _update(self, fact: _Fact) -> None:
        position, field_name, conditions = fact
        if field_name:
            edge = self.graph.edge(position[0], position[1], field_name)
            assert edge is not None
            if not self._met.get(fact) and self.resolves(position, edge.requires or (), conditions):
                self._met[fact] = True
                self._changed = True
            return
        known = grown = self._jumps.get(fact, frozenset())
        for key in self.graph.keys(position[1]):
            if not key.targets <= grown and self.resolves(position, key.selections, conditions):
                grown = grown | key.targets if grown else key.targets
        if len(grown) > len(known):
            self._jumps[fact] = grown
            self._changed = True

    def resolves(self, position: Position, selections: Selections, conditions: Conditions) -> bool:
        """Whether a selection can be resolved from a position, with any moves it takes."""
        return self.resolves_all(frozenset((position,)), selections, conditions)

    def resolves_all(self, positions: frozenset[Position], selections: Selections, conditions: Conditions) -> bool:
        """Whether a selection can be resolved from the positions of one object together."""
        reach = self.reach(positions, conditions)
        for item in selections:
            match item:
                case FieldSelection():
                    if item.name == "__typename":
                        continue
                    found = self._advance_any(reach, item.name, conditions, leaf=not item.selections)
                    if not found:
                        return False
                    if item.selections and not self.resolves_all(frozenset(found), item.selections, conditions):
                        return False
                case Fragment():
                    if not self._resolves_fragment(positions, item, conditions):
                        return False
        return True

    def _resolves_fragment(self, positions: frozenset[Position], item: Fragment, conditions: Conditions) -> bool:
        if item.condition is None:
            return self.resolves_all(positions, item.selections, conditions)
        below = self.cast(positions, item.condition, conditions)
        return below is None or (bool(below) and self.resolves_all(frozenset(below), item.selections, conditions))

    def _advance_any(self, reach: Reach, field_name: str, conditions: Conditions, *, leaf: bool) -> set[Position]:
        """Like `advance`, but fields of interfaces may be asked of each implementation instead."""
        graph = self.graph
        found: set[Position] = set()
        for position, by_key in reach.items():
            if not graph.is_abstract(position) or self._is_direct(position, field_name):
                target = self.step(position, field_name, conditions, by_key=by_key)
                if target is not None:
                    found.add(target)
            else:
                found |= self._explode(position, field_name, conditions, leaf=leaf)
            if leaf and found:
                break
        return found

    def _is_direct(self, position: Position, field_name: str) -> bool:
        """Whether every implementation in the subgraph resolves an interface's field plainly."""
        graph = self.graph
        if graph.edge(position[0], position[1], field_name) is None:
            return False
        if position[2] and graph.selected(graph.provided(position), position[1], field_name) is not None:
            return True
        for name in graph.possible(position[0], position[1]):
            edge = graph.edge(position[0], name, field_name)
            if edge is None or edge.external or edge.disabled or edge.requires is not None or edge.label is not None:
                return False
        return True

    def _explode(self, position: Position, field_name: str, conditions: Conditions, *, leaf: bool) -> set[Position]:
        found: set[Position] = set()
        names = self.graph.possible(position[0], position[1])
        for name in sorted(names):
            reach = self.reach(frozenset(((position[0], name, position[2]),)), conditions)
            targets = self.advance(reach, field_name, conditions, leaf=leaf)
            if not targets:
                return set()
            found |= targets
        return found

    def cast(self, positions: frozenset[Position], type_name: str, conditions: Conditions) -> set[Position] | None:
        """The positions after a type condition; None if some position never holds that type."""
        graph = self.graph
        found: set[Position] = set()
        for position in positions:
            subgraph, name, provided = position
            if (subgraph, name) in graph.interface_objects and name != type_name:
                real = [
                    t
                    for t in self.jumps(position, conditions)
                    if t[1] == name and (t[0], t[1]) not in graph.interface_objects
                ]
                if not real:
                    continue
                found.add(position)
                positions_below = self.cast(frozenset(real), type_name, conditions)
                found |= positions_below or set()
            elif name == type_name:
                found.add(position)
            else:
                mine, asked = graph.possible(subgraph, name), graph.possible(subgraph, type_name)
                if not mine & asked:
                    return None
                if graph.is_abstract(position):
                    found.add((subgraph, type_name, provided))
                else:
                    found.add(position)
        return found
