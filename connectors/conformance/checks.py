"""One function per promise of a connector. Each returns what it saw; `Broken` says that the promise is not kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type

from connectors.accounts.tokens import AccountTokens
from connectors.conformance.faulty_wire import FaultyWire
from connectors.conformance.sign_in import ACCOUNT_ID, OneAccount
from connectors.directory import categories_of
from connectors.linking.oauth_client import PlatformOAuthClient
from connectors.runtime import ConnectorSubgraph
from connectors.transport.permit import WorkerAct

Json = Any

_DEEPEST = 5
_SMALL = "engagements(first: 1) { edges { cursor } }"


class BrokenError(Exception):
    """A promise that is not kept; the message is what was seen."""


class NotCheckedError(Exception):
    """A promise that cannot be checked here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a check works with. `control` is the address of Gigway's sandbox, whose switches make faults; at a
    platform's own sandbox it is None, and `wire` makes what can be made on the way. `sign_in` gives fresh tokens, or
    None where the run was given one account; `oauth` is the platform's authorization server, if it has one.
    """

    subgraph: ConnectorSubgraph
    account: OneAccount
    persona: str | None
    control: str | None
    wire: FaultyWire
    oauth: PlatformOAuthClient | None
    sign_in: Callable[[], Awaitable[AccountTokens]] | None

    async def read(self, selection: str) -> Mapping[str, Any]:
        """Read fields of the account."""
        typename = self.subgraph.connector.definition.account_type
        return await self.subgraph.execute(
            _Call(
                document=f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {typename} "
                f"{{ {selection} }} }} }}",
                variables={"r": [{"__typename": typename, "id": ACCOUNT_ID}]},
                permits={"r": [WorkerAct()]},
            )
        )

    async def switch(self, **switches: Any) -> None:
        """Make these faults; `reset` alone ends them."""
        if self.control is None:
            self.wire.switch({name: value for name, value in switches.items() if name != "reset"})
            return
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.control}/control/platforms/{self.subgraph.name}", json=switches) as answer,
        ):
            answer.raise_for_status()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    document: str
    variables: Mapping[str, Any]
    permits: Mapping[str, Any]
    session: Any = None
    deadline: float | None = None


async def every_field_reads(case: Case) -> str:
    """Each field, read alone and whole, has no error."""
    kind = _account_type(case)
    empty = []
    names = [name for name in kind.fields if name != "id"]
    for name in names:
        answer = await case.read(whole_selection(name, kind.fields[name].type))
        if "errors" in answer:
            error = answer["errors"][0]
            where = ".".join(str(step) for step in error["path"][2:])
            raise BrokenError(f"{where}: {error['message']} [{error['extensions']['code']}]")
        if not answer["data"]["_entities"][0][name]:
            empty.append(name)
    return f"{len(names)} fields" + (f"; no data in {', '.join(empty)}" if empty else "")


async def categories_match(case: Case) -> str:
    """What the directory says is there."""
    return ", ".join(categories_of(case.subgraph.connector)) or "none"


async def pages_fit(case: Case) -> str:
    """Small pages, one after the other, bring what one large page brings."""
    whole = await _refs(case, "engagements(first: 21)")
    paged: list[str] = []
    after = "null"
    for _ in range(3):
        part = await _connection(case, f"engagements(first: 7, after: {after})")
        paged += [edge["node"]["ref"] for edge in part["edges"]]
        if not part["pageInfo"]["hasNextPage"]:
            break
        after = f'"{part["pageInfo"]["endCursor"]}"'
    if paged != whole:
        raise BrokenError(f"three pages of 7 bring {len(paged)} records that are not the first {len(whole)}")
    if len(set(whole)) != len(whole):
        raise BrokenError("records come twice")
    return f"{len(whole)} records"


async def only_what_is_needed(case: Case) -> str:
    """`id` costs no request, one field no more requests than its endpoint has pages."""
    before = case.subgraph.upstream.counters.requests
    await case.read("id")
    if case.subgraph.upstream.counters.requests != before:
        raise BrokenError("reading `id` calls the platform")
    await case.read("engagements(first: 1) { edges { node { kind } } }")
    used = case.subgraph.upstream.counters.requests - before
    connect = case.subgraph.connector.definition.connect_for("engagements")
    each = connect.each if connect is not None else None
    if used > (1 if each is None else each.most):
        raise BrokenError(f"one engagement takes {used} requests: is `first` of @paging the number of the first page?")
    return f"id: no request; one engagement: {used or 'no'} request"


async def provenance_is_whole(case: Case) -> str:
    """Provenance names connector, fidelity, payload and coverage."""
    connection = await _connection(
        case,
        "engagements(first: 2)",
        "provenance { connector fidelity payloadSha256 coverage { complete records } }",
    )
    provenance, platform = connection["provenance"], case.subgraph.connector.definition.platform
    if (provenance["connector"], provenance["fidelity"]) != (platform.name, platform.fidelity):
        raise BrokenError("provenance names another connector or fidelity")
    if len(provenance["payloadSha256"] or "") != 64:
        raise BrokenError("provenance has no digest of the payload")
    return f"{platform.fidelity}, {provenance['coverage']['records']} records"


async def wrong_token_asks_for_linking(case: Case) -> str:
    """A token that the platform refuses marks the account, without a second attempt."""
    good = case.account.tokens
    case.account.tokens = type(good)(access_token="no-such-token", facts=good.facts)
    before = case.subgraph.upstream.counters.requests
    try:
        codes = _codes(await case.read(_SMALL))
    finally:
        case.account.tokens = good
    if codes != {"RELINK_NEEDED"} or not case.account.rejected:
        raise BrokenError(f"a refused token gives {_listed(codes)}")
    if case.subgraph.upstream.counters.requests - before != 1:
        raise BrokenError("a refused token is tried again")
    return "RELINK_NEEDED after one request"


async def expired_token_is_renewed(case: Case) -> str:
    """A token that has run out is renewed with the refresh token, and what comes is read with."""
    if case.sign_in is not None:
        case.account.tokens = await case.sign_in()
    tokens = case.account.tokens
    if tokens.refresh_token is None or case.oauth is None:
        raise NotCheckedError("there is no refresh token: workers link again when the token has run out")
    if case.control is not None:
        await case.switch(expire_tokens=True)
        codes = _codes(await case.read(_SMALL))
        if codes != {"RELINK_NEEDED"}:
            raise BrokenError(f"an expired token gives {_listed(codes)}")
    response = await case.oauth.refresh(tokens.refresh_token, permit=WorkerAct())
    case.account.tokens = AccountTokens.from_response(response, now=datetime.now(UTC), earlier=tokens)
    codes = _codes(await case.read(_SMALL))
    if codes:
        raise BrokenError(f"the renewed token gives {_listed(codes)}")
    return "renewed once, then read"


async def revoked_token_asks_for_linking(case: Case) -> str:
    """What the worker takes back at the platform is not read any more, and the account is to be linked again."""
    if case.control is not None and case.sign_in is not None:
        case.account.tokens = await case.sign_in()
        await case.switch(revoke_persona=case.persona)
    elif case.oauth is not None and case.oauth.can_revoke:
        await case.oauth.revoke(case.account.tokens.access_token, permit=WorkerAct())
    else:
        raise NotCheckedError("@linking names no revocationEndpoint, so nothing can be taken back from here")
    codes = _codes(await case.read(_SMALL))
    if codes != {"RELINK_NEEDED"} or not case.account.rejected:
        raise BrokenError(f"a token that was taken back gives {_listed(codes)}")
    return "RELINK_NEEDED"


async def schema_is_served(case: Case) -> str:
    """The platform's own subgraph has what the registered SDL asks it for."""
    permit = WorkerAct()
    linked = await case.account.acquire(ACCOUNT_ID, case.subgraph.name, permit=permit, deadline=None)
    missing = await case.subgraph.missing_at_platform(permit=permit, credential=linked.credential)
    if missing:
        raise BrokenError(f"the subgraph's SDL has no {', '.join(missing)}: add them, or name them in @remote(omits:)")
    return "the subgraph's SDL has all that is asked for"


