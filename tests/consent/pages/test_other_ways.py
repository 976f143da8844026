"""Passkeys and external providers on the pages, as far as no browser is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consent.signin.oidc import OidcProvider

ID = "https://id.example"
KEY = ECKey.generate_key("P-256")


class Provider:
    """An OpenID provider that says of everybody that they are Robin."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.nonce = ""
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _discovery(self, _: Request) -> Response:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return JSONResponse({"issuer": ID} | {name: f"{ID}/{path}" for name, path in names.items()})

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        code = (await request.form())["code"]  # A browser brings the nonce back as the code.
        claims = {
            "iss": ID,
            "sub": "1",
            "aud": "gigway",
            "exp": self.now() + 60,
            "iat": self.now(),
            "nonce": self.nonce or code,
        }
        id_token = jwt.encode({"alg": "ES256"}, claims | {"name": "Robin"}, KEY)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": id_token})


def provided_by(provider: Provider) -> Any:
    """What a site needs to know `provider`."""
    known = OidcProvider(key="id", display_name="National ID", issuer=ID, client_id="gigway", client_secret="s")
    return [known], httpx2.ASGITransport(app=provider.app)


@pytest.fixture
def provided(make_site: Any, world: Any) -> Any:
    """A site with one provider, which is `site.provider`."""
    provider = Provider(lambda: int(world.clock().timestamp()))
    site = make_site(provider=provided_by(provider))
    site.provider = provider
    return site


def _leave(site: Any, submit: Any) -> str:
    onward = submit(site.browser, "/sign-in", "/sign-in/with/id", {"next": "/me/log"})
    assert onward.status_code == 200
    location = onward.text.partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")
    query = parse_qs(urlsplit(location).query)
    site.provider.nonce = query["nonce"][0]
    return query["state"][0]


def test_there_and_back(provided: Any, submit: Any) -> None:
    assert "Sign in with National ID" in provided.browser.get("/sign-in").text
    state = _leave(provided, submit)
    back = provided.browser.get("/sign-in/with/id/callback", params={"state": state, "code": "c"})
    assert (back.status_code, back.headers["location"]) == (303, "/me/log")
    assert "Robin" in provided.browser.get("/me").text


def test_66_another_browsers_way_back_signs_nobody_in(provided: Any, submit: Any) -> None:
    state = _leave(provided, submit)
    other = provided.new_browser()
    other.get("/sign-in")
    for browser in (other, provided.new_browser(), provided.browser):
        back = browser.get("/sign-in/with/id/callback", params={"state": state, "code": "c"})
        assert (back.status_code, "did not confirm" in back.text) == (401, True)
        assert browser.get("/me").status_code == 303


def test_a_provider_that_lies_or_is_down(provided: Any, submit: Any) -> None:
    state = _leave(provided, submit)
    provided.provider.nonce = "another"
    back = provided.browser.get("/sign-in/with/id/callback", params={"state": state, "code": "c"})
    assert back.status_code == 401
    provided.provider.app.router.routes.clear()
    assert submit(provided.browser, "/sign-in", "/sign-in/with/id", {}).status_code == 502
    assert submit(provided.browser, "/sign-in", "/sign-in/with/nobody", {}).status_code == 404
    assert provided.browser.post("/sign-in/with/id").status_code == 403


@pytest.mark.parametrize(("issuer", "status"), [("http://127.0.0.1:8700", 404), ("http://localhost:8700", 200)])
def test_passkeys_are_offered_where_the_host_is_a_name(make_site: Any, submit: Any, issuer: str, status: int) -> None:
    site = make_site(issuer)
    answer = submit(site.browser, "/sign-in", "/sign-in/passkey/options", {})
    assert answer.status_code == status
    assert ("data-passkey" in site.browser.get("/sign-in").text) is (status == 200)
    assert set(answer.json()) == ({"options", "state"} if status == 200 else {"error"})


def test_66_what_no_passkey_answered(make_site: Any, submit: Any) -> None:
    site = make_site("http://localhost:8700")
    state = submit(site.browser, "/sign-in", "/sign-in/passkey/options", {}).json()["state"]
    answer = submit(site.browser, "/sign-in", "/sign-in/passkey", {"state": state, "response": "{}"})
    assert (answer.status_code, "did not open anything" in answer.text) == (401, True)
    for path in ("/sign-in/passkey", "/sign-in/passkey/options"):
        assert site.browser.post(path).status_code == 403


def test_adding_a_passkey_without_a_browsers_answer(make_site: Any, submit: Any) -> None:
    site = make_site("http://localhost:8700")
    site.sign_in()
    challenge = submit(site.browser, "/me/security", "/me/security/passkeys/options", {}).json()
    failed = submit(
        site.browser, "/me/security", "/me/security/passkeys", {"state": challenge["state"], "response": "{}"}
    )
    assert (failed.status_code, "could not be added" in failed.text) == (422, True)
    assert submit(site.browser, "/me/security", "/me/security/passkeys/unknown/remove", {}).status_code == 404
