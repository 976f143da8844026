"""Metrics and traces: what is measured, and that nothing is when they are off."""

import asyncio
import re

import orjson
import pytest
from aiohttp import web

from gateway.engine import Engine, EngineOptions
from gateway.server.execution import Execution
from gateway.server.graphql import EndpointOptions, GraphQLEndpoint, StreamLife
from gateway.server.metrics import Counter, Histogram, Metrics
from gateway.server.otlp import OtlpExporter
from gateway.server.telemetry import Telemetry
from gateway.server.tracing import CLIENT, INTERNAL, SERVER, Caller, Span, Tracer, parse_traceparent

QUERY = {"query": "query Note { note { id detail } }", "operationName": "Note"}
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def measured(graph, telemetry):
    subgraphs = [telemetry.subgraph(each) for each in graph.engine.version.subgraphs.values()]
    options = EngineOptions(watch_planning=telemetry.planning)
    engine = Engine.from_subgraphs(subgraphs, gate=graph.gate, options=options)
    life = StreamLife(seconds_left=graph.seconds_left, stopping=graph.drain.stopping)
    return telemetry.endpoint(GraphQLEndpoint(Execution(engine), graph.authenticate, life, EndpointOptions()))


def test_nothing_is_wrapped_when_nothing_is_measured(graph):
    off = Telemetry(None, None)
    assert off.subgraph(graph.notes) is graph.notes
    endpoint = graph.endpoint()
    assert off.endpoint(endpoint) is endpoint
    assert off.routes() == []


def test_requests_and_fetches_are_counted(graph, client):
    metrics = Metrics()
    endpoint = measured(graph, Telemetry(metrics, None))
    asyncio.run(client(endpoint, QUERY).run())
    asyncio.run(client(endpoint, {"query": ""}).run())
    text = metrics.render()
    assert 'gigway_requests_total{status="200"} 1\n' in text
    assert 'gigway_requests_total{status="400"} 1\n' in text
    assert "gigway_requests_open 0\n" in text
    assert 'gigway_fetches_total{subgraph="details",outcome="ok"} 1\n' in text
    assert 'gigway_fetch_seconds_count{subgraph="notes"} 1\n' in text
    assert "gigway_request_seconds_count 2\n" in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+', line), line


def test_a_histogram_counts_upwards():
    histogram = Histogram("h", "Text.")
    for seconds in (0.001, 0.02, 100.0):
        histogram.observe(seconds)
    text = "".join(histogram.render())
    assert 'h_bucket{le="0.005"} 1\n' in text
    assert 'h_bucket{le="0.025"} 2\n' in text
    assert 'h_bucket{le="30.0"} 2\nh_bucket{le="+Inf"} 3\n' in text
    assert text.endswith("h_sum 100.021\nh_count 3\n")


def test_large_numbers_keep_their_last_digit():
    counter = Counter("c", "Text.")
    counter.add(amount=123_456_789.0)
    counter.add()
    assert "c 123456790\n" in "".join(counter.render())


def test_label_values_are_escaped():
    counter = Counter("c", "Text.", ("label",))
    counter.add(('a"\\\n',))
    assert 'c{label="a\\"\\\\\\n"} 1\n' in "".join(counter.render())


def test_a_request_is_a_trace_of_plan_and_fetches(graph, client):
    spans = []
    endpoint = measured(graph, Telemetry(None, Tracer(spans.append)))
    asyncio.run(client(endpoint, QUERY, traceparent=f"00-{TRACE}-{PARENT}-01").run())
    request = spans[-1]
    assert [(span.name, span.kind) for span in spans] == [
        ("plan", INTERNAL),
        ("fetch", CLIENT),
        ("fetch", CLIENT),
        ("POST /graphql", SERVER),
    ]
    assert {span.trace_id for span in spans} == {TRACE}
    assert request.parent_id == PARENT
    assert {span.parent_id for span in spans[:-1]} == {request.span_id}
    assert all(request.start <= span.start <= span.end <= request.end for span in spans)
    assert request.attributes == {"http.response.status_code": 200}
    assert spans[0].attributes == {"graphql.operation.type": "query", "graphql.operation.name": "Note"}
    assert [span.attributes["graphql.subgraph"] for span in spans[1:3]] == ["notes", "details"]


@pytest.mark.parametrize(("ratio", "flags"), [(1.0, "00"), (0.0, None)])
def test_what_is_not_sampled_makes_no_span(graph, client, ratio, flags):
    spans = []
    endpoint = measured(graph, Telemetry(None, Tracer(spans.append, ratio=ratio)))
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"} if flags else {}
    assert asyncio.run(client(endpoint, QUERY, **headers).run()).status == 200
    assert spans == []


@pytest.mark.parametrize(
    ("header", "caller"),
    [
        (f"00-{TRACE}-{PARENT}-01", Caller(trace_id=TRACE, span_id=PARENT, sampled=True)),
        (f"00-{TRACE}-{PARENT}-00", Caller(trace_id=TRACE, span_id=PARENT, sampled=False)),
        (f"01-{TRACE}-{PARENT}-01-more", Caller(trace_id=TRACE, span_id=PARENT, sampled=True)),
        (f"00-{TRACE}-{PARENT}-01-more", None),
        (f"ff-{TRACE}-{PARENT}-01", None),
        (f"00-{'0' * 32}-{PARENT}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{PARENT}-01", None),
        ("nonsense", None),
        ("☃" * 30, None),
        (None, None),
    ],
)
def test_the_context_of_a_caller_is_read(header, caller):
    assert parse_traceparent(None if header is None else header.encode()) == caller


def test_spans_reach_a_collector():
    async def scenario():
        received = asyncio.Queue()

        async def take(request):
            await received.put((request.path, request.content_type, orjson.loads(await request.read())))
            return web.json_response({})

        app = web.Application()
        app.router.add_post("/v1/traces", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        exporter = OtlpExporter(f"http://127.0.0.1:{port}/", "gigway", "1", pause=60)
        running = asyncio.create_task(exporter.run())
        exporter.add(
            Span(
                name="fetch",
                trace_id=TRACE,
                span_id=PARENT,
                parent_id=PARENT,
                kind=CLIENT,
                start=1,
                end=2,
                failed=True,
                attributes={"graphql.subgraph": "notes", "http.response.status_code": 200},
            )
        )
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        path, content_type, body = received.get_nowait()
        await runner.cleanup()
        assert (path, content_type) == ("/v1/traces", "application/json")
        (resource,) = body["resourceSpans"]
        assert resource["resource"]["attributes"][0] == {"key": "service.name", "value": {"stringValue": "gigway"}}
        assert resource["scopeSpans"][0]["spans"] == [
            {
                "traceId": TRACE,
                "spanId": PARENT,
                "parentSpanId": PARENT,
                "name": "fetch",
                "kind": 3,
                "startTimeUnixNano": "1",
                "endTimeUnixNano": "2",
                "attributes": [
                    {"key": "graphql.subgraph", "value": {"stringValue": "notes"}},
                    {"key": "http.response.status_code", "value": {"intValue": "200"}},
                ],
                "status": {"code": 2},
            }
        ]

    asyncio.run(scenario())


def test_a_collector_that_is_not_there_is_no_failure(caplog):
    async def scenario():
        exporter = OtlpExporter("http://127.0.0.1:1", "gigway", "1", pause=60)
        exporter.add(Span(name="a", trace_id=TRACE, span_id=PARENT))
        running = asyncio.create_task(exporter.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())
    assert [record.message for record in caplog.records] == ["the collector does not take traces; they are dropped"]
