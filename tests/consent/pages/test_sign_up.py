"""Making an account: what it takes, and that it is one's own from then on."""

from __future__ import annotations

from typing import Any

import pytest

from consent.signin.models import WORKERS

ACCOUNT = {"name": "Zoe Larsson", "login": "Zoe@worker.example", "password": "long enough password", "next": "/me/log"}


def test_an_account_is_made_and_signed_in(make_site: Any, submit: Any) -> None:
    site = make_site(sign_up=True)
    assert '/sign-up?next=/me"' in site.browser.get("/sign-in").text
    made = submit(site.browser, "/sign-up", "/sign-up", ACCOUNT)
    assert (made.status_code, made.headers["location"]) == (303, "/me/log")
    assert "Zoe Larsson" in site.browser.get("/me").text
    again = {"login": "zoe@WORKER.example", "password": ACCOUNT["password"], "next": "/me"}
    assert submit(site.new_browser(), "/sign-in", "/sign-in", again).status_code == 303


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Write your name"),
        ({"name": "a\u202eb"}, "Write your name"),
        ({"login": " "}, "Choose a login"),
        ({"login": "KIM@worker.example"}, "Choose another login."),
        ({"password": "short"}, "10 to 200 characters"),
    ],
)
def test_what_is_missing_is_said_and_nobody_made(
    make_site: Any, submit: Any, change: dict[str, str], said: str
) -> None:
    site = make_site(sign_up=True)
    answer = submit(site.browser, "/sign-up", "/sign-up", ACCOUNT | change)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert ACCOUNT["password"] not in answer.text
    with site.engine.connect() as connection:
        assert len(connection.execute(WORKERS.select()).all()) == 2


def test_it_leads_to_our_own_pages_only(make_site: Any, submit: Any) -> None:
    site = make_site(sign_up=True)
    made = submit(site.browser, "/sign-up", "/sign-up", ACCOUNT | {"next": "https://evil.example/"})
    assert made.headers["location"] == "/me"


def test_tries_are_limited(make_site: Any, submit: Any) -> None:
    site = make_site(sign_up=True)
    taken = ACCOUNT | {"login": "kim@worker.example"}
    answers = [submit(site.browser, "/sign-up", "/sign-up", taken) for _ in range(6)]
    assert "Choose another login." in answers[4].text
    assert "Too many tries" in answers[5].text


def test_where_it_is_off_there_is_no_such_page(site: Any) -> None:
    assert "/sign-up" not in site.browser.get("/sign-in").text
    assert site.browser.get("/sign-up").status_code == 404
