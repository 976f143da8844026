"""Where Gigway's own credential reads, a worker proves by a one-time code which record is theirs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.linking.claims import normal_code

ALEX = "alex.sandberg@sandbox.example"
MIKA = "mika.manytask@sandbox.example"
NIA = "nia.newcomer@sandbox.example"
WRONG = "AAAA-AAAA"


def accounts(world: Any, worker: str = "worker-1") -> list[Any]:
    return world.platforms.accounts.of_worker(worker)


@pytest.mark.parametrize("platform", ["bolt", "open_platforms", "mturk_requester"])
def test_code_that_came_back_links_the_record(in_world: Any, platform: str) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(platform, MIKA if platform == "mturk_requester" else ALEX)
        answer = await world.read(platform, account_id, "engagements(first: 1) { edges { node { ref } } }")
        return answer, world.gate.is_open == {account_id: True}

    answer, is_open = in_world(test)
    assert "errors" not in answer
    assert is_open


def test_page_says_how_it_is_proven_and_who_agreed(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return (await world.browser.get("/link/bolt")).text

    page = in_world(test)
    assert "You get a code by mail, so that nobody else can link it." in page
    assert "The owner of the fleet must agree too, and has: the sandbox" in page
    assert 'type="email"' in page
    assert "Send me a code" in page


def test_nothing_is_looked_up_before_the_code_is_back(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        mark = await world.mark()
        await world.claim("bolt", ALEX)
        return await world.calls("bolt", mark), accounts(world)

    assert in_world(test) == ([], [])


def test_answer_is_the_same_for_who_is_unknown(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        pages = []
        for platform, value in (
            ("open_platforms", ALEX),
            ("open_platforms", "nobody@sandbox.example"),
            ("mturk_requester", await world.claim_of("mturk_requester", MIKA)),
            ("mturk_requester", "A000000000000"),
        ):
            answer = await world.browser.post(f"/link/{platform}", data={"csrf": "form-token", "value": value})
            hidden = answer.text.split('name="claim_id" value="')[1].split('"')[0]
            pages.append((answer.status_code, answer.text.replace(hidden, "")))
        return pages

    known, unknown, known_worker, unknown_worker = in_world(test)
    assert known == unknown
    assert known_worker == unknown_worker


def test_wrong_codes_use_up_the_claim(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        claim_id = await world.claim("bolt", ALEX)
        wrong = [(await world.prove("bolt", claim_id, code=WRONG)).text for _ in range(5)]
        late = await world.prove("bolt", claim_id)
        return wrong, late.text, accounts(world)

    wrong, late, linked = in_world(test)
    assert all("This is not the code that was sent." in page for page in wrong[:4])
    assert "used up" in wrong[4]
    assert "used up" in late
    assert linked == []


def test_code_works_once_for_one_claim_and_for_ten_minutes(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        first = await world.claim("bolt", ALEX)
        first_code = await world.code(ALEX)
        second = await world.claim("bolt", ALEX)
        crossed = await world.prove("bolt", second, code=first_code)
        done = await world.prove("bolt", first, code=f" {first_code.lower()} ")
        again = await world.prove("bolt", first, code=first_code)
        world.clock.ahead = timedelta(minutes=11)
        late = await world.prove("bolt", second)
        return [each.status_code for each in (crossed, done, again, late)], len(accounts(world))

    assert in_world(test) == ([400, 303, 400, 400], 1)


def test_claim_of_another_worker_or_platform_is_unknown(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        claim_id = await world.claim("bolt", ALEX)
        code = await world.code(ALEX)
        elsewhere = await world.prove("open_platforms", claim_id, code=code)
        world.signed_in[0] = "worker-2"
        stolen = await world.prove("bolt", claim_id, code=code)
        world.signed_in[0] = None
        signed_out = await world.prove("bolt", claim_id, code=code)
        return elsewhere.status_code, stolen.status_code, signed_out.headers["location"], accounts(world, "worker-2")

    assert in_world(test) == (400, 400, "/sign-in", [])


def test_forged_form_is_refused(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        claim_id = await world.claim("bolt", ALEX)
        data = {"csrf": "guessed", "claim_id": claim_id, "code": await world.code(ALEX)}
        return await world.browser.post("/link/bolt/prove", data=data)

    assert in_world(test).status_code == 403


def test_worker_who_owns_the_address_only_gets_what_is_under_it(in_world: Any) -> None:
    """Whoever proves an address that the platform does not know links nothing."""

    async def test(world: Any) -> Any:
        claim_id = await world.claim("open_platforms", "stranger@sandbox.example")
        answer = await world.prove("open_platforms", claim_id, "stranger@sandbox.example")
        return answer.status_code, answer.text, accounts(world)

    status, text, linked = in_world(test)
    assert status == 400
    assert "The platform has no record of yours under this." in text
    assert linked == []


def test_record_that_another_worker_has_linked_stays_theirs(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.link("bolt", ALEX)
        world.signed_in[0] = "worker-2"
        answer = await world.prove("bolt", await world.claim("bolt", ALEX))
        return answer.status_code, accounts(world, "worker-2")

    assert in_world(test) == (409, [])


def test_linking_again_keeps_the_account(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        return await world.link("bolt", ALEX), await world.link("bolt", ALEX)

    first, second = in_world(test)
    assert first == second


def test_an_address_gets_three_codes_an_hour_and_a_worker_asks_for_ten(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        async def ask(value: str) -> int:
            answer = await world.browser.post("/link/bolt", data={"csrf": "form-token", "value": value})
            return int(answer.status_code)

        one = [await ask(ALEX.upper() if number else ALEX) for number in range(4)]
        world.signed_in[0] = "worker-2"
        by_another = await ask(ALEX)
        many = [await ask(f"a{number}@sandbox.example") for number in range(11)]
        world.clock.ahead = timedelta(minutes=61)
        return one, by_another, many, await ask(ALEX)

    one, by_another, many, later = in_world(test)
    assert one == [200, 200, 200, 429]
    assert by_another == 429
    assert many == [200] * 10 + [429]
    assert later == 200


@pytest.mark.parametrize(
    "value",
    ["", "nobody", "a@b", "a b@c.example", "a@c.example,b@d.example", "a@c.example\nBcc: x@y.example", "<a@c.d>"],
)
def test_what_is_no_address_is_refused(in_world: Any, value: str) -> None:
    async def test(world: Any) -> Any:
        answer = await world.browser.post("/link/bolt", data={"csrf": "form-token", "value": value})
        return answer.status_code, answer.text

    status, text = in_world(test)
    assert status == 400
    assert "Please write your e-mail address." in text


def test_without_the_holders_agreement_nothing_is_linked_or_read(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("bolt", ALEX)
        environment = world.environment
        registration = environment.registration("bolt")
        environment.registrations["bolt"] = replace(registration, agreed_by=None)
        page = await world.browser.post("/link/bolt", data={"csrf": "form-token", "value": ALEX})
        mark = await world.mark()
        answer = await world.read("bolt", account_id, "engagements(first: 1) { edges { cursor } }")
        return page.text, answer["errors"][0]["extensions"]["code"], await world.calls("bolt", mark)

    page, code, calls = in_world(test)
    assert "The owner of the fleet has not agreed that Gigway reads here" in page
    assert code == "UPSTREAM_UNAVAILABLE"
    assert calls == []


def test_platform_that_is_off_is_told_as_such(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.control("mturk_requester", on=False)
        data = {"csrf": "form-token", "value": "A000000000000"}
        return (await world.browser.post("/link/mturk_requester", data=data)).status_code

    assert in_world(test) == 502


def test_claims_and_codes_are_sealed_at_rest(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        await world.claim("bolt", ALEX)
        code = normal_code(await world.code(ALEX))
        with world.engine.connect() as connection:
            (row,) = connection.exec_driver_sql("SELECT * FROM link_claim").all()
        return code, repr(tuple(row))

    code, row = in_world(test)
    assert code not in row
    assert ALEX not in row
