"""Registering actors and clients: what a registration may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consent.oauth.actors import RegistrationError
from consent.oauth.machine_secrets import fingerprint
from consent.oauth.models import CLIENTS


def _code(server: Any, **values: Any) -> str:
    with pytest.raises(RegistrationError) as error:
        server.new_client(**values)
    return str(error.value.code)


@pytest.mark.parametrize(
    "uri",
    [
        "http://actor.example/callback",
        "https://actor.example/#fragment",
        "https://user@actor.example/",
        "https://actor.example/a/../b",
        "https:///callback",
        "/callback",
        "javascript:alert(1)",
        "custom:callback",
        "https://actor.example/a b",
        "https://actor.example/\u202e",
        "https://actor.example\\@evil.example/",
        "https://actor.example/" + "x" * 2_000,
    ],
)
def test_redirect_uris_that_are_not_registered(server: Any, uri: str) -> None:
    assert _code(server, redirect_uris=[uri]) == "REDIRECT_URI_INVALID"


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9/cb", "http://[::1]/cb", "http://localhost/cb", "https://a.example/?x=1"]
)
def test_redirect_uris_that_are(server: Any, uri: str) -> None:
    assert server.new_client(redirect_uris=[uri]).client_id


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "Nordic\u202egniffatS", "x\u200by", "x" * 201, "Nоrdic Staffing", "\u0391cme"]
)
def test_61_names_that_could_pass_for_another(server: Any, name: str) -> None:
    assert _code(server, name=name) == "NAME_INVALID"
    with pytest.raises(RegistrationError):
        server.registry.create_actor(legal_name=name, trading_name="Acme", categories=[], purposes=[])


@pytest.mark.parametrize("name", ["Arbetsförmedlingen", "Наша фирма 24", "Ελληνική Εταιρεία", "株式会社", "A & B <Co>"])
def test_names_of_every_script(server: Any, name: str) -> None:
    assert server.new_client(name=name).client_id


def test_a_client_is_registered_for_no_more_than_its_actor(server: Any) -> None:
    assert _code(server, categories=["profile"]) == "CLIENT_EXCEEDS_ACTOR"
    assert _code(server, purposes=["income_verification"]) == "CLIENT_EXCEEDS_ACTOR"
    with pytest.raises(RegistrationError) as error:
        server.registry.create_client("nobody", name="App")
    assert error.value.code == "ACTOR_UNKNOWN"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"categories": ["emotional_state"], "purposes": []}, "CATEGORY_UNKNOWN"),
        ({"categories": ["nonsense"], "purposes": []}, "CATEGORY_UNKNOWN"),
        ({"categories": [], "purposes": ["self"]}, "PURPOSE_UNKNOWN"),
    ],
)
def test_an_actor_keeps_to_the_vocabulary(server: Any, values: dict[str, Any], code: str) -> None:
    with pytest.raises(RegistrationError) as error:
        server.registry.create_actor(legal_name="X AB", trading_name="X", **values)
    assert error.value.code == code


def test_a_secret_is_returned_once_and_stored_as_its_fingerprint(server: Any) -> None:
    made = server.new_client()
    with server.engine.connect() as connection:
        dump = repr(connection.execute(CLIENTS.select()).all())
    assert made.client_secret not in dump
    assert fingerprint(made.client_secret) in dump
    assert made.client_secret not in repr(made)


def test_a_rotated_secret_works_on_for_as_long_as_it_was_said(server: Any) -> None:
    old = server.client
    new = server.registry.rotate_secret(old.client_id, overlap=timedelta(hours=1))
    for client in (old, new):
        assert server.post("/oauth/introspect", {"token": "x"}, client).status_code == 200
    server.clock.advance(timedelta(hours=1))
    assert server.post("/oauth/introspect", {"token": "x"}, old).status_code == 401
    assert server.post("/oauth/introspect", {"token": "x"}, new).status_code == 200
    last = server.registry.rotate_secret(old.client_id)
    assert server.post("/oauth/introspect", {"token": "x"}, new).status_code == 401
    assert server.post("/oauth/introspect", {"token": "x"}, last).status_code == 200


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"jurisdiction": "Sweden"}, "JURISDICTION_INVALID"),
        ({"contact": "a\u202eb"}, "CONTACT_INVALID"),
        ({"address": " "}, "ADDRESS_INVALID"),
        ({"privacy_notice": "javascript:alert(1)"}, "PRIVACY_NOTICE_INVALID"),
        ({"purposes": ["self"]}, "PURPOSE_UNKNOWN"),
    ],
)
def test_what_an_actor_may_not_say_of_itself(server: Any, details: dict[str, Any], code: str) -> None:
    wanted = {"legal_name": "X AB", "trading_name": "X", "categories": ["ratings"], "purposes": ["training"]}
    with pytest.raises(RegistrationError) as error:
        server.registry.create_actor(**(wanted | details))
    assert error.value.code == code


def test_a_fapi_client_has_keys(server: Any) -> None:
    assert _code(server, profile="fapi2") == "KEYS_INVALID"
    assert _code(server, jwks={"keys": []}) == "KEYS_INVALID"
    with pytest.raises(RegistrationError):
        server.registry.replace_keys(server.client.client_id, {"keys": []})


def test_ids_are_taken_once(server: Any) -> None:
    assert _code(server, client_id=server.client.client_id) == "CLIENT_EXISTS"
    with pytest.raises(RegistrationError) as error:
        server.registry.create_actor(legal_name="X AB", trading_name="X", categories=[], purposes=[], actor_id="acme")
    assert error.value.code == "ACTOR_EXISTS"
