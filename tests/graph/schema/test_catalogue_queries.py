"""Search and filters over the catalogue: what is left fits, what is taken away does not."""

from decimal import Decimal

import pytest

from graph.market.market import read_market
from graph.market.words import MarketWords
from graph.model import Market
from graph.subgraph import build_schema
from graph.taxonomy.graph import SkillGraph
from tests.graph.market.test_market import COURSE, NOW, OPENING, Entry, Feed, Published


@pytest.fixture(scope="module")
def market(graph) -> SkillGraph:
    """Two schools and an employer, beside the built-in taxonomy."""
    words = MarketWords(graph)
    courses = [
        COURSE,
        COURSE | {"ref": "c2", "title": "Records", "mode": "ONLINE", "place": None, "languages": ["en"], "hours": 10},
        COURSE | {"ref": "c3", "title": "In Stockholm", "place": "Stockholm", "cost": "900.00", "provider": None},
        COURSE | {"ref": "c4", "title": "In kronor", "currency": "SEK", "licenses": ["taxi driver"], "languages": []},
    ]
    openings = [
        OPENING,
        OPENING | {"ref": "o2", "title": "Remote desk", "place": None, "remote": True, "languages": []},
        OPENING
        | {
            "ref": "o3",
            "title": "Monthly",
            "pay": {"min": "4800.00", "max": "6400.00", "currency": "EUR", "per": "MONTH"},
            "languages": ["sv", "en"],
        },
        OPENING | {"ref": "o4", "title": "Closed", "closesAt": "2026-11-01T00:00:00+00:00"},
    ]
    published = Published(feeds=[Feed("TRAINING", courses), Feed("OPPORTUNITIES", openings)], entries=[Entry()])
    return graph.with_market(read_market(published, words, NOW).market)


@pytest.fixture(scope="module")
def ask(market, run_async):
    schema = build_schema(market, lambda: NOW)

    def ask(query, **variables):
        result = run_async(schema.execute(query, variable_values=variables, context_value={}))
        assert not result.errors, result.errors
        return result.data

    return ask


@pytest.fixture(scope="module")
def refused(market, run_async):
    schema = build_schema(market, lambda: NOW)

    def refused(query):
        result = run_async(schema.execute(query, context_value={}))
        return [(each.extensions["code"], each.message, each.path) for each in result.errors or ()]

    return refused


TITLES = "edges { node { title } }"


def filtered(field, given, selection=""):
    return f"{{ {field}(filter: {{{given}}}) {{ totalCount {selection} }} }}"


def titles(connection):
    assert connection["totalCount"] == len(connection["edges"])
    return [edge["node"]["title"] for edge in connection["edges"]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ["Dispatching", "In kronor", "In Stockholm", "Records"]),
        ("mode: ONLINE", ["Records"]),
        ('place: "LUND"', ["Dispatching", "In kronor", "Records"]),
        ('language: "en"', ["In kronor", "Records"]),
        ("maxHours: 10", ["Records"]),
        ("maxHours: 0", []),
        ('maxCost: {amount: "300", currency: "EUR"}', ["Dispatching", "Records"]),
        ('maxCost: {amount: "300", currency: "sek"}', ["In kronor"]),
        ('provider: "provider:school:roadwise"', ["Dispatching", "In kronor", "Records"]),
        ('licenses: "esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"', ["In kronor"]),
        ('staffs: "esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"', []),
        ("simulated: true", []),
        ("mode: null, language: null", ["Dispatching", "In kronor", "In Stockholm", "Records"]),
    ],
)
def test_programmes_are_filtered(ask, given, expected):
    assert titles(ask(filtered("training", given, TITLES))["training"]) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ["Monthly", "Night dispatcher", "Remote desk"]),
        ("remote: true", ["Remote desk"]),
        ("remote: false", ["Monthly", "Night dispatcher"]),
        ('place: "Lund"', ["Monthly", "Night dispatcher", "Remote desk"]),
        ('place: "Umeå"', ["Remote desk"]),
        ('language: "sv"', ["Night dispatcher", "Remote desk"]),
        ('minPayPerHour: {amount: "30", currency: "EUR"}', ["Monthly"]),
        ('minPayPerHour: {amount: "22", currency: "EUR"}', ["Monthly", "Night dispatcher", "Remote desk"]),
        ('minPayPerHour: {amount: "1", currency: "SEK"}', []),
        ("maxJobZone: 1", []),
        ('skill: "esco:none"', []),
    ],
)
def test_opportunities_are_filtered(ask, given, expected):
    assert titles(ask(filtered("opportunities", given, TITLES))["opportunities"]) == expected


