"""The triggers of the consent tables, for SQLite and PostgreSQL: rules that hold whoever writes.

* A grant starts `active`, ends once, and never changes again; its end date is never raised, its parties stay.
* A test actor is granted something by test workers only; actors and workers stay test ones, or stay real.
* A granted item is a category that the purpose's version allows, never a forbidden one; items never change.
* What workers read of an actor changes with its version, and every version is kept (`actor_versions.py`).
* Events are only ever added; those of an erased worker may be deleted (`audit/leaf.py` says why that is no loss).
* Whatever ends a permission (a grant ends, a gate closes, a worker is erased, an actor suspended) leaves a
  `stop_notice`. On PostgreSQL it also takes `STOP_LOCK` exclusively until its commit and notifies `STOP_CHANNEL`,
  so that it is ordered against every lease transaction, which holds the lock shared (`leases/`).
  On SQLite the one write lock does that.

`create_all` creates them after their tables. A migration runs `create_statements(dialect)` after creating the
tables and `drop_statements(dialect)` before dropping them.
"""
# ruff: noqa: S608 - statements are put together from constants of this module only

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, event
from sqlmodel import SQLModel

from consent import actor_versions, models
from consent.actor_versions import SHOWN
from consent.audit import models as audit_models

STOP_LOCK = 0x67_77_73_74_6F_70
"""The key of the PostgreSQL advisory lock that orders stops against lease transactions (`gwstop`)."""

STOP_CHANNEL = "gigway_stop"
"""The PostgreSQL channel on which stops are announced, as `<kind>:<ref>`."""

_FIXED = (
    "id",
    "worker_id",
    "client_id",
    "actor_id",
    "actor_version",
    "purpose",
    "purpose_version",
    "granted_at",
    "parent_id",
)

_REFUSALS: tuple[tuple[str, str, str, str, str], ...] = (
    # table, name, event, condition, message
    ("consent_grant", "starts_active", "INSERT", "NEW.status <> 'active'", "a grant starts active"),
    (
        "consent_grant",
        "starts_within_limit",
        "INSERT",
        "{days} > (SELECT max_days FROM purpose p WHERE p.id = NEW.purpose AND p.version = NEW.purpose_version)",
        "a grant lasts no longer than its purpose allows",
    ),
    (
        "consent_grant",
        "test_is_apart",
        "INSERT",
        "EXISTS (SELECT 1 FROM actor a WHERE a.id = NEW.actor_id AND a.is_test)"
        " AND NOT EXISTS (SELECT 1 FROM worker w WHERE w.id = NEW.worker_id AND w.is_test)",
        "only test workers grant a test actor anything",
    ),
    ("consent_grant", "ended_is_final", "UPDATE", "OLD.status <> 'active'", "an ended grant does not change"),
    ("consent_grant", "never_extended", "UPDATE", "NEW.expires_at > OLD.expires_at", "a grant is not extended"),
    (
        "consent_grant",
        "parties_stay",
        "UPDATE",
        " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _FIXED),
        "the parties and terms of a grant do not change",
    ),
    ("consent_grant", "kept", "DELETE", "1 = 1", "grants are kept"),
    (
        "grant_item",
        "allowed",
        "INSERT",
        "NEW.granted AND NOT EXISTS (SELECT 1 FROM consent_grant g"
        " JOIN purpose_category a ON a.purpose_id = g.purpose AND a.purpose_version = g.purpose_version"
        " JOIN category c ON c.id = a.category_id AND c.version = NEW.category_version"
        " WHERE g.id = NEW.grant_id AND g.status = 'active' AND a.category_id = NEW.category"
        " AND NOT c.forbidden AND c.any_platform = (NEW.platform = '*'))",
        "the purpose does not allow this item",
    ),
    ("grant_item", "fixed", "UPDATE", "1 = 1", "the items of a grant do not change"),
    ("grant_item", "kept", "DELETE", "1 = 1", "the items of a grant are kept"),
    ("worker", "erased_is_final", "UPDATE", "OLD.status = 'erased' AND NEW.status <> 'erased'", "erased is final"),
    *(
        (table, "test_stays", "UPDATE", "NEW.is_test <> OLD.is_test", "what was made for tests stays so")
        for table in ("worker", "actor")
    ),
    (
        "actor",
        "rewords_anew",
        "UPDATE",
        "NEW.version < OLD.version OR NEW.version = OLD.version AND ("
        + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in SHOWN)
        + ")",
        "what workers read of an actor changes with its version",
    ),
    ("actor_version", "fixed", "UPDATE", "1 = 1", "the versions of an actor do not change"),
    ("actor_version", "kept", "DELETE", "1 = 1", "the versions of an actor are kept"),
    ("access_event", "fixed", "UPDATE", "1 = 1", "events do not change"),
    (
        "access_event",
        "kept",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM worker w WHERE w.id = OLD.worker_id AND w.status = 'erased')",
        "events are kept",
    ),
    ("consent_event", "fixed", "UPDATE", "1 = 1", "events do not change"),
    ("consent_event", "kept", "DELETE", "1 = 1", "events are kept"),
    *(
        (table, name, when, "1 = 1", "the audit log is only added to")
        for table in ("audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature")
        for name, when in (("fixed", "UPDATE"), ("kept", "DELETE"))
    ),
)

