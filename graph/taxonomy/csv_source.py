"""CSV files of a directory or of zips, row by row with their numbers, checked as they are read.

Everything that is wrong is a `TaxonomyError` that names the file, the line and the column.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from graph.errors import TaxonomyError

Progress = Callable[[str, int, int], None]
"""Told the file, the bytes that are read and the bytes that there are."""

MAX_FILE = 1 << 30
MAX_FIELD = 1 << 20
EVERY = 2_000


class CsvSource:
    """The CSV files at a path, by name: of a zip, or of a directory and the zips in it. Folders do not matter."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self._progress = progress or (lambda *_: None)
        self._files: dict[str, Path | tuple[zipfile.ZipFile, str]] = {}
        self._sizes: dict[str, int] = {}
        self._zips: list[zipfile.ZipFile] = []
        if path.is_dir():
            for each in sorted(path.rglob("*.zip")):
                self._add_zip(each)
            for each in sorted(path.rglob("*.csv")):
                self._files[each.name], self._sizes[each.name] = each, each.stat().st_size
        elif path.is_file():
            self._add_zip(path)
        else:
            raise TaxonomyError(f"{path.name} does not exist.")

    def _add_zip(self, path: Path) -> None:
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            self.close()
            raise TaxonomyError(f"{path.name} is neither a directory nor a zip file: {error}.") from None
        self._zips.append(archive)
        for each in archive.infolist():
            if each.filename.endswith(".csv"):
                name = Path(each.filename).name
                self._files[name], self._sizes[name] = (archive, each.filename), each.file_size

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files that there are."""
        return tuple(sorted(self._sizes))

    def close(self) -> None:
        """Close the zips."""
        for each in self._zips:
            each.close()

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield line numbers and rows. Each has at least these columns; the others are there as well."""
        size = self._sizes[name]
        if size > MAX_FILE:
            raise TaxonomyError(f"{name} is larger than {MAX_FILE} bytes.")
        csv.field_size_limit(MAX_FIELD)
        try:
            with self._open(name) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                reader = csv.DictReader(text, strict=True)
                missing = [each for each in columns if each not in (reader.fieldnames or ())]
                if missing:
                    raise TaxonomyError(f"{name}, line 1: there is no column {', '.join(missing)}.")
                for number, row in enumerate(reader):
                    if number % EVERY == 0:
                        self._progress(name, raw.tell(), size)
                    absent = [each for each in columns if row[each] is None]
                    if absent:
                        raise TaxonomyError(f"{name}, line {reader.line_num}: the row ends before {absent[0]}.")
                    yield reader.line_num, row
        except UnicodeDecodeError as error:
            raise TaxonomyError(f"{name} is not UTF-8: {error.reason} at byte {error.start}.") from None
        except csv.Error as error:
            raise TaxonomyError(f"{name}, line {reader.line_num + 1}: {error}.") from None
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise TaxonomyError(f"{name} cannot be read: {error}.") from None
        self._progress(name, size, size)

    def _open(self, name: str) -> IO[bytes]:
        match self._files[name]:
            case Path() as path:
                return path.open("rb")
            case archive, inside:
                return archive.open(inside)
