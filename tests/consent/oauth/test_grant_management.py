"""Grant Management for OAuth 2.0: asking about a grant, giving it back, replacing it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

pytestmark = pytest.mark.anyio


def _own(server: Any, scope: str, client: Any = None) -> dict[str, str]:
    token = server.token(client, grant_type="client_credentials", scope=scope).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def test_a_client_asks_about_its_grant_and_gives_it_back(server: Any) -> None:
    body = server.redeem(server.code()).json()
    path = f"/oauth/grants/{body['grant_id']}"
    headers = _own(server, "grant_management_query grant_management_revoke")
    found = server.http.get(path, headers=headers).json()
    assert found["authorization_details"] == body["authorization_details"]
    assert server.http.delete(path, headers=headers).status_code == 204
    assert server.world.grants.find(body["grant_id"]).status == "revoked"
    assert not server.is_active(body["access_token"])
    assert server.http.get(path, headers=headers).status_code == 404


async def test_57_another_clients_grant_is_not_there(server: Any) -> None:
    body, other = server.redeem(server.code()).json(), server.new_client()
    headers = _own(server, "grant_management_query grant_management_revoke", other)
    asked: list[str] = []
    event.listen(server.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    foreign, work = server.http.get(f"/oauth/grants/{body['grant_id']}", headers=headers), asked[:]
    asked.clear()
    unknown = server.http.get(f"/oauth/grants/{'0' * 32}", headers=headers)
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json()) == (404, unknown.json())
    assert work == asked, "the database does the same for both, so that the time tells nothing"
    assert server.http.delete(f"/oauth/grants/{body['grant_id']}", headers=headers).status_code == 404
    assert server.world.grants.find(body["grant_id"]).status == "active"


async def test_managing_grants_needs_an_own_token_with_the_scope(server: Any) -> None:
    body = server.redeem(server.code()).json()
    path = f"/oauth/grants/{body['grant_id']}"
    assert server.http.get(path).status_code == 401
    assert server.http.get(path, headers={"Authorization": f"Bearer {body['access_token']}"}).status_code == 403
    assert server.http.delete(path, headers=_own(server, "grant_management_query")).status_code == 403
    found = await server.tokens.authenticate(_own(server, "grant_management_query")["Authorization"])
    assert (found.purpose, found.scopes) == (None, {"grant_management_query"}), "it opens no data"


async def test_58_replacing_shows_a_screen_and_merging_is_refused(server: Any, read_query: Any) -> None:
    first = server.redeem(server.code()).json()
    handle = server.begin(grant_management_action="replace", grant_id=first["grant_id"])
    assert server.authorizations.load(handle).replaces == first["grant_id"]
    second = server.redeem(read_query(server.approve(handle, ("upwork", "ratings")).location)["code"]).json()
    assert server.world.grants.find(first["grant_id"]).status == "superseded"
    assert not server.is_active(first["access_token"])
    assert server.world.grants.find(second["grant_id"]).parent_id == first["grant_id"]
    for changes, error in [
        ({"grant_management_action": "merge", "grant_id": second["grant_id"]}, "invalid_request"),
        ({"grant_management_action": "replace"}, "invalid_request"),
        ({"grant_id": second["grant_id"]}, "invalid_request"),
        ({"grant_management_action": "replace", "grant_id": first["grant_id"]}, "invalid_grant_id"),
        ({"grant_management_action": "replace", "grant_id": "0" * 32}, "invalid_grant_id"),
        (
            {
                "grant_management_action": "replace",
                "grant_id": second["grant_id"],
                "client_id": server.new_client().client_id,
            },
            "invalid_grant_id",
        ),
    ]:
        assert read_query(server.authorize(**changes).headers["location"])["error"] == error


async def test_a_grant_id_with_nul_is_no_defect(server: Any) -> None:
    assert server.http.get("/oauth/grants/a%00b", headers=_own(server, "grant_management_query")).status_code == 404
