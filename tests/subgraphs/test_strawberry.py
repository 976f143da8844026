"""Strawberry schemas as subgraphs in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry
from strawberry.federation import Schema
from strawberry.types import Info

from gateway.engine import Engine
from gateway.subgraph import SubgraphCall
from gateway.subgraphs import StrawberrySubgraph


@strawberry.federation.type(keys=["id"])
class Book:
    id: strawberry.ID
    title: str

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Book | None:
        if id == "bad":
            raise ValueError("the secret of the shelf")
        return None if id == "none" else cls(id=id, title=f"Book {id} for {info.context['session']}")


@strawberry.type
class Query:
    @strawberry.field
    def books(self) -> list[Book]:
        return [Book(id=strawberry.ID("1"), title="One")]

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the secret of the shelf")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def arrivals(self, count: int) -> AsyncGenerator[Book, None]:
        for number in range(count):
            yield Book(id=strawberry.ID(str(number)), title="new")


SUBGRAPH = StrawberrySubgraph(
    "books",
    Schema(query=Query, subscription=Subscription, types=[Book]),
    context=lambda call: {"session": call.session},
)
DOCUMENT = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Book { id title } } }"


def ask(document: str, **variables: Any) -> Any:
    return asyncio.run(SUBGRAPH.execute(SubgraphCall(document=document, variables=variables, session="me")))


def test_fields_are_resolved():
    assert ask("{ books { title } }") == {"data": {"books": [{"title": "One"}]}}


def test_representations_are_left_as_they_are():
    representations = [{"__typename": "Book", "id": "2"}]
    assert ask(DOCUMENT, r=representations) == {"data": {"_entities": [{"id": "2", "title": "Book 2 for me"}]}}
    assert representations == [{"__typename": "Book", "id": "2"}]


def test_unknown_type_costs_its_own_entity():
    result = ask(
        DOCUMENT,
        r=[{"__typename": "Film", "id": "1"}, {"__typename": "Book", "id": "bad"}, {"__typename": "Book", "id": "2"}],
    )
    assert result["data"]["_entities"] == [None, None, {"id": "2", "title": "Book 2 for me"}]
    assert sorted((error["path"], error["extensions"]["code"]) for error in result["errors"]) == [
        (["_entities", 0], "UNKNOWN_ENTITY_TYPE"),
        (["_entities", 1], "INTERNAL_SERVER_ERROR"),
    ]


def test_text_of_unexpected_exceptions_stays_inside(caplog):
    result = ask("{ broken }")
    assert result["errors"] == [
        {
            "message": "The subgraph failed to resolve this field.",
            "path": ["broken"],
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
    ]
    assert [record.message for record in caplog.records if record.name.startswith("gateway")] == ["resolver failed"]


def test_two_services_are_federated():
    @strawberry.federation.type(name="Book", keys=["id"])
    class RatedBook:
        id: strawberry.ID

        @strawberry.field
        def stars(self) -> int:
            return len(self.id)

    ratings = StrawberrySubgraph("ratings", Schema(types=[RatedBook]))
    engine = Engine.from_subgraphs([SUBGRAPH, ratings])
    response = asyncio.run(engine.execute("{ books { title stars } }", session="me"))
    assert response.errors == []
    assert response.data == {"books": [{"title": "One", "stars": 1}]}


@pytest.mark.parametrize("count", [10])
def test_entities_of_one_fetch_keep_their_order(count):
    result = ask(DOCUMENT, r=[{"__typename": "Book", "id": str(n)} for n in range(count)])
    assert [each["id"] for each in result["data"]["_entities"]] == [str(n) for n in range(count)]


def test_subscriptions_are_streamed():
    async def run() -> list[Any]:
        document = "subscription ($n: Int!) { arrivals(count: $n) { id } }"
        call = SubgraphCall(document=document, variables={"n": 2}, session="me")
        return [event async for event in SUBGRAPH.subscribe(call)]

    assert asyncio.run(run()) == [{"data": {"arrivals": {"id": "0"}}}, {"data": {"arrivals": {"id": "1"}}}]
