"""The access log as a file: the lines that a worker sees, and no more."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from starlette.responses import Response

from consent.access_log import MAX_PAGE_SIZE, AccessFilter, AccessLog, AccessRecord

LOG_FIELDS: Final = (
    *("at", "actor_name", "actor_id", "purpose", "platform", "category", "decision", "reason"),
    *("records", "repeats", "grant_id", "request_id"),
)
_FORMULA: Final = frozenset("=+-@\t\r")


def whole_log(log: AccessLog, worker_id: str, matching: AccessFilter | None = None) -> Iterator[AccessRecord]:
    """Yield every line that matches, newest first."""
    before: int | None = None
    while True:
        page = log.page(worker_id, matching=matching, before=before, size=MAX_PAGE_SIZE)
        yield from page.records
        if page.next_before is None:
            return
        before = page.next_before


def line_of(record: AccessRecord) -> dict[str, object]:
    """Return a line's fields for a JSON file."""
    values = {name: getattr(record, name) for name in LOG_FIELDS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def as_json(records: Iterable[AccessRecord]) -> Response:
    """Return lines as a JSON file."""
    content = json.dumps([line_of(record) for record in records], indent=2, ensure_ascii=False)
    return download(content, "application/json", "gigway-access-log.json")


def as_csv(records: Iterable[AccessRecord]) -> Response:
    """Return lines as a CSV file."""
    rows = (line_of(record).values() for record in records)
    return download(csv_text(LOG_FIELDS, rows), "text/csv; charset=utf-8", "gigway-access-log.csv")


def csv_text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV; an empty header leaves its line out."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = list(header)
    if columns:
        writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def download(content: str | bytes, media_type: str, name: str) -> Response:
    """Return `content` as a file to keep."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _cell(value: object) -> object:
    """Return a value for a cell; text that a spreadsheet would run as a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value
