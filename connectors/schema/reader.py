"""Reads single directives into values; what cannot be read becomes a problem.

Values are coerced against the spec files, so that required arguments, enums and defaults are GraphQL's own business.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graphql import DirectiveNode, GraphQLError, GraphQLSchema, Node
from graphql.execution.values import get_argument_values

from connectors.mapping import MappingError
from connectors.schema.definition import (
    BodyFormat,
    Connect,
    Each,
    EmailProof,
    Endpoint,
    Expansion,
    Header,
    Identity,
    Limits,
    Linking,
    MessageProof,
    Paging,
    Source,
)
from connectors.schema.linking_values import linking_method, search_of
from connectors.schema.problem import SdlProblem, problem_at
from connectors.schema.variables import parse_mapping

Values = Mapping[str, Any]

_LINKING_METHODS = ("oauth2", "clientCredentials", "platformToken", "awsSigV4", "token", "takeout")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def parse_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration of days, hours, minutes and seconds; None when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) or None


Read = tuple[DirectiveNode, Values]
_PATH = re.compile(r"\w+(\.\w+)*")


class DirectiveReader:
    """Collects values and problems of one document."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.problems: list[SdlProblem] = []

    def add(self, node: Node | None, code: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(problem_at(node, code, message))

    def read(self, directives: Iterable[DirectiveNode]) -> defaultdict[str, list[Read]]:
        """Return each directive's values, coerced against its definition."""
        found: defaultdict[str, list[Read]] = defaultdict(list)
        for node in directives:
            name = node.name.value
            definition = self._schema.get_directive(name)
            if definition is None:
                self.add(node, "DIRECTIVE_UNKNOWN", f"There is no directive @{name}.")
                continue
            try:
                values = get_argument_values(definition, node)
            except GraphQLError as error:
                self.add(node, "DIRECTIVE_INVALID", f"@{name}: {error.message}")
                continue
            found[name].append((node, {"from_" if key == "from" else key: value for key, value in values.items()}))
        return found

    def sources(self, found: Mapping[str, list[Read]]) -> dict[str, Source]:
        """Return `@source`s with their `@envelope`s."""
        sources: dict[str, Source] = {}
        for node, values in found["source"]:
            http = values["http"]
            if values["name"] in sources:
                self.add(node, "SOURCE_NAME_NOT_UNIQUE", f"Two sources are named {values['name']!r}.")
            sources[values["name"]] = Source(
                name=values["name"],
                base_url=http["baseURL"].rstrip("/"),
                query_params=http.get("queryParams"),
                headers=_headers(http.get("headers")),
                is_success=values.get("isSuccess"),
            )
        for node, values in found["envelope"]:
            source = sources.get(values["source"])
            if source is None:
                self.add(node, "SOURCE_UNKNOWN", f"There is no source {values['source']!r}.")
                continue
            sources[source.name] = replace(
                source,
                is_error=values.get("isError"),
                is_unauthorized=values.get("isUnauthorized"),
                is_forbidden=values.get("isForbidden"),
                is_throttled=values.get("isThrottled"),
                is_unavailable=values.get("isUnavailable"),
                is_absent=values.get("isAbsent"),
                retry_after=values.get("retryAfter"),
            )
        return sources

    def connects(self, found: Mapping[str, list[Read]], sources: Mapping[str, Source]) -> tuple[Connect, ...]:
        """Return `@connect`s with their paging, documents and formats."""
        ids = [values["id"] for _, values in found["connect"]]
        documents = self._by_connect(found["graphql"], ids)
        pagings = self._by_connect(found["paging"], ids)
        formats = self._by_connect(found["format"], ids)
        eaches = self._by_connect(found["each"], ids)
        expansions = self._expansions(found["expand"], ids)
        connects = []
        for node, values in found["connect"]:
            if ids.count(values["id"]) > 1:
                self.add(node, "CONNECT_ID_NOT_UNIQUE", f"Two connects have the id {values['id']!r}.")
            document = documents.get(values["id"])
            endpoint = self.endpoint(node, values, sources, document[1]["document"] if document else None)
            if endpoint is not None and values["id"] in formats:
                endpoint = replace(endpoint, format=body_format(formats[values["id"]][1]))
            fields = self.output_fields(node, values["selection"])
            if endpoint is None or fields is None:
                continue
            paging = pagings.get(values["id"])
            connects.append(
                Connect(
                    id=values["id"],
                    endpoint=endpoint,
                    selection=values["selection"],
                    fields=fields,
                    paging=self.paging(*paging) if paging else None,
                    each=_each(eaches[values["id"]][1]) if values["id"] in eaches else None,
                    expansions=tuple(expansions[values["id"]]),
                )
            )
        return tuple(connects)

    def _expansions(self, found: Sequence[Read], ids: Sequence[str]) -> defaultdict[str, list[Expansion]]:
        """Return `@expand`s by connect."""
        expansions: defaultdict[str, list[Expansion]] = defaultdict(list)
        for node, values in found:
            if values["connect"] not in ids:
                self.add(node, "CONNECT_UNKNOWN", f"@expand: there is no connect {values['connect']!r}.")
            if not values["parameter"] or not values["brings"] or not all(map(_PATH.fullmatch, values["brings"])):
                message = "@expand needs a parameter and the paths that it brings, like `result.jobs`."
                self.add(node, "EXPAND_INVALID", message)
            expansions[values["connect"]].append(
                Expansion(
                    parameter=values["parameter"],
                    value=values["value"],
                    brings=tuple(tuple(path.split(".")) for path in values["brings"]),
                )
            )
        return expansions

    def linking(self, node: DirectiveNode, values: Values, sources: Mapping[str, Source]) -> Linking | None:
        """Return `@linking`."""
        methods = [name for name in _LINKING_METHODS if values.get(name) is not None]
        if len(methods) != 1:
            self.add(node, "LINKING_METHOD_COUNT", f"@linking takes one of {', '.join(_LINKING_METHODS)}.")
            return None
        identity = []
        given: set[str] = set()
        for each in values["identity"]:
            endpoint = self.endpoint(node, each, sources, each.get("document"))
            given |= self.output_fields(node, each["selection"]) or frozenset()
            if endpoint is not None:
                endpoint = replace(endpoint, format=BodyFormat(kind=each["body"]))
                search = search_of(each.get("search"))
                identity.append(Identity(endpoint=endpoint, selection=each["selection"], search=search))
        if "reference" not in given and methods != ["takeout"]:
            self.add(node, "IDENTITY_WITHOUT_REFERENCE", "One of the identity's selections must give `reference`.")
        return Linking(
            method=linking_method(methods[0], values[methods[0]]),
            header=values["credential"]["header"],
            prefix=values["credential"]["prefix"],
            identity=tuple(identity),
            body=values["credential"].get("body"),
            proof=self._proof(node, values.get("proof"), sources),
            holder=values.get("holder"),
        )

    def _proof(
        self, node: DirectiveNode, values: Values | None, sources: Mapping[str, Source]
    ) -> EmailProof | MessageProof | None:
        if values is None:
            return None
        message = values.get("message")
        if values["email"] == (message is not None):
            self.add(node, "PROOF_COUNT", "`proof` takes one of email and message.")
            return None
        if message is None:
            return EmailProof()
        endpoint = self.endpoint(node, message, sources, None)
        return MessageProof(endpoint=endpoint) if endpoint is not None else None

    def limits(self, found: Sequence[Read]) -> Limits:
        """Return `@limits`, or the usual ones."""
        if not found:
            return Limits()
        node, values = found[0]
        return Limits(
            concurrency=values["concurrency"],
            requests=values.get("requests"),
            period=self.duration(node, values.get("per")),
            per_account=values["scope"] == "ACCOUNT",
            timeout=values["timeout"],
            body_bytes=values["bodyBytes"],
        )

    def _by_connect(self, found: Sequence[Read], ids: Sequence[str]) -> dict[str, Read]:
        for node, values in found:
            if values["connect"] not in ids:
                self.add(node, "CONNECT_UNKNOWN", f"There is no connect {values['connect']!r}.")
        return {values["connect"]: (node, values) for node, values in found}

    def endpoint(
        self, node: DirectiveNode, values: Values, sources: Mapping[str, Source], document: str | None
    ) -> Endpoint | None:
        """Return the HTTP part of a directive, or the file that it names."""
        http = values.get("http") or {}
        methods = [method for method in ("GET", "POST") if http.get(method) is not None]
        if values.get("file") is not None:
            return _file_endpoint(values["file"])
        if values.get("source") not in sources:
            self.add(node, "SOURCE_UNKNOWN", f"There is no source {values.get('source')!r}.")
        elif len(methods) != 1:
            self.add(node, "HTTP_METHOD_COUNT", "http takes one of GET and POST.")
        else:
            method = methods[0]
            return Endpoint(
                source=values["source"],
                method="GET" if method == "GET" else "POST",
                path=http[method],
                query_params=http.get("queryParams"),
                body=http.get("body"),
                headers=_headers(http.get("headers")),
                is_success=values.get("isSuccess"),
                document=document,
            )
        return None

    def output_fields(self, node: DirectiveNode, selection: str) -> frozenset[str] | None:
        """Return what a selection gives."""
        try:
            return frozenset(parse_mapping(selection).output_fields())
        except MappingError as error:
            self.add(node, "MAPPING_INVALID", f"{error.message} (line {error.line} of the mapping) [{error.code}]")
            return None

    def paging(self, node: DirectiveNode, values: Values) -> Paging:
        """Return `@paging`, or a feed's paging."""
        needed = {"CURSOR": "next", "MOVING_WINDOW": "next"}.get(values["style"])
        if needed is not None and values.get(needed) is None:
            self.add(node, "PAGING_INCOMPLETE", f"Paging by {values['style']} needs `{needed}`.")
        if not 0 < values["size"] <= values["most"]:
            self.add(node, "PAGING_SIZE", "`size` must be at least 1 and at most `most`.")
        return Paging(
            style=values["style"],
            size=values["size"],
            first=values["first"],
            total=values.get("total"),
            pages=values.get("pages"),
            records=values.get("records"),
            next=values.get("next"),
            window=self.duration(node, values.get("window")),
            time=values.get("time", "RFC3339"),
            order=values.get("order", "UNORDERED"),
            most=values["most"],
        )

    def duration(self, node: DirectiveNode, text: str | None) -> timedelta | None:
        """Return a duration; None where there is none or it is wrong."""
        if text is None:
            return None
        duration = parse_duration(text)
        if duration is None:
            self.add(node, "DURATION_INVALID", f"{text!r} is no ISO 8601 duration of days, hours, minutes, seconds.")
        return duration


def _file_endpoint(file: str) -> Endpoint:
    return Endpoint(
        source="", method="GET", path="", query_params=None, body=None, headers=(), is_success=None, file=file
    )


def _each(values: Values) -> Each:
    return Each(of=values["of"], list=values["list"], days=values["days"], late=values["late"], most=values["most"])


def body_format(values: Values) -> BodyFormat:
    """Return `@format`, or a feed's."""
    return BodyFormat(
        kind=values["body"],
        lists=frozenset(values["lists"]),
        delimiter=values["delimiter"],
        encoding=values["encoding"],
    )


def _headers(values: Sequence[Values] | None) -> tuple[Header, ...]:
    return tuple(Header(name=item["name"], value=item["value"]) for item in values or ())
