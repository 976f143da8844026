"""Tables and archives."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

__all__ = ["archive", "local_time", "table", "utc_millis"]

Cell = str | int | float | bool | None


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]], *, delimiter: str = ",") -> bytes:
    """Write a CSV table in UTF-8; a column that a row does not have is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.2f}"
        case _:
            return str(value)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a ZIP, the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return packed.getvalue()


def utc_millis(moment: int | None, zone: ZoneInfo | None = None) -> str | None:
    """Write unix seconds as `2021-02-28T23:16:48.000Z`, of another zone's wall clock if one is given."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).astimezone(zone or UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def local_time(moment: int, zone: ZoneInfo) -> str:
    """Write unix seconds as `2021-02-28 23:17:18`, local and without its zone."""
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M:%S")
