"""Whatever comes in, readers answer with a value: they never raise, and never let more through than is registered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.oauth.clients import authentication_problem, read_basic
from consent.oauth.details import (
    GigRequest,
    Item,
    OwnRequest,
    Registration,
    granted_details,
    resolve_own,
    resolve_request,
)
from consent.oauth.parameters import ParameterRefusal, parse_parameters
from consent.oauth.signed_jwt import read_jwt, read_public_key
from consent.pages.guard import local_path
from consent.signin.forms import parse_browser_form
from consent.vocabulary import CATEGORIES, PURPOSES

NOW = datetime(2030, 5, 1, tzinfo=UTC)
CLIENT = Registration(
    categories=frozenset({"ratings", "engagements", "matching"}), purposes=frozenset({"job_matching", "training"})
)
PLATFORMS = {"uber": "Uber", "upwork": "Upwork"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["uber", "upwork", "*", "lyft", *CATEGORIES, *PURPOSES])
nearly = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("gig_data") | anything,
        "platforms": st.lists(names, max_size=3) | anything,
        "categories": st.lists(names, max_size=3) | anything,
        "purpose": names | anything,
        "expires_at": st.datetimes().map(datetime.isoformat) | st.just("2030-06-01T00:00:00Z") | anything,
    },
)
texts = st.text(max_size=200) | st.lists(nearly, max_size=3).map(json.dumps) | anything.map(json.dumps)
scopes = st.none() | st.text(max_size=40) | st.lists(names.map("gig:{}".format), max_size=3).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(details=st.none() | texts, scope=scopes)
def test_what_is_resolved_is_never_more_than_is_registered(details: str | None, scope: str | None) -> None:
    found = resolve_request(details, scope, client=CLIENT, platforms=PLATFORMS, now=NOW)
    if isinstance(found, GigRequest):
        purpose = PURPOSES[found.purpose]
        assert found.purpose in CLIENT.purposes
        assert found.items
        assert NOW < found.expires_at <= NOW + purpose.max_duration
        for item in found.items:
            assert item.category in CLIENT.categories & purpose.categories
            assert (item.platform == "*") is CATEGORIES[item.category].any_platform
            assert item.platform in {*PLATFORMS, "*"}
        assert GigRequest.from_json(json.loads(json.dumps(found.to_json()))) == found
    else:
        assert found.error in {"invalid_authorization_details", "invalid_scope", "invalid_request"}
        assert all(" " <= character <= "~" and character not in '"\\' for character in found.description)
    own = resolve_own(details, scope, client=CLIENT)
    if isinstance(own, OwnRequest) and own.purpose is not None:
        assert own.categories <= CLIENT.categories & PURPOSES[own.purpose].categories


@settings(max_examples=100, deadline=None)
@given(
    items=st.sets(
        st.tuples(st.sampled_from(["uber", "upwork"]), st.sampled_from(["ratings", "engagements"])), min_size=1
    )
)
def test_what_is_granted_reads_back_as_the_same(items: set[tuple[str, str]]) -> None:

    wanted = frozenset(Item(*item) for item in items)
    text = json.dumps(granted_details("job_matching", wanted, NOW + timedelta(days=30)))
    found = resolve_request(text, None, client=CLIENT, platforms=PLATFORMS, now=NOW)
    assert isinstance(found, GigRequest)
    assert found.items == wanted


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=300) | st.text(alphabet="a=&%+0fC3;", max_size=80).map(str.encode))
def test_parameters_are_read_or_refused(raw: bytes) -> None:
    found = parse_parameters(raw)
    if not isinstance(found, ParameterRefusal):
        assert all(value and "\0" not in value for value in found.values())
    parse_browser_form(raw)


@settings(max_examples=200, deadline=None)
@given(header=st.text(max_size=100) | st.text(max_size=40).map("Basic {}".format), form=st.dictionaries(names, names))
def test_headers_are_read_or_refused(header: str, form: dict[str, str]) -> None:
    read_basic(header)
    authentication_problem(header, form)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=100) | st.lists(st.text("aeyJ0-_", max_size=20), min_size=3, max_size=3).map(".".join))
def test_what_is_no_jwt(text: str) -> None:
    jwt = read_jwt(text)
    assert jwt is None or jwt.header["alg"] in {"ES256", "PS256", "Ed25519"}


@settings(max_examples=200, deadline=None)
@given(
    value=anything
    | st.fixed_dictionaries(
        {"kty": st.sampled_from(["EC", "OKP", "RSA", "oct"]) | anything},
        optional={name: st.text("AQab", max_size=50) | anything for name in ("crv", "x", "y", "n", "e", "kid", "use")},
    )
)
def test_what_is_no_key(value: Any) -> None:
    read_public_key(value)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=30) | st.text("/\\.:@ab?#%\t\n", max_size=12).map("/{}".format))
def test_a_local_path_stays_local(text: str) -> None:
    found = local_path(text, "/me")
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert "\n" not in found
    assert "\\" not in found
