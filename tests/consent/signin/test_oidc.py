"""Signing in with an external OpenID provider: a real one over HTTP in process, honest and otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consent.signin.models import CREDENTIALS, STATES, WORKERS
from consent.signin.oidc import OidcError, OidcProvider, OidcSignIn

pytestmark = pytest.mark.anyio

ISSUER = "https://id.example"
KEY, OTHER_KEY = RSAKey.generate_key(2048), RSAKey.generate_key(2048)


class Provider:
    """An OpenID provider whose answers a test can bend."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.document = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
        }
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.seen: dict[str, str] = {}
        self.asked: dict[str, str] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        return JSONResponse(self.document)

    async def _jwks(self, request: Request) -> Response:
        return JSONResponse({"keys": [{**KEY.as_dict(private=False), "kid": "k1"}]})

    async def _token(self, request: Request) -> Response:
        self.seen = {name: str(value) for name, value in (await request.form()).items()}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.seen["code_verifier"].encode()).digest())
        if challenge.rstrip(b"=").decode() != self.asked["code_challenge"] or self.seen["code"] != "right":
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock().timestamp())
        claims = {"iss": ISSUER, "sub": "alex-1", "aud": "gigway", "exp": now + 60, "iat": now, "name": "Alex"}
        claims |= {"nonce": self.asked["nonce"]} | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": "k1"}, kept, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": id_token})


class Way:
    """A browser's way to the provider and back."""

    def __init__(self, door: Any) -> None:
        self.door = door
        self.provider = Provider(door.clock)
        configured = OidcProvider(
            key="id", display_name="Id", issuer=ISSUER, client_id="gigway", client_secret="secret"
        )
        self.oidc = OidcSignIn(
            door.engine, door.settings, [configured], transport=httpx2.ASGITransport(app=self.provider.app)
        )

    async def go(self, browser: str = "b1") -> str:
        location = await self.oidc.begin("id", browser=browser, target="/me/log")
        assert location is not None
        self.provider.asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return self.provider.asked["state"]

    async def back(self, state: str, browser: str = "b1", **answer: str) -> Any:
        return await self.oidc.finish("id", browser=browser, answer={"state": state, "code": "right"} | answer)


@pytest.fixture
def way(door: Any) -> Way:
    return Way(door)


async def test_a_new_subject_becomes_a_worker_and_is_known_again(way: Way) -> None:
    first = await way.back(await way.go())
    assert first.target == "/me/log"
    assert (await way.back(await way.go())).worker_id == first.worker_id
    with way.door.engine.connect() as connection:
        worker = connection.execute(select(WORKERS).where(WORKERS.c.id == first.worker_id)).one()
        count = connection.execute(select(func.count()).select_from(CREDENTIALS)).scalar_one()
    assert (worker.display_name, count) == ("Alex", 1)
    assert way.provider.asked["redirect_uri"] == "https://gigway.example/sign-in/with/id/callback"
    assert way.provider.asked["code_challenge_method"] == "S256"
    assert "openid" in way.provider.asked["scope"]


async def test_66_the_way_back_counts_once_and_in_the_same_browser(way: Way) -> None:
    state = await way.go()
    assert await way.back(state, browser="b2") is None
    assert await way.back(state) is None, "the other browser's attempt used the state up"
    state = await way.go()
    assert await way.back(state) is not None
    assert await way.back(state) is None
    assert await way.back("gwi_" + "x" * 43) is None
    assert await way.back(await way.go(browser=""), browser="") is None


async def test_66_the_way_back_expires(way: Way) -> None:
    state = await way.go()
    way.door.clock.advance(timedelta(minutes=10))
    assert await way.back(state) is None


async def test_22_another_issuers_answer_is_not_mixed_in(way: Way) -> None:
    assert await way.back(await way.go(), iss="https://evil.example") is None
    assert await way.back(await way.go(), iss=ISSUER) is not None
    way.provider.document["authorization_response_iss_parameter_supported"] = True  # type: ignore[assignment]
    assert await way.back(await way.go()) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["gigway", "another"]},
        {"azp": "another"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 32503680000},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": "s" * 256},
    ],
)
async def test_id_tokens_that_are_not_for_this_sign_in(way: Way, claims: dict[str, Any]) -> None:
    way.provider.claims = claims
    with pytest.raises(OidcError):
        await way.back(await way.go())
    with way.door.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(CREDENTIALS)).scalar_one() == 0


async def test_an_id_token_signed_by_another_key(way: Way) -> None:
    way.provider.key = OTHER_KEY
    with pytest.raises(OidcError):
        await way.back(await way.go())


async def test_a_wrong_code_and_errors_from_the_provider(way: Way) -> None:
    with pytest.raises(OidcError):
        await way.back(await way.go(), code="wrong")
    state = await way.go()
    assert await way.oidc.finish("id", browser="b1", answer={"state": state, "error": "access_denied"}) is None


async def test_a_discovery_document_of_another_issuer(way: Way) -> None:
    way.provider.document["issuer"] = "https://evil.example"
    with pytest.raises(OidcError):
        await way.go()


async def test_a_provider_that_is_down_or_answers_nonsense(way: Way) -> None:
    way.provider.app.router.routes.clear()
    with pytest.raises(OidcError):
        await way.go()


async def test_an_unknown_provider(way: Way) -> None:
    assert await way.oidc.begin("other", browser="b1", target="/me") is None


async def test_an_erased_workers_subject_opens_nothing(way: Way) -> None:
    await way.back(await way.go())
    with way.door.engine.begin() as connection:
        connection.execute(WORKERS.update().values(status="erased"))
    assert await way.back(await way.go()) is None


async def test_the_state_keeps_no_secret_in_the_clear_name(way: Way) -> None:
    state = await way.go()
    with way.door.engine.connect() as connection:
        dump = json.dumps([list(map(str, row)) for row in connection.execute(STATES.select())])
    assert state not in dump
