"""The FAPI 2.0 Security Profile: a hand-made client that breaks one rule at a time. Numbers: the attack list."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from consent.oauth.actors import RegistrationError
from consent.oauth.authorization import CannotReturn
from consent.oauth.dpop import Presented, token_hash
from consent.oauth.live_tokens import AuthenticatedToken
from tests.consent.oauth.fapi_client import (
    ASSERTION,
    CALLBACK,
    HOLDING,
    ISSUER,
    SIGNING,
    STRANGER,
    VERIFIER,
    Change,
    Fapi,
    sign,
)

pytestmark = pytest.mark.anyio

RSA = RSAKey.generate_key(2048)
NONE, HS256 = b'{"alg":"none","kid":"k1"}', b'{"alg":"HS256","kid":"k1"}'


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error")


async def test_the_whole_way(ready: Fapi) -> None:
    answer = ready.redeem(ready.code())
    body = answer.json()
    assert (answer.status_code, body["token_type"]) == (200, "DPoP")
    described = ready.post("/oauth/introspect", {"token": body["access_token"]}).json()
    assert described["cnf"] == {"jkt": HOLDING.thumbprint()}
    url = f"{ISSUER}/graphql"
    proof = ready.proof(url, ath=token_hash(body["access_token"]))
    found = await ready.server.tokens.authenticate(
        f"DPoP {body['access_token']}", Presented(proofs=[proof], method="POST", url=url)
    )
    assert isinstance(found, AuthenticatedToken)
    assert found.dpop_jkt == HOLDING.thumbprint()
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    for _ in range(2):
        again = ready.post("/oauth/token", form, proof=ready.proof(f"{ISSUER}/oauth/token"))
        assert again.status_code == 200, "a FAPI client's refresh token is not rotated"
        assert "refresh_token" not in again.json()


# Pushed requests


async def test_1_a_fapi_clients_plain_request_is_refused(fapi: Fapi, read_query: Any) -> None:
    answer = fapi.server.authorize(client_id=fapi.client_id)
    assert read_query(answer.headers["location"])["error"] == "invalid_request"


async def test_2_pushing_needs_client_authentication(fapi: Fapi) -> None:
    answer = fapi.server.http.post("/oauth/par", data=fapi.server.query(client_id=fapi.client_id))
    assert error_of(answer) == (401, "invalid_client")


async def test_3_a_pushed_request_cannot_refer_to_another(fapi: Fapi) -> None:
    other = fapi.push().json()["request_uri"]
    assert error_of(fapi.push(request_uri=other)) == (400, "invalid_request")


async def test_4_a_request_uri_is_bound_to_its_client(fapi: Fapi) -> None:
    request_uri = fapi.push().json()["request_uri"]
    other = fapi.register(STRANGER)
    answer = fapi.server.http.get("/oauth/authorize", params={"client_id": other, "request_uri": request_uri})
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_5_a_request_uri_expires(fapi: Fapi) -> None:
    pushed = fapi.push().json()
    assert pushed["expires_in"] == 300
    fapi.clock.advance(timedelta(seconds=300))
    parameters = {"client_id": fapi.client_id, "request_uri": pushed["request_uri"]}
    assert isinstance(fapi.server.authorizations.begin(parameters, httpx2.Headers()), CannotReturn)


async def test_6_a_request_uri_may_be_reused_before_the_answer_and_not_after(fapi: Fapi) -> None:
    parameters = {"client_id": fapi.client_id, "request_uri": fapi.push().json()["request_uri"]}
    handles = {fapi.server.http.get("/oauth/authorize", params=parameters).headers["location"] for _ in range(2)}
    fapi.server.approve(handles.pop().removeprefix("/consent/"))
    assert not handles
    assert fapi.server.http.get("/oauth/authorize", params=parameters).status_code == 400


async def test_7_pushing_is_post_only(fapi: Fapi) -> None:
    assert fapi.server.http.get("/oauth/par").status_code == 405


async def test_20_what_stands_beside_a_request_uri_is_ignored(fapi: Fapi) -> None:
    parameters = fapi.server.query(client_id=fapi.client_id, redirect_uri="https://evil.example/", state="other")
    parameters |= {"request_uri": fapi.push().json()["request_uri"], "authorization_details": "[]"}
    handle = fapi.server.http.get("/oauth/authorize", params=parameters).headers["location"].removeprefix("/consent/")
    outcome = fapi.server.approve(handle)
    assert outcome.location.startswith(f"{CALLBACK}?")
    assert "state=s-1" in outcome.location


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"dpop_jkt": "short"}, "invalid_dpop_proof"),
    ],
)
async def test_pushed_errors_are_json_and_never_redirects(fapi: Fapi, changes: Any, error: str) -> None:
    answer = fapi.push(**changes)
    assert error_of(answer) == (400, error)
    assert "location" not in answer.headers


async def test_state_may_be_long_or_absent(fapi: Fapi, read_query: Any) -> None:
    for state in ("s" * 1_000, None):
        parameters = {"client_id": fapi.client_id, "request_uri": fapi.push(state=state).json()["request_uri"]}
        handle = fapi.server.http.get("/oauth/authorize", params=parameters).headers["location"].rpartition("/")[2]
        assert read_query(fapi.server.approve(handle).location).get("state") == state


async def test_a_fapi_client_must_authenticate_at_the_token_endpoint(ready: Fapi) -> None:
    form = {"grant_type": "authorization_code", "code": ready.code(), "client_id": ready.client_id}
    answer = ready.server.http.post("/oauth/token", data=form, headers={"DPoP": ready.proof(f"{ISSUER}/oauth/token")})
    assert error_of(answer) == (401, "invalid_client")


# Client authentication


async def test_38_an_assertion_counts_once_even_at_once(fapi: Fapi) -> None:
    assertion = fapi.assertion()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: fapi.push(assertion=assertion).status_code, range(6)))
    assert sorted(statuses) == [201] + [401] * 5


async def test_38_49_54_what_counts_once_counts_once_in_all_processes(ready: Fapi) -> None:
    url, here, there = f"{ISSUER}/oauth/token", ready.server.http, ready.server.another_process()
    proof, assertion = ready.proof(url), ready.assertion()
    first, second = ready.code(), ready.code()
    ready.server.http = there
    assert ready.redeem(first, proof=proof, assertion=assertion).status_code == 200, "the other's nonce is good here"
    for process in (here, there):
        ready.server.http = process
        assert error_of(ready.redeem(second, proof=proof)) == (400, "invalid_dpop_proof")
        assert error_of(ready.redeem(second, assertion=assertion)) == (401, "invalid_client")
    assert ready.redeem(second).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": f"{ISSUER}/oauth/token"},
        {"aud": f"{ISSUER}/oauth/par"},
        {"aud": [ISSUER]},
        {"aud": f"{ISSUER}/"},
        {"aud": None},
        {"exp": -300},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 86_400},
        {"sub": None},
        {"sub": 1},
        {"sub": "unknown"},
        {"sub": "\0", "iss": "\0"},
        {"iss": "another"},
        {"iss": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 300},
        {"iat": 61},
        {"nbf": 61},
    ],
)
async def test_39_40_41_assertions_with_wrong_claims(fapi: Fapi, changes: Change) -> None:
    for name in ("exp", "iat", "nbf"):
        if isinstance(changes.get(name), int) and not isinstance(changes[name], bool):
            changes = {name: fapi.now() + changes[name]}
    assert error_of(fapi.push(assertion=fapi.assertion(**changes))) == (401, "invalid_client")


async def test_41_a_clock_that_is_eight_seconds_ahead_is_accepted(fapi: Fapi) -> None:
    ahead = fapi.now() + 8
    assert fapi.push(assertion=fapi.assertion(iat=ahead, nbf=ahead)).status_code == 201


async def test_42_algorithms_are_ours_to_choose(fapi: Fapi) -> None:
    """Each assertion is right in everything but its algorithm; the key is the registered one, or its public half."""
    fapi.client_id = fapi.register(RSA)
    assert fapi.push(assertion=fapi.assertion({"alg": "PS256"}, key=RSA)).status_code == 201
    assert error_of(fapi.push(assertion=fapi.assertion({"alg": "RS256"}, key=RSA))) == (401, "invalid_client")
    claims = fapi.assertion({"alg": "PS256"}, key=RSA).split(".")[1]
    forged = [f"{_base64(NONE)}.{claims}."]
    for public in (RSA.as_pem(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        signed = f"{_base64(HS256)}.{claims}"
        forged.append(f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}")
    for assertion in (*forged, "x", "a.b.c", "a" * 8_000):
        assert error_of(fapi.push(assertion=assertion)) == (401, "invalid_client")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "unknown"},
        {"kid": "../../keys"},
        {"kid": "k1' OR '1'='1"},
        {"jwk": STRANGER.as_dict(private=False)},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
    ],
)
async def test_43_a_header_cannot_bring_its_own_key(fapi: Fapi, header: Change) -> None:
    assert error_of(fapi.push(assertion=fapi.assertion(header, key=STRANGER))) == (401, "invalid_client")


async def test_44_two_methods_are_refused(fapi: Fapi) -> None:
    form = {
        "client_assertion": fapi.assertion(),
        "client_assertion_type": ASSERTION,
        "grant_type": "client_credentials",
        "scope": "grant_management_query",
    }
    answer = fapi.server.post("/oauth/token", form)
    assert error_of(answer) == (400, "invalid_request")
    assert "more than one way" in answer.json()["error_description"]


async def test_45_a_replaced_key_stops_working(fapi: Fapi) -> None:
    fapi.server.registry.replace_keys(fapi.client_id, {"keys": [{**STRANGER.as_dict(private=False), "kid": "k1"}]})
    assert error_of(fapi.push()) == (401, "invalid_client")
    assert fapi.push(assertion=fapi.assertion(key=STRANGER)).status_code == 201


@pytest.mark.parametrize("key", [OKPKey.generate_key("Ed25519"), RSA])
async def test_other_algorithms_of_the_profile(fapi: Fapi, key: Key) -> None:
    fapi.client_id = fapi.register(key)
    algorithm = "PS256" if isinstance(key, RSAKey) else "Ed25519"
    assert fapi.push(assertion=fapi.assertion({"alg": algorithm}, key=key)).status_code == 201


@pytest.mark.parametrize(
    "key",
    [
        SIGNING.as_dict(private=True),
        OctKey.generate_key(256).as_dict(),
        {"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(b"\xc1" * 128).rstrip(b"=").decode()},
        ECKey.generate_key("P-384").as_dict(private=False),
        {"kty": "EC"},
        {"kty": []},
        "x",
    ],
)
async def test_keys_that_are_no_public_keys_of_ours_are_not_registered(server: Any, key: Any) -> None:
    with pytest.raises(RegistrationError):
        server.new_client(jwks={"keys": [key]})


# DPoP


async def test_36_a_nonce_retry_does_not_burn_the_code(fapi: Fapi) -> None:
    code = fapi.code()
    assert error_of(fapi.redeem(code)) == (400, "use_dpop_nonce")
    assert fapi.redeem(code).status_code == 200


def _proof_header(**changes: Any) -> Change:
    return {"alg": "ES256", "typ": "dpop+jwt", "jwk": HOLDING.as_dict(private=False)} | changes


def _header(**changes: Any) -> Callable[[Fapi, str], str]:
    return lambda fapi, url: fapi.proof(url, header=changes)


def _claims(**changes: Any) -> Callable[[Fapi, str], str]:
    return lambda fapi, url: fapi.proof(url, **changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda fapi, url: "x",
        lambda fapi, url: "",
        lambda fapi, url: "a.b.c",
        _header(typ="jwt"),
        _header(typ=None),
        _header(jwk=None),
        _header(jwk=STRANGER.as_dict(private=False)),
        _header(jwk=HOLDING.as_dict(private=True)),
        lambda fapi, url: sign(
            {"alg": "HS256", "typ": "dpop+jwt", "jwk": {"kty": "oct", "k": "AAAA"}}, {}, OctKey.generate_key(256)
        ),
        _claims(htm="GET"),
        _claims(htm="post"),
        _claims(htu=f"{ISSUER}/oauth/par"),
        _claims(htu="https://other.example/oauth/token"),
        _claims(htu=None),
        _claims(htu=f"{ISSUER}:8443/oauth/token"),
        _claims(htu="https://gigway.example:x/"),
        _claims(jti=None),
        _claims(iat=None),
        lambda fapi, url: fapi.proof(url, iat=fapi.now() - 3_600),
        lambda fapi, url: fapi.proof(url, iat=fapi.now() + 3_600),
        lambda fapi, url: sign(
            {"alg": "ES256", "typ": "dpop+jwt", "jwk": HOLDING.as_dict(private=False)}, b"[1]", HOLDING
        ),
    ],
)
async def test_46_47_48_proofs_that_do_not_count(ready: Fapi, make: Callable[[Fapi, str], str]) -> None:
    code = ready.code()
    answer = ready.redeem(code, proof=make(ready, f"{ISSUER}/oauth/token") or "-")
    assert error_of(answer) == (400, "invalid_dpop_proof")
    assert ready.redeem(code).status_code == 200, "the code is still good"


async def test_46_two_proofs_and_none(ready: Fapi) -> None:
    form = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    assert error_of(ready.post("/oauth/token", form)) == (400, "invalid_dpop_proof")
    url = f"{ISSUER}/oauth/token"
    fields = form | {"client_assertion_type": ASSERTION, "client_assertion": ready.assertion()}
    two = [("DPoP", ready.proof(url)), ("DPoP", ready.proof(url))]
    assert error_of(ready.server.http.post("/oauth/token", data=fields, headers=two)) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("htu", ["?query=1", "#fragment"])
async def test_47_query_and_fragment_do_not_count(ready: Fapi, htu: str) -> None:
    assert ready.redeem(ready.code(), proof=ready.proof(f"{ISSUER}/oauth/token{htu}")).status_code == 200


async def test_47_case_and_default_port_do_not_count(ready: Fapi) -> None:
    url = "HTTPS://GigWay.example:443/oauth/token"
    assert ready.redeem(ready.code(), proof=ready.proof(url)).status_code == 200


async def test_48_a_clock_ten_seconds_off_is_accepted(ready: Fapi) -> None:
    for offset in (-10, 10):
        proof = ready.proof(f"{ISSUER}/oauth/token", iat=ready.now() + offset)
        assert ready.redeem(ready.code(), proof=proof).status_code == 200


async def test_48_a_proof_may_carry_nbf_and_exp(ready: Fapi) -> None:
    proof = ready.proof(f"{ISSUER}/oauth/token", nbf=ready.now() - 5, exp=ready.now() + 60)
    assert ready.redeem(ready.code(), proof=proof).status_code == 200


async def test_49_a_proof_counts_once(ready: Fapi) -> None:
    proof = ready.proof(f"{ISSUER}/oauth/token")
    assert ready.redeem(ready.code(), proof=proof).status_code == 200
    assert error_of(ready.redeem(ready.code(), proof=proof)) == (400, "invalid_dpop_proof")


async def test_53_a_code_is_bound_to_the_key_named_when_pushing(ready: Fapi) -> None:
    code = ready.code(dpop_jkt=STRANGER.thumbprint())
    assert error_of(ready.redeem(code)) == (400, "invalid_grant")
    url = f"{ISSUER}/oauth/token"
    bound = ready.code(dpop_jkt=STRANGER.thumbprint())
    assert ready.redeem(bound, proof=ready.proof(url, key=STRANGER)).status_code == 200
    other = ready.proof(f"{ISSUER}/oauth/par", key=HOLDING)
    assert error_of(ready.push(proof=other, dpop_jkt=STRANGER.thumbprint())) == (400, "invalid_dpop_proof")


async def test_54_nonces_are_ours_fresh_and_good_in_every_process(ready: Fapi) -> None:
    url, good = f"{ISSUER}/oauth/token", ready.nonce
    for nonce in ("", "x" * 32, good[:-1] + ("A" if good[-1] != "A" else "B"), None, 1):
        answer = ready.redeem(ready.code(), proof=ready.proof(url, nonce=nonce))
        assert error_of(answer) == (400, "use_dpop_nonce")
    ready.nonce = good
    assert ready.redeem(ready.code()).status_code == 200, "a nonce is not used up"
    ready.nonce = good
    ready.clock.advance(timedelta(minutes=5))
    assert error_of(ready.redeem(ready.code())) == (400, "use_dpop_nonce")


async def test_50_51_52_a_bound_token_needs_its_key_and_its_scheme(ready: Fapi) -> None:
    token = ready.redeem(ready.code()).json()["access_token"]
    url = f"{ISSUER}/graphql"

    async def outcome(header: str, *proofs: str) -> str:
        found = await ready.server.tokens.authenticate(header, Presented(proofs=proofs, method="POST", url=url))
        return "in" if isinstance(found, AuthenticatedToken) else found.error

    ath = token_hash(token)
    assert await outcome(f"dPoP {token}", ready.proof(url, ath=ath)) == "in"
    assert await outcome(f"Bearer {token}", ready.proof(url, ath=ath)) == "invalid_token"
    assert await outcome(f"DPoP {token}") == "invalid_dpop_proof"
    assert await outcome(f"DPoP {token}", ready.proof(url)) == "invalid_dpop_proof"
    assert await outcome(f"DPoP {token}", ready.proof(url, ath=token_hash("gwa_other"))) == "invalid_dpop_proof"
    assert await outcome(f"DPoP {token}", ready.proof(url, key=STRANGER, ath=ath)) == "invalid_token"
    assert await outcome(f"DPoP {token}", ready.proof(url, ath=ath, nonce="x")) == "use_dpop_nonce"
    refused = await ready.server.tokens.authenticate(f"DPoP {token}")
    assert refused.challenge.startswith("DPoP ")
    assert refused.dpop_nonce


async def test_52_an_unbound_token_is_no_dpop_token(server: Any) -> None:
    token = server.redeem(server.code()).json()["access_token"]
    refused = await server.tokens.authenticate(f"DPoP {token}", Presented(proofs=[], method="POST", url="x"))
    assert refused.error == "invalid_token"


async def test_a_baseline_client_may_use_dpop_and_push_as_well(server: Any) -> None:
    fapi = Fapi(server)
    fapi.learn_nonce()
    code = server.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    headers = {"DPoP": fapi.proof(f"{ISSUER}/oauth/token")}
    assert server.post("/oauth/token", form, headers=headers).json()["token_type"] == "DPoP"
    pushed = server.post("/oauth/par", server.query()).json()
    assert pushed["request_uri"].startswith("urn:ietf:params:oauth:request_uri:gwq_")
