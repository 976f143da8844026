import pytest

TAXI = "esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"


async def ask(schema, query, **variables):
    return await schema.execute(query, variable_values=variables)


async def entity(schema, fields, accounts, **variables):
    """Ask for fields of a worker whose accounts a gateway has brought."""
    worker = {"__typename": "Worker", "id": "w1", "accounts": accounts}
    heads = "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
    result = await schema.execute(
        f"query ($r: [_Any!]!{heads}) {{ _entities(representations: $r) {{ ... on Worker {{ {fields} }} }} }}",
        variable_values={"r": [worker], **{name: value for name, (_, value) in variables.items()}},
    )
    return (result.data or {}).get("_entities", [None])[0], [each.extensions for each in result.errors or ()]


def account(*facts, typename="UberAccount"):
    return {"__typename": typename, "id": "a1", "evidence": list(facts)}


PATHWAY = """pathway(to: $to, maxCost: $cost) {
  reachable explanation totalHours totalCost { amount currency } missing { id }
  target { opportunity { id } occupation { id } }
  steps { kind title hours cost { amount } training { id provider { name } } gains { label } why }
}"""


def pathway(schema, to, accounts, cost=None):
    return entity(schema, PATHWAY, accounts, to=("PathwayTarget!", to), cost=("Decimal", cost))


async def run(schema, fields, *facts):
    worker, errors = await entity(schema, fields, [account(*facts)])
    assert errors == []
    return worker


def test_skills_say_how_well_how_surely_and_why(schema, rides, run_async):
    worker = run_async(
        run(
            schema,
            "skills { proficiency low high explanation sources { platform completed weight } }",
            rides,
        )
    )
    first = worker["skills"][0]
    assert 0 < first["low"] < first["proficiency"] < first["high"] < 1
    assert first["sources"] == [{"platform": "uber", "completed": 1200, "weight": 1.0}]
    assert "1200 rides at uber as taxi driver from 2025-11 to 2026-11" in first["explanation"]
    lows = [each["low"] for each in worker["skills"]]
    assert lows == sorted(lows, reverse=True)


@pytest.mark.parametrize(
    "accounts",
    [None, [], [{"__typename": "UberAccount", "id": "a", "evidence": None}], [account()]],
    ids=["no accounts granted", "no accounts", "evidence not granted", "no evidence"],
)
def test_without_evidence_nothing_is_claimed(schema, run_async, accounts):
    worker, errors = run_async(
        entity(schema, "skills { low } opportunities { edges { node { features { name value } } } }", accounts)
    )
    assert errors == []
    assert worker["skills"] == []
    for edge in worker["opportunities"]["edges"]:
        values = {each["name"]: each["value"] for each in edge["node"]["features"]}
        assert values["required_skills"] == values["required_held"] == values["occupation"] == 0


def test_one_account_without_evidence_costs_only_itself(schema, run_async, rides):
    hidden = {"__typename": "UpworkAccount", "id": "a2", "evidence": None}
    both, _ = run_async(entity(schema, "skills { skill { id } low }", [hidden, account(rides)]))
    assert both == run_async(run(schema, "skills { skill { id } low }", rides))


def test_a_pathway_to_better_paid_work_names_its_training(schema, run_async, rides):
    worker, errors = run_async(pathway(schema, {"opportunity": "opportunity:night-dispatcher"}, [account(rides)]))
    assert errors == []
    best = worker["pathway"][0]
    assert best["reachable"]
    assert [each["kind"] for each in best["steps"]] == ["HELD", "TRAINING", "GOAL"]
    assert best["steps"][1]["training"] == {
        "id": "training:dispatch-basics",
        "provider": {"name": "Roadwise Training (simulated)"},
    }
    assert (best["totalHours"], best["totalCost"]) == (60, {"amount": "620.00", "currency": "EUR"})
    assert best["target"] == {"opportunity": {"id": "opportunity:night-dispatcher"}, "occupation": None}


