"""Sessions, forms and passwords over a real database, behind a few plain routes."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consent.signin.forms import Forms
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings


class Door:
    """Sign-in on one issuer, for one worker."""

    def __init__(self, world: Any, issuer: str) -> None:
        self.world, self.clock, self.engine = world, world.clock, world.engine
        self.settings = SignInSettings(issuer=issuer, clock=world.clock)
        self.sessions = Sessions(self.engine, self.settings)
        self.forms = Forms(self.settings, self.sessions)
        self.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.passwords = Passwords(self.engine, self.settings, self.hasher)
        self.worker_id = world.worker()
        app = Starlette(
            routes=[
                Route("/in", self._in, methods=["POST"]),
                Route("/out", self._out, methods=["POST"]),
                Route("/who", self._who),
                Route("/form", self._form),
                Route("/submit", self._submit, methods=["POST"]),
            ]
        )
        self.browser = TestClient(app, base_url=issuer)
        self.other = TestClient(app, base_url=issuer)

    async def _in(self, request: Request) -> Response:
        response = PlainTextResponse("in")
        await self.sessions.start(request, response, self.worker_id, amr=["pwd"])
        return response

    async def _out(self, request: Request) -> Response:
        response = PlainTextResponse("out")
        await self.sessions.end(request, response)
        return response

    async def _who(self, request: Request) -> Response:
        return JSONResponse(await self.sessions.current_worker(request))

    async def _form(self, request: Request) -> Response:
        seal = self.forms.seal(request)
        response = PlainTextResponse(seal.token)
        self.forms.set_cookie(response, seal)
        return response

    async def _submit(self, request: Request) -> Response:
        return JSONResponse(self.forms.problem(request, request.headers.get("x-token")))

    def who(self, browser: TestClient | None = None) -> str | None:
        found: str | None = (browser or self.browser).get("/who").json()
        return found


@pytest.fixture
def make_door(world: Any) -> Any:
    return lambda issuer: Door(world, issuer)


@pytest.fixture
def door(make_door: Any) -> Any:
    return make_door("https://gigway.example")
