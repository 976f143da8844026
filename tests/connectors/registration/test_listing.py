"""What is told of versions in GraphQL is looked up once, however many versions there are."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from connectors.environment import Environment
from connectors.observation import Observer
from connectors.observation.models import RunningProcess
from connectors.registration import Registration
from connectors.registration.desk import RegistrationDesk
from connectors.registration.fields import RegistrationFields
from connectors.registration.runs import ConformanceRuns
from tests.connectors.registration.test_runs import UBER, Gate, Roll

ROLL = Roll(1, {1: "one:1"})


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's session."""

    kind: str = "operator"
    client_id: str = "op"
    platform: None = None
    role: str = "admin"


@pytest.fixture
def fields(registry_database: Engine) -> RegistrationFields:
    """Uber's connector in four versions, the last one live and loaded by the one process there is."""
    observer = Observer(registry_database, ROLL, clock=now)
    registration = Registration(registry_database, Gate(), lambda connector, others: [], uses=observer, clock=now)
    registration.seed([UBER])
    for number in ("1.1.0", "1.2.0", "1.3.0"):
        submission = registration.submit(UBER.source.replace('"1.0.0"', f'"{number}"'), by="platform:uber")
        registration.record_test(submission.version_id, ok=True, report=["ok"], by="ci")
        assert registration.approve(submission.version_id, by="op") is None
    with registry_database.begin() as connection:
        connection.execute(
            insert(RunningProcess).values(
                id="one", process=1, generation=registration.generation(), breakers={}, seen_at=now()
            )
        )

    async def drain(platform: str) -> Any:
        raise AssertionError

    desk = RegistrationDesk(
        registration,
        observer,
        Environment(),
        ConformanceRuns(registry_database, ROLL, clock=now),
        simulated=frozenset(),
        drain=drain,
    )
    return RegistrationFields(desk, lambda role, permission: True)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def statements(engine: Engine) -> Iterator[Counter[str]]:
    """Count the statements by the table that they begin to read."""
    counted: Counter[str] = Counter()

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted[" ".join(statement.split()).partition(" FROM ")[2].partition(" ")[0]] += 1

    event.listen(engine, "before_cursor_execute", count)
    yield counted
    event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize(
    ("field", "arguments", "versions"),
    [("connectorVersions", {"platform": "uber"}, 4), ("connectorVersion", {"id": "4"}, 1)],
)
def test_loading_and_history_are_looked_up_once(
    fields: RegistrationFields, registry_database: Engine, field: str, arguments: Mapping[str, str], versions: int
) -> None:
    with statements(registry_database) as counted:
        found = asyncio.run(fields.resolve(field, arguments, Operator()))
    shown = found if isinstance(found, list) else [found]
    assert len(shown) == versions
    newest = shown[0]
    assert (newest["version"], newest["status"], newest["loadedEverywhere"]) == ("1.3.0", "LIVE", True)
    assert newest["loading"] == {"loaded": 1, "processes": 1}
    assert [each["action"] for each in newest["history"]] == ["APPROVE", "TEST", "SUBMIT"]
    assert counted["connector_process"] == 1
    # One for the history, one for the generation in which the live version went live.
    assert counted["connector_change"] == 2
