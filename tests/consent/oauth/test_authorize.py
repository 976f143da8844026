"""The authorization endpoint: what is refused, where the refusal goes, and what it tells."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from consent.oauth.authorization import NotPending, SendBack

ISSUER = "https://gigway.example"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "c" * 42}, "invalid_request"),
        ({"code_challenge": "c" * 129}, "invalid_request"),
        ({"code_challenge": "c" * 43 + "\n"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": '"'}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
        ({"authorization_details": None}, "invalid_request"),
        ({"scope": "gig:nothing"}, "invalid_scope"),
        ({"scope": "gig:emotional_state"}, "invalid_scope"),
        ({"scope": "gig:earnings"}, "invalid_scope"),
    ],
)
def test_8_9_10_13_21_bad_requests_go_back_with_issuer_and_state(
    server: Any, read_query: Any, changes: dict[str, str | None], error: str
) -> None:
    answer = server.authorize(**changes)
    assert answer.status_code == 303
    query = read_query(answer.headers["location"])
    assert query.pop("error_description")
    assert query == {"error": error, "state": "s-1", "iss": ISSUER}


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "https://actor.example/callback/x",
        "https://actor.example/callback/../callback",
        "https://user@actor.example/callback",
        "https://actor.example/callback#f",
        "https://ACTOR.example/callback",
        "https://actor.example:443/callback",
        "https://actor.example/%63allback",
        "https://actor.example/callback?next=https://evil.example",
        "https://actor.example.evil.example/callback",
        "http://actor.example/callback",
        "https://evil.example/",
        'https://evil.example/"',
    ],
)
def test_11_12_21_redirect_uri_is_compared_exactly_and_never_followed_otherwise(server: Any, uri: str | None) -> None:
    answer = server.authorize(redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize("client_id", [None, "unknown", "a" * 2_000, '"'])
def test_unknown_client_is_told_to_the_worker(server: Any, client_id: str | None) -> None:
    answer = server.authorize(client_id=client_id)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("end", ["suspend_actor", "disable_client"])
def test_45_disabled_client_or_suspended_actor_cannot_ask(server: Any, end: str) -> None:
    waiting = server.begin()
    getattr(server, end)()
    assert server.authorize().status_code == 400
    assert server.authorizations.load(waiting) == NotPending(reason="expired")
    assert not isinstance(server.approve(waiting), SendBack)


@pytest.mark.parametrize("name", ["state", "client_id", "redirect_uri", "scope", "code_challenge", "unheard_of"])
def test_14_duplicate_parameters_are_refused_without_redirect(server: Any, name: str) -> None:
    pairs = [*server.query(scope="gig:ratings", unheard_of="1").items()]
    query = urlencode([*pairs, (name, "again")])
    answer = server.http.get(f"/oauth/authorize?{query}")
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("extra", ["&x=%00", "&x=%ff", "&x=%C3%28", "&state2=" + "s" * 3_000, "&" + "y=1&" * 50])
def test_16_nul_bad_utf8_and_oversize_are_refused(server: Any, extra: str) -> None:
    answer = server.http.get(f"/oauth/authorize?{urlencode(server.query())}{extra}")
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_7_other_methods_are_405(server: Any) -> None:
    assert server.http.post("/oauth/authorize", data=server.query()).status_code == 405
    for path in ("token", "revoke", "introspect"):
        assert server.http.get(f"/oauth/{path}").status_code == 405


def _refused(server: Any, read_query: Any, details: Any) -> str:
    text = details if isinstance(details, str) else json.dumps(details)
    answer = server.authorize(authorization_details=text)
    location = answer.headers.get("location", "")
    return read_query(location).get("error", "accepted") if "?" in location else "accepted"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "other"},
        {"type": None},
        {"surprise": 1},
        {"categories": ["engagements", "nonsense"]},
        {"categories": ["emotional_state"]},
        {"categories": ["profile"]},
        {"categories": []},
        {"categories": "engagements"},
        {"categories": ["engagements", "engagements"]},
        {"categories": [1]},
        {"categories": None},
        {"categories": ["matching"]},
        {"categories": ["engagements", "matching"], "platforms": ["uber", "*"]},
        {"platforms": ["*"]},
        {"platforms": ["unheard-of"]},
        {"platforms": []},
        {"platforms": {"uber": True}},
        {"purpose": "income_verification"},
        {"purpose": "nonsense"},
        {"purpose": None},
        {"purpose": ["job_matching"]},
        {"purpose": "training", "categories": ["earnings"]},
    ],
)
def test_17_18_details_are_strict(server: Any, read_query: Any, change: dict[str, Any]) -> None:
    assert _refused(server, read_query, [server.details(**change)]) == "invalid_authorization_details"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        "[1]",
        "[[]]",
        "[" * 5_000,
        "[{}",
        '[{"type":"gig_data","type":"gig_data"}]',
        "NaN",
        '["\\ud800"]',
    ],
)
def test_17_details_that_are_no_list_of_objects(server: Any, read_query: Any, text: str) -> None:
    assert _refused(server, read_query, text) == "invalid_authorization_details"


@pytest.mark.parametrize(
    "text", ["yesterday", "2030-05-20", "2030-05-20T12:00:00", "2030-05-01T11:59:59Z", 1, "2032-01-01T00:00:00Z"]
)
def test_19_expiry_in_the_past_too_far_or_without_zone(server: Any, read_query: Any, text: object) -> None:
    assert _refused(server, read_query, [server.details(expires_at=text)]) == "invalid_authorization_details"


def test_17_oversized_details_are_refused(server: Any) -> None:
    padding = "x" * 40_000
    assert server.authorize(authorization_details=json.dumps([server.details(pad=padding)])).status_code == 400


def test_one_request_has_one_purpose_and_one_expiry(server: Any, read_query: Any) -> None:
    two = [server.details(), server.details(purpose="training")]
    assert _refused(server, read_query, two) == "invalid_authorization_details"
    later = (server.clock() + timedelta(days=31)).isoformat()
    assert _refused(server, read_query, [server.details(), server.details(expires_at=later)]) != "accepted"


def test_objects_add_up_and_expiry_has_a_default(server: Any) -> None:
    objects = [
        server.details(platforms=["uber"], categories=["ratings"], expires_at=None),
        server.details(platforms=["*"], categories=["matching"], expires_at=None),
    ]
    pending = server.authorizations.load(server.begin(authorization_details=json.dumps(objects)))
    assert pending.request.items == {("uber", "ratings"), ("*", "matching")}
    assert pending.request.expires_at == server.clock() + timedelta(days=90)


def test_plain_scope_maps_to_all_platforms_for_the_only_purpose(server: Any) -> None:
    client = server.new_client(purposes=["training"])
    handle = server.begin(client_id=client.client_id, authorization_details=None, scope="gig:ratings gig:matching")
    pending = server.authorizations.load(handle)
    assert pending.request.purpose == "training"
    assert pending.request.items == {("uber", "ratings"), ("upwork", "ratings"), ("*", "matching")}
