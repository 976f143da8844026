"""The rules of sources and endpoints: fixed https hosts, paths that stay there, templates and mappings that parse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from graphql import GraphQLError, parse

from connectors.mapping import MappingError, Selection, TemplateKind, parse_template
from connectors.schema.definition import BodyFormat, Endpoint, Header, Source
from connectors.schema.problem import SdlProblem, problem_at
from connectors.schema.single_values import object_message
from connectors.schema.variables import REQUEST_VARIABLES, parse_mapping, parse_request_mapping
from connectors.transport.address import Reach, is_allowed

_RESERVED_HEADERS = frozenset(
    {"authorization", "connection", "content-length", "cookie", "host", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
_ANY_SOURCE: Final = "https://source.example"


def source_problems(source: Source) -> Iterator[SdlProblem]:
    """Yield what is wrong with a `@source`."""
    where = f"@source {source.name}"
    yield from url_problems(source.base_url, where)
    yield from _templates(where, (), source.headers)
    yield from _requests(where, (source.query_params,))
    verdicts = (source.is_success, source.is_error, source.is_unauthorized, source.is_forbidden, source.is_throttled,
                source.is_unavailable, source.is_absent, source.retry_after)  # fmt: skip
    yield from _answers(where, verdicts)


def endpoint_problems(name: str, endpoint: Endpoint) -> Iterator[SdlProblem]:
    """Yield what is wrong with an endpoint."""
    if not endpoint.path.startswith("/") or endpoint.path.startswith("//"):
        yield problem_at(None, "PATH_NOT_RELATIVE", f"{name}: the path begins with one / and stays at its source.")
    yield from _templates(name, (endpoint.path,), endpoint.headers)
    yield from _requests(name, (endpoint.query_params, endpoint.body))
    yield from _answers(name, (endpoint.is_success,))
    yield from _format(name, endpoint.format)
    if endpoint.document is not None:
        try:
            parse(endpoint.document)
        except GraphQLError as error:
            yield problem_at(None, "GRAPHQL_DOCUMENT_INVALID", f"{name}: {error.message}")


def _format(name: str, form: BodyFormat) -> Iterator[SdlProblem]:
    if len(form.delimiter) != 1 or form.delimiter in '\r\n"':
        message = f"{name}: {form.delimiter!r} cannot stand between the fields of a CSV line; give one character."
        yield problem_at(None, "FORMAT_INVALID", message)
    try:
        "a".encode(form.encoding)
    except LookupError:
        message = f"{name}: {form.encoding!r} is no encoding of text that is known here, like `utf-8` or `latin-1`."
        yield problem_at(None, "FORMAT_INVALID", message)


def url_problems(url: str, where: str) -> Iterator[SdlProblem]:
    """Yield a problem where a URL is no fixed https address."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or "{" in parts.netloc:
        yield problem_at(None, "URL_NOT_HTTPS", f"{where}: a fixed https address without credentials is needed.")
    elif not _may_be_public(parts.hostname):
        message = f"{where}: {parts.hostname} is no public address; a sandbox on your machine is named with --at."
        yield problem_at(None, "ADDRESS_NOT_PUBLIC", message)


def _may_be_public(host: str) -> bool:
    """Whether a host can be outside at all; what its name resolves to is judged at every connection."""
    try:
        return is_allowed(host, Reach.PUBLIC)
    except ValueError:
        return "." in host.strip(".")


def _templates(where: str, paths: Sequence[str], headers: Sequence[Header]) -> Iterator[SdlProblem]:
    for header in headers:
        if header.name.lower() in _RESERVED_HEADERS:
            yield problem_at(None, "HEADER_RESERVED", f"{where}: {header.name} cannot be set.")
    # A path has the place in a URL that it is given at its source.
    templates = [(f"{_ANY_SOURCE}{path}", TemplateKind.URL) for path in paths]
    for text, kind in [*templates, *((header.value, TemplateKind.HEADER) for header in headers)]:
        try:
            parse_template(text, kind, variables=REQUEST_VARIABLES)
        except MappingError as error:
            yield problem_at(None, "TEMPLATE_INVALID", f"{where}: {error.message} [{error.code}]")


def _requests(where: str, mappings: Iterable[str | None]) -> Iterator[SdlProblem]:
    yield from _mappings(where, mappings, parse_request_mapping)


def _answers(where: str, verdicts: Iterable[str | None]) -> Iterator[SdlProblem]:
    """Verdicts are one value each: an object is neither true nor a number of seconds, whatever the answer says."""
    texts = [text for text in verdicts if text is not None]
    problems = list(_mappings(where, texts, parse_mapping))
    yield from problems
    for text in texts if not problems else ():
        message = object_message(where, text)
        if message is not None:
            yield problem_at(None, "VERDICT_NOT_A_VALUE", message)


def _mappings(
    where: str,
    mappings: Iterable[str | None],
    parse_text: Callable[[str], Selection],
) -> Iterator[SdlProblem]:
    for text in mappings:
        if text is not None:
            try:
                parse_text(text)
            except MappingError as error:
                yield problem_at(None, "MAPPING_INVALID", f"{where}: {error.message} [{error.code}]")
