"""Reads O*NET Job Zones and the ESCO–O*NET crosswalk: how much preparation ESCO's occupations take, from 1 to 5.

Several O*NET occupations may match one of ESCO's. The best kind of match counts (exact, close, narrow, broad), and of
those the middle zone, the lower of two.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from graph.errors import TaxonomyError
from graph.model import OccupationId
from graph.taxonomy.esco import concept_id

PREFERENCE = ("exact", "close", "narrow", "broad")
COLUMNS = ("O*NET Id", "ESCO or ISCO URI", "Type of Match")


def read_job_zones(zones: Path, crosswalk: Path) -> Mapping[OccupationId, int]:
    """Return the job zone of the occupations that have one. Raises `TaxonomyError`."""
    by_onet = dict(_zones(zones))
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for onet, uri, match in read_crosswalk(crosswalk):
        if onet in by_onet and "/occupation/" in uri:
            found[uri][match].append(by_onet[onet])
    return {OccupationId(concept_id(uri)): _middle(matches) for uri, matches in sorted(found.items())}


def _middle(matches: Mapping[str, list[int]]) -> int:
    best = next(matches[kind] for kind in PREFERENCE if kind in matches)
    return sorted(best)[(len(best) - 1) // 2]


def _zones(path: Path) -> Iterator[tuple[str, int]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        if not {"O*NET-SOC Code", "Job Zone"} <= set(reader.fieldnames or ()):
            raise TaxonomyError(f"{path.name}, line 1: there is no column O*NET-SOC Code or Job Zone.")
        for row in reader:
            if row["Job Zone"] not in {"1", "2", "3", "4", "5"}:
                raise TaxonomyError(f"{path.name}, line {reader.line_num}: {row['Job Zone']!r} is no job zone.")
            yield row["O*NET-SOC Code"], int(row["Job Zone"])


def read_crosswalk(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield O*NET code, ESCO URI and kind of match. Raises `TaxonomyError`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next((row for row in reader if row[:1] == [COLUMNS[0]]), None)
        if header is None or not set(COLUMNS) <= set(header):
            raise TaxonomyError(f"{path.name}: there is no line with the columns {', '.join(COLUMNS)}.")
        places = [header.index(each) for each in COLUMNS]
        for row in reader:
            if len(row) <= max(places):
                continue
            onet, uri, match = (row[place] for place in places)
            kind = next((each for each in PREFERENCE if each in match.lower()), None)
            if kind is None:
                raise TaxonomyError(f"{path.name}, line {reader.line_num}: {match!r} is no type of match.")
            yield onet, uri, kind
