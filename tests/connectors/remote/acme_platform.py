"""Acme, a platform that runs its own federation subgraph: its sign-in and its API's front door, in this process.

The subgraph itself is another process, in Python or JavaScript; the front door hands requests on to it, and keeps what
went through. `down` closes the door, `revoked` tokens are no longer known.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parent
SDL = (HERE / "acme.graphql").read_text(encoding="utf-8")
ADA = "ada@acme.example"
TOKENS = {ADA: "token-ada", "bo@acme.example": "token-bo"}


@dataclass(slots=True)
class Acme:
    """The platform, where it answers, and what it was sent."""

    url: str
    upstream: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    revoked: set[str] = field(default_factory=set)

    def reset(self) -> None:
        self.seen.clear()
        self.revoked.clear()
        self.down = False

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/authorize", self._authorize, methods=["GET", "POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/revoke", self._revoke, methods=["POST"]),
                Route("/userinfo", self._userinfo),
                Route("/graphql", self._graphql, methods=["POST"]),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        if request.method == "GET":
            return Response(
                '<form method="post"><button name="persona" value="ada@acme.example">Ada</button></form>',
                media_type="text/html",
            )
        persona = str((await request.form())["persona"])
        if persona not in TOKENS:
            return PlainTextResponse("Nobody of that name works here.", 403)
        return RedirectResponse(f"{query['redirect_uri']}?code={TOKENS[persona]}&state={query['state']}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        if form["grant_type"] == "refresh_token":
            token = str(form["refresh_token"]).removeprefix("refresh-")
        else:
            token = str(form["code"])
        return JSONResponse({"access_token": token, "token_type": "Bearer", "refresh_token": f"refresh-{token}"})

    async def _revoke(self, request: Request) -> Response:
        self.revoked.add(str((await request.form())["token"]))
        return Response()

    async def _userinfo(self, request: Request) -> Response:
        token = request.headers.get("x-courier-token", "")
        if token in self.revoked or token not in TOKENS.values():
            return Response(status_code=401)
        return JSONResponse({"sub": token.removeprefix("token-")})

    async def _graphql(self, request: Request) -> Response:
        body = await request.body()
        token = request.headers.get("x-courier-token", "")
        self.seen.append({"token": token, **json.loads(body)})
        if self.down:
            return Response(status_code=503)
        handed_on = {
            name: request.headers[name]
            for name in ("content-type", "accept", "x-courier-token")
            if name in request.headers
        }
        if token in self.revoked:
            handed_on["x-courier-token"] = "revoked"
        async with httpx2.AsyncClient() as client:
            answer = await client.post(self.upstream, content=body, headers=handed_on)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


@contextlib.contextmanager
def run_acme(language: str) -> Iterator[Acme]:
    """Run the platform with its subgraph in `strawberry`, `apollo` or `yoga`; skip where that cannot be."""
    port = _free_port()
    command, path = _command(language)
    process = subprocess.Popen([*command, str(port)], cwd=HERE / "node", stderr=subprocess.DEVNULL)
    try:
        upstream = f"http://127.0.0.1:{port}{path}"
        _await_answer(process, upstream)
        with _serving(upstream) as acme:
            yield acme
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def _serving(upstream: str) -> Iterator[Acme]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    acme = Acme(url=f"http://127.0.0.1:{listener.getsockname()[1]}", upstream=upstream)
    server = uvicorn.Server(uvicorn.Config(acme.app(), log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield acme
    server.should_exit = True
    thread.join()
    listener.close()


def _command(language: str) -> tuple[list[str], str]:
    if language == "strawberry":
        return [sys.executable, str(HERE / "strawberry_subgraph.py")], "/"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs node and npm")
    if not (HERE / "node/node_modules/graphql-yoga").is_dir():
        installed = subprocess.run([npm, "ci", "--silent"], cwd=HERE / "node", capture_output=True, check=False)
        if installed.returncode:
            pytest.skip("npm cannot install @apollo/server and graphql-yoga here")
    return [node, f"{language}.js"], "/graphql" if language == "yoga" else "/"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(process: subprocess.Popen[bytes], url: str) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.post(url, json={"query": "{ _service { sdl } }"}).status_code == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"{process.args} does not answer")
