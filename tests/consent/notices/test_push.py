"""Where a notice may go, and what a receiver's answer means."""

import pytest

from connectors.transport.address import Reach, is_allowed
from consent.notices.outbox import wait_after
from consent.notices.push import MAX_ANSWER, Failed, HttpPush, Outcome, Refused, Taken
from consent.oauth.actors import RegistrationError, check_push_url
from tests.consent.notices.conftest import Receiver, may_reach_loopback

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, b"", Taken()),
        (200, b"", Failed("http_200")),
        (302, b"", Failed("http_302")),
        (400, b'{"err":"invalid_key"}', Refused("invalid_key")),
        (400, b'{"err":"else"}', Refused("refused")),
        (400, b'{"err":7}', Failed("http_400")),
        (400, b"[" * MAX_ANSWER, Failed("http_400")),
        (400, b'{"err":"invalid_key"}' + b" " * MAX_ANSWER, Failed("http_400")),
        (429, b"", Failed("http_429")),
        (500, b"", Failed("http_500")),
    ],
)
async def test_an_answer_means_what_rfc_8935_says(
    receiver: Receiver, status: int, body: bytes, outcome: Outcome
) -> None:
    receiver.status, receiver.body, receiver.headers = status, body, {"Location": receiver.url}
    async with HttpPush(may_reach_loopback) as push:
        assert await push(receiver.url, "a.b.c") == outcome
    assert receiver.tokens == ["a.b.c"], "once, without following a redirect"


async def test_the_receivers_name_is_kept_though_the_address_is_pinned(receiver: Receiver) -> None:
    named = receiver.url.replace("127.0.0.1", "localhost")
    async with HttpPush(may_reach_loopback) as push:
        assert await push(named, "a.b.c") == Taken()
    assert receiver.got[0][0]["host"] == named.split("/")[2]


async def test_loopback_is_refused_unless_it_is_allowed(receiver: Receiver) -> None:
    async with HttpPush(lambda address: is_allowed(address, Reach.PUBLIC)) as push:
        assert await push(receiver.url, "a.b.c") == Failed("address_refused")
        assert await push("https://localhost/events", "a.b.c") == Failed("address_refused")
        assert await push("https://169.254.169.254/events", "a.b.c") == Failed("address_refused")
        assert await push("https://[::ffff:10.0.0.1]/events", "a.b.c") == Failed("address_refused")
    assert receiver.got == []


async def test_plain_http_is_for_loopback_only() -> None:
    async with HttpPush(lambda _: True) as push:
        assert await push("http://192.0.2.1/events", "a.b.c") == Failed("address_refused")


async def test_a_receiver_that_speaks_no_tls_is_unreachable(receiver: Receiver) -> None:
    async with HttpPush(may_reach_loopback) as push:
        assert await push(receiver.url.replace("http:", "https:"), "a.b.c") == Failed("unreachable")
    assert receiver.got == []


@pytest.mark.parametrize("url", ["https://[::1/e", "https://127.0.0.1:99999/e", f"https://{'a' * 64}.example/e"])
async def test_an_address_that_cannot_be_used_is_unreachable_and_no_defect(url: str) -> None:
    async with HttpPush(may_reach_loopback) as push:
        assert await push(url, "a.b.c") == Failed("unreachable")


@pytest.mark.parametrize(
    "url",
    [
        "http://actor.example/events",
        "ftp://actor.example/events",
        "https://user:pass@actor.example/events",
        "https://actor.example/events#x",
        "https://actor.example:port/events",
        "https://[::1/events",
        "/events",
        "https://actor.example/ev ents",
        "",
    ],
)
def test_an_address_that_cannot_be_pushed_to_is_not_registered(url: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        check_push_url(url)
    assert refused.value.code == "PUSH_URL_INVALID"


@pytest.mark.parametrize("url", ["https://actor.example/events?tenant=1", "http://127.0.0.1:8000/", "http://[::1]/e"])
def test_an_address_that_can_be_pushed_to_is_registered(url: str) -> None:
    check_push_url(url)


def test_waits_double_up_to_six_hours_less_up_to_a_half() -> None:
    assert [wait_after(attempt, 0.0).total_seconds() for attempt in (1, 2, 3, 13, 14, 99)] == [
        *(5, 10, 20, 20_480),
        *(21_600, 21_600),
    ]
    assert wait_after(3, 0.5).total_seconds() == 15
