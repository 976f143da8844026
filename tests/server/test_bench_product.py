"""The benchmark's product path is built from the server's parts; it must not fall behind them."""

import sys
from pathlib import Path

import httpx2
import pytest

GATEWAYS = Path(__file__).parent.parent / "bench" / "gateways"
SUPERGRAPH = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {
  query: Query
}
enum join__Graph { ACCOUNTS @join__graph(name: "accounts", url: "http://127.0.0.1:1/") }
type Query @join__type(graph: ACCOUNTS) { users: [User] @join__field(graph: ACCOUNTS) }
type User
  @join__type(graph: ACCOUNTS, key: "id")
{ id: ID! name: String @join__field(graph: ACCOUNTS) }
"""


@pytest.fixture
def product(monkeypatch):
    monkeypatch.syspath_prepend(str(GATEWAYS))
    import product

    yield product
    sys.modules.pop("product")


def test_the_product_path_checks_tokens_and_asks_the_gate(product, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(product, "TOKENS_MADE", 2)
    app = product.product(product.personal(SUPERGRAPH), f"sqlite:///{tmp_path}/p.db", tmp_path / "tokens")
    url = f"{serve(app, lifespan='on')}/graphql"
    token, _ = (tmp_path / "tokens").read_text().split()
    asked = {"json": {"query": "{ users { id name } }"}}
    assert httpx2.post(url, headers={"authorization": f"Bearer {token[:-1]}x"}, **asked).status_code == 401
    answer = httpx2.post(url, headers={"authorization": f"Bearer {token}"}, **asked)
    assert answer.status_code == 200
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UPSTREAM_UNAVAILABLE"]