ISO_4217 = "is an ISO 4217 code of three letters, such as EUR."
ISO_639 = "is an ISO 639-1 code of two letters, such as sv."
DECIMAL = 'A Decimal is a number in a string, such as "12.50".'


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("occupations", "maxJobZone: 0", "maxJobZone must be from 1 to 5."),
        ("occupations", "maxJobZone: 6", "maxJobZone must be from 1 to 5."),
        ("occupations", 'isco: "83a"', "isco is the beginning of an ISCO-08 code: 1 to 4 digits."),
        ("occupations", 'isco: "83221"', "isco is the beginning of an ISCO-08 code: 1 to 4 digits."),
        ("training", "maxHours: -1", "maxHours must be 0 or more."),
        ("training", 'language: "swedish"', f"language {ISO_639}"),
        ("training", 'maxCost: {amount: "1", currency: "EURO"}', f"maxCost.currency {ISO_4217}"),
        (
            "training",
            'maxCost: {amount: "-1", currency: "EUR"}',
            "maxCost is an amount of 0 or more in a currency, such as EUR.",
        ),
        (
            "training",
            'maxCost: {amount: "1", currency: ""}',
            "maxCost is an amount of 0 or more in a currency, such as EUR.",
        ),
        ("opportunities", "maxJobZone: -1", "maxJobZone must be from 1 to 5."),
        ("opportunities", 'language: "s"', f"language {ISO_639}"),
        ("opportunities", 'minPayPerHour: {amount: "1", currency: "12"}', f"minPayPerHour.currency {ISO_4217}"),
    ],
)
def test_filter_that_cannot_be_is_refused_with_what_it_may_be(refused, field, given, message):
    assert refused(filtered(field, given)) == [("INVALID_ARGUMENT", message, [field])]


@pytest.mark.parametrize("amount", ['"abc"', '"NaN"', '"Infinity"', "1.5", "true", '""'])
def test_amount_that_is_no_number_is_refused(refused, amount):
    ((code, message, _),) = refused(filtered("training", f'maxCost: {{amount: {amount}, currency: "EUR"}}'))
    assert (code, message) == ("INVALID_ARGUMENT", DECIMAL)


@pytest.mark.parametrize(
    "field",
    [
        "skills",
        "occupations",
        "training",
        "trainingProviders",
        "opportunities",
        "unmetDemand",
        "tracksToOpen",
        "demandSeries",
    ],
)
def test_every_list_goes_forward_and_backward(schema, run_async, field):
    page = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }"

    def listed(given):
        result = run_async(schema.execute(f"{{ {field}({given}) {{ totalCount {page} }} }}", context_value={}))
        assert not result.errors, result.errors
        return result.data[field], [each["cursor"] for each in result.data[field]["edges"]]

    whole, _ = listed("first: 100")
    start, first = listed("first: 1")
    end, last = listed("last: 1")
    before, inner = listed(f'last: 2, before: "{last[0]}"')
    assert (start["pageInfo"]["hasPreviousPage"], start["pageInfo"]["hasNextPage"]) == (False, True)
    assert (end["pageInfo"]["hasPreviousPage"], end["pageInfo"]["hasNextPage"]) == (True, False)
    assert before["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": whole["totalCount"] > 3,
        "startCursor": inner[0],
        "endCursor": inner[-1],
    }
    assert listed(f'first: 2, after: "{inner[-1]}"')[1] == last
    between = listed(f'after: "{first[0]}", before: "{last[0]}", first: 3')[1]
    assert between == [edge["cursor"] for edge in whole["edges"]][1:-1][:3]


def test_pages_of_one_providers_programmes_go_backward_too(ask):
    query = """query ($before: String) { trainingProvider(id: "provider:school:roadwise") {
        training(last: 2, before: $before) { pageInfo { startCursor hasPreviousPage } edges { node { title } } } } }"""
    end = ask(query)["trainingProvider"]["training"]
    start = ask(query, before=end["pageInfo"]["startCursor"])["trainingProvider"]["training"]
    found = [edge["node"]["title"] for edge in (*start["edges"], *end["edges"])]
    assert found == ["Dispatching", "In kronor", "Records"]
    assert (end["pageInfo"]["hasPreviousPage"], start["pageInfo"]["hasPreviousPage"]) == (True, False)


