"""The one protected resource: its metadata (RFC 9728), and tokens that are for it alone (RFC 8707)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from consent.oauth.signed_jwt import ALGORITHMS
from tests.consent.oauth.fapi_client import ISSUER, Fapi

pytestmark = pytest.mark.anyio

RESOURCE = f"{ISSUER}/graphql"
ELSEWHERE = ["https://other.example/graphql", ISSUER, f"{RESOURCE}/", f"{RESOURCE}#part", "graphql"]


async def test_rfc_9728_what_a_challenge_names_describes_the_resource(server: Any) -> None:
    refused = await server.tokens.authenticate("Bearer gwa_unknown")
    named = re.search(r'resource_metadata="([^"]+)"', refused.challenge)
    assert named is not None
    answer = server.http.get(named[1])
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    scopes = found.pop("scopes_supported")
    assert {"gig:engagements", "gig:ratings"} <= set(scopes)
    assert not {"gig:emotional_state", "grant_management_query"} & set(scopes), "what this resource never serves"
    assert found == {
        "resource": RESOURCE,
        "resource_name": "Gigway",
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_details_types_supported": ["gig_data"],
    }


async def test_rfc_9728_metadata_stands_where_the_resource_s_address_puts_it(server: Any) -> None:
    """RFC 9728 §3.1: the well-known part stands between host and path."""
    derived = server.http.get("/.well-known/oauth-protected-resource/graphql")
    assert derived.json()["resource"] == RESOURCE
    issuer = derived.json()["authorization_servers"][0]
    assert server.http.get(f"{issuer}/.well-known/oauth-authorization-server").json()["issuer"] == issuer


@pytest.mark.parametrize("header", [None, "Basic x", "DPoP gwa_unknown"])
async def test_rfc_9728_every_challenge_names_the_metadata(server: Any, header: str | None) -> None:
    refused = await server.tokens.authenticate(header)
    assert f'resource_metadata="{ISSUER}/.well-known/oauth-protected-resource"' in refused.challenge


@pytest.mark.parametrize("resource", ELSEWHERE)
async def test_rfc_8707_a_code_is_not_redeemed_for_another_resource_and_stays_good(server: Any, resource: str) -> None:
    code = server.code(resource=RESOURCE)
    refused = server.redeem(code, resource=resource)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert server.redeem(code, resource=RESOURCE).status_code == 200


@pytest.mark.parametrize("resource", ELSEWHERE)
async def test_rfc_8707_a_refresh_token_is_for_the_same_resource(server: Any, resource: str) -> None:
    token = server.redeem(server.code()).json()["refresh_token"]
    refused = server.refresh(token, resource=resource)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert server.refresh(token, resource=RESOURCE).status_code == 200, "the refusal did not use it up"


@pytest.mark.parametrize("resource", ELSEWHERE)
async def test_rfc_8707_client_credentials_are_for_the_same_resource(server: Any, resource: str) -> None:
    form = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    refused = server.token(**form, resource=resource)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert server.token(**form, resource=RESOURCE).status_code == 200


@pytest.mark.parametrize("resource", ELSEWHERE)
async def test_rfc_8707_nobody_is_asked_for_another_resource(server: Any, read_query: Any, resource: str) -> None:
    answer = server.authorize(resource=resource)
    assert read_query(answer.headers["location"])["error"] == "invalid_target"


async def test_rfc_8707_a_pushed_request_may_name_the_resource(fapi: Fapi) -> None:
    assert fapi.push(resource=RESOURCE).status_code == 201
    assert fapi.push(resource=ISSUER).json()["error"] == "invalid_target"


async def test_rfc_8707_two_resources_are_refused(server: Any) -> None:
    """There is one resource, and every parameter is read once (RFC 6749 §3.2)."""
    auth = (server.client.client_id, server.client.client_secret)
    body = f"grant_type=client_credentials&scope=grant_management_query&resource={RESOURCE}&resource={RESOURCE}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = server.http.post("/oauth/token", content=body, headers=headers, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
