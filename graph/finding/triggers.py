"""What takes derived data away, in the transaction that ends the permission for it, whoever writes.

| what ends | what goes |
|---|---|
| a grant, however it ends | its vector, its task, its part of the ranking log, its part in counts |
| an account (unlinked, closed, moved, deleted) | the worker's vectors (made anew); their part of the log and counts |
| a worker (erased, deleted) | all of these, and their wishes |

A granted item `matching` makes a task. A further trigger counts each change of a vector, so that no process ranks by
what it remembers of one that is gone.
A migration creates them after the tables of `consent`, whose rows they watch.
"""
# ruff: noqa: S608 - statements are put together from constants of this module only

from __future__ import annotations

from collections.abc import Iterator

_OF_GRANT = tuple(
    f"DELETE FROM {table} WHERE grant_id = NEW.id"
    for table in ("matching_vector", "matching_task", "matching_shown", "statistics_contribution")
)
_OF_ACCOUNT = (
    "DELETE FROM matching_vector WHERE worker_id = OLD.worker_id",
    "DELETE FROM matching_shown WHERE worker_id = OLD.worker_id",
    "DELETE FROM statistics_contribution WHERE worker_id = OLD.worker_id",
    "UPDATE matching_task SET due_at = CURRENT_TIMESTAMP, claimed_until = NULL WHERE worker_id = OLD.worker_id",
)
_OF_WORKER = tuple(
    f"DELETE FROM {table} WHERE worker_id = OLD.id"
    for table in ("matching_vector", "matching_task", "matching_shown", "matching_wishes", "statistics_contribution")
)
_TO_DO = (
    "INSERT INTO matching_task (grant_id, worker_id, due_at, failures) "
    "SELECT g.id, g.worker_id, CURRENT_TIMESTAMP, 0 FROM consent_grant g WHERE g.id = NEW.grant_id "
    "ON CONFLICT (grant_id) DO NOTHING",
)


def _count(row: str) -> tuple[str, ...]:
    return (
        f"INSERT INTO matching_pool (actor_id, purpose, version) VALUES ({row}.actor_id, {row}.purpose, 1) "
        "ON CONFLICT (actor_id, purpose) DO UPDATE SET version = matching_pool.version + 1",
        "INSERT INTO matching_change (grant_id, actor_id, purpose, version) "
        f"SELECT {row}.grant_id, {row}.actor_id, {row}.purpose, p.version FROM matching_pool p "
        f"WHERE p.actor_id = {row}.actor_id AND p.purpose = {row}.purpose "
        "ON CONFLICT (grant_id) DO UPDATE SET version = excluded.version",
    )


_TRIGGERS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    # table, name, event, condition, statements
    ("grant_item", "find", "INSERT", "NEW.granted AND NEW.category = 'matching'", _TO_DO),
    ("consent_grant", "unfind", "UPDATE", "OLD.status = 'active' AND NEW.status <> 'active'", _OF_GRANT),
    ("subject_gate", "unfind", "UPDATE", "OLD.open AND (NOT NEW.open OR NEW.worker_id <> OLD.worker_id)", _OF_ACCOUNT),
    ("subject_gate", "unfind_deleted", "DELETE", "1 = 1", _OF_ACCOUNT),
    ("worker", "unfind", "UPDATE", "OLD.status = 'active' AND NEW.status <> 'active'", _OF_WORKER),
    ("worker", "unfind_deleted", "DELETE", "1 = 1", _OF_WORKER),
    ("matching_vector", "count_new", "INSERT", "1 = 1", _count("NEW")),
    ("matching_vector", "count_changed", "UPDATE", "1 = 1", _count("NEW")),
    ("matching_vector", "count_gone", "DELETE", "1 = 1", _count("OLD")),
)


def create_statements(dialect: str) -> list[str]:
    """Return the statements that create the triggers, for `sqlite` or `postgresql`."""
    return list(_sqlite() if dialect == "sqlite" else _postgresql())


def drop_statements(dialect: str) -> list[str]:
    """Return the statements that remove them."""
    names = [(table, name) for table, name, *_ in _TRIGGERS]
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_{name}" for table, name in names]
    return [f"DROP FUNCTION IF EXISTS {table}_{name}() CASCADE" for table, name in names]


def _sqlite() -> Iterator[str]:
    for table, name, event, condition, statements in _TRIGGERS:
        # SQLite takes ON CONFLICT after SELECT only behind a WHERE, and names the new row by `excluded`, as PostgreSQL.
        body = "; ".join(statements)
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table}_{name} AFTER {event} ON {table} WHEN {condition} BEGIN {body}; END"
        )


def _postgresql() -> Iterator[str]:
    for table, name, event, condition, statements in _TRIGGERS:
        body = "; ".join(statements)
        yield (
            f"CREATE OR REPLACE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN {body}; END IF; RETURN NULL; END $$"
        )
        yield f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}"
        yield f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
