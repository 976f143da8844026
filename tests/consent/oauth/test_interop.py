"""Clients that we did not write, against a running server: npm's openid-client and oauth4webapi (`interop/`).

`npm ci` in `interop/` installs them; without Node.js or without them these tests are skipped.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tests.javascript import INTEROP, needs_node, run_script
from tests.served import served

pytestmark = needs_node(INTEROP, "openid-client")


@pytest.fixture
def running(make_server: Any, clock: Any) -> Iterator[Any]:
    clock.now = datetime.now(UTC)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = make_server(issuer)

        async def approve(request: Request) -> Response:
            outcome = await run_in_threadpool(server.approve, request.path_params["handle"])
            return RedirectResponse(outcome.location, 303)

        app = Starlette(routes=[*server.http.app.routes, Route("/test/approve/{handle}", approve)])
        with served(app, listener):
            yield server


def test_23_27_36_openid_client_and_oauth4webapi(running: Any) -> None:
    key = ECKey.generate_key("P-256")
    keys = {"keys": [{**key.as_dict(private=False), "kid": "k1"}]}
    fapi = running.new_client(profile="fapi2", jwks=keys)
    settings = {
        "issuer": running.settings.issuer,
        "callback": "https://actor.example/callback",
        "baseline": {"id": running.client.client_id, "secret": running.client.client_secret},
        "fapi": {"id": fapi.client_id, "jwk": key.as_dict(private=True)},
        "details": running.details(),
    }
    seen = run_script(INTEROP / "flows.mjs", settings)
    assert seen["baseline"].pop("details")[0]["categories"] == ["engagements", "ratings"]
    assert seen == {
        "baseline": {
            "type": "bearer",
            "grant": True,
            "rotated": True,
            "replayed_code": "invalid_grant",
            "after_replay": False,
        },
        "mix_up": "OAUTH_INVALID_RESPONSE",
        "bad_details": "invalid_authorization_details",
        "wrong_verifier": "invalid_grant",
        "revoked": False,
        "fapi": {
            "type": "dpop",
            "bound": True,
            "by_reference": ["client_id", "request_uri"],
            "rotated": False,
            "queried": True,
            "deleted": 204,
            "after_delete": False,
            "refresh_after_delete": "invalid_grant",
        },
        "plain_request_of_fapi_client": "invalid_request",
        "code_with_another_key": "invalid_grant",
        "wrong_secret": [401, "invalid_client"],
    }
