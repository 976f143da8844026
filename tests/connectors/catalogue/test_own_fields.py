"""Fields of a platform's own: what only it has, as its simulated platform tells it."""

from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"


@pytest.mark.parametrize(
    ("platform", "selection", "field", "shown"),
    [
        (
            "gigster",
            "standing { karma roles }",
            "standing",
            {"karma": 87, "roles": ["Product Designer", "UX Researcher"]},
        ),
        (
            "business_talent_group",
            "standing { practices }",
            "standing",
            {"practices": ["Customer experience", "Market insight"]},
        ),
        ("lyft", "vehicles { model }", "vehicles", [{"model": "Toyota Prius 2020"}]),
        (
            "github_sponsors",
            "listing { name isPublic }",
            "listing",
            {"name": "sponsors-alex-sandberg", "isPublic": True},
        ),
    ],
)
def test_own_field_is_read(in_world: Any, platform: str, selection: str, field: str, shown: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link(platform, ALEX)
        return await world.read(platform, account_id, selection)

    answer = in_world(test)
    assert "errors" not in answer
    assert answer["data"]["_entities"][0][field] == shown
