"""The rules of paging: what is read of an answer is one value each, and the request asks for the page that is due.

A request that does not say which page it wants is answered with the same one again and again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.mapping import InputPath, MappingError, TemplateKind, parse_template
from connectors.schema.definition import Endpoint, Paging, PagingStyle, Source
from connectors.schema.mapping_rules import Complaint
from connectors.schema.single_values import object_message
from connectors.schema.variables import REQUEST_VARIABLES, parse_request_mapping

PAGE: Final = "$page"
PAGE_FIELDS: Final = frozenset({"cursor", "from", "id", "limit", "number", "offset", "to"})
"""What `$page` has: `id` is new in every request, the others say which page is due."""

_MOVES: Final[Mapping[PagingStyle, str]] = {
    "OFFSET": "offset",
    "PAGE": "number",
    "CURSOR": "cursor",
    "MOVING_WINDOW": "to",
}


def paging_complaints(
    where: str, endpoint: Endpoint, source: Source | None, paging: Paging | None
) -> Iterator[Complaint]:
    """Yield what is wrong with how pages are asked for and counted; requests that do not parse are told elsewhere."""
    read = {path[1] if len(path) > 1 else None for path in _asked_with(endpoint, source) if path[0] == PAGE}
    for name in sorted(name for name in read - PAGE_FIELDS if name is not None):
        known = ", ".join(sorted(PAGE_FIELDS))
        yield "PAGE_FIELD_UNKNOWN", f"{where}: there is no {PAGE}.{name}; it has {known}."
    if paging is None:
        return
    moves = _MOVES.get(paging.style)
    if moves is not None and endpoint.file is None and not read & {moves, None}:
        message = f"{where}: with paging by {paging.style} the request must say which page: {PAGE}.{moves}."
        yield "PAGING_NOT_ASKED", message
    for text in (paging.total, paging.pages, paging.records, paging.next):
        if text is None:
            continue
        try:
            object_found = object_message(where, text)
        except MappingError as error:
            yield "MAPPING_INVALID", f"{where}: {error.message} [{error.code}]"
            continue
        if object_found is not None:
            yield "PAGING_NOT_A_VALUE", object_found


def _asked_with(endpoint: Endpoint, source: Source | None) -> Iterator[InputPath]:
    """The variables that a request is made of, with the paths below them."""
    templates = [(f"https://source.example{endpoint.path}", TemplateKind.URL)]
    headers = (*endpoint.headers, *(source.headers if source is not None else ()))
    templates += [(header.value, TemplateKind.HEADER) for header in headers]
    for text, kind in templates:
        with contextlib.suppress(MappingError):
            yield from parse_template(text, kind, variables=REQUEST_VARIABLES).input_paths()
    for mapping in (endpoint.query_params, endpoint.body, source.query_params if source is not None else None):
        with contextlib.suppress(MappingError):
            yield from () if mapping is None else parse_request_mapping(mapping).input_paths()
