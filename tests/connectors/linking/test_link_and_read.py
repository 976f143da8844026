"""A worker links an account through the real pages of both sites, and it is read under a permit."""

from typing import Any

ALEX = "alex.sandberg@sandbox.example"


def test_worker_links_uber_and_reads_the_profile(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", ALEX)
        return account_id, await world.read(
            "uber", account_id, "id profile { displayName status provenance { fidelity simulated method } }"
        )

    account_id, answer = in_world(test)
    assert answer == {
        "data": {
            "_entities": [
                {
                    "id": account_id,
                    "profile": {
                        "displayName": "Alex Sandberg",
                        "status": "ACTIVE",
                        "provenance": {"fidelity": "DOCUMENTED", "simulated": True, "method": "OAUTH_API"},
                    },
                }
            ]
        }
    }


def test_linking_opens_the_gate_and_unlinking_closes_it(in_world: Any) -> None:
    async def test(world: Any) -> None:
        account_id = await world.link("uber", ALEX)
        assert world.gate.is_open == {account_id: True}
        done = await world.browser.post("/link/unlink", data={"csrf": "form-token", "account_id": account_id})
        assert done.status_code == 303
        assert world.gate.is_open == {account_id: False}
        mark = await world.mark()
        answer = await world.read("uber", account_id, "profile { displayName }")
        assert answer["data"] == {"_entities": [{"profile": None}]}
        assert answer["errors"][0]["extensions"] == {"code": "RELINK_NEEDED", "platform": "uber"}
        assert await world.calls("uber", mark) == []

    in_world(test)
