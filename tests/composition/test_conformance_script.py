"""The script that scores the composer counts what it says it counts."""

import gzip
import json
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "conformance" / "composition.py"
SUBGRAPH = "type Query {\n  a: Int\n}"


@pytest.fixture
def script():
    return runpy.run_path(str(SCRIPT))


@pytest.fixture
def supergraph(composes):
    return composes(a=SUBGRAPH).supergraph_sdl


def case(name, sdl, *, ok, codes=(), supergraph=None, guild=None):
    return {
        "id": name,
        "name": name,
        "services": [{"name": "a", "url": "http://a.example/graphql", "sdl": sdl}],
        "apollo": {"ok": ok, "codes": list(codes), "messages": [], "supergraphSdl": supergraph},
        "guild": {"ok": ok if guild is None else guild},
    }


def test_equal_supergraphs_have_no_difference_whatever_their_order(script, supergraph):
    blocks = supergraph.rstrip("\n").split("\n\n")
    assert list(script["differences"](supergraph, "\n\n".join(reversed(blocks)))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: Int", "a: Int!"),
        ("a: Int", "b: Int"),
        ("a: Int", "a(x: Int): Int"),
        ("@join__type(graph: A)", '@join__type(graph: A, key: "a")'),
        ("  query: Query", "  mutation: Query"),
        ("join/v0.3", "join/v0.5"),
    ],
)
def test_any_difference_in_meaning_is_found(script, supergraph, old, new):
    assert old in supergraph
    assert list(script["differences"](supergraph, supergraph.replace(old, new))) != []


def test_each_score_is_one_line(script, supergraph, tmp_path, capsys):
    cases = [
        case("good", SUBGRAPH, ok=True, supergraph=supergraph),
        case("falsely accepted", SUBGRAPH, ok=False, codes=["NO_QUERIES"]),
        case("falsely refused", "type A {\n  a: Int\n}", ok=True, supergraph=supergraph),
        case("another code", "type A {\n  a: Int\n}", ok=False, codes=["INVALID_GRAPHQL"]),
        case("disputed", SUBGRAPH, ok=True, supergraph=supergraph, guild=False),
    ]
    (tmp_path / "audit").mkdir()
    with gzip.open(tmp_path / "composition.jsonl.gz", "wt") as lines:
        lines.writelines(json.dumps(c) + "\n" for c in cases)
    assert script["main"]([str(tmp_path), "--jobs", "1"]) == 1
    assert capsys.readouterr().out.split("\n")[:4] == [
        "composition.verdicts 50.0 % 2/4",
        "composition.codes 0.0 % 0/2",
        "composition.supergraphs 50.0 % 1/2",
        "composition.audit 0/0",
    ]
