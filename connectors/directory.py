"""The directory subgraph: which platforms take part, and which accounts an asker may know of.

Its SDL is generated from the live connectors, one stub per account type, and executed as it stands.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, parse
from graphql.execution import ExecutionResult, execute

from connectors.accounts.store import AccountStore, AccountView
from connectors.registration.sdl import REGISTRATION_SDL, ROOT_FIELDS
from connectors.runtime.provenance import instant
from connectors.runtime.subgraph import Call
from connectors.schema import Connector
from connectors.schema.definition import (
    AwsSigV4Linking,
    ClientCredentialsLinking,
    Definition,
    EmailProof,
    OAuth2Linking,
    PlatformTokenLinking,
    TakeoutLinking,
)
from connectors.schema.loader import federation_definitions
from connectors.schema.vocabulary import CATEGORY_OF_FIELD, FEDERATION_URL, GIGWAY_URL, HIDDEN_FIELDS

_MOST_DOCUMENTS = 500

_HEAD = f'''extend schema
  @link(url: "{FEDERATION_URL}", import: ["@key", "@shareable", "@composeDirective"])
  @link(url: "{GIGWAY_URL}", import: ["@pairwise"])
  @composeDirective(name: "@pairwise")

directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION

scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")

type Query {{
  """Platforms that take part, by name."""
  platforms: [Platform!]!
  platform(name: String!): Platform
}}

enum Fidelity {{ DOCUMENTED OBSERVED TAKEOUT HYPOTHETICAL }}

type Platform @key(fields: "name") {{
  name: String!
  displayName: String!
  fidelity: Fidelity! @shareable
  simulated: Boolean! @shareable
  categories: [String!]!
  """Fields of its accounts that are always null: there is no such data at this platform, or no way to read it."""
  notSupported: [String!]!
  """How a worker links an account, in plain words."""
  linking: String!
  connectorVersion: String!
  terms: String
  """How it has answered in the last hour."""
  health: PlatformHealth
  """Where its answers do not fit the mapping; for the platform itself and operators."""
  drift: [PlatformDrift!]
}}

enum AccountHealth {{ OK RELINK_NEEDED SUSPENDED }}

interface PlatformAccount {{
  id: ID! @pairwise
  platform: Platform!
  health: AccountHealth!
  linkedAt: DateTime!
}}

type Worker @key(fields: "id") {{
  id: ID! @pairwise
  """Accounts with a live grant item for this actor and purpose."""
  accounts(platforms: [String!]): [PlatformAccount!]!
}}
'''


class ConsentedAccounts(Protocol):
    """Says which of a worker's accounts the asker of a request may know of."""

    def visible(self, worker_id: str, session: Any) -> Sequence[str]:
        """Return account ids in a stable order. May block: it is called in a thread."""
        ...


class RegistrationAnswers(Protocol):
    """Answers for the fields of `REGISTRATION_SDL`."""

    def resolve(self, name: str, arguments: Mapping[str, Any], session: Any) -> Awaitable[Any]:
        """Answer a root field."""
        ...

    def health(self, platform: str) -> Awaitable[Any]:
        """Answer `Platform.health`."""
        ...

    def drift(self, platform: str, session: Any) -> Awaitable[Any]:
        """Answer `Platform.drift`."""
        ...


@dataclass(slots=True)
class _CallContext:
    """What resolvers share in one call: the asker, and accounts looked up so far."""

    session: Any
    accounts: dict[str, asyncio.Future[list[AccountView]]] = field(default_factory=dict)


