"""What a fetch is about to disclose for one entity, and what of it a decision leaves.

Pure: the gate is asked elsewhere (`gated.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.executor.document import Cut, fields_of, is_allowed, scopes_of, strip
from gateway.executor.hooks import Denial, GateDecision
from gateway.executor.paths import JsonObject
from gateway.executor.schema import ExecutionSchema
from gateway.planner.nodes import FragmentSelection, InputField, Scopes, Selection

UNDECIDED = Denial(code="CONSENT_UNDECIDED", message="Access to this field has not been decided on.")
UNAVAILABLE = Denial(code="CONSENT_UNAVAILABLE", message="Access to this field cannot be decided on at the moment.")
ENDED = Denial(code="CONSENT_ENDED", message="The permission for this field ended while it was being fetched.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Fields that are not fetched, and why; the keys lead to them from the entity."""

    keys: tuple[str, ...]
    denial: Denial


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is left of a candidate: nothing to send when `selections` is empty.

    `is_whole` tells that nothing was cut. `hidden` are the denials of inputs that are sent as null.
    `owned` are the data keys of scoped fields: they belong to this fetch even if the key was there before.
    """

    selections: tuple[Selection, ...]
    is_whole: bool
    allowed: frozenset[str]
    sent: frozenset[str]
    refused: tuple[Refused, ...]
    hidden: tuple[Denial, ...]
    owned: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what would be asked for again with every entity."""
        owned = frozenset(each.key for each in fields_of(self.selections) if each.scopes)
        object.__setattr__(self, "owned", owned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What entities of one type disclose: what is sent of them and of their context, and what is selected on them.

    `scopes` are all that these name, `whole` is what is left of a candidate when all of them are allowed.
    """

    inputs: tuple[InputField, ...]
    contexts: tuple[InputField, ...]
    selections: tuple[Selection, ...]
    scopes: frozenset[str]
    whole: Grant


def disclose(
    selections: tuple[Selection, ...], inputs: tuple[InputField, ...], contexts: tuple[InputField, ...]
) -> Disclosure:
    """Return what is disclosed by sending inputs and contexts, and by what comes back."""
    scopes = disclosed_scopes(selections, (*inputs, *contexts))
    whole = Grant(
        selections=selections,
        is_whole=True,
        allowed=scopes,
        sent=input_scopes(inputs),
        refused=(),
        hidden=(),
    )
    return Disclosure(inputs=inputs, contexts=contexts, selections=selections, scopes=scopes, whole=whole)


def applicable(
    selections: Sequence[Selection], typename: str, sent_as: str, schema: ExecutionSchema
) -> tuple[Selection, ...]:
    """Return what is selected on entities of one concrete type; an unknown type condition counts as matching."""
    kept: list[Selection] = []
    for each in selections:
        if isinstance(each, FragmentSelection) and each.type_condition not in ("", typename, sent_as):
            possible = schema.possible_types(each.type_condition)
            if each.type_condition in schema.object_types or (possible and typename not in possible):
                continue
        kept.append(each)
    return tuple(kept)


def input_scopes(fields: Iterable[InputField]) -> frozenset[str]:
    """Return every scope that the inputs of a representation name."""
    found: set[str] = set()
    for each in fields:
        for alternative in each.scopes:
            found |= alternative
        found |= input_scopes(each.selections)
    return frozenset(found)


def disclosed_scopes(selections: Sequence[Selection], inputs: Sequence[InputField]) -> frozenset[str]:
    """Return the disclosure set: the scopes of all that is selected and of all that is sent."""
    return scopes_of(selections) | input_scopes(inputs)


def decide(
    selections: Sequence[Selection],
    inputs: Sequence[InputField],
    representation: JsonObject | None,
    scopes: frozenset[str],
    decision: GateDecision,
) -> Grant:
    """Apply a decision to a representation (denied inputs become null in it) and to its selection set."""
    allowed = scopes & decision.allowed
    kept, cut = strip(selections, allowed)
    refused = [Refused(keys=each.keys, denial=denial_of(each.field.scopes, allowed, decision.denied)) for each in cut]
    hidden: list[Denial] = []
    blocking: Denial | None = None
    if representation is not None:
        blocking = _hide_inputs(representation, inputs, allowed, decision.denied, hidden)
    if blocking is not None:
        refused += [
            Refused(keys=(each.key,), denial=blocking)
            for each in fields_of(kept)
            if each.name != "__typename" and not any(entry.keys == (each.key,) for entry in refused)
        ]
        kept = ()
    elif cut and not _is_worth_sending(kept, inputs):
        kept = ()
    return Grant(
        selections=kept,
        is_whole=not cut,
        allowed=allowed,
        sent=input_scopes(inputs) & allowed,
        refused=tuple(refused),
        hidden=tuple(hidden),
    )


def hidden_context(fields: Iterable[InputField], decision: GateDecision) -> Denial | None:
    """Return the reason why a value from further up must not be sent; nothing is sent without it."""
    for each in fields:
        if not is_allowed(each.scopes, frozenset(decision.allowed)):
            return denial_of(each.scopes, decision.allowed, decision.denied)
        inner = hidden_context(each.selections, decision)
        if inner is not None:
            return inner
    return None


def denial_of(scopes: Scopes, allowed: frozenset[str], denied: Mapping[str, Denial]) -> Denial:
    """Return the reason why `scopes` are not satisfied: that of the first missing one in alphabetical order."""
    for alternative in scopes:
        for scope in sorted(alternative - allowed):
            if scope in denied:
                return denied[scope]
    return UNDECIDED


def _hide_inputs(
    value: Any,
    fields: Sequence[InputField],
    allowed: frozenset[str],
    denied: Mapping[str, Denial],
    hidden: list[Denial],
) -> Denial | None:
    """Null the inputs that are denied; return the denial of one that must not be null, if there is one."""
    if type(value) is list:
        for element in value:
            blocking = _hide_inputs(element, fields, allowed, denied, hidden)
            if blocking is not None:
                return blocking
        return None
    if type(value) is not dict:
        return None
    for each in fields:
        if value.get(each.name) is None:
            continue
        if is_allowed(each.scopes, allowed):
            blocking = _hide_inputs(value[each.name], each.selections, allowed, denied, hidden)
        else:
            blocking = denial_of(each.scopes, allowed, denied)
        if blocking is None:
            continue
        if each.identifying or not each.nullable:
            return blocking
        value[each.name] = None
        if blocking not in hidden:
            hidden.append(blocking)
    return None


def _is_worth_sending(selections: Sequence[Selection], inputs: Sequence[InputField]) -> bool:
    """After a cut, a fetch that would bring back only what identifies its entity is not made."""
    known = {"__typename"} | {each.key for each in inputs if each.identifying}
    return any(each.key not in known for each in fields_of(selections))


def remaining(selections: Sequence[Selection], allowed: frozenset[str], ended: frozenset[str]) -> tuple[Cut, ...]:
    """Return what must go when scopes end after the data has come."""
    return strip(selections, allowed - ended)[1]
