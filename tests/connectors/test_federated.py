"""Directory and connectors composed and queried through the gateway's engine, over real HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.transport.permit import WorkerAct
from gateway.engine import Engine

PEOPLE = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  @link(url: "https://specs.gigway.example/gigway/v1.0", import: ["@pairwise"])
  @composeDirective(name: "@pairwise")
directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION
type Query { worker(id: ID!): Worker }
type Worker @key(fields: "id") { id: ID! @pairwise }
"""


class People:
    """A subgraph that knows every worker."""

    name = "people"
    sdl = PEOPLE

    async def execute(self, call: Any) -> Mapping[str, Any]:
        return {"data": {"worker": {"__typename": "Worker", "id": "worker-1"}}}


@dataclass(frozen=True, slots=True)
class Decision:
    """All scopes allowed under one permit."""

    permit: Any
    allowed: frozenset[str]
    denied: Mapping[str, Any] = field(default_factory=dict)


class OpenGate:
    """Allows everything, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, frozenset[str]]] = []

    async def acquire(self, requests: Any, session: Any) -> list[Decision]:
        self.asked += [(request.subgraph, request.scopes) for request in requests]
        return [Decision(WorkerAct(), request.scopes) for request in requests]

    async def release(self, permits: Any, session: Any, disclosed: Any) -> Mapping[Any, Any]:
        return {}

    async def acknowledge(self, permits: Any, session: Any) -> None:
        return None


QUERY = """
query {
  worker(id: "w") {
    accounts {
      __typename
      platform { name }
      profile { displayName }
      engagements(first: 2) { edges { node { kind status earnings { kind amount } } } }
      ... on UberAccount { vehicles { trips } }
      ... on UpworkAccount { listedSkills { name } }
    }
  }
}
"""


def test_one_query_reads_two_platforms(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.link("uber")
        await world.link("upwork")
        gate = OpenGate()
        engine = Engine.from_subgraphs(
            [People(), world.platforms.directory, *world.platforms.registry.subgraphs], gate=gate
        )
        response = await engine.execute(QUERY, session=world.call("").session)
        return response, gate

    response, gate = in_world(test)
    assert response.errors == []
    uber, upwork = response.data["worker"]["accounts"]
    assert (uber["__typename"], uber["platform"]) == ("UberAccount", {"name": "uber"})
    assert (upwork["__typename"], upwork["platform"]) == ("UpworkAccount", {"name": "upwork"})
    assert uber["profile"] == upwork["profile"] == {"displayName": "Alex Sandberg"}
    assert [edge["node"]["kind"] for edge in uber["engagements"]["edges"]] == ["RIDE", "RIDE"]
    assert [edge["node"]["kind"] for edge in upwork["engagements"]["edges"]] == ["CONTRACT", "CONTRACT"]
    assert sum(vehicle["trips"] for vehicle in uber["vehicles"]) > 500
    assert len(upwork["listedSkills"]) > 3
    asked = {subgraph: scopes for subgraph, scopes in gate.asked if scopes}
    wanted = frozenset({"gig:profile", "gig:engagements", "gig:earnings"})
    assert asked == {"uber": wanted, "upwork": wanted}


def test_platform_that_is_off_costs_its_own_fields_only(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.link("uber")
        await world.link("upwork")
        engine = Engine.from_subgraphs(
            [People(), world.platforms.directory, *world.platforms.registry.subgraphs], gate=OpenGate()
        )
        await world.control("uber", on=False)
        return await engine.execute(
            '{ worker(id: "w") { accounts { platform { name } profile { displayName } } } }',
            session=world.call("").session,
        )

    response = in_world(test)
    assert response.data["worker"]["accounts"] == [
        {"platform": {"name": "uber"}, "profile": None},
        {"platform": {"name": "upwork"}, "profile": {"displayName": "Alex Sandberg"}},
    ]
    (error,) = response.errors
    assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert error["extensions"]["platform"] == "uber"
