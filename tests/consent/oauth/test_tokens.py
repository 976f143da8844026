"""Refresh, the actor's own tokens, revocation, introspection, and what an access token opens."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from consent.oauth.access import TokenRefused
from consent.oauth.live_tokens import AuthenticatedToken
from consent.oauth.machine_secrets import fingerprint
from consent.oauth.models import ACTORS, CODES, REQUESTS, TOKENS

pytestmark = pytest.mark.anyio

OWN = json.dumps([{"type": "gig_data", "purpose": "job_matching"}])


def _tokens(server: Any) -> dict[str, Any]:
    body: dict[str, Any] = server.redeem(server.code()).json()
    return body


async def test_refresh_rotates_and_keeps_what_was_granted(server: Any) -> None:
    first = _tokens(server)
    second = server.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    for name in ("scope", "authorization_details", "grant_id", "worker"):
        assert second[name] == first[name]
    assert server.is_active(second["access_token"])


async def test_33_reuse_of_a_refresh_token_ends_the_family(server: Any) -> None:
    first = _tokens(server)
    second = server.refresh(first["refresh_token"]).json()
    assert server.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert server.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert not server.is_active(second["access_token"])
    assert server.world.grants.find(first["grant_id"]).status == "active", "the consent is not the thief's to end"


async def test_33_simultaneous_refreshes_give_at_most_one_pair(server: Any) -> None:
    token = _tokens(server)["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: server.refresh(token).status_code, range(6)))
    assert sorted(statuses) == [200] + [400] * 5


async def test_30_another_client_can_neither_refresh_nor_spoil(server: Any) -> None:
    first, other = _tokens(server), server.new_client()
    assert server.refresh(first["refresh_token"], other).json()["error"] == "invalid_grant"
    second = server.refresh(first["refresh_token"])
    assert second.status_code == 200
    assert server.refresh(first["refresh_token"], other).json()["error"] == "invalid_grant"
    assert server.refresh(second.json()["refresh_token"]).status_code == 200, "a stranger's replay ends nothing"


async def test_31_refresh_after_withdrawal_expiry_or_disabling(server: Any) -> None:
    withdrawn, expired, disabled = _tokens(server), _tokens(server), _tokens(server)
    server.revoke_grant(withdrawn["grant_id"])
    assert server.refresh(withdrawn["refresh_token"]).json()["error"] == "invalid_grant"
    server.clock.advance(timedelta(days=30))
    assert server.refresh(expired["refresh_token"]).json()["error"] == "invalid_grant"
    server.disable_client()
    answer = server.refresh(disabled["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_32_refresh_cannot_widen_but_may_narrow(server: Any) -> None:
    token = _tokens(server)["refresh_token"]
    wider = server.refresh(token, scope="gig:ratings gig:earnings")
    assert wider.json()["error"] == "invalid_scope"
    details = server.refresh(token, authorization_details=json.dumps([server.details()]))
    assert details.json()["error"] == "invalid_authorization_details"
    narrower = server.refresh(token, scope="gig:ratings")
    assert narrower.json()["scope"] == "gig:ratings"


async def test_an_actors_own_token_has_a_purpose_and_no_worker(server: Any) -> None:
    body = server.token(grant_type="client_credentials", authorization_details=OWN).json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "authorization_details"}
    assert body["scope"] == "gig:earnings gig:engagements gig:matching gig:ratings gig:skills"
    found = await server.tokens.authenticate(f"Bearer {body['access_token']}")
    assert isinstance(found, AuthenticatedToken)
    assert (found.purpose, found.grant_id, found.worker_id, found.actor_id) == ("job_matching", None, None, "acme")


async def test_an_actors_own_token_can_be_narrowed(server: Any) -> None:
    own = json.dumps([{"type": "gig_data", "purpose": "training", "categories": ["ratings"]}])
    body = server.token(grant_type="client_credentials", authorization_details=own, scope="gig:skills").json()
    assert body["scope"] == "gig:ratings gig:skills"
    assert body["authorization_details"] == [
        {"type": "gig_data", "purpose": "training", "categories": ["ratings", "skills"]}
    ]


@pytest.mark.parametrize(
    ("details", "scope", "error"),
    [
        (None, None, "invalid_request"),
        ([{"type": "gig_data"}], None, "invalid_authorization_details"),
        ([{"type": "gig_data", "purpose": "self"}], None, "invalid_authorization_details"),
        ([{"type": "gig_data", "purpose": "income_verification"}], None, "invalid_authorization_details"),
        ([{"type": "gig_data", "purpose": "training", "platforms": ["uber"]}], None, "invalid_authorization_details"),
        (
            [{"type": "gig_data", "purpose": "training", "categories": ["earnings"]}],
            None,
            "invalid_authorization_details",
        ),
        ([{"type": "gig_data", "purpose": "training"}], "gig:earnings", "invalid_scope"),
        ([{"type": "gig_data", "purpose": "training"}], "gig:profile", "invalid_scope"),
        ([{"type": "gig_data", "purpose": "training"}] * 2, None, "invalid_authorization_details"),
    ],
)
async def test_own_tokens_are_refused_without_purpose_or_beyond_registration(
    server: Any, details: Any, scope: str | None, error: str
) -> None:
    text = None if details is None else json.dumps(details)
    answer = server.token(grant_type="client_credentials", authorization_details=text, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x", None]
)
async def test_34_other_grant_types(server: Any, grant_type: str | None) -> None:
    answer = server.token(grant_type=grant_type, username="a", password="b")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_client_authentication_failures(server: Any) -> None:
    form = {"grant_type": "client_credentials", "authorization_details": OWN}
    client_id, secret = server.client.client_id, server.client.client_secret
    for auth in [(client_id, "wrong"), ("unknown", secret), (client_id, ""), ("%00", secret)]:
        answer = server.http.post("/oauth/token", data=form, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
    missing = server.http.post("/oauth/token", data=form | {"client_id": client_id})
    assert (missing.status_code, missing.json()["error"]) == (401, "invalid_client")


async def test_44_two_authentication_methods_are_refused(server: Any) -> None:
    form = {"grant_type": "client_credentials", "authorization_details": OWN}
    for extra in ({"client_secret": server.client.client_secret}, {"client_id": "another"}):
        answer = server.post("/oauth/token", form | extra)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + "A" * 2_000, "Basic /w==", "Basic AAA6AA==", b"Basic \xff", "Bearer x", "Basic"]
)
async def test_malformed_authorization_headers(server: Any, header: str | bytes) -> None:
    answer = server.http.post("/oauth/token", data={"grant_type": "x"}, headers={"authorization": header})
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client")


async def test_45_a_rotated_secret_stops_working(server: Any) -> None:
    fresh = server.registry.rotate_secret(server.client.client_id)
    assert server.token(grant_type="client_credentials", authorization_details=OWN).status_code == 401
    assert server.token(fresh, grant_type="client_credentials", authorization_details=OWN).status_code == 200


async def test_14_15_16_token_parameters_are_read_strictly(server: Any) -> None:
    auth = (server.client.client_id, server.client.client_secret)
    form = "application/x-www-form-urlencoded"
    good = b"grant_type=client_credentials&scope=grant_management_query"
    headers = {"content-type": form}
    assert server.http.post("/oauth/token", content=good, auth=auth, headers=headers).status_code == 200
    cases = [  # each of them is the good one, and wrong in one thing
        ("/oauth/token?x=1", good, form),
        ("/oauth/token?scope=grant_management_query", b"grant_type=client_credentials", form),
        ("/oauth/token", good + b"&scope=grant_management_query", form),
        ("/oauth/token", good + b"&x=1&x=1", form),
        ("/oauth/token", good + b"&x=%00", form),
        ("/oauth/token", good + b"&x=%ff", form),
        ("/oauth/token", good + b"&x=" + b"x" * 40_000, form),
        ("/oauth/token", good, "application/json"),
        ("/oauth/token", good, "multipart/form-data"),
    ]
    for path, body, media_type in cases:
        answer = server.http.post(path, content=body, auth=auth, headers={"content-type": media_type})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), (path, body[40:80])


async def test_37_no_store_and_no_secrets_in_the_log(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = server.code()
    answer = server.redeem(code)
    body = answer.json()
    again = server.refresh(body["refresh_token"])
    assert answer.headers["cache-control"] == again.headers["cache-control"] == "no-store"
    secrets = [
        code,
        body["access_token"],
        body["refresh_token"],
        again.json()["access_token"],
        server.client.client_secret,
    ]
    assert caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


async def test_secrets_are_stored_as_fingerprints_only(server: Any) -> None:
    handle = server.begin()
    body = _tokens(server)
    with server.engine.connect() as connection:
        dump = repr([connection.execute(table.select()).all() for table in (TOKENS, CODES, REQUESTS)])
    for secret in (handle, body["access_token"], body["refresh_token"]):
        assert secret not in dump
        assert fingerprint(secret) in dump


async def test_revoking_an_access_token_ends_it_alone(server: Any) -> None:
    body = _tokens(server)
    assert server.post("/oauth/revoke", {"token": body["access_token"], "token_type_hint": "x"}).status_code == 200
    assert not server.is_active(body["access_token"])
    assert server.refresh(body["refresh_token"]).status_code == 200


async def test_revoking_a_refresh_token_ends_the_family_and_not_the_grant(server: Any) -> None:
    body = _tokens(server)
    assert server.post("/oauth/revoke", {"token": body["refresh_token"]}).status_code == 200
    assert not server.is_active(body["access_token"])
    assert not server.is_active(body["refresh_token"])
    assert server.world.grants.find(body["grant_id"]).status == "active"


async def test_revoking_needs_ones_own_token(server: Any) -> None:
    body, other = _tokens(server), server.new_client()
    answer = server.post("/oauth/revoke", {"token": body["access_token"]}, other)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert server.is_active(body["access_token"])
    assert server.post("/oauth/revoke", {"token": "gwa_" + "x" * 43}).status_code == 200
    assert server.post("/oauth/revoke", {}).json()["error"] == "invalid_request"


async def test_introspection_describes_a_live_token(server: Any) -> None:
    body = _tokens(server)
    described = server.post("/oauth/introspect", {"token": body["access_token"]}).json()
    assert described == {
        "active": True,
        "client_id": server.client.client_id,
        "token_type": "Bearer",
        "scope": "gig:engagements gig:ratings",
        "iss": "https://gigway.example",
        "iat": int(server.clock().timestamp()),
        "exp": int(server.clock().timestamp()) + 3600,
        "authorization_details": body["authorization_details"],
        "grant_id": body["grant_id"],
        "sub": body["worker"],
    }


async def test_55_introspection_by_a_foreign_client_says_inactive(server: Any) -> None:
    body, other = _tokens(server), server.new_client()
    assert server.post("/oauth/introspect", {"token": body["access_token"]}, other).json() == {"active": False}
    assert server.post("/oauth/introspect", {"token": "nonsense"}).json() == {"active": False}


async def test_a_code_flow_token_stands_for_its_grant(server: Any) -> None:
    body = _tokens(server)
    found = await server.tokens.authenticate(f"Bearer {body['access_token']}")
    assert found == AuthenticatedToken(
        kind="actor",
        token_ref=fingerprint(body["access_token"])[:12],
        client_id=server.client.client_id,
        actor_id="acme",
        grant_id=body["grant_id"],
        worker_id=server.worker_id,
        purpose="job_matching",
        scopes=frozenset({"gig:engagements", "gig:ratings"}),
        expires_at=server.clock() + timedelta(hours=1),
    )


async def test_effective_scopes_shrink_with_the_registration(server: Any) -> None:
    body = _tokens(server)
    with server.engine.begin() as connection:
        connection.execute(ACTORS.update().values(categories=["ratings"]))
    found = await server.tokens.authenticate(f"bearer  {body['access_token']}")
    assert found.scopes == {"gig:ratings"}


async def test_56_refresh_tokens_and_codes_are_no_access_tokens(server: Any) -> None:
    code = server.code()
    body = _tokens(server)
    for secret in (body["refresh_token"], code, body["access_token"] + "x", "x", body["access_token"].upper()):
        refused = await server.tokens.authenticate(f"Bearer {secret}")
        assert isinstance(refused, TokenRefused)
        assert (refused.error, refused.status) == ("invalid_token", 401)
        assert 'error="invalid_token"' in refused.challenge


@pytest.mark.parametrize(
    ("header", "error", "status"),
    [
        (None, "", 401),
        ("", "invalid_request", 400),
        ("Bearer", "invalid_request", 400),
        ("Basic x", "invalid_request", 400),
        ("Bearer " + "x" * 600, "invalid_request", 400),
        ("Bearer gwa_ü", "invalid_token", 401),
    ],
)
async def test_authorization_headers_of_another_form(server: Any, header: str | None, error: str, status: int) -> None:
    refused = await server.tokens.authenticate(header)
    assert (refused.error, refused.status) == (error, status)
    metadata = 'resource_metadata="https://gigway.example/.well-known/oauth-protected-resource"'
    assert metadata in refused.challenge


@pytest.mark.parametrize("end", ["grant", "client", "gate", "actor", "token", "time"])
async def test_an_access_token_dies_with_whatever_it_stands_on(server: Any, end: str) -> None:
    body = _tokens(server)
    match end:
        case "grant":
            await server.world.grants.revoke(body["grant_id"], by="worker", reason="test")
        case "client":
            server.disable_client()
        case "gate":
            await server.world.stops.close_client(server.client.client_id, reason="test")
        case "actor":
            server.suspend_actor()
        case "token":
            server.post("/oauth/revoke", {"token": body["access_token"]})
        case "time":
            server.clock.advance(timedelta(hours=1))
    refused = await server.tokens.authenticate(f"Bearer {body['access_token']}")
    assert (refused.error, refused.status) == ("invalid_token", 401)


async def test_metadata_says_what_is_implemented(server: Any) -> None:
    found = server.http.get("/.well-known/oauth-authorization-server").json()
    assert found["issuer"] == "https://gigway.example"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    for name in ("authorization", "token", "revocation", "introspection"):
        path = found[f"{name}_endpoint"].removeprefix("https://gigway.example")
        assert server.http.get(path).status_code in (400, 405), path
    resource = server.http.get("/.well-known/oauth-protected-resource").json()
    assert resource["authorization_servers"] == ["https://gigway.example"]
