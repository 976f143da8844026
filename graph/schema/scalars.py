"""Scalars, directives and pages as the graph subgraph's schema has them, shared by its types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal as ExactDecimal
from decimal import InvalidOperation
from typing import Any, NewType, Protocol, TypeVar, cast

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

from graph.counting.releases import ReleaseStore
from graph.errors import GraphError, InvalidArgumentError
from graph.finding.candidates import CandidateSearch
from graph.finding.consents import Asker
from graph.finding.wishes import WishStore
from graph.linking.linker import Linker
from graph.model import TrainingMode
from graph.pages import Page
from graph.taxonomy.graph import SkillGraph

DateTime = NewType("DateTime", datetime)
"""An instant in RFC 3339."""

DATE_TIME = strawberry.scalar(
    name="DateTime",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    serialize=lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    parse_value=lambda value: DateTime(datetime.fromisoformat(value)),
)

Decimal = NewType("Decimal", ExactDecimal)
"""A decimal number as a string."""


def _parse_decimal(value: Any) -> Decimal:
    number = None
    if isinstance(value, str | int) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            number = ExactDecimal(value)
    if number is None or not number.is_finite():
        message = 'A Decimal is a number in a string, such as "12.50".'
        raise GraphQLError(message, extensions={"code": InvalidArgumentError.code})
    return Decimal(number)


DECIMAL = strawberry.scalar(name="Decimal", serialize=str, parse_value=_parse_decimal)

strawberry.enum(TrainingMode, description="How training is attended.")

SCALARS: dict[object, Any] = {DateTime: DATE_TIME, Decimal: DECIMAL}


@schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION],
    name="pairwise",
    compose=True,
    import_url="https://specs.gigway.example/gigway/v1.0",
)
class Pairwise:
    """The gateway seals this id for each client."""


class Services(Protocol):
    """What resolvers work with: the schema that runs carries it."""

    @property
    def graph(self) -> SkillGraph:
        """The skill graph."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is."""
        ...

    @property
    def linker(self) -> Linker | None:
        """What links texts to skills; None for the lexical engine."""
        ...

    @property
    def finding(self) -> Finding | None:
        """How workers are found; None where nothing is kept of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How workers are found and counted, and what they want."""

    search: CandidateSearch
    wishes: WishStore
    releases: ReleaseStore


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nobody:
    """Who asks where nothing says so."""

    kind: str = "anonymous"
    actor_id: str | None = None
    worker_id: str | None = None
    purpose: str | None = None
    grant_id: str | None = None
    request_id: str = ""
    counting: bool = False


def services_of(info: strawberry.Info[Any, Any]) -> Services:
    """Return what resolvers work with."""
    return cast(Services, info.schema)


def graph_of(info: strawberry.Info[Any, Any]) -> SkillGraph:
    """Return the skill graph; one request sees one graph, even when another takes its place meanwhile."""
    if isinstance(info.context, dict):
        pinned: SkillGraph = info.context.setdefault("skill_graph", services_of(info).graph)
        return pinned
    return services_of(info).graph


def finding_of(info: strawberry.Info[Any, Any]) -> Finding | None:
    """Return how workers are found."""
    return services_of(info).finding


def session_of(info: strawberry.Info[Any, Any]) -> Asker:
    """Return who asks."""
    context = info.context if isinstance(info.context, Mapping) else {}
    return cast(Asker, context.get("session") or _Nobody())


def permit_of(info: strawberry.Info[Any, Any], typename: str, key: str) -> object:
    """Return the permit under which an entity is fetched, None when there is none."""
    context = info.context if isinstance(info.context, Mapping) else {}
    return (context.get("permits") or {}).get((typename, key))


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals of the skill graph into GraphQL errors with their code."""
    try:
        yield
    except GraphError as error:
        raise GraphQLError(str(error), extensions={"code": error.code}) from None


@strawberry.federation.type(shareable=True)
class PageInfo:
    """Where a page lies."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


Item = TypeVar("Item")


def page_info(page: Page[Item]) -> PageInfo:
    """Describe a page."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.items[0][0] if page.items else None,
        end_cursor=page.items[-1][0] if page.items else None,
    )


@strawberry.federation.type(shareable=True)
class Money:
    """An amount in one currency."""

    amount: Decimal
    currency: str


def money(amount: ExactDecimal, currency: str) -> Money:
    """Return an amount with two digits after the point."""
    return Money(amount=Decimal(amount.quantize(ExactDecimal("0.01"))), currency=currency)


MAX_ID = 200


def checked_id(value: str) -> str:
    """Return an id. Raises `InvalidArgumentError` for one that is longer than any of ours."""
    if len(value) > MAX_ID:
        raise InvalidArgumentError(f"An id has at most {MAX_ID} characters.")
    return value


def currency_code(name: str, value: str | None) -> str:
    """Return a currency's code, in capitals; empty when none is given. Raises `InvalidArgumentError`."""
    if not value:
        return ""
    if not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise InvalidArgumentError(f"{name} is an ISO 4217 code of three letters, such as EUR.")
    return value.upper()


def language_code(name: str, value: str | None) -> str | None:
    """Return a language's code, in small letters; None when none is given. Raises `InvalidArgumentError`."""
    if not value:
        return None
    if not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise InvalidArgumentError(f"{name} is an ISO 639-1 code of two letters, such as sv.")
    return value.lower()
