"""What linking refuses: strangers' attempts, replays, foreign accounts, forged forms, paths that lead elsewhere."""

from typing import Any

import aiohttp
import pytest

from connectors.linking.routes import local_path

ALEX = "alex.sandberg@sandbox.example"


def test_page_sends_who_is_not_signed_in_to_sign_in(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        world.signed_in[0] = None
        return await world.browser.get("/link/uber")

    answer = in_world(test)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_page_allows_forms_to_go_to_the_platform_only(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return world.sandbox_url, await world.browser.get("/link/uber")

    sandbox_url, answer = in_world(test)
    assert f"form-action 'self' {sandbox_url}" in answer.headers["content-security-policy"]
    assert "Link your Uber account" in answer.text


def test_unknown_platform_is_not_found(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.browser.get("/link/nowhere")

    assert in_world(test).status_code == 404


def test_form_without_its_token_is_refused(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.browser.post("/link/uber", data={"csrf": "guessed"})

    assert in_world(test).status_code == 403


def test_callback_of_another_workers_attempt_links_nothing(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        callback = await world.authorize("uber")
        world.signed_in[0] = "worker-2"
        answer = await world.browser.get(callback)
        return answer, world.platforms.accounts.of_worker("worker-2"), world.platforms.accounts.of_worker("worker-1")

    answer, theirs, ours = in_world(test)
    assert answer.status_code == 400
    assert "not begun here" in answer.text
    assert theirs == ours == []


def test_callback_works_once(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        callback = await world.authorize("uber")
        return await world.browser.get(callback), await world.browser.get(callback)

    first, second = in_world(test)
    assert (first.status_code, second.status_code) == (303, 400)


def test_callback_of_another_platform_is_refused(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        callback = await world.authorize("uber")
        return await world.browser.get(callback.replace("/link/uber/", "/link/upwork/"))

    assert in_world(test).status_code == 400


def test_worker_who_says_no_links_nothing(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        sent = await world.browser.post("/link/uber", data={"csrf": "form-token"})
        async with (
            aiohttp.ClientSession() as session,
            session.post(sent.headers["location"], data={"deny": "1"}, allow_redirects=False) as answer,
        ):
            back = answer.headers["location"].removeprefix("http://127.0.0.1:4000")
        return await world.browser.get(back), world.platforms.accounts.of_worker("worker-1")

    answer, accounts = in_world(test)
    assert answer.status_code == 400
    assert "You did not allow it" in answer.text
    assert accounts == []


def test_account_of_another_worker_cannot_be_linked_until_they_unlink_it(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", ALEX)
        world.signed_in[0] = "worker-2"
        refused = await world.browser.get(await world.authorize("uber", ALEX))
        unlinked = await world.platforms.linking.unlink(account_id, worker_id="worker-2")
        world.signed_in[0] = "worker-1"
        await world.platforms.linking.unlink(account_id, worker_id="worker-1")
        world.signed_in[0] = "worker-2"
        second = await world.link("uber", ALEX)
        return refused, unlinked, account_id, second

    refused, unlinked, first, second = in_world(test)
    assert refused.status_code == 409
    assert unlinked is None
    assert first != second


def test_linking_twice_keeps_the_account(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.link("uber", ALEX), await world.link("uber", ALEX)

    first, second = in_world(test)
    assert first == second


def test_unlinking_revokes_the_token_at_the_platform(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.link("uber", ALEX)
        mark = await world.mark()
        outcome = await world.platforms.view.unlink("worker-1", "uber")
        address = f"{world.sandbox_url}/control/log?platform=uber&kind=oauth&since_seq={mark}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return outcome, [(entry["path"], entry["status"]) for entry in (await answer.json())["entries"]]

    outcome, calls = in_world(test)
    assert outcome.status == "confirmed"
    assert calls == [("/oauth/v2/revoke", 200)]


def test_platform_that_is_off_is_told_as_such(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        callback = await world.authorize("uber")
        await world.control("uber", on=False)
        return await world.browser.get(callback)

    assert in_world(test).status_code == 502


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/me", "/me"),
        ("/me?tab=1#x", "/me?tab=1#x"),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("/a\\b", None),
        ("https://evil.example", None),
        ("me", None),
        ("/a\nb", None),
        ("", None),
        (None, None),
    ],
)
def test_return_path_stays_on_this_site(path: str | None, kept: str | None) -> None:
    assert local_path(path) == kept
