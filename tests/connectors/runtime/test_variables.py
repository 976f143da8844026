"""What mappings read beside the body: the status, headers, and what the operator set for the platform."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.mapping import compile_selection
from connectors.runtime.endpoint import CompiledEndpoint, Fetched
from connectors.runtime.pages import Span, StreamReader
from connectors.schema import load
from connectors.schema.variables import parse_mapping
from connectors.transport import UpstreamResponse
from tests.connectors.runtime.test_pages import paging
from tests.connectors.schema.test_rules import PLAIN

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def endpoint(query: str) -> CompiledEndpoint:
    """The endpoint of Acme's jobs, asked with `query`."""
    definition = load(PLAIN.replace("offset: $page.offset", query)).definition
    connect = next(each for each in definition.connects if each.id == "jobs")
    return CompiledEndpoint(connect.endpoint, definition.sources["acme"], origin=None)


def test_what_the_operator_set_goes_into_the_request() -> None:
    compiled = endpoint("market: $config.market offset: $page.offset")
    request = compiled.request({"$page": {"offset": 5}, "$config": {"market": "se"}})
    assert request.url == "https://api.acme.example/jobs?market=se&offset=5"


def test_status_and_headers_are_there_for_the_mapping() -> None:
    compiled = endpoint("offset: $page.offset")
    response = UpstreamResponse(status=203, headers={"x-region": "north"}, body=b"{}")
    fetched = compiled.read(response, at=NOW)
    mapper = compile_selection(parse_mapping("region: $response.headers.'x-region'->first status: $status"))
    assert mapper(fetched.body, fetched.facts) == ({"region": "north", "status": 203}, [])


def test_total_and_next_page_come_from_headers_too() -> None:
    names = [str(number) for number in range(7)]

    async def fetch(page: Mapping[str, Any]) -> Fetched:
        start = page["offset"] if page["cursor"] is None else int(page["cursor"])
        end = start + page["limit"]
        headers = {"x-total-count": str(len(names)), **({"x-next": str(end)} if end < len(names) else {})}
        compiled = endpoint("offset: $page.offset cursor: $page.cursor")
        body = ",".join(f'{{"ref":"{name}"}}' for name in names[start:end])
        response = UpstreamResponse(status=200, headers=headers, body=f'{{"items":[{body}]}}'.encode())
        return compiled.read(response, at=NOW)

    def read(style: str, **options: Any) -> list[str]:
        reader = StreamReader(paging(style, 3, **options), fetch, lambda got, _: got.body["items"], concurrency=2)
        return [record["ref"] for record in asyncio.run(reader.read(Span(), now=NOW)).records]

    assert read("OFFSET", total="$response.headers.'x-total-count'->first") == names
    assert read("CURSOR", next="$response.headers.'x-next'?->first") == names
