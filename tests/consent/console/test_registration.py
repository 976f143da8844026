"""Dynamic client registration (RFC 7591, 7592) with a token from the console."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from consent.oauth.models import ACTORS, REGISTRATION_TOKENS

KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "kh1rOuv9UPD4wfc1f8QSRJi9buUcb3_IcaMJhu7g1fI",
    "y": "EVojP5hGKc-TWhuzObtzr8q4_0Z9eQtZppAYf7KEC1Q",
    "kid": "one",
}
WANTED = {"client_name": "CI", "redirect_uris": ["http://127.0.0.1:9000/callback"]}


@pytest.fixture
def api(site: Any, post: Any) -> Any:
    return Api(site, post)


class Api:
    """An organization with an initial access token."""

    def __init__(self, site: Any, post: Any) -> None:
        self.site = site
        self.browser, self.organization, _ = site.register("Ada")
        path = f"/console/{self.organization}/clients"
        page = post(self.browser, path, {}, to=f"{path}/registration-token")
        (self.token,) = re.findall(r"gwd_[\w-]{43}", page.text)
        self.http = site.new_browser()

    def call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        return self.http.request(method, path, content=content, headers={"authorization": f"Bearer {token}"})

    def register(self, **changes: Any) -> Any:
        return self.call("POST", "/oauth/register", self.token, WANTED | changes)


def test_a_client_is_registered_read_changed_and_deleted(api: Any) -> None:
    answer = api.register()
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["redirect_uris"] == WANTED["redirect_uris"]
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert made["client_secret_expires_at"] == 0
    path = made["registration_client_uri"].removeprefix(api.site.issuer)
    assert path == f"/oauth/register/{made['client_id']}"
    login = (made["client_id"], made["client_secret"])
    assert api.http.post("/oauth/introspect", data={"token": "x"}, auth=login).status_code == 200
    read = api.call("GET", path, made["registration_access_token"])
    assert (read.status_code, read.json()["client_name"]) == (200, "CI")
    assert "client_secret" not in read.json()
    replaced = WANTED | {"client_id": made["client_id"], "redirect_uris": ["https://ada.example/cb"]}
    put = api.call("PUT", path, made["registration_access_token"], replaced)
    assert (put.status_code, put.json()["redirect_uris"]) == (200, ["https://ada.example/cb"])
    assert api.call("DELETE", path, made["registration_access_token"]).status_code == 204
    assert api.http.post("/oauth/introspect", data={"token": "x"}, auth=login).status_code == 401
    assert api.call("GET", path, made["registration_access_token"]).status_code == 401
    (client,) = [each for each in api.site.console.clients.of(api.organization) if each.name == "CI"]
    assert (client.environment, client.is_disabled) == ("test", True)
    done = [action for action, _ in api.site.done(api.organization)]
    assert {"console:registration-token:create", "console:client:register", "consent:client:change"} <= set(done)


def test_a_fapi_client_brings_its_keys(api: Any) -> None:
    answer = api.register(
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [KEY]},
        dpop_bound_access_tokens=True,
        require_pushed_authorization_requests=True,
    )
    assert answer.status_code == 201, answer.text
    assert "client_secret" not in answer.json()
    assert api.site.console.clients.find(api.organization, answer.json()["client_id"]).profile == "fapi2"


REFUSED: list[dict[str, Any]] = [
    {"redirect_uris": ["http://evil.example/"]},
    {"redirect_uris": ["https://a.example/#f"]},
    {"redirect_uris": "https://a.example/"},
    {"redirect_uris": [5]},
    {"client_name": "a\u202eb"},
    {"client_name": "a\u0000b"},
    {"client_name": {"x": 1}},
    {"grant_types": ["password"]},
    {"grant_types": [["code"]]},
    {"response_types": ["token"]},
    {"token_endpoint_auth_method": "none"},
    {"token_endpoint_auth_method": "private_key_jwt"},
    {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY | {"d": "secret"}]}},
    {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
    {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/keys"},
    {"jwks": {"keys": [KEY]}},
    {"jwks": 5},
    {"dpop_bound_access_tokens": True},
    {"dpop_bound_access_tokens": "yes", "require_pushed_authorization_requests": "yes"},
]


def test_metadata_that_cannot_be(api: Any, capsys: Any) -> None:
    for changes in REFUSED:
        answer = api.register(**changes)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata"), changes
    assert capsys.readouterr().out == ""
    assert len(api.site.console.clients.of(api.organization)) == 1
    with api.site.engine.connect() as connection:
        assert connection.execute(REGISTRATION_TOKENS.select()).one().uses_left == 20, "it cost nothing"


def test_a_body_that_is_no_metadata(api: Any) -> None:
    headers = {"authorization": f"Bearer {api.token}"}
    for body in (b"", b"{", b"[]", b"{}", b"null", b"[" * 40_000, b"{" + b" " * 40_000 + b"}"):
        assert api.http.post("/oauth/register", content=body, headers=headers).status_code == 400, body[:9]


def test_a_token_is_good_for_its_own_things_only(api: Any) -> None:
    made, other = api.register().json(), api.register().json()
    path = f"/oauth/register/{made['client_id']}"
    for token in (api.token, other["registration_access_token"], "gwd_" + "x" * 43, "", "gwa_x"):
        for method in ("GET", "PUT", "DELETE"):
            answer = api.call(method, path, token, WANTED if method == "PUT" else None)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert api.call("POST", "/oauth/register", made["registration_access_token"], WANTED).status_code == 401
    assert api.http.post("/oauth/register", json=WANTED).status_code == 401
    assert api.call("GET", path, made["registration_access_token"]).status_code == 200


def test_a_change_does_not_change_who_it_is(api: Any) -> None:
    made = api.register().json()
    path, token = f"/oauth/register/{made['client_id']}", made["registration_access_token"]
    for body in (
        WANTED,
        WANTED | {"client_id": "another"},
        WANTED | {"client_id": made["client_id"], "client_secret": "guessed"},
        WANTED | {"client_id": made["client_id"], "client_id_issued_at": 1},
        WANTED
        | {"client_id": made["client_id"], "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}},
    ):
        assert api.call("PUT", path, token, body).status_code == 400, body


def test_an_initial_token_runs_out(api: Any) -> None:
    with api.site.engine.begin() as connection:
        connection.execute(REGISTRATION_TOKENS.update().values(uses_left=1))
    assert api.register().status_code == 201
    assert api.register().status_code == 400
    with api.site.engine.begin() as connection:
        connection.execute(REGISTRATION_TOKENS.update().values(uses_left=1))
    api.site.clock.advance(timedelta(days=30))
    assert api.register().status_code == 401


def test_a_suspended_actor_registers_nothing(api: Any) -> None:
    with api.site.engine.begin() as connection:
        connection.execute(ACTORS.update().values(status="suspended"))
    assert api.register().status_code == 401


def test_neither_token_nor_secret_is_kept(api: Any) -> None:
    made = api.register().json()
    with api.site.engine.connect() as connection:
        dump = repr(connection.execute(REGISTRATION_TOKENS.select()).all())
    for secret in (api.token, made["registration_access_token"], made["client_secret"]):
        assert secret not in dump