_STOPS: tuple[tuple[str, str, str, str, str, str], ...] = (
    # table, name, event, condition, kind, reference
    ("consent_grant", "stops", "UPDATE", "OLD.status = 'active' AND NEW.status <> 'active'", "grant", "NEW.id"),
    ("consent_grant", "shortens", "UPDATE", "NEW.expires_at < OLD.expires_at", "grant", "NEW.id"),
    ("subject_gate", "stops", "UPDATE", "OLD.open AND NOT NEW.open", "account", "NEW.account_id"),
    ("subject_gate", "moves", "UPDATE", "NEW.worker_id <> OLD.worker_id", "account", "OLD.account_id"),
    ("subject_gate", "vanishes", "DELETE", "1 = 1", "account", "OLD.account_id"),
    ("platform_gate", "stops", "UPDATE", "OLD.open AND NOT NEW.open", "platform", "NEW.platform"),
    ("platform_gate", "vanishes", "DELETE", "1 = 1", "platform", "OLD.platform"),
    ("client_gate", "starts_shut", "INSERT", "NOT NEW.open", "client", "NEW.client_id"),
    ("client_gate", "stops", "UPDATE", "OLD.open AND NOT NEW.open", "client", "NEW.client_id"),
    ("worker", "stops", "UPDATE", "OLD.status = 'active' AND NEW.status <> 'active'", "worker", "NEW.id"),
    ("worker", "vanishes", "DELETE", "1 = 1", "worker", "OLD.id"),
    ("actor", "stops", "UPDATE", "OLD.status = 'active' AND NEW.status <> 'active'", "actor", "NEW.id"),
    ("actor", "vanishes", "DELETE", "1 = 1", "actor", "OLD.id"),
)

_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"

_KEEPS: tuple[tuple[str, str, str, str], ...] = (
    # table, name, event, condition
    ("actor", "begins", "INSERT", "1 = 1"),
    ("actor", "rewords", "UPDATE", "NEW.version <> OLD.version"),
)
_KEEP = (
    f"INSERT INTO actor_version (actor_id, version, {', '.join(SHOWN)}, since) "
    f"VALUES (NEW.id, NEW.version, {', '.join(f'NEW.{column}' for column in SHOWN)}, {{now}})"
)


