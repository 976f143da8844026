"""OpenID's DPoP negative tests at a protected resource, one by one: each case goes over HTTP with a token that works.

A case runs the conformance suite's step of the same meaning (`FAPI2SPFinalDpopNegativeTests`); its last step, that a
correct proof still works, closes every case here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey

from consent.oauth.dpop import token_hash
from tests.consent.oauth.fapi_client import HOLDING, ISSUER, STRANGER, Fapi, sign

pytestmark = pytest.mark.anyio

RSA = RSAKey.generate_key(2048)


@dataclass
class Resource:
    """A grant as the protected resource, with a bound token that opens it."""

    fapi: Fapi
    grant_id: str
    token: str = field(repr=False)

    @property
    def path(self) -> str:
        return f"/oauth/grants/{self.grant_id}"

    def proof(self, **options: Any) -> str:
        made = {"url": f"{ISSUER}{self.path}", "method": "GET", "ath": token_hash(self.token)} | options
        return self.fapi.proof(made.pop("url"), **made)

    def get(self, *headers: tuple[str, str], scheme: str = "DPoP", query: str = "") -> httpx2.Response:
        sent = [("Authorization", f"{scheme} {self.token}"), *headers]
        answer: httpx2.Response = self.fapi.server.http.get(f"{self.path}{query}", headers=sent)
        return answer

    def tried(self, *headers: tuple[str, str], scheme: str = "DPoP", query: str = "") -> str:
        answer = self.get(*headers, scheme=scheme, query=query)
        if answer.status_code == 200:
            return "accepted"
        assert answer.status_code == 401
        return str(answer.json()["error"])

    def prove(self, **options: Any) -> str:
        return self.tried(("DPoP", self.proof(**options)))


@pytest.fixture
def resource(ready: Fapi) -> Resource:
    grant_id = ready.redeem(ready.code()).json()["grant_id"]
    form = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    own = ready.post("/oauth/token", form, proof=ready.proof(f"{ISSUER}/oauth/token")).json()
    return Resource(ready, grant_id, own["access_token"])


def _resigned(resource: Resource, header: dict[str, Any] | None = None, part: int = 0, text: str | None = None) -> str:
    """A good proof with its header replaced, or one of its parts, after it was signed."""
    parts = resource.proof().split(".")
    if header is not None:
        text = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    parts[part] = text if text is not None else parts[part]
    return ".".join(parts)


def _header(**changes: Any) -> dict[str, Any]:
    full = {"alg": "ES256", "typ": "dpop+jwt", "jwk": HOLDING.as_dict(private=False)} | changes
    return {name: value for name, value in full.items() if value is not None}


def _bad_signature(resource: Resource) -> str:
    proof = resource.proof()
    return proof[:-8] + ("A" * 8 if not proof.endswith("A" * 8) else "B" * 8)


def _rs256(resource: Resource) -> str:
    claims = {"jti": "rs", "htm": "GET", "htu": f"{ISSUER}{resource.path}", "iat": resource.fapi.now()}
    claims |= {"ath": token_hash(resource.token), "nonce": resource.fapi.nonce}
    return sign({"alg": "RS256", "typ": "dpop+jwt", "jwk": RSA.as_dict(private=False)}, claims, RSA)


def _twice(resource: Resource) -> str:
    proof = ("DPoP", resource.proof(jti="the-same"))
    assert resource.tried(proof) == "accepted"
    return resource.tried(proof)


ACCEPTED, REFUSED, TOKEN = "accepted", "invalid_dpop_proof", "invalid_token"

CASES: dict[str, tuple[Callable[[Resource], str], str]] = {
    "header-in-capitals": (lambda it: it.tried(("DPOP", it.proof())), ACCEPTED),
    "two-proofs": (lambda it: it.tried(("DPoP", it.proof()), ("DPoP", it.proof())), REFUSED),
    "not-a-jwt": (lambda it: it.tried(("DPoP", it.proof().replace(".", "_"))), REFUSED),
    "typ-missing": (lambda it: it.prove(header={"typ": None}), REFUSED),
    "alg-missing": (lambda it: it.tried(("DPoP", _resigned(it, _header(alg=None)))), REFUSED),
    "jwk-missing": (lambda it: it.prove(header={"jwk": None}), REFUSED),
    "jti-missing": (lambda it: it.prove(jti=None), REFUSED),
    "htm-missing": (lambda it: it.prove(htm=None), REFUSED),
    "htu-missing": (lambda it: it.prove(htu=None), REFUSED),
    "iat-missing": (lambda it: it.prove(iat=None), REFUSED),
    "ath-missing": (lambda it: it.prove(ath=None), REFUSED),
    "typ-wrong": (lambda it: it.prove(header={"typ": "jwt"}), REFUSED),
    "alg-rs256": (lambda it: it.tried(("DPoP", _rs256(it))), REFUSED),
    "alg-none": (
        lambda it: it.tried(("DPoP", _resigned(it, _header(alg="none")).rpartition(".")[0] + ".")),
        REFUSED,
    ),
    "signature-wrong": (lambda it: it.tried(("DPoP", _bad_signature(it))), REFUSED),
    "jwk-private": (lambda it: it.prove(header={"jwk": HOLDING.as_dict(private=True)}), REFUSED),
    "htm-wrong": (lambda it: it.prove(htm="PUT"), REFUSED),
    "htu-with-query-and-fragment": (lambda it: it.prove(url=f"{ISSUER}{it.path}?a=b#c"), ACCEPTED),
    "htu-without-query": (lambda it: it.tried(("DPoP", it.proof()), query="?a=b"), ACCEPTED),
    "htu-wrong": (lambda it: it.prove(url=f"{ISSUER}/oauth/grants/another"), REFUSED),
    "iat-an-hour-ahead": (lambda it: it.prove(iat=it.fapi.now() + 3_600), REFUSED),
    "iat-an-hour-ago": (lambda it: it.prove(iat=it.fapi.now() - 3_600), REFUSED),
    "jti-first-use": (lambda it: it.prove(jti="the-same"), ACCEPTED),
    "jti-second-use": (_twice, REFUSED),
    "ath-wrong": (lambda it: it.prove(ath=token_hash("gwa_another")), REFUSED),
    "another-key": (lambda it: it.prove(key=STRANGER), TOKEN),
    "unknown-claims": (lambda it: it.prove(header={"more": "x"}, more="y"), ACCEPTED),
    "htu-in-capitals": (lambda it: it.prove(url=f"HTTPS://GIGWAY.EXAMPLE{it.path}"), ACCEPTED),
    "htu-with-default-port": (lambda it: it.prove(url=f"{ISSUER}:443{it.path}"), ACCEPTED),
    "no-proof": (lambda it: it.tried(), REFUSED),
    "no-proof-as-bearer": (lambda it: it.tried(scheme="Bearer"), TOKEN),
}


@pytest.mark.parametrize("case", CASES)
async def test_46_54_each_case_of_the_conformance_suite(resource: Resource, case: str) -> None:
    attempt, expected = CASES[case]
    assert attempt(resource) == expected
    assert resource.prove() == ACCEPTED, "the token still works"
