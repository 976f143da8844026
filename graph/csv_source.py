"""CSV files of a directory or a zip, row by row with their numbers, checked as they are read.

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
    """The CSV files at a path, by name. A zip's folders do not matter."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self._path = path
        self._progress = progress or (lambda *_: None)
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self._sizes = {each.name: each.stat().st_size for each in path.rglob("*.csv") if each.is_file()}
            self._where = {each.name: str(each) for each in path.rglob("*.csv") if each.is_file()}
        elif path.is_file():
            try:
                self._zip = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError) as error:
                raise TaxonomyError(f"{path.name} is neither a directory nor a zip file: {error}.") from None
            entries = [each for each in self._zip.infolist() if each.filename.endswith(".csv")]
            self._sizes = {Path(each.filename).name: each.file_size for each in entries}
            self._where = {Path(each.filename).name: each.filename for each in entries}
        else:
            raise TaxonomyError(f"{path.name} does not exist.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files that there are."""
        return tuple(sorted(self._sizes))

    def close(self) -> None:
        """Close the zip."""
        if self._zip is not None:
            self._zip.close()

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
        if self._zip is not None:
            return self._zip.open(self._where[name])
        return Path(self._where[name]).open("rb")
