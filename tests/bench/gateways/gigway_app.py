"""Gigway's engine as a gateway: a minimal ASGI application in front of HTTP subgraphs. Arguments: supergraph, port."""

import gc
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


def application(supergraph):
    """Return the ASGI application of a supergraph whose subgraphs are where it says."""
    transport = HttpTransport()
    rule = propagate_headers("authorization")
    urls = dict(re.findall(r'@join__graph\(name: "(\w+)", url: "([^"]+)"\)', supergraph))
    subgraphs = [HttpSubgraph(name, url, "", transport, headers=rule) for name, url in urls.items()]
    engine = Engine.from_supergraph(supergraph, subgraphs)

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


if __name__ == "__main__":
    app = application(Path(sys.argv[1]).read_text())
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )
