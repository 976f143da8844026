"""A hand-made client of the FAPI 2.0 Security Profile, which breaks a rule when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey, Key

ISSUER = "https://gigway.example"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CALLBACK, VERIFIER = "https://actor.example/callback", "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SIGNING, HOLDING, STRANGER = (ECKey.generate_key("P-256") for _ in range(3))

Change = dict[str, Any]


def sign(header: Change, claims: Any, key: Key) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    algorithms = ["ES256", "PS256", "RS256", "HS256", "Ed25519"]
    return jws.serialize_compact(header, payload, key, registry=jws.JWSRegistry(None, algorithms, False))


class Fapi:
    """A client that does everything right unless told otherwise."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.clock = server.clock
        self.client_id = self.register(SIGNING)
        self.nonce = ""

    def register(self, key: Key) -> str:
        jwks = {"keys": [{**key.as_dict(private=False), "kid": "k1"}]}
        made: str = self.server.new_client(profile="fapi2", jwks=jwks).client_id
        return made

    def now(self) -> int:
        return int(self.clock().timestamp())

    def assertion(self, header: Change | None = None, key: Key = SIGNING, **changes: Any) -> str:
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "exp": self.now() + 60,
            "iat": self.now(),
        }
        claims |= {"jti": uuid.uuid4().hex} | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign({"alg": "ES256", "kid": "k1"} | (header or {}), kept, key)

    def proof(
        self, url: str, method: str = "POST", header: Change | None = None, key: Key = HOLDING, **changes: Any
    ) -> str:
        claims = {"jti": uuid.uuid4().hex, "htm": method, "htu": url, "iat": self.now(), "nonce": self.nonce} | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        full = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)} | (header or {})
        return sign({name: value for name, value in full.items() if value is not None}, kept, key)

    def post(
        self, path: str, form: dict[str, str], *, assertion: str | None = None, proof: str | None = None
    ) -> httpx2.Response:
        fields = {"client_assertion_type": ASSERTION, "client_assertion": assertion or self.assertion()} | form
        headers = {} if proof is None else {"DPoP": proof}
        answer: httpx2.Response = self.server.http.post(path, data=fields, headers=headers)
        self.nonce = answer.headers.get("dpop-nonce", self.nonce)
        return answer

    def push(self, *, assertion: str | None = None, proof: str | None = None, **changes: str | None) -> httpx2.Response:
        form = self.server.query(client_id=self.client_id, **changes)
        return self.post("/oauth/par", form, assertion=assertion, proof=proof)

    def learn_nonce(self) -> None:
        answer = self.post("/oauth/token", {"grant_type": "x"}, proof=self.proof(f"{ISSUER}/oauth/token"))
        assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")

    def code(self, **changes: str | None) -> str:
        request_uri = self.push(**changes).json()["request_uri"]
        answer = self.server.http.get(
            "/oauth/authorize", params={"client_id": self.client_id, "request_uri": request_uri}
        )
        handle = answer.headers["location"].removeprefix("/consent/")
        location = self.server.approve(handle).location
        code: str = httpx2.QueryParams(location.partition("?")[2])["code"]
        return code

    def redeem(self, code: str, *, assertion: str | None = None, proof: str | None = None) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        proof = proof or self.proof(f"{ISSUER}/oauth/token")
        return self.post("/oauth/token", form, assertion=assertion, proof=proof)
