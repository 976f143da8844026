"""A connector's way to being live: submitted, tested, approved, replaced, rolled back, suspended."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from connectors.catalogue import built_in
from connectors.environment import Environment
from connectors.observation import Observer
from connectors.observation.models import FieldUse
from connectors.registration import LiveConnectors, Registration
from connectors.registry import Registry
from connectors.runtime.linked import Credentials
from connectors.sandbox.providers import built_in_providers
from connectors.schema import Connector, load
from connectors.transport import Wire

CATALOGUE = built_in_providers()[0]
UBER = next(connector for connector in built_in() if connector.name == "uber")


@dataclass(slots=True)
class Gate:
    """Which platforms are open."""

    is_open: dict[str, bool] = field(default_factory=dict)

    def open(self, session: Connection, *, platform: str) -> None:
        assert session.in_transaction()
        self.is_open[platform] = True

    def close(self, session: Connection, *, platform: str, reason: str) -> None:
        assert session.in_transaction()
        self.is_open[platform] = False


class Roll:
    """No process lives."""

    def here(self) -> None:
        return None

    def living(self) -> dict[int, str]:
        return {}


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def composition_errors() -> list[str]:
    return []


@pytest.fixture
def registration(registry_database: Engine, gate: Gate, composition_errors: list[str]) -> Registration:
    now = lambda: datetime.now(UTC)  # noqa: E731
    return Registration(
        registry_database,
        gate,
        lambda connector, others: composition_errors,
        uses=Observer(registry_database, Roll(), clock=now),
        clock=now,
    )


def version(number: str, **changes: str) -> str:
    """Uber's SDL under another version, with replacements."""
    text = UBER.source.replace('version: "1.0.0"', f'version: "{number}"')
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_built_in_connectors_are_live_after_seeding_and_seeding_again_changes_nothing(registration, gate) -> None:
    registration.seed(built_in())
    generation, live = registration.live()
    registration.seed(built_in())
    assert [connector.name for connector in live] == sorted(connector.name for connector in built_in())
    assert registration.generation() == generation
    assert set(gate.is_open.values()) == {True}


def test_newer_built_in_connector_replaces_the_older_one(registration) -> None:
    registration.seed([UBER])
    registration.seed([load(version("1.1.0"))])
    assert [(each.version, each.status) for each in registration.versions("uber")] == [
        ("1.1.0", "LIVE"),
        ("1.0.0", "RETIRED"),
    ]


def test_version_goes_live_after_test_and_approval(registration) -> None:
    registration.seed([UBER])
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    assert (submission.breaking, submission.dangerous) == ([], [])
    assert registration.approve(submission.version_id, by="operator").code == "NOT_TESTED"
    assert registration.record_test(submission.version_id, ok=True, report=["15 ok"], by="ci") is None
    assert registration.approve(submission.version_id, by="operator") is None
    _, (live,) = registration.live()
    assert live.definition.platform.version == "1.1.0"
    assert [change.action for change in registration.history("uber")] == ["APPROVE", "TEST", "SUBMIT", "APPROVE"]
    assert registration.versions("uber")[0].report == ["15 ok"]


def test_failed_test_keeps_a_version_from_going_live(registration) -> None:
    registration.seed([UBER])
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    registration.record_test(submission.version_id, ok=False, report=["FAILED paging"], by="ci")
    assert registration.approve(submission.version_id, by="operator").message == "Version 1.1.0 is FAILED, not TESTED."


def test_rejected_version_stays_rejected(registration) -> None:
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    assert registration.reject(submission.version_id, by="operator", note="no contract") is None
    assert registration.record_test(submission.version_id, ok=True, report=[], by="ci").code == "VERSION_UNKNOWN"


def test_breaking_changes_are_told(registration) -> None:
    registration.seed([UBER])
    changed = version(
        "2.0.0", **{"ref: vehicle_id": "name: vehicle_id", 'by: "ref"': 'by: "name"', "ref: String!": "name: String!"}
    )
    submission = registration.submit(changed, by="platform:uber")
    (change,) = submission.breaking
    assert str(change) == "Field UberVehicle.ref was removed. Not used in the last 30 days."


def test_breaking_changes_are_held_against_what_operations_ask_for(registration, registry_database: Engine) -> None:
    registration.seed([UBER])
    today = datetime.now(UTC).date().isoformat()
    with registry_database.begin() as connection:
        connection.execute(insert(FieldUse).values(platform="uber", coordinate="UberVehicle.ref", day=today, uses=12))
    changed = version(
        "2.0.0", **{"ref: vehicle_id": "name: vehicle_id", 'by: "ref"': 'by: "name"', "ref: String!": "name: String!"}
    )
    (change,) = registration.check(changed).breaking
    assert str(change) == f"Field UberVehicle.ref was removed. Used 12 times in the last 30 days, last on {today}."
    assert [each.version for each in registration.versions("uber")] == ["1.0.0"]


def test_version_is_composed_again_when_it_is_approved(registration, composition_errors: list[str]) -> None:
    registration.seed([UBER])
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    registration.record_test(submission.version_id, ok=True, report=[], by="ci")
    composition_errors.append("another platform has taken that name")
    assert registration.approve(submission.version_id, by="operator").code == "COMPOSITION_FAILED"


