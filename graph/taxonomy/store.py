"""The table of imported taxonomies: each version is one row, whole or not at all.

`id` is the SHA-256 of the content, so the same download is the same version. The row that was activated last is live;
without a row the built-in taxonomy is. Content is JSON, compressed; a process reads it once, into a graph.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Engine, LargeBinary, delete, insert, select, update
from sqlmodel import JSON, Field, SQLModel, col

from graph.model import Occupation, OccupationId, Skill, SkillId
from graph.taxonomy.esco import Taxonomy
from graph.taxonomy.graph import Relation

FORMAT = 1
KEPT = 3
"""Versions that are kept; older ones are dropped."""


class TaxonomyVersion(SQLModel, table=True):
    """One imported taxonomy."""

    __tablename__ = "taxonomy_version"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    counts: dict[str, int] = Field(sa_type=JSON)
    content: bytes = Field(sa_type=LargeBinary)
    activated_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving did: `changed` is false when this version was live already."""

    id: str
    changed: bool
    counts: Mapping[str, int]


def save(engine: Engine, taxonomy: Taxonomy, *, name: str, now: datetime) -> Saved:
    """Make a taxonomy the live one, in one transaction."""
    plain = orjson.dumps(_to_json(taxonomy))
    identifier = hashlib.sha256(plain).hexdigest()
    counts = {
        "skills": len(taxonomy.skills),
        "occupations": len(taxonomy.occupations),
        "relations": len(taxonomy.relations),
        "broader": len(taxonomy.broader),
    }
    with engine.begin() as connection:
        known = list(connection.execute(_by_age()).scalars())
        if known[:1] == [identifier]:
            return Saved(id=identifier, changed=False, counts=counts)
        instant = now.astimezone(UTC)
        if identifier in known:
            connection.execute(
                update(TaxonomyVersion).where(col(TaxonomyVersion.id) == identifier).values(activated_at=instant)
            )
        else:
            connection.execute(
                insert(TaxonomyVersion).values(
                    id=identifier,
                    name=name[:200],
                    counts=counts,
                    content=zlib.compress(plain, 6),
                    activated_at=instant,
                )
            )
        old = [each for each in known if each != identifier][KEPT - 1 :]
        connection.execute(delete(TaxonomyVersion).where(col(TaxonomyVersion.id).in_(old)))
    return Saved(id=identifier, changed=True, counts=counts)


def live_version(engine: Engine) -> str | None:
    """Return the id of the live taxonomy, None when it is the built-in one."""
    with engine.execution_options(read_only=True).connect() as connection:
        return connection.execute(_by_age().limit(1)).scalar_one_or_none()


def load(engine: Engine, version: str) -> Taxonomy | None:
    """Return an imported taxonomy, None when there is none with this id."""
    with engine.execution_options(read_only=True).connect() as connection:
        content = connection.execute(
            select(col(TaxonomyVersion.content)).where(col(TaxonomyVersion.id) == version)
        ).scalar_one_or_none()
    return None if content is None else _from_json(orjson.loads(zlib.decompress(content)))


def _by_age() -> Any:
    return select(col(TaxonomyVersion.id)).order_by(col(TaxonomyVersion.activated_at).desc(), col(TaxonomyVersion.id))


def _to_json(taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "languages": taxonomy.languages,
        "skills": [
            [each.id, each.uri, each.labels, each.synonyms, each.description, each.is_knowledge]
            for each in taxonomy.skills
        ],
        "occupations": [
            [
                each.id,
                each.uri,
                each.isco,
                each.labels,
                each.synonyms,
                each.description,
                each.job_zone,
                each.regulation,
            ]
            for each in taxonomy.occupations
        ],
        "broader": taxonomy.broader,
        "relations": [[occupation, relation.value, skill] for occupation, relation, skill in taxonomy.relations],
    }


def _from_json(plain: Mapping[str, Any]) -> Taxonomy:
    return Taxonomy(
        languages=tuple(plain["languages"]),
        skills=tuple(
            Skill(
                id=SkillId(identifier),
                uri=uri,
                labels=labels,
                synonyms=_tuples(synonyms),
                description=description,
                is_knowledge=is_knowledge,
            )
            for identifier, uri, labels, synonyms, description, is_knowledge in plain["skills"]
        ),
        occupations=tuple(
            Occupation(
                id=OccupationId(identifier),
                uri=uri,
                isco=isco,
                labels=labels,
                synonyms=_tuples(synonyms),
                description=description,
                job_zone=job_zone,
                regulation=regulation,
            )
            for identifier, uri, isco, labels, synonyms, description, job_zone, regulation in plain["occupations"]
        ),
        broader=tuple((SkillId(one), SkillId(other)) for one, other in plain["broader"]),
        relations=tuple(
            (OccupationId(occupation), Relation(relation), SkillId(skill))
            for occupation, relation, skill in plain["relations"]
        ),
    )


def _tuples(synonyms: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {language: tuple(each) for language, each in synonyms.items()}
