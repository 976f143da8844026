"""GraphQL over HTTP, the asking side: from an ASGI request to GraphQL parameters, or to a refusal.

Follows the GraphQL-over-HTTP specification (draft of 2025): POST with `application/json`, GET for queries,
media types negotiated between `application/graphql-response+json` and `application/json`, UTF-8 only.
A refusal is a value: status, message, code, headers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from consent.values import hot_value

GRAPHQL_RESPONSE = b"application/graphql-response+json"
JSON = b"application/json"
EVENT_STREAM = b"text/event-stream"
MULTIPART = b"multipart/mixed"
DEFER_SPEC = b"20220824"
CHARSET = b"; charset=utf-8"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_MEDIA_RANGES = {
    b"application/graphql-response+json": GRAPHQL_RESPONSE,
    b"application/json": JSON,
    b"application/*": GRAPHQL_RESPONSE,
    b"*/*": JSON,
    b"text/event-stream": EVENT_STREAM,
    b"multipart/mixed": JSON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request that is not answered as a GraphQL request: an HTTP status and one error with its `extensions`."""

    status: int
    code: str
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)


GONE = Refused(status=499, code="CLIENT_CLOSED", message="The client went away.")
"""Nobody is there to read this; it is not sent."""

BODY_TOO_SLOW = Refused(
    status=408,
    code="REQUEST_TIMEOUT",
    message="The request's body did not arrive in time.",
    headers=((b"connection", b"close"),),
)


COST_RATE_EXCEEDED = "COST_RATE_EXCEEDED"
"""The code of a request for which nothing is left to spend (`budgets.py`)."""

MUTATION_BY_GET = Refused(
    status=405,
    code="OPERATION_NOT_ALLOWED",
    message="Only queries can be sent by GET; send this operation by POST.",
    headers=((b"allow", b"POST"),),
)


@hot_value
class Credentials:
    """What a request shows of who sends it: tokens, `DPoP` proofs, cookies, its method, where it is from."""

    authorization: str | None = field(default=None, repr=False)
    proofs: tuple[str, ...] = field(default=(), repr=False)
    method: str = "POST"
    cookies: str | None = field(default=None, repr=False)
    origin: str | None = None
    fetch_site: str | None = None


@hot_value
class GraphQLParameters:
    """The parameters of one GraphQL request, of the right JSON types.

    `query` is empty where the document is named by `document_id` or by an extension (`documents.py`).
    """

    query: str
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    is_get: bool = False


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the request's headers; a header that is repeated is joined with commas (RFC 9110 §5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def credentials_of(scope: Scope, headers: dict[bytes, bytes]) -> Credentials:
    """Return the request's credentials."""
    proofs = (
        tuple(value.decode("latin-1") for name, value in scope["headers"] if name == b"dpop")
        if b"dpop" in headers
        else ()
    )
    return Credentials(
        authorization=_text(headers, b"authorization"),
        proofs=proofs,
        method=scope["method"],
        cookies=_text(headers, b"cookie"),
        origin=_text(headers, b"origin"),
        fetch_site=_text(headers, b"sec-fetch-site"),
    )


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


@lru_cache(maxsize=256)
def negotiate(accept: bytes | None) -> bytes | Refused:
    """Return the response's media type for an `Accept` header, or a refusal (406).

    Who does not ask for anything (no header, or `*/*`) gets `application/json`, as older clients expect
    (GraphQL over HTTP §6.1). So does, for answers in one piece, who only accepts `multipart/mixed`.
    """
    if accept is None or not accept.strip():
        return JSON
    best, best_quality = None, 0.0
    for name, parameters in _media_ranges(accept):
        media_type = _MEDIA_RANGES.get(name)
        if media_type is None or any(p.startswith(b"charset=") and p != b"charset=utf-8" for p in parameters):
            continue
        quality = _quality(parameters)
        if quality > best_quality:
            best, best_quality = media_type, quality
    if best is None:
        return Refused(
            status=406,
            code="NOT_ACCEPTABLE",
            message="Accept application/graphql-response+json or application/json, in UTF-8.",
        )
    return best


@lru_cache(maxsize=256)
def accepts_parts(accept: bytes | None) -> bool:
    """Tell whether an answer may come in several parts, in the one format of `@defer` that we speak."""
    return any(
        name == MULTIPART
        and _quality(parameters) > 0
        and all(not each.startswith(b"deferspec=") or each == b"deferspec=" + DEFER_SPEC for each in parameters)
        for name, parameters in _media_ranges(accept or b"")
    )


