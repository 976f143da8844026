"""The skill graph itself: a networkx `MultiDiGraph` that does not change after it is built.

Nodes are ids; each carries its value (`Skill`, `Occupation`, `Training`, `Opportunity`) under `value`.
Edges say how they relate, by key:

```
Occupation ─essential─► Skill      Training ─teaches──► Skill      Opportunity ─required──► Skill
Occupation ─optional──► Skill      Training ─requires─► Skill      Opportunity ─preferred─► Skill
Skill ─broader─► Skill             Training ─licenses─► Occupation Opportunity ─offers────► Occupation
                                   Training ─staffs──► Occupation
```
The taxonomy is built by `SkillGraphBuilder`, which `builtin` and the taxonomy import fill, and stays as it is; the
market (training, opportunities, past openings, entry bars) is put beside it and exchanged whole. What is asked often
is indexed once.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, cast

import networkx as nx

from graph.errors import TaxonomyError
from graph.model import Market, Occupation, OccupationId, Opportunity, Skill, SkillId, Training, TrainingId
from graph.taxonomy.names import NameIndex

Value = TypeVar("Value", Skill, Occupation)
Offered = TypeVar("Offered", Training, Opportunity)


class Relation(Enum):
    """Kinds of edges."""

    ESSENTIAL = "essential"
    OPTIONAL = "optional"
    BROADER = "broader"
    TEACHES = "teaches"
    REQUIRES = "requires"
    LICENSES = "licenses"
    STAFFS = "staffs"
    REQUIRED = "required"
    PREFERRED = "preferred"
    OFFERS = "offers"


class SkillGraph:
    """Skills, occupations, training and opportunities, and how they relate. Safe to share between threads.

    `base` is the graph that its taxonomy was built with: what follows from the taxonomy alone is computed once for it,
    and stays when `with_market` puts other training and opportunities beside the same taxonomy.
    """

    def __init__(self, graph: nx.MultiDiGraph[str], terms: Mapping[str, frozenset[SkillId]]) -> None:
        self.base: SkillGraph = self
        self._taxonomy = nx.freeze(graph)
        self.skills = _values(graph, Skill)
        self.occupations = _values(graph, Occupation)
        self.terms = MappingProxyType(dict(terms))
        """Words of platforms, folded, and the skills that they stand for."""
        self._essential = _targets(graph, Relation.ESSENTIAL)
        self._optional = _targets(graph, Relation.OPTIONAL)
        self._broader = _targets(graph, Relation.BROADER)
        self._asking = _sources(graph, Relation.ESSENTIAL)
        self._asking_optionally = _sources(graph, Relation.OPTIONAL)
        self._by_uri = {each.uri: each.id for each in self.occupations.values() if each.uri is not None}
        self._skill_by_uri = {each.uri: each.id for each in self.skills.values() if each.uri is not None}
        self.skill_names = NameIndex({each.id: (each.labels, each.synonyms) for each in self.skills.values()})
        self.occupation_names = NameIndex({each.id: (each.labels, each.synonyms) for each in self.occupations.values()})
        counts = Counter(skill for skills in self._essential.values() for skill in skills)
        total = max(1, len(self.occupations))
        self._rarity = {skill: math.log((1 + total) / (1 + counts[skill])) + 1 for skill in self.skills}
        self._set_market(Market())

    def with_market(self, market: Market) -> SkillGraph:
        """Return the same taxonomy with another market. Raises `TaxonomyError` when that names what is not there."""
        other = copy(self)
        other._set_market(market)
        return other

    def _set_market(self, market: Market) -> None:
        self.market = market
        self.training = _by_id(market.training)
        self.opportunities = _by_id(market.opportunities)
        for offered, ends in (*_training_ends(market), *_opportunity_ends(market)):
            missing = sorted(each for each in ends if each not in self.skills and each not in self.occupations)
            if missing:
                raise TaxonomyError(f"{offered} refers to {missing[0]}, which is not defined.")
        teaching: dict[SkillId, set[TrainingId]] = defaultdict(set)
        for programme in market.training:
            for skill in programme.teaches:
                teaching[skill].add(programme.id)
        self._teaching = {skill: frozenset(programmes) for skill, programmes in teaching.items()}
        self.training_names = NameIndex.of_titles({each.id: each.title for each in market.training})
        self.opportunity_names = NameIndex.of_titles({each.id: each.title for each in market.opportunities})

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The whole as a networkx graph, frozen. It is made when it is asked for."""
        builder = SkillGraphBuilder(self._taxonomy.copy())
        for training in self.training.values():
            builder.add_training(training)
        for opportunity in self.opportunities.values():
            builder.add_opportunity(opportunity)
        return builder.frozen()

    def essential(self, occupation: OccupationId) -> frozenset[SkillId]:
        """Skills without which one does not work in the occupation."""
        return cast(frozenset[SkillId], self._essential.get(occupation, frozenset()))

    def optional(self, occupation: OccupationId) -> frozenset[SkillId]:
        """Skills that some who work in the occupation have."""
        return cast(frozenset[SkillId], self._optional.get(occupation, frozenset()))

    def broader(self, skill: SkillId) -> frozenset[SkillId]:
        """Skills that this one is a kind of."""
        return cast(frozenset[SkillId], self._broader.get(skill, frozenset()))

    def occupations_with(self, skill: SkillId) -> tuple[OccupationId, ...]:
        """Occupations that the skill belongs to: those that it is essential to first, then by label."""
        essential = self._by_label(self._asking.get(skill, frozenset()))
        return essential + self._by_label(self._asking_optionally.get(skill, frozenset()))

    def training_for(self, skill: SkillId) -> frozenset[TrainingId]:
        """Programmes that teach the skill."""
        return self._teaching.get(skill, frozenset())

    def occupation_of_uri(self, uri: str) -> OccupationId | None:
        """The occupation with this concept URI."""
        return self._by_uri.get(uri)

    def skill_of_uri(self, uri: str) -> SkillId | None:
        """The skill with this concept URI."""
        return self._skill_by_uri.get(uri)

    def platform_name(self, platform: str) -> str:
        """What a platform calls itself; the name that it goes by here when that is not known."""
        return self.market.names.get(platform, platform)

    def rarity(self, skill: SkillId) -> float:
        """How telling a skill is: inverse document frequency over occupations, 1 and more."""
        return self._rarity.get(skill, 1.0)

    def _by_label(self, ids: Iterable[str]) -> tuple[OccupationId, ...]:
        found = (self.occupations[OccupationId(each)] for each in ids)
        return tuple(each.id for each in sorted(found, key=lambda each: (each.name, each.id)))


