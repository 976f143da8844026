"""The code flow, from the authorization request to tokens; numbers are those of the attack list."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from consent.oauth.authorization import CannotReturn, NotPending, SendBack
from consent.oauth.models import CLIENTS, CODES, GRANTS, REQUESTS

ISSUER = "https://gigway.example"


def test_a_code_is_redeemed_for_what_was_allowed_and_no_more(server: Any) -> None:
    answer = server.redeem(server.code(("uber", "engagements"), ("upwork", "ratings")))
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("access_token").startswith("gwa_")
    assert body.pop("refresh_token").startswith("gwr_")
    grant_id = body.pop("grant_id")
    until = (server.clock() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert body == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "gig:engagements gig:ratings",
        "authorization_details": [
            {"type": "gig_data", "platforms": ["uber"], "categories": ["engagements"], "purpose": "job_matching"}
            | {"expires_at": until},
            {"type": "gig_data", "platforms": ["upwork"], "categories": ["ratings"], "purpose": "job_matching"}
            | {"expires_at": until},
        ],
        "worker": f"acme:{server.worker_id[::-1]}",
    }
    grant = server.world.grants.find(grant_id)
    assert grant.granted == {("uber", "engagements"), ("upwork", "ratings")}
    assert grant.refused == {("uber", "ratings"), ("upwork", "engagements")}


def test_the_answer_carries_code_state_and_issuer(server: Any, read_query: Any) -> None:
    outcome = server.approve(server.begin(state="a state & more"))
    answer = read_query(outcome.location)
    assert outcome.location.startswith("https://actor.example/callback?")
    assert {name: answer[name] for name in ("state", "iss")} == {"state": "a state & more", "iss": ISSUER}
    assert answer["code"].startswith("gwc_")


def test_a_refusal_goes_back_with_issuer_and_state(server: Any, read_query: Any) -> None:
    outcome = server.authorizations.deny(server.begin())
    answer = read_query(outcome.location)
    assert answer.pop("error_description")
    assert answer == {"error": "access_denied", "state": "s-1", "iss": ISSUER}


def test_23_replayed_code_is_refused_and_ends_its_tokens(server: Any) -> None:
    code = server.code()
    first = server.redeem(code).json()
    assert server.is_active(first["access_token"])
    replay = server.redeem(code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert not server.is_active(first["access_token"])
    assert server.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_24_of_many_simultaneous_redemptions_one_succeeds(server: Any) -> None:
    code = server.code()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: server.redeem(code).status_code, range(8)))
    assert sorted(statuses) == [200] + [400] * 7


def test_25_another_clients_attempt_fails_and_leaves_the_code_usable(server: Any) -> None:
    code, other = server.code(), server.new_client()
    assert server.redeem(code, other).json()["error"] == "invalid_grant"
    assert server.redeem(code).status_code == 200


def test_26_a_code_lives_sixty_seconds(server: Any) -> None:
    late, in_time = server.code(), server.code()
    server.clock.advance(timedelta(seconds=59))
    assert server.redeem(in_time).status_code == 200
    server.clock.advance(timedelta(seconds=1))
    assert server.redeem(late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (None, "invalid_request"),
        ("w" * 43, "invalid_grant"),
        ("v" * 42, "invalid_grant"),
        ("v" * 129, "invalid_grant"),
        ("v" * 43 + "\n", "invalid_grant"),
        ("ü" * 43, "invalid_grant"),
    ],
)
def test_27_wrong_or_missing_verifier(server: Any, verifier: str | None, error: str) -> None:
    code = server.code()
    answer = server.redeem(code, code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert server.redeem(code).json()["error"] == "invalid_grant", "a code is used up by a wrong verifier"


@pytest.mark.parametrize("uri", [None, "https://actor.example/callback/", "https://evil.example/callback"])
def test_28_redirect_uri_must_be_repeated_exactly(server: Any, uri: str | None) -> None:
    assert server.redeem(server.code(), redirect_uri=uri).json()["error"] == "invalid_grant"


def test_29_withdrawn_between_consent_and_redemption(server: Any) -> None:
    code = server.code()
    with server.engine.connect() as connection:
        grant_id = connection.execute(select(GRANTS.c.id)).scalar_one()
    server.revoke_grant(grant_id)
    answer = server.redeem(code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_63_a_request_is_answered_once(server: Any) -> None:
    handle = server.begin()
    assert isinstance(server.approve(handle), SendBack)
    assert server.approve(handle) == NotPending(reason="answered")
    assert server.authorizations.deny(handle) == NotPending(reason="answered")
    with server.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(GRANTS)).scalar_one() == 1


def test_63_of_many_simultaneous_answers_one_counts(server: Any) -> None:
    handle = server.begin()
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: type(server.approve(handle)).__name__, range(6)))
    assert sorted(outcomes) == ["NotPending"] * 5 + ["SendBack"]
    with server.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(CODES)).scalar_one() == 1


def test_64_items_that_were_not_asked_for_are_refused(server: Any) -> None:
    handle = server.begin()
    with pytest.raises(ValueError, match="asked for"):
        server.approve(handle, ("uber", "earnings"))
    assert isinstance(server.approve(handle), SendBack), "the refused answer did not count"


def test_a_request_expires_and_dies_with_its_client(server: Any) -> None:
    old = server.begin()
    server.clock.advance(timedelta(minutes=30))
    assert server.authorizations.load(old) == NotPending(reason="expired")
    assert server.approve(old) == NotPending(reason="expired")
    fresh = server.begin()
    server.disable_client()
    assert server.approve(fresh) == NotPending(reason="expired")
    assert server.authorizations.load("gwq_" + "x" * 43) == NotPending(reason="unknown")


def test_35_no_token_outlives_its_grant(server: Any) -> None:
    soon = server.details(expires_at=(server.clock() + timedelta(minutes=10)).isoformat())
    body = server.redeem(server.code(authorization_details=json.dumps([soon]))).json()
    assert body["expires_in"] == 600
    server.clock.advance(timedelta(minutes=10))
    assert not server.is_active(body["access_token"])
    assert server.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_client_that_may_not_ask_any_more_gets_no_answer(server: Any) -> None:
    handle = server.begin()
    server.disable_client()
    assert server.authorizations.deny(handle) == CannotReturn(
        description="The application that sent you here may not ask any more."
    )
    with server.engine.begin() as connection:
        assert connection.execute(select(REQUESTS.c.answered_at)).scalar_one() is None
        connection.execute(CLIENTS.update().values(status="active"))
    assert isinstance(server.authorizations.deny(handle), SendBack), "nothing was half done"
