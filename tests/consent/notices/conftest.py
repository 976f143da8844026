"""A consent world with a client that is told when its grants end, and a receiver on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlmodel import SQLModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.transport.address import Reach, is_allowed
from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.grants.records import GrantRecord
from consent.notices.outbox import Outbox
from consent.notices.push import HttpPush
from consent.notices.sender import NoticeSender
from consent.notices.token import NoticeSigner
from consent.oauth.actors import ActorRegistry
from consent.signing import always
from gateway.server.loopback import loopback_socket, serve_on
from tests.consent.conftest import World

ISSUER = "https://gigway.example"


@dataclass
class Receiver:
    """An actor's endpoint: keeps what it gets, and answers what the test says."""

    url: str
    status: int = 202
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        self.got.append((dict(request.headers), (await request.body()).decode()))
        self.arrived.set()
        return Response(self.body, self.status, self.headers)

    @property
    def tokens(self) -> list[str]:
        return [token for _, token in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    with loopback_socket() as listener:
        receiver = Receiver(url=f"http://127.0.0.1:{listener.getsockname()[1]}/events")
        async with serve_on(listener, Starlette(routes=[Route("/events", receiver.take, methods=["POST"])])):
            yield receiver


def may_reach_loopback(address: str) -> bool:
    return is_allowed(address, Reach.LOOPBACK)


def known_as(worker_id: str, actor_id: str) -> str:
    """An actor's id of a worker."""
    return sha256(f"{actor_id} {worker_id}".encode()).hexdigest()


class Notices:
    """The world's audit log and one process's sender, and what is in the outbox."""

    def __init__(self, world: World) -> None:
        self.world = world
        log_signer = Signer("gigway.example/log", Ed25519PrivateKey.generate())
        self.log_key = log_signer.verifier
        self.audit = AuditLog(world.engine, log_signer, clock=world.clock)
        self.signer = NoticeSigner(ISSUER, always(Ed25519PrivateKey.generate()))
        self.registry = ActorRegistry(world.engine, world.clock)
        self.cosigned: str | None = None
        self.push = HttpPush(may_reach_loopback)
        self.sender = self.process()
        self.worker_id = world.worker(("u1", "uber"))
        self.registry.create_actor(
            legal_name="Acme AB",
            trading_name="Acme",
            categories=["engagements", "ratings"],
            purposes=["job_matching", "training"],
            actor_id="acme",
        )

    def outbox(self, jitter: float = 0.0) -> Outbox:
        return Outbox(
            self.world.engine,
            self.signer,
            known_as,
            cosigned=lambda: self.cosigned,
            clock=self.world.clock,
            jitter=lambda: jitter,
        )

    def process(self) -> NoticeSender:
        return NoticeSender(self.outbox(), self.push)

    def client(self, url: str | None, client_id: str = "acme-app") -> str:
        return self.registry.create_client("acme", name="App", event_push_url=url, client_id=client_id).client_id

    def grant(self, **values: Any) -> GrantRecord:
        return self.world.give(self.worker_id, [("uber", "engagements")], **values)

    async def end(self, grant: GrantRecord, reason: str = "worker asked") -> None:
        await self.world.grants.revoke(grant.id, by="worker", by_id=self.worker_id, reason=reason)
        self.audit.advance()

    def rows(self) -> list[Any]:
        table = SQLModel.metadata.tables["notice_delivery"]
        with self.world.engine.connect() as connection:
            return list(connection.execute(select(table).order_by(table.c.event_seq)))

    def read(self, token: str, audience: str = "acme-app") -> dict[str, Any]:
        """Verify a notice as an actor does: by the published keys, type, issuer and audience."""
        found = jwt.decode(token, KeySet.import_key_set(self.signer.jwks()), algorithms=["Ed25519"])
        assert found.header["typ"] == "secevent+jwt"
        assert (found.claims["iss"], found.claims["aud"]) == (ISSUER, audience)
        return dict(found.claims)


@pytest.fixture
async def notices(world: World) -> AsyncIterator[Notices]:
    notices = Notices(world)
    async with notices.push:
        yield notices
