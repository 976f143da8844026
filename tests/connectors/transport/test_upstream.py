"""Requests over real HTTP on loopback: permits, retries, bounds, secrets."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from connectors.transport import (
    Credential,
    PermitEndedError,
    Upstream,
    UpstreamError,
    UpstreamLimits,
    UpstreamMalformedError,
    UpstreamRequest,
    UpstreamTimeoutError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
    Wire,
)
from connectors.transport.address import Reach
from connectors.transport.breaker import CircuitBreaker
from connectors.transport.permit import WorkerAct
from connectors.transport.retry import RetryPolicy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRET = "the-worker's-token"
CREDENTIAL = Credential(account_id="acct_1", header="Authorization", value=f"Bearer {SECRET}")


def serve(handler: Handler, test: Callable[[str, Wire], Awaitable[Any]]) -> Any:
    """Run `test` with the address of a server that answers everything with `handler`."""

    async def main() -> Any:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            async with Wire() as wire:
                return await test(f"http://127.0.0.1:{port}", wire)
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def upstream(wire: Wire, **options: Any) -> Upstream:
    """An upstream that may reach loopback and does not wait between attempts."""
    limits = options.pop("limits", UpstreamLimits(timeout=2, body_bytes=1000))
    options.setdefault("retry", RetryPolicy(first_wait=0))
    return Upstream(wire, platform="test", reach=Reach.LOOPBACK, limits=limits, **options)


def get(url: str, **options: Any) -> UpstreamRequest:
    """A GET."""
    return UpstreamRequest(method="GET", url=url, **options)


def test_request_carries_the_credential_and_nothing_from_the_environment() -> None:
    seen: list[dict[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        return web.json_response({"ok": True}, headers={"Set-Cookie": "a=b"})

    async def test(url: str, wire: Wire) -> bytes:
        for _ in range(2):
            answer = await upstream(wire).send(get(url), permit=WorkerAct(), credential=CREDENTIAL)
        return answer.body

    assert serve(handler, test) == b'{"ok": true}'
    assert [headers["Authorization"] for headers in seen] == [CREDENTIAL.value] * 2
    assert not any("Cookie" in headers for headers in seen)


def test_connections_are_used_again() -> None:
    ports: set[int] = set()

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.json_response({})

    async def test(url: str, wire: Wire) -> None:
        one = upstream(wire)
        for _ in range(5):
            await one.send(get(url), permit=WorkerAct(), credential=CREDENTIAL)

    serve(handler, test)
    assert len(ports) == 1


@pytest.mark.parametrize(("said", "calls"), [("0", 3), ("60", 1)])
def test_retry_after_is_kept_or_nothing_is_tried_again(said: str, calls: int) -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=429, headers={"Retry-After": said})

    async def test(url: str, wire: Wire) -> UpstreamError:
        with pytest.raises(UpstreamError) as caught:
            await upstream(wire).send(get(url), permit=WorkerAct(), credential=CREDENTIAL)
        return caught.value

    failure = serve(handler, test)
    assert (failure.code, failure.retry_after, len(seen)) == ("UPSTREAM_THROTTLED", float(said), calls)


def test_counters_tell_what_was_slow_and_what_failed() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=503 if request.path == "/down" else 200)

    async def test(url: str, wire: Wire) -> Any:
        one = upstream(wire)
        await one.send(get(url), permit=WorkerAct(), credential=CREDENTIAL)
        with pytest.raises(UpstreamError):
            await one.send(get(url + "/down"), permit=WorkerAct(), credential=CREDENTIAL)
        return one.counters

    counters = serve(handler, test)
    assert (counters.requests, counters.answered, counters.failed, counters.retried, counters.slow) == (4, 1, 3, 2, 0)
    assert counters.codes == {"UPSTREAM_UNAVAILABLE": 3}


def test_redirects_are_not_followed() -> None:
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(f"{url}/here"), permit=WorkerAct(), credential=CREDENTIAL)

    with pytest.raises(UpstreamMalformedError):
        serve(handler, test)
    assert paths == ["/here"]


@pytest.mark.parametrize("announced", [True, False])
def test_bodies_are_bounded(announced: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if announced:
            return web.Response(body=b"x" * 2000)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2000):
            await response.write(b"x")
        return response

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(url), permit=WorkerAct(), credential=None)

    with pytest.raises(UpstreamMalformedError, match="too large"):
        serve(handler, test)


def test_bodies_are_bounded_after_decompression() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"x" * 1_000_000), headers={"Content-Encoding": "gzip"})

    async def test(url: str, wire: Wire) -> None:
        limits = UpstreamLimits(body_bytes=10_000)
        await upstream(wire, limits=limits).send(get(url), permit=WorkerAct(), credential=None)

    with pytest.raises(UpstreamMalformedError, match="too large"):
        serve(handler, test)


@pytest.mark.parametrize(("is_safe", "calls"), [(True, 3), (False, 1)])
def test_only_safe_requests_are_repeated(is_safe: bool, calls: int) -> None:
    count = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response(status=502)

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(url, is_safe=is_safe), permit=WorkerAct(), credential=None)

    with pytest.raises(UpstreamUnavailableError):
        serve(handler, test)
    assert count == calls


def test_refused_credential_is_not_tried_again() -> None:
    count = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response(status=401)

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(url), permit=WorkerAct(), credential=CREDENTIAL)

    with pytest.raises(UpstreamUnauthorizedError):
        serve(handler, test)
    assert count == 1


def test_retry_needs_the_permit_to_be_open_still() -> None:
    count = 0
    permit = WorkerAct()

    async def handler(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        permit.end()
        return web.Response(status=503)

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(url), permit=permit, credential=CREDENTIAL)

    with pytest.raises(PermitEndedError):
        serve(handler, test)
    assert count == 1


@pytest.mark.parametrize("permit", [None, "ended"])
def test_nothing_is_sent_without_a_permit(permit: Any) -> None:
    count = 0
    given = None
    if permit == "ended":
        given = WorkerAct()
        given.end()

    async def handler(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response()

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get(url), permit=given, credential=CREDENTIAL)

    with pytest.raises(PermitEndedError):
        serve(handler, test)
    assert count == 0


def test_permit_that_ends_drops_the_request_on_its_way() -> None:
    permit = WorkerAct()
    arrived = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        arrived.set()
        await asyncio.Event().wait()
        return web.Response()

    async def test(url: str, wire: Wire) -> None:
        sending = asyncio.ensure_future(upstream(wire).send(get(url), permit=permit, credential=CREDENTIAL))
        await arrived.wait()
        permit.end()
        await sending

    with pytest.raises(PermitEndedError):
        serve(handler, test)


def test_cancelling_the_caller_is_no_permit_error() -> None:
    arrived = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        arrived.set()
        await asyncio.Event().wait()
        return web.Response()

    async def test(url: str, wire: Wire) -> bool:
        sending = asyncio.ensure_future(upstream(wire).send(get(url), permit=WorkerAct(), credential=None))
        await arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        return sending.cancelled()

    assert serve(handler, test)


def test_deadline_cuts_short() -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def test(url: str, wire: Wire) -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(UpstreamTimeoutError):
            await upstream(wire).send(get(url), permit=WorkerAct(), credential=None, deadline=started + 0.05)
        return loop.time() - started

    assert serve(handler, test) < 0.5


@pytest.mark.parametrize(
    ("limits", "calls"),
    [
        (UpstreamLimits(timeout=0.05, budget=5), 3),  # each attempt has its own time
        (UpstreamLimits(timeout=5, budget=0.05), 1),  # all attempts and their waits share one budget
    ],
)
def test_attempts_have_a_timeout_and_a_request_has_a_budget(limits: UpstreamLimits, calls: int) -> None:
    seen = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal seen
        seen += 1
        await asyncio.Event().wait()
        return web.Response()

    async def test(url: str, wire: Wire) -> None:
        with pytest.raises(UpstreamTimeoutError):
            await upstream(wire, limits=limits).send(get(url), permit=WorkerAct(), credential=None)

    serve(handler, test)
    assert seen == calls


def test_no_more_requests_at_once_than_the_platform_bears() -> None:
    now = most = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        now -= 1
        return web.Response()

    async def test(url: str, wire: Wire) -> None:
        platform = upstream(wire, limits=UpstreamLimits(concurrency=3))
        await asyncio.gather(*(platform.send(get(url), permit=WorkerAct(), credential=None) for _ in range(20)))

    serve(handler, test)
    assert most <= 3


def test_open_breaker_answers_without_calling() -> None:
    count = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response(status=500)

    async def test(url: str, wire: Wire) -> None:
        platform = upstream(wire, breaker=CircuitBreaker(failures=2, cool_down=60))
        for _ in range(4):
            with pytest.raises(UpstreamUnavailableError):
                await platform.send(get(url), permit=WorkerAct(), credential=None)
        assert platform.breaker_state == "open"

    serve(handler, test)
    assert count == 2


def test_unreachable_host_is_unavailable() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    async def test(url: str, wire: Wire) -> None:
        await upstream(wire).send(get("http://127.0.0.1:1/"), permit=WorkerAct(), credential=None)

    with pytest.raises(UpstreamUnavailableError):
        serve(handler, test)


def test_secrets_stay_out_of_reprs_errors_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=500, body=b"body-of-the-answer")

    async def test(url: str, wire: Wire) -> list[str]:
        request = get(f"{url}/path?query-value", headers={"X-Tenant": "tenant-value"})
        with pytest.raises(UpstreamError) as raised:
            await upstream(wire).send(request, permit=WorkerAct(), credential=CREDENTIAL)
        return [repr(request), repr(CREDENTIAL), repr(raised.value), str(raised.value), request.place]

    with caplog.at_level(logging.DEBUG):
        texts = serve(handler, test)
    for text in [*texts, caplog.text]:
        for secret in (SECRET, "query-value", "tenant-value", "body-of-the-answer"):
            assert secret not in text
