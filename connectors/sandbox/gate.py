"""The gate in front of each simulated platform: it logs every call and applies the fault switches.

    arrive ─► log ─► off? ─► latency ─► error? ─► rate limit? ─► platform ─► body faults ─► answer ─► log

Sign-in pages are logged and can be switched off or slowed down; errors reach the token endpoint too; everything
else concerns API calls alone.
"""

import asyncio
import random
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox import bodies
from connectors.sandbox.faults import FaultSwitches
from connectors.sandbox.journal import CallKind, CallNotes, Journal, without_credentials
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota, QuotaMeter, QuotaReading
from connectors.sandbox.world import World

__all__ = ["PlatformGate"]

_CLIENT_LEFT = 499
_UNLIMITED = Quota(limit=1_000_000_000, seconds=60, counted_by="address")


class PlatformGate:
    """One platform as it is mounted: an ASGI application with its switches and its rate limit."""

    def __init__(self, platform: Platform, journal: Journal, world: World) -> None:
        self.platform = platform
        self.switches = FaultSwitches()
        self.meter = QuotaMeter(platform.quota or _UNLIMITED, world.clock)
        self._journal = journal
        self._world = world
        self._errors = self._error_stream()
        self._first_answers: dict[tuple[str, str], _Captured] = {}
        self._app: ASGIApp = Router(routes=list(platform.routes), default=self._unknown_path)

    def switch(self, switches: FaultSwitches) -> None:
        """Set the switches; the stream of seeded errors starts anew when their rate changes."""
        if switches.error_rate != self.switches.error_rate:
            self._errors = self._error_stream()
        self.switches = switches
        self._first_answers.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        notes = CallNotes()
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        kind: CallKind = "oauth" if path in self.platform.oauth_paths else "api"
        seq = self._journal.begin(self.platform.name, kind, scope["method"], _with_query(path, scope["query_string"]))
        answer = _Answer(send)
        scope["sandbox.notes"] = notes
        status = _CLIENT_LEFT
        try:
            await self._serve(scope, receive, answer, notes, kind)
            status = answer.status
        except Exception:
            status = 500
            raise
        finally:
            self._journal.finish(seq, notes, status)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer", notes: CallNotes, kind: CallKind) -> None:
        switches = self.switches
        request = Request(scope)
        if not switches.on:
            notes.fault = "off"
            await Response(status_code=503, headers={"Connection": "close"})(scope, receive, answer.send)
            return
        if switches.latency_ms:
            notes.fault = "latency"
            await asyncio.sleep(switches.latency_ms / 1000)
        signs_in = kind == "oauth" and _is_sign_in(request)
        if not signs_in and switches.error_rate and self._errors.random() < switches.error_rate:
            notes.fault = "error"
            await self._plain(self.platform.envelope.broken())(scope, receive, answer.send)
            return
        if kind == "oauth":
            await self._app(scope, receive, answer.send)
            return
        reading = self._measure(request, switches)
        if not reading.allowed:
            notes.fault = "throttle"
            await self._plain(self.platform.envelope.throttled(reading))(scope, receive, answer.send)
            return
        if switches.redirect_to is not None:
            notes.fault = "redirect_to"
            redirect = Response(status_code=302, headers={"Location": switches.redirect_to})
            await self._plain(redirect)(scope, receive, answer.send)
            return
        headers = {**self.platform.envelope.quota_headers(reading), "X-Sandbox-Fidelity": self.platform.fidelity}
        await self._call(scope, receive, answer, notes, switches, headers)

    def _plain(self, response: Response) -> Response:
        response.headers["X-Sandbox-Fidelity"] = self.platform.fidelity
        return response

    def _measure(self, request: Request, switches: FaultSwitches) -> QuotaReading:
        by_token = self.meter.quota.counted_by == "token"
        address = request.client.host if request.client is not None else ""
        key = request.headers.get(self.platform.token_header, address) if by_token else address
        return self.meter.count(key, limit=0 if switches.throttle else switches.quota)

    async def _call(
        self,
        scope: Scope,
        receive: Receive,
        answer: "_Answer",
        notes: CallNotes,
        switches: FaultSwitches,
        headers: dict[str, str],
    ) -> None:
        if self.platform.drifts_in == "schema":
            notes.drift = switches.drift
        captured = await self._captured(scope, receive, notes)
        body = captured.body
        if switches.drift:
            notes.fault = "drift"
            if self.platform.drifts_in == "response":
                body = bodies.renamed(body, switches.drift)
        if switches.retype:
            notes.fault = "retype"
            body = bodies.retyped(body, switches.retype)
        if switches.malformed:
            notes.fault = "malformed"
            body = bodies.cut(body)
        captured = captured.with_headers(headers)
        if switches.huge_body_mib:
            notes.fault = "huge_body"
            await answer.start(captured, length=None)
            for chunk in bodies.padded(body, switches.huge_body_mib):
                await answer.part(chunk)
            await answer.part(b"", last=True)
        elif switches.cut_body:
            notes.fault = "cut_body"
            await answer.start(captured, length=len(body))
            await answer.part(bodies.cut(body))
        else:
            await answer.start(captured, length=len(body))
            await answer.part(body, last=True)

    async def _captured(self, scope: Scope, receive: Receive, notes: CallNotes) -> "_Captured":
        place = (scope["method"], scope["path"])
        if self.switches.stuck and place in self._first_answers:
            notes.fault = "stuck"
            return self._first_answers[place]
        captured = _Captured()
        await self._app(scope, receive, captured.send)
        if self.switches.stuck:
            self._first_answers[place] = captured
        return captured

    async def _unknown_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.platform.envelope.unknown_path()(scope, receive, send)

    def _error_stream(self) -> random.Random:
        return self._world.random(self.platform.name, "errors")


class _Captured:
    """Takes in a whole response, so that it can be changed before it is sent."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    def with_headers(self, headers: Mapping[str, str]) -> "_Captured":
        """Return the response with headers added that it does not have itself."""
        given = {name.lower() for name, _ in self.headers}
        added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        completed = _Captured()
        completed.status = self.status
        completed.headers = self.headers + [pair for pair in added if pair[0] not in given]
        completed.body = self.body
        return completed

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class _Answer:
    """Sends a response and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = _CLIENT_LEFT

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def start(self, captured: _Captured, *, length: int | None) -> None:
        headers = list(captured.headers)
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        await self.send({"type": "http.response.start", "status": captured.status, "headers": headers})

    async def part(self, body: bytes, *, last: bool = False) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": not last})


def _with_query(path: str, query: bytes) -> str:
    return f"{path}?{without_credentials(query.decode('latin-1'))}" if query else path


def _is_sign_in(request: Request) -> bool:
    return "response_type" in request.query_params
