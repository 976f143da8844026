"""What providers publish becomes the market: words become skills, what says nothing known is refused."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from graph.errors import TaxonomyError
from graph.market.market import read_market
from graph.market.words import MarketWords
from graph.matching.model import rank
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile
from graph.matching.similarity import space_of
from graph.model import Market, TrainingMode
from graph.schema.demand_types import demand_of
from graph.subgraph import build_schema
from graph.taxonomy.builtin import load_builtin
from graph.taxonomy.importing import import_taxonomy
from graph.taxonomy.live import LiveSkillGraph
from tests.graph.taxonomy.test_taxonomy_import import NOW, download, engine, write  # noqa: F401

DISPATCHER = "http://data.europa.eu/esco/occupation/49e28648-4fa8-4b36-ac4d-781c108547bf"
COURSE = {
    "ref": "c1",
    "title": "Dispatching",
    "description": None,
    "provider": "Roadwise",
    "teaches": ["schedule and dispatch drivers"],
    "requires": [],
    "after": [],
    "hours": 40,
    "cost": "300.00",
    "currency": "EUR",
    "mode": "BLENDED",
    "place": "Lund",
    "languages": ["sv"],
    "certificate": None,
    "licenses": [],
    "staffs": [],
    "staffedBy": None,
    "url": None,
}
OPENING = {
    "ref": "o1",
    "title": "Night dispatcher",
    "description": "You schedule and dispatch drivers, and keep task records.",
    "organization": "Parcels",
    "occupation": DISPATCHER,
    "requires": ["schedule and dispatch drivers"],
    "prefers": ["keep task records"],
    "place": "Lund",
    "remote": False,
    "languages": ["sv"],
    "pay": {"min": "20.00", "max": "24.00", "currency": "EUR", "per": "HOUR"},
    "openings": 2,
    "postedAt": "2026-10-05T00:00:00+00:00",
    "closesAt": None,
    "url": None,
}
COUNT = {"month": "2026-09", "region": "Lund", "occupation": DISPATCHER, "openings": 3}


@dataclass(frozen=True)
class Feed:
    gives: str
    records: list
    platform: str = "school"
    display_name: str = "The School"
    version: str = "1.2.0"
    fidelity: str = "OBSERVED"
    simulated: bool = False
    read_at: datetime = NOW


@dataclass(frozen=True)
class Opening:
    month: str
    occupation: str = DISPATCHER
    requires: tuple = ()
    region: str | None = "Lund"
    openings: int = 1
    platform: str = "school"
    simulated: bool = False


@dataclass(frozen=True)
class Entry:
    occupation: str = DISPATCHER
    requires: tuple = ("keep task records",)
    platform: str = "parcels"
    display_name: str = "Parcels"
    zone: int | None = 3
    hours: int = 400
    note: str | None = None
    notes: dict = field(default_factory=dict)
    fidelity: str = "HYPOTHETICAL"
    simulated: bool = True


@dataclass
class Published:
    feeds: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    openings: list = field(default_factory=list)
    names: dict = field(default_factory=dict)
    settled: bool = True


@pytest.fixture(scope="module")
def words():
    return MarketWords(load_builtin())


def read(words, *feeds, **more):
    return read_market(Published(feeds=list(feeds), **more), words, NOW)


def test_programme_keeps_what_its_provider_says_and_where_it_was_read(words, graph):
    reading = read(words, Feed("TRAINING", [COURSE]))
    (programme,) = reading.market.training
    assert (programme.id, programme.provider.id, programme.provider.name) == (
        "training:school:c1",
        "provider:school:roadwise",
        "Roadwise",
    )
    assert [graph.skills[each].name for each in programme.teaches] == ["schedule and dispatch drivers"]
    assert (programme.cost, programme.mode, programme.place) == (Decimal("300.00"), TrainingMode.BLENDED, "Lund")
    origin = programme.provider.origin
    assert (origin.platform, origin.fidelity, origin.version, origin.simulated) == (
        "school",
        "OBSERVED",
        "1.2.0",
        False,
    )
    assert programme.links == (), "a name of the taxonomy itself is not guessed"
    assert reading.refused == {}


def test_free_words_are_linked_with_a_confidence(words, graph):
    (programme,) = read(
        words, Feed("TRAINING", [COURSE | {"teaches": ["scheduling of drivers and dispatching them"]}])
    ).market.training
    (link,) = programme.links
    assert graph.skills[link.skill].name == "schedule and dispatch drivers"
    assert link.words == "scheduling of drivers and dispatching them"
    assert 0.5 <= link.confidence < 1


def test_programmes_that_come_before_ask_for_what_they_teach(words):
    first, second = COURSE, COURSE | {"ref": "c2", "teaches": ["keep task records"], "after": ["c1"]}
    one, two = read(words, Feed("TRAINING", [first, second])).market.training
    assert two.requires == one.teaches


@pytest.mark.parametrize(
    ("kind", "record", "code"),
    [
        ("TRAINING", COURSE | {"teaches": ["qwxz vvbk"]}, "SKILLS_UNKNOWN"),
        ("TRAINING", COURSE | {"teaches": ["http://data.europa.eu/esco/skill/none"]}, "SKILLS_UNKNOWN"),
        ("TRAINING", COURSE | {"requires": ["qwxz vvbk"]}, "REQUIREMENT_UNKNOWN"),
        ("TRAINING", COURSE | {"after": ["elsewhere"]}, "PROGRAMME_UNKNOWN"),
        ("OPPORTUNITIES", OPENING | {"occupation": "qwxz vvbk"}, "OCCUPATION_UNKNOWN"),
        ("OPPORTUNITIES", OPENING | {"requires": ["qwxz vvbk"]}, "SKILLS_UNKNOWN"),
        ("POSTINGS", COUNT | {"occupation": "qwxz vvbk"}, "OCCUPATION_UNKNOWN"),
    ],
)
def test_record_that_says_nothing_known_is_refused_and_the_others_live(words, kind, record, code):
    good = {"TRAINING": COURSE, "OPPORTUNITIES": OPENING, "POSTINGS": COUNT}[kind]
    reading = read(words, Feed(kind, [record | {"ref": "bad"}, good]))
    assert reading.refused == {("school", code): 1}
    market = reading.market
    assert len(market.training) + len(market.opportunities) + len(market.postings) == 1


def test_hours_a_week_come_from_the_feed_and_count_against_the_worker_s(words, graph):
    records = [
        OPENING | {"ref": "full", "hoursPerWeek": 40},
        OPENING | {"ref": "half", "hoursPerWeek": 20},
        OPENING | {"ref": "not said", "hoursPerWeek": None},
        OPENING | {"ref": "of a copy from before there were hours"},
    ]
    market = read(words, Feed("OPPORTUNITIES", records)).market
    assert [each.hours_per_week for each in market.opportunities] == [40, 20, None, None]
    wishes = Preferences(hours_per_week=20)
    profile = Profile(low={}, held=frozenset(), practice={}, preferences=wishes)
    ranked = [match for _, match in rank(graph.with_market(market), profile, NOW)]
    hours = {
        match.opportunity.hours_per_week: feature.value
        for match in ranked
        for feature in match.features
        if feature.name == "hours"
    }
    assert hours == {40: 0.5, 20: 1.0, None: 1.0}
    assert ranked[-1].opportunity.hours_per_week == 40


def test_cyclic_prerequisites_are_read_and_never_planned(words, graph):
    circle = [
        COURSE | {"ref": "a", "teaches": ["keep task records"], "after": ["b"]},
        COURSE | {"ref": "b", "teaches": ["schedule and dispatch drivers"], "after": ["a"]},
    ]
    market = read(words, Feed("TRAINING", circle)).market
    assert [len(each.requires) for each in market.training] == [1, 1]


def test_opening_without_a_list_of_skills_is_read_for_them(words, graph):
    (opening,) = read(words, Feed("OPPORTUNITIES", [OPENING | {"requires": []}])).market.opportunities
    assert "schedule and dispatch drivers" in {graph.skills[each].name for each in opening.required}
    assert all(each.confidence >= 0.5 and each.words for each in opening.links)


def test_title_in_the_employers_words_is_linked_to_an_occupation(words, graph):
    (opening,) = read(
        words, Feed("OPPORTUNITIES", [OPENING | {"occupation": "Freight dispatcher"}])
    ).market.opportunities
    assert graph.occupations[opening.occupation].name == "freight transport dispatcher"


def test_openings_count_by_month_but_where_the_provider_counts_itself_and_not_before_the_month_is_over(words, graph):
    skill = next(iter(graph.skill_names.exactly("keep task records")))
    reading = read(
        words,
        Feed("POSTINGS", [COUNT]),
        openings=[
            Opening("2026-09"),
            Opening("2026-10", requires=("keep task records",)),
            Opening("2026-11"),
            Opening("2026-10", platform="other"),
        ],
    )
    found = [(str(each.month), each.openings, each.asks) for each in reading.market.postings]
    assert found == [("2026-09", 3, None), ("2026-10", 1, frozenset({skill})), ("2026-10", 1, None)]


def test_cities_are_counted_in_their_regions(words, graph):
    counts = [COUNT | {"region": place} for place in ("Lund", "Malmö", "Ankeborg")]
    market = read(words, Feed("POSTINGS", counts), openings=[Opening("2026-08", region=None)]).market
    assert [each.region for each in market.postings] == ["SE-M", "SE-M", "Ankeborg", "remote"]
    demand = demand_of(graph.with_market(market))
    (skill,) = graph.skill_names.exactly("schedule and dispatch drivers")
    assert demand.series(skill, "Malmö").counts == demand.series(skill, "SE-M").counts == (0, 6)


def test_entry_bars_name_occupation_skills_preparation_and_experience(words, graph):
    (bar,) = read(words, entries=[Entry()]).market.entries
    assert (bar.platform, graph.occupations[bar.occupation].name, bar.zone, bar.hours) == (
        "parcels",
        "freight transport dispatcher",
        3,
        400,
    )
    reading = read(words, entries=[Entry(requires=("qwxz vvbk",)), Entry(occupation="http://nowhere")])
    assert sum(reading.refused.values()) == 2


def test_long_refs_make_short_ids(words):
    (programme,) = read(words, Feed("TRAINING", [COURSE | {"ref": "x" * 200}])).market.training
    assert len(programme.id) < 60


def test_another_market_leaves_what_follows_from_the_taxonomy(graph, words):
    other = graph.with_market(read(words, Feed("TRAINING", [COURSE])).market)
    assert list(other.training) == ["training:school:c1"]
    assert other.opportunities == {}
    assert space_of(other) is space_of(graph)
    assert len(graph.training) > 20, "the old graph is as it was"
    (skill,) = graph.skill_names.exactly("schedule and dispatch drivers")
    assert other.training_for(skill) == {"training:school:c1"}
    assert other.graph.has_edge("training:school:c1", skill, key="teaches")


def test_market_that_names_what_is_not_there_is_refused(graph, words):
    (programme,) = read(words, Feed("TRAINING", [COURSE])).market.training
    with pytest.raises(TaxonomyError, match="not defined"):
        graph.with_market(Market(training=(replace(programme, teaches=frozenset({"esco:none"})),)))
    with pytest.raises(TaxonomyError, match="twice"):
        graph.with_market(Market(training=(programme, programme)))


@dataclass
class Source:
    published: Published
    number: int = 0

    def revision(self):
        return str(self.number)

    def read(self):
        return self.published


def test_process_follows_feeds_and_taxonomy_without_a_restart(engine, write):  # noqa: F811
    source = Source(Published())
    schema = build_schema(load_builtin(), lambda: NOW)
    live = LiveSkillGraph(engine, schema, source, clock=lambda: NOW)
    assert live.refresh()
    assert len(schema.graph.training) > 20, "what is built in, while nobody publishes"
    assert not live.refresh()

    source.published, source.number = Published(feeds=[Feed("TRAINING", [COURSE])], settled=False), 0.5
    live.refresh()
    assert len(schema.graph.training) > 20, "half a market is none"
    source.published, source.number = Published(feeds=[Feed("TRAINING", [COURSE])]), 1
    before = schema.graph
    assert live.refresh()
    assert list(schema.graph.training) == ["training:school:c1"]
    assert len(before.training) > 20, "a request that has begun keeps its graph"

    source.published, source.number = Published(feeds=[Feed("TRAINING", [COURSE])], settled=False), 1.5
    live.refresh()
    assert list(schema.graph.training) == ["training:school:c1"], "a newcomer that is not read yet changes nothing"

    import_taxonomy(engine, write(download()), now=NOW)
    assert live.refresh()
    assert set(schema.graph.skills) == {"esco:a", "esco:b", "esco:c"}
    assert schema.graph.training == {}, "the programme teaches nothing that this taxonomy knows"

    source.published, source.number = Published(feeds=[Feed("TRAINING", [COURSE | {"teaches": ["Juggle"]}])]), 2
    assert live.refresh()
    assert [each.teaches for each in schema.graph.training.values()] == [{"esco:a"}]


def test_request_sees_one_graph_from_beginning_to_end(words):
    schema = build_schema(load_builtin(), lambda: datetime(2026, 11, 22, tzinfo=UTC))
    context = {}
    query = "{ training(first: 1) { totalCount } }"
    first = schema.execute_sync(query, context_value=context)
    schema.graph = schema.graph.with_market(Market())
    assert schema.execute_sync(query, context_value=context).data == first.data
    assert schema.execute_sync(query, context_value={}).data == {"training": {"totalCount": 0}}
