"""Changing a registered client: what counts at once, and what is refused whole."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text

from consent.oauth.actors import RegistrationError
from consent.oauth.authorization import NotPending
from consent.oauth.client_settings import ClientSettings

NEW = "https://actor.example/new"


@pytest.fixture
def settings(server: Any) -> ClientSettings:
    return ClientSettings(server.engine, server.clock)


def _keys(*names: str) -> dict[str, Any]:
    return {
        "keys": [{**ECKey.generate_key("P-256", {"kid": name}, private=False).as_dict(private=False)} for name in names]
    }


def test_each_thing_changes_alone(server: Any, settings: ClientSettings) -> None:
    client_id = server.client.client_id
    before = settings.find(client_id)
    assert before is not None
    settings.change(client_id, by="operator", name="New name")
    settings.change(client_id, by="operator", redirect_uris=[NEW])
    after = settings.change(client_id, by="actor", by_id="acme", event_push_url="https://actor.example/events")
    assert (after.name, after.redirect_uris, after.event_push_url) == (
        "New name",
        (NEW,),
        "https://actor.example/events",
    )
    assert (after.categories, after.status, after.auth_method) == (before.categories, before.status, before.auth_method)
    assert settings.change(client_id, by="operator", event_push_url="").event_push_url is None
    assert settings.of_actor("acme") == (settings.find(client_id),)


def test_a_change_is_an_event_without_values(server: Any, settings: ClientSettings) -> None:
    settings.change(server.client.client_id, by="actor", by_id="acme", redirect_uris=[NEW], name="New")
    with server.engine.connect() as connection:
        row = connection.execute(
            text("SELECT by_kind, by_id, payload FROM consent_event WHERE type = 'consent:client:change'")
        ).one()
    assert (row.by_kind, row.by_id) == ("actor", "acme")
    assert NEW not in str(row.payload)
    assert "redirect_uris" in str(row.payload)


def test_a_redirect_uri_that_is_taken_away_is_not_answered(server: Any, settings: ClientSettings) -> None:
    shown, code = server.begin(), server.code()
    settings.change(server.client.client_id, by="operator", redirect_uris=[NEW])
    assert server.authorizations.load(shown) == NotPending(reason="expired")
    assert isinstance(server.approve(shown), NotPending)
    assert server.redeem(code).json()["error"] == "invalid_grant"
    assert server.authorize().status_code == 400
    assert server.begin(redirect_uri=NEW)


def test_a_redirect_uri_that_stays_is_answered(server: Any, settings: ClientSettings) -> None:
    code = server.code()
    settings.change(server.client.client_id, by="operator", redirect_uris=[NEW, "https://actor.example/callback"])
    assert server.redeem(code).status_code == 200


def test_keys_are_replaced_where_there_are_keys(server: Any, settings: ClientSettings) -> None:
    keyed = server.new_client(jwks=_keys("a"), profile="fapi2")
    assert settings.change(keyed.client_id, by="actor", jwks=_keys("b", "c")).key_ids == ("b", "c")
    with pytest.raises(RegistrationError) as error:
        settings.change(server.client.client_id, by="actor", jwks=_keys("b"))
    assert error.value.code == "KEYS_INVALID"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "NOTHING_TO_CHANGE"),
        ({"name": "a\u202eb"}, "NAME_INVALID"),
        ({"redirect_uris": ["http://actor.example/"]}, "REDIRECT_URI_INVALID"),
        ({"redirect_uris": [NEW + str(number) for number in range(21)]}, "REDIRECT_URI_INVALID"),
        ({"event_push_url": "ftp://actor.example"}, "PUSH_URL_INVALID"),
        ({"name": "New", "jwks": {"keys": []}}, "KEYS_INVALID"),
    ],
)
def test_what_cannot_be_accepted_changes_nothing(
    server: Any, settings: ClientSettings, changes: dict[str, Any], code: str
) -> None:
    before = settings.find(server.client.client_id)
    with pytest.raises(RegistrationError) as error:
        settings.change(server.client.client_id, by="operator", **changes)
    assert error.value.code == code
    assert settings.find(server.client.client_id) == before


def test_clients_that_are_not_there_or_disabled(server: Any, settings: ClientSettings) -> None:
    server.disable_client()
    for client_id in ("nobody", "\0", server.client.client_id):
        with pytest.raises(RegistrationError) as error:
            settings.change(client_id, by="operator", name="New")
        assert error.value.code == "CLIENT_UNKNOWN"
