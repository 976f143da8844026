"""What an organization did, in counts: read by an index, however long the log has become."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event, text

from consent.console.usage import Usage


def plan_of(engine: Engine, statements: list[tuple[str, Any]]) -> str:
    """Return how the database would run the one statement that was run, if tables were large."""
    ((statement, parameters),) = statements
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return "\n".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


def test_accesses_are_counted_by_the_index_on_actors(site: Any) -> None:
    run: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        run.append((statement, parameters))

    event.listen(site.engine, "before_cursor_execute", note)
    try:
        assert Usage(site.engine, site.clock).accesses("none") == []
    finally:
        event.remove(site.engine, "before_cursor_execute", note)
    plan = plan_of(site.engine, [each for each in run if "access_event" in each[0]])
    assert "ix_access_event_actor" in plan
    assert "SCAN access_event" not in plan
    assert "Seq Scan on access_event" not in plan
