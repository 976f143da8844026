"""Runs a plan under a gate: nothing is fetched without a decision, nothing leaves without a second look.

For every ready fetch there is one `acquire` with one request per distinct representation that discloses a scope. What
is denied is cut from the document or nulled in the representation; representations with equal outcomes share one
`_entities` field. `release.py` does the second look.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from gateway.errors import SubgraphError
from gateway.executor.candidates import Candidate
from gateway.executor.compiled import CompiledEntities, CompiledFetch, CompiledPlan
from gateway.executor.context import ExecutionResult, RequestContext
from gateway.executor.contexts import ContextGroup
from gateway.executor.disclosure import (
    ENDED,
    Disclosure,
    Grant,
    Refused,
    applicable,
    decide,
    disclose,
    disclosed_scopes,
    hidden_context,
)
from gateway.executor.document import EntityPart, active_part
from gateway.executor.finder import Paths
from gateway.executor.gather import Gathered
from gateway.executor.hooks import Denial, GateDecision, GateRequest
from gateway.executor.merge import typename_of
from gateway.executor.paths import DataPath, JsonObject, Place, top_level_keys, walk
from gateway.executor.permits import GateDesk, call_while_permitted, close_permits, has_ended
from gateway.executor.provenance import Found, Ledger, Source, Unit, remove
from gateway.executor.release import release
from gateway.executor.run import Run
from gateway.planner.nodes import InputField
from gateway.subgraph import Permit, SubgraphCall


class GatedRun(Run):
    """A run whose plan names scopes."""

    def __init__(
        self, plan: CompiledPlan, context: RequestContext, event: Mapping[str, Any] | SubgraphError | None = None
    ) -> None:
        super().__init__(plan, context, event)
        self.ledger = Ledger()
        self.desk = GateDesk(context.gate, context.session)
        self._known_along: tuple[tuple[Paths, int, int], Mapping[int, Found]] | None = None

    async def look_again(self, fetches: Container[int] | None = None) -> bool:
        """Have the permits of these fetches re-checked; tell whether anything was taken out of the tree."""
        gate, permits = self.context.gate, self.desk.permits(fetches)
        if not permits or gate is None or not await release(self, gate, permits):
            return False
        self.finder.moves += 1
        return True

    def answer(self, data: JsonObject | None) -> ExecutionResult:
        """Hand the open permits over with the answer."""
        permits = self.desk.hand_over()
        gate, session = self.context.gate, self.context.session
        answer = ExecutionResult(data, self.reporter.errors, self.extensions(), gate, permits, session)
        answer.cut = self.reporter.cut
        return answer

    async def close(self) -> None:
        """Close the permits that were not handed over."""
        await self.desk.close()

    async def acknowledge(self, fetches: Container[int]) -> None:
        """Close the permits of these fetches: what they brought has been delivered."""
        await close_permits(self.context.gate, self.desk.hand_over(fetches), self.context.session)

    async def fetch_entities(self, fetch: CompiledFetch, group: ContextGroup | None) -> None:
        """Ask for a decision on every entity, then fetch what is left; what needs none is fetched at once."""
        if fetch.index not in self.plan.watched:
            await super().fetch_entities(fetch, group)
            return
        candidates = [
            each
            for _, entities, gathered in list(self.finder.gather(fetch, group))
            for each in self._candidates(entities, gathered, group)
        ]
        if not candidates:
            return
        decisions = await self.desk.acquire(
            [
                GateRequest(
                    subgraph=fetch.subgraph,
                    typename=each.typename,
                    key=each.key,
                    scopes=each.disclosure.scopes,
                    inherited=tuple([source.permit for source in each.sources]),
                )
                for each in candidates
            ],
            fetch.index,
        )
        groups: dict[object, list[tuple[Candidate, Grant, Permit | None]]] = {}
        for each, decision in zip(candidates, decisions, strict=True):
            grant = self._decide(each, decision)
            if not grant.selections:
                continue
            kind = (each.entities.key, None if grant.is_whole else (each.typename, grant.allowed))
            groups.setdefault(kind, []).append((each, grant, decision.permit))
        if groups:
            await self._fetch_groups(fetch, groups, {} if group is None else group.values)

    def _candidates(
        self, entities: CompiledEntities, gathered: Gathered, group: ContextGroup | None
    ) -> list[Candidate]:
        """Put beside the representations of one `_entities` field everything that the gate needs to know."""
        whereabouts = self.finder.whereabouts(entities)
        along = self._along(entities) if group is None else {}
        candidates = []
        disclosures = {} if entities.is_conditional else entities.disclosures
        for representation, sink in zip(*gathered, strict=True):
            sent_as = representation["__typename"]
            typename = typename_of(sink[0]) or sent_as
            disclosure = disclosures.get((typename, sent_as))
            if disclosure is None:
                disclosure = disclosures[typename, sent_as] = self._disclosure(entities, typename, sent_as)
            candidates.append(
                Candidate(
                    entities=entities,
                    disclosure=disclosure,
                    representation=representation,
                    sink=sink,
                    whereabouts=whereabouts,
                    key={each.name: representation.get(each.name) for each in disclosure.inputs if each.identifying},
                    # A context's value may come from anything fetched so far.
                    sources=self.ledger.behind(sink, along, disclosure.inputs)
                    if group is None
                    else self.ledger.all_sources(),
                    typename=typename,
                )
            )
        return candidates

    def _along(self, entities: CompiledEntities) -> Mapping[int, Found]:
        """Return what is behind the objects of an `_entities` field, as found for one before if it still holds."""
        when = entities.paths, self.finder.moves, len(self.ledger.units)
        if self._known_along is None or self._known_along[0] != when:
            self._known_along = when, self.ledger.along(self.tree, entities.paths)
        return self._known_along[1]

    def _disclosure(self, entities: CompiledEntities, typename: str, sent_as: str) -> Disclosure:
        """Return what entities of one type disclose under this request's conditions."""
        inputs = _inputs_for(entities, typename, sent_as)
        selections = active_part(
            applicable(entities.selection.selections, typename, sent_as, self.plan.schema), self.holds
        )
        contexts = tuple(each.field for target in entities.selection.targets for each in target.contexts)
        return disclose(selections, inputs, contexts)

    def _decide(self, candidate: Candidate, decision: GateDecision) -> Grant:
        """Apply a decision; what can be told at once is reported here, cuts below lists after the answer."""
        disclosure = candidate.disclosure
        if any(source.permit.ended for source in candidate.sources) or has_ended(decision.permit):
            grant = _nothing_left(candidate, ENDED)
        elif disclosure.scopes <= decision.allowed:
            return disclosure.whole
        elif (denied := hidden_context(disclosure.contexts, decision)) is not None:
            grant = _nothing_left(candidate, denied)
        else:
            grant = decide(
                disclosure.selections, disclosure.inputs, candidate.representation, disclosure.scopes, decision
            )
        for place in candidate.places if grant.refused or grant.hidden else ():
            for refused in grant.refused:
                if len(refused.keys) == 1 or not grant.selections:
                    self.refuse((*place.path, refused.keys[0]), refused.denial)
            for denial in grant.hidden:
                for key in top_level_keys(grant.selections):
                    extensions = {**denial.extensions, "code": denial.code}
                    self.reporter.withheld((*place.path, key), denial.message, extensions)
        return grant

    async def _fetch_groups(
        self,
        fetch: CompiledFetch,
        groups: Mapping[object, list[tuple[Candidate, Grant, Permit | None]]],
        contexts: JsonObject,
    ) -> None:
        variables: JsonObject = dict(contexts)
        permits: dict[str, list[Permit | None]] = {}
        parts: list[EntityPart] = []
        sinks: list[tuple[CompiledEntities, str, list[list[JsonObject]]]] = []
        seen: dict[str, int] = {}
        for members in groups.values():
            entities = members[0][0].entities
            count = seen[entities.key] = seen.get(entities.key, -1) + 1
            key, variable = (
                (f"{entities.key}_{count}", f"{entities.variable}_{count}")
                if count
                else (entities.key, entities.variable)
            )
            grant = members[0][1]
            selections = entities.selection.selections if grant.is_whole else grant.selections
            parts.append(EntityPart(variable=variable, key=key, selections=selections))
            variables[variable] = [candidate.representation for candidate, _, _ in members]
            permits[variable] = [permit for _, _, permit in members]
            sinks.append((entities, key, [candidate.sink for candidate, _, _ in members]))
        document, names = fetch.variant(tuple(groups), (), parts)
        self.add_client_variables(variables, names)
        call = SubgraphCall(
            document=document,
            variables=variables,
            session=self.context.session,
            permits=permits,
            deadline=self.context.deadline,
        )
        answer = await call_while_permitted(
            lambda: self.call(fetch, call), [permit for each in permits.values() for permit in each]
        )
        if isinstance(answer, SubgraphError):
            live = [(entities, sent) for entities, _, sent in sinks]
            self.reporter.fetch_failed(fetch, live, answer)
            return
        self._merge_groups(fetch, list(groups.values()), sinks, answer)

    def _merge_groups(
        self,
        fetch: CompiledFetch,
        groups: Sequence[Sequence[tuple[Candidate, Grant, Permit | None]]],
        sinks: list[tuple[CompiledEntities, str, list[list[JsonObject]]]],
        answer: Mapping[str, Any] | None,
    ) -> None:
        """Merge what is still permitted; `answer` is None when the call was given up with its permits."""
        ended: set[tuple[str, int]] = set()
        for members, (_, key, sent) in zip(groups, sinks, strict=True):
            for index, (candidate, grant, permit) in enumerate(members):
                if has_ended(permit) or any(source.permit.ended for source in candidate.sources) or answer is None:
                    ended.add((key, index))
                    sent[index] = []
                    for place in candidate.places:
                        for field in top_level_keys(grant.selections):
                            self.refuse((*place.path, field), ENDED)
        if answer is None:
            return
        if ended:
            answer = _without_errors_of(answer, ended)
        brought = [
            [_brought(grant, entity, sink) for (_, grant, _), entity, sink in zip(members, found, sent, strict=True)]
            for members, found, (_, _, sent) in zip(groups, _entities_in(answer, sinks), sinks, strict=True)
        ]
        self.merge_entities(fetch, sinks, answer)
        for members, (_, key, _), keys in zip(groups, sinks, brought, strict=True):
            for index, (candidate, grant, permit) in enumerate(members):
                if (key, index) in ended:
                    continue
                self.ledger.record(
                    Unit(
                        subgraph=fetch.subgraph,
                        permit=permit,
                        scopes=grant.allowed,
                        sent=grant.sent,
                        sources=candidate.sources,
                        selections=grant.selections,
                        objects=tuple(candidate.sink),
                        keys=keys[index],
                    )
                )
                self._refuse_below(candidate, grant)

    def _refuse_below(self, candidate: Candidate, grant: Grant) -> None:
        """Report the cuts inside the answer, now that it can be seen where lists stand."""
        for refused in grant.refused:
            for place in candidate.places if len(refused.keys) > 1 else ():
                value: Any = place.value
                path: list[str] = []
                for key in refused.keys:
                    if type(value) is not dict:
                        break
                    path.append(key)
                    value = value.get(key)
                    if value is None and len(path) < len(refused.keys):
                        path = []
                        break
                if path:
                    self.refuse((*place.path, *path), refused.denial, refused.keys[len(path) :])

    async def may_subscribe(self) -> bool:
        """Tell whether anything of a subscription's source may be read, and report what may not.

        The decision is for opening the stream alone: its permits are closed again at once.
        """
        fetch = self.plan.fetches[0]
        try:
            grant, _ = await self._decide_root(fetch, list(walk(self.tree, fetch.fetch.path)))
            return bool(grant.selections)
        finally:
            await self.desk.close()

    async def _decide_root(
        self, fetch: CompiledFetch, places: Sequence[Place], sources: tuple[Source, ...] = ()
    ) -> tuple[Grant, Permit | None]:
        """Ask about a root fetch: one request without an entity."""
        selections = active_part(fetch.fetch.selections, self.holds)
        scopes = disclosed_scopes(selections, ())
        (decision,) = await self.desk.acquire(
            [
                GateRequest(
                    subgraph=fetch.subgraph,
                    typename=None,
                    key=None,
                    scopes=scopes,
                    inherited=tuple(source.permit for source in sources),
                )
            ],
            fetch.index,
        )
        grant = decide(selections, (), None, scopes, decision)
        for place in places:
            for refused in grant.refused:
                if len(refused.keys) == 1 or not grant.selections:
                    self.refuse((*place.path, refused.keys[0]), refused.denial)
        return grant, decision.permit

    async def fetch_root(self, fetch: CompiledFetch) -> None:
        """Fetch root fields as far as they are allowed."""
        if fetch.index not in self.plan.watched:
            await super().fetch_root(fetch)
            return
        path = fetch.fetch.path
        places = list(walk(self.tree, path))
        sources = self.ledger.behind([place.value for place in places], self.ledger.along(self.tree, [path]), ())
        grant, permit = await self._decide_root(fetch, places, sources)
        if not grant.selections:
            return
        document, names = (
            fetch.document(()) if grant.is_whole else fetch.variant((grant.allowed,), grant.selections, ())
        )
        variables: JsonObject = {}
        self.add_client_variables(variables, names)
        call = SubgraphCall(
            document=document,
            variables=variables,
            session=self.context.session,
            permits={"": [permit]} if permit is not None else {},
            deadline=self.context.deadline,
        )
        answer = await call_while_permitted(lambda: self.call(fetch, call), [permit])
        if answer is None or has_ended(permit):
            for place in places:
                for key in top_level_keys(grant.selections):
                    self.refuse((*place.path, key), ENDED)
            return
        if isinstance(answer, SubgraphError):
            self.reporter.fetch_failed(fetch, (), answer)
            return
        for refused in grant.refused:
            # The source of a subscription was asked before this decision.
            remove(answer.get("data"), refused.keys)
        objects = tuple(place.value for place in places)
        brought = _brought(grant, answer.get("data"), objects)
        self.merge_root(fetch, answer)
        self.ledger.record(
            Unit(
                subgraph=fetch.subgraph,
                permit=permit,
                scopes=grant.allowed,
                sent=frozenset(),
                sources=sources,
                selections=grant.selections,
                objects=objects,
                keys=brought,
            )
        )

    def refuse(self, path: DataPath, denial: Denial, below: tuple[str, ...] = ()) -> None:
        """Report that the value at a data path, or what is `below` the list there, was denied."""
        self.reporter.refused(path, denial.message, {**denial.extensions, "code": denial.code}, below)


