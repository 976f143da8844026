"""An uploaded archive or file becomes rows and documents. Everything is bounded, and only wanted files are opened."""

from __future__ import annotations

import codecs
import csv
import fnmatch
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from connectors.mapping import MappingError, load_json
from connectors.pages import mark
from connectors.schema.definition import TakeoutFile

MOST_UPLOAD_BYTES = 64 * 1024 * 1024
_MOST_MEMBERS = 20_000
_MOST_FILE_BYTES = 128 * 1024 * 1024
_MOST_BYTES = 256 * 1024 * 1024
_MOST_ROWS = 300_000
_CHUNK = 1 << 20

ErrorCode = Literal[
    "UPLOAD_TOO_LARGE", "ARCHIVE_UNREADABLE", "ARCHIVE_TOO_LARGE", "FILE_MISSING", "FILE_UNREADABLE", "TOO_MANY_ROWS"
]


class TakeoutError(Exception):
    """An upload that cannot be used; the message is for the worker, and `{name}` in it stands for one of `values`."""

    def __init__(self, code: ErrorCode, message: str, **values: str) -> None:
        super().__init__(message.format_map(values))
        self.code = code
        self.message = message
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The wanted files by name: rows of CSV files, documents of JSON files; and the upload's SHA-256."""

    files: Mapping[str, Sequence[Any]]
    sha256: str


def unpack(upload: bytes, file_name: str, wanted: Sequence[TakeoutFile]) -> Unpacked:
    """Return what is wanted of an upload, a ZIP archive or one of the files. Raises `TakeoutError`."""
    if len(upload) > MOST_UPLOAD_BYTES:
        raise TakeoutError("UPLOAD_TOO_LARGE", mark("The file is larger than 64 MiB."))
    found: dict[str, list[Any]] = {file.name: [] for file in wanted}
    present: set[str] = set()
    for name, content in _members(upload, file_name, wanted):
        for file in wanted:
            if _matches(name, file):
                present.add(file.name)
                rows = _read_csv(content, name) if file.is_csv else [_read_json(content, name)]
                found[file.name].extend(rows)
                if len(found[file.name]) > _MOST_ROWS:
                    raise TakeoutError("TOO_MANY_ROWS", mark("{name} has too many rows."), name=name)
    missing = [file.pattern for file in wanted if file.required and file.name not in present]
    if missing:
        raise TakeoutError("FILE_MISSING", mark("This is missing in the export: {files}."), files=", ".join(missing))
    return Unpacked(files=found, sha256=hashlib.sha256(upload).hexdigest())


def _members(upload: bytes, file_name: str, wanted: Sequence[TakeoutFile]) -> Iterator[tuple[str, bytes]]:
    if not upload.startswith(b"PK"):
        yield PurePosixPath(file_name.replace("\\", "/")).name, upload
        return
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise TakeoutError("ARCHIVE_TOO_LARGE", mark("There are too many files in this archive."))
            left = _MOST_BYTES
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/")).name
                if member.is_dir() or not any(_matches(name, file) for file in wanted):
                    continue
                content = _extract(archive, member, min(left, _MOST_FILE_BYTES))
                left -= len(content)
                yield name, content
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise TakeoutError("ARCHIVE_UNREADABLE", mark("This archive is damaged, encrypted, or not a ZIP.")) from None


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Read a member; what its header says of its size is not believed."""
    parts: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while part := stream.read(_CHUNK):
            size += len(part)
            if size > most:
                raise TakeoutError("ARCHIVE_TOO_LARGE", mark("The files in this archive are too large."))
            parts.append(part)
    return b"".join(parts)


def _matches(name: str, file: TakeoutFile) -> bool:
    return fnmatch.fnmatchcase(name.casefold(), file.pattern.casefold())


def _read_csv(content: bytes, name: str) -> list[dict[str, str | None]]:
    text = _decoded(content)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows: list[dict[str, str | None]] = []
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) > _MOST_ROWS:
                raise TakeoutError("TOO_MANY_ROWS", mark("{name} has too many rows."), name=name)
            rows.append({key.strip(): value or None for key, value in row.items() if isinstance(key, str)})
    except csv.Error:
        raise TakeoutError("FILE_UNREADABLE", mark("{name} is not a table."), name=name) from None
    return rows


def _read_json(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = load_json(content)
    except MappingError:
        document = None
    if not isinstance(document, dict):
        raise TakeoutError("FILE_UNREADABLE", mark("{name} is not the JSON that the platform gives."), name=name)
    return {**document, "file": name}


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