DEMAND = """query ($s: String, $f: DemandFilter, $m: Int = 3) {
    demandSeries(search: $s, filter: $f, months: $m, first: 5) { totalCount edges { node {
    skill { id label isKnowledge } region months { openings } forecast { method months { month low value high } }
    } } } }"""


def test_skills_that_are_asked_for_are_listed_with_their_series(schema, run_async):
    def listed(**given):
        result = run_async(schema.execute(DEMAND, variable_values=given, context_value={}))
        assert not result.errors, result.errors
        return result.data["demandSeries"]["totalCount"], [
            edge["node"] for edge in result.data["demandSeries"]["edges"]
        ]

    count, nodes = listed(m=2)
    last_year = [sum(month["openings"] for month in each["months"][-12:]) for each in nodes]
    assert last_year == sorted(last_year, reverse=True)
    assert {len(each["forecast"]["months"]) for each in nodes} == {2}
    one = f'{{ demand(skill: "{nodes[0]["skill"]["id"]}", months: 2) {{ months {{ openings }} }} }}'
    assert run_async(schema.execute(one)).data["demand"]["months"] == nodes[0]["months"]

    fewer, _ = listed(f={"minOpenings": last_year[3]})
    assert fewer >= 4
    assert fewer < count
    inland, there = listed(f={"region": "Malmö"})
    assert inland <= count
    assert {each["region"] for each in there} == {"SE-M"}
    assert listed(f={"region": "nowhere"}) == (0, [])
    assert all(each["skill"]["isKnowledge"] for each in listed(f={"knowledge": True})[1])
    assert all("driv" in each["skill"]["label"] for each in listed(s="drive")[1])
    assert 0 < listed(f={"occupation": "esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"})[0] < count


@pytest.mark.parametrize("months", [0, 13])
def test_series_are_forecast_for_a_year_at_most(schema, run_async, months):
    result = run_async(schema.execute(DEMAND, variable_values={"m": months}, context_value={}))
    assert [each.extensions["code"] for each in result.errors] == ["INVALID_ARGUMENT"]


@pytest.mark.parametrize(
    "field", ['payGuidance(skill: "s", currency: "kronor") { currency }', 'tracksToOpen(currency: "E") { totalCount }']
)
def test_currency_that_is_none_is_refused(refused, field):
    assert refused(f"{{ {field} }}") == [("INVALID_ARGUMENT", f"currency {ISO_4217}", [field.partition("(")[0]])]


@pytest.mark.parametrize(
    ("field", "filters"),
    [
        ("skills", ["knowledge: true", "knowledge: false", 'occupation: "esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"']),
        ("occupations", ["regulated: true", "regulated: false", 'isco: "83"', "maxJobZone: 2"]),
    ],
)
def test_taxonomy_is_filtered(ask, field, filters):
    everything = ask(filtered(field, ""))[field]["totalCount"]
    counts = [ask(filtered(field, each))[field]["totalCount"] for each in filters]
    assert all(0 < count < everything for count in counts)
    assert counts[0] + counts[1] == everything


def test_labels_come_in_both_languages_and_search_finds_both(ask):
    query = """query ($text: String!) { occupations(search: $text, first: 1) { edges { node {
        label sv: label(language: SV) altLabels(language: SV) regulation } } } }"""
    for text in ("taxi driver", "taxiförare"):
        (edge,) = ask(query, text=text)["occupations"]["edges"]
        assert (edge["node"]["label"], edge["node"]["sv"]) == ("taxi driver", "taxiförare")