def test_a_limit_that_cannot_be_kept_is_named_with_what_it_would_take(schema, run_async, rides):
    worker, _ = run_async(
        pathway(schema, {"opportunity": "opportunity:night-dispatcher"}, [account(rides)], cost="100.00")
    )
    (only,) = worker["pathway"]
    assert not only["reachable"]
    assert "not reachable within these limits: the best way found takes 60 hours and 620.00 EUR" in only["explanation"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({}, "INVALID_TARGET"),
        ({"occupation": None, "opportunity": None}, "INVALID_TARGET"),
        ({"occupation": TAXI, "opportunity": "opportunity:chauffeur"}, "INVALID_TARGET"),
        ({"occupation": "esco:none"}, "UNKNOWN_TARGET"),
        ({"opportunity": "x" * 1_000_000}, "INVALID_ARGUMENT"),
        ({"opportunity": TAXI}, "UNKNOWN_TARGET"),
    ],
)
def test_a_wrong_target_is_refused_with_a_code(schema, run_async, rides, to, code):
    worker, errors = run_async(pathway(schema, to, [account(rides)]))
    assert worker == {"pathway": None}
    assert errors == [{"code": code}]


def test_negative_limits_are_refused(schema, run_async, rides):
    _, errors = run_async(pathway(schema, {"occupation": TAXI}, [account(rides)], cost="-1"))
    assert errors == [{"code": "INVALID_ARGUMENT"}]


def test_matches_are_paged_without_gap_or_repetition(schema, run_async, rides, contracts):
    fields = """opportunities(first: 4, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { score opportunity { id } } }
    }"""
    seen, after = [], None
    while True:
        worker, errors = run_async(
            entity(schema, fields, [account(rides), account(contracts)], after=("String", after))
        )
        assert errors == []
        page = worker["opportunities"]
        seen += [(each["node"]["score"], each["node"]["opportunity"]["id"]) for each in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == page["totalCount"] == len({each for _, each in seen})
    assert seen == sorted(seen, key=lambda each: (-each[0], each[1]))
    assert "opportunity:seasonal-parcel" not in {each for _, each in seen}, "closed in August"


def test_a_match_is_the_sum_of_its_features(schema, run_async, rides):
    fields = (
        "opportunities(first: 30) { edges { node { score explanation features { name value weight contribution } } } }"
    )
    edges = run_async(run(schema, fields, rides))["opportunities"]["edges"]
    assert edges
    for edge in edges:
        features = edge["node"]["features"]
        assert sum(each["weight"] for each in features) == pytest.approx(1)
        assert sum(each["contribution"] for each in features) == pytest.approx(edge["node"]["score"])


@pytest.mark.parametrize("after", ["", "x", "bm90IGpzb24", "W10", "WzFd", "W1tdXQ", "å", "A" * 100_000])
def test_a_foreign_cursor_is_refused(schema, run_async, after):
    result = run_async(ask(schema, "query ($a: String) { skills(after: $a) { totalCount } }", a=after))
    codes = [each.extensions["code"] for each in result.errors or ()]
    assert codes == ([] if after == "" else ["INVALID_CURSOR"])


@pytest.mark.parametrize("first", [-1, 101, 2**31 - 1])
def test_a_page_has_a_size(schema, run_async, first):
    result = run_async(ask(schema, "query ($f: Int) { occupations(first: $f) { totalCount } }", f=first))
    assert [each.extensions for each in result.errors] == [{"code": "INVALID_ARGUMENT"}]


def test_searches_find_labels_in_both_languages_and_synonyms(schema, run_async):
    query = "query ($s: String) { occupations(search: $s, first: 3) { edges { node { label } } } }"
    found = {
        text: run_async(ask(schema, query, s=text)).data["occupations"]["edges"]
        for text in ("Taxi", "TAXICHAUFFÖR", "cab driver", "zzz", "   ")
    }
    assert found["Taxi"][0] == found["TAXICHAUFFÖR"][0] == found["cab driver"][0] == {"node": {"label": "taxi driver"}}
    assert found["zzz"] == []
    assert len(found["   "]) == 3


def test_a_huge_search_is_refused(schema, run_async):
    result = run_async(ask(schema, "query ($s: String) { skills(search: $s) { totalCount } }", s="a" * 1_000_000))
    assert [each.extensions for each in result.errors] == [{"code": "INVALID_ARGUMENT"}]


def test_unknown_ids_are_null(schema, run_async):
    query = '{ skill(id: "x") { id } occupation(id: "x") { id } opportunity(id: "x") { id } }'
    result = run_async(ask(schema, query))
    assert (result.errors, result.data) == (None, {"skill": None, "occupation": None, "opportunity": None})


def test_entities_are_found_by_key(schema, run_async):
    ids = {
        "Skill": "esco:8ee39fb7-8b46-490e-ae21-6e8b32854dd6",
        "Occupation": TAXI,
        "Training": "training:dispatch-basics",
        "Opportunity": "opportunity:night-dispatcher",
    }
    query = (
        "query ($r: [_Any!]!) { _entities(representations: $r) {"
        + " ".join(f"... on {name} {{ id }}" for name in ids)
        + " } }"
    )
    known = [{"__typename": name, "id": each} for name, each in ids.items()]
    unknown = [{"__typename": name, "id": "unknown"} for name in ids]
    result = run_async(ask(schema, query, r=known + unknown))
    assert result.errors is None
    assert result.data["_entities"] == [{"id": each} for each in ids.values()] + [None] * 4


def test_training_is_found_by_the_skill_it_teaches(schema, run_async):
    query = "query ($s: ID) { training(skill: $s) { edges { node { id cost { amount currency } mode } } } }"
    result = run_async(ask(schema, query, s="esco:8ee39fb7-8b46-490e-ae21-6e8b32854dd6"))
    found = [each["node"]["id"] for each in result.data["training"]["edges"]]
    assert "training:dispatch-basics" in found
    assert run_async(ask(schema, query, s="esco:unknown")).data["training"]["edges"] == []


def test_a_skill_knows_its_occupations(schema, run_async):
    query = (
        "query ($s: ID!) { skill(id: $s) { uri altLabels broader { id } description occupations(first: 2) { label } } }"
    )
    skill = run_async(ask(schema, query, s="esco:8ee39fb7-8b46-490e-ae21-6e8b32854dd6")).data["skill"]
    assert [each["label"] for each in skill["occupations"]] == [
        "freight transport dispatcher",
        "logistics and distribution manager",
    ]


def test_work_that_shows_no_skill_is_told_with_its_reason(schema, rides, run_async):
    """A sponsorship is income: whatever words a platform puts beside it, no skill is claimed of it."""
    sponsored = {**rides, "platform": "github_sponsors", "kind": "SPONSORSHIP", "completed": 31, "terms": ["Python"]}
    nothing = {**rides, "platform": "lyft", "completed": 0, "recent": 0}
    strange = {**rides, "platform": "taskrabbit", "kind": "TASK", "occupation": None, "terms": ["ᚠᚢᚦ"]}
    fields = "skills { sources { platform } } unclaimed { platform kind completed reason explanation }"
    worker = run_async(run(schema, fields, rides, sponsored, nothing, strange))
    assert {source["platform"] for skill in worker["skills"] for source in skill["sources"]} == {"uber"}
    assert [(each["platform"], each["reason"]) for each in worker["unclaimed"]] == [
        ("github_sponsors", "INCOME_ONLY"),
        ("lyft", "NOTHING_COMPLETED"),
        ("taskrabbit", "KIND_UNKNOWN"),
    ]
    assert worker["unclaimed"][0]["explanation"].startswith("31 sponsorships at github_sponsors are income")
    assert run_async(run(schema, "skills { proficiency } unclaimed { reason }", sponsored)) == {
        "skills": [],
        "unclaimed": [{"reason": "INCOME_ONLY"}],
    }


MATCHES = "opportunities(%s) { totalCount edges { node { score opportunity { id title remote pay { currency } } } } }"


def test_matches_are_searched_and_filtered_without_changing_scores_or_order(schema, rides, run_async):
    def matches(given):
        edges = run_async(run(schema, MATCHES % given, rides))["opportunities"]["edges"]
        return [each["node"] for each in edges]

    everything = matches("first: 100")
    assert matches("first: 100, filter: {remote: true}") == [
        each for each in everything if each["opportunity"]["remote"]
    ]
    assert 0 < len(matches("filter: {remote: true}")) < len(everything)
    found = matches('first: 100, search: "dispatcher"')
    assert found == [each for each in everything if "dispatcher" in each["opportunity"]["title"].lower()]
    assert found
    assert matches('search: "dispatcher", filter: {remote: true}') == [
        each for each in found if each["opportunity"]["remote"]
    ]
    assert matches("last: 3") == everything[-3:]


@pytest.mark.parametrize("given", ['filter: {language: "swedish"}', "first: 2, last: 2", f'search: "{"x" * 501}"'])
def test_matches_that_cannot_be_asked_for_are_refused(schema, rides, run_async, given):
    _, errors = run_async(entity(schema, MATCHES % given, [account(rides)]))
    assert errors == [{"code": "INVALID_ARGUMENT"}]
