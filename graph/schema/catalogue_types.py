"""Types of the taxonomy: skills and occupations. `market_types` has training and opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import strawberry

from graph import model
from graph.model import Language, OccupationId, SkillId
from graph.schema.scalars import graph_of
from graph.taxonomy.graph import SkillGraph

strawberry.enum(Language, description="Languages of labels.")

Info = strawberry.Info[Any, Any]
MAX_RELATED = 100


@strawberry.federation.type(
    keys=["id"], description="A skill; `id` is `esco:<uuid>` for ESCO concepts, `uri` the concept's URI."
)
class Skill:
    """A skill as the schema shows it."""

    node: strawberry.Private[model.Skill]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def uri(self) -> str | None:
        """The concept's URI."""
        return self.node.uri

    @strawberry.field
    def label(self, language: Language | None = Language.EN) -> str:
        """The label, English where there is none in the language."""
        return self.node.labels.get(language or Language.EN, self.node.name)

    @strawberry.field
    def alt_labels(self, language: Language | None = Language.EN) -> list[str]:
        """Synonyms."""
        return list(self.node.synonyms.get(language or Language.EN, ()))

    @strawberry.field
    def description(self) -> str | None:
        """What it is, in a sentence."""
        return self.node.description or None

    @strawberry.field
    def is_knowledge(self) -> bool:
        """Whether it is a piece of knowledge rather than something to do."""
        return self.node.is_knowledge

    @strawberry.field
    def broader(self, info: Info) -> list[Skill]:
        """What it is a kind of."""
        return skills(graph_of(info), graph_of(info).broader(self.node.id))

    @strawberry.field
    def occupations(self, info: Info, first: int | None = 20) -> list[Occupation]:
        """Occupations that it belongs to, those that it is essential to first."""
        graph, count = graph_of(info), 20 if first is None else min(MAX_RELATED, max(0, first))
        return [Occupation(node=graph.occupations[each]) for each in graph.occupations_with(self.node.id)[:count]]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Skill | None:
        """Find the skill that another subgraph names."""
        node = graph_of(info).skills.get(SkillId(id))
        return None if node is None else cls(node=node)


@strawberry.federation.type(keys=["id"])
class Occupation:
    """An occupation as the schema shows it."""

    node: strawberry.Private[model.Occupation]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Our id."""
        return strawberry.ID(self.node.id)

    @strawberry.field
    def uri(self) -> str | None:
        """The concept's URI."""
        return self.node.uri

    @strawberry.field
    def label(self, language: Language | None = Language.EN) -> str:
        """The label, English where there is none in the language."""
        return self.node.labels.get(language or Language.EN, self.node.name)

    @strawberry.field
    def alt_labels(self, language: Language | None = Language.EN) -> list[str]:
        """Synonyms."""
        return list(self.node.synonyms.get(language or Language.EN, ()))

    @strawberry.field
    def description(self) -> str | None:
        """What it is, in a sentence."""
        return self.node.description or None

    @strawberry.field
    def isco_code(self) -> str | None:
        """The ISCO-08 unit group."""
        return self.node.isco or None

    job_zone: int | None = strawberry.field(
        resolver=lambda root: root.node.job_zone,
        description="Preparation from 1 (little) to 5 (extensive), as O*NET job zones.",
    )

    @strawberry.field
    def regulated(self) -> bool:
        """Whether work in it needs a licence."""
        return self.node.regulation is not None

    @strawberry.field
    def regulation(self) -> str | None:
        """What regulates it."""
        return self.node.regulation

    @strawberry.field
    def essential_skills(self, info: Info) -> list[Skill]:
        """Skills without which one does not work in it."""
        return skills(graph_of(info), graph_of(info).essential(self.node.id))

    @strawberry.field
    def optional_skills(self, info: Info) -> list[Skill]:
        """Skills that some have."""
        return skills(graph_of(info), graph_of(info).optional(self.node.id))

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Occupation | None:
        """Find the occupation that another subgraph names."""
        node = graph_of(info).occupations.get(OccupationId(id))
        return None if node is None else cls(node=node)


def skills(graph: SkillGraph, ids: Iterable[SkillId]) -> list[Skill]:
    """Return skills by label."""
    nodes = sorted((graph.skills[each] for each in ids), key=lambda each: (each.name, each.id))
    return [Skill(node=each) for each in nodes]


def occupations(graph: SkillGraph, ids: Iterable[OccupationId]) -> list[Occupation]:
    """Return occupations by label."""
    nodes = sorted((graph.occupations[each] for each in ids), key=lambda each: (each.name, each.id))
    return [Occupation(node=each) for each in nodes]
