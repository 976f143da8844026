"""The walk over the API of the supergraph in lockstep with the subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.composition.errors import CompositionError, Hint
from gateway.composition.merge.merge import Merged
from gateway.composition.schema.model import COMPOSITE, ROOTS, Field, Kind, TypeDef, is_applied
from gateway.composition.schema.typeref import base_name

from .explain import Step, explain_cast, explain_field
from .graph import Conditions, Graph, Position
from .moves import Moves, Reach
from .relevance import Relevance
from .runtime import check_runtime_types


@dataclass(frozen=True, slots=True)
class _State:
    """An object that a query has reached."""

    type_name: str
    positions: frozenset[Position]
    conditions: Conditions
    path: tuple[Step, ...]


MAX_STATES = 1_000_000
"""More different states than any real supergraph has; the walk stops there instead of hanging."""


def check_satisfiability(
    merged: Merged, *, max_states: int = MAX_STATES, is_late: Callable[[], bool] = lambda: False
) -> tuple[list[CompositionError], list[Hint]]:
    """Every field of the API that some query path cannot reach, with that query."""
    return _Walk(merged, max_states, is_late).run()


class _Walk:
    def __init__(self, merged: Merged, max_states: int, is_late: Callable[[], bool]) -> None:
        self.is_late = is_late
        self.merged = merged
        self.types = merged.schema.types
        self.graph = Graph(merged)
        self.moves = Moves(self.graph)
        self.relevance = Relevance(merged, self.graph)
        self.errors: list[CompositionError] = []
        self.hints: list[Hint] = []
        self.seen: dict[str, dict[Conditions, _Visits]] = {}
        self.max_states = max_states
        self.states = 0
        self.visible: dict[str, bool] = {n: not is_applied(t.directives, "inaccessible") for n, t in self.types.items()}
        self.possible: dict[str, tuple[str, ...]] = {}

    def run(self) -> tuple[list[CompositionError], list[Hint]]:
        stack = list(reversed(list(self._starts())))
        while stack:
            state = stack.pop()
            if not self._is_new(state):
                continue
            self.states += 1
            if self.states > self.max_states:
                self.errors.append(_too_many(self.max_states, state))
                break
            if self.is_late():
                self.errors.append(too_late())
                break
            stack.extend(reversed(list(self._next(state))))
        return self.errors, self.hints

    def _starts(self) -> Iterator[_State]:
        for operation in ROOTS:
            name = self.merged.schema.roots.get(operation)
            if name is None or not self.visible.get(name, False):
                continue
            homes = frozenset((i, name, 0) for i in self.graph.homes.get(name, ()))
            yield _State(name, homes, frozenset(), (Step(operation=operation),))

    def _is_new(self, state: _State) -> bool:
        if self.types[state.type_name].kind is Kind.OBJECT:
            reach = self.moves.reach(state.positions, state.conditions)
        else:
            # What an interface or union is cast to depends on the positions, not on where keys lead.
            reach = Reach(frozenset(), state.positions, {})
        seen = self.seen.setdefault(state.type_name, {})
        # Every condition that is decided opens ways and closes none, so fewer are harder to satisfy.
        fewer = (state.conditions, *(state.conditions - {c} for c in state.conditions), frozenset[tuple[str, bool]]())
        if any(known in seen and seen[known].covers(reach) for known in fewer):
            return False
        seen.setdefault(state.conditions, _Visits()).add(reach)
        return True

    def _next(self, state: _State) -> Iterator[_State]:
        definition = self.types[state.type_name]
        if definition.kind is Kind.OBJECT:
            state = self._with_contexts(state)
            for field in definition.fields.values():
                if not is_applied(field.directives, "inaccessible"):
                    yield from self._field(state, definition, field)
            return
        for name in self._possible(definition):
            if self.visible[name]:
                yield from self._cast(state, definition, name)

    def _with_contexts(self, state: _State) -> _State:
        """Within an object, the contexts that it sets can be read, if what is read can be resolved."""
        conditions = state.conditions
        for condition, reads in self.graph.contexts_set_by(state.type_name):
            if all(self.moves.resolves_all(state.positions, r, conditions) for r in reads):
                conditions |= {condition}
        return state if conditions == state.conditions else replace(state, conditions=conditions)

    def _possible(self, definition: TypeDef) -> tuple[str, ...]:
        found = self.possible.get(definition.name)
        if found is None:
            found = self.possible[definition.name] = self.merged.schema.possible_types(definition.name)
        return found

    def _field(self, state: _State, definition: TypeDef, field: Field) -> Iterator[_State]:
        target = self.types.get(base_name(field.type))
        composite = target is not None and target.kind in COMPOSITE
        for conditions in self._decide(definition.name, field.name, state.conditions):
            reach = self.moves.reach(state.positions, conditions)
            found = self.moves.advance(reach, field.name, conditions, leaf=not composite)
            step = Step(field=field, composite=composite)
            path = (*state.path, step)
            if not found:
                self.errors.append(
                    explain_field(self.merged, self.moves, definition, state.positions, conditions, path)
                )
                continue
            if target is not None and composite and self.visible[target.name]:
                if target.kind is not Kind.OBJECT:
                    problem = check_runtime_types(self.graph, definition, field, found, path)
                    if isinstance(problem, CompositionError):
                        self.errors.append(problem)
                    elif problem is not None:
                        self.hints.append(problem)
                kept = self.relevance.within(target.name, conditions)
                yield _State(target.name, frozenset(found), kept, path)

    def _decide(self, type_name: str, field_name: str, known: Conditions) -> Iterator[Conditions]:
        """Both outcomes of each label on the field that is not decided yet."""
        labels = sorted(set(self.merged.override((type_name, field_name)).labels.values()))
        open_labels = [x for x in labels if not any(x == decided for decided, _ in known)]
        if not open_labels:
            yield known
            return
        for outcome in (True, False):
            yield known | {(label, outcome) for label in open_labels}

    def _cast(self, state: _State, definition: TypeDef, name: str) -> Iterator[_State]:
        found = self.moves.cast(state.positions, name, state.conditions)
        if found is None:
            return
        path = (*state.path, Step(condition=name, composite=True))
        if not found:
            self.errors.append(explain_cast(self.merged, definition, state.positions, path))
            return
        yield _State(name, frozenset(found), self.relevance.within(name, state.conditions), path)


def too_late() -> CompositionError:
    """The error of a composition that has used up the time that its caller gives it."""
    return CompositionError(
        code="COMPOSITION_TIME_EXCEEDED",
        message="Composing the subgraphs takes longer than is allowed: make them smaller, or compose fewer of them.",
    )


def _too_many(limit: int, state: _State) -> CompositionError:
    return CompositionError(
        code="MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED",
        message=f"There are more than {limit} different ways to reach the types of the supergraph (the last one led "
        f'to "{state.type_name}"). This happens where progressive overrides follow one another: complete some of them.',
    )


class _Visits:
    """What could be reached at one type before; who can reach more can do no worse."""

    def __init__(self) -> None:
        self.exact: set[Reach] = set()
        self.by_member: dict[Position, list[Reach]] = {}

    def covers(self, reach: Reach) -> bool:
        """Whether a reach that lies within this one was seen before."""
        if reach in self.exact:
            return True
        everything = reach.by_key | reach.by_field
        return any(
            seen.by_key <= reach.by_key and seen.by_field <= everything
            for position in everything
            for seen in self.by_member.get(position, ())
        )

    def add(self, reach: Reach) -> None:
        """Remember the reach."""
        self.exact.add(reach)
        self.by_member.setdefault(min(reach.by_key | reach.by_field), []).append(reach)
