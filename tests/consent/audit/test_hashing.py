"""Events that are hashed by the thousand, in a real database: as they are hashed one by one, whatever they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from consent.audit.events import EVENTS, read_events
from consent.audit.hashing import hash_events, is_plain
from consent.audit.leaf import event_hash, instant
from consent.models import AccessEvent
from tests.consent.conftest import BACKENDS, World

pytestmark = pytest.mark.anyio


async def test_events_are_hashed_as_they_are_verified(world: World, anna: str) -> None:
    assert [kind for kind in EVENTS if is_plain(kind)] == ["access"]
    with world.engine.connect() as connection:
        for kind in EVENTS:
            read_one_by_one = [
                (instant(row["at"]), kind, number, event_hash(kind, row))
                for number, row in read_events(connection, kind, after=0, until=100, limit=100)
            ]
            assert hash_events(connection, kind, after=0, until=100, limit=100) == read_one_by_one
            assert hash_events(connection, kind, after=0, until=100, limit=1) == read_one_by_one[:1]
            assert hash_events(connection, kind, after=1, until=3, limit=100) == read_one_by_one[1:3]
            assert hash_events(connection, kind, after=100, until=200, limit=100) == []


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_EVENTS = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),
        "worker_id": _TEXTS,
        "actor_id": st.none() | _TEXTS,
        "lease_id": st.none() | st.integers(-(2**63), 2**63 - 1),
        "platform": _TEXTS,
        "category": _TEXTS,
        "decision": st.sampled_from(["allow", "deny"]),
        "records": st.integers(-(2**31), 2**31 - 1),
        "request_id": st.none() | _TEXTS,
        "salt": _TEXTS,
    }
)
_NOTHING_SPECIAL = {"worker_id": "w", "platform": "p", "category": "c", "decision": "allow", "salt": "s", "repeats": 1}
_EVERY_ESCAPE = [
    {**_NOTHING_SPECIAL, "at": datetime(2030, 5, 1, tzinfo=UTC), "records": code, "request_id": f"a{chr(code)}z"}
    for code in [*range(0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFF, 0x1F600, 0x10FFFF]
]


@pytest.mark.parametrize("database_url", BACKENDS, indirect=True)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(events=_EVERY_ESCAPE)
@given(events=st.lists(_EVENTS, min_size=1, max_size=8))
def test_whatever_an_event_says_its_hash_is_that_of_its_canonical_json(
    world: World, events: list[Mapping[str, Any]]
) -> None:
    is_postgresql = world.engine.dialect.name == "postgresql"
    with world.engine.begin() as connection:
        start = connection.execute(select(func.max(AccessEvent.id))).scalar() or 0
        connection.execute(insert(AccessEvent), [_stored(row) if is_postgresql else row for row in _alike(events)])
        rows = dict(read_events(connection, "access", after=start, until=2**62, limit=1_000))
        hashed = hash_events(connection, "access", after=start, until=2**62, limit=1_000)
    assert len(rows) == len(events)
    assert hashed == [(instant(row["at"]), "access", number, event_hash("access", row)) for number, row in rows.items()]


def _alike(events: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give all the same columns."""
    return [{"actor_id": None, "lease_id": None, "repeats": 1, **row} for row in events]


def _stored(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """PostgreSQL has no text with a zero byte."""
    return {name: value.replace("\0", "0") if isinstance(value, str) else value for name, value in row.items()}
