"""One endpoint of a connector, compiled: from variables to a request, and from its answer to checked JSON."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.mapping import (
    Mapper,
    MappingError,
    Template,
    TemplateKind,
    compile_selection,
    dump_json,
    parse_template,
    render_query,
)
from connectors.runtime.bodies import read_body
from connectors.schema.definition import BodyFormat, Endpoint, Source
from connectors.schema.variables import REQUEST_VARIABLES, parse_mapping, parse_request_mapping
from connectors.transport import (
    AccountCredential,
    Permit,
    Upstream,
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamRequest,
    UpstreamResponse,
    UpstreamThrottledError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)
from connectors.transport.upstream import judge

Json = Any

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A platform's answer, read: the JSON, the SHA-256 of its bytes, when it came, and for which account's facts.

    `is_absent`: the platform says that it has no such thing; then there is no body.
    `said` is what the answer says beside its body: `$status` and `$response`.
    """

    body: Json = field(repr=False)
    sha256: str
    at: datetime
    account: Mapping[str, Json] = field(default_factory=dict, repr=False)
    is_absent: bool = False
    said: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def facts(self) -> Mapping[str, Json]:
        """The variables that stand for the answer and its account."""
        return {**self.said, "$account": self.account}


class FileEndpoint:
    """A file of the worker's export, in the place of an endpoint."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.place = f"file {file}"


class CompiledEndpoint:
    """An endpoint whose templates and mappings are compiled; `origin` replaces the source's own (sandbox)."""

    def __init__(self, endpoint: Endpoint, source: Source, *, origin: str | None) -> None:
        base = source.base_url if origin is None else origin + urlsplit(source.base_url).path
        self.endpoint = endpoint
        self.place = f"{endpoint.method} {endpoint.path}"
        self._url = parse_template(base.rstrip("/") + endpoint.path, variables=REQUEST_VARIABLES)
        self._query = [_request_mapper(text) for text in (source.query_params, endpoint.query_params) if text]
        self._body = _request_mapper(endpoint.body) if endpoint.body is not None else None
        self._headers = [(header.name, _header(header.value)) for header in (*source.headers, *endpoint.headers)]
        self._verdicts = Verdicts(source, endpoint)

    def request(
        self, variables: Mapping[str, Json], *, document: str | None = None, parameters: Mapping[str, str] = NOTHING
    ) -> UpstreamRequest:
        """Return the request, `document` in the place of a GraphQL endpoint's own, `parameters` after the query's.

        Raises `UpstreamMalformedError` when the variables do not make one.
        """
        variables = {**variables, "$page": {**variables.get("$page", {}), "id": str(uuid.uuid4())}}
        try:
            url = self._url.render(variables)
            query = "&".join(filter(None, (render_query(mapper(None, variables)[0]) for mapper in self._query)))
            headers = {
                name: text for name, template in self._headers if (text := _rendered(template, variables)) is not None
            }
        except MappingError as error:
            raise UpstreamMalformedError(f"The request cannot be built ({error.code}).") from None
        query = "&".join(filter(None, (query, urlencode(parameters))))
        if query:
            url += ("&" if "?" in url else "?") + query
        body = self._payload(variables, document or self.endpoint.document)
        if body is not None and all(name.lower() != "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        return UpstreamRequest(
            method=self.endpoint.method, url=url, headers=headers, body=body, is_safe=self.endpoint.is_safe
        )

    async def fetch(
        self,
        upstream: Upstream,
        variables: Mapping[str, Json],
        *,
        permit: Permit | None,
        credential: AccountCredential | None,
        clock: Callable[[], datetime],
        deadline: float | None = None,
        document: str | None = None,
        parameters: Mapping[str, str] = NOTHING,
    ) -> Fetched:
        """Send the request and read its answer; an error in a good status is retried and counted like any other.

        Raises `UpstreamError`.
        """
        read: list[Fetched] = []

        def check(response: UpstreamResponse) -> None:
            read[:] = [self.read(response, at=clock())]

        await upstream.send(
            self.request(variables, document=document, parameters=parameters),
            permit=permit,
            credential=credential,
            deadline=deadline,
            check=check,
        )
        return read[0]

    def read(self, response: UpstreamResponse, *, at: datetime) -> Fetched:
        """Return the answer's JSON. Raises the `UpstreamError` that its status, its envelope or its shape means."""
        sha256 = hashlib.sha256(response.body).hexdigest()
        if self._verdicts.says_absent(response, self.endpoint.format):
            return Fetched(body=None, sha256=sha256, at=at, is_absent=True)
        if not 200 <= response.status < 300:
            self._verdicts.check_failure(response, self.endpoint.format)
            judge(response)
        body = read_body(response.body, self.endpoint.format)
        self._verdicts.check(body, response)
        return Fetched(body=body, sha256=sha256, at=at, said=said_beside(response))

    def _payload(self, variables: Mapping[str, Json], document: str | None) -> bytes | None:
        value = self._body(None, variables)[0] if self._body is not None else None
        if document is not None:
            return dump_json({"query": document, "variables": value or {}}).encode()
        return dump_json(value).encode() if self._body is not None else None


