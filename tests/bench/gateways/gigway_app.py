"""Gigway as a gateway in front of HTTP subgraphs. Arguments: supergraph, port, and `engine` or `server`.

`engine` is a minimal ASGI application around the engine; `server` is the endpoint that Gigway itself serves, with
everything but its token check and its gate, which need a database.
"""

import asyncio
import gc
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvicorn

from gateway.engine import Engine
from gateway.subgraphs import HttpSubgraph, HttpTransport
from gateway.subgraphs.http import propagate_headers

HEADERS = [(b"content-type", b"application/json; charset=utf-8")]


@dataclass(slots=True)
class Session:
    """What is handed on to the subgraphs."""

    headers: dict
    scopes: None = None


def engine_of(supergraph):
    """Return the engine of a supergraph whose subgraphs are where it says."""
    transport = HttpTransport()
    rule = propagate_headers("authorization")
    urls = dict(re.findall(r'@join__graph\(name: "(\w+)", url: "([^"]+)"\)', supergraph))
    subgraphs = [HttpSubgraph(name, url, "", transport, headers=rule) for name, url in urls.items()]
    return Engine.from_supergraph(supergraph, subgraphs)


def minimal(engine):
    """Return the engine as an ASGI application, without anything around it."""

    async def app(scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        headers = {}
        for name, value in scope["headers"]:
            if name == b"authorization":
                headers["authorization"] = value.decode("latin-1")
        request = orjson.loads(body)
        response = await engine.execute(request["query"], request.get("variables"), session=Session(headers))
        length = (b"content-length", b"%d" % len(response.body))
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": response.body})
        await response.acknowledge()

    return app


def served(engine):
    """Return the endpoint of Gigway's server, and its protocol."""
    from gateway.server.execution import Execution
    from gateway.server.graphql import GraphQLEndpoint, StreamLife
    from gateway.server.serving import bounded_protocol

    async def authenticate(credentials, request_id):
        return Session({"authorization": credentials.authorization})

    async def seconds_left(credentials):
        return math.inf

    life = StreamLife(seconds_left=seconds_left, stopping=asyncio.Event().wait)
    return GraphQLEndpoint(Execution(engine), authenticate, life), bounded_protocol(16_384)


if __name__ == "__main__":
    engine = engine_of(Path(sys.argv[1]).read_text())
    app, protocol = served(engine) if sys.argv[3] == "server" else (minimal(engine), "httptools")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )
