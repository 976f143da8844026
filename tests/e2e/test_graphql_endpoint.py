"""The GraphQL endpoint of a whole Gigway: who may ask what, and what bad input gets."""

import pytest

ASK = {"query": "{ viewer { kind purpose } }"}
RESPONSE_JSON = "application/graphql-response+json"


def ask(client, body, token=None, **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return client.post("/graphql", json=body, headers={"Accept": RESPONSE_JSON, **headers})


def test_nobody_sees_what_is_public(client):
    answer = ask(
        client, {"query": "{ viewer { kind } platforms { name } opportunities(first: 1) { totalCount } }"}
    ).json()
    assert answer["data"]["viewer"] == {"kind": "ANONYMOUS"}
    assert {"uber", "upwork"} <= {platform["name"] for platform in answer["data"]["platforms"]}
    assert answer["data"]["opportunities"]["totalCount"] > 0


def test_an_actor_sees_who_it_is(client, token):
    answer = ask(client, {"query": "{ viewer { kind purpose scopes actor { tradingName } } }"}, token).json()
    assert answer == {
        "data": {
            "viewer": {
                "kind": "ACTOR",
                "purpose": "job_matching",
                "scopes": ["gig:ratings", "gig:skills"],
                "actor": {"tradingName": "Test Staffing"},
            }
        }
    }


@pytest.mark.parametrize(
    "who", ["nobody", "GW-7777-7777-7777", "gwt1_AAAA", "", "d0000000000000000000000000000001", "☃"]
)
def test_every_unknown_worker_gets_the_same_answer(client, token, who):
    answer = ask(client, {"query": "query ($w: ID!) { worker(id: $w) { id } }", "variables": {"w": who}}, token)
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"] == {"worker": None}
    assert body["errors"][0]["path"] == ["worker"]
    assert body["errors"][0]["extensions"]["code"] == "CONSENT_REQUIRED"
    assert body["errors"][0]["extensions"]["authorizeUrl"] == "http://127.0.0.1:8700/oauth/authorize"
    known = {"query": "query ($w: ID!) { worker(id: $w) { id } }", "variables": {"w": "another"}}
    assert ask(client, known, token).json() == body


def test_the_query_may_come_by_get(client):
    answer = client.get("/graphql", params={"query": "{ viewer { kind } }"}, headers={"Accept": RESPONSE_JSON})
    assert (answer.status_code, answer.json()) == (200, {"data": {"viewer": {"kind": "ANONYMOUS"}}})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{ viewer { "}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ worker { id } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($w: ID!) { worker(id: $w) { id } }"}, None),
        ({"query": "query A { viewer { kind } } query B { viewer { kind } }"}, None),
        ({"query": "{ " + " ".join(f"a{i}: viewer {{ kind }}" for i in range(60)) + " }"}, "ALIAS_LIMIT_EXCEEDED"),
        (
            {"query": "{ skills { edges { node { " + "broader { " * 30 + "id" + " }" * 30 + " } } } }"},
            "DEPTH_LIMIT_EXCEEDED",
        ),
        (
            {"query": "{ skills { edges { node { " + "broader { " * 5 + "id" + " }" * 5 + " } } } }"},
            "COST_LIMIT_EXCEEDED",
        ),
        ({"query": "{ viewer { ...F } } fragment F on Viewer { ...F }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "# " + "x" * 30_000}, "BODY_TOO_LARGE"),
        ([ASK], "BATCHING_NOT_ALLOWED"),
    ],
)
def test_a_wrong_request_is_refused_with_a_code(client, body, code):
    answer = ask(client, body)
    assert answer.status_code in {400, 413}
    assert "data" not in answer.json()
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == code if code else error["extensions"]["code"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer nonsense", "Basic QTpC", "Bearer gwa_" + "A" * 43, "Bearer " + "x" * 5000]
)
def test_a_token_that_proves_nothing_is_refused(client, header):
    answer = client.post("/graphql", json=ASK, headers={"Authorization": header})
    assert answer.status_code in {400, 401}
    assert answer.headers["www-authenticate"].startswith('Bearer realm="gigway"')
    assert "nonsense" not in answer.text


def test_an_unknown_path_has_no_traceback(client):
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_it_says_that_it_is_ready(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_graphiql_comes_from_here_alone(client):
    page = client.get("/graphiql")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("graphiql.min.js", "react.production.min.js", "react-dom.production.min.js", "graphiql.min.css"):
        assert client.get(f"/graphiql/assets/{asset}").status_code == 200