class SkillGraphBuilder:
    """Collects nodes and edges; `build` checks that every edge has both ends and freezes the graph."""

    def __init__(self, graph: nx.MultiDiGraph[str] | None = None) -> None:
        self._graph: nx.MultiDiGraph[str] = nx.MultiDiGraph() if graph is None else nx.MultiDiGraph(graph)
        self._terms: dict[str, set[SkillId]] = defaultdict(set)

    def add_skill(self, skill: Skill, *, broader: Iterable[SkillId] = ()) -> None:
        """Add a skill and what it is a kind of."""
        self._add(skill, (Relation.BROADER, broader))

    def add_skills(self, skills: Iterable[Skill], broader: Iterable[tuple[SkillId, SkillId]]) -> None:
        """Add skills and pairs of a skill and what it is a kind of."""
        for skill in skills:
            self._add(skill)
        self._graph.add_edges_from((narrow, broad, Relation.BROADER.value) for narrow, broad in broader)

    def add_occupation(self, occupation: Occupation) -> None:
        """Add an occupation; `relate` gives it skills."""
        self._add(occupation)

    def relate(self, occupation: OccupationId, relation: Relation, skill: SkillId) -> None:
        """Say that a skill is essential or optional to an occupation."""
        self._graph.add_edge(occupation, skill, key=relation.value)

    def add_training(self, training: Training) -> None:
        """Add a programme."""
        self._add(
            training,
            (Relation.TEACHES, training.teaches),
            (Relation.REQUIRES, training.requires),
            (Relation.LICENSES, training.licenses),
            (Relation.STAFFS, training.staffs),
        )

    def add_opportunity(self, opportunity: Opportunity) -> None:
        """Add an opportunity."""
        self._add(
            opportunity,
            (Relation.REQUIRED, opportunity.required),
            (Relation.PREFERRED, opportunity.preferred),
            (Relation.OFFERS, [opportunity.occupation]),
        )

    def add_term(self, term: str, skill: SkillId) -> None:
        """Say that a platform's word stands for a skill."""
        self._terms[" ".join(term.casefold().split())].add(skill)

    def add_what_fits(
        self, other: SkillGraph, skills: AbstractSet[SkillId], occupations: AbstractSet[OccupationId]
    ) -> None:
        """Add another graph's terms and essential relations, as far as their ends are here."""
        for occupation in sorted(other.occupations.keys() & occupations):
            for skill in sorted(other.essential(occupation) & skills):
                self.relate(occupation, Relation.ESSENTIAL, skill)
        for term, meant in other.terms.items():
            for skill in sorted(meant & skills):
                self.add_term(term, skill)

    def frozen(self) -> nx.MultiDiGraph[str]:
        """Return what was added, as a networkx graph that does not change any more."""
        frozen: nx.MultiDiGraph[str] = nx.freeze(self._graph)
        return frozen

    def build(self) -> SkillGraph:
        """Return the graph. Raises `TaxonomyError` when an edge ends in nothing."""
        for node, data in self._graph.nodes(data=True):
            if "value" not in data:
                origin = next(iter(self._graph.predecessors(node)), None)
                raise TaxonomyError(f"{origin} refers to {node}, which is not defined.")
        missing = sorted({skill for skills in self._terms.values() for skill in skills} - set(self._graph))
        if missing:
            raise TaxonomyError(f"A term refers to {missing[0]}, which is not defined.")
        graph = SkillGraph(self._graph, {term: frozenset(skills) for term, skills in self._terms.items()})
        values = [data["value"] for _, data in self._graph.nodes(data=True)]
        return graph.with_market(
            Market(
                training=tuple(each for each in values if isinstance(each, Training)),
                opportunities=tuple(each for each in values if isinstance(each, Opportunity)),
            )
        )

    def _add(self, value: Skill | Occupation | Training | Opportunity, *edges: tuple[Relation, Iterable[str]]) -> None:
        if "value" in self._graph.nodes.get(value.id, {}):
            raise TaxonomyError(f"{value.id} is defined twice.")
        self._graph.add_node(value.id, value=value)
        for relation, targets in edges:
            self._graph.add_edges_from((value.id, target, relation.value) for target in sorted(targets))


