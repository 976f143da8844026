"""What an answer carries beside its body: compression, and what other origins may read."""

import asyncio
import gzip

import pytest

from gateway.server.http_response import accepts_gzip

LARGE = {"query": "{ note { text } }"}
SMALL = {"query": "{ note { id } }"}


def ask(request):
    return asyncio.run(request.run())


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        (b"", False),
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"gzip;q=0", False),
        (b"gzip;q=0.000", False),
        (b"identity", False),
        (b"x-gzip", True),
    ],
)
def test_gzip_is_used_only_where_it_is_accepted(header, accepted):
    assert accepts_gzip(header) is accepted


def test_a_large_answer_is_compressed(graph, client):
    plain = ask(client(graph.endpoint(), LARGE))
    packed = ask(client(graph.endpoint(), LARGE, accept_encoding="gzip"))
    assert gzip.decompress(packed.received) == plain.received
    assert packed.answered["content-encoding"] == ["gzip"]
    assert packed.answered["content-length"] == [str(len(packed.received))]
    assert "accept-encoding" in packed.answered["vary"]
    assert "content-encoding" not in plain.answered


def test_a_small_answer_or_a_reluctant_operator_is_not(graph, client):
    assert "content-encoding" not in ask(client(graph.endpoint(), SMALL, accept_encoding="gzip")).answered
    off = graph.endpoint(compression=False)
    assert "content-encoding" not in ask(client(off, LARGE, accept_encoding="gzip")).answered


def test_pages_with_cookies_are_never_compressed(gigway):
    import urllib.request

    request = urllib.request.Request(f"{gigway}/sign-in", headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
    with urllib.request.urlopen(request) as page:
        assert page.headers["content-encoding"] is None


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://app.example", None),
        (("https://app.example",), "https://app.example", "https://app.example"),
        (("https://app.example",), "https://app.example.evil", None),
        (("https://app.example",), "null", None),
        (("*",), "https://any.example", "*"),
    ],
)
def test_only_listed_origins_may_read(graph, client, origins, origin, allowed):
    endpoint = graph.endpoint(origins=frozenset(origins))
    answer = ask(client(endpoint, SMALL, origin=origin))
    assert answer.status == 200
    assert answer.answered.get("access-control-allow-origin", [None]) == [allowed]
    assert "access-control-allow-credentials" not in answer.answered
    preflight = ask(client(endpoint, method="OPTIONS", origin=origin, access_control_request_method="POST"))
    assert preflight.status == (204 if allowed else 405)
    assert preflight.answered.get("access-control-allow-origin", [None]) == [allowed]
    assert ("access-control-allow-headers" in preflight.answered) is (allowed is not None)


def test_a_refusal_can_be_read_too(graph, client):
    endpoint = graph.endpoint(origins=frozenset({"https://app.example"}))
    answer = ask(client(endpoint, {"query": ""}, origin="https://app.example"))
    assert answer.status == 400
    assert answer.answered["access-control-allow-origin"] == ["https://app.example"]