def _sqlite(table: str | None) -> Iterator[str]:
    days = "(julianday(NEW.expires_at) - julianday(NEW.granted_at) - 0.000001)"
    for owner, name, when, condition, message in _REFUSALS:
        if table in (None, owner):
            test = condition.format(days=days).replace("IS DISTINCT FROM", "IS NOT")
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {owner}_{name} BEFORE {when} ON {owner} WHEN {test} "
                f"BEGIN SELECT RAISE(ABORT, 'consent: {message}'); END"
            )
    for owner, name, when, condition, kind, ref in _STOPS:
        if table in (None, owner):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {owner}_{name} AFTER {when} ON {owner} WHEN {condition} "
                f"BEGIN INSERT INTO stop_notice (kind, ref) VALUES ('{kind}', {ref}); END"
            )
    for owner, name, when, condition in _KEEPS:
        if table in (None, owner):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {owner}_{name} AFTER {when} ON {owner} WHEN {condition} "
                f"BEGIN {_KEEP.format(now=_SQLITE_NOW)}; END"
            )


def _postgresql(table: str | None) -> Iterator[str]:
    days = "(EXTRACT(EPOCH FROM NEW.expires_at - NEW.granted_at) / 86400)"
    for owner, name, when, condition, message in _REFUSALS:
        if table in (None, owner):
            row = "OLD" if when == "DELETE" else "NEW"
            yield (
                f"CREATE OR REPLACE FUNCTION {owner}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition.format(days=days)} THEN RAISE EXCEPTION 'consent: {message}' "
                f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            )
            yield f"DROP TRIGGER IF EXISTS {owner}_{name} ON {owner}"
            yield (
                f"CREATE TRIGGER {owner}_{name} BEFORE {when} ON {owner} FOR EACH ROW EXECUTE FUNCTION {owner}_{name}()"
            )
    for owner, name, when, condition, kind, ref in _STOPS:
        if table in (None, owner):
            yield (
                f"CREATE OR REPLACE FUNCTION {owner}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN PERFORM pg_advisory_xact_lock({STOP_LOCK}); "
                f"INSERT INTO stop_notice (kind, ref) VALUES ('{kind}', {ref}); "
                f"PERFORM pg_notify('{STOP_CHANNEL}', '{kind}:' || {ref}); END IF; RETURN NULL; END $$"
            )
            yield f"DROP TRIGGER IF EXISTS {owner}_{name} ON {owner}"
            yield (
                f"CREATE TRIGGER {owner}_{name} AFTER {when} ON {owner} FOR EACH ROW EXECUTE FUNCTION {owner}_{name}()"
            )

    for owner, name, when, condition in _KEEPS:
        if table in (None, owner):
            yield (
                f"CREATE OR REPLACE FUNCTION {owner}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN {_KEEP.format(now='clock_timestamp()')}; END IF; RETURN NULL; END $$"
            )
            yield f"DROP TRIGGER IF EXISTS {owner}_{name} ON {owner}"
            yield (
                f"CREATE TRIGGER {owner}_{name} AFTER {when} ON {owner} FOR EACH ROW EXECUTE FUNCTION {owner}_{name}()"
            )


def create_statements(dialect: str, table: str | None = None) -> list[str]:
    """Return the statements that create the triggers, all or those of one table, for `sqlite` or `postgresql`."""
    return list(_sqlite(table) if dialect == "sqlite" else _postgresql(table))


def drop_statements(dialect: str) -> list[str]:
    """Return the statements that remove every trigger (and function) again."""
    names = [(owner, name) for owner, name, *_ in (*_REFUSALS, *_STOPS, *_KEEPS)]
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {owner}_{name}" for owner, name in names]
    return [f"DROP FUNCTION IF EXISTS {owner}_{name}() CASCADE" for owner, name in names]


def _create_with(table: Table, connection: Connection, **_: object) -> None:
    for statement in create_statements(connection.dialect.name, table.name):
        connection.exec_driver_sql(statement)


def _attach() -> None:
    for name in {owner for owner, *_ in (*_REFUSALS, *_STOPS)}:
        event.listen(SQLModel.metadata.tables[name], "after_create", _create_with)


assert models.ConsentGrant.metadata is audit_models.AuditLeaf.metadata is actor_versions.ActorVersion.metadata
_attach()
