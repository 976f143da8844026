"""The consent page of a test actor: it says so, and a real worker has nothing to allow there."""

from __future__ import annotations

from typing import Any

from consent.models import Actor
from consent.oauth.models import table_of
from consent.signin.models import WORKERS


def trial(site: Any) -> None:
    """Make the site's actor a test one."""
    site.registry.create_actor(
        legal_name="Trial AB",
        trading_name="Trial",
        address="Storgatan 1",
        contact="privacy@trial.example",
        jurisdiction="SE",
        privacy_notice="https://trial.example/privacy",
        categories=["ratings", "engagements"],
        purposes=["job_matching"],
        actor_id="trial",
        is_test=True,
    )
    site.client = site.registry.create_client("trial", name="App", redirect_uris=[site.callback])


def test_a_real_worker_reads_that_there_is_nothing_to_allow(site: Any, submit: Any) -> None:
    trial(site)
    site.sign_in()
    path = site.ask()
    page = site.browser.get(path).text
    assert "only test workers can allow it anything" in page
    assert "Allow what is ticked" not in page
    answer = submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"})
    assert (answer.status_code, "only test workers" in answer.text) == (403, True)
    assert site.world.grants.of_worker(site.alex) == []
    denied = submit(site.browser, path, path, {"answer": "deny"})
    assert "error=access_denied" in denied.headers["location"]


def test_a_test_worker_allows_it_and_reads_who_it_is(site: Any, submit: Any) -> None:
    trial(site)
    tried = site.world.worker(("account-7", "uber"), is_test=True)
    site.passwords.set_password(tried, "tried@worker.example", "correct horse battery")
    fields = {"login": "tried@worker.example", "password": "correct horse battery", "next": "/me"}
    submit(site.browser, "/sign-in", "/sign-in", fields)
    path = site.ask()
    page = site.browser.get(path).text
    assert "only test workers can allow it anything" not in page
    for words in (
        "Test application",
        "Storgatan 1",
        "Sweden",
        "privacy@trial.example",
        "https://trial.example/privacy",
    ):
        assert words in page
    answer = submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"})
    assert "code=" in answer.headers["location"]


def test_the_actor_of_others_is_no_test_one(site: Any) -> None:
    with site.engine.connect() as connection:
        assert [row.is_test for row in connection.execute(table_of(Actor).select())] == [False]
        assert {row.is_test for row in connection.execute(WORKERS.select())} == {False}