def _media_ranges(accept: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    for part in accept.split(b","):
        name, *parameters = (piece.strip().lower() for piece in part.split(b";"))
        yield name, parameters


async def read_parameters(
    scope: Scope, receive: Receive, headers: dict[bytes, bytes], *, limit: int
) -> GraphQLParameters | Refused:
    """Read the parameters of a GET or POST request whose body has at most `limit` bytes."""
    match scope["method"]:
        case "GET" | "HEAD":
            return _from_query(scope["query_string"])
        case "POST":
            refused = _check_content_type(headers.get(b"content-type"))
            if refused is not None:
                return refused
            body = await read_body(receive, headers, limit=limit)
            return body if isinstance(body, Refused) else _from_body(body)
        case _:
            return Refused(
                status=405,
                code="METHOD_NOT_ALLOWED",
                message="Send GraphQL by POST, or a query by GET.",
                headers=((b"allow", b"GET, POST"),),
            )


def refused_as_a_whole(errors: Sequence[Mapping[str, Any]], *, is_get: bool) -> Refused | None:
    """Return what HTTP has a status of its own for: a GET whose operation is not a query (405), a budget that is spent
    (429, RFC 6585 §4). None when `errors` say something else.
    """
    for error in errors:
        extensions = error.get("extensions", {})
        code = extensions.get("code")
        if is_get and code == MUTATION_BY_GET.code:
            return MUTATION_BY_GET
        if code == COST_RATE_EXCEEDED:
            wait = b"%d" % extensions.get("retryAfter", 1)
            return Refused(
                status=429,
                code=code,
                message=error["message"],
                headers=((b"retry-after", wait),),
                extensions=extensions,
            )
    return None


async def read_body(receive: Receive, headers: dict[bytes, bytes], *, limit: int) -> bytes | Refused:
    """Read a body of at most `limit` bytes; stops reading when it is longer."""
    declared = headers.get(b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared) > limit):
        return _too_large(limit)
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return GONE
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return Refused(status=413, code="BODY_TOO_LARGE", message=f"The request body may have at most {limit} bytes.")


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=256)
def _check_content_type(content_type: bytes | None) -> Refused | None:
    pieces = [piece.strip().lower() for piece in (content_type or b"").split(b";")]
    charsets = [piece[8:].strip(b'"') for piece in pieces[1:] if piece.startswith(b"charset=")]
    if pieces[0] != JSON or any(charset not in {b"utf-8", b"utf8"} for charset in charsets):
        return Refused(
            status=415,
            code="UNSUPPORTED_MEDIA_TYPE",
            message="Send the request as application/json in UTF-8.",
            headers=((b"accept", JSON),),
        )
    return None


def _from_body(body: bytes) -> GraphQLParameters | Refused:
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _bad(
            f"The body is not JSON: {str(error).partition(':')[0]} (line {error.lineno}, column {error.colno})."
        )
    if isinstance(parameters, list):
        return _bad("Batches are not accepted; send one request at a time.", code="BATCHING_NOT_ALLOWED")
    if not isinstance(parameters, dict):
        return _bad("The body must be a JSON object with `query`.")
    return _checked(
        parameters.get("query"),
        parameters.get("documentId"),
        parameters.get("operationName"),
        parameters.get("variables"),
        parameters.get("extensions"),
        is_get=False,
    )


def _from_query(query_string: bytes) -> GraphQLParameters | Refused:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=32)
    except (UnicodeDecodeError, ValueError):
        return _bad("The query string is not percent-encoded UTF-8.")
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            return _bad(f"The parameter {name!r} is there twice.")
        parameters[name] = value
    decoded: dict[str, Any] = {}
    for name in ("variables", "extensions"):
        if parameters.get(name):
            try:
                decoded[name] = orjson.loads(parameters[name])
            except orjson.JSONDecodeError:
                return _bad(f"The parameter {name!r} is not JSON.")
    return _checked(
        parameters.get("query"),
        parameters.get("documentId") or None,
        parameters.get("operationName") or None,
        decoded.get("variables"),
        decoded.get("extensions"),
        is_get=True,
    )


def _checked(
    query: object,
    document_id: object,
    operation_name: object,
    variables: object,
    extensions: object,
    *,
    is_get: bool,
) -> GraphQLParameters | Refused:
    if document_id is not None and not isinstance(document_id, str):
        return _bad("`documentId` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        return _bad("`extensions` must be an object.")
    is_named = document_id is not None or (extensions is not None and "persistedQuery" in extensions)
    if query is None and is_named:
        query = ""
    elif not isinstance(query, str) or not (query.strip() or is_named):
        return _bad("`query` is missing; it must be a GraphQL document in a string.")
    if operation_name is not None and not isinstance(operation_name, str):
        return _bad("`operationName` must be a string.")
    if variables is not None and not isinstance(variables, dict):
        return _bad("`variables` must be an object.")
    return GraphQLParameters(
        query=query,
        document_id=document_id,
        operation_name=operation_name,
        variables=variables,
        extensions=extensions or {},
        is_get=is_get,
    )


def _bad(message: str, *, code: str = "BAD_REQUEST") -> Refused:
    return Refused(status=400, code=code, message=message)
