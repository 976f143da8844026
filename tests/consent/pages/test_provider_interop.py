"""Signing in with OpenID providers that we did not write: npm's oidc-provider, a real process (`openid_provider/`).

`npm ci` in `openid_provider/` installs it; without Node.js or without it these tests are skipped.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

import httpx2
import pytest
from sqlalchemy import func, select

from consent.signin.models import WORKERS
from consent.signin.oidc import OidcProvider
from tests.consent.pages.conftest import ISSUER, Site, post
from tests.javascript import needs_node

SCRIPT = Path(__file__).parent / "openid_provider" / "provider.mjs"
BENT: dict[str, Any] = {
    "unsigned": {"signer": "nobody"},
    "signed with another key": {"signer": "other"},
    "signed with the client's secret": {"signer": "secret"},
    "for another client": {"claims": {"aud": "somebody-else"}},
    "by another issuer": {"claims": {"iss": "https://id.example"}},
    "for another sign-in": {"claims": {"nonce": "of-an-earlier-sign-in"}},
    "of yesterday": {"claims": {"iat": 1, "exp": 1}},
    "about nobody": {"claims": {"sub": ""}},
}
"""What is wrong with the ID tokens of providers that are not honest."""

pytestmark = needs_node(SCRIPT.parent, "oidc-provider")


def _keys(names: list[str]) -> dict[str, str]:
    return {name: re.sub(r"\W+", "-", name) for name in names}


KEYS = _keys(["honest", "second", "gone", *BENT])


@pytest.fixture(scope="module")
def issuers() -> Iterator[dict[str, str]]:
    """The issuers of all providers, by name. Each knows two clients: ours at each provider, and somebody else's."""
    callbacks = [f"{ISSUER}/sign-in/with/{key}/callback" for key in KEYS.values()]
    clients = [
        {"client_id": "gigway", "client_secret": "s" * 40, "redirect_uris": callbacks},
        {"client_id": "somebody-else", "client_secret": "e" * 40, "redirect_uris": ["https://else.example/back"]},
    ]
    settings = {"clients": clients, "providers": {"honest": None, "second": None} | BENT}
    with subprocess.Popen(
        ["node", SCRIPT.name],
        cwd=SCRIPT.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        yield json.loads(process.stdout.readline())
        process.stdin.close()


class Elsewhere:
    """A browser at a provider, with the provider's own cookies."""

    def __init__(self) -> None:
        self._client = httpx2.Client(follow_redirects=False)

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def sign_in(self, location: str, name: str = "robin") -> str:
        """Sign in there and agree; returns the address at which the browser is sent back."""
        page = self._follow(location)
        while isinstance(page, httpx2.Response):
            target = _found(r'<form[^>]* action="([^"]+)"', page.text)
            fields = {"prompt": _found(r'name="prompt" value="(\w+)"', page.text), "login": name, "password": "x"}
            page = self._follow(target, fields)
        return page

    def cancel(self, location: str) -> str:
        """Go there, and cancel."""
        page = self._follow(location)
        assert isinstance(page, httpx2.Response)
        back = self._follow(urljoin(str(page.url), _found(r'href="([^"]+/abort)"', page.text)))
        assert isinstance(back, str)
        return back

    def _follow(self, url: str, form: dict[str, str] | None = None) -> httpx2.Response | str:
        """Follow redirects at the provider; returns the page there, or the first address that is elsewhere."""
        home = urlsplit(url).netloc
        answer = self._client.post(url, data=form) if form else self._client.get(url)
        while "location" in answer.headers:
            url = urljoin(url, answer.headers["location"])
            if urlsplit(url).netloc != home:
                return url
            answer = self._client.get(url)
        assert answer.status_code == 200, answer.text
        return answer


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return html.unescape(found.group(1))


def _changed(url: str, **parameters: str) -> str:
    """Return an address with other parameters."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | parameters
    return urlunsplit(parts._replace(query=urlencode(query)))


class Door:
    """Our sign-in page, and a browser that may go to each provider and come back."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.browser = site.browser

    def leave(self, name: str) -> str:
        """Return where the sign-in page sends the browser to."""
        page = post(self.browser, "/sign-in", f"/sign-in/with/{KEYS[name]}", {"next": "/me/log"})
        assert page.status_code == 200, page.text
        return _found(r'<a [^>]*href="(http://127[^"]+)"', page.text)

    def come_back(self, address: str) -> tuple[int, str]:
        """Open the way back; returns the status and where it leads, or what the page says."""
        answer = self.browser.get(address.removeprefix(ISSUER))
        said = re.search(r'role="alert"[^>]*>(.*?)</', answer.text, re.DOTALL)
        return answer.status_code, answer.headers.get("location") or (said.group(1).strip() if said else answer.text)

    def people(self) -> int:
        with self.site.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(WORKERS)).scalar_one())

    def is_refused(self, address: str) -> bool:
        """Whether the way back leads to the sign-in page again, and makes nobody."""
        before = self.people()
        status, said = self.come_back(address)
        assert self.browser.get("/me").status_code == 303, "nobody is signed in"
        return (status, self.people()) == (401, before) and "did not confirm who you are" in said