def _brought(grant: Grant, found: Any, objects: Sequence[JsonObject]) -> frozenset[str]:
    """Return the data keys that a fetch is about to bring: those that it owns, and what nobody has brought before."""
    if type(found) is not dict:
        return grant.owned
    owned = grant.owned
    fresh = [key for key in found if key not in owned and any(each.get(key) is None for each in objects)]
    return owned.union(fresh) if fresh else owned


def _entities_in(
    answer: Mapping[str, Any], sinks: Sequence[tuple[CompiledEntities, str, list[list[JsonObject]]]]
) -> Iterator[list[Any]]:
    """Yield what came for each `_entities` field: None in the place of what did not come."""
    data = answer.get("data")
    for _, key, sent in sinks:
        found = data.get(key) if type(data) is dict else None
        yield found if type(found) is list and len(found) == len(sent) else [None] * len(sent)


def _nothing_left(candidate: Candidate, denial: Denial) -> Grant:
    return Grant(
        selections=(),
        is_whole=False,
        allowed=frozenset(),
        sent=frozenset(),
        refused=tuple(Refused(keys=(key,), denial=denial) for key in top_level_keys(candidate.disclosure.selections)),
        hidden=(),
    )


def _inputs_for(entities: CompiledEntities, typename: str, sent_as: str) -> tuple[InputField, ...]:
    """Return the inputs of every target that may have built a representation (equal ones are shared)."""
    found: dict[InputField, None] = {}
    for target in entities.selection.targets:
        for shape in target.representations:
            if shape.typename == sent_as and (typename in shape.types or len(target.representations) == 1):
                found.update(dict.fromkeys(shape.fields))
    return tuple(found)


def _without_errors_of(answer: Mapping[str, Any], ended: set[tuple[str, int]]) -> Mapping[str, Any]:
    """Drop the errors that speak of entities whose permission ended, and those that name no entity."""
    errors = answer.get("errors")
    if not isinstance(errors, list):
        return {**answer, "errors": []}
    kept = []
    for error in errors:
        path = error.get("path") if isinstance(error, dict) else None
        if isinstance(path, list) and len(path) > 1 and (path[0], path[1]) not in ended:
            kept.append(error)
    return {**answer, "errors": kept}