class Verdicts:
    """What a status can hide: the error envelope of a source, and GraphQL's own errors."""

    def __init__(self, source: Source, endpoint: Endpoint) -> None:
        self._is_graphql = endpoint.document is not None
        self._unauthorized = _predicate(source.is_unauthorized)
        self._forbidden = _predicate(source.is_forbidden)
        self._throttled = _predicate(source.is_throttled)
        self._unavailable = _predicate(source.is_unavailable)
        self._retry_after = _predicate(source.retry_after)
        self._absent = _predicate(source.is_absent)
        self._error = _predicate(source.is_error)
        self._success = _predicate(endpoint.is_success or source.is_success)

    def check(self, body: Json, response: UpstreamResponse) -> None:
        """Raise the `UpstreamError` that the body means, if it means one."""
        variables = said_beside(response)
        self._check_envelope(body, variables)
        if self._is_graphql:
            _check_graphql(body)
        if _holds(self._error, body, variables):
            raise _answered_with_error("isError is true")
        if self._success is not None and not _holds(self._success, body, variables):
            raise _answered_with_error("isSuccess is not true")

    def says_absent(self, response: UpstreamResponse, form: BodyFormat) -> bool:
        """Whether an answer, whatever its status, says that there is nothing."""
        if self._absent is None:
            return False
        try:
            body = read_body(response.body, form)
        except UpstreamMalformedError:
            body = None
        return _holds(self._absent, body, said_beside(response))

    def check_failure(self, response: UpstreamResponse, form: BodyFormat) -> None:
        """Raise what the envelope makes of an answer whose status is an error's already; the body may be anything."""
        if self._unauthorized or self._forbidden or self._throttled or self._unavailable:
            with suppress(UpstreamMalformedError):
                self._check_envelope(read_body(response.body, form), said_beside(response))

    def _check_envelope(self, body: Json, variables: Mapping[str, Json]) -> None:
        if _holds(self._unauthorized, body, variables):
            raise UpstreamUnauthorizedError("The platform no longer accepts this account's credential.")
        if _holds(self._forbidden, body, variables):
            raise UpstreamForbiddenError("The platform refuses this to the account's credential.")
        if _holds(self._throttled, body, variables):
            raise UpstreamThrottledError(
                "The platform's rate limit is used up.", retry_after=self._seconds(body, variables)
            )
        if _holds(self._unavailable, body, variables):
            raise UpstreamUnavailableError("The platform is not available.", retry_after=self._seconds(body, variables))

    def _seconds(self, body: Json, variables: Mapping[str, Json]) -> float | None:
        value = self._retry_after(body, variables)[0] if self._retry_after is not None else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        return max(0.0, float(value))


def said_beside(response: UpstreamResponse) -> Mapping[str, Json]:
    """Return what an answer says beside its body, as mappings name it: a header is a list of its values."""
    headers = {name: [value] for name, value in response.headers.items()}
    return {"$status": response.status, "$response": {"headers": headers}}


def _answered_with_error(verdict: str) -> UpstreamError:
    """Return the error; the note says to the connector's author, and to no client, which mapping said so."""
    error = UpstreamError("The platform answered with an error.")
    error.add_note(verdict)
    return error


def _check_graphql(body: Json) -> None:
    if not isinstance(body, dict):
        raise UpstreamMalformedError("The platform's answer is no GraphQL response.")
    if body.get("errors"):
        message = "The platform's schema refuses the query." if "data" not in body else "The platform reports errors."
        raise UpstreamMalformedError(message)
    if not isinstance(body.get("data"), dict):
        raise UpstreamMalformedError("The platform's answer has no data.")


def _request_mapper(text: str) -> Mapper:
    return compile_selection(parse_request_mapping(text))


def _header(text: str) -> Template:
    return parse_template(text, TemplateKind.HEADER, variables=REQUEST_VARIABLES)


def _rendered(template: Template, variables: Mapping[str, Json]) -> str | None:
    """Return a header's text, or None when a value in it is null: then the header is left out."""
    try:
        return template.render(variables)
    except MappingError as error:
        if error.code == "NULL_VALUE":
            return None
        raise


def _predicate(text: str | None) -> Mapper | None:
    return None if text is None else compile_selection(parse_mapping(text))


def _holds(mapper: Mapper | None, body: Json, variables: Mapping[str, Json]) -> bool:
    return mapper is not None and mapper(body, variables)[0] is True