class DirectorySubgraph:
    """Answers for `Platform`, `Worker.accounts` and the account stubs. Satisfies the gateway's `Subgraph`."""

    name = "directory"

    def __init__(
        self,
        connectors: Sequence[Connector],
        accounts: AccountStore,
        consented: ConsentedAccounts,
        *,
        simulated: bool,
        registration: RegistrationAnswers | None = None,
    ) -> None:
        """Without `registration`, its fields answer null or an error."""
        self._registration = registration
        self._definitions = {connector.name: connector.definition for connector in connectors}
        self._platform_of_type = {definition.account_type: name for name, definition in self._definitions.items()}
        self._categories = {connector.name: categories_of(connector) for connector in connectors}
        self._not_supported = {connector.name: not_supported_by(connector) for connector in connectors}
        self._accounts = accounts
        self._consented = consented
        self._simulated = simulated
        self._sdl = directory_sdl(list(self._definitions.values()))
        self._schema = _executable(self._sdl, sorted(self._platform_of_type))
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()

    @property
    def sdl(self) -> str:
        """The SDL as the composer reads it; it follows from the live connectors."""
        return self._sdl

    async def execute(self, call: Call) -> Mapping[str, Any]:
        """Answer `call`. Raises `GraphQLSyntaxError` for a document that does not parse."""
        result = execute(
            self._schema,
            self._parse(call.document),
            context_value=_CallContext(session=call.session),
            variable_values=dict(call.variables),
            field_resolver=self._resolve,
            type_resolver=_typename,
        )
        if inspect.isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [_error(error) for error in result.errors]
        return answer

    def _parse(self, text: str) -> DocumentNode:
        document = self._documents.get(text)
        if document is None:
            document = self._documents[text] = parse(text, no_location=True)
            if len(self._documents) > _MOST_DOCUMENTS:
                self._documents.popitem(last=False)
        return document

    def _resolve(self, source: Any, info: GraphQLResolveInfo[_CallContext], **arguments: Any) -> Any:
        if isinstance(source, Mapping):
            if info.field_name in ("health", "drift") and source.get("__typename") == "Platform":
                return self._fares(source["name"], info.field_name, info.context)
            if info.field_name == "accounts":
                return self._visible(source["id"], arguments.get("platforms"), info.context)
            return source.get(info.field_name)
        if info.field_name in ROOT_FIELDS:
            if self._registration is None:
                raise GraphQLError("Connectors cannot be registered here.", extensions={"code": "FORBIDDEN"})
            return self._registration.resolve(info.field_name, arguments, info.context.session)
        match info.field_name:
            case "platforms":
                return [self._platform(name) for name in sorted(self._definitions)]
            case "platform":
                return self._platform(arguments["name"])
            case _:
                return [self._entity(each, info.context) for each in arguments["representations"]]

    def _fares(self, platform: str, field_name: str, context: _CallContext) -> Any:
        if self._registration is None:
            return None
        if field_name == "health":
            return self._registration.health(platform)
        return self._registration.drift(platform, context.session)

    def _entity(self, representation: Any, context: _CallContext) -> Any:
        if not isinstance(representation, dict):
            return None
        typename = representation.get("__typename")
        if typename == "Platform":
            return self._platform(representation.get("name"))
        key = representation.get("id")
        if typename == "Worker" and isinstance(key, str):
            return {"__typename": "Worker", "id": key}
        platform = self._platform_of_type.get(str(typename))
        return self._account(key, platform) if platform is not None and isinstance(key, str) else None

    async def _account(self, account_id: str, platform: str) -> Any:
        found = await asyncio.to_thread(self._accounts.by_ids, [account_id])
        return self._stub(found[0]) if found and found[0].platform == platform else None

    async def _visible(self, worker_id: str, platforms: Sequence[str] | None, context: _CallContext) -> list[Any]:
        found = await asyncio.to_thread(self._consented_accounts, worker_id, context.session)
        return [
            self._stub(account)
            for account in found
            if account.worker_id == worker_id
            and account.status != "UNLINKED"
            and account.platform in self._definitions
            and (platforms is None or account.platform in platforms)
        ]

    def _consented_accounts(self, worker_id: str, session: Any) -> list[AccountView]:
        """Ask and look up; in one thread, because every change of thread waits for a turn."""
        ids = self._consented.visible(worker_id, session)
        return self._accounts.by_ids(list(ids)) if ids else []

    def _stub(self, account: AccountView) -> Mapping[str, Any]:
        return {
            "__typename": self._definitions[account.platform].account_type,
            "id": account.id,
            "platform": self._platform(account.platform),
            "health": account.status,
            "linkedAt": instant(account.linked_at),
        }

    def _platform(self, name: object) -> Mapping[str, Any] | None:
        definition = self._definitions.get(str(name))
        if definition is None:
            return None
        platform = definition.platform
        return {
            "__typename": "Platform",
            "name": platform.name,
            "displayName": platform.display_name,
            "fidelity": platform.fidelity,
            "simulated": self._simulated,
            "categories": self._categories[platform.name],
            "notSupported": self._not_supported[platform.name],
            "linking": linking_words(definition),
            "connectorVersion": platform.version,
            "terms": platform.terms,
        }


def directory_sdl(definitions: Sequence[Definition]) -> str:
    """Return the directory's SDL for these connectors; the same set always gives the same bytes."""
    stubs = [
        f'type {name} implements PlatformAccount @key(fields: "id") '
        "{ id: ID! @pairwise platform: Platform! health: AccountHealth! linkedAt: DateTime! }"
        for name in sorted(definition.account_type for definition in definitions)
    ]
    return "\n".join([_HEAD, REGISTRATION_SDL, *stubs]) + "\n"


def categories_of(connector: Connector) -> list[str]:
    """Return the categories of data that a connector has, sorted."""
    definition = connector.definition
    mapped = definition.fetched_fields | definition.folds.keys()
    return sorted({category for name, category in CATEGORY_OF_FIELD.items() if name in mapped})


def not_supported_by(connector: Connector) -> list[str]:
    """Return the canonical account fields that a connector never has, sorted."""
    categories = categories_of(connector)
    return sorted(
        name for name, category in CATEGORY_OF_FIELD.items() if name not in HIDDEN_FIELDS and category not in categories
    )


def linking_words(definition: Definition) -> str:
    """Return how a worker links an account, in plain words."""
    match definition.linking.method:
        case OAuth2Linking():
            return "The worker signs in at the platform and allows it (OAuth 2)."
        case ClientCredentialsLinking() | PlatformTokenLinking() | AwsSigV4Linking() as method:
            by = "mailed to them" if isinstance(definition.linking.proof, EmailProof) else "sent to them there"
            return f"The worker names their record and proves it by a code {by}: {method.reference}"
        case TakeoutLinking():
            return "The worker uploads the export that the platform gives them of their own data."
        case method:
            return f"The worker brings a token of the platform: {method.label}"


def _executable(sdl: str, account_types: Sequence[str]) -> GraphQLSchema:
    entities = " | ".join(["Platform", "Worker", *account_types])
    return build_schema(
        f"{federation_definitions()}\n{sdl}\nscalar _Any\nunion _Entity = {entities}\n"
        "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n",
        assume_valid_sdl=True,
    )


def _typename(value: Any, *_: Any) -> str | None:
    return value.get("__typename") if isinstance(value, Mapping) else None


def _error(error: GraphQLError) -> dict[str, Any]:
    is_ours = error.original_error is None
    return {
        "message": error.message if is_ours else "The directory failed on this field.",
        "path": error.path,
        "extensions": {"code": (error.extensions or {}).get("code", "SUBGRAPH_ERROR")},
    }