@pytest.fixture
def door(make_site: Callable[..., Site], clock: Any, issuers: dict[str, str]) -> Door:
    clock.now = datetime.now(UTC)
    known = [
        OidcProvider(key=KEYS[name], display_name=name, issuer=issuer, client_id="gigway", client_secret="s" * 40)
        for name, issuer in (issuers | {"gone": "http://127.0.0.1:9"}).items()
    ]
    return Door(make_site(provider=(known, None)))


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as browser:
        yield browser


def test_somebody_new_becomes_a_worker_and_is_known_again(door: Door, elsewhere: Elsewhere) -> None:
    before = door.people()
    back = elsewhere.sign_in(door.leave("honest"))
    assert parse_qs(urlsplit(back).query).keys() == {"code", "state", "iss"}
    assert door.come_back(back) == (303, "/me/log")
    assert "robin of elsewhere" in door.browser.get("/me").text
    assert door.people() == before + 1
    post(door.browser, "/me", "/sign-out", {})
    assert door.come_back(elsewhere.sign_in(door.leave("honest")))[0] == 303
    assert door.people() == before + 1


def test_the_same_name_at_another_provider_is_somebody_else(door: Door, elsewhere: Elsewhere) -> None:
    before = door.people()
    for name in ("honest", "second"):
        assert door.come_back(elsewhere.sign_in(door.leave(name)))[0] == 303
        post(door.browser, "/me", "/sign-out", {})
    assert door.people() == before + 2


def test_somebody_who_cancels_there_is_back_at_the_sign_in_page(door: Door, elsewhere: Elsewhere) -> None:
    back = elsewhere.cancel(door.leave("honest"))
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]
    assert door.is_refused(back)


@pytest.mark.parametrize("what", BENT)
def test_an_id_token_that_does_not_hold_signs_nobody_in(door: Door, elsewhere: Elsewhere, what: str) -> None:
    assert door.is_refused(elsewhere.sign_in(door.leave(what)))


def test_66_the_way_back_counts_once(door: Door, elsewhere: Elsewhere) -> None:
    back = elsewhere.sign_in(door.leave("honest"))
    assert door.come_back(back)[0] == 303
    post(door.browser, "/me", "/sign-out", {})
    assert door.is_refused(back)


def test_66_another_browsers_answer_signs_nobody_in(door: Door, elsewhere: Elsewhere) -> None:
    """Signing somebody in as the attacker."""
    attacker = Door(door.site)
    attacker.browser = door.site.new_browser()
    back = elsewhere.sign_in(attacker.leave("honest"))
    door.browser.get("/sign-in")
    assert door.is_refused(back)


def test_66_a_code_that_was_got_for_another_sign_in_is_refused(door: Door, elsewhere: Elsewhere) -> None:
    """It has another code challenge, which the provider checks, and its ID token another nonce, which we check."""
    stolen = parse_qs(urlsplit(elsewhere.sign_in(door.leave("honest"))).query)["code"][0]
    own = elsewhere.sign_in(door.leave("honest"))
    assert door.is_refused(_changed(own, code=stolen))
    assert door.is_refused(elsewhere.sign_in(_changed(door.leave("honest"), nonce="of-another-sign-in")))


def test_22_one_providers_answer_is_not_taken_for_anothers(door: Door, elsewhere: Elsewhere) -> None:
    for victim, used in (("honest", "second"), ("second", "honest")):
        expected, got = door.leave(victim), elsewhere.sign_in(door.leave(used))
        state = parse_qs(urlsplit(expected).query)["state"][0]
        moved = urlsplit(got)._replace(path=f"/sign-in/with/{KEYS[victim]}/callback")
        assert door.is_refused(_changed(urlunsplit(moved), state=state))


def test_a_code_of_another_client_is_worth_nothing_here(door: Door, elsewhere: Elsewhere) -> None:
    own = door.leave("honest")
    theirs = _changed(own, client_id="somebody-else", redirect_uri="https://else.example/back")
    code = parse_qs(urlsplit(elsewhere.sign_in(theirs)).query)["code"][0]
    back = _changed(f"{ISSUER}/sign-in/with/honest/callback", code=code, iss=urljoin(own, "/").rstrip("/"))
    assert door.is_refused(_changed(back, state=parse_qs(urlsplit(own).query)["state"][0]))


def test_a_provider_that_is_gone_says_so(door: Door) -> None:
    page = post(door.browser, "/sign-in", "/sign-in/with/gone", {})
    assert page.status_code == 502
    assert "did not confirm who you are" in page.text
