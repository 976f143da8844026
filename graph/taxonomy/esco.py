"""Reads the official ESCO download (CSV, v1.1 and v1.2, any languages) into a `Taxonomy`.

| file (v1.1: as here; v1.2: relations end in `_<language>` as well) | columns that are read |
|---|---|
| `skills_<language>.csv` | conceptUri, skillType, preferredLabel, altLabels, description |
| `occupations_<language>.csv` | the same but skillType; iscoGroup; regulatedProfessionNote, if it is there |
| `occupationSkillRelations.csv` | occupationUri, relationType, skillUri |
| `broaderRelationsSkillPillar.csv` | conceptType, conceptUri, broaderType, broaderUri |

All four are needed; skills and occupations in at least one language, the same for both. Of the broader relations those
between skills are kept. Other files (collections, groups, hierarchies) are not needed and not read.

The official v1.1.1 has 67 relations of an occupation that it does not contain. Such rows are left out and counted; when
they are more than one in a hundred, files are missing parts, and that is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graph.errors import TaxonomyError
from graph.model import Language, Occupation, OccupationId, Skill, SkillId
from graph.taxonomy.csv_source import CsvSource
from graph.taxonomy.graph import Relation
from graph.taxonomy.regulation import MARKED, regulation_by_isco

_NAMED = re.compile(r"(skills|occupations)_([a-z]{2})\.csv")
TOLERATED = 100
"""One row in so many may name an unknown concept."""

_URI = re.compile(r"http://data\.europa\.eu/esco/(?:skill|occupation)/([0-9a-zA-Z][0-9a-zA-Z.\-]{0,60})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """Skills, occupations and how they relate, as read; not yet a graph."""

    languages: tuple[str, ...]
    skills: tuple[Skill, ...]
    occupations: tuple[Occupation, ...]
    broader: tuple[tuple[SkillId, SkillId], ...]
    relations: tuple[tuple[OccupationId, Relation, SkillId], ...]
    left_out: int = 0
    """Rows that name a concept which the download does not contain."""


@dataclass(slots=True, kw_only=True)
class _Concept:
    """A concept while its languages come in."""

    labels: dict[str, str] = field(default_factory=dict)
    synonyms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    description: str = ""
    kind: str = ""
    isco: str = ""
    marked: bool = False


def concept_id(uri: str) -> str:
    """Return our id of an ESCO concept: `esco:<uuid>`."""
    return f"esco:{uri.rpartition('/')[2]}"


def read_esco(source: CsvSource) -> Taxonomy:
    """Read the download. Raises `TaxonomyError` that says what is missing or wrong, and where."""
    languages = _languages(source)
    relations, broader = _file(source, "occupationSkillRelations"), _file(source, "broaderRelationsSkillPillar")
    skills = _concepts(source, "skills", languages)
    occupations = _concepts(source, "occupations", languages)
    relation_rows, broader_rows = _Rows(source, relations), _Rows(source, broader)
    return Taxonomy(
        languages=languages,
        skills=tuple(_skill(uri, each) for uri, each in sorted(skills.items())),
        occupations=tuple(_occupation(uri, each) for uri, each in sorted(occupations.items())),
        broader=tuple(sorted(set(_broader(broader_rows, skills)))),
        relations=tuple(
            sorted(
                set(_relations(relation_rows, skills, occupations)), key=lambda each: (each[0], each[2], each[1].value)
            )
        ),
        left_out=relation_rows.left_out + broader_rows.left_out,
    )


class _Rows:
    """The rows of a relations file; counts those whose concepts are unknown."""

    def __init__(self, source: CsvSource, name: str) -> None:
        self._source = source
        self.name = name
        self.left_out = 0
        self._first = ""

    def read(self, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield line numbers and rows; at the end, judge what was left out."""
        total = 0
        for total, numbered in enumerate(self._source.rows(self.name, columns), 1):  # noqa: B007
            yield numbered
        if self.left_out * TOLERATED > total:
            raise TaxonomyError(
                f"{self.name}: {self.left_out} of {total} rows name concepts that are not there; first: {self._first}."
            )

    def knows(self, concepts: dict[str, _Concept], uri: str, line: int) -> bool:
        """Whether the concept is there; counts the row when it is not."""
        if uri in concepts:
            return True
        self.left_out += 1
        self._first = self._first or f"line {line}, {uri[:100]!r}"
        return False