FAULTS: Mapping[str, tuple[Mapping[str, Any], frozenset[str]]] = {
    "platform off": ({"on": False}, frozenset({"UPSTREAM_UNAVAILABLE"})),
    "server errors": ({"error_rate": 1.0}, frozenset({"UPSTREAM_UNAVAILABLE"})),
    "throttled": ({"throttle": True}, frozenset({"UPSTREAM_THROTTLED"})),
    "body cut off": ({"cut_body": True}, frozenset({"UPSTREAM_MALFORMED"})),
    "body malformed": ({"malformed": True}, frozenset({"UPSTREAM_MALFORMED"})),
    "body too large": ({"huge_body_mib": 9}, frozenset({"UPSTREAM_MALFORMED"})),
    "redirect": ({"redirect_to": "http://10.0.0.1/"}, frozenset({"UPSTREAM_MALFORMED"})),
}
"""Faults that the sandbox can make, with the codes that they may have."""


async def fault_has_its_code(case: Case, fault: str) -> str:
    """A fault costs the field, with a code that says what it is."""
    switches, expected = FAULTS[fault]
    await case.switch(reset=True)
    await case.switch(**switches)
    try:
        async with asyncio.timeout(60):
            codes = _codes(await case.read(_SMALL))
    finally:
        await case.switch(reset=True)
    if not codes or not codes <= expected:
        raise BrokenError(f"gives {_listed(codes)} instead of {_listed(expected)}")
    return _listed(codes)


async def endless_paging_ends(case: Case) -> str:
    """A platform whose pages never end is left after a bounded number of requests."""
    await case.switch(reset=True)
    await case.switch(stuck=True)
    before = case.subgraph.upstream.counters.requests
    try:
        async with asyncio.timeout(60):
            await case.read("experience { completed }")
    except TimeoutError:
        raise BrokenError("is still being read after a minute") from None
    finally:
        await case.switch(reset=True)
    return f"{case.subgraph.upstream.counters.requests - before} requests"


def whole_selection(name: str, kind: GraphQLOutputType, depth: int = 0) -> str:
    """Return a selection of everything below a field."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return name
    if depth >= _DEEPEST:
        return ""
    inner = [whole_selection(child, field.type, depth + 1) for child, field in named.fields.items()]
    arguments = "(first: 30)" if name == "engagements" and depth == 0 else ""
    return f"{name}{arguments} {{ {' '.join(filter(None, inner))} }}"


def _account_type(case: Case) -> GraphQLObjectType:
    connector = case.subgraph.connector
    kind = connector.schema.get_type(connector.definition.account_type)
    assert isinstance(kind, GraphQLObjectType)
    return kind


async def _connection(case: Case, field: str, extra: str = "") -> Mapping[str, Json]:
    selection = f"{field} {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ ref }} }} {extra} }}"
    answer = await case.read(selection)
    if "errors" in answer:
        raise BrokenError(f"{answer['errors'][0]['message']} [{_listed(_codes(answer))}]")
    connection: Mapping[str, Json] = answer["data"]["_entities"][0]["engagements"]
    return connection


async def _refs(case: Case, field: str) -> list[str]:
    return [edge["node"]["ref"] for edge in (await _connection(case, field))["edges"]]


def _codes(answer: Mapping[str, Json]) -> frozenset[str]:
    return frozenset(error["extensions"]["code"] for error in answer.get("errors", ()))


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "no error"
