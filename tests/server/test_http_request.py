"""GraphQL over HTTP, the asking side."""

import asyncio

import orjson
import pytest

from gateway.server.http_request import (
    GRAPHQL_RESPONSE,
    JSON,
    GraphQLParameters,
    Refused,
    headers_of,
    negotiate,
    read_parameters,
)


def read(method="POST", body=b"", headers=None, query_string=b"", limit=1000, chunk=7):
    chunks = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
    messages = [
        {"type": "http.request", "body": part, "more_body": number < len(chunks) - 1}
        for number, part in enumerate(chunks)
    ]

    async def receive():
        return messages.pop(0)

    raw = {b"content-type": b"application/json"} if headers is None else headers
    scope = {"method": method, "query_string": query_string}
    return asyncio.run(read_parameters(scope, receive, raw, limit=limit))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        (b"application/json", JSON),
        (b"application/graphql-response+json", GRAPHQL_RESPONSE),
        (b"*/*", JSON),
        (b"application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        (b"application/graphql-response+json;q=0.5, application/json;q=0.9", JSON),
        (b"APPLICATION/JSON; charset=UTF-8", JSON),
        (b"text/html, application/*;q=0.1", GRAPHQL_RESPONSE),
    ],
)
def test_the_media_type_is_negotiated(accept, expected):
    assert negotiate(accept) == expected


@pytest.mark.parametrize("accept", [b"text/html", b"application/json;charset=iso-8859-1", b"application/json;q=0"])
def test_an_unacceptable_media_type_is_refused(accept):
    assert negotiate(accept).status == 406


def test_a_post_is_read_in_chunks():
    body = orjson.dumps({"query": "{a}", "variables": {"x": 1}, "operationName": "Q", "extensions": {"e": 2}})
    assert read(body=body) == GraphQLParameters(
        query="{a}", variables={"x": 1}, operation_name="Q", extensions={"e": 2}, is_get=False
    )


def test_a_get_is_read_from_the_query_string():
    parameters = read("GET", query_string=b"query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=Q", headers={})
    assert parameters == GraphQLParameters(query="{a}", variables={"x": 1}, operation_name="Q", is_get=True)


@pytest.mark.parametrize(
    ("keywords", "status", "code"),
    [
        ({"body": b"{"}, 400, "BAD_REQUEST"),
        ({"body": b"[]"}, 400, "BATCHING_NOT_ALLOWED"),
        ({"body": b"1"}, 400, "BAD_REQUEST"),
        ({"body": b"{}"}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": 1}'}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": "  "}'}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": "{a}", "variables": []}'}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": "{a}", "operationName": {}}'}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": "{a}", "extensions": "x"}'}, 400, "BAD_REQUEST"),
        ({"body": b'{"query": "\xff"}'}, 400, "BAD_REQUEST"),
        ({"body": b"x" * 1001}, 413, "BODY_TOO_LARGE"),
        (
            {"body": b"{}", "headers": {b"content-type": b"application/json", b"content-length": b"99999"}},
            413,
            "BODY_TOO_LARGE",
        ),
        ({"body": b"{}", "headers": {}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"body": b"{}", "headers": {b"content-type": b"text/plain"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            {"body": b"{}", "headers": {b"content-type": b"application/json; charset=utf-16"}},
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ({"method": "PUT"}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "GET"}, 400, "BAD_REQUEST"),
        ({"method": "GET", "query_string": b"query={a}&query={b}"}, 400, "BAD_REQUEST"),
        ({"method": "GET", "query_string": b"query=%ff"}, 400, "BAD_REQUEST"),
        ({"method": "GET", "query_string": b"query={a}&variables={"}, 400, "BAD_REQUEST"),
    ],
)
def test_a_wrong_request_is_refused_with_status_and_code(keywords, status, code):
    refused = read(**keywords)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.code) == (status, code)


def test_a_repeated_header_is_joined():
    scope = {"headers": [(b"accept", b"text/html"), (b"accept", b"application/json")]}
    assert headers_of(scope) == {b"accept": b"text/html, application/json"}