def _languages(source: CsvSource) -> tuple[str, ...]:
    found: dict[str, set[str]] = {"skills": set(), "occupations": set()}
    for name in source.names:
        if match := _NAMED.fullmatch(name):
            found[match[1]].add(match[2])
    absent = [f"{kind}_<language>.csv" for kind, languages in found.items() if not languages]
    if absent:
        raise TaxonomyError(f"There is no {' and no '.join(absent)}.")
    alone = found["skills"] ^ found["occupations"]
    if alone:
        raise TaxonomyError(f"Only one of skills and occupations is there in {', '.join(sorted(alone))}.")
    return tuple(sorted(found["skills"], key=lambda each: (each != Language.EN, each)))


def _file(source: CsvSource, stem: str) -> str:
    found = [name for name in source.names if re.fullmatch(rf"{stem}(_[a-z]{{2}})?\.csv", name)]
    if not found:
        raise TaxonomyError(f"There is no {stem}.csv.")
    return found[0]


def _concepts(source: CsvSource, kind: str, languages: tuple[str, ...]) -> dict[str, _Concept]:
    found: dict[str, _Concept] = {}
    for language in languages:
        name = f"{kind}_{language}.csv"
        columns = ["conceptUri", "preferredLabel", "altLabels", "description"]
        columns += ["iscoGroup"] if kind == "occupations" else ["skillType"]
        for line, row in source.rows(name, columns):
            uri, label = row["conceptUri"], row["preferredLabel"].strip()
            if not _URI.fullmatch(uri):
                raise TaxonomyError(f"{name}, line {line}: {uri[:100]!r} is no URI of an ESCO concept.")
            if not label:
                raise TaxonomyError(f"{name}, line {line}: {uri} has no preferredLabel.")
            concept = found.get(uri)
            if concept is None:
                if language != languages[0]:
                    raise TaxonomyError(f"{name}, line {line}: {uri} is not in {kind}_{languages[0]}.csv.")
                concept = found[uri] = _Concept()
            elif language in concept.labels:
                raise TaxonomyError(f"{name}, line {line}: {uri} is there twice.")
            concept.labels[language] = label
            concept.synonyms[language] = tuple(
                dict.fromkeys(each.strip() for each in row["altLabels"].splitlines() if each.strip())
            )
            concept.description = concept.description or row["description"].strip()
            concept.kind = concept.kind or row.get("skillType", "")
            concept.isco = concept.isco or row.get("iscoGroup", "").removeprefix("C")
            concept.marked = concept.marked or (row.get("regulatedProfessionNote") or "").endswith("/regulated")
    if not found:
        raise TaxonomyError(f"{kind}_{languages[0]}.csv has no rows.")
    return found


def _relations(
    rows: _Rows, skills: dict[str, _Concept], occupations: dict[str, _Concept]
) -> Iterator[tuple[OccupationId, Relation, SkillId]]:
    kinds = {"essential": Relation.ESSENTIAL, "optional": Relation.OPTIONAL}
    for line, row in rows.read(["occupationUri", "relationType", "skillUri"]):
        occupation, skill = row["occupationUri"], row["skillUri"]
        if row["relationType"] not in kinds:
            raise TaxonomyError(f"{rows.name}, line {line}: relationType is {row['relationType'][:100]!r}.")
        if rows.knows(occupations, occupation, line) and rows.knows(skills, skill, line):
            yield OccupationId(concept_id(occupation)), kinds[row["relationType"]], SkillId(concept_id(skill))


def _broader(rows: _Rows, skills: dict[str, _Concept]) -> Iterator[tuple[SkillId, SkillId]]:
    for line, row in rows.read(["conceptType", "conceptUri", "broaderType", "broaderUri"]):
        if row["conceptType"] == row["broaderType"] == "KnowledgeSkillCompetence":
            narrow, broad = row["conceptUri"], row["broaderUri"]
            if rows.knows(skills, narrow, line) and rows.knows(skills, broad, line):
                yield SkillId(concept_id(narrow)), SkillId(concept_id(broad))


def _skill(uri: str, concept: _Concept) -> Skill:
    return Skill(
        id=SkillId(concept_id(uri)),
        uri=uri,
        labels=concept.labels,
        synonyms=concept.synonyms,
        description=concept.description,
        is_knowledge=concept.kind == "knowledge",
    )


def _occupation(uri: str, concept: _Concept) -> Occupation:
    return Occupation(
        id=OccupationId(concept_id(uri)),
        uri=uri,
        isco=concept.isco,
        labels=concept.labels,
        synonyms=concept.synonyms,
        description=concept.description,
        job_zone=None,
        regulation=regulation_by_isco(concept.isco) or (MARKED if concept.marked else None),
    )
