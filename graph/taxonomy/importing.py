"""Imports the official ESCO download, and gives the graph of what is live. Behind `gigway taxonomy import PATH`.

The import reads and checks everything first and then writes one row; a wrong file changes nothing.
The graph of an imported taxonomy keeps what the built-in one adds to ESCO: job zones, regulation, words of platforms,
names in languages that the download lacks, relations that ESCO lacks, and the built-in market, as far as its skills and
occupations are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from graph.errors import TaxonomyError
from graph.model import Occupation, OccupationId, Skill
from graph.taxonomy.builtin import load_builtin
from graph.taxonomy.csv_source import CsvSource, Progress
from graph.taxonomy.esco import Taxonomy, read_esco
from graph.taxonomy.graph import SkillGraph, SkillGraphBuilder, market_that_fits
from graph.taxonomy.onet import read_job_zones
from graph.taxonomy.store import live_version, load, save

Concept = TypeVar("Concept", Skill, Occupation)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did."""

    version: str
    changed: bool
    """False when this taxonomy was live already."""
    languages: tuple[str, ...]
    counts: Mapping[str, int]
    left_out: int
    """Relations that name a concept which the download does not contain."""
    job_zones: int
    """Occupations that got a job zone from O*NET."""


def import_taxonomy(
    engine: Engine,
    path: Path,
    *,
    now: datetime,
    job_zones: Path | None = None,
    crosswalk: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Make the ESCO download at `path` (a directory or a zip) the live taxonomy.

    `job_zones` and `crosswalk` are O*NET's files, both or neither. Raises `TaxonomyError`; then nothing has changed.
    """
    if (job_zones is None) != (crosswalk is None):
        raise TaxonomyError("Give both of job zones and crosswalk, or neither.")
    source = CsvSource(path, progress)
    try:
        taxonomy = read_esco(source)
    finally:
        source.close()
    zones: Mapping[OccupationId, int] = {}
    if job_zones is not None and crosswalk is not None:
        try:
            zones = read_job_zones(job_zones, crosswalk)
        except (OSError, UnicodeDecodeError) as error:
            raise TaxonomyError(f"The O*NET files cannot be read: {error}.") from None
        taxonomy = replace(
            taxonomy,
            occupations=tuple(replace(each, job_zone=zones.get(each.id)) for each in taxonomy.occupations),
        )
    saved = save(engine, taxonomy, name=path.name, now=now)
    return ImportReport(
        version=saved.id,
        changed=saved.changed,
        languages=taxonomy.languages,
        counts=saved.counts,
        left_out=taxonomy.left_out,
        job_zones=sum(each.job_zone is not None for each in taxonomy.occupations),
    )


def live_graph(engine: Engine) -> SkillGraph:
    """Return the graph of the live taxonomy: the one imported last, or the built-in one."""
    return graph_of_version(engine, live_version(engine))


def graph_of_version(engine: Engine, version: str | None) -> SkillGraph:
    """Return the graph of an imported taxonomy; the built-in one for None, and when there is none with this id."""
    taxonomy = None if version is None else load(engine, version)
    return load_builtin() if taxonomy is None else graph_of_taxonomy(taxonomy)


def graph_of_taxonomy(taxonomy: Taxonomy) -> SkillGraph:
    """Return the graph of an imported taxonomy with what the built-in one adds."""
    known, builder = load_builtin(), SkillGraphBuilder()
    skills = {each.id for each in taxonomy.skills}
    occupations = {each.id for each in taxonomy.occupations}
    builder.add_skills((_with_our_names(each, known.skills.get(each.id)) for each in taxonomy.skills), taxonomy.broader)
    for occupation in taxonomy.occupations:
        ours = known.occupations.get(occupation.id)
        if ours is not None:
            occupation = replace(_with_our_names(occupation, ours), job_zone=ours.job_zone, regulation=ours.regulation)
        builder.add_occupation(occupation)
    for related, relation, skill in taxonomy.relations:
        builder.relate(related, relation, skill)
    builder.add_what_fits(known, skills, occupations)
    return builder.build().with_market(market_that_fits(known.market, skills, occupations))


def _with_our_names(concept: Concept, ours: Concept | None) -> Concept:
    """Return a concept that is also called what we call it, in languages that the download lacks."""
    if ours is None:
        return concept
    return replace(
        concept,
        labels={**ours.labels, **concept.labels},
        synonyms={**ours.synonyms, **concept.synonyms},
    )