def test_search_finds_the_ends_of_compounds_page_after_page(ask):
    query = """query ($after: String) { occupations(search: "förare", first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { label(language: SV) } } } }"""
    after, labels, more = None, [], True
    while more:
        page = ask(query, after=after)["occupations"]
        labels += [edge["node"]["label"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert "taxiförare" in labels
    assert len(labels) == len(set(labels)) == page["totalCount"] > 2


def test_providers_are_a_connection_with_their_programmes_and_provenance(ask):
    data = ask("""{ trainingProviders { totalCount edges { node {
        id name simulated fidelity training(first: 1) { totalCount edges { node { title } } }
        provenance { platform name connectorVersion fidelity simulated readAt } } } } }""")["trainingProviders"]
    assert [edge["node"]["name"] for edge in data["edges"]] == ["Roadwise", "The School"]
    node = data["edges"][0]["node"]
    assert node["training"] == {"totalCount": 3, "edges": [{"node": {"title": "Dispatching"}}]}
    assert node["provenance"] == {
        "platform": "school",
        "name": "The School",
        "connectorVersion": "1.2.0",
        "fidelity": "OBSERVED",
        "simulated": False,
        "readAt": "2026-11-22T12:00:00Z",
    }
    found = ask(
        'query ($id: ID!) { trainingProvider(id: $id) { name } none: trainingProvider(id: "x") { name } }',
        id=node["id"],
    )
    assert found == {"trainingProvider": {"name": "Roadwise"}, "none": None}


def test_other_subgraphs_name_providers_by_id(ask):
    query = """query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on TrainingProvider { id name training { totalCount } } } }"""
    named = [{"__typename": "TrainingProvider", "id": each} for each in ("provider:school:roadwise", "nobody")]
    assert ask(query, r=named)["_entities"] == [
        {"id": "provider:school:roadwise", "name": "Roadwise", "training": {"totalCount": 3}},
        None,
    ]


def test_pages_of_providers_continue(ask):
    first = ask("{ trainingProviders(first: 1) { pageInfo { hasNextPage endCursor } edges { node { name } } } }")
    page = first["trainingProviders"]
    assert page["pageInfo"]["hasNextPage"]
    query = "query ($after: String) { trainingProviders(first: 1, after: $after) { edges { node { name } } } }"
    rest = ask(query, after=page["pageInfo"]["endCursor"])["trainingProviders"]["edges"]
    assert [edge["node"]["name"] for edge in (*page["edges"], *rest)] == ["Roadwise", "The School"]


def test_programmes_and_openings_show_where_they_were_read_and_what_was_guessed(ask):
    data = ask("""{ training(search: "Dispatching") { edges { node {
        place languages staffedBy licenses { label } staffs { label } simulated fidelity provenance { platform }
        linkedWords { words confidence } } } }
      opportunities(search: "Night") { edges { node {
        languages openings description fidelity provenance { platform } linkedWords { words } } } } }""")
    assert data["training"]["edges"][0]["node"] == {
        "place": "Lund",
        "languages": ["sv"],
        "staffedBy": None,
        "licenses": [],
        "staffs": [],
        "simulated": False,
        "fidelity": "OBSERVED",
        "provenance": {"platform": "school"},
        "linkedWords": [],
    }
    assert data["opportunities"]["edges"][0]["node"]["openings"] == 2
    assert data["opportunities"]["edges"][0]["node"]["provenance"] == {"platform": "school"}


def test_what_is_built_in_has_no_provenance_and_says_that_it_is_assumed(schema, run_async):
    result = run_async(
        schema.execute("{ training(first: 1) { edges { node { simulated fidelity provenance { platform } } } } }")
    )
    assert result.data["training"]["edges"][0]["node"] == {
        "simulated": True,
        "fidelity": "HYPOTHETICAL",
        "provenance": None,
    }


def test_tracks_that_would_pay_are_ranked_with_what_is_untaught(schema, run_async, graph):
    query = """query ($after: String) { demandRegions tracksToOpen(first: 5, after: $after) {
        totalCount pageInfo { endCursor } edges { node {
        expected programmes value payPerHour { amount currency } occupation { label } untaught { label } } } } }"""
    data = run_async(schema.execute(query)).data
    assert data["demandRegions"] == ["SE-AB", "SE-C", "SE-M", "SE-O"]
    nodes = [edge["node"] for edge in data["tracksToOpen"]["edges"]]
    assert [each["value"] for each in nodes] == sorted((each["value"] for each in nodes), reverse=True)
    for each in nodes:
        pay = Decimal(each["payPerHour"]["amount"])
        assert each["value"] == pytest.approx(each["expected"] * float(pay) / (1 + each["programmes"]), rel=0.01)
    after = data["tracksToOpen"]["pageInfo"]["endCursor"]
    following = run_async(schema.execute(query, variable_values={"after": after})).data["tracksToOpen"]["edges"]
    assert following[0]["node"]["value"] <= nodes[-1]["value"]


def test_empty_market_answers_with_empty_pages(graph, run_async):
    empty = build_schema(graph.with_market(Market()), lambda: NOW)
    result = run_async(
        empty.execute(
            "{ training { totalCount } opportunities { totalCount } trainingProviders { totalCount } "
            "unmetDemand { totalCount } tracksToOpen { totalCount } demandRegions }"
        )
    )
    assert not result.errors
    assert result.data["demandRegions"] == []
    assert all(each == {"totalCount": 0} for name, each in result.data.items() if name != "demandRegions")
