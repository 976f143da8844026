"""`gigway matching audit` over a pool of real grants, as an operator runs it: on the database of a server."""

import csv

import pytest
from sqlalchemy import text

from gateway import cli
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.vault import Vault
from graph.finding.vectors import VectorStore
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile
from tests.graph.market.test_market import OPENING
from tests.kept_feeds import keep_feed

GROUPS = (("shown", 12), ("unshown", 12), ("tiny", 3))


@pytest.fixture
def run_audit(market, tmp_path, monkeypatch, capsys):
    """Store a pool and return what audits it; the unshown are not looking for work now."""
    keys = generate_key("t")
    market.vectors = VectorStore(market.engine, Vault(parse_keyring(keys)), market.consents)
    monkeypatch.setenv("GIGWAY_MASTER_KEYS", keys)
    monkeypatch.setenv("GIGWAY_DATABASE_URL", market.engine.url.render_as_string(hide_password=False))
    monkeypatch.delenv("GIGWAY_CONFIG", raising=False)
    rows = []
    for group, size in GROUPS:
        for _ in range(size):
            worker_id, grant_id = market.found(0.8)
            rows.append((worker_id, group))
            if group == "unshown":
                not_now = Profile(low={}, held=frozenset(), practice={}, preferences=Preferences(looking=False))
                standing, accounts = market.consents.standing(grant_id), market.consents.open_accounts(worker_id)
                assert market.vectors.store(standing, not_now, accounts=accounts, now=market.clock())
    market.found(0.8)  # of no group
    path = tmp_path / "groups.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("worker", "group"), *rows, ("nobody", "shown")])

    def run_audit(*options):
        code = cli.main(["matching", "audit", str(path), "--actor", "acme", *options])
        return code, capsys.readouterr()

    return run_audit


def test_an_audit_tells_who_is_shown_how_much_and_what_it_cannot_tell(market, run_audit):
    code, said = run_audit("--top", "12")
    assert (code, said.err) == (0, "1 of 28 lines name nobody whom this actor can find\n")
    head, _, first, second, *rest = said.out.splitlines()
    assert head.startswith("28 workers, ")
    assert (first.split()[0], first.endswith("below four fifths")) == ("unshown", True)
    assert second.split()[0] == "shown"
    assert second.split()[3] == "1.00"
    assert float(first.split()[4]) < 0.01 < float(second.split()[4])
    assert rest[:2] == [
        "left out: fewer than 10 workers, whose groups have fewer than 10 members and are not told",
        "ranked but not counted: 1 workers whom the file gives no group",
    ]
    assert "tiny" not in said.out
    assert "Rankings read no attribute of a person" in said.out
    assert "not why" in said.out


def test_what_is_audited_is_what_is_open_on_the_boards(market, run_audit):
    lasting = OPENING | {"postedAt": "2026-01-01T00:00:00+00:00", "closesAt": None}
    closed = lasting | {"ref": "o3", "closesAt": "2026-01-02T00:00:00+00:00"}
    keep_feed(market.engine, "job_board", "OPPORTUNITIES", [lasting, lasting | {"ref": "o2"}, closed])
    code, said = run_audit()
    assert code == 0
    assert said.out.startswith("28 workers, 2 open opportunities, first 20 places\n")


def test_everybody_who_was_audited_sees_it_and_nobody_who_left_is_in_it(market, run_audit, run):
    with market.engine.connect() as connection:
        gone = connection.execute(text("SELECT grant_id FROM matching_vector ORDER BY grant_id LIMIT 1")).scalar_one()
    run(market.grants.revoke(gone, by="worker", reason="x"))
    code, said = run_audit()
    assert code == 0
    assert said.out.startswith("27 workers, ")
    with market.engine.connect() as connection:
        events = connection.execute(
            text("SELECT count(*) FROM access_event WHERE token_ref = 'fairness audit' AND decision = 'allow'")
        ).scalar_one()
    assert events == 27
    assert market.count("fetch_lease") == 0
