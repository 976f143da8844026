"""The pages in Chromium: accessibility at every page and state, policies, keyboard, passkeys (`browser/pages.mjs`).

`npm ci` in `browser/` installs what drives it; without that, Node.js or Chromium these tests are skipped.
Set GIGWAY_SHOTS to a folder to keep pictures of every page.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from consent.signin.totp import STEP, one_time_code
from tests.consent.pages.conftest import PASSWORD, Account
from tests.consent.pages.test_every_state import Wishes
from tests.consent.pages.test_other_ways import Provider, provided_by
from tests.consent.pages.test_own_data import log_lines
from tests.consent.pages.test_preview import Gateway
from tests.consent.pages.test_requests_page import ask_in_inbox
from tests.consent.pages.test_skills_page import skills_answer
from tests.javascript import look, needs_browser
from tests.served import served

pytestmark = needs_browser()


@pytest.fixture
def running(make_site: Any, clock: Any) -> Iterator[Any]:
    clock.now = datetime.now(UTC)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        # The same server under another name is another origin: the actor's.
        gateway = Gateway(skills_answer())
        site = make_site(
            f"http://localhost:{port}",
            f"http://127.0.0.1:{port}/callback",
            read_own=gateway.read,
            provider=provided_by(Provider(lambda: int(clock().timestamp()))),
            wishes=Wishes(),
        )

        async def callback(request: Request) -> Response:
            return PlainTextResponse("back at the actor")

        app = Starlette(routes=[*site.app.routes, Route("/callback", callback)])
        with served(app, listener):
            yield site


def _robin(site: Any) -> dict[str, str]:
    """A worker with a password and one-time codes, and the code of this moment."""
    robin, totp = site.world.worker(), site.services.totp
    site.passwords.set_password(robin, "robin@worker.example", PASSWORD)
    setup = totp.begin_setup(robin, "Robin")
    step = int(site.clock().timestamp()) // STEP
    assert totp.finish_setup(robin, setup.state, one_time_code(setup.secret.encode(), step))
    code = one_time_code(setup.secret.encode(), step + 1)
    return {"login": "robin@worker.example", "password": PASSWORD, "code": code}


def test_60_61_65_66_the_pages_in_a_browser(running: Any) -> None:
    log_lines(running, 45)
    running.accounts.accounts += [
        Account("lyft", "Lyft", "relink_needed", running.clock()),
        Account("fiverr", "Fiverr", "unavailable", running.clock()),
    ]
    old = running.world.give(running.alex, [("uber", "ratings")], purpose="training", days=300)
    running.clock.advance(timedelta(days=91))
    asked = [ask_in_inbox(running, purpose) for purpose in ("job_matching", "training")]
    consents = {name: running.ask() for name in ("look", "plain", "keyboard")}
    settings = {
        "asked": asked,
        "grant": old.id,
        "robin": _robin(running),
        "kim": ["kim@worker.example", PASSWORD],
        "issuer": running.issuer,
        "consents": consents,
        "callback": running.callback,
    }
    seen = look("pages.mjs", settings)
    policy = seen.pop("policy")
    assert all("frame-ancestors" in message for message in policy), policy
    assert seen.pop("clicks_to_revoke") <= min(seen.pop("clicks_to_grant"), seen.pop("clicks_to_grant_in_inbox"))
    equal = seen.pop("prominence")
    assert equal[0] == equal[1], "OBIE, GDPR 7(4): refusing is as prominent as allowing"
    assert seen == {
        "violations": [],
        "overflows": [],
        "requests": [
            running.callback.removesuffix("/callback"),
            running.issuer,
            "https://evil.example",
            "https://id.example",
        ],
        "back": ["code", "iss", "state"],
        "revoked": "confirmed",
        "allowed_in_inbox": True,
        "erased": "Your account is erased",
        "blocked": "Refused and blocked.",
        "first_stop": "skip",
        "second_answer": "You have already answered this request. Your answer counted once.",
        "passkey_added": "The passkey is added. You can sign in with it from now on.",
        "signed_in_as": "Alex Sandberg",
        "wishes": ["Saved.", "Malmö"],
        "provided": "Robin",
        "framed": False,
        "posted_from_elsewhere": "That did not work",
    }