def market_that_fits(market: Market, skills: AbstractSet[SkillId], occupations: AbstractSet[OccupationId]) -> Market:
    """Return what of a market names only these skills and occupations."""
    return Market(
        training=tuple(
            each
            for each in market.training
            if each.teaches | each.requires <= skills and each.licenses | each.staffs <= occupations
        ),
        opportunities=tuple(
            each
            for each in market.opportunities
            if each.required | each.preferred <= skills and each.occupation in occupations
        ),
        postings=tuple(each for each in market.postings if each.occupation in occupations),
        entries=tuple(each for each in market.entries if each.requires <= skills and each.occupation in occupations),
        names=market.names,
    )


def _by_id(values: Iterable[Offered]) -> Mapping[Any, Offered]:
    found: dict[str, Offered] = {}
    for each in sorted(values, key=lambda each: each.id):
        if each.id in found:
            raise TaxonomyError(f"{each.id} is defined twice.")
        found[each.id] = each
    return MappingProxyType(found)


def _training_ends(market: Market) -> Iterable[tuple[str, frozenset[str]]]:
    for each in market.training:
        yield each.id, frozenset[str]().union(each.teaches, each.requires, each.licenses, each.staffs)


def _opportunity_ends(market: Market) -> Iterable[tuple[str, frozenset[str]]]:
    for each in market.opportunities:
        yield each.id, frozenset[str]().union(each.required, each.preferred, [each.occupation])


def _values(graph: nx.MultiDiGraph[str], kind: type[Value]) -> Mapping[Any, Value]:
    found = (data["value"] for _, data in graph.nodes(data=True) if isinstance(data["value"], kind))
    return MappingProxyType({each.id: each for each in sorted(found, key=lambda each: each.id)})


def _targets(graph: nx.MultiDiGraph[str], relation: Relation) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, target, key in graph.edges(keys=True):
        if key == relation.value:
            found[source].add(target)
    return {source: frozenset(targets) for source, targets in found.items()}


def _sources(graph: nx.MultiDiGraph[str], relation: Relation) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, target, key in graph.edges(keys=True):
        if key == relation.value:
            found[target].add(source)
    return {target: frozenset(sources) for target, sources in found.items()}
