"""Clients of platforms and operators: they administer, and read nothing of any worker."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from consent.oauth.access import TokenRefused
from consent.oauth.live_tokens import AuthenticatedToken
from consent.oauth.models import CLIENTS, ORGANIZATIONS


@pytest.fixture
def clients(server: Any) -> dict[str, Any]:
    with server.engine.begin() as connection:
        _organization(connection, server, id="operator", kind="operator", name="Gigway")
        _organization(connection, server, id="tides", kind="platform", name="Tides", platform="tides")
    return {
        "platform": server.registry.create_machine_client("tides", kind="platform", role="developer", name="CI"),
        "operator": server.registry.create_machine_client("operator", kind="operator", role="approver", name="Bot"),
    }


def _organization(connection: Connection, server: Any, **values: Any) -> None:
    connection.execute(ORGANIZATIONS.insert().values(status="active", created_at=server.clock(), **values))


@pytest.mark.parametrize(
    ("kind", "platform", "role"), [("platform", "tides", "developer"), ("operator", None, "approver")]
)
@pytest.mark.anyio
async def test_a_token_says_for_whom_and_in_what_role(
    server: Any, clients: Any, kind: str, platform: str | None, role: str
) -> None:
    answer = server.token(clients[kind], grant_type="client_credentials")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    found = await server.tokens.authenticate(f"Bearer {answer.json()['access_token']}")
    assert isinstance(found, AuthenticatedToken)
    assert (found.kind, found.platform, found.role) == (kind, platform, role)
    assert (found.actor_id, found.worker_id, found.purpose, found.scopes) == (None, None, None, frozenset())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "gig:ratings"}, "invalid_scope"),
        ({"scope": "grant_management_revoke"}, "invalid_scope"),
        (
            {"authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]'},
            "invalid_authorization_details",
        ),
        (
            {"grant_type": "authorization_code", "code": "gwc_x", "redirect_uri": "https://x.example/"},
            "unauthorized_client",
        ),
        ({"grant_type": "refresh_token", "refresh_token": "gwr_x"}, "unauthorized_client"),
    ],
)
def test_it_asks_for_nothing_of_a_worker(server: Any, clients: Any, form: dict[str, str], error: str) -> None:
    answer = server.token(clients["platform"], **({"grant_type": "client_credentials"} | form))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_it_cannot_send_a_worker_to_the_consent_page(server: Any, clients: Any) -> None:
    client_id = clients["platform"].client_id
    assert server.authorize(client_id=client_id).status_code == 400
    pushed = server.post("/oauth/par", server.query(client_id=client_id), clients["platform"])
    assert pushed.status_code == 400


@pytest.mark.anyio
async def test_its_tokens_end_with_its_organization(server: Any, clients: Any) -> None:
    token = server.token(clients["platform"], grant_type="client_credentials").json()["access_token"]
    with server.engine.begin() as connection:
        connection.execute(ORGANIZATIONS.update().where(ORGANIZATIONS.c.id == "tides").values(status="refused"))
    assert isinstance(await server.tokens.authenticate(f"Bearer {token}"), TokenRefused)
    assert server.token(clients["platform"], grant_type="client_credentials").status_code == 401


def test_a_client_has_one_owner(server: Any, clients: Any) -> None:
    for values in ({"kind": "platform"}, {"organization_id": "tides"}, {"role": "owner"}, {"actor_id": None}):
        with pytest.raises(IntegrityError), server.engine.begin() as connection:
            connection.execute(CLIENTS.update().where(CLIENTS.c.id == server.client.client_id).values(**values))