@pytest.mark.parametrize("number", ["1.0.0", "0.9.0"])
def test_version_must_be_newer(registration, number: str) -> None:
    registration.seed([UBER])
    assert registration.submit(version(number), by="platform:uber").code == "VERSION_NOT_NEWER"


def test_invalid_connector_is_refused_with_located_problems(registration) -> None:
    refusal = registration.submit(version("1.1.0", **{"gig:profile": "gig:all"}), by="platform:uber")
    assert refusal.code == "CONNECTOR_INVALID"
    assert [(problem.code, problem.line > 0) for problem in refusal.problems] == [("SCOPE_UNKNOWN", True)]


def test_connector_that_breaks_composition_is_refused(registration, composition_errors) -> None:
    composition_errors.append("FIELD_TYPE_MISMATCH: …")
    assert registration.submit(version("1.1.0"), by="platform:uber").code == "COMPOSITION_FAILED"
    assert registration.versions("uber") == []


def test_roll_back_makes_a_former_version_live(registration) -> None:
    registration.seed([UBER])
    first = registration.versions("uber")[0].id
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    assert registration.roll_back("uber", submission.version_id, by="operator").code == "NOT_LIVE"
    registration.record_test(submission.version_id, ok=True, report=[], by="ci")
    registration.approve(submission.version_id, by="operator")
    assert registration.roll_back("uber", first, by="operator") is None
    assert registration.live()[1][0].digest == UBER.digest


def test_suspension_closes_the_gate_at_once_and_resuming_opens_it(registration, gate) -> None:
    registration.seed([UBER])
    assert registration.suspend("uber", by="operator", reason="lies") is None
    assert gate.is_open == {"uber": False}
    assert registration.resume("uber", by="operator") is None
    assert gate.is_open == {"uber": True}
    assert registration.suspend("nowhere", by="operator", reason="x").code == "NOT_LIVE"


def test_new_version_of_a_suspended_platform_does_not_open_it(registration, gate) -> None:
    registration.seed([UBER])
    registration.suspend("uber", by="operator", reason="lies")
    submission = registration.submit(version("1.1.0"), by="platform:uber")
    registration.record_test(submission.version_id, ok=True, report=[], by="ci")
    registration.approve(submission.version_id, by="operator")
    assert gate.is_open == {"uber": False}


def test_process_follows_what_is_live_and_keeps_unchanged_subgraphs(registration) -> None:
    class NoAccounts:
        async def acquire(self, *_: Any, **__: Any) -> Any:
            raise AssertionError

        async def reject(self, *_: Any) -> None:
            raise AssertionError

    async def test() -> None:
        swaps: list[list[str]] = []
        async with Wire() as wire:
            registry = Registry(wire, Environment(), pseudonym_key=b"p" * 32)
            credentials: Credentials = NoAccounts()
            registry.use(credentials)
            live = LiveConnectors(registration, registry, lambda: swaps.append(_versions(registry.connectors)))
            registration.seed(built_in())
            assert await live.refresh() is True
            before = {subgraph.name: subgraph for subgraph in registry.subgraphs}
            assert await live.refresh() is False
            submission = registration.submit(version("1.1.0"), by="platform:uber")
            registration.record_test(submission.version_id, ok=True, report=[], by="ci")
            assert await live.refresh() is False
            registration.approve(submission.version_id, by="operator")
            assert await live.refresh() is True
            after = {subgraph.name: subgraph for subgraph in registry.subgraphs}
            assert {name for name in after if after[name] is not before[name]} == {"uber"}
        assert ["uber 1.0.0" in swap for swap in swaps] == [True, False]

    asyncio.run(test())


def _versions(connectors: list[Connector]) -> list[str]:
    return [f"{each.name} {each.definition.platform.version}" for each in connectors]


def feeding(registration) -> list[str]:
    return [each.name for each in registration.feeding() if each.definition.feeds]


def test_provider_without_accounts_goes_live_is_suspended_and_comes_back(registration) -> None:
    registration.seed([UBER])
    taken = registration.submit(CATALOGUE.source, by="course_catalogue")
    assert feeding(registration) == []
    assert registration.record_test(taken.version_id, ok=True, report=[], by="test") is None
    assert registration.approve(taken.version_id, by="operator") is None
    assert feeding(registration) == ["course_catalogue"]
    assert [each.name for each in registration.live()[1]] == ["uber"], "it has no accounts and composes nothing"
    registration.suspend("course_catalogue", by="operator", reason="wrong prices")
    assert feeding(registration) == []
    registration.resume("course_catalogue", by="operator")
    assert feeding(registration) == ["course_catalogue"]


def test_a_platform_cannot_become_a_provider_of_the_same_name(registration) -> None:
    registration.seed([UBER])
    text = CATALOGUE.source.replace('"course_catalogue"', '"uber"').replace('"1.0.0"', '"9.0.0"')
    assert registration.submit(text, by="platform:uber").code == "KIND_CHANGED"
