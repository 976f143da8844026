"""Counting, from the grant of `statistics` to the month's release: who is read, under what, and what stays."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import text

from consent.grants.visibility import ConsentedAccounts
from consent.leases.gate import ConsentGate
from consent.vocabulary import CATEGORIES, FORMER_CATEGORIES
from gateway.executor.hooks import GateRequest
from gateway.server.session import RequestSession
from graph.counting.contribution import UNKNOWN, Contribution, pay_to_bytes
from graph.counting.pay_publication import told_pay
from graph.counting.publication import told
from graph.counting.publisher import Publisher
from graph.counting.releases import ReleaseStore
from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts

COUNTED = (("*", "statistics"),)
LABOUR = "labour_statistics"


@dataclass
class Reading:
    data: dict | None
    errors: list = field(default_factory=list)

    async def acknowledge(self):
        pass


class Engine:
    """Answers with what each worker adds."""

    def __init__(self):
        self.read, self.adds, self.down = [], {}, set()

    async def __call__(self, grant):
        self.read.append(grant.worker_id)
        if grant.worker_id in self.down:
            return Reading({"worker": {"contribution": None}})
        adds = self.adds[grant.worker_id]
        pay = None if adds.pay is None else pay_to_bytes(adds.pay).decode()
        lacking = replace(adds, pay=None).to_bytes().decode()
        return Reading({"worker": {"contribution": lacking, "payContribution": pay}})


@pytest.fixture
def office(market):
    return Office(market)


class Office:
    """A statistics office and those who let it count them."""

    def __init__(self, market):
        self.market, self.engine = market, Engine()
        self.store = ReleaseStore(market.engine, market.vault, market.consents)
        self.people = []

    def publisher(self):
        return Publisher(self.market.consents, self.store, self.engine, clock=self.market.clock, dice=Random(7))

    def join(self, count, lacking):
        for _ in range(count):
            worker_id = self.market.worker()
            grant_id = self.market.grant(worker_id, COUNTED, purpose=LABOUR, days=365)
            self.engine.adds[worker_id] = Contribution(region="SE-M", lacking=frozenset(lacking))
            self.people.append((worker_id, grant_id))

    def told(self):
        release = self.store.latest("acme", LABOUR)
        return None if release is None else dict(told(release.regions, "SE-M"))


def test_a_release_is_made_once_a_month_and_never_changes(market, office, run):
    office.join(25, ["esco:a"])
    office.join(25, [])
    assert office.told() is None
    assert run(office.publisher().publish_due()) == 1
    first = office.told()
    assert first["esco:a"].lacking == 25
    office.join(30, ["esco:a"])
    assert run(office.publisher().publish_due()) == 0
    assert office.told() == first
    market.clock.advance(days=31)
    assert run(office.publisher().publish_due()) == 1
    assert office.told()["esco:a"].lacking == 55
    assert office.store.latest("acme", LABOUR).month == "2030-06"


def test_one_who_leaves_shows_in_no_answer(market, office, run):
    office.join(25, ["esco:a"])
    office.join(25, [])
    run(office.publisher().publish_due())
    first = office.told()
    run(market.grants.revoke(office.people[0][1], by="worker", reason="x"))
    assert office.told() == first
    market.clock.advance(days=31)
    run(office.publisher().publish_due())
    assert office.told() == first
    assert market.count("statistics_contribution") == 49


def test_several_processes_make_one_release(market, office, run):
    office.join(12, ["esco:a"])

    async def together():
        return await asyncio.gather(*(office.publisher().publish_due() for _ in range(4)))

    assert sum(run(together())) == 1
    assert sorted(office.engine.read) == sorted(worker for worker, _ in office.people)


def test_who_cannot_be_read_is_counted_as_last_time(market, office, run):
    office.join(25, ["esco:a"])
    office.join(25, [])
    run(office.publisher().publish_due())
    office.engine.down = {worker for worker, _ in office.people}
    market.clock.advance(days=31)
    run(office.publisher().publish_due())
    assert market.count("statistics_contribution") == 50
    assert office.told()["esco:a"].lacking == 25


@pytest.mark.parametrize("how", ["revoke", "erase", "unlink"])
def test_a_contribution_goes_with_its_permission(market, office, run, how):
    office.join(2, ["esco:a"])
    run(office.publisher().publish_due())
    worker_id, grant_id = office.people[0]
    if how == "revoke":
        run(market.grants.revoke(grant_id, by="worker", reason="x"))
    elif how == "erase":
        run(market.stops.erase_worker(worker_id))
    else:
        run(market.stops.close_account(f"a{worker_id}", reason="unlinked"))
    assert market.count("statistics_contribution") == 1


def test_only_those_who_granted_it_are_counted(market, office, run):
    market.found()
    worker_id = market.worker()
    market.grant(worker_id, [("uber", "skills")])
    assert run(office.publisher().publish_due()) == 0
    assert office.engine.read == []


def driving(rate):
    return Contribution(region="SE-M", lacking=frozenset(), pay={("EUR", "esco:a"): Decimal(rate)})


def earned(office, region="SE-M"):
    release = office.store.latest("acme", LABOUR)
    return told_pay(release.pay, region, "EUR", "esco:a")


def test_what_people_earn_is_released_and_read_back(market, office, run):
    for number in range(20):
        office.join(1, [])
        office.engine.adds[office.people[-1][0]] = driving(11 + number)
    run(office.publisher().publish_due())
    first = earned(office)
    assert (first.lower, first.middle, first.upper, first.workers) == (16, 20, 26, 20)
    assert earned(office, None) == first
    assert earned(office, "SE-AB") is None
    assert office.store.latest("other", LABOUR) is None
    run(market.grants.revoke(office.people[0][1], by="worker", reason="x"))
    office.engine.adds[office.people[1][0]] = driving(999)
    market.clock.advance(days=31)
    run(office.publisher().publish_due())
    assert earned(office) == first
    for worker, _ in office.people[2:]:
        office.engine.adds[worker] = driving(100)
    market.clock.advance(days=31)
    run(office.publisher().publish_due())
    assert earned(office).lower == 100


def test_pay_that_cannot_be_read_is_counted_as_last_time(market, office, run):
    office.join(20, [])
    office.engine.adds = {worker: driving(20) for worker, _ in office.people}
    run(office.publisher().publish_due())
    office.engine.adds = {worker: replace(driving(20), pay=None) for worker, _ in office.people}
    market.clock.advance(days=31)
    run(office.publisher().publish_due())
    assert earned(office).middle == 20
    counted = office.store.counted("acme", LABOUR, {grant for _, grant in office.people})
    assert {each.contribution.pay[("EUR", "esco:a")] for each in counted.values()} == {20}


def test_who_renews_a_grant_does_not_pass_for_somebody_new(market, office, run):
    """Else ten who renew in one month would uncover the one who leaves in it."""
    office.join(30, ["esco:a"])
    office.engine.adds = {worker: replace(driving(20), lacking=frozenset({"esco:a"})) for worker, _ in office.people}
    office.join(30, [])
    run(office.publisher().publish_due())
    first, paid = office.told(), earned(office)
    assert first["esco:a"].lacking == 30
    market.clock.advance(days=31)
    for worker, grant in office.people[:29]:
        market.grant(worker, COUNTED, purpose=LABOUR, days=365, replaces=grant)
    run(market.grants.revoke(office.people[29][1], by="worker", reason="x"))
    run(office.publisher().publish_due())
    release = office.store.latest("acme", LABOUR)
    assert (office.told(), earned(office)) == (first, paid)
    assert release.regions["SE-M"].made_in < release.number
    assert market.count("statistics_contribution") == 59


def test_only_grants_in_newer_words_are_read_for_pay(market):
    worker_id = market.worker()
    with pytest.MonkeyPatch.context() as before:
        before.setitem(CATEGORIES, "statistics", FORMER_CATEGORIES[0])
        older = market.grant(worker_id, COUNTED, purpose=LABOUR)
    newer = market.grant(worker_id, COUNTED, purpose=LABOUR)
    found = {each.grant_id: (each.counts_pay, each.renews) for each in market.consents.counted()}
    assert found[older][0] is False
    assert found[newer] == (True, True)


def session(**changes):
    values = {
        "request_id": "r",
        "kind": "actor",
        "actor_id": "acme",
        "client_id": "acme-app",
        "purpose": LABOUR,
        "scopes": frozenset({"gig:skills", "gig:statistics"}),
    }
    return RequestSession(**values | changes)


def ask(market, run, asker, typename, key, subgraph="uber", scopes=frozenset({"gig:skills"})):
    gate = ConsentGate(
        market.leases, sources={"uber": "platform:uber", "graph": "internal"}, authorize_url="https://x.example"
    )

    async def decide():
        request = GateRequest(subgraph=subgraph, typename=typename, key={"id": key}, scopes=scopes)
        (decision,) = await gate.acquire([request], asker)
        permits = [decision.permit] if decision.permit is not None else []
        await gate.release(permits, asker, {})
        await gate.acknowledge(permits, asker)
        return decision

    return run(decide())


def test_evidence_is_read_to_count_under_statistics_and_by_nobody_else(market, run):
    worker_id = market.worker()
    market.grant(worker_id, COUNTED, purpose=LABOUR)
    accounts, account = ConsentedAccounts(market.engine, clock=market.clock), f"a{worker_id}"
    assert accounts.visible(worker_id, session(counting=True)) == [account]
    assert accounts.visible(worker_id, session()) == []
    assert accounts.visible(worker_id, session(counting=True, purpose="job_matching")) == []
    counting = ask(market, run, session(counting=True), "UberAccount", account)
    assert counting.allowed == {"gig:skills"}
    assert ask(market, run, session(), "UberAccount", account).allowed == set()
    both = frozenset({"gig:skills", "gig:statistics"})
    whole = ask(market, run, session(counting=True), "Worker", worker_id, "graph", both)
    assert (whole.allowed, dict(whole.denied)) == (both, {})
    ordinary = ask(market, run, session(), "Worker", worker_id, "graph", both)
    assert ordinary.allowed == {"gig:statistics"}
    other = ask(market, run, session(counting=True), "UberAccount", account, scopes=frozenset({"gig:earnings"}))
    assert other.allowed == set()


def test_what_is_read_to_count_is_logged_as_that(market, run):
    worker_id = market.worker()
    market.grant(worker_id, COUNTED, purpose=LABOUR)
    ask(market, run, session(counting=True, token_ref="background count"), "UberAccount", f"a{worker_id}")
    with market.engine.connect() as connection:
        rows = connection.execute(text("SELECT category, platform, decision, token_ref FROM access_event")).all()
    assert [tuple(row) for row in rows] == [("statistics", "uber", "allow", "background count")]


def test_a_contribution_is_what_is_lacked_near_open_work(market, rides, now):
    holding = assess(market.graph, read_facts([{"evidence": [rides]}]), now)
    shuttle = market.graph.opportunities["opportunity:airport-shuttle"]
    night = market.graph.opportunities["opportunity:night-dispatcher"]
    extra = next(each for each in market.graph.skills if each not in holding.held)
    harder = replace(shuttle, required=shuttle.required | {extra}, place="Malmö", remote=False)
    here = Contribution.of(holding, "Lund", [harder, night])
    assert (here.region, here.lacking) == ("SE-M", {extra})
    assert Contribution.of(holding, "Stockholm", [harder]).lacking == set()
    assert Contribution.of(holding, None, [harder]).region == UNKNOWN
    assert Contribution.from_bytes(here.to_bytes()) == here
